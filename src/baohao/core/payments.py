"""
Payments through gateways: what is known of one, and what each thing learned makes of it.

    created ─> unknown ─> payable ─> failed, closed ─> captured ─> used ─> refunding ─> refunded
                                                          └─ chargeback, from any of these

A payment moves only forward: what is learned late, twice or in another order takes nothing back, so
that any order of notices, queries and time-outs ends in one state. Nothing here is guessed: an
answer that did not come is `unknown`, and money that came is captured whatever was thought before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from baohao.core.books.chart import Account, AccountKind, account
from baohao.core.exchange import Exchanged
from baohao.core.money import exponent_of
from baohao.core.refusals import Refusal


class RefundTooMuch(Refusal):
    """{amount_minor} minor units cannot go back: {left_minor} are left of the payment."""

    code = "payment.refund_too_much"


class SecondPersonForRefund(Refusal):
    """More than {limit_minor} minor units go back only with a second person's approval."""

    code = "payment.second_person"


class NotAPurse(Refusal):
    """{account} takes no deposits: give a holder's wallet or an agent's float."""

    code = "payment.not_a_purse"


class DepositTooSmall(Refusal):
    """A deposit into {account} is {least_minor} minor units at least."""

    code = "payment.deposit.too_small"


class DepositTooLarge(Refusal):
    """A deposit into {account} is {most_minor} minor units at most; pay the rest by another one."""

    code = "payment.deposit.too_large"


class State(StrEnum):
    """Where a payment stands; each lies further on than those before it."""

    CREATED = "created"
    #: Asked for, and not answered: the order may be there or not.
    UNKNOWN = "unknown"
    PAYABLE = "payable"
    #: The gateway will not have the order.
    FAILED = "failed"
    CLOSED = "closed"
    CAPTURED = "captured"
    #: It bought what was quoted.
    USED = "used"
    #: All of it is to go back.
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    #: The payer's bank took it back.
    CHARGEBACK = "chargeback"


#: The gateway that is our own bank account: money that comes there is in our books before anybody
#: knows which payment it is for.
BY_BANK = "bank"

_PLACE = {state: place for place, state in enumerate(State)}
#: Nothing more comes of these by itself.
ENDED = frozenset({State.FAILED, State.CLOSED, State.USED, State.REFUNDED, State.CHARGEBACK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be bought: a quote's own words, never the asker's."""

    number: str
    #: The tenure that buys it; 0: a number that begins.
    epoch: int
    verb: str
    #: What the ask says besides who pays: term or amount, codes, the holder of a new number.
    said: Mapping[str, object] = field(default_factory=dict)
    #: The line's version that the quote was made for.
    version: int
    #: The deadline that was promised, and how many days of it would be lost.
    until: datetime | None = None
    lost_days: int = 0
    #: What it costs, where it is paid in another currency.
    exchange: Exchanged | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """Prepaid money: into a holder's wallet or an agent's float."""

    account: str
    #: Who gives the receipt for it.
    operator: str
    #: What is put in, where it is paid in another currency.
    exchange: Exchanged | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of several things that a payment buys."""

    quote: UUID
    #: The id of the ask that buys it, given when the payment begins.
    act: UUID
    total_minor: int
    wanted: Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """Several lines in one payment, each by a quote of its own."""

    parts: tuple[Part, ...]
    #: It is paid in the currency of its prices.
    exchange: Exchanged | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """Money that a gateway says has come."""

    #: The gateway's own id of it.
    payment: str
    amount_minor: int
    currency: str
    at: datetime
    means: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment, as far as it is known."""

    #: The quote that it pays, what follows from a deposit's key, or a basket's own id: one intent,
    #: one payment.
    id: UUID
    gateway: str
    state: State = State.CREATED
    #: What is asked of the payer, in the payer's currency; so are all amounts but `own_minor`.
    amount_minor: int
    currency: str
    #: `None`: money came for an order of ours that is not known here.
    wanted: Wanted | Deposit | Basket | None
    #: The id of the ask that buys it, given when it begins; a basket's parts have their own.
    act: UUID
    capture: Capture | None = None
    #: What it bought cost.
    spent_minor: int = 0
    #: Of what was captured: what is to go back, and what has gone.
    refunded_minor: int = 0
    returned_minor: int = 0

    @property
    def order(self) -> str:
        """The order number: the same for ever."""
        return self.id.hex

    @property
    def captured_minor(self) -> int:
        """How much has come."""
        return self.capture.amount_minor if self.capture is not None else 0

    @property
    def fits(self) -> bool:
        """
        Whether what has come is what was asked for.

        A transfer was matched, by its amount or by a person: of more, the rest goes back.
        """
        come = self.capture
        if come is None or come.currency != self.currency:
            return False
        is_more = self.gateway == BY_BANK and come.amount_minor > self.amount_minor
        return is_more or come.amount_minor == self.amount_minor

    @property
    def changed(self) -> Exchanged | None:
        """The exchange by which its money came in; `None`: it is kept as it came."""
        return self.wanted.exchange if self.wanted is not None and self.fits else None

    @property
    def own_minor(self) -> int:
        """How much has come, in the currency of its advance."""
        return self.captured_minor if self.changed is None else self.changed.own_minor

    def theirs(self, own_minor: int, before_minor: int = 0) -> int:
        """
        Return what goes back to the payer for so much of ours, after so much of ours went before.

        At the same rate, at least a minor unit, and never more than is there.
        """
        if self.changed is None:
            return own_minor
        back = max(1, self.changed.back(own_minor, before_minor))
        return min(back, self.captured_minor - self.refunded_minor)

    @property
    def unspent_minor(self) -> int:
        """What has come, bought nothing, and is not going back."""
        return max(0, self.captured_minor - self.spent_minor - self.refunded_minor)

    @property
    def waits_in(self) -> Account | None:
        """Where money is in our books that came by transfer, until it is in the advance."""
        if self.gateway != BY_BANK or self.capture is None:
            return None
        return account(AccountKind.SUSPENSE, self.capture.payment, self.capture.currency)

    @property
    def advance(self) -> Account:
        """Where its money is kept until it is used; as it came, or changed into ours."""
        currency = self.capture.currency if self.capture is not None else self.currency
        if self.changed is not None:
            currency = self.changed.own_currency
        return account(AccountKind.ADVANCE, str(self.id), currency)


def order_id(order: str) -> UUID | None:
    """Return the payment that an order number is of; `None`: none of ours."""
    try:
        found = UUID(hex=order)
    except ValueError:
        return None
    return found if found.hex == order else None


# --- what is learned ------------------------------------------------------------------------------


def payable(payment: Payment) -> Payment:
    """The gateway has the order, and it can be paid."""
    return _on(payment, State.PAYABLE)


def unanswered(payment: Payment) -> Payment:
    """The gateway did not answer: the order may be there, and may be paid."""
    return _on(payment, State.UNKNOWN)


def failed(payment: Payment) -> Payment:
    """The gateway will not have the order."""
    return _on(payment, State.FAILED)


def closed(payment: Payment) -> Payment:
    """Nobody can pay the order any more."""
    return _on(payment, State.CLOSED)


def captured(payment: Payment, capture: Capture) -> Payment:
    """Money has come; of two the first to be learned of is the payment's (`is_other`)."""
    if payment.capture is None:
        payment = replace(payment, capture=capture)
    return _on(payment, State.CAPTURED)


def is_other(payment: Payment, capture: Capture) -> bool:
    """Say whether money came that is not the payment's: its order was paid twice."""
    known = payment.capture
    return known is not None and (known.payment, known.amount_minor, known.currency) != (
        capture.payment,
        capture.amount_minor,
        capture.currency,
    )


def used(payment: Payment, spent_minor: int) -> Payment:
    """It bought what was wanted, for so much of ours; what is left over is the payer's."""
    if payment.state in (State.CAPTURED, State.USED, State.CHARGEBACK):
        rest = payment.own_minor - spent_minor
        left = payment.theirs(rest) if rest else 0
        payment = replace(payment, spent_minor=payment.captured_minor - left)
    return _on(payment, State.USED)


def owed(payment: Payment, amount_minor: int) -> Payment:
    """So much is to go back, now for good; raises `RefundTooMuch`."""
    left = payment.captured_minor - payment.refunded_minor
    if not 0 < amount_minor <= left:
        raise RefundTooMuch(amount_minor=amount_minor, left_minor=left)
    payment = replace(payment, refunded_minor=payment.refunded_minor + amount_minor)
    is_whole = payment.refunded_minor == payment.captured_minor
    return _on(payment, State.REFUNDING) if is_whole else payment


def returned(payment: Payment, amount_minor: int) -> Payment:
    """So much has gone back; raises `RefundTooMuch` beyond what was owed."""
    left = payment.refunded_minor - payment.returned_minor
    if not 0 < amount_minor <= left:
        raise RefundTooMuch(amount_minor=amount_minor, left_minor=left)
    payment = replace(payment, returned_minor=payment.returned_minor + amount_minor)
    is_whole = payment.returned_minor == payment.captured_minor
    return _on(payment, State.REFUNDED) if is_whole else payment


def charged_back(payment: Payment) -> Payment:
    """The payer's bank took money back, whatever became of that; what it bought stays."""
    return _on(payment, State.CHARGEBACK)


def _on(payment: Payment, state: State) -> Payment:
    """Move on to a state, unless the payment is there or further."""
    return payment if _PLACE[state] <= _PLACE[payment.state] else replace(payment, state=state)


# --- what is taken back ---------------------------------------------------------------------------

#: How a charge-back stands; each is further on than those before it.
OUTCOMES = ("open", "lost", "won")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Money that a payer's bank took back; a payment may have several."""

    gateway: str
    #: The gateway's own ids of the payment and of the case.
    payment: str
    reference: str
    amount_minor: int
    currency: str
    at: datetime
    #: "open": it is disputed. "lost": it is gone for good. "won": it came back.
    outcome: str

    @property
    def place(self) -> str:
        """Where it is kept: with the payment, as its gateway names it."""
        return f"{self.gateway}:{self.payment}"


def heard(known: Case, told: Case) -> Case:
    """Move a case on by what is told of it: the furthest stays, so that any order ends in one."""
    further = max(known.outcome, told.outcome, key=OUTCOMES.index)
    return replace(known, outcome=further)


def is_other_case(known: Case, told: Case) -> bool:
    """Say whether a case is told with other money than before."""
    return (known.amount_minor, known.currency) != (told.amount_minor, told.currency)


# --- what is bought -------------------------------------------------------------------------------

#: What the asker may say beside the quote's own words: it unlocks, or names who gets the number.
SAID = (
    *("codes", "holder", "holder_kind", "document", "residency", "identity_until"),
    *("age_years", "guardian", "authority"),
)


def promised(
    number: str,
    epoch: int,
    version: int,
    terms: Mapping[str, object],
    said: Mapping[str, object],
) -> Wanted:
    """Return what a quote promises, by its terms, to the tenure that it is for."""
    verb, lost = str(terms["verb"]), terms.get("lost_days")
    bought: dict[str, object] = (
        {"amount_minor": terms["list"]} if verb == "top_up" else {"term": terms["term"]}
    )
    bought |= {name: said[name] for name in SAID if said.get(name)}
    return Wanted(
        number=number,
        epoch=epoch,
        verb=verb,
        said=bought,
        version=version,
        until=_instant(terms.get("until")),
        lost_days=lost if isinstance(lost, int) else 0,
    )


# --- what is put in -------------------------------------------------------------------------------

#: Who may hold prepaid money.
PURSES = (AccountKind.WALLET, AccountKind.FLOAT)
#: In whole units of the currency: below the first a gateway's fee eats it up; above the others,
#: tens of years of most plans, and a month of a busy kiosk's sales, a person looks at it first.
DEPOSIT_MIN = 10
DEPOSIT_MAX = {AccountKind.WALLET: 5_000, AccountKind.FLOAT: 200_000}
#: Ours alone: what follows from it is no id of anybody else's.
_DEPOSITS = UUID("6b1d7f2e-3c55-4a51-9d5e-b1f0a7c0de90")


def deposit_id(principal: str, key: str) -> UUID:
    """Return the payment of a deposit: it follows from who asks and the key, so it is one."""
    return uuid5(_DEPOSITS, f"{principal}\0{key}")


def deposited(into: Account, amount_minor: int) -> None:
    """Hold a deposit to its limits; raises `NotAPurse`, `DepositTooSmall`, `DepositTooLarge`."""
    if into.kind not in PURSES:
        raise NotAPurse(account=str(into))
    unit = 10 ** exponent_of(into.currency)
    if amount_minor < DEPOSIT_MIN * unit:
        raise DepositTooSmall(account=str(into), least_minor=DEPOSIT_MIN * unit)
    if amount_minor > DEPOSIT_MAX[into.kind] * unit:
        raise DepositTooLarge(account=str(into), most_minor=DEPOSIT_MAX[into.kind] * unit)


# --- what follows ---------------------------------------------------------------------------------


#: What one person may give back alone, in whole units of the currency: about a year of most plans.
ALONE_MAX = 500
#: After the first try, and at most; each pause is twice the one before.
PAUSE, PAUSE_MAX = timedelta(seconds=5), timedelta(minutes=15)


def approve(amount_minor: int, currency: str, by: str, approved_by: str) -> None:
    """Ask for a second person's eyes above the limit; raises `SecondPersonForRefund`."""
    limit = ALONE_MAX * 10 ** exponent_of(currency)
    if amount_minor > limit and (not approved_by or approved_by == by):
        raise SecondPersonForRefund(limit_minor=limit)


def pause(tries: int) -> timedelta:
    """Return how long to wait after so many tries."""
    return min(PAUSE_MAX, PAUSE * (1 << min(max(tries - 1, 0), 20)))


def is_worse(wanted: Wanted, paid_minor: int, terms: Mapping[str, object]) -> bool:
    """
    Say whether what a new quote promises is worse for the holder than what was promised.

    A line that has already what was promised would be paid for twice: that is worse, too.
    """
    total, lost = terms.get("total"), terms.get("lost_days", 0)
    if not isinstance(total, int) or total > paid_minor:
        return True
    if isinstance(lost, int) and lost > wanted.lost_days:
        return True
    if wanted.until is None:
        return False
    until, before = _instant(terms.get("until")), _instant(terms.get("before"))
    if until is None or until < wanted.until:
        return True
    return wanted.verb != "top_up" and before is not None and before >= wanted.until


def _instant(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None
