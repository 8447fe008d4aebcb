"""
Standing orders: a holder's consent that a line renews by itself.

For each deadline: first the holder is told (at least 7 days before), then the means of payment is
charged, again each day while the cure period lasts, then the order gives up and says so. To be told
is more than to be owed a notice: nothing is charged before somebody has handed it over. One tap
stops it at any point. When the deadline moves, by this order or by anything else, everything begins
anew for the new one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from enum import StrEnum

from baohao.core.civil import Span, Unit, after, before
from baohao.core.refusals import Refusal

#: A week to read a message and to stop the charge; a product may promise more, never less.
LEAST_NOTICE_DAYS = 7

A_DAY, A_WEEK, TWO_WEEKS = Span(1, Unit.DAY), Span(7, Unit.DAY), Span(14, Unit.DAY)


class StandingOrderMalformed(Refusal):
    """The standing order cannot be taken: {reason}."""

    code = "standing_orders.malformed"


class NoticeTooShort(StandingOrderMalformed):
    """
    The notice of {notice} is too short: a holder is told at least {least_days} days before a
    charge.
    """

    code = "standing_orders.notice"


class OverLimit(Refusal):
    """{amount_minor} minor units are above the {limit_minor} that the holder consented to."""

    code = "standing_orders.over_limit"


class StepKind(StrEnum):
    """What a standing order does next."""

    #: Owe it to the holder to be told what will be charged, when, and how to stop it.
    NOTIFY = "notify"
    #: Whoever sends messages hands the notice over; by itself nothing comes of it.
    HAND_OVER = "hand_over"
    CHARGE = "charge"
    #: Tell the holder that the line did not renew.
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingOrder:
    """
    What the holder consented to.

    Raises `NoticeTooShort` or `StandingOrderMalformed`.
    """

    number: str
    #: The tenure's: the order ends with it.
    epoch: int
    #: What is bought each time.
    plan: str
    term: Span
    #: An account ("wallet:w-19:MOP") or the key of an agreement with a payment service.
    means: str
    currency: str
    #: The most that may be charged at once.
    limit_minor: int
    #: How long before the deadline the charge is made.
    lead: Span = TWO_WEEKS
    #: How long before the charge the holder is told.
    notice: Span = A_WEEK
    #: How long after the first try a failed charge is tried again.
    cure: Span = A_WEEK
    #: The holder's zone: charges are made at the deadline's wall-clock time there.
    zone: tzinfo
    consented_at: datetime
    stopped_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.notice.seconds or _shortest_days(self.notice) < LEAST_NOTICE_DAYS:
            raise NoticeTooShort(notice=str(self.notice), least_days=LEAST_NOTICE_DAYS)
        if self.limit_minor <= 0:
            raise StandingOrderMalformed(reason="it has no limit above zero")
        if self.lead.seconds or self.cure.seconds:
            raise StandingOrderMalformed(reason="lead and cure are counted in days or months")
        if _longest_days(self.lead) + _longest_days(self.notice) >= _shortest_days(self.term):
            # Else what one charge has bought would fall due at once.
            raise StandingOrderMalformed(reason="lead and notice are as long as what is bought")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What was done for one deadline."""

    deadline: datetime
    #: The notice is owed since then, and was handed over then.
    owed_at: datetime | None = None
    noticed_at: datetime | None = None
    #: Failed charges, the first first.
    failed_at: tuple[datetime, ...] = ()
    gave_up: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What comes next, and from when on."""

    kind: StepKind
    at: datetime


def next_step(
    order: StandingOrder, safe_until: datetime | None, progress: Progress | None = None
) -> Step | None:
    """
    Return what the order does next for the deadline `safe_until`; None when nothing more.

    `progress` of another deadline does not count. A late notice moves the charge: the holder always
    has the whole notice. A charge in answer to a late notice may fall after the deadline, in grace.
    """
    if order.stopped_at is not None or safe_until is None:
        return None
    if progress is None or progress.deadline != safe_until:
        progress = Progress(deadline=safe_until)
    planned = before(safe_until, order.lead, order.zone)
    if progress.noticed_at is None:
        if progress.owed_at is not None:
            return Step(StepKind.HAND_OVER, progress.owed_at)
        told = before(planned, order.notice, order.zone)
        return Step(StepKind.NOTIFY, max(told, order.consented_at))
    charge = max(planned, after(progress.noticed_at, order.notice, order.zone))
    if not progress.failed_at:
        return Step(StepKind.CHARGE, charge)
    if progress.gave_up:
        return None
    again = after(progress.failed_at[-1], A_DAY, order.zone)
    last = after(progress.failed_at[0], order.cure, order.zone)
    return Step(StepKind.CHARGE, again) if again < last else Step(StepKind.GIVE_UP, last)


def due(
    order: StandingOrder,
    safe_until: datetime | None,
    now: datetime,
    progress: Progress | None = None,
) -> Step | None:
    """Return the next step if its time has come by `now`, else None."""
    step = next_step(order, safe_until, progress)
    return step if step is not None and step.at <= now else None


def hold_to_limit(order: StandingOrder, amount_minor: int) -> None:
    """Refuse a charge above what the holder consented to; raises `OverLimit`."""
    if amount_minor > order.limit_minor:
        raise OverLimit(amount_minor=amount_minor, limit_minor=order.limit_minor)


def stop(order: StandingOrder, at: datetime) -> StandingOrder:
    """Return the order stopped; a second tap changes nothing."""
    return order if order.stopped_at is not None else replace(order, stopped_at=at)


def _shortest_days(span: Span) -> int:
    """Return the fewest civil days a calendar span can be: February's for months."""
    return span.days + 28 * span.months


def _longest_days(span: Span) -> int:
    """Return the most civil days a calendar span can be."""
    return span.days + 31 * span.months
