"""Lines by the million: a few hundred lives, decided by the rules and written many times over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from baohao.app.catalogue import fees_at
from baohao.app.library import Library, read_library
from baohao.app.policies import shipped
from baohao.core.asks import Ask, Decision, Facts, Terms
from baohao.core.decide import decide
from baohao.core.line import codec
from baohao.core.line.project import Projection, project
from baohao.core.line.state import LineState
from baohao.outside.ids import new_id

PIN, PLAN, OPERATOR = "mo.demo.keep12@2026-01", "keep12", "demo"
#: Who sells them, with money for every renewal of the bench.
SELLER, FLOAT_MINOR = "float:seller:MOP", 10**15
#: A card; the bench never looks one up.
ICCID = "8985301000000000000"
#: Macau's mobile numbers: eight digits, the first a 6.
FIRST_NUMBER = 60_000_000
#: Lives begin on each of so many days.
DAYS = 330


def number_of(n: int) -> str:
    """Return the number of the line `n`, counted from 0."""
    return f"+853{FIRST_NUMBER + n}"


@dataclass(frozen=True, slots=True)
class Model:
    """A line that was put in stock and activated on one day."""

    state: LineState
    projection: Projection


def models(library: Library, now: datetime) -> tuple[Model, ...]:
    """Return one line for each day of activation up to `now`."""
    begins = now.replace(hour=4, minute=0, second=0, microsecond=0)
    return tuple(_model(library, begins - timedelta(days=1 + day), now) for day in range(DAYS))


def _model(library: Library, at: datetime, now: datetime) -> Model:
    terms = Terms(
        rules=library.policies,
        fees=fees_at(library.fees, library.operators, at),
        transfer=UUID(int=0),
    )
    facts = Facts(available={SELLER: FLOAT_MINOR})
    stock: dict[str, object] = {"operator": OPERATOR, "plan": PLAN, "pin": PIN, "iccid": ICCID}
    line = _decided(None, _ask("stock", "operator", stock, at), facts, terms, at)
    holder = str(UUID(int=1))
    activate: dict[str, object] = {
        "holder": holder,
        "paid": SELLER,
        "document": "bir",
        "residency": "resident",
    }
    line = _decided(line, _ask("activate", "agent", activate, at), facts, terms, at)
    policy = library.policies[PIN]
    return Model(line, project(policy, line.standing, line.acts, now))


def _ask(verb: str, channel: str, payload: dict[str, object], at: datetime) -> Ask:
    id_ = UUID(bytes=hashlib.md5(f"{verb} {at}".encode()).digest(), version=4)
    return Ask(
        id=id_,
        verb=verb,
        subject=number_of(0),
        key=verb,
        principal="seller",
        channel=channel,
        payload=payload,
    )


def _decided(
    line: LineState | None, ask: Ask, facts: Facts, terms: Terms, at: datetime
) -> LineState:
    decided = decide(line, facts, ask, terms, at)
    assert isinstance(decided, Decision), decided
    assert decided.state is not None
    return decided.state


def fill(conn: psycopg.Connection[Any], found: Sequence[Model], lines: int) -> None:
    """Write so many lines and their boundaries into empty tables, the keys last."""
    conn.execute(
        "CREATE TEMP TABLE models"
        " (n int, state text, holder text, safe_until timestamptz, starts timestamptz[])"
    )
    with conn.cursor().copy("COPY models FROM STDIN") as copy:
        for n, model in enumerate(found):
            copy.write_row((n, *_row(model)))
    _ladder(conn, found[0])
    for table in ("lines", "boundaries"):
        conn.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")
    conn.execute(
        f"""CREATE TEMP VIEW filled AS
        SELECT '+853' || {FIRST_NUMBER} + i AS number, models.*
        FROM generate_series(0, {lines - 1}) i JOIN models ON n = mod(i, {len(found)})"""
    )
    conn.execute(
        f"""INSERT INTO lines (bucket, number, operator, plan, pin, custody, epoch, holder, iccid,
                               version, head, recorded_at, safe_until, due_at, state)
        SELECT baohao_bucket(number), number, '{OPERATOR}', '{PLAN}', '{PIN}', 'issued', 1, holder,
               '{ICCID}', 2, sha256(number::bytea), now(), safe_until, starts[2],
               replace(state, '{number_of(0)}', number)::json
        FROM filled"""
    )
    conn.execute(
        """INSERT INTO boundaries (bucket, number, ladder, starts)
        SELECT baohao_bucket(number), number, 1, starts FROM filled"""
    )
    for table in ("lines", "boundaries"):
        conn.execute(f"ALTER TABLE {table} ADD PRIMARY KEY (bucket, number)")


def _row(model: Model) -> tuple[object, ...]:
    """Return the state, the holder, the last day and the beginnings of the stages."""
    state, seen = model.state, model.projection
    assert state.tenure is not None
    assert seen.safe_until is not None
    written = json.dumps(codec.encode(state), separators=(",", ":"))
    starts = [state.standing.stage_since, *(boundary.at for boundary in seen.ahead)]
    return written, state.tenure.holder, seen.safe_until.at, starts


def _ladder(conn: psycopg.Connection[Any], model: Model) -> None:
    ahead = model.projection.ahead
    stages = [model.projection.stage, *(b.stage for b in ahead)]
    kinds = [model.projection.kind, *(b.kind for b in ahead)]
    conn.execute(
        "INSERT INTO ladders (ladder, pin, stages, kinds) VALUES (1, %s, %s, %s)",
        [PIN, json.dumps(stages), json.dumps(kinds)],
    )


def now_of(conn: psycopg.Connection[Any]) -> datetime:
    """Return the database's clock, in UTC."""
    row = conn.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    now: datetime = row[0]
    return now.astimezone(UTC)


def terms_of(conninfo: str) -> Callable[[], Terms]:
    """Return what is on offer, made anew for each batch; no promotions, as for the rival."""
    library = read_library(shipped()).accepted()
    with psycopg.connect(conninfo) as conn:
        fees = fees_at(library.fees, library.operators, now_of(conn))
    return lambda: Terms(rules=library.policies, fees=fees, transfer=new_id())
