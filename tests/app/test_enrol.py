"""Enrolling equals putting each line in alone: the same rows, but for when they were recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import polars as pl
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import errors, sql

from baohao.app.door import Answered, Door
from baohao.app.enrol import By, asks_of, enrol
from baohao.app.inventory_cards import IDENTIFIERS
from baohao.app.inventory_kinds import Kind
from baohao.app.policies import load, shipped
from baohao.core.asks import Ask, Terms
from baohao.core.bucket import bucket_of
from baohao.store import journal, partitions
from baohao.store.sql import rows

Conn = psycopg.Connection[Any]
PARENT = UUID("01900000-0000-7000-8000-000000000000")
BY = By(principal="staff:ana", channel="operator")
KEEP12 = load(shipped() / "demo" / "keep12.toml").accepted()
BALANCE = load(shipped() / "demo" / "balance180.toml").accepted()
# Its rules are not all known: a line of it has several readings.
UNSURE = load(shipped() / "th" / "ais.onetwocall.toml").accepted()
RULES = {policy.pin: policy for policy in (KEEP12, BALANCE, UNSURE)}
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)

#: What a row has of its own, and what follows from the time it was recorded.
TABLES = {
    "lines": "bucket, number, operator, plan, pin, custody, epoch, holder, iccid, version,"
    " safe_until, due_at, state::text",
    "tenures": "bucket, number, epoch, holder, since, until",
    "cards": "bucket, identifier, kind, number",
    "chips": "bucket, eid, number",
    "due": "bucket, number, at",
    "ladders": "ladder, pin, stages::text, kinds::text",
    "boundaries": "bucket, number, ladder, starts",
    "benefits": "bucket, number, epoch, seq, n, act, clock, kind, starts_at, ends_at, is_live",
    "journal": "bucket, subject, seq, kind, ask, principal, channel, payload::text,"
    " recorded_at, effective_at",
    "entries": "bucket, id, subject, seq, kind, currency, transfer, payer, reason, accounts,"
    " amounts",
    "effects": "bucket, id, subject, epoch, kind, due_at, data::text",
    "holdings": "bucket, holder, operator, cards",
    "deferrals": "bucket, subject, seq, plan",
    "accounts": "bucket, account, balance_minor",
    "parked": "bucket, id",
}


def terms() -> Terms:
    return Terms(rules=RULES, transfer=UUID(int=7))


@pytest.fixture
def ready(conn: Conn) -> Conn:
    """A database whose journal has room for this month."""
    ((now,),) = rows(conn, "read_now")
    partitions.make(conn, partitions.month_of(now))
    conn.commit()
    return conn


def now_of(conn: Conn) -> datetime:
    ((now,),) = rows(conn, "read_now")
    instant: datetime = now
    return instant


def dumped(conn: Conn, now: Sequence[datetime]) -> dict[str, list[tuple[object, ...]]]:
    """All rows, with "now" for the instants at which asks were decided."""

    def plain(value: object) -> object:
        if isinstance(value, list):
            return [plain(item) for item in value]
        return "now" if value in now else value

    found = {}
    for table, columns in TABLES.items():
        query = sql.SQL(f"SELECT {columns} FROM {{}}").format(sql.Identifier(table))
        found[table] = sorted([tuple(map(plain, row)) for row in conn.execute(query)], key=str)
    return found


def chains_hold(conn: Conn, numbers: Sequence[str]) -> bool:
    for number in numbers:
        bucket = bucket_of(number)
        ((_, head, *_),) = rows(conn, "read_line", bucket, number)
        booked = journal.entries_of_buckets(conn, bucket, bucket)
        chain = journal.of_subject(conn, bucket, number)
        if list(journal.faults(chain, booked, bytes(head))):
            return False
    return True


def frame(cards: Sequence[tuple[str, ...]], kinds: Sequence[int]) -> pl.DataFrame:
    columns = dict(zip(IDENTIFIERS, map(list, zip(*cards, strict=True)), strict=True))
    return pl.DataFrame({"line": list(range(2, len(cards) + 2)), **columns, "kind": list(kinds)})


def keyed(asks: Sequence[tuple[int, Ask]]) -> list[Ask]:
    """The same asks as a person would send them, each with a key."""
    return [
        Ask(
            id=ask.id,
            verb=ask.verb,
            subject=ask.subject,
            key=f"line-{line}",
            principal=ask.principal,
            channel=ask.channel,
            payload=ask.payload,
        )
        for line, ask in asks
    ]


# --- the law --------------------------------------------------------------------------------------


def digits(*lengths: int) -> st.SearchStrategy[str]:
    return st.sampled_from(lengths).flatmap(
        lambda n: st.text("0123456789", min_size=n, max_size=n) if n else st.just("")
    )


DAYS = st.integers(0, 2600).map(lambda n: LONG_AGO + timedelta(days=n, hours=5))
BATCH = st.one_of(
    st.just(""),
    st.just("a" * 12 + ' "quoted" \\ 澳門'),
    st.just("a0a0a0a0-a0a0-a0a0-a0a0-a0a0a0a0a000"),
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=8),
)
PRODUCT = st.sampled_from(
    [
        ("demo", "keep12", KEEP12.pin, "issued", "service"),
        ("demo", "balance180", BALANCE.pin, "issued", "service"),
        ("ais", "prepaid", UNSURE.pin, "external", next(iter(UNSURE.clocks))),
    ]
)


@st.composite
def kinds(draw: st.DrawFn) -> Kind:
    operator, plan, pin, custody, clock = draw(PRODUCT)
    begins = draw(st.none() | DAYS)
    if begins is None:
        return Kind(operator=operator, plan=plan, pin=pin, custody=custody, batch=draw(BATCH))
    until = draw(st.none() | st.integers(1, 3000).map(lambda n: begins + timedelta(days=n)))
    return Kind(
        operator=operator,
        plan=plan,
        pin=pin,
        custody=custody,
        batch=draw(BATCH),
        begins=begins,
        clock=clock if until else "",
        until=until,
        balance_minor=draw(st.none() | st.integers(0, 99_999)) if plan == "balance180" else None,
    )


@st.composite
def inventories(draw: st.DrawFn) -> tuple[pl.DataFrame, list[Kind]]:
    some = draw(st.lists(kinds(), min_size=1, max_size=3, unique=True))
    count = draw(st.integers(1, 6))
    numbers = draw(st.lists(digits(7, 10, 11), min_size=count, max_size=count, unique=True))
    columns = [[f"+8{number}" for number in numbers]]
    for lengths in ((0, 19, 20), (0, 15), (0, 32)):
        texts = draw(st.lists(digits(*lengths), min_size=count, max_size=count))
        # A card is on one line; what comes again is left out.
        columns.append([t if t not in texts[:n] else "" for n, t in enumerate(texts)])
    places = draw(st.lists(st.integers(0, len(some) - 1), min_size=count, max_size=count))
    return frame(list(zip(*columns, strict=True)), places), some


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(inventory=inventories())
def test_enrolling_equals_putting_each_in_alone(
    ready: Conn, inventory: tuple[pl.DataFrame, list[Kind]]
) -> None:
    lines, some = inventory
    numbers = lines["number"].to_list()
    now = now_of(ready)
    assert not enrol(ready, lines, some, by=BY, parent=PARENT, terms=terms(), now=now)
    assert chains_hold(ready, numbers)
    together = dumped(ready, [now])
    ready.rollback()
    asks = keyed(list(asks_of(lines, some, BY, PARENT)))
    door = Door(terms)
    decided = []
    for ask in asks:
        (answer,) = door.answer(ready, [ask])
        assert isinstance(answer, Answered)
        ((at,),) = ready.execute("SELECT recorded_at FROM lines WHERE number = %s", [ask.subject])
        decided.append(at)
    assert chains_hold(ready, numbers)
    alone = dumped(ready, decided)
    ready.rollback()
    assert together == alone


# --- what cannot be -------------------------------------------------------------------------------


@pytest.mark.parametrize("again", [0, 1, 2])
def test_what_is_here_already_stops_the_part_and_leaves_nothing(ready: Conn, again: int) -> None:
    card = ("+85366123456", "8985301234567890128", "455010000000001", "")
    other = ("+85366123457", "8985301234567890136", "455010000000002", "")
    kind = [Kind(operator="demo", plan="keep12", pin=KEEP12.pin, custody="issued")]

    def put_in(one: tuple[str, ...], parent: UUID) -> None:
        now = now_of(ready)
        enrol(ready, frame([one], [0]), kind, by=BY, parent=parent, terms=terms(), now=now)

    put_in(card, PARENT)
    ready.commit()
    twin = (*other[:again], card[again], *other[again + 1 :])
    with pytest.raises(errors.UniqueViolation):
        put_in(twin, UUID(int=PARENT.int + (1 << 64)))
    ready.rollback()
    assert ready.execute("SELECT count(*) FROM journal").fetchone() == (1,)


def test_a_kind_that_is_refused_takes_only_its_lines_down(ready: Conn) -> None:
    now = now_of(ready)
    some = [
        Kind(operator="demo", plan="keep12", pin=KEEP12.pin, custody="issued"),
        Kind(operator="demo", plan="keep12", pin="gone@1", custody="issued"),
    ]
    cards = [(f"+8536612345{n}", "", "", "") for n in range(3)]
    refused = enrol(
        ready, frame(cards, [0, 1, 0]), some, by=BY, parent=PARENT, terms=terms(), now=now
    )
    assert [(line, refusal.code) for line, refusal in refused] == [(3, "policy.missing")]
    assert ready.execute("SELECT count(*) FROM lines").fetchone() == (2,)
