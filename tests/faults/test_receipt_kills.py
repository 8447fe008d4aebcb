"""Whoever gives receipts dies at each point in turn: each act has one, and series have no gap."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import psycopg
import pytest
from tests.shop import Shop
from tests.shop.receipts import desk, done, issuer

from baohao.app.door import Door
from baohao.app.shell import Shell
from baohao.outside.signing import IssuerOfHouse
from baohao.store import receipts
from baohao.store.receipts import Given
from baohao.store.sql import Connection

NUMBER = "+85366140001"
#: Longer than a receipt that was taken up stays nobody else's.
PAUSE = timedelta(hours=2)

T = TypeVar("T")


class Died(BaseException):
    """As SIGKILL: nobody catches it, and the connection is gone."""


class Mortal(psycopg.Connection[Any]):
    """A connection of somebody who dies at its nth word with the server, before or after it."""

    words_left: int
    hears_answer: bool

    def wait(self, gen: Generator[Any, Any, T], *rest: Any, **named: Any) -> T:
        self.words_left -= 1
        if self.words_left < 0:
            if self.hears_answer:
                super().wait(gen, *rest, **named)
            self.pgconn.finish()
            raise Died
        return super().wait(gen, *rest, **named)


class Office:
    """Somebody sells, and one clerk after another gives receipts and dies."""

    def __init__(self, shop: Shop, by: IssuerOfHouse) -> None:
        self.shop, self.by = shop, by
        shop.open(NUMBER)
        self.desk = desk(shop, by)
        self.acts: list[UUID] = []

    def dies_at(self, word: int, *, hears_answer: bool) -> bool:
        """Sell once more, and let somebody give receipts who dies; false: they lived."""
        self.acts.append(done(self.shop, self.shop.renew(NUMBER)))

        def connect() -> Connection:
            conn = Mortal.connect(self.shop.conninfo)
            conn.words_left, conn.hears_answer = word, hears_answer
            return conn

        shell = Shell(Door(self.shop.terms), connect)
        try:
            desk(self.shop, self.by, shell).catch_up()
        except Died:
            self.shop.later(PAUSE)
            return True
        finally:
            shell.close()
        return False

    def numbers(self) -> list[int]:
        rows = self.shop.rows("SELECT number FROM receipts ORDER BY number")
        return [number for (number,) in rows]


@pytest.fixture
def office(shop: Shop, tmp_path: Path) -> Office:
    return Office(shop, issuer(tmp_path))


@pytest.mark.parametrize("hears_answer", [False, True], ids=["unheard", "heard"])
def test_each_act_has_one_receipt_wherever_its_giver_dies(
    office: Office, hears_answer: bool
) -> None:
    office.shop.fund(10_000_000)
    word = 0
    while office.dies_at(word, hears_answer=hears_answer):
        word += 1
        numbers = office.numbers()
        assert numbers == list(range(1, len(numbers) + 1))
    # From the first word of the first transaction to the last of a whole turn.
    assert word > 10
    office.shop.later(PAUSE)
    office.desk.catch_up()
    assert office.desk.catch_up() == 0
    given = {str(ask) for (ask,) in office.shop.rows("SELECT ask FROM receipts")}
    assert {str(act) for act in office.acts} <= given
    assert len(given) == len(office.numbers()) == len(office.acts) + 1
    office.shop.is_well()


def test_a_number_of_a_transaction_of_its_own_leaves_a_gap(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    give = receipts.number

    def hastily(conn: Connection, *what: Any) -> Given | None:
        given = give(conn, *what)
        conn.commit()
        return given

    monkeypatch.setattr(receipts, "number", hastily)
    office.shop.fund(10_000_000)
    for word in range(30):
        with suppress(LookupError):
            office.dies_at(word, hears_answer=False)
    numbers = office.numbers()
    assert numbers != list(range(1, len(numbers) + 1))
