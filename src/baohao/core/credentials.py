"""
Keys of machines: how one is written, what it may do, and when it may do it no more.

    bh_live_ 7Kq2MXv9Ra dZ0...(32 characters) k3Xw9P
    kind     id         secret                checksum

The checksum lets a scanner of repositories tell a key from chance without asking anybody. A key of
the kind `bh_test_` works on the lines of invented operators alone.

    Refusal
    └── KeyRefusal
        ├── KeyMalformed       it is no key, or was mistyped
        ├── KeyUnknown         nobody has it, or no more
        ├── KeyElsewhere       not from this address
        ├── ScopeMissing       it is not for this
        ├── SandboxOnly        it is for invented operators
        ├── TwoLive            a label has two keys already
        ├── KindMissing        it is not for such acts
        └── CredentialMalformed a label, a network or a limit that cannot be used
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from baohao.core.refusals import Refusal

LIVE, SANDBOX = "bh_live_", "bh_test_"
ID_LENGTH, SECRET_LENGTH, CHECKSUM_LENGTH = 10, 32, 6
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH = ID_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH
_WRITTEN = re.compile(rf"bh_(?:live|test)_[0-9A-Za-z]{{{_LENGTH}}}", re.ASCII)
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,39}", re.ASCII)
#: How an operator's own systems are written as a principal.
OPERATOR = "operator:"
#: And a robot that somebody lets record what is done with their cards.
KEEPER = "keeper:"

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class KeyRefusal(Refusal):
    """The key cannot be used."""

    code = "key"


class KeyMalformed(KeyRefusal):
    """This is no key of this house: it begins with bh_live_ or bh_test_; see that it is whole."""

    code = "key.malformed"


class KeyUnknown(KeyRefusal):
    """The key is not known, or was put away; ask the operator for a new one."""

    code = "key.unknown"


class KeyElsewhere(KeyRefusal):
    """The key may not be used from this address."""

    code = "key.elsewhere"


class BudgetOver(KeyRefusal):
    """The key has asked {per_day} times today, which is all it may; it begins anew at 0:00 UTC."""

    code = "key.budget"


class ScopeMissing(KeyRefusal):
    """The key is not for this: it needs the scope "{scope}"."""

    code = "key.scope"


class SandboxOnly(KeyRefusal):
    """A test key works on the lines of invented operators alone."""

    code = "key.sandbox"


class TwoLive(KeyRefusal):
    """Two keys called "{label}" are live already; put one away first (keys revoke)."""

    code = "key.two_live"


class KindMissing(KeyRefusal):
    """The key is not for recording "{kind}"; it is for {kinds}."""

    code = "key.kind"


class CredentialMalformed(KeyRefusal):
    """The key's {part} is not valid: {reason}."""

    code = "key.particulars"


class Scope(StrEnum):
    """What a key is for; none holds another."""

    #: Lines: until when they are safe, their timelines, what-if, the catalogue.
    READ = "read"
    #: Quotes, renewals, top-ups, activations out of one's own stock, files of them.
    SELL = "sell"
    #: Reversals.
    REVERSE = "reverse"
    #: Float, commissions, statements, receipts.
    MONEY = "money"
    #: The feed and webhooks.
    EVENTS = "events"
    #: An operator's own systems: records and observations.
    FACTS = "facts"
    #: An operator's own app: holders handed over signed in, and their wallets.
    HANDOVER = "handover"
    #: Somebody's own robot: records and readings of cards that they keep, and nothing else.
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One key, without its secret. Raises `CredentialMalformed`."""

    id: str
    #: The principal: an agent's key, "operator:KEY" or "keeper:ID".
    owner: str
    label: str
    is_sandbox: bool
    #: SHA-256 of the secret.
    verifier: bytes
    scopes: frozenset[Scope]
    #: That it may come from; empty: any.
    networks: tuple[Network, ...] = ()
    #: What requests are signed with, sealed; empty: they need no signature.
    signing: str = ""
    #: Requests in a second, on the average; and requests in a day (UTC).
    per_second: int = 100
    per_day: int = 5_000_000
    #: From then on it is dead; `None`: nobody has said.
    ends_at: datetime | None = None
    #: Of a robot: the numbers that it may speak of, and the kinds of acts; empty: any that count.
    cards: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if _LABEL.fullmatch(self.label) is None:
            reason = "write at most 40 letters, digits, spaces, _ . and -"
            raise CredentialMalformed(part="label", reason=reason)
        if not self.scopes:
            raise CredentialMalformed(part="scopes", reason=f"say what for: {', '.join(Scope)}")
        if self.per_second < 1 or self.per_day < 1:
            raise CredentialMalformed(part="limit", reason="it is 1 or more")

    @property
    def shown(self) -> str:
        """What may be shown of it, to find it again."""
        return f"{SANDBOX if self.is_sandbox else LIVE}{self.id}"

    @property
    def signing_context(self) -> str:
        """What the signing secret is sealed for: the same through every rotation."""
        return f"signing:{self.owner}/{self.label}"

    @property
    def operator(self) -> str:
        """The operator whose systems ask by it; empty: it is an agent's."""
        return self.owner.removeprefix(OPERATOR) if self.owner.startswith(OPERATOR) else ""

    @property
    def keeper(self) -> str:
        """Whose robot asks by it; empty: it is no robot's."""
        return self.owner.removeprefix(KEEPER) if self.owner.startswith(KEEPER) else ""

    def records(self, kind: str) -> None:
        """Raise `KindMissing` where a robot may not record such acts."""
        if self.kinds and kind not in self.kinds:
            raise KindMissing(kind=kind, kinds=", ".join(sorted(self.kinds)))

    def covers(self, other: Credential) -> bool:
        """Tell whether another key may do no more than this one, and from nowhere else."""
        return (
            self.is_sandbox == other.is_sandbox
            and other.scopes <= self.scopes
            and other.cards <= self.cards
            and (not self.kinds or frozenset() < other.kinds <= self.kinds)
            and (not self.networks or self.networks == other.networks)
        )

    def is_live(self, now: datetime) -> bool:
        """Tell whether it may still be used."""
        return self.ends_at is None or now < self.ends_at

    def comes_from(self, address: str) -> bool:
        """Tell whether it may be used from an address."""
        if not self.networks:
            return True
        try:
            found = ip_address(address)
        except ValueError:
            return False
        if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        return any(found in network for network in self.networks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A key with what became of it."""

    credential: Credential
    created_at: datetime
    last_used_at: datetime | None


def networks(written: list[str]) -> tuple[Network, ...]:
    """Read networks as people write them, "203.0.113.0/24"; raises `CredentialMalformed`."""
    try:
        return tuple(ip_network(text.strip(), strict=False) for text in written)
    except ValueError as error:
        raise CredentialMalformed(part="network", reason=str(error)) from None


def scopes(written: list[str]) -> frozenset[Scope]:
    """Read scopes by name; raises `CredentialMalformed`."""
    unknown = sorted(set(written) - set(Scope))
    if unknown:
        reason = f"there is no {', '.join(unknown)}; there are {', '.join(Scope)}"
        raise CredentialMalformed(part="scopes", reason=reason)
    return frozenset(map(Scope, written))


def id_of(text: str) -> str:
    """Return a key's id of what is shown of it; whoever gives the whole key means the same."""
    return text.strip().removeprefix(LIVE).removeprefix(SANDBOX)[:ID_LENGTH]


def written(kind: str, id_: str, secret: str) -> str:
    """Return the whole key, as its owner keeps it."""
    head = f"{kind}{id_}{secret}"
    return head + checksum(head)


def read(text: str) -> tuple[str, str]:
    """Return the id and the secret of a whole key; raises `KeyMalformed`."""
    if (
        _WRITTEN.fullmatch(text) is None
        or checksum(text[:-CHECKSUM_LENGTH]) != text[-CHECKSUM_LENGTH:]
    ):
        raise KeyMalformed()
    body = text[len(LIVE) :]
    return body[:ID_LENGTH], body[ID_LENGTH:-CHECKSUM_LENGTH]


def checksum(head: str) -> str:
    """Return the CRC-32 of a key's head in six of `ALPHABET`."""
    value, found = zlib.crc32(head.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        value, rest = divmod(value, len(ALPHABET))
        found = ALPHABET[rest] + found
    return found
