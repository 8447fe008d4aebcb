"""
Ports: what the use cases ask of the world outside. `outside` has what answers.

How people are told something is in `ports/telling.py`.

An answer that did not come is `Unknown`, never a failure: what was asked may have been done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any, Protocol

from baohao.core.bank.statement import Statement
from baohao.core.refusals import Refusal

# --- an operator's own charging system ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """What a number is to get in its operator's own charging system."""

    #: Ours; the same again is the same top-up.
    reference: str
    number: str
    #: Their id of what is bought for a term; empty: plain credit.
    product: str = ""
    #: What the product costs on their list, or the credit.
    amount_minor: int
    currency: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It was done."""

    their_id: str
    #: When, if they say.
    at: datetime | None = None
    #: How much they say it was; done twice, it is twice as much. `None`: they do not say.
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """It was not done and never will be, for their reason."""

    code: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """There is no answer that says one or the other; ask again."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """They looked, and know nothing by that reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What their system says of a number."""

    #: Until when it lasts.
    until: datetime | None = None
    amount_minor: int | None = None


Outcome = Done | Declined | Unknown


class ChargingSystem(Protocol):
    """An operator's own charging system."""

    def top_up(self, wanted: TopUp) -> Outcome:
        """Do it; where it is sent twice, it may be done twice."""
        ...

    def find(self, wanted: TopUp) -> Outcome | Absent:
        """Say what became of one that may have been sent."""
        ...

    def read(self, number: str, currency: str) -> Readings | Unknown:
        """Read what a number has."""
        ...


# --- secrets --------------------------------------------------------------------------------------


class SealBroken(Refusal):
    """A secret cannot be read: it was sealed under another key, for something else, or changed."""

    code = "seal.broken"


class Seals(Protocol):
    """Keeps secrets so that whoever reads the database does not read them."""

    def seal(self, plain: str, context: str) -> str:
        """Seal a secret; it opens in the same context only."""

    def unseal(self, sealed: str, context: str) -> str:
        """Return what was sealed; raises `SealBroken`."""

    def sign(self, text: bytes) -> bytes:
        """Return the HMAC-SHA256 of a text, under a key that nobody else has."""


class Vault(Protocol):
    """Seals what is personal under a key of each person; without the key nobody reads it."""

    def new_key(self, context: str) -> str:
        """Return a new key, sealed under the house's."""

    def seal(self, key: str, plain: str, context: str) -> str:
        """Seal a text under a person's key."""

    def unseal(self, key: str, sealed: str, context: str) -> str:
        """Return what was sealed; raises `SealBroken`."""


# --- webhooks -------------------------------------------------------------------------------------


class AddressRefused(Refusal):
    """Nothing is sent to that address: {reason}."""

    code = "webhook.address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of a message."""

    #: The answer's status; 0: there was none.
    status: int = 0
    #: Why there was none, in a few words.
    why: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has it."""
        return 200 <= self.status < 300

    @property
    def outcome(self) -> str:
        """The status, or why there is none."""
        return str(self.status) if self.status else self.why


class Post(Protocol):
    """Sends signed messages to endpoints."""

    def check(self, url: str) -> None:
        """Refuse an address to which nothing is sent, by its looks; raises `AddressRefused`."""

    def new_secret(self) -> str:
        """Return a new secret, as the receiver is to have it."""

    def send(self, url: str, message: str, body: str, secrets: Sequence[str]) -> Sent:
        """Send a body under a message's id, signed with each secret; raises nothing."""


# --- calendars ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """A deadline in a holder's calendar."""

    #: Stays the same when the deadline moves; then `sequence` is higher.
    uid: str
    sequence: int
    changed_at: datetime
    #: By the zone that it is counted in.
    starts: datetime
    ends: datetime
    title: str
    text: str
    url: str
    alarms: tuple[datetime, ...]


# --- payment gateways -----------------------------------------------------------------------------


class NoticeRefused(Refusal):
    """The notice is not the gateway's: {reason}."""

    code = "payment.notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What somebody is to pay; the same order, however often it is created."""

    #: Ours, 32 letters and digits at most; the same on every retry, never used for another intent.
    order: str
    amount_minor: int
    currency: str
    #: What the payer reads, in their language.
    description: str
    #: "qr", "jsapi", "h5" or "page": how they pay.
    way: str
    #: Who pays, as the gateway knows them; "jsapi" needs it.
    payer: str = ""
    #: From then on nobody can pay it any more.
    ends_at: datetime
    #: Where the gateway tells us, and where the payer's browser goes back to.
    notify_url: str
    return_url: str = ""
    #: The payer agrees that we charge them again without them; see `Paid.mandate`.
    keeps: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Payable:
    """An order that was created: what the payer is given, by name ("code_url", "page_url" ...)."""

    given: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """An order that was paid."""

    order: str
    #: The gateway's own id of the payment; no two payments have one.
    payment: str
    amount_minor: int
    currency: str
    at: datetime
    #: Which wallet or card, where they say.
    means: str = ""
    #: What lets us charge the payer again (`Charger`), where the order keeps. Not every telling of
    #: a payment has it: where one came without it, it may come with a later one.
    mandate: str = ""
    #: The gateway's own name of the card, the same for the same card; never its number.
    card: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPaid:
    """A try to pay an order that failed; the payer may try again."""

    order: str
    #: The gateway's own id of the try.
    attempt: str
    code: str
    at: datetime
    #: As `Paid.card`.
    card: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedBack:
    """Money that the payer's bank took back, or has given back to us since ("won")."""

    #: Empty where they name the payment alone.
    order: str
    payment: str
    #: The gateway's own id of it; a payment may be charged back in parts.
    case: str
    amount_minor: int
    currency: str
    at: datetime
    #: "open": it is disputed. "lost": it is theirs for good. "won": it came back.
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpaid:
    """An order that is there and not paid; `is_closed`: nobody can pay it any more."""

    is_closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money to go back by the way it came; the same refund on every retry."""

    refund: str
    order: str
    #: What was paid in all, and what goes back of it.
    paid_minor: int
    amount_minor: int
    currency: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    """A refund that has arrived, or is on its way (`is_pending`)."""

    refund: str
    amount_minor: int
    is_pending: bool = False
    #: The bank account of ours that it left; empty: the gateway's.
    bank: str = ""
    #: It will not arrive, or has come back; only notices say so, and asking says why.
    has_failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRow:
    """One line of a gateway's daily bill."""

    #: Empty where they name the payment alone.
    order: str
    payment: str
    #: A refund's own id; empty: a payment, or a charge-back.
    refund: str = ""
    #: A charge-back's own id.
    case: str = ""
    #: Of a refund or a charge-back what went; below zero: it came back.
    amount_minor: int
    fee_minor: int
    currency: str
    at: datetime


#: What a notice may tell; `None`: something that is none of our business.
Told = Paid | NotPaid | Refunded | ChargedBack | None


class Gateway(Protocol):
    """A payment gateway. What got no answer is `Unknown`, never a failure."""

    @property
    def name(self) -> str:
        """As payments are kept under: "wechat", "acquirer" ..."""
        ...

    def create(self, order: Order) -> Payable | Declined | Unknown:
        """Let an order be paid; the same order again gives the same."""
        ...

    def query(self, order: str) -> Paid | Unpaid | Absent | Unknown:
        """Ask what became of an order."""
        ...

    def close(self, order: str) -> Unpaid | Paid | Absent | Unknown:
        """Let an order be paid no more; one that was paid meanwhile says so."""
        ...

    def refund(self, refund: Refund) -> Refunded | Declined | Unknown:
        """Send money back; the same refund again is the same."""
        ...

    def find_refund(self, refund: str, order: str) -> Refunded | Declined | Absent | Unknown:
        """Ask what became of a refund."""
        ...

    def notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Told:
        """Read a notice, judged by its raw bytes; raises `NoticeRefused`, and asks nobody."""
        ...

    def bill(self, day: date) -> Iterator[BillRow]:
        """Yield the lines of a day's bill, by the gateway's own day; raises `BillMissing`."""
        ...


class Charger(Protocol):
    """A gateway that charges payers again who have agreed to it, without them."""

    @property
    def name(self) -> str:
        """As payments are kept under."""
        ...

    def charge(self, order: Order, mandate: str) -> Paid | Unpaid | Declined | Unknown:
        """
        Charge an order by a mandate that `Paid` gave; the same order is charged once.

        `Unpaid`: it is under way. `query` says what became of it, as of any order.
        """
        ...


class BillMissing(Refusal):
    """{gateway} has no bill of {day} yet, or it cannot be read: {reason}."""

    code = "payment.bill"


# --- our own bank accounts ------------------------------------------------------------------------


class StatementRefused(Refusal):
    """The statement was not taken in, and nothing of it is kept: {reason}."""

    code = "bank.statement"


class StatementReader(Protocol):
    """Reads the files that a bank gives."""

    def read(self, data: bytes) -> Sequence[Statement]:
        """Return the statements of a file, whole; raises `StatementRefused` with the line."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """An account of ours that people pay into."""

    #: As it is called in the books.
    key: str
    currency: str
    #: What the payer is shown, by name ("bank", "holder", "number" ...).
    given: Mapping[str, str]
    #: As its statements write it.
    number: str
    #: Where its days begin.
    zone: tzinfo
    reader: StatementReader


class BankLedger(Protocol):
    """What is known here of transfers; nobody outside is asked."""

    def paid(self, order: str) -> Paid | None:
        """Return the transfer that was matched to an order."""
        ...

    def pay_out(self, refund: Refund) -> Refunded | None:
        """Put a refund on the list of what a person pays out; `None`: its payment is not known."""
        ...

    def paid_out(self, refund: str) -> Refunded | None:
        """Return a refund that is on that list."""
        ...

    def bill(self, day: date) -> Iterator[BillRow] | None:
        """Return what came and went on a day; `None`: no statement has it."""
        ...

    def close(self) -> None:
        """Let go of what it was opened with."""
        ...


# --- receipts -------------------------------------------------------------------------------------

#: What receipts are printed in, and on; "80mm" is the roll of a counter's printer.
LANGUAGES = ("zh-Hant", "zh-Hans", "pt", "en")
PAPERS = ("a5", "80mm")


class PaperRefused(Refusal):
    """The receipt cannot be printed: {reason}."""

    code = "receipt.paper"


class TokenForged(Refusal):
    """That is no token of a receipt of this house, or it was changed."""

    code = "receipt.token"


class KeyUnfit(Refusal):
    """{file} cannot sign receipts: {reason}."""

    code = "receipt.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is to be on a page."""

    #: As they were kept when the receipt was issued.
    facts: Mapping[str, Any]
    #: What the QR code says.
    token: str
    language: str
    paper: str
    #: It is not the first print · what it is of was undone since.
    is_copy: bool = False
    is_void: bool = False
    #: It will be signed, and says so.
    is_signed: bool = True


class Printer(Protocol):
    """Prints receipts."""

    def pdf(self, page: Page) -> bytes:
        """Return a page as a PDF, the same for the same page; raises `PaperRefused`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a PDF's signature proves."""

    #: "good": all of the file is as the issuer signed it · "none": nobody signed it · "bad".
    signature: str
    #: Why it is bad, in a few words.
    why: str = ""
    #: What the file says is its token; empty: nothing.
    token: str = ""


class Verifier(Protocol):
    """Knows what the issuer's keys have signed, the earlier ones too."""

    def read(self, token: str) -> bytes:
        """Return what a token says; raises `TokenForged`."""
        ...

    def judge(self, pdf: bytes) -> Judged:
        """Say what the signature of a file proves; whatever the file is, raises nothing."""
        ...


class Issuer(Verifier, Protocol):
    """Signs receipts with the issuer's key."""

    #: All certificates, old ones too, as PEM: what others verify by.
    certificates: bytes

    def token(self, said: bytes) -> str:
        """Return a short text that proves what it says to whoever has the certificate."""
        ...

    def sign(self, pdf: bytes) -> bytes:
        """Return a PDF with a signature that allows no change."""
        ...
