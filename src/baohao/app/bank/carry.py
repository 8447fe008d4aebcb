"""
Carry rows: what came is put into the books, then to the payment that it is for, or before a person.

    new ─ the door: into suspense, by itself ─ reference, amount and currency fit ─> matched
     │                                        └ anything else, with an exception ──> held
     └─── went: it is on the list of what is paid out ────────────────────> paid_out, or other

What is matched is carried on as any captured payment is (app/payments/carry.py). Each step is a
transaction of its own, and each ask has a key that follows from the row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from baohao.app.payments import exceptions
from baohao.app.payments.learn import PRINCIPAL, captured
from baohao.app.payments.returning import heard
from baohao.app.ports import Paid
from baohao.app.shell import Shell
from baohao.core.asks import Ask
from baohao.core.bank.matching import Verdict, judge
from baohao.core.books.chart import AccountKind, account
from baohao.core.money import format_minor
from baohao.core.payments import Payment
from baohao.core.refusals import Refusal
from baohao.store import bank, clock, payments
from baohao.store import exceptions as kept_exceptions
from baohao.store.bank import Kept, Payout
from baohao.store.sql import Connection

#: As many as are held in one batch.
AT_ONCE = 100
#: The exceptions that a row may wait by.
WAITS = (*(each.value for each in Verdict if each is not Verdict.FITS), exceptions.DEFECT)


def carry(shell: Shell, new_id: Callable[[], UUID]) -> Mapping[str, int]:
    """
    Carry rows until nothing is new; return how many became what.

    Raises `OutcomeUnknown` and `HouseClosed`: they are taken up again.
    """
    ran: Counter[str] = Counter()
    while True:
        rows = shell.run(partial(bank.new, limit=AT_ONCE))
        came = [row for row in rows if row.amount_minor > 0]
        answers = heard(shell.answer([_holding(row, new_id()) for row in came]))
        stuck = {r.id for r, answer in zip(came, answers, strict=True) if _refused(answer)}
        for row in rows:
            work = _give_up if row.id in stuck else _look
            state = shell.run(partial(work, id_=row.id, new_id=new_id))
            if state != bank.NEW:
                ran[state] += 1
        if len(rows) == len(stuck):
            break
    for payout in shell.run(bank.unbooked):
        heard(shell.answer([_returning(payout, new_id())]))
        shell.run(partial(_returned, payout=payout))
        ran[bank.RETURNED] += 1
    return ran


def suspense(row: UUID, currency: str) -> str:
    """Return where the money of a row is in the books until it is somebody's."""
    return account(AccountKind.SUSPENSE, str(row), currency).text


def _refused(answer: object) -> bool:
    return isinstance(answer, Refusal)


# --- asks -----------------------------------------------------------------------------------------


def _holding(row: Kept, id_: UUID) -> Ask:
    said = {"amount_minor": row.amount_minor, "bank": row.account, "reference": str(row.id)}
    return _ask("hold_unknown", row.id, row.currency, id_, said)


def _returning(payout: Payout, id_: UUID) -> Ask:
    said = {"amount_minor": payout.amount_minor, "bank": payout.account}
    said["reference"] = payout.reference
    return _ask("return_unknown", payout.id, payout.currency, id_, said)


def _ask(verb: str, row: UUID, currency: str, id_: UUID, said: dict[str, Any]) -> Ask:
    return Ask(
        id=id_,
        verb=verb,
        subject=suspense(row, currency),
        key=f"bank:{row}:{verb}",
        principal=PRINCIPAL,
        channel="operator",
        payload=said,
    )


# --- transactions ---------------------------------------------------------------------------------


def _look(conn: Connection, id_: UUID, new_id: Callable[[], UUID]) -> str:
    """Say what a row is for, once."""
    row = bank.lock(conn, id_)
    if row is None or row.state != bank.NEW:
        return bank.NEW
    row = _came(conn, row, new_id) if row.amount_minor > 0 else _went(conn, row, new_id)
    bank.move(conn, row)
    return row.state


def _give_up(conn: Connection, id_: UUID, new_id: Callable[[], UUID]) -> str:
    """Leave a row to a person that a defect of ours keeps out of the books."""
    exceptions.put(conn, new_id(), exceptions.DEFECT, str(id_), {}, clock.now(conn))
    return bank.NEW


def _came(conn: Connection, row: Kept, new_id: Callable[[], UUID]) -> Kept:
    ids = bank.payments_of(conn, row.exact)
    found = [kept for id_ in ids if (kept := payments.lock(conn, id_)) is not None]
    named = [kept.payment for kept in found]
    judged = judge(str(row.id), row.amount_minor, row.currency, named)
    if judged.verdict is Verdict.FITS:
        captured(conn, found[0], paid(row, found[0].payment), new_id, clock.now(conn))
        return replace(row, state=bank.MATCHED, payment=found[0].payment.id)
    # What was meant, perhaps: a person decides.
    near = bank.payments_of(conn, row.near)
    said = _said(row) | {"payments": [str(payment.id) for payment in named] or list(map(str, near))}
    exceptions.put(conn, new_id(), judged.verdict.value, str(row.id), said, clock.now(conn))
    return replace(row, state=bank.HELD)


def paid(row: Kept, payment: Payment) -> Paid:
    """Return a row as what a gateway says of a payment."""
    return Paid(
        order=payment.order,
        payment=str(row.id),
        amount_minor=row.amount_minor,
        currency=row.currency,
        at=row.booked_at,
        means="transfer",
    )


def _went(conn: Connection, row: Kept, new_id: Callable[[], UUID]) -> Kept:
    now, ids = clock.now(conn), bank.payouts_of(conn, row.exact)
    payout = bank.lock_payout(conn, ids[0]) if len(ids) == 1 else None
    other = replace(row, state=bank.OTHER)
    if payout is None:
        if bank.payments_of(conn, row.exact):
            exceptions.put(conn, new_id(), exceptions.TAKEN_BACK, str(row.id), _said(row), now)
        return other
    kind = ""
    if (-row.amount_minor, row.currency) != (payout.amount_minor, payout.currency):
        kind = exceptions.PAYOUT_DIFFERS
    elif payout.gone_by not in (None, row.id):
        kind = exceptions.PAID_OUT_TWICE
    if kind:
        said = _said(row) | {"payout": str(payout.id)}
        exceptions.put(conn, new_id(), kind, str(row.id), said, now)
        return other
    gone(conn, payout, account_=row.account, row=row.id)
    return replace(row, state=bank.PAID_OUT)


def gone(
    conn: Connection, payout: Payout, *, account_: str, row: UUID | None = None, by: str = ""
) -> None:
    """Note that something was paid out; what follows of it is for the janitor."""
    now = clock.now(conn)
    bank.gone(conn, payout, at=now, account=account_, row=row, by=by)
    if payout.payment is not None:
        payments.wake_refund(conn, payout.payment, payout.id, now)


def _returned(conn: Connection, payout: Payout) -> None:
    row = bank.lock(conn, payout.came_by)
    if row is not None and row.state == bank.RETURNING:
        bank.move(conn, replace(row, state=bank.RETURNED))
    bank.booked(conn, payout.id)


def settled(conn: Connection, row: UUID, action: str, by: str) -> None:
    """Close what a row waited by."""
    now = clock.now(conn)
    for kind in WAITS:
        why = "its money has a home"
        kept_exceptions.settled(conn, [str(row)], kind, action=action, by=by, why=why, at=now)


def _said(row: Kept) -> dict[str, Any]:
    return {
        "account": row.account,
        "amount": f"{format_minor(row.amount_minor, row.currency)} {row.currency}",
        "booked_on": row.booked_on.isoformat(),
        "references": [*row.exact, *row.near][:8],
    }
