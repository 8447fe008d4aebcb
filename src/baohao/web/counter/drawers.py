"""
Cards in drawers: counted by scanning all of them, and handed from one hall to another.

Where a card lies is the halls' own matter: lines know whether it is in stock, and nothing more.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from baohao.app import cards, days, glance
from baohao.core.decide.case import SecondPersonMissing
from baohao.core.decide.payload import FieldMissing
from baohao.core.identifiers.iccid import parse_iccid
from baohao.core.refusals import Refusal
from baohao.web.accounts.approval import second_person
from baohao.web.accounts.doors import signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.counter.models import Handover, Place, StockTake
from baohao.web.counter.room import form_key, page, stamp, told
from baohao.web.desk import desk
from baohao.web.selling import title

#: As many as fit into a box.
MOST = 500


class CardsTooMany(Refusal):
    """At most {most} cards are scanned at once; take them in parts."""

    code = "cards.too_many"


class CardsNotHere(Refusal):
    """These cards are not in stock, or lie in another hall: {cards}."""

    code = "cards.not_here"


class PointOther(Refusal):
    """Cards go to another hall of the operator; choose one of them."""

    code = "cards.point"


class HandoverDone(Refusal):
    """These cards have been received already."""

    code = "cards.received"


@workers(Act.COUNTER)
def drawer_of_cards(request: HttpRequest) -> HttpResponse:
    """Count the cards of this hall, send some to another, and receive what comes."""
    refused = None
    if request.method == "POST":
        do = {"take": _taken, "send": _sent, "receive": _received}.get(request.POST.get("what", ""))
        if do is None:
            raise Http404
        try:
            with transaction.atomic():
                do(request)
            return redirect("counter_cards")
        except Refusal as refusal:
            refused = told(refusal)
    me = signed_in(request)
    mine = {"operator": me.operator, "point": me.point}
    shown = {
        "takes": StockTake.objects.filter(**mine).order_by("-at")[:10],
        "coming": Handover.objects.filter(operator=me.operator, to=me.point, received_at=None),
        "sent": Handover.objects.filter(**mine).order_by("-at")[:10],
        "points": others(request),
    }
    return page(request, "counter/cards.html", shown, refused)


def others(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the operator's other halls, with their names."""
    me, found = signed_in(request), desk().read(days.known)
    return sorted(
        (point.key, title({"": point.name, **point.told.names}))
        for point in found.values()
        if point.operator == me.operator and point.key != me.point
    )


def expected(request: HttpRequest) -> set[str]:
    """Return the cards that must be in the drawer: placed here, and in stock still."""
    me = signed_in(request)
    placed = dict(
        Place.objects.filter(operator=me.operator, point=me.point).values_list("number", "iccid")
    )
    look = partial(glance.many, terms=desk().terms, numbers=sorted(placed))
    stock = [line for line in desk().read(look) if line.kind == "stock"]
    # One that was replaced on its line is another card.
    return {placed[line.number] for line in stock if line.iccid == placed[line.number]}


def scanned(request: HttpRequest) -> list[str]:
    """Return the cards that were scanned, each once; raises what is wrong with one."""
    words = request.POST.get("scanned", "").replace(",", " ").split()
    if len(words) > MOST:
        raise CardsTooMany(most=MOST)
    if not words:
        raise FieldMissing(field="scanned", reason="scan the cards first")
    return list(dict.fromkeys(str(parse_iccid(word)) for word in words))


def _in_stock(request: HttpRequest, iccids: list[str]) -> dict[str, str]:
    """Return those of these cards that are in stock with this operator, with their numbers."""
    me, numbers = signed_in(request), {}
    for iccid in iccids:
        try:
            numbers[desk().read(partial(cards.number_of, text=iccid))] = iccid
        except cards.CardUnknown:
            continue
    look = partial(glance.many, terms=desk().terms, numbers=sorted(numbers))
    found = desk().read(look)
    return {
        numbers[line.number]: line.number
        for line in found
        if line.operator == me.operator and line.kind == "stock" and not line.agent
    }


def _difference(request: HttpRequest, differs: bool) -> dict[str, str]:
    """Ask for a reason and a second person where cards are missing, or too many."""
    reason, second = request.POST.get("reason", "").strip()[:300], second_person(request)
    if differs and not reason:
        raise FieldMissing(field="reason", reason="cards are missing or too many; say why")
    if differs and not second:
        raise SecondPersonMissing(verb="stock")
    return {"reason": reason, "approved_by": second}


def _taken(request: HttpRequest) -> None:
    """Count the drawer; cards that are found here lie here from now on."""
    me, found = signed_in(request), scanned(request)
    must, here = expected(request), _in_stock(request, found)
    missing, extra = sorted(must - set(found)), sorted(set(found) - must)
    # The first count says where the cards are: nothing was expected yet.
    is_first = not StockTake.objects.filter(operator=me.operator, point=me.point).exists()
    unknown = sorted(set(found) - set(here))
    grounds = _difference(request, bool(missing or unknown or (extra and not is_first)))
    StockTake.objects.create(
        **stamp(request),
        expected=len(must),
        counted=len(found),
        missing=missing,
        extra=unknown if is_first else extra,
        **grounds,
    )
    _place(request, here)
    Place.objects.filter(iccid__in=missing, operator=me.operator, point=me.point).delete()
    messages.success(request, gettext("The drawer was counted."))


def _place(request: HttpRequest, here: dict[str, str]) -> None:
    me = signed_in(request)
    for iccid, number in sorted(here.items()):
        Place.objects.update_or_create(
            iccid=iccid,
            defaults={"number": number, "operator": me.operator, "point": me.point},
        )


def _sent(request: HttpRequest) -> None:
    """Send cards to another hall: from now on they lie in neither."""
    me, to, found = signed_in(request), request.POST.get("to", ""), scanned(request)
    if to not in dict(others(request)):
        raise PointOther()
    if Handover.objects.filter(pk=UUID(form_key(request))).exists():
        return
    foreign = sorted(set(found) - expected(request))
    if foreign:
        raise CardsNotHere(cards=", ".join(foreign[:5]))
    Handover.objects.create(id=UUID(form_key(request)), **stamp(request), to=to, sent=found)
    Place.objects.filter(iccid__in=found, operator=me.operator, point=me.point).delete()
    messages.success(request, gettext("The cards are on their way."))


def _received(request: HttpRequest) -> None:
    """Receive cards by scanning them; what is missing or too many needs a second person."""
    me, found = signed_in(request), scanned(request)
    try:
        wanted = UUID(request.POST.get("handover", ""))
    except ValueError:
        raise Http404 from None
    handover = (
        Handover.objects.select_for_update()
        .filter(pk=wanted, operator=me.operator, to=me.point)
        .first()
    )
    if handover is None:
        raise Http404
    if handover.received_at is not None:
        raise HandoverDone()
    handover.received = found
    grounds = _difference(request, bool(handover.missing or handover.extra))
    handover.received_at, handover.received_by = desk().now(), me.principal
    handover.reason, handover.approved_by = grounds["reason"], grounds["approved_by"]
    handover.save()
    _place(request, _in_stock(request, found))
    messages.success(request, gettext("The cards have been received."))
