"""What a customer sees by the link that their keeper gave them: until when their cards are safe."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import Any
from uuid import UUID

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, override
from django.views.decorators.http import require_POST

from baohao.app.kept import customers
from baohao.core.line.fold import policy_of
from baohao.web.accounts.doors import everybody, holders
from baohao.web.customers import passes, words
from baohao.web.customers.models import Deed, Pass, Receipt
from baohao.web.customers.room import own
from baohao.web.desk import desk
from baohao.web.vocabulary import HAPPENED

#: What was done, at most so much of it.
DEEDS = 50


@holders
@require_POST
def link(request: HttpRequest, customer: UUID) -> HttpResponse:
    """Make the link by which a customer looks at their cards, or take it back."""
    book, _ = own(request, customer)
    what = request.POST.get("what", "")
    if what not in ("make", "revoke"):
        raise Http404
    if what == "revoke":
        passes.revoke(Pass.LOOK, book.keeper, customer)
        messages.success(request, gettext("The link shows nothing any more."))
    else:
        passes.make(Pass.LOOK, book.keeper, customer)
        messages.success(request, gettext("There is a link now; messages have it."))
    return redirect("customer", customer=customer)


@everybody
def status(request: HttpRequest, token: str) -> HttpResponse:
    """Show a customer until when their cards are safe, and what was done; no number in whole."""
    if not ratelimit.consume(request, action="card_status"):
        return render(request, "web/too_often.html", {}, status=429)
    found = passes.read(Pass.LOOK, token)
    if found is None or not passes.is_good(found):
        raise Http404
    house = desk().house
    book = desk().read(
        partial(customers.book, terms=desk().terms, vault=house.vault, keeper=found.keeper)
    )
    entry = book.by_id.get(str(found.customer))
    if entry is None or entry.customer.has_left:
        raise Http404
    page = {
        "practice": book.practice,
        "cards": [card for card in book.cards_of(entry) if not card.is_over],
        "deeds": _deeds(found),
        "until": found.until,
    }
    # Who has chosen a language here reads that.
    chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES
    with nullcontext() if chosen else override(words.language(entry.customer)):
        answer = render(request, "customers/status.html", page)
    answer["Cache-Control"] = "private, no-store"
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _deeds(found: Pass) -> list[dict[str, Any]]:
    deeds = list(
        Deed.objects.filter(keeper=found.keeper, customer=found.customer, state=Deed.DONE).order_by(
            "-day", "-id"
        )[:DEEDS]
    )
    papers: dict[UUID, list[Receipt]] = {}
    for each in Receipt.objects.filter(deed__in=deeds).order_by("year", "n"):
        papers.setdefault(each.deed_id, []).append(each)
    rules, told = desk().terms.rules, []
    for deed in deeds:
        policy = policy_of(rules, deed.pin)
        told.append(
            {
                "deed": deed,
                "act": HAPPENED.get(deed.kind, deed.kind),
                "titles": {"": policy.title, **policy.titles},
                "receipts": papers.get(deed.id, []),
            }
        )
    return told
