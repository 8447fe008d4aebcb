"""Receipts are numbered 1 to n and once for each act, under races, kills and rollbacks."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from uuid import UUID

import psycopg
import pytest
from tests.conftest import Campaign
from tests.races.racing import DOORS, at_once
from tests.shop import Shop
from tests.shop.receipts import desk, issuer, operators

from baohao.app.receipts.desk import issue
from baohao.app.shell import Shell
from baohao.outside.signing import IssuerOfHouse
from baohao.store import sql
from baohao.store.receipts import Receipt
from baohao.store.sql import Connection

NUMBER = "+85366130{:03}"
POINT = "hall-1"


class ChangedMyMind(Exception):  # noqa: N818 - it is no error
    """Whoever had a number gives it back."""


class Numbering:
    """Gives receipts from several doors at once."""

    def __init__(self, shop: Shop, by: IssuerOfHouse) -> None:
        self.shop, self.by = shop, by
        self.terms = shop.terms()

    def act(self, n: int) -> UUID:
        """A card that was sold."""
        number = NUMBER.format(n)
        sold = self.shop.activate(number)
        self.shop.answers([self.shop.stock(number), sold])
        return sold.id

    def give(self, shell: Shell, act: UUID, point: str, *, keep: bool = True) -> Receipt:
        def work(conn: Connection) -> Receipt:
            made = issue(conn, self.terms, operators(), self.by, act, point)
            if not keep:
                raise ChangedMyMind
            return made

        return shell.run(work)

    def numbers(self) -> list[int]:
        """The numbers of the series, as they are kept."""
        found = self.shop.rows("SELECT number FROM receipts WHERE point = %s ORDER BY 1", POINT)
        return [number for (number,) in found]

    def rush(self, acts: Sequence[UUID], seed: int) -> None:
        """All doors give all acts their receipts, each in an order of its own; some give back."""

        def work(shell: Shell, door: int) -> None:
            chance = random.Random(seed * DOORS + door)
            for act in chance.sample(acts, len(acts)):
                with suppress(ChangedMyMind):
                    self.give(shell, act, POINT, keep=chance.random() > 0.3)
                self.give(shell, act, POINT)

        at_once(self.shop, work)


@pytest.fixture
def numbering(shop: Shop, tmp_path: Path) -> Numbering:
    return Numbering(shop, issuer(tmp_path))


def kill_now_and_then(conninfo: str, over: Event, seed: int) -> None:
    """End one session of the database after the other, in the middle of whatever it does."""
    chance = random.Random(seed)
    with psycopg.connect(conninfo, autocommit=True) as conn:
        while not over.wait(chance.uniform(0.01, 0.05)):
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
                "pg_backend_pid() AND datname = current_database() ORDER BY random() LIMIT 1"
            )


def test_a_series_is_1_to_n_whoever_races_dies_or_changes_their_mind(
    numbering: Numbering, campaign: Callable[[int], Campaign]
) -> None:
    drawn = campaign(12)
    acts = [numbering.act(n) for n in range(drawn.count)]
    over = Event()
    killer = Thread(target=kill_now_and_then, args=(numbering.shop.conninfo, over, drawn.seed))
    killer.start()
    try:
        numbering.rush(acts, drawn.seed)
    finally:
        over.set()
        killer.join()
    assert numbering.numbers() == list(range(1, len(acts) + 1))
    numbering.shop.shell.close()
    numbering.shop.is_well()


def test_workers_that_give_what_is_owed_at_once_share_it(numbering: Numbering) -> None:
    for n in range(20):
        numbering.act(n)
    shop = numbering.shop
    given = at_once(shop, lambda shell, _: desk(shop, numbering.by, shell).catch_up())
    assert sum(given) == 20
    found = shop.rows("SELECT number FROM receipts WHERE point = 'online' ORDER BY 1")
    assert [number for (number,) in found] == list(range(1, 21))
    shop.is_well()


def test_a_sequence_leaves_gaps(numbering: Numbering, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(numbering.shop.conninfo) as conn:
        conn.execute("CREATE SEQUENCE twin")
    twin = """
        INSERT INTO receipt_series AS s (bucket, point, year, last, issued_at)
        VALUES (%b, %b, %b, nextval('twin'), %b)
        ON CONFLICT (bucket, point, year) DO UPDATE SET last = excluded.last
        RETURNING last, issued_at"""
    monkeypatch.setitem(sql.STATEMENTS, "next_receipt", twin.encode())
    numbering.rush([numbering.act(n) for n in range(6)], 0)
    numbers = numbering.numbers()
    assert numbers != list(range(1, len(numbers) + 1))


def at_two_halls(numbering: Numbering, act: UUID) -> set[tuple[str, int]]:
    """Give one act its receipt at several halls at once."""
    halls = [f"hall-{door % 2}" for door in range(DOORS)]
    given = at_once(numbering.shop, lambda shell, door: numbering.give(shell, act, halls[door]))
    return {(receipt.point, receipt.number) for receipt in given}


def test_one_act_has_one_receipt_wherever_it_is_asked_for(numbering: Numbering) -> None:
    for n in range(5):
        assert len(at_two_halls(numbering, numbering.act(n))) == 1
    numbering.shop.is_well()


def test_without_the_claim_it_has_two(
    numbering: Numbering, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = sql.STATEMENTS["claim_receipt"].decode()
    twin = claim.replace(" AND point IS NULL", "")
    assert twin != claim
    monkeypatch.setitem(sql.STATEMENTS, "claim_receipt", twin.encode())
    for n in range(20):
        try:
            if len(at_two_halls(numbering, numbering.act(n))) > 1:
                return
        except Exception as wall:  # noqa: BLE001 - the table's own key, where both were at one hall
            assert "receipts_bucket_ask_key" in str(wall)  # noqa: PT017
    raise AssertionError("nothing went wrong without the claim")
