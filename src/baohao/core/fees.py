"""
Fee schedules: which verb an operator offers in which channel, and what the act itself costs.

A fee is earned at once; a government's fee is taken and passed on. Prices of time are the plan's,
not the schedule's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Protocol, TypeVar

from baohao.core.policy.findings import Finding, PolicyFault
from baohao.core.policy.parse_head import read_currency, read_effective
from baohao.core.policy.parse_selling import VERBS
from baohao.core.policy.table import Reading, Table
from baohao.core.refusals import Refusal

#: Where an ask may come from.
CHANNELS = ("counter", "app", "wechat", "agent", "telegram", "sms", "api", "operator")


class VerbNotOffered(Refusal):
    """{operator} does not offer "{verb}" in the channel {channel}; it does in: {channels}."""

    code = "fees.not_offered"


class OfferedTwice(PolicyFault):
    """The schedule says twice what "{verb}" costs in the channel {channel}."""

    code = "fees.twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """What an act costs by itself, in minor units."""

    fee_minor: int = 0
    #: Taken for a government, never income.
    government_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeSchedule:
    """One operator's fees, from a day on."""

    operator: str
    currency: str
    #: Half-open civil days in the operator's zone.
    effective_from: date
    effective_to: date | None = None
    #: (verb, channel) -> fee; what is not here is not offered.
    fees: Mapping[tuple[str, str], Fee]

    def fee(self, verb: str, channel: str) -> Fee:
        """Return what `verb` costs in `channel`; raises `VerbNotOffered`."""
        found = self.fees.get((verb, channel))
        if found is None:
            raise VerbNotOffered(
                operator=self.operator,
                verb=verb,
                channel=channel,
                channels=", ".join(self.channels(verb)) or "none",
            )
        return found

    def channels(self, verb: str) -> tuple[str, ...]:
        """Return the channels in which `verb` is offered."""
        return tuple(channel for channel in CHANNELS if (verb, channel) in self.fees)


class Dated(Protocol):
    """What an operator has from a day on: a schedule of fees, or of commission."""

    @property
    def operator(self) -> str:
        """Whose it is."""

    @property
    def effective_from(self) -> date:
        """Its first day."""

    @property
    def effective_to(self) -> date | None:
        """The day after its last."""


Schedule = TypeVar("Schedule", bound=Dated)


def in_force(schedules: Iterable[Schedule], days: Mapping[str, date]) -> Mapping[str, Schedule]:
    """
    Return the schedule of each operator that is in force.

    `days` says which civil day it is at each operator's. Of two in force the one that began later
    is taken.
    """
    found: dict[str, Schedule] = {}
    for schedule in sorted(schedules, key=lambda each: each.effective_from):
        day = days.get(schedule.operator)
        if day is None or day < schedule.effective_from:
            continue
        if schedule.effective_to is None or day < schedule.effective_to:
            found[schedule.operator] = schedule
    return found


def parse_fees(
    document: Mapping[str, object], zone_of: Callable[[str], tzinfo]
) -> tuple[FeeSchedule | None, tuple[Finding, ...]]:
    """Read a document: the schedule, or what is wrong with it."""
    reading = Reading(zone_of, "the fee schedule")
    schedule = _schedule(reading.open(document, ()))
    reading.close()
    found = tuple(reading.findings)
    return (None if found else schedule), found


def _schedule(table: Table) -> FeeSchedule:
    # First: all money in the document is written in it.
    currency = read_currency(table)
    effective_from, effective_to = read_effective(table)
    return FeeSchedule(
        operator=table.name("operator"),
        currency=currency,
        effective_from=effective_from,
        effective_to=effective_to,
        fees=_fees(table),
    )


def _fees(table: Table) -> dict[tuple[str, str], Fee]:
    fees: dict[tuple[str, str], Fee] = {}
    if "fees" not in table:
        table.missing("fees", "at least one [[fees]]")
    for each in table.tables("fees"):
        for key in ("verbs", "channels"):
            if key not in each:
                each.missing(key, "a list of texts")
        fee = Fee(fee_minor=each.money("fee") or 0, government_minor=each.money("government") or 0)
        channels = each.words("channels", CHANNELS)
        for verb in each.words("verbs", VERBS):
            for channel in channels:
                if (verb, channel) in fees:
                    each.refuse("verbs", OfferedTwice(verb=verb, channel=channel))
                fees[verb, channel] = fee
    return fees
