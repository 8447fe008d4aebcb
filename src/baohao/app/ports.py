"""Ports: what use cases ask of the world; `outside` has the adapters, and their twins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from baohao.core.refusals import Refusal


class AddressRefused(Refusal):
    """Nothing is sent to that address: {reason}."""

    code = "webhook.address"


class SealBroken(Refusal):
    """A secret cannot be read: it was sealed under another key, for something else, or changed."""

    code = "seal.broken"


class Seals(Protocol):
    """Keeps secrets so that whoever reads the database does not read them."""

    def seal(self, plain: str, context: str) -> str:
        """Seal a secret; it opens in the same context only."""

    def unseal(self, sealed: str, context: str) -> str:
        """Return what was sealed; raises `SealBroken`."""


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
