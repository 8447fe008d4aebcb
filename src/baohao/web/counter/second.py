"""
Who looks at what one person does: a second one at once, or afterwards where the hall allows it.

What changes a number's card or holder is never done alone.
"""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from baohao.app.shell import OutcomeUnknown
from baohao.core.decide.case import SecondPersonMissing
from baohao.core.money import parse_minor
from baohao.core.refusals import Refusal
from baohao.web.accounts.approval import second_person
from baohao.web.accounts.doors import signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.counter.models import Review, Rules, Wish
from baohao.web.counter.room import page, rules, stamp
from baohao.web.desk import desk
from baohao.web.wording import said

#: Who approves what is looked at afterwards, as the journal says it.
AFTERWARDS = "reviewed-afterwards"


class ReviewedByThemselves(Refusal):
    """Nobody looks at what they did themselves; somebody else must."""

    code = "review.own"


def needed(request: HttpRequest, verb: str) -> str:
    """Return the second person, who must be here; raises `SecondPersonMissing`."""
    found = second_person(request)
    if not found:
        raise SecondPersonMissing(verb=verb)
    return found


def approver(
    request: HttpRequest, *, verb: str, subject: str, minor: int, currency: str, key: str
) -> str:
    """
    Return who approves what costs so much: who signed, or afterwards, or empty: nobody.

    What is done alone is noted before it is done, so that nothing escapes who looks afterwards.
    """
    found = second_person(request)
    if found or not 0 < minor <= rules(request).alone_minor:
        return found
    of = {"verb": verb, "subject": subject, "amount_minor": minor, "currency": currency}
    reason = request.POST.get("reason", "").strip()[:300]
    Review.objects.get_or_create(
        key=review_key(request, key), defaults={**stamp(request), **of, "reason": reason}
    )
    return AFTERWARDS


def review_key(request: HttpRequest, key: str) -> str:
    """Return what a review of an ask is known by."""
    return f"{signed_in(request).principal}:{key}"


def not_done(request: HttpRequest, key: str, refusal: Refusal) -> None:
    """Forget the review of what was refused; what may have happened is looked at."""
    if not isinstance(refusal, OutcomeUnknown):
        Review.objects.filter(key=review_key(request, key), seen_at=None).delete()


@workers(Act.APPROVE)
def second(request: HttpRequest) -> HttpResponse:
    """Show what waits for a second person, and take their word."""
    refused = None
    if request.method == "POST":
        try:
            _decided(request)
            return redirect("counter_second")
        except Refusal as refusal:
            refused = said(refusal)
    me = signed_in(request)
    shown = {
        "wishes": Wish.objects.filter(operator=me.operator, state="asked").order_by("at"),
        "reviews": Review.objects.filter(operator=me.operator, seen_at=None).order_by("at"),
        "seen": Review.objects.filter(operator=me.operator)
        .exclude(seen_at=None)
        .order_by("-at")[:20],
        "me": me.principal,
        "rules": rules(request),
        "currency": desk().house.library.operators[me.operator].currency,
    }
    return page(request, "counter/second.html", shown, refused)


def _decided(request: HttpRequest) -> None:
    """Take one word down: on a wish, on what was done alone, or how the hall works."""
    me, what = signed_in(request), request.POST.get("what", "")
    note = request.POST.get("note", "").strip()[:300]
    if what in ("granted", "declined"):
        wish = get_object_or_404(Wish, pk=_key(request), operator=me.operator)
        if wish.by == me.principal:
            raise ReviewedByThemselves()
        # Whoever is second finds it decided.
        Wish.objects.filter(pk=wish.pk, state="asked").update(
            state=what, decided_by=me.principal, note=note
        )
    elif what in ("right", "wrong"):
        review = get_object_or_404(Review, pk=_id(request), operator=me.operator)
        if review.by == me.principal:
            raise ReviewedByThemselves()
        Review.objects.filter(pk=review.pk, seen_at=None).update(
            seen_by=me.principal, seen_at=desk().now(), is_right=what == "right", note=note
        )
    elif what == "rules":
        currency = desk().house.library.operators[me.operator].currency
        alone = parse_minor(request.POST.get("alone", "").strip() or "0", currency)
        most = request.POST.get("proxy_most", "")
        proxy_most = int(most) if most.isdecimal() and len(most) < 4 else rules(request).proxy_most
        Rules.objects.update_or_create(
            operator=me.operator,
            point=me.point,
            defaults={"alone_minor": max(0, alone), "proxy_most": proxy_most},
        )
    else:
        raise Http404


def _key(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("wish", ""))
    except ValueError:
        raise Http404 from None


def _id(request: HttpRequest) -> int:
    text = request.POST.get("review", "")
    if not text.isdecimal() or len(text) > 18:
        raise Http404
    return int(text)
