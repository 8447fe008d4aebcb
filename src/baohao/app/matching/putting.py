"""Putting: differences go before a person, once; what settles itself goes again by itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from baohao.app.payments import exceptions
from baohao.app.payments.learn import learn
from baohao.app.ports import Paid, Refunded
from baohao.core import matching as rules
from baohao.store import bills, clock, payments
from baohao.store import exceptions as kept
from baohao.store.bills import Difference, Window
from baohao.store.exceptions import ForPerson
from baohao.store.sql import Connection

#: Who acts where nobody does.
PRINCIPAL = "matching"
#: What money may turn out to be that a bill alone tells of.
_LEARNT = (exceptions.NO_ORDER, exceptions.PAID_TWICE, exceptions.OTHER_GATEWAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One difference, to be put before a person."""

    kind: str
    #: A payment, an order number that is none of ours, or a gateway and its day.
    subject: str
    #: What says which difference it is: gateway, day, what it is about; and beside it, facts.
    said: Mapping[str, Any]


def day_subject(gateway: str, day: date) -> str:
    """Return what an exception of a whole day is about."""
    return f"{gateway} {day.isoformat()}"


def put(conn: Connection, found: Sequence[Found], new_id: Callable[[], UUID]) -> int:
    """
    Put differences before a person; return how many are there for the first time.

    What a person has closed is not put again: they have looked at it.
    """
    now = clock.now(conn)
    count = 0
    for each in found:
        before = kept.of(conn, each.subject, each.kind)
        if not any(_is_closed_by_person(old, each) for old in before):
            count += exceptions.put(conn, new_id(), each.kind, each.subject, each.said, now)
    return count


def _is_closed_by_person(old: ForPerson, each: Found) -> bool:
    same = ("gateway", "day", "payment", "refund", "digest")
    alike = all(old.said.get(name) == each.said.get(name) for name in same)
    return old.closed_at is not None and old.closed_by != PRINCIPAL and alike


# --- what a bill says -----------------------------------------------------------------------------


def take_in(
    conn: Connection, day: date, differing: Sequence[Difference], new_id: Callable[[], UUID]
) -> int:
    """Put what is wrong with rows of a bill before a person, and learn what is new; return both."""
    count = 0
    for each in differing:
        for kind in rules.judge(each.billed, each.known):
            if kind == rules.NEW:
                count += _learn(conn, day, each, new_id)
            else:
                count += put(conn, [_found(kind, day, each)], new_id)
    return count


def _found(kind: str, day: date, each: Difference) -> Found:
    billed, known = each.billed, each.known
    said = {
        "gateway": billed.gateway,
        "day": day.isoformat(),
        "payment": billed.their_id,
        "refund": billed.refund,
        "amount_minor": billed.amount_minor,
        "currency": billed.currency,
        "fee_minor": billed.fee_minor,
        "at": each.at.isoformat(),
    }
    if known is not None:
        ours = known.refund_minor if billed.refund else known.captured_minor
        said |= {"our_minor": ours, "our_currency": known.currency}
    return Found(kind=kind, subject=each.subject, said=said)


def _learn(conn: Connection, day: date, each: Difference, new_id: Callable[[], UUID]) -> int:
    """Take down what nobody has told us: money is captured, a refund is asked for."""
    billed = each.billed
    if _has_been_learnt(conn, each):
        return 0
    order = each.subject if each.payment is None else each.payment.hex
    if billed.refund:
        told: Paid | Refunded = Refunded(refund=billed.refund, amount_minor=billed.amount_minor)
        learn(conn, billed.gateway, told, new_id)
        return 1
    told = Paid(
        order=order,
        payment=billed.their_id,
        amount_minor=billed.amount_minor,
        currency=billed.currency,
        at=each.at,
    )
    was_open = each.payment is not None and payments.find(conn, each.payment) is not None
    now_kept = learn(conn, billed.gateway, told, new_id)
    come = None if now_kept is None else now_kept.payment.capture
    if was_open and come is not None and come.payment == billed.their_id:
        # That notice and query were lost is worth a row; what follows is the janitor's.
        put(conn, [_found(rules.BILL_ONLY, day, each)], new_id)
        why = "the bill alone told of it, and it was captured as money that came"
        close(conn, each.subject, rules.BILL_ONLY, "captured", why)
    return 1


def _has_been_learnt(conn: Connection, each: Difference) -> bool:
    """Say whether it was put before a person already, who may have closed it."""
    billed = each.billed
    if billed.refund:
        old = kept.of(conn, each.subject, exceptions.REFUND_UNKNOWN)
        return any(x.said.get("refund") == billed.refund for x in old)
    return any(
        old.said.get("payment") == billed.their_id
        for kind in _LEARNT
        for old in kept.of(conn, each.subject, kind)
    )


# --- what settles itself --------------------------------------------------------------------------


def close(conn: Connection, subject: str, kind: str, action: str, why: str) -> None:
    """Close what is settled."""
    now = clock.now(conn)
    kept.settled(conn, [subject], kind, action=action, by=PRINCIPAL, why=why, at=now)


def settle(
    conn: Connection,
    gateway: str,
    day: date,
    found: Collection[tuple[str, str]] | None,
    there: Sequence[str],
) -> int:
    """
    Close what is wrong no longer, of a gateway; return how much that was.

    `found` is what was wrong just now with the rows of that day's bill, kind and subject; `None`:
    they were not looked at.
    """
    count = 0
    for each in exceptions.listed(conn):
        if each.kind not in rules.KINDS or each.said.get("gateway") != gateway:
            continue
        why = _why_settled(conn, each, gateway, day, found, there)
        if why:
            close(conn, each.subject, each.kind, "none", why)
            count += 1
    return count


def _why_settled(
    conn: Connection,
    each: ForPerson,
    gateway: str,
    day: date,
    found: Collection[tuple[str, str]] | None,
    there: Sequence[str],
) -> str:
    of_this_day = each.said.get("day") == day.isoformat()
    is_looked_at = found is not None and each.kind in rules.OF_ROWS and of_this_day
    if is_looked_at and (each.kind, each.subject) not in (found or ()):
        return "the bill says otherwise now"
    if each.kind == rules.BILL_MISSING and of_this_day:
        return "the bill has come"
    if each.kind in (rules.BILL_LACKS, rules.BILL_LACKS_REFUND) and _is_billed(conn, each, gateway):
        return "it stands in a bill now"
    if each.kind in rules.OF_LINES and not _is_still_wrong(conn, each, gateway, there):
        return "it is there now"
    return ""


def _is_billed(conn: Connection, each: ForPerson, gateway: str) -> bool:
    since = rules.around(date.fromisoformat(str(each.said["since"])))[0]
    refund = str(each.said.get("refund", ""))
    their_id = None if refund else str(each.said["payment"])
    return bills.is_billed(conn, gateway, since, each.subject, their_id, refund)


def _is_still_wrong(conn: Connection, each: ForPerson, gateway: str, there: Sequence[str]) -> bool:
    payment = UUID(each.subject)
    window = Window(
        gateway=gateway,
        since=datetime.min.replace(tzinfo=UTC),
        until=datetime.max.replace(tzinfo=UTC),
    )
    if each.kind == rules.BOUGHT_NOTHING:
        return bool(bills.bought_nothing(conn, window, 1, payment))
    rows = bills.not_in_network(conn, window, there, 1, payment)
    return any(each.kind == network_kind(state) for *_, state, _ in rows)


def network_kind(state: str) -> str:
    """Say what is wrong with a sale of which the operator's system has this to say."""
    return rules.NETWORK_DIFFERS if state in ("done", "refused") else rules.NETWORK_LACKS
