"""
A small house to break: one agent's float, and a plan of asks that never ends.

The plan is fixed by its numbers alone, so that a process that was killed is begun again with the
same asks under the same keys. Lines are put in stock, activated and renewed in turn, all of them
paid from one float, and nothing else happens to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from hashlib import md5
from uuid import UUID

import psycopg

from baohao.app.catalogue import fees_at
from baohao.app.door import Answered, Door
from baohao.app.library import read_library
from baohao.app.policies import shipped
from baohao.app.shell import Shell, connect
from baohao.core.asks import Ask, Terms
from baohao.outside.ids import new_id
from baohao.store import migrate

PIN = "mo.demo.keep12@2026-01"
AGENT = "seller"
FLOAT = f"float:{AGENT}:MOP"
FLOAT_MINOR = 10**12
#: What an activation costs, and a renewal: policies/demo/keep12.toml.
PRICE_MINOR = 12_000
#: What is done with each line, in this order; each verb is one event.
VERBS = ("stock", "activate", "renew")
#: Asks in a batch of the plan.
BATCH = 10
#: How many batches one asker may have before it would take the lines of the next.
BATCHES_EACH = 100_000


@cache
def terms() -> Terms:
    """Return what the invented operator offers, with one promotion that is counted by number."""
    library = read_library(shipped()).accepted()
    return Terms(
        rules=library.policies,
        promotions=tuple(p for p in library.promotions if p.id == "demo.twelve_plus_six"),
        fees=fees_at(library.fees, library.operators, datetime.now(UTC)),
        transfer=UUID(int=0),
    )


def door() -> Door:
    """Return the product's own door."""
    return Door(lambda: replace(terms(), transfer=new_id()))


def shell(conninfo: str) -> Shell:
    """Return the product's own shell before a door on a database."""
    return Shell(door(), lambda: connect(conninfo))


def furnish(conninfo: str) -> None:
    """Make the tables, and pay money into the float."""
    with psycopg.connect(conninfo, autocommit=True) as conn:
        migrate.apply(conn)
    fund = Ask(
        id=UUID(int=1),
        verb="fund",
        subject=FLOAT,
        key="float",
        principal="bank",
        channel="operator",
        payload={"amount_minor": FLOAT_MINOR},
    )
    done(shell(conninfo), [fund])


def done(shell: Shell, asks: Sequence[Ask]) -> list[Answered]:
    """Have asks decided; whatever is not is a failure of the test."""
    answers = shell.answer(asks)
    shell.close()
    assert all(isinstance(answer, Answered) for answer in answers), answers
    return [answer for answer in answers if isinstance(answer, Answered)]


def plan(asker: int, first: int = 0) -> Iterator[list[Ask]]:
    """Yield the asks of one asker, batch by batch, from batch `first` on."""
    for batch in range(first, BATCHES_EACH):
        group, verb = divmod(batch, len(VERBS))
        yield [ask(VERBS[verb], (asker * BATCHES_EACH + group) * BATCH + n) for n in range(BATCH)]


def ask(verb: str, line: int, *, key: str | None = None, version: int = 2) -> Ask:
    """Return an ask of the plan: the same for the same line, unless it gets a key of its own."""
    key = key or f"{verb} {line}"
    payloads = {
        "stock": {"operator": "demo", "plan": "keep12", "pin": PIN},
        "activate": {"holder": str(UUID(int=line)), "document": "bir", "paid": FLOAT},
        "renew": {"term": "12 months", "paid": FLOAT},
    }
    return Ask(
        id=UUID(bytes=md5(key.encode()).digest(), version=4),
        verb=verb,
        subject=number(line),
        key=key,
        principal=AGENT,
        channel="operator" if verb == "stock" else "agent",
        payload=payloads[verb],
        expect_version=version if verb == "renew" else None,
    )


def number(line: int) -> str:
    """Return the number of a line: Macau's mobile numbers are eight digits from a 6 on."""
    return f"+853{60_000_000 + line}"
