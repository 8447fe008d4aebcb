"""
Returning: money of payments on its way back, from the books to the gateway.

It is set apart in the books first, so that nothing can be bought with it any more. Then it is a row
of `refunds` with one number for ever, and the janitor has the gateway give it back. Who asks for it
is in `refunding`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

from baohao.app.door import Answer, HouseClosed
from baohao.app.payments import chargebacks as disputes
from baohao.app.payments import exceptions
from baohao.app.payments.asking import Ports, Silence, give_back
from baohao.app.payments.learn import CODE_MAX, PRINCIPAL
from baohao.app.ports import Declined, Refunded
from baohao.app.shell import OutcomeUnknown, Shell
from baohao.core import payments as rules
from baohao.core.asks import Ask
from baohao.core.books.chargebacks import claims_account
from baohao.core.bucket import bucket_of
from baohao.core.exchange import Exchanged
from baohao.core.payments import Payment, State, pause
from baohao.core.refusals import Refusal
from baohao.store import chargebacks, clock, payments
from baohao.store import exceptions as kept_exceptions
from baohao.store.payments import DECLINED, DONE, PENDING, Kept
from baohao.store.payments import Refund as Owed
from baohao.store.sql import Connection, rows

#: As for payments: nobody else takes a refund up for so long.
LEASE = timedelta(minutes=5)
AT_ONCE = 100
#: Each is a call that may hang; what has come meanwhile is not to wait for many.
SENT_AT_ONCE = 10
#: A gateway that says nothing of a refund for so long is for a person to look at.
SILENCE = timedelta(days=1)


class PaymentUnknown(Refusal):
    """There is no payment {payment}."""

    code = "payment.unknown"


# --- asks -----------------------------------------------------------------------------------------


def setting_apart(payment: Payment, amount_minor: int, what: str, id_: UUID) -> Ask:
    """Return the ask that sets money of a payment apart that bought nothing."""
    return Ask(
        id=id_,
        verb="owe_refund",
        subject=str(payment.advance),
        key=f"payment:{payment.id}:{what}",
        principal=PRINCIPAL,
        channel="operator",
        payload={"amount_minor": amount_minor, "reference": what},
    )


def funding(payment: Payment, id_: UUID) -> Ask:
    """Return the ask that takes the money of a captured payment into its advance."""
    come, waits_in = payment.capture, payment.waits_in
    assert come is not None  # noqa: S101 - only captured payments are funded
    where: dict[str, object] = {"bank": payment.gateway}
    if waits_in is not None:
        where = {"paid": str(waits_in)}
    elif payment.changed is not None:
        where |= changing(payment.changed, come.amount_minor)
    return Ask(
        id=id_,
        verb="fund" if waits_in is None else "assign",
        subject=str(payment.advance),
        key=f"payment:{payment.id}:fund",
        principal=PRINCIPAL,
        channel="operator",
        payload={"amount_minor": payment.own_minor, "reference": come.payment, **where},
    )


# --- what is owed ---------------------------------------------------------------------------------


def owe(
    conn: Connection,
    kept: Kept,
    id_: UUID,
    amount_minor: int,
    reason: str,
    by: str,
    *,
    approved_by: str = "",
) -> Kept:
    """Owe a refund of money of ours that is set apart, of a payment that is locked."""
    now, changed = clock.now(conn), kept.payment.changed
    own = None if changed is None else amount_minor
    if own is not None:
        before = sum(each.ours_minor for each in payments.refunds(conn, kept.payment.id))
        amount_minor = kept.payment.theirs(own, before)
    made = Owed(
        id=id_,
        payment=kept.payment.id,
        state="owed",
        amount_minor=amount_minor,
        reason=reason,
        by=by,
        approved_by=approved_by,
        created_at=now,
        next_at=now,
        own_minor=own,
    )
    if payments.owe(conn, made):
        kept = replace(kept, payment=rules.owed(kept.payment, amount_minor))
    payments.move(conn, kept)
    if kept.payment.refunded_minor == kept.payment.captured_minor:
        _settled(conn, kept, exceptions.AMOUNT_DIFFERS, exceptions.NO_ORDER, exceptions.DEFECT)
    return kept


def adopt(conn: Connection, new_id: Callable[[], UUID]) -> int:
    """Owe what reversals of purchases set apart; return how many there were."""
    now = clock.now(conn)
    found = payments.take_owed(conn, now, AT_ONCE)
    for id_, data in found:
        owner, amount = str(data["payment"]), int(data["amount_minor"])
        payment = _id(owner)
        kept = None if payment is None else payments.lock(conn, payment)
        if kept is None:
            exceptions.put(conn, new_id(), exceptions.REFUND_UNKNOWN, owner, data, now)
        else:
            # A deposit's says who gives it back, and why.
            why = str(data.get("reason", "what it bought was reversed"))
            by, second = (str(data.get(name, "")) for name in ("by", "approved_by"))
            owe(conn, kept, id_, amount, why, by or PRINCIPAL, approved_by=second)
    return len(found)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


# --- the gateway gives it back --------------------------------------------------------------------


def send_due(
    shell: Shell, ports: Ports, silence: Silence, new_id: Callable[[], UUID]
) -> list[Owed]:
    """Have some refunds that are due given back; return what has become of them."""
    return [_sent(shell, ports, silence, each, new_id) for each in shell.run(_claim)]


def _sent(
    shell: Shell, ports: Ports, silence: Silence, refund: Owed, new_id: Callable[[], UUID]
) -> Owed:
    kept = shell.run(partial(find, id_=refund.payment))
    if kept.payment.state is State.CHARGEBACK and refund.state == "owed" and refund.tries <= 1:
        # It was not sent: while its bank disputes the payment, nobody gives it back twice.
        ended = shell.run(partial(_disputed, kept=kept, refund=refund))
        if ended is None:
            return _set_off(shell, kept, refund, new_id)
        if ended.next_at is None:
            return ended
    outcome = silence.ask(kept.payment.gateway, partial(give_back, ports, kept, refund))
    if isinstance(outcome, Refunded) and outcome.amount_minor != refund.amount_minor:
        code = f"{exceptions.REFUND_DIFFERS}: {outcome.amount_minor}"
        work = partial(_declined, refund=refund, code=code, new_id=new_id)
        return shell.run(work)
    if isinstance(outcome, Refunded) and not outcome.is_pending:
        return booked(shell, kept, refund, outcome.bank or kept.payment.gateway, new_id)
    if isinstance(outcome, Declined):
        return shell.run(
            partial(_declined, refund=refund, code=outcome.code or "declined", new_id=new_id)
        )
    state = PENDING if isinstance(outcome, Refunded) else refund.state
    code = getattr(outcome, "code", "")
    return shell.run(partial(_put_off, refund=refund, state=state, code=code, new_id=new_id))


def _set_off(shell: Shell, kept: Kept, refund: Owed, new_id: Callable[[], UUID]) -> Owed:
    """Set a refund against what the payer's bank has given them already."""
    ask = Ask(
        id=new_id(),
        verb="set_off",
        subject=str(kept.payment.advance),
        key=f"refund:{refund.id}:paid",
        principal=PRINCIPAL,
        channel="operator",
        payload={"amount_minor": refund.amount_minor, "reference": refund.number},
    )
    granted(shell, ask)
    # It left no account of ours.
    done = shell.run(partial(_done, refund=refund, bank=""))
    why = "the payer has it from their bank"
    shell.run(partial(disputes.settled, id_=kept.payment.id, by=PRINCIPAL, why=why))
    return done


def booked(shell: Shell, kept: Kept, refund: Owed, bank: str, new_id: Callable[[], UUID]) -> Owed:
    """Take down in the books that a refund has gone, and that it is done."""
    changed = kept.payment.changed
    exchange = {} if changed is None else changing(changed, refund.amount_minor)
    ask = Ask(
        id=new_id(),
        verb="pay_refund",
        subject=str(kept.payment.advance),
        key=f"refund:{refund.id}:paid",
        principal=PRINCIPAL,
        channel="operator",
        payload={
            "amount_minor": refund.ours_minor,
            "bank": bank,
            "reference": refund.number,
            **exchange,
        },
    )
    granted(shell, ask)
    return shell.run(partial(_done, refund=refund, bank=bank))


def changing(changed: Exchanged, paid_minor: int) -> dict[str, object]:
    """Return what an ask says of the payer's money where it is of another currency."""
    said = {"currency": changed.paid_currency, "minor": paid_minor}
    return {"exchange": {**said, "value_minor": changed.value(paid_minor)}}


# --- transactions ---------------------------------------------------------------------------------


def balance(conn: Connection, account: str) -> int:
    """Return what a guarded account has."""
    found = rows(conn, "read_balance", bucket_of(account), account)
    return int(found[0][0]) if found else 0


def _claim(conn: Connection) -> list[Owed]:
    now = clock.now(conn)
    return payments.claim_refunds(conn, now, now + LEASE, SENT_AT_ONCE)


def find(conn: Connection, id_: UUID) -> Kept:
    kept = payments.find(conn, id_)
    if kept is None:
        raise PaymentUnknown(payment=str(id_))
    return kept


def locked(conn: Connection, id_: UUID) -> Kept:
    """Lock a payment and return it; raises `PaymentUnknown`."""
    kept = payments.lock(conn, id_)
    if kept is None:
        raise PaymentUnknown(payment=str(id_))
    return kept


def of(conn: Connection, id_: UUID) -> list[Owed]:
    return payments.refunds(conn, id_)


def _disputed(conn: Connection, kept: Kept, refund: Owed) -> Owed | None:
    """
    Keep a refund back while the payment is disputed; `None`: the payer has it from their bank.

    Where neither is so it goes on as any refund.
    """
    # Under its lock: who notes that the dispute has ended wakes what sleeps by then.
    come = locked(conn, refund.payment).payment.capture
    assert come is not None  # noqa: S101 - it was charged back
    cases = chargebacks.of(conn, kept.payment.gateway, come.payment)
    if any(each.case.outcome == "open" or not each.is_booked for each in cases):
        refund = replace(refund, code="disputed", next_at=None)
        payments.move_refund(conn, refund)
        return refund
    claims = str(claims_account(kept.payment.advance))
    if chargebacks.claimed_minor(conn, claims) >= refund.amount_minor:
        return None
    return refund


def _done(conn: Connection, refund: Owed, bank: str) -> Owed:
    kept, now = locked(conn, refund.payment), clock.now(conn)
    done = replace(refund, state=DONE, code="", next_at=None, bank=bank, done_at=now)
    if payments.move_refund(conn, done):
        kept = replace(kept, payment=rules.returned(kept.payment, refund.amount_minor))
        payments.move(conn, kept)
        _settled(conn, kept, exceptions.REFUND_DECLINED, exceptions.NO_ANSWER)
    return done


def _declined(conn: Connection, refund: Owed, code: str, new_id: Callable[[], UUID]) -> Owed:
    """Leave a refund to a person that the gateway does not give back, or not as it was asked."""
    now = clock.now(conn)
    declined = replace(refund, state=DECLINED, code=code[:CODE_MAX], next_at=None)
    if payments.move_refund(conn, declined):
        said = {"refund": refund.number, "amount_minor": refund.amount_minor, "code": code}
        subject = str(refund.payment)
        exceptions.put(conn, new_id(), exceptions.REFUND_DECLINED, subject, said, now)
    return declined


def _put_off(
    conn: Connection, refund: Owed, state: str, code: str, new_id: Callable[[], UUID]
) -> Owed:
    now = clock.now(conn)
    later = replace(refund, state=state, code=code[:CODE_MAX], next_at=now + pause(refund.tries))
    payments.move_refund(conn, later)
    if now >= refund.created_at + SILENCE:
        said = {"refund": refund.number, "code": code}
        exceptions.put(conn, new_id(), exceptions.NO_ANSWER, str(refund.payment), said, now)
    return later


def _settled(conn: Connection, kept: Kept, *kinds: str) -> None:
    """Close the exceptions of a payment that are settled by what was given back."""
    for kind in kinds:
        kept_exceptions.settled(
            conn,
            [str(kept.payment.id)],
            kind,
            action="refund",
            by=PRINCIPAL,
            why="the money goes back",
            at=clock.now(conn),
        )


def granted(shell: Shell, ask: Ask) -> None:
    """Ask; raises the refusal, and `OutcomeUnknown` or `HouseClosed`: ask again."""
    (answer,) = shell.answer([ask])
    if isinstance(answer, Refusal):
        raise answer


def heard(answers: Sequence[Answer]) -> Sequence[Answer]:
    """Return answers; raises `OutcomeUnknown` and `HouseClosed`, which say nothing of an ask."""
    for answer in answers:
        if isinstance(answer, OutcomeUnknown | HouseClosed):
            raise answer
    return answers
