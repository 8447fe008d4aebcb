"""All cards of a keeper, what is to be done next with each, and one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from baohao.app import life
from baohao.app.kept import plan
from baohao.app.kept.listing import Card
from baohao.app.kept.plan import Plan
from baohao.web import formats
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.cards import words
from baohao.web.cards.own import may_act, own_card, own_cards
from baohao.web.desk import desk
from baohao.web.holder import drawing, saying

#: From so many cards on they are searched.
SEARCHED_FROM = 11
#: So many cards are planned for at once: one may take seconds.
AT_ONCE = 5


@holders
def cards(request: HttpRequest) -> HttpResponse:
    """Show every card that the reader sees, the first due first."""
    found, now = own_cards(request)
    wanted = request.GET.get("q", "").strip()[:80]
    shown = [each for each in found if _is_meant(each, wanted)]
    page = {
        "cards": [each for each in shown if not each.is_over],
        "gone": [each for each in shown if each.is_over],
        "today": now.date(),
        "q": wanted,
        "has_any": bool(found),
        "is_searched": len(found) >= SEARCHED_FROM,
        "own": signed_in(request).holder,
    }
    return render(request, "cards/list.html", page)


def _is_meant(card: Card, wanted: str) -> bool:
    """Whether a card is one of those that are looked for."""
    about = card.noted.about
    digits = "".join(each for each in wanted if each.isdecimal())
    texts = (
        about.name,
        about.whose,
        words.product(card.policy),
        words.country(card.policy.country),
    )
    found = any(wanted.casefold() in text.casefold() for text in texts)
    return found or (len(digits) > 2 and digits in card.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What is to be done next with a card."""

    card: Card
    plan: Plan


@holders
def upcoming(request: HttpRequest) -> HttpResponse:
    """Say what is next for some cards; planning takes its time, and the list does not wait."""
    found, now = own_cards(request)
    alive = [each for each in found if not each.is_over]
    begins = _whole(request.GET.get("from", ""))
    some = alive[begins : begins + AT_ONCE]
    page = {
        "next": [Next(card=each, plan=plan.of_card(each, now)) for each in some],
        "more": begins + AT_ONCE if len(alive) > begins + AT_ONCE else 0,
    }
    return render(request, "cards/next.html", page)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


@holders
def card(request: HttpRequest, card: str) -> HttpResponse:
    """Show one card: its two clocks, what keeps it, and what happened."""
    own = own_card(request, card)
    found, reader = own.card, signed_in(request)
    told = desk().read(
        partial(life.life, terms=desk().terms, number=found.subject, reader=reader.holder)
    )
    page = {
        "card": found,
        "line": found.glance,
        "today": own.today,
        "life": told,
        "drawn": drawing.drawn(told.stays, told.now),
        "history": _history(told, found),
        "may_act": may_act(reader, found),
        "number": formats.number(found.number),
    }
    return render(request, "cards/card.html", page)


def _history(told: life.Life, card: Card) -> Sequence[saying.Told]:
    return [saying.happened(each, card.policy.currency) for each in told.happened]
