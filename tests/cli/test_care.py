"""Facts from elsewhere, the books, the journal and the daily work, by their commands."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run

BALANCE180 = "mo.demo.balance180@2026-01"
#: Cards of an operator who does not run baohao: nothing is sold, all is recorded.
OUTSIDE = {"policy": BALANCE180, "custody": "external"}


def test_what_happened_elsewhere_moves_the_clock(run: Run, stock: Any) -> None:
    number = "+85366100001"
    stock(number, **OUTSIDE)
    begun = run("record", number, "activate", "--at", "2026-06-01T10:00:00+08:00", "--json")
    assert begun.code == 0, begun
    topped = run(
        *("record", number, "topup", "--amount", "50.00", "--evidence", "shop receipt 7"),
        *("--at", "2026-06-02T10:00:00+08:00", "--act", "shop-7", "--json"),
    )
    assert topped.code == 0, topped
    again = run("record", number, "topup", "--amount", "50.00", "--act", "shop-7", "--json")
    assert (again.code, again.facts["refused"]["code"]) == (1, "act.known")
    told = run("lines", "show", number, "--json").facts
    assert told["clocks"]["service"]["last_day"] == "2027-05-27"
    assert told["balances"]["main"] == "50.00"


def test_what_the_operator_says_stands_beside_what_is_computed(run: Run, stock: Any) -> None:
    number = "+85366100002"
    stock(number, **OUTSIDE)
    run("record", number, "activate", "--at", "2026-10-01T10:00:00+08:00")
    computed = run("lines", "show", number, "--json").facts["clocks"]["service"]["last_day"]
    assert computed == "2027-03-30"
    ran = run("observe", number, "--clock", "service", "--until", "2027-03-28", "--json")
    assert ran.facts["observed"]["differs_days"] == -2
    assert run("observe", number, "--balance", "main", "--amount", "12.50").code == 0
    told = run("lines", "show", number)
    assert "-2 days" in told.out
    assert "12.50" in told.out
    wrong = run("observe", number, "--clock", "moon", "--until", "2027-03-28", "--json")
    assert wrong.facts["refused"]["code"] == "policy.clock_unknown"
    assert run("observe", number, "--clock", "service").code == 2


def test_the_daily_file_of_the_master_is_taken_down_once(
    run: Run, stock: Any, tmp_path: Path
) -> None:
    numbers = ("+85366100003", "+85366100004")
    stock(*numbers, **OUTSIDE)
    for number in numbers:
        run("record", number, "activate", "--at", "2026-10-01T10:00:00+08:00")
    file = tmp_path / "readings.csv"
    file.write_text(
        "number,last_activity,balance,expiry\n"
        f"{numbers[0]},2026-11-01,0.00,2027-03-30\n"
        f"{numbers[1]},,7.00,2027-04-02\n"
        "+85366999999,,1.00,\n"
        f"{numbers[1]},2026-02-30,,\n",
        encoding="utf-8",
    )
    ran = run("observe", "--file", file, "--json")
    assert ran.code == 1
    assert (ran.facts["observed"], ran.facts["refused"], ran.facts["drifting"]) == (2, 2, 1)
    (drift,) = ran.facts["drift"]
    assert (drift["number"], drift["drift_days"]) == (numbers[1], 3)
    assert (drift["balance"], drift["computed_balance"]) == ("7.00", "0.00")
    events = len(run("lines", "show", numbers[0], "--json").facts["history"])
    assert run("observe", "--file", file, "--json").facts["observed"] == 2
    assert len(run("lines", "show", numbers[0], "--json").facts["history"]) == events


def test_any_verb_can_be_asked(run: Run, stock: Any) -> None:
    number = "+85366100005"
    stock(number)
    assert run("activate", number, "--holder", "h5", "--document", "bir").code == 0
    held = run("ask", number, "hold", "--json-payload", '{"cause": "fraud", "reason": "x"}')
    assert held.code == 0, held
    assert run("lines", "show", number, "--json").facts["held"] is True
    assert run("ask", number, "lift", "--json-payload", '{"reason": "y"}').code == 0
    unknown = run("ask", number, "hold", "--json-payload", '{"moon": 1}', "--json")
    assert unknown.facts["refused"]["code"] == "ask.field.unknown"


@pytest.mark.parametrize(
    "words",
    [
        ("ask", "+85366100005", "fly"),
        ("ask", "+85366100005", "park", "--json-payload", "{"),
        ("ask", "+85366100005", "park", "--json-payload", "[]"),
        ("observe",),
        ("books", "export", "--format", "xls"),
        ("books", "close", "--month", "2026-13"),
        ("lines", "export", "--format", "xls"),
        ("whatif", "--on", "soon"),
        ("audit", "seal", "--day", "soon"),
    ],
)
def test_nonsense_is_wrong_use(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).code == 2


def test_a_house_in_order_says_so(run: Run, stock: Any, tmp_path: Path) -> None:
    number = "+85366100006"
    stock(number)
    assert run("activate", number, "--holder", "h6", "--document", "bir").code == 0
    checked = run("books", "check", "--json")
    assert (checked.code, checked.facts["balanced"]) == (0, True)
    assert checked.facts["totals"] == {"MOP": "0.00"}
    assert run("doctor", "--json").facts["well"] is True
    assert "Nothing is broken" in run("doctor").out
    verified = run("audit", "verify", "--json").facts
    assert (verified["faults"], verified["subjects"] > 1) == ([], True)
    assert run("daily", "--json").facts["refused"] == {}
    sealed = run("audit", "seal", "--json").facts
    kept = tmp_path / "seal.txt"
    kept.write_text(sealed["seal"], encoding="utf-8")
    assert run("audit", "verify", "--seal", kept, "--json").facts["days"] == 1
    kept.write_text("roots\n")
    assert run("audit", "verify", "--seal", kept, "--json").facts["refused"]["code"] == (
        "malformed.seal"
    )
    early = run("books", "close", "--month", "2999-01", "--json")
    assert (early.code, early.facts["refused"]["code"]) == (1, "close.not_over")
    assert "account assets:till:main:MOP" in run("books", "export").out


def test_all_lines_are_exported_and_counted(run: Run, stock: Any, tmp_path: Path) -> None:
    number = "+85366100007"
    stock(number)
    assert run("activate", number, "--holder", "h7", "--document", "bir").code == 0
    file = tmp_path / "lines.csv"
    assert run("lines", "export", "--out", file).code == 0
    rows = {row["number"]: row for row in csv.DictReader(io.StringIO(file.read_text("utf-8-sig")))}
    shown = run("lines", "show", number, "--json").facts
    assert rows[number]["safe_until"] == shown["safe_until"]["last_day"]
    assert (rows[number]["stage"], rows[number]["holder"]) == ("active", "h7")
    printed = list(csv.DictReader(io.StringIO(run("lines", "export").out)))
    assert len(printed) == len(rows)
    far = run("whatif", "--on", "2090-01-01", "--json").facts
    assert far["lines"] == len(rows)
    past = run("whatif", "--on", "2020-01-01", "--json")
    assert past.facts["refused"]["code"] == "whatif.past"


def test_reminders_that_fall_due_are_listed(run: Run, stock: Any) -> None:
    number = "+85366100008"
    stock(number)
    assert run("activate", number, "--holder", "h8", "--document", "bir").code == 0
    last = run("lines", "show", number, "--json").facts["clocks"]["service"]["last_day"]
    ran = run(
        "reminders",
        *("--from", f"{last}T00:00:00+08:00", "--to", f"{last}T23:59:00+08:00", "--json"),
    )
    mine = [each for each in ran.facts["reminders"] if each["number"] == number]
    assert [(each["last_day"], each["level"]) for each in mine] == [(last, 3)]
    assert number not in run("reminders").out
