"""
Rescue: somebody paid for the wrong number, and says so within a day.

    Refusal
    ├── NothingToRescue    the payment bought no renewal that stands, or is not known
    ├── RescueOver         a day has passed
    ├── RescueSame         the right number is the wrong one
    └── RescueElsewhere    the right number cannot be renewed here

What was bought is taken back whole as a mistake, which takes two people (`core/decide/reverse.py`),
and the money goes back by the way it came. The right number is then renewed like any other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from baohao.app.payments import returning
from baohao.app.payments.returning import PaymentUnknown
from baohao.app.ports import Verifier
from baohao.app.receipts import proof
from baohao.core.asks import Terms
from baohao.core.books.chart import AccountKind
from baohao.core.line.acts import USES
from baohao.core.line.fold import policy_of
from baohao.core.line.state import LineState, Sold
from baohao.core.payments import State, Wanted
from baohao.core.refusals import Refusal
from baohao.store import clock, lines, receipts
from baohao.store.payments import Kept
from baohao.store.sql import Connection

#: How long after the money came.
WITHIN = timedelta(days=1)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RECEIPT = re.compile(r"(.+)/(\d{4})/(\d+)")


class NothingToRescue(Refusal):
    """This payment bought no renewal that could be taken back here; ask us, or at a counter."""

    code = "rescue.nothing"


class RescueOver(Refusal):
    """More than a day has passed since it was paid: ask at a counter."""

    code = "rescue.over"


class RescueSame(Refusal):
    """That is the number that was renewed."""

    code = "rescue.same"


class RescueElsewhere(Refusal):
    """That number cannot be renewed here: look at its digits once more."""

    code = "rescue.elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistaken:
    """A renewal that may be of the wrong number."""

    #: The payment's; of one out of a wallet, that of the ask that bought it.
    id: UUID
    number: str
    operator: str
    #: As in "12 months".
    term: str
    paid_minor: int
    currency: str
    #: When the money came, and until when it may be said that it was a mistake.
    at: datetime
    until: datetime
    #: Whether the number was used since: somebody may have relied on it.
    is_used: bool


def in_time(conn: Connection, found: Mistaken) -> Mistaken:
    """Return what can still be said to be a mistake; raises `RescueOver`."""
    if clock.now(conn) >= found.until:
        raise RescueOver()
    return found


def of_wallet(conn: Connection, terms: Terms, number: str, act: UUID, holder: str = "") -> Mistaken:
    """
    Return what was bought for a line out of a wallet: a holder's, or whoever's it is.

    Raises `NothingToRescue`.
    """
    line = lines.find(conn, number)
    sold = None if line is None else _sold(line.state, str(act))
    payer = None if sold is None else sold.sale.payer
    if line is None or sold is None or payer is None or payer.kind is not AccountKind.WALLET:
        raise NothingToRescue()
    bought = next(each for each in line.state.acts if each.id == sold.act)
    since = line.state.tenure.since if line.state.tenure is not None else None
    is_of_tenure = since is not None and sold.at >= since
    if bought.kind != "renewal" or not is_of_tenure or holder not in ("", payer.owner):
        raise NothingToRescue()
    return _mistaken(terms, line.state, sold, act, str(bought.term or ""), sold.at)


def of_payment(conn: Connection, terms: Terms, payment: UUID) -> Mistaken:
    """Return what a payment through a gateway bought; raises `NothingToRescue`."""
    kept = _find(conn, payment)
    wanted, come = kept.payment.wanted, kept.payment.capture
    if kept.payment.state is not State.USED or not isinstance(wanted, Wanted) or come is None:
        raise NothingToRescue()
    line = lines.find(conn, wanted.number)
    sold = None if line is None else _sold(line.state, str(kept.payment.act))
    if line is None or sold is None or wanted.verb != "renew" or line.state.epoch != wanted.epoch:
        raise NothingToRescue()
    term = str(wanted.said.get("term", ""))
    found = _mistaken(terms, line.state, sold, payment, term, come.at)
    # As it was paid, maybe in another currency.
    return replace(found, paid_minor=come.amount_minor, currency=come.currency)


def _mistaken(
    terms: Terms, line: LineState, sold: Sold, id_: UUID, term: str, at: datetime
) -> Mistaken:
    zone = policy_of(terms.rules, line.pin).zone
    return Mistaken(
        id=id_,
        number=line.number,
        operator=line.operator,
        term=term,
        paid_minor=sold.sale.total_minor,
        currency=sold.sale.currency,
        at=at.astimezone(zone),
        until=(at + WITHIN).astimezone(zone),
        is_used=any(act.at > sold.at and (act.kind in USES or act.used) for act in line.acts),
    )


def checked(conn: Connection, wrong: Mistaken, right: str) -> None:
    """Hold the right number against the wrong one: `RescueSame`, `RescueElsewhere`."""
    if right == wrong.number:
        raise RescueSame()
    line = lines.find(conn, right)
    if line is None or line.state.operator != wrong.operator or line.state.tenure is None:
        raise RescueElsewhere()


def payment_of(conn: Connection, by: Verifier, text: str) -> UUID:
    """
    Return the payment that somebody proves: by the address of its page, or what the QR code of its
    receipt says. Raises `NothingToRescue`.
    """
    found = _UUID.search(text.lower())
    if found is not None:
        return UUID(found[0])
    proven = proof.of_token(by, text)
    place = _RECEIPT.fullmatch(str(proven.said.get("receipt", ""))) if proven.is_good else None
    receipt = receipts.find(conn, place[1], int(place[2]), int(place[3])) if place else None
    line = None if receipt is None else lines.find(conn, receipt.line)
    sold = None if line is None or receipt is None else _sold(line.state, receipt.ask)
    if sold is None or sold.sale.payer.kind is not AccountKind.ADVANCE:
        raise NothingToRescue()
    return UUID(sold.sale.payer.owner)


def _find(conn: Connection, payment: UUID) -> Kept:
    try:
        return returning.find(conn, payment)
    except PaymentUnknown:
        raise NothingToRescue() from None


def _sold(line: LineState, act: str) -> Sold | None:
    """Return what an act sold, while it stands whole."""
    cut = any(each.id == act and each.cut is not None for each in line.acts)
    return None if cut else next((sold for sold in line.sold if sold.act == act), None)
