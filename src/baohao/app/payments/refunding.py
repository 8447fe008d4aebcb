"""
Refunds: money goes back by the way it came, never more than has come.

    Refusal
    ├── PaymentUnknown          there is no such payment
    ├── NothingToGiveBack       none of it is here, or it is under way by itself
    ├── RefundTooMuch           (core/payments)
    └── SecondPersonForRefund   (core/payments)

Money is set apart in the books first, so that nothing can be bought with it any more: by
`owe_refund` where it bought nothing, by the reversal of what it bought otherwise. Then it is a row
of `refunds` with one number for ever, and the janitor has the gateway give it back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from baohao.app.door import Answer, HouseClosed
from baohao.app.payments import exceptions
from baohao.app.payments.asking import Ports, Silence, give_back
from baohao.app.payments.learn import CODE_MAX, PRINCIPAL
from baohao.app.ports import Declined, Refunded
from baohao.app.shell import OutcomeUnknown, Shell
from baohao.core import payments as rules
from baohao.core.asks import Ask
from baohao.core.bucket import bucket_of
from baohao.core.payments import Payment, State, pause
from baohao.core.refusals import Refusal
from baohao.store import clock, payments
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
#: What was bought is reversed, or has been: whoever asks for that again is told so again.
REVERSED = (State.USED, State.REFUNDING, State.REFUNDED)


class PaymentUnknown(Refusal):
    """There is no payment {payment}."""

    code = "payment.unknown"


class NothingToGiveBack(Refusal):
    """The payment {payment} is {state}: nothing of it can be given back by hand now."""

    code = "payment.nothing_to_give_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person wants to give back."""

    payment: UUID
    #: `None`: all that is there. Of what was bought, the policy says how much.
    amount_minor: int | None = None
    reason: str
    by: str
    approved_by: str = ""
    #: What was bought was a mistake: all of it goes back, with a second person.
    mistake: bool = False
    #: The same again is the same refund.
    key: str


# --- a person asks --------------------------------------------------------------------------------


def refund(shell: Shell, wish: Wish, new_id: Callable[[], UUID]) -> Kept:
    """
    Give money back: what bought nothing, or what a purchase's reversal gives back.

    Raises the refusals above, and what `reverse` refuses.
    """
    kept = shell.run(partial(_find, id_=wish.payment))
    payment = kept.payment
    if payment.spent_minor and payment.state in REVERSED:
        rules.approve(payment.spent_minor, payment.currency, wish.by, wish.approved_by)
        (answer,) = heard(shell.answer([_reversing(kept, wish, new_id())]))
        if isinstance(answer, Refusal):
            is_over = payment.state is not State.USED
            raise _nothing(payment) if is_over else answer
        # The reversal owes the refund, whoever asked for it.
        shell.run(partial(adopt, new_id=new_id))
        return shell.run(partial(_find, id_=wish.payment))
    known = [each for each in shell.run(partial(_of, id_=payment.id)) if each.by == wish.by]
    if any(each.reason == _marked(wish) for each in known):
        return kept
    if payment.state is not State.CAPTURED or kept.next_at is not None:
        raise _nothing(payment)
    amount = payment.unspent_minor if wish.amount_minor is None else wish.amount_minor
    rules.owed(payment, amount)
    rules.approve(amount, payment.advance.currency, wish.by, wish.approved_by)
    _granted(shell, setting_apart(payment, amount, f"by hand:{wish.key}", new_id()))
    return shell.run(partial(_owe_wish, wish=wish, amount=amount, new_id=new_id))


def _nothing(payment: Payment) -> NothingToGiveBack:
    return NothingToGiveBack(payment=str(payment.id), state=payment.state.value)


def _marked(wish: Wish) -> str:
    return f"{wish.reason} [{wish.key}]"


def _reversing(kept: Kept, wish: Wish, id_: UUID) -> Ask:
    payment = kept.payment
    number = payment.wanted.number if payment.wanted is not None else ""
    said: dict[str, Any] = {"of": str(payment.act), "reason": wish.reason}
    if wish.mistake:
        said["mistake"] = True
    if wish.approved_by:
        said["approved_by"] = wish.approved_by
    return Ask(
        id=id_,
        verb="reverse",
        subject=number,
        key=f"payment:{payment.id}:reverse",
        principal=wish.by,
        channel=kept.asked.channel,
        payload=said,
    )


def _owe_wish(conn: Connection, wish: Wish, amount: int, new_id: Callable[[], UUID]) -> Kept:
    kept = _locked(conn, wish.payment)
    made = new_id()
    return owe(conn, kept, made, amount, _marked(wish), wish.by, approved_by=wish.approved_by)


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
    """Owe a refund of money that is set apart, of a payment that is locked."""
    now = clock.now(conn)
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
            owe(conn, kept, id_, amount, "what it bought was reversed", PRINCIPAL)
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
    kept = shell.run(partial(_find, id_=refund.payment))
    outcome = silence.ask(kept.payment.gateway, partial(give_back, ports, kept, refund))
    if isinstance(outcome, Refunded) and outcome.amount_minor != refund.amount_minor:
        code = f"{exceptions.REFUND_DIFFERS}: {outcome.amount_minor}"
        work = partial(_declined, refund=refund, code=code, new_id=new_id)
        return shell.run(work)
    if isinstance(outcome, Refunded) and not outcome.is_pending:
        return booked(shell, kept, refund, kept.payment.gateway, new_id)
    if isinstance(outcome, Declined):
        return shell.run(
            partial(_declined, refund=refund, code=outcome.code or "declined", new_id=new_id)
        )
    state = PENDING if isinstance(outcome, Refunded) else refund.state
    code = getattr(outcome, "code", "")
    return shell.run(partial(_put_off, refund=refund, state=state, code=code, new_id=new_id))


def booked(shell: Shell, kept: Kept, refund: Owed, bank: str, new_id: Callable[[], UUID]) -> Owed:
    """Take down in the books that a refund has gone, and that it is done."""
    ask = Ask(
        id=new_id(),
        verb="pay_refund",
        subject=str(kept.payment.advance),
        key=f"refund:{refund.id}:paid",
        principal=PRINCIPAL,
        channel="operator",
        payload={
            "amount_minor": refund.amount_minor,
            "bank": bank,
            "reference": refund.number,
        },
    )
    _granted(shell, ask)
    return shell.run(partial(_done, refund=refund))


def by_hand(shell: Shell, id_: UUID, bank: str, new_id: Callable[[], UUID]) -> Kept:
    """
    Take down that refunds which the gateway declined were given back from another bank account.

    Raises `PaymentUnknown`, and `NothingToGiveBack` where none was declined.
    """
    kept = shell.run(partial(_find, id_=id_))
    declined = [each for each in shell.run(partial(_of, id_=id_)) if each.state == DECLINED]
    if not declined:
        raise NothingToGiveBack(payment=str(id_), state=kept.payment.state.value)
    for each in declined:
        booked(shell, kept, each, bank, new_id)
    return shell.run(partial(_find, id_=id_))


# --- transactions ---------------------------------------------------------------------------------


def balance(conn: Connection, account: str) -> int:
    """Return what a guarded account has."""
    found = rows(conn, "read_balance", bucket_of(account), account)
    return int(found[0][0]) if found else 0


def _claim(conn: Connection) -> list[Owed]:
    now = clock.now(conn)
    return payments.claim_refunds(conn, now, now + LEASE, SENT_AT_ONCE)


def _find(conn: Connection, id_: UUID) -> Kept:
    kept = payments.find(conn, id_)
    if kept is None:
        raise PaymentUnknown(payment=str(id_))
    return kept


def _locked(conn: Connection, id_: UUID) -> Kept:
    kept = payments.lock(conn, id_)
    if kept is None:
        raise PaymentUnknown(payment=str(id_))
    return kept


def _of(conn: Connection, id_: UUID) -> list[Owed]:
    return payments.refunds(conn, id_)


def _done(conn: Connection, refund: Owed) -> Owed:
    kept = _locked(conn, refund.payment)
    done = replace(refund, state=DONE, code="", next_at=None)
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


def _granted(shell: Shell, ask: Ask) -> None:
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
