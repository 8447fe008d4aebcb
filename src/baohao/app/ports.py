"""
Ports: what the use cases ask of the world outside. `outside` has what answers.

An answer that did not come is `Unknown`, never a failure: what was asked may have been done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

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
