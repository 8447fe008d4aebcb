"""
Keys of machines: made, found, rotated and put away.

A label has two live keys at most, so that a new one can be carried everywhere before the old one
ends. What asks is the owner, never the key: what was asked under an idempotency key stays its
owner's through every rotation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest

from baohao.app.agents import registry
from baohao.core import credentials as core
from baohao.core.agents import Agent, AgentInactive
from baohao.core.credentials import (
    ALPHABET,
    ID_LENGTH,
    LIVE,
    OPERATOR,
    SANDBOX,
    SECRET_LENGTH,
    Credential,
    CredentialMalformed,
    KeyUnknown,
    Listed,
    Scope,
    TwoLive,
)
from baohao.core.operators import Operator
from baohao.store import clock
from baohao.store import credentials as store
from baohao.store.sql import Connection

#: Returns so many bytes of chance.
Chance = Callable[[int], bytes]
#: How long the old key goes on after a rotation, if nobody says otherwise.
OVERLAP = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """A key with whom it belongs to."""

    credential: Credential
    #: `None`: an operator's own systems, or somebody's robot.
    agent: Agent | None

    @property
    def operators(self) -> frozenset[str]:
        """Whose lines it may ask about."""
        if self.agent is None:
            return frozenset(filter(None, {self.credential.operator}))
        return self.agent.operators


def drawn(is_sandbox: bool, chance: Chance) -> tuple[str, str, bytes]:
    """Return a new key: its id, the whole of it, and what to keep of its secret."""
    id_, secret = _letters(ID_LENGTH, chance), _letters(SECRET_LENGTH, chance)
    return id_, core.written(SANDBOX if is_sandbox else LIVE, id_, secret), _verifier(secret)


def create(conn: Connection, wanted: Credential, operators: Mapping[str, Operator]) -> None:
    """
    Keep a key. Raises `TwoLive`, `AgentUnknown`, `CredentialMalformed`.

    What it may be for follows from its owner: an agent hands nobody over, and an operator's own
    systems do not sell on credit.
    """
    _fits(conn, wanted, operators)
    if not store.add(conn, wanted):
        raise TwoLive(label=wanted.label)


def rotate(
    conn: Connection, owner: str, id_: str, chance: Chance, overlap: timedelta = OVERLAP
) -> str:
    """
    Return a new key beside an old one, which ends after `overlap`.

    Raises as `create` does, and `KeyUnknown` where the old one is dead already.
    """
    old = of(conn, owner, id_)
    if not old.is_live(clock.now(conn)):
        raise KeyUnknown()
    new_id, whole, verifier = drawn(old.is_sandbox, chance)
    store.end(conn, owner, id_, clock.now(conn) + overlap)
    if not store.add(conn, replace(old, id=new_id, verifier=verifier, ends_at=None)):
        raise TwoLive(label=old.label)
    return whole


def revoke(conn: Connection, owner: str, id_: str) -> None:
    """Put a key away at once; raises `KeyUnknown`."""
    of(conn, owner, id_)
    store.end(conn, owner, id_, clock.now(conn))


def of(conn: Connection, owner: str, id_: str) -> Credential:
    """Return a key of a principal; raises `KeyUnknown`."""
    found = store.find(conn, id_)
    if found is None or found.owner != owner:
        raise KeyUnknown()
    return found


def listed(conn: Connection, owner: str) -> tuple[Listed, ...]:
    """Return the keys of a principal, those put away too."""
    return store.of_owner(conn, owner)


def find(conn: Connection, id_: str) -> Bearer:
    """Return who has a live key by that id; raises `KeyUnknown`, `AgentInactive`."""
    found = store.find(conn, id_)
    if found is None or not found.is_live(clock.now(conn)):
        raise KeyUnknown()
    if found.operator or found.keeper:
        return Bearer(credential=found, agent=None)
    agent = registry.find(conn, found.owner)
    if not agent.is_active:
        raise AgentInactive(agent=agent.key)
    return Bearer(credential=found, agent=agent)


def fits(found: Credential, secret: str) -> bool:
    """Tell whether a secret is the key's, in the same time whatever it is."""
    return compare_digest(found.verifier, _verifier(secret))


def count(conn: Connection, used: Mapping[tuple[str, str], int]) -> Mapping[str, int]:
    """Add what keys have asked to their day; return what each has asked today."""
    return store.count(conn, used, clock.now(conn).date())


def _fits(conn: Connection, wanted: Credential, operators: Mapping[str, Operator]) -> None:
    if wanted.operator:
        if wanted.operator not in operators:
            reason = f"there is no operator {wanted.operator} in the library"
            raise CredentialMalformed(part="owner", reason=reason)
        never = {Scope.SELL, Scope.REVERSE, Scope.MONEY, Scope.KEPT}
        _only(wanted, never, "an operator's")
    elif wanted.keeper:
        if wanted.scopes != {Scope.KEPT} or not wanted.cards:
            raise CredentialMalformed(part="cards", reason="say of which cards it may speak")
    elif wanted.owner.startswith(OPERATOR):
        raise CredentialMalformed(part="owner", reason="name the operator, as in operator:demo")
    else:
        registry.find(conn, wanted.owner)
        _only(wanted, {Scope.FACTS, Scope.HANDOVER, Scope.KEPT}, "an agent's")


def _only(wanted: Credential, never: Collection[Scope], whose: str) -> None:
    wrong = sorted(wanted.scopes & set(never))
    if wrong:
        raise CredentialMalformed(
            part="scopes", reason=f"{whose} key is not for {', '.join(wrong)}"
        )


def _letters(count: int, chance: Chance) -> str:
    """Return letters drawn evenly: a byte of 248 or more would favour the first ones."""
    found = ""
    while len(found) < count:
        found += "".join(ALPHABET[byte % 62] for byte in chance(count) if byte < 248)
    return found[:count]


def _verifier(secret: str) -> bytes:
    # A secret of 190 bits needs no slow hash.
    return sha256(secret.encode()).digest()
