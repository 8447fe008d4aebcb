"""
A day's match of many payments against a raw COPY of the same bill and one join.

Our side is a process of its own, so that its memory can be told: it reads a bill as WeChat Pay
writes it, checks each row, writes them down, and holds them against payments, refunds, benefits and
what an operator's own system has done. The rival gets the same rows as a clean file, with nothing
left to check, copies them into a table without keys and counts what does not fit in one join.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from baohao.app import shell
from baohao.app.door import Door
from baohao.app.matching.match import Matcher
from baohao.app.ports import BillMissing, BillRow
from baohao.core.asks import Terms
from baohao.outside.ids import new_id
from baohao.outside.wechat_pay import bill
from baohao.store import partitions
from bench.figures import Figure
from bench.machine import (
    TICKS_A_SECOND,
    Slice,
    measured,
    median_load,
    median_rate,
    median_ratio,
    peak_mib,
)
from bench.models import FIRST_NUMBER, OPERATOR, PIN, PLAN
from bench.server import Server

GATEWAY, CURRENCY = "wechat", "CNY"
#: The time and the memory that a million payments may take.
SECONDS, MEMORY_MIB = 60, 1024
#: One payment of so many went back, too.
BACK_EACH = 100
#: As many rows of the bill say another amount.
WRONG = 10
#: The middle of Beijing's day, and how long money comes from there on.
_NOON, _HOURS = timedelta(hours=4), 8
_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
    "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
_SUMS = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)


class Files:
    """A gateway of which there is nothing but its bills, in files by their day."""

    name = GATEWAY

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"nobody asks it to {name}")

    def bill(self, day: date) -> Iterator[BillRow]:
        path = self._folder / f"{day}.csv"
        if not path.exists():
            raise BillMissing(gateway=GATEWAY, day=day.isoformat(), reason="no file")
        with path.open("rb") as file:
            yield from bill.rows(file, day, GATEWAY)


def match(folder: Path, conninfo: str, day: date) -> None:
    """Match a day, and print how long it took, the most memory, and what was found."""

    def terms() -> Terms:
        return Terms(rules={}, transfer=new_id())

    began = time.perf_counter()
    running = shell.Shell(Door(terms), lambda: shell.connect(conninfo))
    shell.steady()
    there = frozenset({OPERATOR})
    matcher = Matcher(running, {GATEWAY: Files(folder)}, new_id, authority_there=there)  # type: ignore[dict-item]
    done = matcher.match(GATEWAY, day)
    cpu = time.process_time() + running.run(session_cpu_s)
    running.close()
    told = {
        "rows": sum(x.payments + x.refunds for x in done.bill.theirs.values()),
        "found": done.found,
        "is_matched": done.bill.matched_at is not None,
        "seconds": time.perf_counter() - began,
        "cpu_seconds": cpu,
        "peak_mib": peak_mib(),
    }
    print(json.dumps(told))


def session_cpu_s(conn: psycopg.Connection[Any]) -> float:
    """Return how long the server's process of this session has computed."""
    stat = Path(f"/proc/{conn.info.backend_pid}/stat").read_text(encoding="ascii")
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICKS_A_SECOND


def matching(server: Server, folder: Path, payments: int, *, rounds: int) -> list[Figure]:
    """Measure a day's match against COPY and a join."""
    day = (datetime.now(UTC) - timedelta(days=5)).date()
    database = "matched"
    server.drop(database)
    server.make(database)
    rows = fill(server, database, payments, day)
    ours: list[Slice] = []
    theirs: list[Slice] = []
    peak = cpu = 0.0
    for each in (day - timedelta(days=1), day, day + timedelta(days=1)):
        write_bill(server, database, folder / f"{each}.csv", each, day)
    clean = folder / "clean.csv"
    write_clean(server, database, clean)
    for _ in range(rounds):
        with server.connect(database, autocommit=True) as conn:
            conn.execute("TRUNCATE bills, bill_rows, exceptions")
            conn.execute("VACUUM (ANALYZE)")
        for each in (day - timedelta(days=1), day + timedelta(days=1)):
            _matched(server, database, folder, each)
        server.checkpoint()
        told: dict[str, Any] = {}
        whole = measured(partial(_measured, server, database, folder, day, told))
        assert (told["rows"], told["found"]) == (rows, WRONG), told
        ours.append(Slice(done=rows, seconds=told["seconds"], load=whole.load))
        peak, cpu = max(peak, told["peak_mib"]), max(cpu, told["cpu_seconds"])
        server.checkpoint()
        theirs.append(measured(partial(_copied, server, database, clean, rows)))
    server.drop(database)
    load = round(median_load(ours, theirs), 2)
    named = f"match of {payments:,} payments"
    return [
        Figure(
            name=f"{named} by COPY of the same bill and one join",
            ours=round(median_rate(ours)),
            theirs=round(median_rate(theirs)),
            ratio=round(median_ratio(ours, theirs), 2),
            goal="",
            unit="rows/s",
            load=load,
        ),
        Figure(
            name=f"{named}: from the bill's first byte to the end",
            ours=round(max(each.seconds for each in ours), 1),
            theirs=None,
            ratio=None,
            goal=f"at most {SECONDS}",
            unit="s",
            load=load,
        ),
        Figure(
            name=f"{named}: CPU of the process and its database session",
            ours=round(cpu, 1),
            theirs=None,
            ratio=None,
            goal=f"at most {SECONDS}",
            unit="s",
            load=load,
        ),
        Figure(
            name=f"{named}: peak memory",
            ours=round(peak),
            theirs=None,
            ratio=None,
            goal=f"at most {MEMORY_MIB}",
            unit="MiB",
            load=load,
        ),
    ]


# --- what there is --------------------------------------------------------------------------------


def fill(server: Server, database: str, payments: int, day: date) -> int:
    """Write payments that were used, what they bought, and refunds; return how many rows it is."""
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC) + _NOON - timedelta(hours=8)
    with server.connect(database) as conn:
        partitions.make(conn, partitions.month_of(begins), 2)
        conn.execute(
            f"""CREATE TEMP VIEW paid AS
            SELECT i, md5('payment' || i)::uuid AS id, md5('act' || i)::uuid AS act,
                   '+853' || {FIRST_NUMBER} + i AS number, 10000 + mod(i, 500) AS minor,
                   '4200' || lpad(i::text, 24, '0') AS their_id,
                   '{begins.isoformat()}'::timestamptz
                   + date_trunc('second', i * interval '{_HOURS} hours' / {payments}) AS at
            FROM generate_series(0, {payments - 1}) i"""
        )
        conn.execute(
            f"""INSERT INTO payments (bucket, id, gateway, state, amount_minor, currency, number,
                wanted, act, asked, ends_at, their_id, captured_minor, captured_currency,
                captured_at, spent_minor, created_at)
            SELECT baohao_bucket(id::text), id, '{GATEWAY}', 'used', minor, '{CURRENCY}', number,
                   jsonb_build_object('number', number, 'epoch', 1, 'verb', 'renew', 'said',
                                      jsonb_build_object('term', '12 months'), 'version', 2,
                                      'until', at + interval '1 year', 'lost_days', 0),
                   act, jsonb_build_object('description', 'x', 'way', 'jsapi', 'by', 'h1',
                                           'channel', 'wechat'),
                   at + interval '15 minutes', their_id, minor, '{CURRENCY}', at, minor, at
            FROM paid"""
        )
        conn.execute(
            """INSERT INTO benefits (bucket, number, epoch, seq, n, act, clock, kind, starts_at,
                ends_at)
            SELECT baohao_bucket(number), number, 1, 3, 0, act::text, 'service', 'paid', at,
                   at + interval '1 year' FROM paid"""
        )
        conn.execute(
            f"""INSERT INTO lines (bucket, number, operator, plan, pin, custody, epoch, holder,
                iccid, version, head, recorded_at, state)
            SELECT baohao_bucket(number), number, '{OPERATOR}', '{PLAN}', '{PIN}', 'issued', 1, '',
                   '', 3, '', at, '{{}}' FROM paid"""
        )
        conn.execute(
            f"""INSERT INTO charges (bucket, number, id, operator, state, since)
            SELECT baohao_bucket(number), number, act, '{OPERATOR}', 'done', at FROM paid"""
        )
        back = conn.execute(
            f"""INSERT INTO refunds (bucket, id, payment, state, amount_minor, reason, by,
                created_at, bank, done_at)
            SELECT baohao_bucket(id::text), md5('refund' || i)::uuid, id, 'done', 100, 'x', 'ada',
                   at, '{GATEWAY}', at FROM paid WHERE mod(i, {BACK_EACH}) = 0"""
        ).rowcount
    return payments + back


#: A bill's rows, as they are in our tables.
_BILLED = """
SELECT p.captured_at AS at, p.their_id, replace(p.id::text, '-', '') AS "order", '' AS refund,
       p.captured_minor AS minor, round(p.captured_minor * 0.006) AS fee
FROM payments p
UNION ALL
SELECT r.done_at, p.their_id, replace(p.id::text, '-', ''),
       replace(p.id::text, '-', '') || replace(r.id::text, '-', ''), r.amount_minor,
       -round(r.amount_minor * 0.006)
FROM refunds r JOIN payments p ON p.bucket = r.bucket AND p.id = r.payment"""


def write_bill(server: Server, database: str, path: Path, day: date, full: date) -> None:
    """Write a day's bill as WeChat Pay does; but for one day it is empty."""
    rows = 0
    with path.open("wb") as file:
        file.write(f"{_HEAD}\r\n".encode())
        if day == full:
            with server.connect(database) as conn:
                rows = conn.execute(f"SELECT count(*) FROM ({_BILLED}) AS b").fetchone()[0]  # type: ignore[index]
                _copy_out(conn, f"COPY ({_wechat_lines()}) TO STDOUT", file)
        file.write(f"{_SUMS}\r\n`{rows}".encode() + b",`0.00" * 6 + b"\r\n")


def _wechat_lines() -> str:
    empty, paid = "''", f"minor + (n <= {WRONG})::int"
    fields = (
        *("to_char(at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS')", "'wx1'", "'190'"),
        *(empty, empty, "their_id", '"order"', "'o1'", "'JSAPI'"),
        *("CASE refund WHEN '' THEN 'SUCCESS' ELSE 'REFUND' END", "'BANK'", f"'{CURRENCY}'"),
        *("'0.00'", "'0.00'", "'0'", "CASE refund WHEN '' THEN '0' ELSE refund END", "'0.00'"),
        *("'0.00'", empty, empty, "'保號 12 個月'", empty),
        *("to_char(fee / 100.0, 'FM999999990.00000')", "'0.60%'"),
        f"CASE refund WHEN '' THEN {_yuan(paid)} ELSE '0.00' END",
        f"CASE refund WHEN '' THEN '0.00' ELSE {_yuan('minor')} END",
        empty,
    )
    # Their lines may end without the carriage return that COPY would write as an escape.
    line = f"concat('`', concat_ws(',`', {', '.join(fields)}))"
    place = "row_number() OVER (ORDER BY refund <> '', their_id) AS n"
    return f"SELECT {line} FROM (SELECT *, {place} FROM ({_BILLED}) AS b) AS x ORDER BY at"


def _yuan(minor: str) -> str:
    return f"to_char(({minor}) / 100.0, 'FM999999990.00')"


def write_clean(server: Server, database: str, path: Path) -> None:
    """Write the same rows as the rival has them: nothing is left to check."""
    with path.open("wb") as file, server.connect(database) as conn:
        query = f"""COPY (SELECT "order"::uuid, their_id, right(refund, 32), minor, fee,
                                 '{CURRENCY}', at
                          FROM ({_BILLED}) AS b ORDER BY at) TO STDOUT"""
        _copy_out(conn, query, file)


def _copy_out(conn: psycopg.Connection[Any], query: str, file: Any) -> None:
    with conn.cursor() as cursor, cursor.copy(query) as copy:
        for data in copy:
            file.write(data)


# --- both sides -----------------------------------------------------------------------------------


def _measured(server: Server, database: str, folder: Path, day: date, told: dict[str, Any]) -> int:
    told |= _matched(server, database, folder, day)
    return int(told["rows"])


def _matched(server: Server, database: str, folder: Path, day: date) -> dict[str, Any]:
    conninfo = server.running.conninfo(database)
    command = [sys.executable, "-m", "bench.matching", str(folder), conninfo, day.isoformat()]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    told: dict[str, Any] = json.loads(said)
    assert told["is_matched"], told
    return told


def _copied(server: Server, database: str, clean: Path, rows: int) -> int:
    with server.connect(database) as conn:
        conn.execute(
            """CREATE UNLOGGED TABLE rival (payment uuid, their_id text, refund text, minor bigint,
                                            fee numeric, currency text, at timestamptz)"""
        )
        with clean.open("rb") as file, conn.cursor().copy("COPY rival FROM STDIN") as copy:
            while data := file.read(1 << 20):
                copy.write(data)
        found = conn.execute(
            """SELECT count(*) FILTER (WHERE b.minor = p.captured_minor
                                         AND b.currency = p.captured_currency),
                      count(*)
            FROM (SELECT * FROM rival WHERE refund = '') AS b
            FULL JOIN payments p ON p.id = b.payment AND p.their_id = b.their_id"""
        ).fetchone()
        assert found is not None
        assert found[0] == found[1], found
        conn.execute("DROP TABLE rival")
    return rows


if __name__ == "__main__":
    match(Path(sys.argv[1]), sys.argv[2], date.fromisoformat(sys.argv[3]))
