"""Whose cards are shown: one's own, and those that somebody lets one see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import register_converter
from django.utils import timezone

from baohao import wiring
from baohao.app.kept import listing
from baohao.app.kept.listing import Card, CardNotKept
from baohao.core.civil import civil_day
from baohao.core.kept import keeper_of
from baohao.web.accounts.doors import signed_in
from baohao.web.accounts.models import Account
from baohao.web.desk import desk
from baohao.web.household import people


class CardKey:
    """A card in an address: its number without the plus, a tilde, and its keeper's id."""

    regex = r"[1-9][0-9]{6,14}~[A-Za-z0-9._-]{1,64}"

    def to_python(self, value: str) -> str:
        """Return the card's key."""
        return f"+{value}"

    def to_url(self, value: str) -> str:
        """Return it as addresses have it."""
        return value.removeprefix("+")


register_converter(CardKey, "card")


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A card of the reader's, or one that they may see, as it is now."""

    card: Card
    now: datetime

    @property
    def today(self) -> date:
        """The day that it is where the card's operator is."""
        return civil_day(self.now, self.card.policy.zone)


def keepers_seen_by(account: Account) -> Sequence[str]:
    """Return the keepers of whom somebody sees cards, themselves first."""
    return [each.holder for each in people.keepers_seen_by(account)]


def sees(account: Account, card: Card) -> bool:
    """
    Whether somebody sees a card: it is their own, its keeper shows it to the household, or is
    looked after by it.
    """
    mine, *others = people.keepers_seen_by(account)
    if card.keeper == mine.holder:
        return True
    is_shown = card.noted.about.shared or card.keeper in people.looked_after_by(account)
    return is_shown and card.keeper in [each.holder for each in others]


def may_act(account: Account, card: Card) -> bool:
    """Whether somebody may take down what is done with a card."""
    found = [each for each in people.keepers_seen_by(account) if each.holder == card.keeper]
    return sees(account, card) and any(each.may_act for each in found)


def keeper_name(account: Account, card: Card) -> str:
    """Return what the household calls whose card it is; empty: it is the reader's own."""
    _, *others = people.keepers_seen_by(account)
    return next((each.name for each in others if each.holder == card.keeper), "")


def own_cards(request: HttpRequest) -> tuple[list[Card], datetime]:
    """Return the cards that the reader sees, the first due first, and what time it is."""
    reader, house = signed_in(request), desk().house
    keepers = keepers_seen_by(reader)

    def read(conn: Any) -> tuple[list[Card], datetime]:
        found = listing.of_keepers(conn, desk().terms, house.vault, keepers)
        return [each for each in found if sees(reader, each)], wiring.now(conn)

    return desk().read(read)


def own_card(request: HttpRequest, subject: str) -> Own:
    """
    Return a card that the reader sees.

    Raises `Http404` for anybody else's, whether it is there or not.
    """
    reader = signed_in(request)
    if keeper_of(subject) not in keepers_seen_by(reader):
        raise Http404
    found = desk().read(partial(_one, subject=subject))
    if found is None or not sees(reader, found.card):
        raise Http404
    # What is refused of it from now on is said by the clock of its operator.
    timezone.activate(found.card.policy.zone)
    return found


def acted_on(request: HttpRequest, subject: str) -> Own:
    """Return a card with which the reader may do something; raises `Http404` as `own_card` does."""
    found = own_card(request, subject)
    if not may_act(signed_in(request), found.card):
        raise Http404
    return found


def _one(conn: Any, subject: str) -> Own | None:
    try:
        card = listing.one(conn, desk().terms, desk().house.vault, subject)
    except CardNotKept:
        return None
    return Own(card=card, now=wiring.now(conn))
