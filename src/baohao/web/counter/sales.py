"""
Taking back and putting right: what was sold by mistake goes back, and the right thing is sold.

A second person approves, or is asked for a wish; small sums may be looked at afterwards.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext

from baohao.app import cards, show
from baohao.app.glance import Glance
from baohao.core.civil import civil_day
from baohao.core.decide.payload import FieldMissing
from baohao.core.money import parse_minor
from baohao.core.refusals import Refusal
from baohao.web import selling
from baohao.web.accounts.approval import second_person
from baohao.web.accounts.doors import confirmed, signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.counter.models import Wish
from baohao.web.counter.room import (
    CHANNEL,
    done_before,
    drawer,
    form_key,
    own,
    page,
    remember,
    stamp,
    today,
    told,
    version,
)
from baohao.web.counter.second import approver, not_done
from baohao.web.counter.sell import to_sold
from baohao.web.desk import desk, made


class SoldBefore(Refusal):
    """What was sold on an earlier day is taken back, and not put right as one act."""

    code = "sale.earlier_day"


class NothingRight(Refusal):
    """
    Say what would have been right: another term, or another number. To undo the sale, take it back.
    """

    code = "sale.nothing_right"


class HalfRight(Refusal):
    """The sale on {wrong} was taken back, but {right} was not renewed: {why} Sell it now."""

    code = "sale.half_right"


@workers(Act.COUNTER)
@confirmed
def sales(request: HttpRequest, number: str) -> HttpResponse:
    """Show what was sold for a line; take a sale back, put it right, or wish for that."""
    line, refused = own(request, number), None
    told_ = desk().read(partial(show.show, terms=desk().terms, number=number))
    sold = told_["sold"][::-1]
    if request.method == "POST":
        key = f"sales:{form_key(request)}:{request.POST.get('of', '')}"
        again = done_before(request, key)
        if again is not None:
            return again
        try:
            done = _done(request, line, sold)
            remember(request, key, done["Location"])
            return done
        except Refusal as refusal:
            refused = told(refusal)
    zone, day = desk().house.library.operators[line.operator].zone, today(request)
    for each in sold:
        each["is_today"] = civil_day(datetime.fromisoformat(each["at"]), zone) == day
    wishes = Wish.objects.filter(number=number, operator=line.operator).exclude(state="done")
    shown = {
        "line": line,
        "sold": sold,
        "wishes": {wish.of: wish for wish in wishes.order_by("at")},
        "offers": [(each, selling.term(each.term)) for each in line.offers if each.what == "renew"],
    }
    return page(request, "counter/sales.html", shown, refused)


def _done(request: HttpRequest, line: Glance, sold: list[dict[str, Any]]) -> HttpResponse:
    """Do what the clerk wants of one sale; raises the refusal."""
    sale = next((each for each in sold if each["id"] == request.POST.get("of", "")), None)
    if sale is None:
        raise Http404
    if not request.POST.get("reason", "").strip() and request.POST.get("what") != "granted":
        raise FieldMissing(field="reason", reason="say why, in words")
    do = {"wish": _wished, "right": _put_right, "granted": _granted}
    return do.get(request.POST.get("what", ""), _taken_back)(request, line, sale)


def _taken_back(request: HttpRequest, line: Glance, sale: dict[str, Any]) -> HttpResponse:
    """Take a sale back, as far as the product gives back; all of it where it was a mistake."""
    key, minor = (
        f"reverse:{form_key(request)}:{sale['id']}",
        parse_minor(sale["total"], sale["currency"]),
    )
    is_mistake = bool(request.POST.get("mistake"))
    of = {"verb": "reverse", "subject": line.number, "minor": minor, "currency": sale["currency"]}
    asked = {
        "of": sale["id"],
        "reason": request.POST.get("reason", "").strip(),
        "mistake": is_mistake or None,
        "approved_by": (approver if is_mistake else _signed)(request, key=key, **of),
    }
    return _asked(request, "reverse", line, asked, key, gettext("It was taken back."))


def _signed(request: HttpRequest, **of: Any) -> str:
    """Return who signed, where somebody did: the product itself says what goes back."""
    return second_person(request)


def _wished(request: HttpRequest, line: Glance, sale: dict[str, Any]) -> HttpResponse:
    """Ask a second person, who is not here, to grant that a sale is taken back."""
    asked = {
        **stamp(request),
        "number": line.number,
        "of": sale["id"],
        "reason": request.POST.get("reason", "").strip()[:300],
        "is_mistake": bool(request.POST.get("mistake")),
    }
    Wish.objects.get_or_create(id=UUID(form_key(request)), defaults=asked)
    messages.success(request, gettext("A second person has been asked."))
    return redirect("counter_sales", number=line.number)


def _granted(request: HttpRequest, line: Glance, sale: dict[str, Any]) -> HttpResponse:
    """Take back what a second person has granted; a wish is used once."""
    granted = get_object_or_404(
        Wish, number=line.number, operator=line.operator, of=sale["id"], state="granted"
    )
    asked = {
        "of": granted.of,
        "reason": granted.reason,
        "mistake": granted.is_mistake or None,
        "approved_by": granted.decided_by,
    }
    # Of the wish, so that it is done once whoever sends the form.
    answer = _asked(
        request, "reverse", line, asked, f"wish:{granted.id}", gettext("It was taken back.")
    )
    Wish.objects.filter(pk=granted.pk).update(state="done")
    return answer


def _put_right(request: HttpRequest, line: Glance, sale: dict[str, Any]) -> HttpResponse:
    """Take a sale of today back whole and sell what was meant, as one act."""
    zone = desk().house.library.operators[line.operator].zone
    if civil_day(datetime.fromisoformat(sale["at"]), zone) != today(request):
        raise SoldBefore()
    text, term = request.POST.get("right_number", "").strip(), request.POST.get("right_term", "")
    right = desk().read(partial(cards.number_of, text=text)) if text else line.number
    if not term:
        raise NothingRight()
    key, minor = (
        f"correct:{form_key(request)}:{sale['id']}",
        parse_minor(sale["total"], sale["currency"]),
    )
    of = {"verb": "correct", "subject": line.number, "minor": minor, "currency": sale["currency"]}
    asked: dict[str, Any] = {
        "of": sale["id"],
        "reason": request.POST.get("reason", "").strip(),
        "approved_by": approver(request, key=key, **of),
    }
    if right != line.number:
        return _on_other_line(request, line, own(request, right), asked, term, key)
    asked |= {"term": term, "paid": drawer(request).text}
    return _asked(request, "correct", line, asked, key, gettext("It was put right."))


def _on_other_line(
    request: HttpRequest, wrong: Glance, right: Glance, asked: dict[str, Any], term: str, key: str
) -> HttpResponse:
    """
    Take a sale back from the wrong line and sell it to the right one.

    A quote for the right line comes first: where there is none, nothing is taken back. Raises
    `HalfRight`.
    """
    by = signed_in(request).principal
    selling.promised(right.number, {"what": "renew", "term": term}, by=by, channel=CHANNEL)
    _asked(request, "reverse", wrong, asked | {"mistake": True}, key, "")
    bought = {"term": term, "paid": drawer(request).text}
    ask = made(
        "renew",
        right.number,
        bought,
        by=by,
        channel=CHANNEL,
        key=f"{key}:right",
        expect_version=right.version,
    )
    try:
        answer = desk().ask(ask)
    except Refusal as refusal:
        raise HalfRight(wrong=wrong.number, right=right.number, why=told(refusal)) from None
    messages.success(request, gettext("It was put right."))
    return to_sold(right.number, UUID(str(answer.answer["id"])))


def _asked(
    request: HttpRequest, verb: str, line: Glance, asked: dict[str, Any], key: str, words: str
) -> HttpResponse:
    by = signed_in(request).principal
    ask = made(
        verb,
        line.number,
        asked,
        by=by,
        channel=CHANNEL,
        key=key,
        expect_version=version(request),
    )
    try:
        answer = desk().ask(ask)
    except Refusal as refusal:
        not_done(request, key, refusal)
        raise
    if words:
        messages.success(request, words)
    return to_sold(line.number, UUID(str(answer.answer["id"])))
