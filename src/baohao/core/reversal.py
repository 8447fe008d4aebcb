"""
What is given back when a paid act is undone.

Everything is counted from **what was paid**, never from a list price: whoever bought a year at a
discount cannot return eleven months of it at the full one. Bonus time and gifts have no price of
their own and go first. The day (or month) that has begun counts as used. Rules are the policy's
`Reversal`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from baohao.core.books.sale import GivenBack, Sale, Shares
from baohao.core.civil import Span, add_months, after, civil_day, days_between
from baohao.core.deferral import Schedule, left_after, schedule
from baohao.core.money import split_minor
from baohao.core.policy.model import Reversal
from baohao.core.refusals import Refusal


class PriceWithoutTime(Refusal):
    """A price of {price_minor} minor units is for time, and this act gave none."""

    code = "reversal.price_without_time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Time that an act gave: half-open civil days, and the span they were made from."""

    first_day: date
    last_day_exclusive: date
    span: Span

    @property
    def days(self) -> int:
        """How many civil days."""
        return days_between(self.first_day, self.last_day_exclusive)

    def days_from(self, cut: date) -> int:
        """How many of them are `cut` or later."""
        start = min(max(cut, self.first_day), self.last_day_exclusive)
        return days_between(start, self.last_day_exclusive)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidAct:
    """A paid act as it stands in the journal: the money, and the time it gave."""

    sale: Sale
    #: When it took effect; the window of full return runs from here.
    at: datetime
    #: The time that the price bought; None for a top-up or a fee alone.
    paid: Stretch | None = None
    bonuses: tuple[Stretch, ...] = ()

    def __post_init__(self) -> None:
        if self.paid is None and self.sale.price_minor:
            raise PriceWithoutTime(price_minor=self.sale.price_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What becomes of a paid act that is undone."""

    back: GivenBack
    #: The first day that the act no longer gives; None when it gave no time.
    first_unused_day: date | None
    #: What stays earned, for `deferral.change`: the price less what is given back or forgone.
    kept: Schedule
    #: Everything was given back: uses of promotions are free again.
    whole: bool


def undo(
    act: PaidAct, rule: Reversal, *, at: datetime, zone: tzinfo, balance_minor: int = 0
) -> Undone:
    """
    Return what is given back when `act` is undone at `at`; days are counted in `zone`.

    `balance_minor` is the line's credit now: credit that was spent cannot come back, and a gift
    that was spent is kept from the refund. No part of `back` is above what the sale had.
    """
    whole = rule.within is not None and at < after(act.at, rule.within, zone)
    cut = _first_unused(act, rule, civil_day(at, zone), whole=whole)
    unused, total = (1, 1) if whole else _share(act, rule, cut)
    gifts, credit = _credit_back(act.sale, rule, balance_minor)
    gifts_spent = sum(minor for _, minor in act.sale.gifts) - sum(minor for _, minor in gifts)
    price = act.sale.price_minor * unused // total
    refund = max(0, price - gifts_spent) if rule.bonus == "first" else price
    forgone = price - refund + (_unserved(act, cut) if rule.paid == "none" and not whole else 0)
    back = GivenBack(
        price_minor=refund,
        forgone_minor=forgone,
        credit_minor=credit,
        fee_minor=act.sale.fee_minor if whole else 0,
        government_minor=act.sale.government_minor if whole else 0,
        discounts=tuple((name, minor * unused // total) for name, minor in act.sale.discounts),
        gifts=gifts,
    )
    return Undone(
        back=back,
        first_unused_day=cut,
        kept=_kept(act, act.sale.price_minor - refund - forgone, cut),
        whole=whole,
    )


def _first_unused(act: PaidAct, rule: Reversal, today: date, *, whole: bool) -> date | None:
    """
    Return the first day that the act no longer gives; today counts as used once the act has begun.
    """
    if act.paid is None:
        return None
    stretches = (act.paid, *act.bonuses)
    first = min(stretch.first_day for stretch in stretches)
    last = max(stretch.last_day_exclusive for stretch in stretches)
    if whole or today < first:
        return first
    cut = min(today + timedelta(days=1), last)
    counted = _counted(act.paid, act, rule)
    if rule.paid == "pro_rata_months" and _in_months(counted):
        # A month that has begun is not given back, so it is served to its end.
        for stretch in counted:
            if stretch.first_day < cut <= stretch.last_day_exclusive:
                end = add_months(stretch.first_day, _months_begun(stretch, cut))
                return max(cut, min(end, stretch.last_day_exclusive))
    return cut


def _share(act: PaidAct, rule: Reversal, cut: date | None) -> tuple[int, int]:
    """Return which share of the price is given back, as (part, whole)."""
    if rule.paid == "full":
        return 1, 1
    if rule.paid == "none" or act.paid is None or cut is None:
        return 0, 1
    counted = _counted(act.paid, act, rule)
    if rule.paid == "pro_rata_months" and _in_months(counted):
        total = sum(stretch.span.months for stretch in counted)
        return total - sum(_months_begun(stretch, cut) for stretch in counted), total
    # Spans of days have no months to count: they are given back by days under either rule.
    return sum(s.days_from(cut) for s in counted), max(1, sum(s.days for s in counted))


def _counted(paid: Stretch, act: PaidAct, rule: Reversal) -> tuple[Stretch, ...]:
    """Return the time that the price is spread over when it is given back."""
    return (paid, *act.bonuses) if rule.bonus == "pro_rata" else (paid,)


def _in_months(stretches: tuple[Stretch, ...]) -> bool:
    return all(stretch.span.months for stretch in stretches)


def _months_begun(stretch: Stretch, cut: date) -> int:
    """
    Return how many of the stretch's months had begun before `cut`, its months counted from its
    first day.
    """
    months = range(stretch.span.months)
    return sum(add_months(stretch.first_day, month) < cut for month in months)


def _credit_back(sale: Sale, rule: Reversal, balance_minor: int) -> tuple[Shares, int]:
    """
    Return which gifts and how much bought credit can be taken from what is left of the line's
    credit.
    """
    gift = sum(minor for _, minor in sale.gifts)
    there = min(max(balance_minor, 0), gift + sale.credit_minor)
    if rule.bonus == "pro_rata" and there:
        gift_back, credit_back = split_minor(there, (gift, sale.credit_minor))
    else:
        gift_back = min(gift, there)
        credit_back = there - gift_back
    return _divided(gift_back, sale.gifts), credit_back


def _divided(amount_minor: int, shares: Shares) -> Shares:
    if amount_minor == 0:
        return ()
    parts = split_minor(amount_minor, [minor for _, minor in shares])
    return tuple((name, part) for (name, _), part in zip(shares, parts, strict=True))


def _unserved(act: PaidAct, cut: date | None) -> int:
    """Return the price of paid days that will not be served."""
    if act.paid is None or cut is None:
        return 0
    paid = act.paid
    return left_after(act.sale.price_minor, paid.first_day, paid.last_day_exclusive, cut)


def _kept(act: PaidAct, kept_minor: int, cut: date | None) -> Schedule:
    """
    Spread what stays earned over the paid days that were served; over the first day when none was.
    """
    if act.paid is None or cut is None or kept_minor == 0:
        return ()
    first = act.paid.first_day
    end = min(max(cut, first + timedelta(days=1)), act.paid.last_day_exclusive)
    return schedule(kept_minor, first, end)
