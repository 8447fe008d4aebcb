"""Renewals: ours through the door, the rival's by pgbench, on the same tables."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import psycopg

from baohao.app import shell
from baohao.app.door import Answered, Door
from baohao.core.asks import Ask, Terms
from baohao.outside.ids import new_id
from bench.models import FIRST_NUMBER, number_of
from bench.server import Server

#: The most asks that the door gathers; and those of a file.
BATCH, PART = 300, 10_000
#: The version of a line that was filled in or imported: it was taken in, and its life began.
AT_FIRST = 2
#: Who sells where nobody is contended for.
SELLERS = 10_000
#: Of four lines one is the first door's, one the second's, and two are the rival's, all on the same
#: pages: a door must know the versions that its asks expect.
STRIDE = 4


class Renewals:
    """A door, and what is known of the lines that it renews."""

    def __init__(
        self,
        conninfo: str,
        terms: Callable[[], Terms],
        lines: int,
        *,
        first: int = 0,
    ) -> None:
        self.lines, self._first = lines, first
        self.conn = shell.connect(conninfo)
        self.door = Door(terms)
        self._random = Random()
        #: Of each line, as far as it is known.
        self._versions = np.full(lines, AT_FIRST, dtype=np.int32)

    def asks(self, count: int, *, is_hot: bool) -> list[Ask]:
        """Return renewals of so many lines, paid by one agent or by many."""
        made = []
        for n in self._random.sample(range(self._first, self.lines, STRIDE), count):
            id_ = new_id()
            seller = "seller" if is_hot else f"seller{1 + self._random.randrange(SELLERS)}"
            made.append(
                Ask(
                    id=id_,
                    verb="renew",
                    subject=number_of(n),
                    key=str(id_),
                    principal=seller,
                    channel="agent",
                    payload={"term": "12 months", "paid": f"float:{seller}:MOP"},
                    expect_version=int(self._versions[n]),
                )
            )
        return made

    def batch(self, count: int, *, is_hot: bool) -> list[tuple[Ask, Answered]]:
        """Renew so many lines in one batch, and commit."""
        asks = self.asks(count, is_hot=is_hot)
        done = list(zip(asks, self.answered(asks), strict=True))
        for ask, answer in done:
            self._versions[int(ask.subject[4:]) - FIRST_NUMBER] = answer.seq
        return done

    def answered(self, asks: list[Ask]) -> list[Answered]:
        """Have asks decided that must not be refused, and commit."""
        done = []
        for answer in self.door.answer(self.conn, asks):
            assert isinstance(answer, Answered), answer
            done.append(answer)
        self.conn.commit()
        return done

    def ours(self, size: int, seconds: float, *, is_hot: bool) -> Callable[[], int]:
        """Return batches of one size, for so long."""

        def work() -> int:
            end, done = time.perf_counter() + seconds, 0
            while time.perf_counter() < end:
                done += len(self.batch(size, is_hot=is_hot))
            return done

        return work


#: pgbench reads a colon before a name as a variable, in quotes too.
SCRIPT = """\\set n 2 * random(0, {last}) + 1 + {first}
\\set k random(1, 9000000000000000000)
\\set s random(1, {sellers})
select rival_renew({seller}, '+853' || :n::text, 0, :k::text, '\\x78787878787878787878787878787878')
"""


@dataclass(frozen=True, slots=True)
class Rival:
    """pgbench, renewing by one plpgsql call a transaction, prepared."""

    server: Server
    database: str
    lines: int

    def theirs(self, clients: int, seconds: float, *, is_hot: bool) -> Callable[[], int]:
        """Return so many clients, for so long."""
        script = SCRIPT.format(
            first=FIRST_NUMBER,
            last=self.lines // 2 - 1,
            sellers=SELLERS,
            seller="'seller'" if is_hot else "'seller' || :s::text",
        )
        return lambda: self.server.pgbench(
            self.database, script, clients=clients, seconds=round(seconds)
        )


def prepare(conn: psycopg.Connection[Any]) -> None:
    """Give the agents money, and the rival its function."""
    conn.execute(
        """INSERT INTO accounts (bucket, account, balance_minor, version, head, recorded_at)
        SELECT baohao_bucket(seller), 'float:' || seller || ':MOP', 10 ^ 15, 0, '', now()
        FROM (SELECT 'seller' || s AS seller FROM generate_series(1, %s) s
              UNION ALL SELECT 'seller') t
        ON CONFLICT DO NOTHING""",
        [SELLERS],
    )
    conn.execute(Path(__file__).with_name("rival.sql").read_text(encoding="utf-8"))
