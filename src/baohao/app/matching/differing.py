"""Differing: what is wrong with a bill's rows, and with what we have of a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from baohao.app.matching.putting import Found, day_subject, network_kind
from baohao.app.shell import Shell
from baohao.core import matching as rules
from baohao.core.matching import Sums
from baohao.store import bills
from baohao.store.bills import Bill, Difference, Slice, Summed, Window
from baohao.store.sql import Row

#: Rows that one statement looks at.
AT_ONCE = 50_000
#: So many differences of one kind are put before people; who has more has another problem.
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Compared:
    """A bill, held against what we have, some rows at a time."""

    by_slice: dict[Slice, list[Summed]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows the bill has."""
        return sum(each.rows for each in self._all())

    @property
    def differing(self) -> int:
        """How many rows are not as we have them."""
        return sum(each.rows - each.fitting for each in self._all())

    @property
    def wrong(self) -> list[Slice]:
        """Slices in which something does not fit."""
        found = self.by_slice.items()
        return [part for part, some in found if any(each.rows != each.fitting for each in some)]

    @property
    def ours(self) -> dict[str, Sums]:
        """What of the bill we have, too, by currency."""
        sums: dict[str, Sums] = {}
        for each in self._all():
            before = sums.get(each.currency, Sums())
            sums[each.currency] = before.and_(each.is_refund, each.our_minor, 0, each.our_rows)
        return sums

    def _all(self) -> Iterator[Summed]:
        for some in self.by_slice.values():
            yield from some


def compared(shell: Shell, bill: Bill) -> Compared:
    """Hold a bill against what we have; writes nothing."""
    return _compared(shell, bill, bills.rows_of(_count(bill), AT_ONCE))


def anew(shell: Shell, bill: Bill, before: Compared) -> Compared:
    """Hold it against what we have by now, for the bill has told us something."""
    again = _compared(shell, bill, before.wrong)
    return Compared(before.by_slice | again.by_slice)


def _compared(shell: Shell, bill: Bill, parts: Iterable[Slice]) -> Compared:
    look = partial(bills.summed, bill=bill)
    return Compared({part: shell.run(partial(look, part=part)) for part in parts})


def _count(bill: Bill) -> int:
    return sum(sums.payments + sums.refunds for sums in bill.theirs.values())


def differing(shell: Shell, bill: Bill, done: Compared) -> Iterator[Sequence[Difference]]:
    """Yield the rows that are not as we have them, some at a time."""
    for part in done.wrong:
        yield shell.run(partial(bills.differences, bill=bill, part=part))


def twice(shell: Shell, bill: Bill) -> Iterator[Found]:
    """Yield what stands twice in a bill, or in its and that of the day before."""
    for part in bills.buckets_of(_count(bill), AT_ONCE):
        found = shell.run(partial(bills.twice, bill=bill, part=part))
        for subject, their_id, refund, times, amount, currency, first, at in found:
            said = {
                "gateway": bill.gateway,
                "day": bill.day.isoformat(),
                "payment": their_id,
                "refund": refund,
                "amount_minor": amount,
                "currency": currency,
                "times": times,
                "first_day": first.isoformat(),
                "at": at.isoformat(),
            }
            yield Found(kind=rules.BILL_TWICE, subject=subject, said=said)


# --- what is ours of a day ------------------------------------------------------------------------


def ours(
    shell: Shell, gateway: str, day: date, read: Collection[date], there: Collection[str]
) -> tuple[int, list[Found]]:
    """
    Return how much came on a day (by UTC), and what is wrong with it.

    It stands in no bill of the day and those beside it, which are here; what went back, in none
    since it was owed; what was paid for is not there.
    """
    window = _window(gateway, day)
    count = shell.run(partial(bills.count_captured, window=window))
    # Money comes in waves: parts of a day have more and fewer of it.
    parts = list(window.parts(count, AT_ONCE // 5))
    found = [*_unbilled(shell, parts, day), *_unbilled_refunds(shell, window, day, read)]
    for part in parts:
        rows = shell.run(partial(bills.bought_nothing, window=part, most=MOST))
        found += [_of_line(rules.BOUGHT_NOTHING, gateway, day, row) for row in rows]
        if there:
            look = partial(bills.not_in_network, window=part, operators=there, most=MOST)
            for *row, state, code in shell.run(look):
                kind = network_kind(state)
                found.append(_of_line(kind, gateway, day, row, state=state, code=code))
    return count, found


def is_due(shell: Shell, gateway: str, day: date) -> bool:
    """Say whether something of ours should stand in the bill of a day that is not there."""
    # Until the noon after it a day lasts somewhere, and it begins on the noon before.
    half = timedelta(hours=12)
    whole = _window(gateway, day)
    window = Window(gateway=gateway, since=whole.since - half, until=whole.until + half)
    beside = rules.around(day)
    look = partial(bills.unbilled, window=window, days=beside, most=1)
    return bool(shell.run(look))


def _window(gateway: str, day: date) -> Window:
    since = rules.begins(day)
    return Window(gateway=gateway, since=since, until=since + timedelta(days=1))


def _unbilled(shell: Shell, parts: Sequence[Window], day: date) -> Iterator[Found]:
    beside = rules.around(day)
    for window in parts:
        look = partial(bills.unbilled, window=window, days=beside, most=MOST)
        for payment, their_id, amount, currency, at in shell.run(look):
            since = partial(
                bills.is_billed,
                gateway=window.gateway,
                since=beside[0],
                subject=str(payment),
                their_id=their_id,
                refund="",
            )
            # It came in a later bill.
            if shell.run(since):
                continue
            said = _said(window.gateway, day, amount, currency, at)
            said |= {"payment": their_id, "since": day.isoformat()}
            yield Found(kind=rules.BILL_LACKS, subject=str(payment), said=said)


def _unbilled_refunds(
    shell: Shell, window: Window, day: date, read: Collection[date]
) -> Iterator[Found]:
    last = rules.around(day)[2]
    look = partial(bills.unbilled_refunds, window=window, last=last, most=MOST)
    for payment, id_, amount, currency, owed_at, done_at in shell.run(look):
        since = owed_at.date()
        refund = payment.hex + id_.hex
        between = rules.days_between(rules.around(since)[0], last)
        later = partial(
            bills.is_billed,
            gateway=window.gateway,
            since=rules.around(since)[0],
            subject=str(payment),
            their_id=None,
            refund=refund,
        )
        if not all(each in read for each in between) or shell.run(later):
            continue
        said = _said(window.gateway, day, amount, currency, done_at)
        said |= {"refund": refund, "since": since.isoformat()}
        yield Found(kind=rules.BILL_LACKS_REFUND, subject=str(payment), said=said)


def _of_line(kind: str, gateway: str, day: date, row: Row | list[Any], **more: Any) -> Found:
    payment, number, act, amount, currency, at = row
    said = _said(gateway, day, amount, currency, at)
    said |= {"number": number, "act": str(act)} | more
    return Found(kind=kind, subject=str(payment), said=said)


def _said(gateway: str, day: date, amount: int, currency: str, at: datetime) -> dict[str, Any]:
    return {
        "gateway": gateway,
        "day": day.isoformat(),
        "amount_minor": amount,
        "currency": currency,
        "at": at.isoformat(),
    }


def doubtful(gateway: str, day: date, **said: Any) -> Found:
    """Return that a day's bill is to be doubted."""
    facts = {"gateway": gateway, "day": day.isoformat(), **said}
    return Found(kind=rules.BILL_DOUBTFUL, subject=day_subject(gateway, day), said=facts)
