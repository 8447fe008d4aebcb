"""
People: who a holder is, entered at a counter and read by who may; erased by destroying the key.

A document that is known brings the holder that it is of, so that quotas count a person once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from uuid import UUID

import msgspec

from baohao.app.ports import Seals, Vault
from baohao.core.people import Person, said_of
from baohao.core.refusals import Refusal
from baohao.store import clock, messages, people
from baohao.store.sql import Connection


class PersonUnknown(Refusal):
    """Nothing is known of the holder any more, or was never entered."""

    code = "person.unknown"


def digest_of(seals: Seals, person: Person) -> str:
    """Return the keyed digest that a document is found by; it tells nothing of the document."""
    return seals.sign(f"document\0{said_of(person)}".encode()).hex()


def holder_of(conn: Connection, seals: Seals, person: Person) -> str | None:
    """Return the holder that a document is of; `None`: nobody's that is known."""
    return people.holder_of(conn, digest_of(seals, person))


def know(conn: Connection, digest: str, holder: str) -> bool:
    """Say that a document is a holder's; return whether it was nobody's."""
    return people.add_document(conn, digest, holder)


def enter(
    conn: Connection, seals: Seals, vault: Vault, person: Person, new_id: Callable[[], UUID]
) -> str:
    """Keep who a person is, and return the holder's random id: the one that the document has."""
    digest = digest_of(seals, person)
    holder = people.holder_of(conn, digest) or f"h-{new_id().hex}"
    if not people.add_document(conn, digest, holder):
        # Another clerk entered the same document meanwhile: the holder is theirs.
        holder = people.holder_of(conn, digest) or holder
    known = people.read(conn, holder)
    key = vault.new_key(_context(holder)) if known is None else known[0]
    plain = msgspec.json.encode(asdict(person)).decode()
    people.put(conn, holder, key, vault.seal(key, plain, _context(holder)), clock.now(conn))
    return holder


def read(conn: Connection, vault: Vault, holder: str) -> Person:
    """Return who a holder is; raises `PersonUnknown`, and `SealBroken`."""
    found = people.read(conn, holder)
    if found is None:
        raise PersonUnknown()
    key, sealed = found
    return msgspec.json.decode(vault.unseal(key, sealed, _context(holder)), type=Person)


def erase(conn: Connection, holder: str) -> None:
    """
    Destroy a person's keys and forget the documents; journal and books stay whole.

    Of what they were told the digests stay.
    """
    messages.erase(conn, holder)
    if not people.erase(conn, holder):
        raise PersonUnknown()


def _context(holder: str) -> str:
    return f"person:{holder}"
