"""Telling: what a reminder of a kept card says, and how it names what is to be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from baohao.app import show
from baohao.app.kept import listing, plan
from baohao.app.kept.listing import Card, CardNotKept
from baohao.app.messages.remind import TITLES
from baohao.app.messages.wording import Facts, OfCard
from baohao.app.ports import Vault
from baohao.core.asks import Terms
from baohao.core.civil import civil_day
from baohao.core.line.project import LOST, Projection
from baohao.core.line.state import LineState, Reading
from baohao.core.policy.model import How, Policy
from baohao.core.reminders import Reminder
from baohao.store.sql import Connection

_MOMENT = timedelta(microseconds=1)
#: Where the pages of kept cards are; a card's own address would have its number.
PATH = "my/cards/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Says what a reminder of a card is about; what `Teller` has for cards."""

    terms: Terms
    vault: Vault

    def facts(
        self, conn: Connection, line: LineState, reminder: Reminder, now: datetime
    ) -> Facts | None:
        """Return it; `None`: its keeper has let the card go."""
        try:
            card = listing.one(conn, self.terms, self.vault, line.number)
        except CardNotKept:
            return None
        if card.is_over:
            return None
        policy, views = show.viewed(self.terms.rules, line, max(now, line.standing.at or now))
        return Facts(
            text=_text(views[0], reminder),
            title=f"kept_{TITLES[reminder.level]}",
            number=card.number,
            day=reminder.last_day,
            deadline=reminder.deadline,
            currency=policy.currency,
            card=_of_card(policy, views, card, reminder, now),
        )


def _text(view: Projection, reminder: Reminder) -> str:
    kinds = {boundary.at: boundary.kind for boundary in view.ahead}
    return "kept_lost" if kinds.get(reminder.deadline) in LOST else "kept_stops"


def _of_card(
    policy: Policy, views: list[Projection], card: Card, reminder: Reminder, now: datetime
) -> OfCard:
    clock = clock_of(reminder.subject)
    instants = [found.at for view in views if (found := view.clocks.get(clock)) is not None]
    computed = min(instants, default=None)
    reading = next((each for each in card.readings if each.name == clock), None)
    planned = plan.of_card(card, now)
    option = None if planned.next is None else planned.next.option
    is_priced = option is not None and option.kind not in planned.unpriced
    return OfCard(
        name=card.name,
        titles=titles(policy),
        computed=_last_day(policy, computed),
        observed=None if reading is None else _last_day(policy, reading.until),
        said_on=_said_on(policy, reading),
        act="" if option is None else option.kind,
        times=1 if option is None else option.times,
        price_minor=option.cost_minor if option is not None and is_priced else 0,
        how=_how(policy, option.kind, option.how) if option is not None else None,
        checked=card.checked if card.is_stale else None,
        path=PATH,
    )


def clock_of(subject: str) -> str:
    """Return the clock that a reminder is of; empty: it is of a stage."""
    kind, _, name = subject.partition(":")
    return name if kind == "clock" else ""


def titles(policy: Policy) -> Mapping[str, str]:
    """Return what a product is called; "" is the usual."""
    return {"": policy.title, **policy.titles}


def _how(policy: Policy, kind: str, found: How | None) -> How | None:
    return found or next((each for each in policy.how if each.act == kind), None)


def _last_day(policy: Policy, at: datetime | None) -> date | None:
    return None if at is None else civil_day(at - _MOMENT, policy.zone)


def _said_on(policy: Policy, reading: Reading | None) -> date | None:
    return None if reading is None else civil_day(reading.at, policy.zone)
