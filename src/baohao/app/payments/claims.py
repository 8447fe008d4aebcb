"""
Claims: what payers' banks took back, in the books, and how each ends.

    open   taken from the gateway's account, and claimed; refunds of the payment are kept back
    won    it came back, and the claim is closed; refunds go on
    lost   what is owed to the payer is set off, for their bank has given it to them; what the
           payment bought stays, and its claim waits for a person

    Refusal
    ├── PaymentUnknown, SecondPersonForRefund   (refunding, core/payments)
    └── NothingClaimed                          nothing is claimed of the payment

What bought nothing goes back by itself in either end. Each step has a key that follows from the
case, so that whoever takes it up in the middle repeats nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from baohao.app.payments import chargebacks, exceptions, returning, velocity
from baohao.app.payments.learn import PRINCIPAL
from baohao.app.shell import Shell
from baohao.core import payments as rules
from baohao.core.asks import Ask
from baohao.core.books.chargebacks import claims_account
from baohao.core.books.chart import Account, AccountKind, account
from baohao.core.decide.selling import MoneyShort
from baohao.core.payments import Payment, pause
from baohao.core.refusals import Refusal
from baohao.store import chargebacks as store
from baohao.store import clock, payments
from baohao.store.chargebacks import TAKEN, WON, KeptCase
from baohao.store.payments import Kept
from baohao.store.sql import Connection

#: As for payments: nobody else takes a case up for so long.
LEASE = timedelta(minutes=5)
AT_ONCE = 100
#: A payment that is not known for so long after its charge-back is for a person to look for.
SILENCE = timedelta(days=1)


class NothingClaimed(Refusal):
    """Of the payment {payment} {claimed_minor} minor units are claimed, not {amount_minor}."""

    code = "payment.nothing_claimed"


# --- the janitor ----------------------------------------------------------------------------------


def book_due(shell: Shell, new_id: Callable[[], UUID]) -> list[KeptCase]:
    """Take cases that are due into the books, as far as is known of them; return them."""
    return [_booked(shell, each, new_id) for each in shell.run(_claim)]


def _booked(shell: Shell, case: KeptCase, new_id: Callable[[], UUID]) -> KeptCase:
    case, kept = shell.run(partial(_joined, case=case, new_id=new_id))
    if kept is None:
        return shell.run(partial(_put_off, case=case, new_id=new_id))
    payment = kept.payment
    returning.granted(shell, returning.funding(payment, new_id()))
    returning.granted(shell, _taking(payment, case, "charge_back", new_id()))
    if case.case.outcome == "won":
        returning.granted(shell, _taking(payment, case, "win_back", new_id()))
    if case.case.outcome != "open" and payment.unspent_minor:
        _give_up(shell, kept, new_id)
    return shell.run(partial(_note, case=case))


def _taking(payment: Payment, case: KeptCase, verb: str, id_: UUID) -> Ask:
    said, reference = case.case, case.case.reference
    return Ask(
        id=id_,
        verb=verb,
        subject=str(_advance(payment, said.currency)),
        key=f"payment:{payment.id}:{verb}:{reference}"[:200],
        principal=PRINCIPAL,
        channel="operator",
        payload={
            "amount_minor": said.amount_minor,
            "bank": payment.gateway,
            "reference": reference,
        },
    )


def _advance(payment: Payment, currency: str) -> Account:
    return account(AccountKind.ADVANCE, str(payment.id), currency)


def _give_up(shell: Shell, kept: Kept, new_id: Callable[[], UUID]) -> None:
    """Owe what a payment that was charged back holds still: it buys nothing any more."""
    payment = kept.payment
    amount = payment.unspent_minor
    ask = returning.setting_apart(payment, amount, f"charged_back:{amount}", new_id())
    try:
        returning.granted(shell, ask)
    except MoneyShort:
        # It was bought, and whoever bought it ended before they said so.
        shell.run(partial(_spent, id_=payment.id))
        return
    shell.run(partial(_owe_rest, id_=payment.id, amount=amount, new_id=new_id))


# --- a person decides -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a person closes what is claimed of a payer."""

    payment: UUID
    #: `None`: all that is claimed.
    amount_minor: int | None = None
    #: Which account of ours they paid it into; empty: it is given up.
    bank: str = ""
    reason: str
    by: str
    approved_by: str = ""
    #: The same again is the same closing.
    key: str


def close(shell: Shell, closing: Closing, new_id: Callable[[], UUID]) -> Kept:
    """
    Close what is claimed of a payer: it was paid after all, or is given up.

    Raises the refusals above; what is given up beyond a limit needs a second person.
    """
    kept, claimed = shell.run(partial(_claimed, id_=closing.payment))
    amount = claimed if closing.amount_minor is None else closing.amount_minor
    if not 0 < amount <= claimed:
        said = {"payment": str(closing.payment), "claimed_minor": claimed}
        raise NothingClaimed(**said, amount_minor=amount)
    advance = kept.payment.advance
    if not closing.bank:
        rules.approve(amount, advance.currency, closing.by, closing.approved_by)
    said_of = {"bank": closing.bank, "reason": closing.reason, "approved_by": closing.approved_by}
    ask = Ask(
        id=new_id(),
        verb="close_claim",
        subject=str(advance),
        key=closing.key,
        principal=closing.by,
        channel="operator",
        payload={"amount_minor": amount} | {name: text for name, text in said_of.items() if text},
    )
    returning.granted(shell, ask)
    shell.run(partial(chargebacks.settled, id_=closing.payment, by=closing.by, why=closing.reason))
    return shell.run(partial(_claimed, id_=closing.payment))[0]


def facts(conn: Connection, kept: Kept) -> list[Mapping[str, Any]]:
    """Return what banks took back of a payment, as plain facts."""
    return [
        {"case": each.case.reference, "outcome": each.case.outcome, "booked": each.booked}
        | {"amount_minor": each.case.amount_minor, "currency": each.case.currency}
        | {"at": each.case.at}
        for each in chargebacks.of(conn, kept.payment)
    ]


# --- transactions ---------------------------------------------------------------------------------


def _claim(conn: Connection) -> list[KeptCase]:
    now = clock.now(conn)
    return store.claim(conn, now, now + LEASE, AT_ONCE)


def _joined(
    conn: Connection, case: KeptCase, new_id: Callable[[], UUID]
) -> tuple[KeptCase, Kept | None]:
    known, kept = chargebacks.joined(conn, store.lock(conn, case.case), new_id, clock.now(conn))
    store.move(conn, known)
    return known, kept


def _put_off(conn: Connection, case: KeptCase, new_id: Callable[[], UUID]) -> KeptCase:
    """Look for a payment later that is not known; after a day it is a person's to find."""
    now, known = clock.now(conn), store.lock(conn, case.case)
    if known.payment is not None:
        return known
    is_late = now >= known.created_at + SILENCE
    if is_late:
        said = {"case": known.case.reference, "amount_minor": known.case.amount_minor}
        place = known.case.place
        exceptions.put(conn, new_id(), exceptions.CHARGEBACK_UNKNOWN, place, said, now)
    known = replace(known, next_at=None if is_late else now + pause(known.tries))
    store.move(conn, known)
    return known


def _spent(conn: Connection, id_: UUID) -> None:
    kept = returning.locked(conn, id_)
    payment = kept.payment
    left = returning.balance(conn, str(payment.advance))
    spent = payment.captured_minor - payment.refunded_minor - left
    payments.move(conn, replace(kept, payment=rules.used(payment, spent)))


def _owe_rest(conn: Connection, id_: UUID, amount: int, new_id: Callable[[], UUID]) -> None:
    kept = returning.locked(conn, id_)
    if kept.payment.unspent_minor == amount:
        returning.owe(conn, kept, new_id(), amount, "the payer's bank took it back", PRINCIPAL)


def _note(conn: Connection, case: KeptCase) -> KeptCase:
    """Note how far a case is in the books; one that has gone on meanwhile is taken up again."""
    known, now = store.lock(conn, case.case), clock.now(conn)
    booked = WON if case.case.outcome == "won" else TAKEN
    known = replace(known, booked=WON if known.booked == WON else booked, tries=0)
    known = replace(known, next_at=None if known.is_booked else now)
    store.move(conn, known)
    if known.payment is not None:
        # Who keeps a refund back looks at the cases under this lock.
        kept = payments.lock(conn, known.payment)
        if kept is not None:
            won = known.case.outcome == "won"
            velocity.charged_back(conn, kept, known.case.reference, now, is_won=won)
        cases = store.of(conn, known.case.gateway, known.case.payment)
        if all(each.case.outcome != "open" for each in cases):
            payments.wake_refunds(conn, known.payment, now)
        chargebacks.settled(conn, known.payment, PRINCIPAL, "nothing is claimed any more")
    return known


def _claimed(conn: Connection, id_: UUID) -> tuple[Kept, int]:
    kept = payments.find(conn, id_)
    if kept is None:
        raise returning.PaymentUnknown(payment=str(id_))
    return kept, store.claimed_minor(conn, str(claims_account(kept.payment.advance)))
