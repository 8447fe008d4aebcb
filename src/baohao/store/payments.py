"""Payments through gateways, what gateways told of them, and refunds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from baohao.core.bucket import bucket_of
from baohao.core.payments import Basket, Capture, Deposit, Payment, State, Wanted
from baohao.store import reports
from baohao.store.sql import Connection, Row, rows, run

_json = msgspec.json.Encoder().encode

OWED, PENDING, DONE, DECLINED = "owed", "pending", "done", "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How an order is put to the gateway, so that it is put alike again."""

    description: str
    way: str
    payer: str = ""
    return_url: str = ""
    #: A mark of the network address that the payer comes from, never the address; empty: unknown.
    address: str = ""
    #: The payer agrees that we charge them again without them.
    keeps: bool = False
    #: Who asked for it, and where.
    by: str
    channel: str
    #: The issuing point where it is paid; empty: at none.
    point: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A payment, and what is kept beside it."""

    payment: Payment
    asked: Asked
    ends_at: datetime
    given: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    created_at: datetime
    tries: int = 0
    #: When it is taken up again; `None`: nothing is to be done by itself.
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money of a payment that goes back; in the books it is set apart before."""

    id: UUID
    payment: UUID
    state: str
    #: Of the payer's money.
    amount_minor: int
    reason: str
    by: str
    approved_by: str = ""
    code: str = ""
    created_at: datetime
    tries: int = 0
    next_at: datetime | None = None
    #: From which account of ours it went, and when we knew; empty and `None` before.
    bank: str = ""
    done_at: datetime | None = None
    #: What it is of ours, where it goes back in another currency.
    own_minor: int | None = None

    @property
    def ours_minor(self) -> int:
        """What was set apart for it in the books."""
        return self.amount_minor if self.own_minor is None else self.own_minor

    @property
    def number(self) -> str:
        """What the gateway knows it by, for ever: 64 letters and digits."""
        return self.payment.hex + self.id.hex


def begin(conn: Connection, kept: Kept) -> bool:
    """Keep a payment that begins; return whether it is new."""
    payment = kept.payment
    wanted = payment.wanted
    count = run(
        conn,
        "insert_payment",
        *(_bucket(payment.id), payment.id, payment.gateway, payment.amount_minor),
        *(payment.currency, wanted.number if isinstance(wanted, Wanted) else None),
        *(None if wanted is None else _json(wanted).decode(), payment.act),
        *(_json(kept.asked).decode(), kept.ends_at, kept.created_at, kept.next_at),
    )
    return count == 1


def find(conn: Connection, id_: UUID) -> Kept | None:
    """Return one payment, unlocked."""
    return find_all(conn, [id_]).get(id_)


def find_all(conn: Connection, ids: Iterable[UUID]) -> Mapping[UUID, Kept]:
    """Return those of these payments that are known, unlocked."""
    return _by_id(rows(conn, "read_payments", *_places(ids)))


def lock(conn: Connection, id_: UUID) -> Kept | None:
    """Lock one payment and return it."""
    return lock_all(conn, [id_]).get(id_)


def lock_all(conn: Connection, ids: Iterable[UUID]) -> dict[UUID, Kept]:
    """Lock those of these payments that are known, in one order, and return them."""
    return _by_id(rows(conn, "lock_payments", *_places(ids)))


def listed(conn: Connection, state: str | None) -> Iterator[Kept]:
    """Yield payments, the oldest first, a page at a time."""
    return map(_kept, reports.stream(conn, "list_payments", state, state))


def claim(
    conn: Connection, now: datetime, lease: datetime, limit: int, *, captured: bool
) -> list[UUID]:
    """Claim payments that are due at `now`, whose money has come or has not, until `lease`."""
    return [id_ for (id_,) in rows(conn, "claim_payments", now, captured, limit, lease)]


def move(conn: Connection, kept: Kept) -> None:
    """Note what has become of a payment that is locked."""
    move_all(conn, [kept])


def move_all(conn: Connection, kepts: Iterable[Kept]) -> None:
    """Note what has become of payments that are locked."""
    if moved := list(map(_moved, kepts)):
        run(conn, "move_payments", *map(list, zip(*moved, strict=True)))


def _moved(kept: Kept) -> Row:
    payment, come = kept.payment, kept.payment.capture
    return (
        *(_bucket(payment.id), payment.id, payment.state.value),
        *(None if come is None else come.payment, payment.captured_minor),
        *((None, None, "") if come is None else (come.currency, come.at, come.means)),
        *(payment.spent_minor, payment.refunded_minor, payment.returned_minor),
        *(_json(dict(kept.given)).decode(), kept.code, kept.tries, kept.next_at),
    )


def keep_mandate(conn: Connection, id_: UUID, mandate: str) -> None:
    """Keep what lets the payer be charged again; the first that is told stays."""
    run(conn, "keep_mandate", mandate, _bucket(id_), id_)


def mandate(conn: Connection, id_: UUID) -> str:
    """Return what lets the payer of a payment be charged again; empty: nothing."""
    return next((found for (found,) in rows(conn, "read_mandate", _bucket(id_), id_)), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a gateway told of a payment."""

    #: What is told, however often: as in "paid:THEIR_ID".
    event: str
    #: Of a payment, or an order number that is none of ours.
    payment: str
    said: Mapping[str, Any]


def note(conn: Connection, gateway: str, notices: Iterable[Notice], at: datetime) -> None:
    """Keep what a gateway told, once each."""
    told = sorted(
        (bucket_of(each.payment), each.event, each.payment, _json(each.said).decode())
        for each in notices
    )
    if told:
        run(conn, "insert_notices", gateway, at, *map(list, zip(*told, strict=True)))


def owe(conn: Connection, refund: Refund) -> bool:
    """Owe a refund; return whether it is new."""
    made = (refund.id, refund.payment, refund.amount_minor, refund.reason)
    by = (refund.by, refund.approved_by, refund.created_at, refund.next_at)
    return run(conn, "insert_refund", _bucket(refund.payment), *made, *by, refund.own_minor) == 1


def claim_refunds(conn: Connection, now: datetime, lease: datetime, limit: int) -> list[Refund]:
    """Claim refunds that are due at `now`, until `lease`."""
    return [Refund(**_named(row)) for row in rows(conn, "claim_refunds", now, limit, lease)]


def refunds(conn: Connection, payment: UUID) -> list[Refund]:
    """Return the refunds of a payment, the first first."""
    return [Refund(**_named(row)) for row in rows(conn, "read_refunds", _bucket(payment), payment)]


def move_refund(conn: Connection, refund: Refund) -> bool:
    """Note what has become of a refund; return whether it was not done yet."""
    place = (_bucket(refund.payment), refund.id)
    gone = (refund.bank, refund.done_at)
    return run(conn, "move_refund", refund.state, refund.code, refund.next_at, *gone, *place) == 1


def wake_refund(conn: Connection, payment: UUID, id_: UUID, now: datetime) -> bool:
    """Have a refund looked at now; return whether it is known."""
    return run(conn, "wake_refund", now, _bucket(payment), id_) == 1


def wake_refunds(conn: Connection, payment: UUID, now: datetime) -> None:
    """Have the refunds of a payment looked at that were kept back."""
    run(conn, "wake_refunds", now, _bucket(payment), payment)


def take_owed(conn: Connection, now: datetime, limit: int) -> list[tuple[UUID, Mapping[str, Any]]]:
    """Take the refunds that reversals owe; whoever takes them keeps them in this transaction."""
    return [(id_, data) for id_, data in rows(conn, "take_refunds_owed", now, limit)]


def _wanted(said: Mapping[str, Any]) -> Wanted | Deposit | Basket:
    if "parts" in said:
        return msgspec.convert(said, Basket)
    if "account" in said:
        return msgspec.convert(said, Deposit)
    return msgspec.convert(said, Wanted)


def _bucket(id_: UUID) -> int:
    return bucket_of(str(id_))


def _places(ids: Iterable[UUID]) -> tuple[list[int], list[UUID]]:
    found = list(ids)
    return [_bucket(id_) for id_ in found], found


def _by_id(found: Iterable[Row]) -> dict[UUID, Kept]:
    return {kept.payment.id: kept for kept in map(_kept, found)}


_REFUND = tuple(Refund.__dataclass_fields__)


def _named(row: Row) -> dict[str, Any]:
    return dict(zip(_REFUND, row, strict=True))


def _kept(row: Row) -> Kept:
    id_, gateway, state, amount, currency, wanted, act, their_id, captured, captured_in = row[:10]
    at, means, spent, refunded, returned, asked, ends_at, given, code, made_at, tries, next_at = (
        row[10:]
    )
    come = None
    if their_id is not None:
        come = Capture(
            payment=their_id, amount_minor=captured, currency=captured_in, at=at, means=means
        )
    payment = Payment(
        id=id_,
        gateway=gateway,
        state=State(state),
        amount_minor=amount,
        currency=currency,
        wanted=None if wanted is None else _wanted(wanted),
        act=act,
        capture=come,
        spent_minor=spent,
        refunded_minor=refunded,
        returned_minor=returned,
    )
    return Kept(
        payment=payment,
        asked=msgspec.convert(asked, Asked),
        ends_at=ends_at,
        given=given,
        code=code,
        created_at=made_at,
        tries=tries,
        next_at=next_at,
    )
