"""Who holders are: sealed, found by their documents, and gone once they are erased."""

from __future__ import annotations

import itertools
from typing import Any
from uuid import UUID

import psycopg
import pytest

from baohao.app import people
from baohao.app.people import PersonUnknown
from baohao.app.ports import SealBroken
from baohao.core.people import DocumentUnreadable, NameMissing, Person, read_person
from baohao.core.refusals import Refusal
from baohao.outside.sealing import SealsOfHouse, VaultOfHouse

SEALS = SealsOfHouse(b"k" * 32)
VAULT = VaultOfHouse(SEALS)
Conn = psycopg.Connection[Any]
_ids = itertools.count(1)


def new_id() -> UUID:
    return UUID(int=next(_ids))


def somebody(**said: Any) -> Person:
    return read_person(**{"name": "陳大文", "document": "bir", "number": "1234567(8)"} | said)


def test_a_document_brings_its_holder_back(conn: Conn) -> None:
    first = people.enter(conn, SEALS, VAULT, somebody(), new_id)
    again = people.enter(
        conn, SEALS, VAULT, somebody(name="Chan Tai Man", number="12345678"), new_id
    )
    other = people.enter(conn, SEALS, VAULT, somebody(number="7654321(0)"), new_id)
    assert first == again != other
    assert people.read(conn, VAULT, first).name == "Chan Tai Man"
    assert people.holder_of(conn, SEALS, somebody()) == first


def test_nothing_personal_is_readable_in_the_database(conn: Conn) -> None:
    people.enter(conn, SEALS, VAULT, somebody(email="man@example.org"), new_id)
    kept = str(
        conn.execute("SELECT people::text, documents::text FROM people, documents").fetchall()
    )
    assert not [each for each in ("陳", "1234567", "example") if each in kept]


def test_erasure_leaves_nothing_to_read(conn: Conn) -> None:
    holder = people.enter(conn, SEALS, VAULT, somebody(), new_id)
    people.erase(conn, holder)
    with pytest.raises(PersonUnknown):
        people.read(conn, VAULT, holder)
    assert people.holder_of(conn, SEALS, somebody()) is None
    with pytest.raises(PersonUnknown):
        people.erase(conn, holder)


def test_a_row_copied_to_another_holder_does_not_open(conn: Conn) -> None:
    first = people.enter(conn, SEALS, VAULT, somebody(), new_id)
    other = people.enter(conn, SEALS, VAULT, somebody(number="7654321(0)"), new_id)
    conn.execute(
        "UPDATE people SET (key, sealed) = (SELECT key, sealed FROM people WHERE holder = %s)"
        " WHERE holder = %s",
        [first, other],
    )
    with pytest.raises(SealBroken):
        people.read(conn, VAULT, other)


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"name": " \u202e "}, NameMissing),
        ({"name": "𡃁" * 201}, NameMissing),
        ({"document": "passport", "number": "MA-12"}, DocumentUnreadable),
        ({"document": "hkid", "number": "A123456(4)"}, Refusal),
        ({"document": "bir", "number": "123"}, Refusal),
    ],
)
def test_what_was_typed_wrong_is_refused(said: dict[str, str], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        somebody(**said)


def test_a_name_keeps_its_letters_and_loses_what_turns_it() -> None:
    assert somebody(name="\u202e𨋢 <b>𫚉</b> ").name == "𨋢 <b>𫚉</b>"
    assert "陳" not in repr(somebody())
