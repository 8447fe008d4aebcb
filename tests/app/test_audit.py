"""The journal shows every tampering: by chains, by rows, and a cut tail by the sealed roots."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

import msgspec
import pytest
from tests.shop import FLOAT, Shop

from baohao.app import audit
from baohao.core.bucket import bucket_of
from baohao.core.line import codec
from baohao.store import seals
from baohao.store.sql import Connection

NUMBERS = [f"+8536600070{n}" for n in range(6)]
A, B = NUMBERS[:2]


@pytest.fixture
def kept(shop: Shop) -> Shop:
    """A house with some history over three days, all of them sealed."""
    for number in NUMBERS:
        shop.open(number)
    shop.later(timedelta(days=1))
    shop.answers([shop.renew(number) for number in NUMBERS])
    shop.answers([shop.renew(number, term="1 year") for number in NUMBERS])
    shop.later(timedelta(days=1))
    shop.say("reverse", A, of=shop.line(A).sold[-1].act, reason="wrong line")
    shop.later(timedelta(days=2))
    with shop.looking() as conn:
        for day in days(conn):
            audit.seal(conn, day)
        conn.commit()
    shop.is_well()
    return shop


def days(conn: Connection) -> list[date]:
    query = b"SELECT DISTINCT (recorded_at AT TIME ZONE 'UTC')::date FROM journal ORDER BY 1"
    return [day for (day,) in conn.execute(query)]


def found(shop: Shop, conn: Connection) -> set[tuple[str, str]]:
    """What an audit finds, by what it is and on which subject."""
    return {(fault.what, fault.subject) for fault in audit.verify(conn, shop.rules).faults}


# --- the chain ------------------------------------------------------------------------------------

TAMPERINGS = {
    "an event is edited": (
        (
            "UPDATE journal SET payload = replace(payload::text, '12000', '10000')::json"
            " WHERE subject = %(a)s AND seq = 3"
        ),
        {("edited", A)},
    ),
    "its time is edited": (
        (
            "UPDATE journal SET effective_at = effective_at - interval '1 day'"
            " WHERE subject = %(a)s AND seq = 3"
        ),
        {("edited", A)},
    ),
    "who asked is edited": (
        "UPDATE journal SET principal = 'agent-8' WHERE subject = %(a)s AND seq = 4",
        {("edited", A)},
    ),
    "an entry is edited, and balances": (
        "UPDATE entries SET amounts = '{10000,-10000}' WHERE subject = %(a)s AND seq = 3",
        {("edited", A)},
    ),
    "an entry is removed": (
        "DELETE FROM entries WHERE subject = %(a)s AND seq = 3",
        {("edited", A)},
    ),
    "an event is removed": (
        "DELETE FROM journal WHERE subject = %(a)s AND seq = 3",
        {("gap", A), ("broken", A)},
    ),
    "two events change places": (
        "UPDATE journal SET seq = 7 - seq WHERE subject = %(a)s AND seq IN (3, 4)",
        {("broken", A), ("edited", A)},
    ),
    "an event is slipped in": (
        (
            "INSERT INTO journal SELECT bucket, subject, seq + 1, recorded_at, effective_at, kind,"
            " ask, principal, channel, payload, hash, hash"
            " FROM journal WHERE subject = %(a)s AND seq = 5"
        ),
        {("edited", A)},
    ),
    "the last event is removed": (
        "DELETE FROM journal WHERE subject = %(a)s AND seq = 5",
        {("head", A)},
    ),
    "the whole chain is removed": (
        "DELETE FROM journal WHERE subject = %(a)s",
        {("gone", A)},
    ),
    "the row is removed": ("DELETE FROM lines WHERE number = %(a)s", {("head", A)}),
    "the row is edited": (
        "UPDATE lines SET state = replace(state::text, '\"h8', '\"x8')::json WHERE number = %(a)s",
        {("row", A)},
    ),
    "an account's funding is edited": (
        (
            "UPDATE journal SET payload = replace(payload::text, '0000', '9999')::json"
            " WHERE subject = %(float)s AND seq = 1"
        ),
        {("edited", FLOAT)},
    ),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_tampering_is_found_where_it_was_done(what: str, kept: Shop) -> None:
    statement, faults = TAMPERINGS[what]
    with kept.looking() as conn:
        changed = conn.execute(statement.encode(), {"a": A, "float": FLOAT})
        assert changed.rowcount > 0
        chain = {fault for fault in found(kept, conn) if fault[0] != "seal"}
    assert chain == faults


def test_any_change_of_any_event_is_found(kept: Shop, effort: int) -> None:
    """At random: one column of one row of the journal or the books, by the database's owner."""
    chance = Random(7)
    columns = {
        "journal": (
            ("kind", "kind || 'x'"),
            ("ask", "NULL"),
            ("principal", "principal || 'x'"),
            ("channel", "''"),
            ("payload", "(left(payload::text, -1) || ',\"x\":1}')::json"),
            ("effective_at", "effective_at + interval '1 microsecond'"),
            ("prev", "hash"),
            ("hash", "prev"),
        ),
        "entries": (
            ("kind", "kind || 'x'"),
            ("reason", "reason || 'x'"),
            ("transfer", "'00000000-0000-0000-0000-000000000001'"),
            ("amounts", "ARRAY(SELECT -x FROM unnest(amounts) AS x)"),
            ("seq", "seq + 1"),
        ),
    }
    with kept.looking() as conn:
        for _ in range(60 * effort):
            table = chance.choice(list(columns))
            column, value = chance.choice(columns[table])
            where = "seq > 0" if table == "entries" else "true"
            places = conn.execute(f"SELECT ctid, subject FROM {table} WHERE {where}".encode())
            ctid, subject = chance.choice(places.fetchall())
            with conn.transaction(force_rollback=True):
                change = f"UPDATE {table} SET {column} = {value} WHERE ctid = %s AND subject = %s"
                conn.execute(change.encode(), [ctid, subject])
                bucket = bucket_of(subject)
                audited = audit.verify(conn, kept.rules, buckets=range(bucket, bucket + 1))
                assert audited.faults, (table, column, subject)


# --- a cut tail -----------------------------------------------------------------------------------


def cut(conn: Connection, shop: Shop, number: str) -> None:
    """Remove a line's last event and all that it did, as somebody would who knows the house."""
    chain = audit.history(conn, number)
    state = audit.replayed(chain[:-1], shop.rules)
    assert state is not None
    row = msgspec.json.encode(codec.encode(state)).decode()
    last = chain[-1].recorded.seq
    conn.execute("DELETE FROM journal WHERE subject = %s AND seq = %s", [number, last])
    conn.execute("DELETE FROM entries WHERE subject = %s AND seq = %s", [number, last])
    conn.execute(
        "UPDATE lines SET version = %s, head = %s, state = %s WHERE number = %s",
        [last - 1, chain[-2].hash, row, number],
    )


def test_a_cut_tail_shows_against_the_seals_alone(kept: Shop) -> None:
    with kept.looking() as conn:
        cut(conn, kept, B)
        faults = found(kept, conn)
        assert {what for what, _ in faults} == {"seal"}
        assert all(f"bucket {bucket_of(B)} " in subject for _, subject in faults)
        # Without the seals it would be the one tampering that nobody can see.
        conn.execute("DELETE FROM seals")
        assert found(kept, conn) == set()


def test_seals_that_were_made_anew_show_against_those_that_left_the_house(kept: Shop) -> None:
    with kept.looking() as conn:
        outside = {day: seals.export(seals.sealed(conn, day)) for day in seals.days(conn)}
        assert audit.verify(conn, kept.rules, exported=outside).faults == ()
        cut(conn, kept, B)
        conn.execute("DELETE FROM seals")
        for day in outside:
            audit.seal(conn, day)
        assert found(kept, conn) == set()
        faults = audit.verify(conn, kept.rules, exported=outside).faults
        assert {fault.what for fault in faults} == {"seal"}


# --- sealing --------------------------------------------------------------------------------------


def test_a_day_is_sealed_once_and_only_when_it_is_over(kept: Shop) -> None:
    with kept.looking() as conn:
        today = kept.now().date()
        with pytest.raises(seals.DayNotOver):
            audit.seal(conn, today)
        first = audit.seal(conn, today - timedelta(days=1))
        assert audit.seal(conn, today - timedelta(days=1)) == first


def test_what_comes_later_leaves_the_seals_of_a_day_alone(kept: Shop) -> None:
    with kept.looking() as conn:
        before = {day: seals.sealed(conn, day) for day in seals.days(conn)}
        assert len(before) == 3
    kept.answers([kept.renew(number) for number in NUMBERS])
    with kept.looking() as conn:
        for day, sealed in before.items():
            assert tuple(seals.of_day(conn, day)) == sealed


def test_an_export_is_read_back(kept: Shop) -> None:
    with kept.looking() as conn:
        (day, *_) = seals.days(conn)
        sealed = seals.sealed(conn, day)
        text = seals.export(sealed)
    assert seals.imported(text) == {seal.bucket: seal.root for seal in sealed}
    assert text.splitlines()[-1] == f"{day} all 4096 {seals.whole(sealed).hex()}"


def heads(count: int) -> Iterator[tuple[str, int, bytes]]:
    yield from ((f"+8536{n:07}", n, bytes([n % 256] * 32)) for n in range(count))


def test_a_root_tells_every_leaf_and_their_number() -> None:
    roots = {seals.root_of(heads(n))[1] for n in range(70)}
    assert len(roots) == 70
    some = list(heads(9))
    for n in range(9):
        other = [*some[:n], (some[n][0], some[n][1] + 1, some[n][2]), *some[n + 1 :]]
        assert seals.root_of(other) != seals.root_of(some)
    # A node cannot pass for a leaf, nor an odd leaf for a pair of itself.
    assert seals.root_of(some[:3])[1] != seals.root_of([*some[:3], some[2]])[1]


# --- history --------------------------------------------------------------------------------------


def test_a_history_is_replayed_to_the_row(kept: Shop) -> None:
    with kept.looking() as conn:
        chain = audit.history(conn, A)
        assert audit.replayed(chain, kept.rules) == kept.line(A)
        assert audit.replayed((), kept.rules) is None
        assert audit.history(conn, "+85366999999") == ()
    kinds = [each.recorded.event.kind for each in chain]
    assert kinds == ["stocked", "acted", "acted", "acted", "undone"]
