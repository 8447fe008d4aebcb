"""What agents hold, by the commands of whoever looks after them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from tests.cli.conftest import Run

ONE, TWO, THREE = "+85366200001", "+85366200002", "+85366200003"
ICCIDS = ("8985301000000000026", "8985301000000000034")


@pytest.fixture(scope="module", autouse=True)
def _house(house: Path) -> None:
    """The house is there before the first command."""


def test_cards_are_allotted_listed_sold_and_due(run: Run, stock: Any, tmp_path: Path) -> None:
    for number, iccid in zip((ONE, TWO), ICCIDS, strict=True):
        stock(number, iccid=iccid)
    stock(THREE)
    assert run("agents", "allot", "agent-7", ONE, "--json").facts["refused"]["code"] == (
        "agent.unknown"
    )
    added = run("agents", "add", "agent-7", "--name", "Kiosk", "--operator", "demo")
    assert added.code == 0, added

    file = tmp_path / "cards.csv"
    file.write_text("iccid\n" + "\n".join((*ICCIDS, "8985301000000000042")))
    ran = run("agents", "allot", "agent-7", "--file", str(file))
    assert (ran.code, "2 allotted, 1 refused" in ran.out) == (1, True), ran
    with (tmp_path / "cards.csv.outcome.csv").open(encoding="utf-8-sig") as outcome:
        rows = list(csv.DictReader(outcome))
    assert [row["outcome"] for row in rows] == ["allotted", "allotted", "refused"]
    assert rows[0]["number"] == ONE
    again = run("agents", "allot", "agent-7", ONE, THREE, "--json").facts
    assert again["outcomes"] == {"there already": 1, "allotted": 1}
    assert run("agents", "take-back", THREE).code == 0
    assert run("agents", "take-back").code == 2

    told = run("agents", "stock", "agent-7", "--json").facts
    assert (told["cards"], told["plans"]) == (2, {"keep12": 2})
    assert [row["iccid"] for row in told["rows"]] == list(ICCIDS)
    assert ICCIDS[0] in run("agents", "stock", "agent-7").out

    shown = run("lines", "show", ONE, "--json").facts
    assert (shown["agent"], shown["history"][-1]["what"]) == ("agent-7", "allotted to agent-7")
    assert "taken back" in run("lines", "show", THREE).out

    run("fund", "float:agent-7:MOP", "--amount", "1000.00")
    sells = ("--term", "12m", "--paid", "float:agent-7", "--by", "agent-7", "--json")
    refused = run("activate", THREE, "--document", "bir", *sells)
    assert refused.facts["refused"]["code"] == "stock.not_yours"
    sold = run("activate", ONE, "--document", "bir", *sells)
    assert sold.code == 0, sold

    said = run("agents", "float", "agent-7", "--json").facts
    assert (said["balance"], said["spent_28_days"], said["is_low"]) == ("880.00", "120.00", False)
    assert said["runs_out_at"] is not None
    assert "880.00" in run("agents", "float", "agent-7").out

    assert run("agents", "due", "agent-7", "--json").facts["rows"] == []
    [due] = run("agents", "due", "agent-7", "--days", "4000", "--json").facts["rows"]
    assert (due["number"], due["plan"], due["stage"]) == (ONE, "keep12", "active")
    for name in ("due.csv", "due.xlsx"):
        out = tmp_path / name
        assert run("agents", "due", "agent-7", "--days", "4000", "--out", str(out)).code == 0
        assert out.exists()
    sheet = CalamineWorkbook.from_path(tmp_path / "due.xlsx").get_sheet_by_index(0)
    assert list(sheet.iter_rows()) == [list(due), list(due.values())]
    wrong = run("agents", "due", "agent-7", "--out", str(tmp_path / "due.pdf"))
    assert wrong.code == 2
