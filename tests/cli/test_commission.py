"""What agents earn, by the commands that a clerk types."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook
from tests.cli.conftest import Run

from baohao.app.csv_files import FileUnwritable
from baohao.app.shell import connect
from baohao.wiring import installation

ONE, TWO = "+85366000021", "+85366000022"
AGENT = ("--by", "agent-7", "--channel", "agent", "--paid", "float:agent-7")


@pytest.fixture(scope="module", autouse=True)
def _agent(house: Path) -> None:
    """The house is there before the first command."""


def put_on(house: Path, span: timedelta) -> None:
    """Put the house's clock on."""
    with connect(installation(house).conninfo) as conn:
        conn.execute("UPDATE house SET clock_offset = clock_offset + %s", [span])


def test_an_agents_month(run: Run, stock: Any, house: Path, tmp_path: Path) -> None:
    stock(ONE, TWO)
    run("agents", "add", "agent-7", "--name", "Kiosk", "--operator", "demo", "--tier", "gold")
    run("agents", "allot", "agent-7", ONE)
    run("fund", "float:agent-7:MOP", "--amount", "1000.00")
    active = run("activate", ONE, "--document", "bir", *AGENT, "--json").facts
    assert (active["commission"], active["service_fee"]) == ("16.00", "0.00")
    on_top = ("--service-fee", "15.00")
    quote = run("quote", ONE, "--term", "12m", *AGENT[:4], *on_top, "--json").facts
    assert (quote["service_fee"], quote["total"]) == ("15.00", "108.00")
    bought = ("renew", ONE, "--term", "12m", "--quote", quote["quote"], *AGENT)
    assert "service fee" in run("quote", ONE, "--term", "12m", *AGENT[:4], *on_top).out
    dearer = run(*bought, "--service-fee", "15.01", "--json")
    assert (dearer.code, dearer.facts["refused"]["code"]) == (1, "service_fee.moved")
    renewed = run(*bought, *on_top, "--json").facts
    # Seven per cent of what was paid, a tenth off by a promotion.
    assert (renewed["service_fee"], renewed["commission"]) == ("15.00", "7.56")
    other = run("renew", ONE, "--term", "12m", "--service-fee", "1.00", "--json")
    assert other.facts["refused"]["code"] == "service_fee"
    much = run("renew", ONE, "--term", "12m", *AGENT, "--service-fee", "20.01")
    assert (much.code, "20.00 MOP at most" in much.err) == (1, True)

    now = datetime.fromisoformat(run("db", "status", "--json").facts["now"])
    month = now.astimezone(ZoneInfo("Asia/Macau")).isoformat()[:7]
    told = run("agents", "statement", "agent-7", month, "--json").facts
    assert told["agrees"]
    assert told["lines"]["commission owed"] == "23.56"
    assert told["lines"]["float"] == "772.00"
    assert told["lines"]["service fees, its own"] == "15.00"
    shown = run("agents", "statement", "agent-7", month)
    assert (shown.code, "agree with the books" in shown.out) == (0, True)
    early = run("agents", "pay", "agent-7", month, "--json")
    assert early.facts["refused"]["code"] == "statement.not_over"

    as_csv, as_xlsx = tmp_path / "month.csv", tmp_path / "month.xlsx"
    for file in (as_csv, as_xlsx):
        assert run("agents", "statement", "agent-7", month, "--out", str(file)).code == 0
    with as_csv.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    assert [(r["what"], r["total"], r["commission"]) for r in rows] == [
        ("activate", "120.00", "16.00"),
        ("renew", "108.00", "7.56"),
    ]
    assert rows[1]["receipt"] == renewed["receipt"]
    book = CalamineWorkbook.from_path(as_xlsx)
    assert ["commission owed", 23.56] in book.get_sheet_by_name("statement").to_python()
    assert len(book.get_sheet_by_name("sales").to_python()) == 3

    put_on(house, timedelta(days=32))
    first = run("agents", "pay", "agent-7", month, "--json").facts
    again = run("agents", "pay", "agent-7", month, "--json").facts
    assert (first["paid"], first["repeated"], again["repeated"]) == ("23.56", False, True)
    assert again["balance"] == first["balance"] == "795.56"
    by_another = run("agents", "pay", "agent-7", month, "--by", "somebody", "--json")
    assert by_another.facts["refused"]["code"] == "statement.paid"
    assert run("doctor").code in (0, 1)
    assert run("books", "check").code == 0


def test_nonsense_is_wrong_use_and_nobody_is_refused(run: Run, tmp_path: Path) -> None:
    assert run("agents", "statement", "agent-7", "November").code == 2
    unknown = run("agents", "statement", "agent-99", "2026-11", "--json")
    assert unknown.facts["refused"]["code"] == "agent.unknown"
    for name in ("x.csv", "x.xlsx"):
        there = run(
            "agents",
            "statement",
            "agent-7",
            "2026-11",
            "--out",
            str(tmp_path / "no" / name),
            "--json",
        )
        assert there.facts["refused"]["code"] == FileUnwritable.code
