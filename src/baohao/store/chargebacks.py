"""Charge-backs: what payers' banks took back, by the case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from baohao.core.bucket import bucket_of
from baohao.core.payments import Case
from baohao.store.sql import Connection, Row, rows, run

TAKEN, WON = "taken", "won"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCase:
    """A case, and what is kept beside it."""

    case: Case
    #: The payment of ours, once it is known.
    payment: UUID | None = None
    #: How far it is in the books: not yet, "taken", "won".
    booked: str = ""
    created_at: datetime
    tries: int = 0
    #: When it is taken up; `None`: nothing is to be done by itself.
    next_at: datetime | None = None

    @property
    def is_booked(self) -> bool:
        """Whether the books say what is known of it."""
        return self.booked == (WON if self.case.outcome == "won" else TAKEN)


def begin(conn: Connection, kept: KeptCase) -> None:
    """Keep a case, unless it is known."""
    case = kept.case
    said = (case.gateway, case.payment, case.amount_minor, case.currency, case.at, case.outcome)
    run(conn, "insert_chargeback", *_place(case), *said, kept.created_at, kept.next_at)


def lock(conn: Connection, case: Case) -> KeptCase:
    """Lock a case that is kept, and return it."""
    (row,) = rows(conn, "lock_chargeback", *_place(case))
    return _kept(row)


def move(conn: Connection, kept: KeptCase) -> None:
    """Note what has become of a case that is locked."""
    moved = (kept.case.outcome, kept.payment, kept.booked, kept.tries, kept.next_at)
    run(conn, "move_chargeback", *moved, *_place(kept.case))


def claim(conn: Connection, now: datetime, lease: datetime, limit: int) -> list[KeptCase]:
    """Claim cases that are due at `now`, until `lease`."""
    return [_kept(row) for row in rows(conn, "claim_chargebacks", now, limit, lease)]


def of(conn: Connection, gateway: str, their_id: str) -> Sequence[KeptCase]:
    """Return the cases of a payment, the first first."""
    place = f"{gateway}:{their_id}"
    return [_kept(row) for row in rows(conn, "read_chargebacks", bucket_of(place), place)]


def charged(conn: Connection, places: Sequence[str]) -> frozenset[str]:
    """Return those of these places, as in "stripe:THEIR_ID", of which there are cases."""
    buckets = [bucket_of(place) for place in places]
    found = rows(conn, "find_charged_back", buckets, list(places)) if places else ()
    return frozenset(place for (place,) in found)


def wake(conn: Connection, gateway: str, their_id: str, now: datetime) -> None:
    """Have the cases of a payment looked at that has become known."""
    place = f"{gateway}:{their_id}"
    run(conn, "wake_chargebacks", bucket_of(place), place, now)


def payment(conn: Connection, gateway: str, their_id: str) -> UUID | None:
    """Return the payment that a gateway has such an id for."""
    return next((id_ for (id_,) in rows(conn, "find_payment_by_theirs", their_id, gateway)), None)


def claimed_minor(conn: Connection, account: str) -> int:
    """Return what is claimed in the books."""
    ((_, owed),) = rows(conn, "sum_owed", [bucket_of(account)], [account])
    return -int(owed)


def _place(case: Case) -> tuple[int, str, str]:
    return bucket_of(case.place), case.place, case.reference


def _kept(row: Row) -> KeptCase:
    reference, gateway, their_id, amount, currency, at, outcome = row[:7]
    id_, booked, created_at, tries, next_at = row[7:]
    case = Case(
        gateway=gateway,
        payment=their_id,
        reference=reference,
        amount_minor=amount,
        currency=currency,
        at=at,
        outcome=outcome,
    )
    return KeptCase(
        case=case,
        payment=id_,
        booked=booked,
        created_at=created_at,
        tries=tries,
        next_at=next_at,
    )
