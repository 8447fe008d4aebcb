"""
Exchange: what a price of ours comes to in another currency, at a rate that an operator has stated.

Read from `policies/exchange/*.toml`. Nothing is looked up or guessed: where no rate is stated for a
currency, nothing is paid in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from fractions import Fraction
from typing import Self

from baohao.core.money import exponent_of, format_minor
from baohao.core.policy.findings import Finding, PolicyFault
from baohao.core.policy.parse_head import read_currency, read_effective
from baohao.core.policy.table import Reading, Table
from baohao.core.refusals import Refusal

#: What becomes of less than a step of the payer's money.
ROUNDINGS = ("up", "nearest", "down")
#: A rate has no more digits behind its point than banks state.
_DIGITS = 8


class NoRate(Refusal):
    """
    No rate is stated from {currency} to {own} at {operator}: pay in {own}, or in one of: {known}.
    """

    code = "exchange.no_rate"


class RateMalformed(PolicyFault):
    """{value!r} is no rate: write a number above 0 as a text, of at most 8 places, as in "1.03"."""

    code = "exchange.rate"


class RateTwice(PolicyFault):
    """A rate for {currency} is stated twice."""

    code = "exchange.twice"


class RateOfItself(PolicyFault):
    """Prices are in {currency}: it needs no rate."""

    code = "exchange.itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """An amount of ours that is paid in another currency; kept with its payment for ever."""

    own_minor: int
    own_currency: str
    paid_minor: int
    paid_currency: str
    #: How many units of ours one unit of theirs is worth, as it was stated.
    rate: str
    since: date
    source: str

    def value(self, paid_minor: int) -> int:
        """Return what so much of the payer's money is worth at the rate, in our minor units."""
        ours, theirs = exponent_of(self.own_currency), exponent_of(self.paid_currency)
        return _nearest(Fraction(paid_minor, 10**theirs) * Fraction(self.rate) * 10**ours)

    def back(self, own_minor: int, before_minor: int = 0) -> int:
        """
        Return what goes back of the payer's money for so much of ours, after so much went before.

        Never more than was paid in all, and all of it for all of ours, in however many parts.
        """
        return self._part(before_minor + own_minor) - self._part(before_minor)

    def _part(self, own_minor: int) -> int:
        return self.paid_minor * own_minor // self.own_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What one unit of a payer's currency is worth to an operator."""

    currency: str
    #: As it was stated: a decimal number of units of the operator's currency.
    rate: str
    #: Since when the operator states it, and where.
    since: date
    source: str
    #: What payers pay is a multiple of the step, in minor units of their currency.
    step_minor: int = 1
    rounding: str = "up"

    def exchanged(self, own_minor: int, own_currency: str) -> Exchanged:
        """Return what an amount of ours comes to; at least one step."""
        ours, theirs = exponent_of(own_currency), exponent_of(self.currency)
        exact = Fraction(own_minor, 10**ours) / Fraction(self.rate) * 10**theirs
        steps = exact / self.step_minor
        rounded = {"up": -(-steps // 1), "down": steps // 1}.get(self.rounding, _nearest(steps))
        return Exchanged(
            own_minor=own_minor,
            own_currency=own_currency,
            paid_minor=max(1, int(rounded)) * self.step_minor,
            paid_currency=self.currency,
            rate=self.rate,
            since=self.since,
            source=self.source,
        )

    def said(self, own_currency: str) -> str:
        """Return the rate as people read it."""
        step = format_minor(self.step_minor, self.currency)
        return f"1 {self.currency} = {self.rate} {own_currency}, {self.rounding} to {step}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSchedule:
    """One operator's rates, from a day on."""

    operator: str
    currency: str
    #: Half-open civil days in the operator's zone.
    effective_from: date
    effective_to: date | None = None
    #: By the payer's currency.
    rates: Mapping[str, Rate]

    def rate(self, currency: str) -> Rate:
        """Return the rate of a currency; raises `NoRate`."""
        found = self.rates.get(currency)
        if found is None:
            known = ", ".join(sorted(self.rates)) or "none"
            raise NoRate(
                currency=currency[:40], own=self.currency, operator=self.operator, known=known
            )
        return found

    @classmethod
    def none(cls, operator: str, currency: str) -> Self:
        """Return the schedule of an operator that states no rates."""
        return cls(operator=operator, currency=currency, effective_from=date.min, rates={})


def stated(
    rates: Mapping[str, RateSchedule], operator: str, own_minor: int, own: str, currency: str
) -> Exchanged | None:
    """
    Return what an amount comes to in a payer's currency; `None`: it is ours, or none is named.

    `rates` are by operator. Raises `NoRate`.
    """
    if currency in ("", own):
        return None
    schedule = rates.get(operator)
    if schedule is None or schedule.currency != own:
        schedule = RateSchedule.none(operator, own)
    return schedule.rate(currency).exchanged(own_minor, own)


def parse_rates(
    document: Mapping[str, object], zone_of: Callable[[str], tzinfo]
) -> tuple[RateSchedule | None, tuple[Finding, ...]]:
    """Read a document: the rates, or what is wrong with it."""
    reading = Reading(zone_of, "the rates")
    schedule = _schedule(reading.open(document, ()))
    reading.close()
    found = tuple(reading.findings)
    return (None if found else schedule), found


def _schedule(table: Table) -> RateSchedule:
    currency = read_currency(table)
    effective_from, effective_to = read_effective(table)
    rates: dict[str, Rate] = {}
    if "rates" not in table:
        table.missing("rates", "at least one [[rates]]")
    for each in table.tables("rates"):
        rate = _rate(each)
        if rate.currency == currency:
            each.refuse("currency", RateOfItself(currency=currency))
        if rate.currency in rates:
            each.refuse("currency", RateTwice(currency=rate.currency))
        rates[rate.currency] = rate
    return RateSchedule(
        operator=table.name("operator"),
        currency=currency,
        effective_from=effective_from,
        effective_to=effective_to,
        rates=rates,
    )


def _rate(table: Table) -> Rate:
    own = table.reading.currency
    # Its step is money of the payer's.
    currency = read_currency(table)
    step = table.money("step")
    table.reading.currency = own
    text = table.text("rate", need=True)
    whole, _, rest = text.partition(".")
    digits = whole + rest
    if not (digits.isascii() and digits.isdigit() and len(rest) <= _DIGITS and whole) or (
        len(whole) > _DIGITS or not int(digits)
    ):
        table.refuse("rate", RateMalformed(value=text))
        text = "1"
    return Rate(
        currency=currency,
        rate=text,
        since=table.day("since", need=True) or date.min,
        source=table.text("source", need=True),
        step_minor=step or 1,
        rounding=table.word("rounding", ROUNDINGS, "up"),
    )


def _nearest(amount: Fraction) -> int:
    """Round half to even, as Python does for whole numbers."""
    return round(amount)
