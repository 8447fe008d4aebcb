"""
Match: a day's bill is read, held against our books, and they against what was bought.

    claimed ─> read whole ─> written, if it is another than before
       │                        └─> compared: differences are put before a person, money that
       │                              │       nobody told of is learned
       │                              └─> fees into the books
       │                                     └─> what is ours of the day ─> settled ─> matched
       └─ not there: tried again; a person, when it lasts

Each arrow is a transaction of its own or several, and no transaction is open while a gateway is
asked. Whoever takes a day up in the middle, or again, repeats nothing. See docs/rules/matching.md.

    Refusal
    ├── DayNotOver        the day is not over
    ├── GatewayUnknown    nobody connects to it (app/payments/begin)
    └── HouseClosed       a restored database waits for its operator (app/door)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice
from typing import TypeVar
from uuid import UUID

from baohao.app.door import HouseClosed
from baohao.app.matching import differing, putting
from baohao.app.matching.putting import PRINCIPAL, Found, day_subject
from baohao.app.matching.reading import Read, read
from baohao.app.payments.begin import GatewayUnknown
from baohao.app.payments.returning import heard
from baohao.app.ports import BillMissing, Gateway
from baohao.app.shell import Shell
from baohao.core import matching as rules
from baohao.core.asks import Ask
from baohao.core.books.chart import AccountKind, account
from baohao.core.refusals import Refusal
from baohao.store import bills, clock
from baohao.store import exceptions as kept_exceptions
from baohao.store.bills import Bill
from baohao.store.sql import Connection

T = TypeVar("T")

#: Nobody else takes a day up for so long; a bill of millions may take its time to come.
LEASE = timedelta(minutes=30)
#: A bill that is not there is looked for again so often, until it is late and after.
PAUSE, PAUSE_LATE = timedelta(hours=1), timedelta(hours=6)
#: So far back days are matched that have not been.
BACK = timedelta(days=60)
CODE_MAX = 200
#: Put before people in one transaction.
PUT_AT_ONCE = 200


class DayNotOver(Refusal):
    """{day} is not over: its bill would be half of one."""

    code = "matching.not_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What a match found."""

    bill: Bill
    #: Put before a person, or learned, for the first time; and what settled itself.
    found: int = 0
    settled: int = 0


class Matcher:
    """Matches the days of those gateways that are connected."""

    def __init__(
        self,
        shell: Shell,
        gateways: Mapping[str, Gateway],
        new_id: Callable[[], UUID],
        *,
        authority_there: Collection[str] = (),
    ) -> None:
        self._shell = shell
        self._gateways = gateways
        self._new_id = new_id
        #: Operators whose own charging system has done what was sold for them.
        self._there = sorted(authority_there)

    def run(self) -> Mapping[str, int]:
        """Match all days that are due; return how many were matched, and how many are missing."""
        ran: Counter[str] = Counter()
        for name in sorted(self._gateways):
            for day in self._shell.run(partial(_due, gateway=name)):
                done = self._match(name, day, wanted=False, trust=False)
                if done is not None:
                    ran["missing" if done.bill.matched_at is None else "matched"] += 1
        return ran

    def match(self, gateway: str, day: date, *, trust: bool = False) -> Matched:
        """
        Match one day, whether it is due or not; again, it changes nothing.

        `trust`: a bill that is to be doubted is taken as it is. Raises the refusals above.
        """
        if gateway not in self._gateways:
            known = ", ".join(sorted(self._gateways)) or "none"
            raise GatewayUnknown(gateway=gateway, known=known)
        if day >= self._shell.run(clock.now).date():
            raise DayNotOver(day=day.isoformat())
        done = self._match(gateway, day, wanted=True, trust=trust)
        if done is None:
            raise HouseClosed()
        return done

    def _match(self, gateway: str, day: date, *, wanted: bool, trust: bool) -> Matched | None:
        claim = partial(_claim, gateway=gateway, day=day, wanted=wanted)
        if not self._shell.run(claim):
            return None
        try:
            found = read(self._gateways[gateway], day)
        except BillMissing as missing:
            return self._missed(gateway, day, str(missing.facts.get("reason", "")))
        with closing(found):
            write = partial(_write, gateway=gateway, day=day, found=found, new_id=self._new_id)
            bill, count = self._shell.run(write)
        compared = differing.compared(self._shell, bill)
        if rules.is_doubtful(compared.differing, compared.rows) and not trust:
            return self._doubted(bill, compared)
        wrong, put = self._rows(bill, compared)
        self._keep_fees(bill)
        bill = replace(bill, ours=differing.anew(self._shell, bill, compared).ours)
        return self._rest(bill, wrong, count + put, trust=trust)

    # --- the bill ---------------------------------------------------------------------------------

    def _missed(self, gateway: str, day: date, reason: str) -> Matched:
        """Note that there is no bill; a day on which nothing was may have none."""
        now = self._shell.run(clock.now)
        is_late = now >= rules.begins(day) + rules.LATE
        is_due = is_late and differing.is_due(self._shell, gateway, day)
        work = partial(_miss, gateway=gateway, day=day, reason=reason, is_late=is_late)
        bill = self._shell.run(partial(work, is_due=is_due, new_id=self._new_id))
        if bill.next_at is not None:
            return Matched(bill=bill, found=int(is_due))
        return self._rest(bill, None, 0, trust=False)

    def _doubted(self, bill: Bill, compared: differing.Compared) -> Matched:
        """Conclude nothing from a bill of which so much differs; read it again later."""
        said = {"rows": compared.rows, "differing": compared.differing}
        found = differing.doubtful(bill.gateway, bill.day, digest=bill.digest.hex(), **said)
        put = self._put([found])
        later = partial(_put_off, bill=replace(bill, ours=compared.ours))
        return Matched(bill=self._shell.run(later), found=put)

    def _rows(
        self, bill: Bill, compared: differing.Compared
    ) -> tuple[frozenset[tuple[str, str]], int]:
        """Put what is wrong with a bill's rows before a person; return what it was, and how new."""
        wrong: set[tuple[str, str]] = set()
        count = 0
        for some in differing.differing(self._shell, bill, compared):
            for each in some:
                wrong |= {(kind, each.subject) for kind in rules.judge(each.billed, each.known)}
            for few in _cut(some):
                work = partial(putting.take_in, day=bill.day, differing=few, new_id=self._new_id)
                count += self._shell.run(work)
        found = list(differing.twice(self._shell, bill))
        wrong |= {(each.kind, each.subject) for each in found}
        return frozenset(wrong), count + self._put(found)

    def _keep_fees(self, bill: Bill) -> None:
        """Post what the gateway keeps, by currency; of a bill that changed, the difference."""
        kept = dict(bill.fees)
        for currency in sorted({*bill.theirs, *bill.fees}):
            sums = bill.theirs.get(currency)
            fees = 0 if sums is None else sums.fees_minor
            more = fees - kept.get(currency, 0)
            if not more:
                continue
            heard_of = heard(self._shell.answer([self._keeping(bill, currency, more)]))
            for answer in heard_of:
                if isinstance(answer, Refusal):
                    raise answer
            kept[currency] = fees
            self._shell.run(partial(_kept, bill=bill, fees=dict(kept)))

    def _keeping(self, bill: Bill, currency: str, more: int) -> Ask:
        return Ask(
            id=self._new_id(),
            verb="keep_fees",
            subject=str(account(AccountKind.BANK, bill.gateway, currency)),
            key=f"bill:{bill.gateway}:{bill.day}:{currency}:{bill.readings}",
            principal=PRINCIPAL,
            channel="operator",
            payload={"amount_minor": more, "day": bill.day.isoformat()},
        )

    # --- our side ---------------------------------------------------------------------------------

    def _rest(
        self, bill: Bill, wrong: frozenset[tuple[str, str]] | None, count: int, *, trust: bool
    ) -> Matched:
        """Look at what is ours of the days that can be judged now, and end."""
        known = {each.day for each in self._shell.run(partial(_around, bill=bill))} | {bill.day}
        doubted: set[date] = set()
        for day in rules.around(bill.day):
            if not all(each in known for each in rules.around(day)):
                continue
            captured, found = differing.ours(self._shell, bill.gateway, day, known, self._there)
            lacks = [each for each in found if each.kind == rules.BILL_LACKS]
            new = self._shell.run(partial(_new, found=lacks))
            if rules.is_doubtful(new, captured) and not trust:
                found = [each for each in found if each.kind != rules.BILL_LACKS]
                said = {"captured": captured, "lacking": new, "digest": _digest(bill, day)}
                found.append(differing.doubtful(bill.gateway, day, **said))
                doubted.add(day)
            count += self._put(found)
        end = partial(_end, bill=bill, wrong=wrong, doubted=doubted, there=self._there)
        ended, settled = self._shell.run(end)
        return Matched(bill=ended, found=count, settled=settled)

    def _put(self, found: Sequence[Found]) -> int:
        work = putting.put
        return sum(
            self._shell.run(partial(work, found=few, new_id=self._new_id)) for few in _cut(found)
        )


def _cut(found: Sequence[T]) -> list[Sequence[T]]:
    rest = iter(found)
    return list(iter(lambda: list(islice(rest, PUT_AT_ONCE)), []))


def _digest(bill: Bill, day: date) -> str:
    return bill.digest.hex() if bill.day == day else ""


# --- transactions ---------------------------------------------------------------------------------


def _due(conn: Connection, gateway: str) -> list[date]:
    """Return the days that are over, and not matched or to be looked at again."""
    now = clock.now(conn)
    last, since = rules.last_over(now), (now - BACK).date()
    come = bills.first_captured(conn, gateway)
    # The day before, for the first day's money may stand there by the gateway's own zone.
    first = last if come is None else min(last, rules.around(come.date())[0])
    done = {
        bill.day
        for bill in bills.listed(conn, gateway, since)
        if bill.next_at is None or bill.next_at > now
    }
    return list(rules.to_be_matched(max(first, since), now, done))


def _claim(conn: Connection, gateway: str, day: date, *, wanted: bool) -> bool:
    now = clock.now(conn)
    return bills.claim(conn, gateway, day, now, now + LEASE, wanted=wanted)


def _locked(conn: Connection, gateway: str, day: date) -> Bill:
    bill = bills.lock(conn, gateway, day)
    if bill is None:
        raise LookupError(f"no bill of {gateway} {day}")
    return bill


def _write(
    conn: Connection, gateway: str, day: date, found: Read, new_id: Callable[[], UUID]
) -> tuple[Bill, int]:
    """Write a bill down, where it is another than before; one that changes is for a person, too."""
    now, bill = clock.now(conn), _locked(conn, gateway, day)
    if bill.readings and bill.digest == found.digest:
        return bill, 0
    changed = 0
    if bill.readings and bill.matched_at is not None:
        said = {
            "gateway": gateway,
            "day": day.isoformat(),
            "digest": found.digest.hex(),
            "digest_before": bill.digest.hex(),
            "net_minor": {name: sums.net_minor for name, sums in found.sums.items()},
            "net_minor_before": {name: sums.net_minor for name, sums in bill.theirs.items()},
        }
        subject = day_subject(gateway, day)
        changed = putting.put(
            conn, [Found(kind=rules.BILL_CHANGED, subject=subject, said=said)], new_id
        )
    bills.replace_rows(conn, bill, found.parts())
    bill = replace(
        bill,
        readings=bill.readings + 1,
        digest=found.digest,
        read_at=now,
        theirs=found.sums,
        ours={},
        matched_at=None,
    )
    bills.move(conn, bill)
    return bill, changed


def _miss(
    conn: Connection,
    gateway: str,
    day: date,
    reason: str,
    new_id: Callable[[], UUID],
    *,
    is_late: bool,
    is_due: bool,
) -> Bill:
    """Note that a bill is not there; one that was there before stays as it was."""
    now, bill = clock.now(conn), _locked(conn, gateway, day)
    bill = replace(bill, tries=bill.tries + 1, code=reason[:CODE_MAX])
    if bill.matched_at is not None or (is_late and not is_due and not bill.readings):
        bill = replace(bill, next_at=None)
    else:
        bill = replace(bill, next_at=now + (PAUSE_LATE if is_late else PAUSE))
    if is_due and bill.matched_at is None:
        said = {"gateway": gateway, "day": day.isoformat(), "reason": reason[:CODE_MAX]}
        subject = day_subject(gateway, day)
        found = Found(kind=rules.BILL_MISSING, subject=subject, said=said)
        putting.put(conn, [found], new_id)
    bills.move(conn, bill)
    return bill


def _put_off(conn: Connection, bill: Bill) -> Bill:
    now, there = clock.now(conn), _locked(conn, bill.gateway, bill.day)
    there = replace(there, ours=bill.ours, tries=there.tries + 1, next_at=now + PAUSE)
    bills.move(conn, there)
    return there


def _kept(conn: Connection, bill: Bill, fees: Mapping[str, int]) -> None:
    there = _locked(conn, bill.gateway, bill.day)
    bills.move(conn, replace(there, fees=fees))


def _around(conn: Connection, bill: Bill) -> list[Bill]:
    """Return the days that were matched, as far back as a refund may have been on its way."""
    found = bills.listed(conn, bill.gateway, bill.day - BACK)
    return [each for each in found if each.matched_at is not None]


def _new(conn: Connection, found: Sequence[Found]) -> int:
    """Count those that have never been before a person."""
    return sum(not kept_exceptions.of(conn, each.subject, each.kind) for each in found)


def _end(
    conn: Connection,
    bill: Bill,
    wrong: frozenset[tuple[str, str]] | None,
    doubted: Collection[date],
    there: Sequence[str],
) -> tuple[Bill, int]:
    """Close what is settled, and have it that the day is matched."""
    now: datetime = clock.now(conn)
    settled = putting.settle(conn, bill.gateway, bill.day, wrong, there)
    for day in rules.around(bill.day):
        if day in doubted:
            bills.wake(conn, bill.gateway, day, now + PAUSE)
        elif day == bill.day:
            why = "the bill is whole now, or was taken as it is"
            subject = day_subject(bill.gateway, day)
            putting.close(conn, subject, rules.BILL_DOUBTFUL, "none", why)
    ended = _locked(conn, bill.gateway, bill.day)
    ended = replace(
        ended,
        ours=bill.ours,
        matched_at=ended.matched_at or now,
        tries=0,
        code="" if ended.readings else ended.code,
        next_at=now + PAUSE if bill.day in doubted else None,
    )
    bills.move(conn, ended)
    return ended, settled
