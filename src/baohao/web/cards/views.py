"""All cards of a keeper, what is to be done next with each, and one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from baohao.app import life
from baohao.app.kept import customers, plan, story
from baohao.app.kept.listing import Card
from baohao.app.kept.plan import Plan, Ways
from baohao.app.kept.story import Told
from baohao.app.life import Life
from baohao.web import formats
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.cards import choices, words
from baohao.web.cards.own import may_act, own_card, own_cards
from baohao.web.desk import desk
from baohao.web.holder import drawing, saying
from baohao.web.holder.leave import ACCOUNTS
from baohao.web.products.words import keeps

#: From so many cards on they are searched.
SEARCHED_FROM = 11
#: So many cards are planned for at once: one may take seconds.
AT_ONCE = 5
#: So many events are shown at once; those before them open.
EVENTS_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Cards of one person."""

    #: Empty: the reader's own.
    whose: str
    cards: Sequence[Card]


@holders
def cards(request: HttpRequest) -> HttpResponse:
    """Show every card that the reader sees, the first due first."""
    found, now = own_cards(request)
    wanted = request.GET.get("q", "").strip()[:80]
    # Cards of customers have a list of their own; who looks for one finds it here, too.
    looked_at = found if wanted else _without_customers(request, found)
    shown = [each for each in looked_at if _is_meant(each, wanted)]
    alive = [each for each in shown if not each.is_over]
    page = {
        "groups": _by_person(alive),
        "gone": [each for each in shown if each.is_over],
        "now": now,
        "q": wanted,
        "has_any": bool(found),
        "is_searched": len(found) >= SEARCHED_FROM,
        "of_customers": len(found) - len(looked_at),
    }
    return render(request, "cards/list.html", page)


def _without_customers(request: HttpRequest, found: Sequence[Card]) -> list[Card]:
    """Return cards but for those that the reader keeps for customers."""
    keeper, vault = signed_in(request).holder, desk().house.vault
    book = desk().read(partial(customers.names, vault=vault, keeper=keeper))
    return [each for each in found if each.keeper != keeper or book.owner(each) is None]


def _by_person(found: Sequence[Card]) -> list[Group]:
    """Return cards by whose they are: in the order of whose is due first, one's own before all."""
    whose = dict.fromkeys(each.noted.about.whose for each in found)
    groups = [
        Group(whose=name, cards=[each for each in found if each.noted.about.whose == name])
        for name in whose
    ]
    return sorted(groups, key=lambda each: bool(each.whose))


def _is_meant(card: Card, wanted: str) -> bool:
    """Whether a card is one of those that are looked for."""
    about = card.noted.about
    digits = "".join(each for each in wanted if each.isdecimal())
    land = formats.country(card.policy.country)
    texts = (about.name, about.whose, words.product(card.policy), land)
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
    alive = [each for each in _without_customers(request, found) if not each.is_over]
    begins = _whole(request.GET.get("from", ""))
    some = alive[begins : begins + AT_ONCE]
    page = {
        "next": [Next(card=each, plan=plan.of_card(each, now)) for each in some],
        "more": begins + AT_ONCE if len(alive) > begins + AT_ONCE else 0,
    }
    return render(request, "cards/next.html", page)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


# --- one card -------------------------------------------------------------------------------------


@holders
def card(request: HttpRequest, card: str) -> HttpResponse:
    """Show one card: its two clocks, what keeps it, and what happened."""
    own = own_card(request, card)
    found, reader = own.card, signed_in(request)

    def read(conn: Any) -> tuple[Life, list[Told]]:
        lived = life.life(conn, desk().terms, found.subject, reader="")
        return lived, story.story(conn, desk().terms, found.state)

    lived, happened = desk().read(read)
    about = found.noted.about
    page = {
        "card": found,
        "now": own.now,
        "because": _because(happened, found),
        "life": lived,
        "drawn": drawing.drawn(lived.stays, lived.now),
        "ahead": saying.ahead(lived),
        "keeps": [each for each in keeps(found.policy) if each.gives],
        "asking": choices.asking(found.policy),
        "contradicting": _contradicting(happened),
        "history": happened[:EVENTS_AT_ONCE],
        "before": happened[EVENTS_AT_ONCE:],
        "may_act": may_act(reader, found),
        "hangs": [each for each in about.hangs if not each.startswith("✓")],
        "accounts": ACCOUNTS,
    }
    return render(request, "cards/card.html", page)


def _because(happened: Sequence[Told], card: Card) -> Told | None:
    """Return what gave a card its date."""
    acts = (each for each in happened if each.effect is not None and not each.is_undone)
    return next((each for each in acts if each.effect.after == card.computed), None)  # type: ignore[union-attr]


def _contradicting(happened: Sequence[Told]) -> list[Told]:
    """Return what the operator said of the date, where it said two things; the last one first."""
    said = [each for each in happened if each.read is not None]
    return said if len({each.read for each in said}) > 1 else []


@holders
def year(request: HttpRequest, card: str) -> HttpResponse:
    """Show how a card is kept for a year."""
    own = own_card(request, card)
    is_abroad = "abroad" in request.GET
    planned = partial(plan.of_card, own.card, own.now)
    page = {
        "card": own.card,
        "plan": planned(Ways(abroad=is_abroad)),
        "is_abroad": is_abroad,
        "now": own.now,
        "may_act": may_act(signed_in(request), own.card),
    }
    shown = "cards/plan.html" if getattr(request, "htmx", False) else "cards/year.html"
    return render(request, shown, page)
