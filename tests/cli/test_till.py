"""Tills, points and days, by the commands that clerks and their chiefs type."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook
from tests.cli.conftest import Run
from tests.cli.test_commission import put_on

ONE = "+85366000031"
CLERK = ("--by", "clerk-1")
TILL = "till:hall-9:MOP"


def test_what_must_be_in_the_drawer_is_told_by_no_command(run: Run, stock: Any) -> None:
    stock(ONE)
    said = []

    def told(*words: str, code: int = 0) -> str:
        for more in ((), ("--json",)):
            ran = run(*words, *more)
            said.append(ran.out + ran.err)
            assert ran.code == code, (words, ran.out, ran.err)
            # What moves money is asked once; what only looks is asked both ways.
            if words[1] != "show" and not code:
                break
        return said[-1]

    told("fund", TILL, "--amount", "500.00", "--json")
    told("till", "open", "hall-9", "--float", "499.00", *CLERK, code=1)
    told("till", "open", "hall-9", "--float", "500.00", *CLERK)
    paid = ("--paid", "cash", "--till", "hall-9", "--document", "bir", "--term", "12m")
    told("activate", ONE, *paid, *CLERK, "--json")
    told("fund", TILL, "--amount", "33.33")
    told("fund", TILL, "--amount", "33.34", "--json")
    told("withdraw", TILL, "--amount", "9000.00", code=1)
    told("till", "drop", "hall-9", "--amount", "9000.00", *CLERK, code=1)
    told("till", "drop", "hall-9", "--amount", "1.00", *CLERK, "--json")
    told("till", "close", "hall-9", *CLERK, code=1)
    told("till", "show", "hall-9")
    # 500.00 + 120.00 + 33.33 + 33.34 - 1.00, and what it was on the way there.
    for secret in ("685.67", "68567", "620.00", "62000", "653.33", "686.67"):
        assert not any(secret in text for text in said), secret

    counted = run("till", "count", "hall-9", "100.00x6", "80.00x1", *CLERK, "--json").facts
    assert (counted["counted"], counted["difference"]) == ("680.00", "-5.67")
    shown = run("till", "show", "hall-9", "--json").facts
    assert (shown["state"], shown["expected"], shown["takings"]) == ("counted", "685.67", "120.00")
    same = run("till", "close", "hall-9", *CLERK, "--approved-by", "clerk-1", "--reason", "?")
    assert (same.code, "second person" in same.err) == (1, True)
    closing = ("till", "close", "hall-9", *CLERK, "--approved-by", "chief", "--reason", "lost")
    closed = run(*closing, "--leave", "500.00", "--json").facts
    assert (closed["left"], closed["banked"], closed["difference"]) == ("500.00", "180.00", "-5.67")
    assert run("till", "show", "hall-9", "--json").facts["state"] == "closed"
    assert run("till", "show", "hall-8", "--json").facts == {"till": "till:hall-8:MOP"}
    assert run("books", "check").code == 0


def test_a_day_and_a_month_for_the_accounts(run: Run, house: Path, tmp_path: Path) -> None:
    now = datetime.fromisoformat(run("db", "status", "--json").facts["now"])
    day = now.astimezone(ZoneInfo("Asia/Macau")).date().isoformat()
    adding = ("points", "add", "hall", "--operator", "demo", "--name", "Hall")
    assert run(*adding, "--till", TILL, "--json").facts["zone"] == "Asia/Macau"
    assert run(*adding, "--till", "till:hall-7:MOP").code == 1
    assert run("day", "close", "hall", day, "--json").facts["refused"]["code"] == "day.running"
    put_on(house, timedelta(days=1))
    out = tmp_path / "day.csv"
    closed = run("day", "close", "hall", day, "--by", "chief", "--out", str(out), "--json").facts
    assert [(t["what"], t["verb"], t["amount"]) for t in closed["totals"]] == [
        ("adjustment", "shift_closed", "-5.67"),
        ("funding", "funded", "566.67"),
        ("payout", "dropped", "-1.00"),
        ("payout", "shift_closed", "-180.00"),
        ("sale", "activate", "120.00"),
    ]
    with out.open(encoding="utf-8-sig", newline="") as text:
        assert len(list(csv.DictReader(text))) == 5
    shown = run("day", "show", "hall", day, "--json").facts
    assert (shown["whole"], shown["digest"]) == (True, closed["digest"])
    assert "whole" in run("day", "show", "hall", day).out

    month = now.isoformat()[:7]
    sold = run("books", "revenue", "--month", month, "--json").facts["sold"]
    assert {"plan": "keep12", "channel": "counter", "agent": ""}.items() <= sold[0].items()
    assert (sold[0]["sold"], sold[0]["reversed"]) == ("120.00", "0.00")
    [plan] = run("books", "deferred", "--month", month, "--json").facts["plans"]
    assert (plan["opening"], plan["added"], plan["closing"]) == ("0.00", "120.00", "120.00")
    assert run("books", "floats", "--json").facts == {"floats": []}


def test_a_point_says_what_it_is_called_where_it_is_and_when_it_is_open(run: Run) -> None:
    said = (
        *("--name", "Pier", "--name-in", "zh-Hant=碼頭", "--address", "Pier 1"),
        *("--address", "pt=Cais n.º 1", "--phone", "+853 2800 0000", "--company", "Loja, Lda."),
        *("--hours", "mon-fri=10:00-13:00,14:30-19:00", "--hours", "sun=10:00-12:00"),
    )
    adding = ("points", "add", "pier", "--operator", "demo", "--till", "till:pier-1:MOP")
    told = run(*adding, *said, "--json").facts
    assert told["names"] == {"zh-Hant": "碼頭"}
    assert told["addresses"] == {"": "Pier 1", "pt": "Cais n.º 1"}
    assert told["hours"]["fri"] == ["10:00-13:00", "14:30-19:00"]
    assert "sat" not in told["hours"]
    changed = run("points", "change", "pier", "--address", "pt=", "--phone", "1", "--json").facts
    assert changed == told | {"addresses": {"": "Pier 1"}, "phone": "1"}
    shown = run("points", "change", "pier", "--tax-number", "81")
    assert (shown.code, "碼頭" in shown.out) == (0, True)
    for wrong in ("fri-mon=10:00-11:00", "day=1"):
        assert run("points", "change", "pier", "--hours", wrong).code == 2
    assert run("points", "change", "pier", "--hours", "mon=19:00-10:00").code == 1
    assert run("points", "change", "pier", "--name-in", "碼頭").code == 2


@pytest.fixture
def codes(tmp_path: Path) -> Path:
    file = tmp_path / "codes.toml"
    file.write_text('till = "1010"\nbank = "1020"\nclearing = "1900"\ndeferred = "2200"\n')
    return file


def test_entries_stand_under_the_customers_own_codes(run: Run, codes: Path, tmp_path: Path) -> None:
    table = tmp_path / "books.xlsx"
    asked = ("books", "export", "--format", "xlsx", "--codes", str(codes), "--out", str(table))
    missing = run(*asked)
    assert (missing.code, "adjustments:cash_short:MOP" in missing.err) == (1, True)
    assert not table.exists()
    codes.write_text(codes.read_text() + 'adjustments = "5900"\n"till:hall-9" = "1011"\n')
    assert run(*asked).code == 0
    head, *rows = CalamineWorkbook.from_path(table).get_sheet_by_index(0).to_python()
    places = [head.index(name) for name in ("account", "code", "debit", "credit")]
    found = [[row[place] for place in places] for row in rows]
    assert {code for account, code, *_ in found if account == TILL} == {"1011"}
    debits = sum(Decimal(str(row[2])) for row in found if row[2] != "")
    credits_ = sum(Decimal(str(row[3])) for row in found if row[3] != "")
    assert debits == credits_ > 0
    as_csv = (*asked[:3], "csv", *asked[4:7], str(tmp_path / "books.csv"))
    assert run(*as_csv).code == 0
    for wrong in (asked[:-2], (*asked[:3], "csv", *asked[4:])):
        assert run(*wrong).code == 2
    codes.write_text("till = 1010\n")
    refused = run(*asked)
    assert (refused.code, "malformed.account_codes" in refused.err) == (1, True)


def test_nonsense_is_wrong_use(run: Run) -> None:
    assert run("till", "count", "hall-9", "100", *CLERK).code == 2
    assert run("day", "close", "hall", "yesterday").code == 2
    assert run("till", "show", "float:a:MOP").code == 1
    assert run("points", "change", "nowhere", "--name", "x").code == 1
