"""
Refunds: money goes back by the way it came, never more than has come.

    Refusal
    ├── PaymentUnknown          there is no such payment (returning)
    ├── SeveralBought           it bought several lines: each is reversed by itself
    ├── NothingToGiveBack       none of it is here, or it is under way by itself
    ├── RefundMoved             somebody else gives back of the same deposit just now
    ├── MoneyShort              so much of a deposit is not in the wallet any more (core/decide)
    ├── RefundTooMuch           (core/payments)
    └── SecondPersonForRefund   (core/payments)

Money is set apart in the books first, so that nothing can be bought with it any more: by
`owe_refund` where it bought nothing, by the reversal of what it bought, or out of the wallet or
float that it was put into. What follows is the janitor's (`returning`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from baohao.app.door import KeyReused
from baohao.app.payments import returning
from baohao.app.payments.learn import PRINCIPAL
from baohao.app.shell import Shell
from baohao.core import payments as rules
from baohao.core.asks import Ask
from baohao.core.payments import Basket, Deposit, Payment, RefundTooMuch, State, Wanted
from baohao.core.refusals import Refusal
from baohao.store import payments
from baohao.store.payments import DECLINED, Kept
from baohao.store.payments import Refund as Owed
from baohao.store.sql import Connection

#: What was bought is reversed, or has been: whoever asks for that again is told so again.
REVERSED = (State.USED, State.REFUNDING, State.REFUNDED)


class NothingToGiveBack(Refusal):
    """The payment {payment} is {state}: nothing of it can be given back by hand now."""

    code = "payment.nothing_to_give_back"


class SeveralBought(Refusal):
    """The payment {payment} bought several lines; reverse what it bought of each: {numbers}."""

    code = "payment.several_bought"


class RefundMoved(Refusal):
    """Somebody gives back of the payment {payment} just now; look at it, then ask again."""

    code = "payment.refund_moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person wants to give back."""

    payment: UUID
    #: Of ours; `None`: all that is there. Of what was bought, the policy says how much.
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
    kept = shell.run(partial(returning.find, id_=wish.payment))
    payment = kept.payment
    if isinstance(payment.wanted, Deposit) and payment.spent_minor:
        return _undone(shell, wish, payment.wanted, new_id)
    if isinstance(payment.wanted, Basket) and payment.spent_minor:
        numbers = ", ".join(part.wanted.number for part in payment.wanted.parts)
        raise SeveralBought(payment=str(payment.id), numbers=numbers)
    if payment.spent_minor and payment.state in REVERSED:
        rules.approve(payment.spent_minor, payment.currency, wish.by, wish.approved_by)
        (answer,) = returning.heard(shell.answer([_reversing(kept, wish, new_id())]))
        if isinstance(answer, Refusal):
            is_over = payment.state is not State.USED
            raise _nothing(payment) if is_over else answer
        # The reversal owes the refund, whoever asked for it.
        shell.run(partial(returning.adopt, new_id=new_id))
        return shell.run(partial(returning.find, id_=wish.payment))
    known = [
        each for each in shell.run(partial(returning.of, id_=payment.id)) if each.by == wish.by
    ]
    if any(each.reason == _marked(wish) for each in known):
        return kept
    if payment.state is not State.CAPTURED or kept.next_at is not None:
        raise _nothing(payment)
    amount = payment.unspent_minor if wish.amount_minor is None else wish.amount_minor
    rules.owed(payment, amount)
    rules.approve(amount, payment.advance.currency, wish.by, wish.approved_by)
    returning.granted(
        shell, returning.setting_apart(payment, amount, f"by hand:{wish.key}", new_id())
    )
    return shell.run(partial(_owe_wish, wish=wish, amount=amount, new_id=new_id))


def _undone(shell: Shell, wish: Wish, of: Deposit, new_id: Callable[[], UUID]) -> Kept:
    """Give a deposit back, or a part of it, as far as it is where it was put."""
    # What was taken out before, and is not owed yet, counts.
    shell.run(partial(returning.adopt, new_id=new_id))
    kept, known, held = shell.run(partial(_put_in, id_=wish.payment, account=of.account))
    payment = kept.payment
    if any((each.reason, each.by) == (_marked(wish), wish.by) for each in known):
        return kept
    before = sum(each.ours_minor for each in known)
    left = payment.own_minor - before
    if not left or payment.state is State.CHARGEBACK:
        raise NothingToGiveBack(payment=str(payment.id), state=payment.state.value)
    # Where nothing is left the verb says so.
    amount = min(left, max(held, 1)) if wish.amount_minor is None else wish.amount_minor
    if not 0 < amount <= left:
        raise RefundTooMuch(amount_minor=amount, left_minor=left)
    # In all, so that nobody gives back alone in parts what takes two.
    rules.approve(before + amount, payment.advance.currency, wish.by, wish.approved_by)
    try:
        returning.granted(shell, _undoing(kept, wish, of, amount, before, new_id()))
    except KeyReused:
        raise RefundMoved(payment=str(payment.id)) from None
    shell.run(partial(returning.adopt, new_id=new_id))
    return shell.run(partial(returning.find, id_=wish.payment))


def _undoing(
    kept: Kept, wish: Wish, of: Deposit, amount_minor: int, before_minor: int, id_: UUID
) -> Ask:
    said: dict[str, Any] = {
        "amount_minor": amount_minor,
        "paid": str(kept.payment.advance),
        "by": wish.by,
        "reason": _marked(wish),
    }
    if wish.approved_by:
        said["approved_by"] = wish.approved_by
    return Ask(
        id=id_,
        verb="undo_deposit",
        subject=of.account,
        # By what went back before: of two at once, who have both seen the same, one is refused.
        key=f"payment:{kept.payment.id}:undo:{before_minor}",
        principal=PRINCIPAL,
        channel=kept.asked.channel,
        payload=said,
    )


def _put_in(conn: Connection, id_: UUID, account: str) -> tuple[Kept, list[Owed], int]:
    """Return a payment, what went back of it, and what is where it was put."""
    return returning.find(conn, id_), payments.refunds(conn, id_), returning.balance(conn, account)


def _nothing(payment: Payment) -> NothingToGiveBack:
    return NothingToGiveBack(payment=str(payment.id), state=payment.state.value)


def _marked(wish: Wish) -> str:
    return f"{wish.reason} [{wish.key}]"


def _reversing(kept: Kept, wish: Wish, id_: UUID) -> Ask:
    payment = kept.payment
    number = payment.wanted.number if isinstance(payment.wanted, Wanted) else ""
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
    kept = returning.locked(conn, wish.payment)
    made = new_id()
    return returning.owe(
        conn, kept, made, amount, _marked(wish), wish.by, approved_by=wish.approved_by
    )


def by_hand(shell: Shell, id_: UUID, bank: str, new_id: Callable[[], UUID]) -> Kept:
    """
    Take down that refunds which the gateway declined were given back from another bank account.

    Raises `PaymentUnknown`, and `NothingToGiveBack` where none was declined.
    """
    kept = shell.run(partial(returning.find, id_=id_))
    declined = [
        each for each in shell.run(partial(returning.of, id_=id_)) if each.state == DECLINED
    ]
    if not declined:
        raise NothingToGiveBack(payment=str(id_), state=kept.payment.state.value)
    for each in declined:
        returning.booked(shell, kept, each, bank, new_id)
    return shell.run(partial(returning.find, id_=id_))
