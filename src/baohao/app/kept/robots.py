"""
Robots: what forwarders of short messages and modems tell of the cards that somebody keeps.

They know little, so that they are asked little: a number, what happened, for how much as people
write it, and an id of theirs, by which the same told twice is taken down once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from baohao.app.kept.adding import ActOther, counts, end_of
from baohao.app.kept.listing import Card
from baohao.app.partners import keys
from baohao.app.partners.keys import Chance
from baohao.core.asks import Ask
from baohao.core.credentials import KEEPER, Credential, Listed, Scope
from baohao.core.money import parse_minor
from baohao.core.policy.ending import service_clock
from baohao.core.refusals import Refusal
from baohao.store import clock
from baohao.store.sql import Connection

#: Where what robots tell comes from.
CHANNEL = "api"
#: How many keys somebody has at a time, and how often each may ask.
KEYS_MAX, PER_SECOND, PER_DAY = 10, 5, 2_000


class ReadingEmpty(Refusal):
    """Say until when the card is good (until), or what credit it has (balance): one of the two."""

    code = "kept.reading"


class NoDay(Refusal):
    """{product} has no day that its operator would name; tell its credit (balance)."""

    code = "kept.reading.no_day"


class KeysMany(Refusal):
    """There are {most} keys already; put one away first."""

    code = "kept.keys_many"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a robot tells of a card."""

    #: Theirs; the same again is the same.
    id: str
    #: `None`: now.
    at: datetime | None = None
    #: An act, with its amount as people write it, in the currency of the card.
    kind: str = ""
    amount: str = ""
    sku: str = ""
    #: What the operator says: the last good day, or the credit.
    until: date | None = None
    balance: str = ""
    #: The message that it was read in.
    text: str = ""


def recording(card: Card, told: Told, principal: str, id_: UUID) -> Ask:
    """Return the ask that records an act; raises `ActOther` and `MoneyMalformed`."""
    policy = card.policy
    known = counts(policy)
    if told.kind not in known:
        raise ActOther(kind=told.kind, product=policy.title, counts=", ".join(known) or "nothing")
    payload: dict[str, Any] = {"kind": told.kind}
    if told.amount:
        payload["amount_minor"] = parse_minor(told.amount, policy.currency)
    if told.sku:
        payload["sku"] = told.sku
    return _ask("record", card, told, principal, id_, payload)


def observing(card: Card, told: Told, principal: str, id_: UUID) -> Ask:
    """
    Return the ask that takes a reading down; raises `ReadingEmpty`, `NoDay` and `MoneyMalformed`.
    """
    policy = card.policy
    if (told.until is None) == (not told.balance):
        raise ReadingEmpty()
    if told.until is None:
        minor = parse_minor(told.balance, policy.currency)
        payload: dict[str, Any] = {"balance": "main", "amount_minor": minor}
    else:
        clock = service_clock(policy)
        if not clock:
            raise NoDay(product=policy.title)
        payload = {"clock": clock, "until": end_of(policy, told.until).isoformat()}
    return _ask("observe", card, told, principal, id_, payload)


def _ask(
    verb: str, card: Card, told: Told, principal: str, id_: UUID, payload: dict[str, Any]
) -> Ask:
    if told.at is not None:
        payload["at"] = told.at.isoformat()
    if told.text:
        payload["evidence"] = told.text
    return Ask(
        id=id_,
        verb=verb,
        subject=card.subject,
        key=f"{verb}:{told.id}",
        principal=principal,
        channel=CHANNEL,
        payload=payload,
    )


# --- their keys -----------------------------------------------------------------------------------


def owner_of(keeper: str) -> str:
    """Return whose keys a keeper's robots have."""
    return f"{KEEPER}{keeper}"


def keys_of(conn: Connection, keeper: str) -> list[Listed]:
    """Return the live keys of a keeper's robots, the newest first."""
    now = clock.now(conn)
    return [each for each in keys.listed(conn, owner_of(keeper)) if each.credential.is_live(now)]


def make_key(
    conn: Connection,
    keeper: str,
    label: str,
    cards: frozenset[str],
    kinds: frozenset[str],
    chance: Chance,
) -> str:
    """
    Make a key for some cards of a keeper, and return the whole of it, this once.

    Raises `KeysMany`, `TwoLive` and `CredentialMalformed`.
    """
    if len(keys_of(conn, keeper)) >= KEYS_MAX:
        raise KeysMany(most=KEYS_MAX)
    id_, whole, verifier = keys.drawn(False, chance)
    wanted = Credential(
        id=id_,
        owner=owner_of(keeper),
        label=label,
        is_sandbox=False,
        verifier=verifier,
        scopes=frozenset({Scope.KEPT}),
        per_second=PER_SECOND,
        per_day=PER_DAY,
        cards=cards,
        kinds=kinds,
    )
    keys.create(conn, wanted, {})
    return whole


def end_keys(conn: Connection, keeper: str) -> None:
    """Put all keys of a keeper's robots away."""
    for each in keys_of(conn, keeper):
        keys.revoke(conn, owner_of(keeper), each.credential.id)
