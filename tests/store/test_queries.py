"""Every statement is named, used, and understood by the database; none forgets the bucket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

import baohao
from baohao.store import sql

SRC = Path(baohao.__file__).parent
FILE = Path(sql.__file__).parent / "queries.sql"


def numbered(statement: str) -> str:
    """The statement with PostgreSQL's own placeholders."""

    def places() -> Iterator[str]:
        for n in range(1, 100):
            yield f"${n}"

    place = places()
    return re.sub(r"%(b|%)", lambda found: "%" if found[1] == "%" else next(place), statement)


def test_the_database_understands_every_statement(conn: psycopg.Connection[Any]) -> None:
    assert len(sql.STATEMENTS) > 50
    misunderstood = {}
    for name, statement in sql.STATEMENTS.items():
        try:
            with conn.transaction():
                conn.execute(f"PREPARE {name} AS {numbered(statement.decode())}".encode())
        except psycopg.Error as error:
            misunderstood[name] = str(error)
    assert misunderstood == {}


def test_every_statement_is_used() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in SRC.rglob("*.py"))
    named = {name for name in sql.STATEMENTS if f'"{name}"' not in code}
    assert {name for name in named if not name.startswith("doctor_")} == set()
    doctored = {f"doctor_{name}" for name in re.findall(r'^    "(\w+)": "', code, re.MULTILINE)}
    assert {name for name in named if name.startswith("doctor_")} - doctored == set()


def test_every_statement_says_in_a_sentence_what_it_is_for() -> None:
    text = FILE.read_text(encoding="utf-8")
    told = re.findall(r"^-- name: (\w+)\n-- [A-Z](?:.+\n-- )*.+\.\n[A-Z]", text, re.MULTILINE)
    assert set(sql.STATEMENTS) - set(told) == set()


def test_two_statements_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="one name"):
        sql.load("-- name: a\n-- A.\nSELECT 1\n-- name: a\n-- B.\nSELECT 2\n")


def test_every_target_of_a_conflict_has_the_bucket() -> None:
    targets = {
        name: found
        for name, text in sql.STATEMENTS.items()
        for found in re.findall(r"ON CONFLICT \(([^)]*)\)", text.decode())
    }
    assert len(targets) > 2
    # A ladder is the same in every bucket.
    assert {n for n, t in targets.items() if not t.startswith("bucket,")} == {"insert_ladders"}


def test_every_write_of_a_row_names_its_bucket() -> None:
    silent = {
        name: text
        for name, text in sql.STATEMENTS.items()
        if re.match(rb"(UPDATE|DELETE|INSERT)\b", text) and b"bucket" not in text
    }
    # The house and the ladders are the same in every bucket.
    assert [n for n, text in silent.items() if not re.search(rb" (house|ladders)\b", text)] == []
    assert "insert_ladders" in silent
