"""An operator's own charging system, by the commands."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run
from tests.wire.harbour import THEIRS, TOKEN, YEARLY

from baohao.outside.pretend.charging import PretendCharging

ONE, TWO = "+85251234001", "+85251234002"


@pytest.fixture
def twin(monkeypatch: pytest.MonkeyPatch) -> Iterator[PretendCharging]:
    with PretendCharging(THEIRS, lambda: datetime.now(UTC), token=TOKEN) as made:
        monkeypatch.setenv("BAOHAO_CHARGING_URL_DEMO2", made.url)
        monkeypatch.setenv("BAOHAO_CHARGING_TOKEN_DEMO2", TOKEN)
        yield made


@pytest.fixture
def opened(run: Run, stock: Any) -> Any:
    def make(number: str) -> str:
        stock(number, policy=YEARLY, operator="demo2")
        said = ("--holder", "h1", "--document", "hkid", "--term", "365d", "--json")
        ran = run("activate", number, *said)
        assert ran.code == 0, ran
        return str(ran.facts["receipt"])

    return make


def test_without_a_system_it_says_how_to_connect_one(run: Run, opened: Any) -> None:
    ran = run("charging", "carry")
    assert ran.code == 1
    assert "BAOHAO_CHARGING_URL_OPERATOR" in ran.err


def test_what_was_sold_is_carried_and_listed(run: Run, opened: Any, twin: PretendCharging) -> None:
    receipt = opened(ONE)
    (charge,) = run("charging", "list", "--operator", "demo2", "--state", "pending", "--json").facts
    assert (charge["number"], charge["id"], charge["tries"]) == (ONE, receipt, 0)
    assert run("charging", "carry", "--json").facts == {"done": 1}
    assert "Nothing is due." in run("charging", "carry").out
    (charge,) = run("charging", "list", "--json").facts
    assert (charge["state"], charge["their_id"]) == ("done", "topup-1")
    assert "topup-1" in run("charging", "list").out
    assert len(twin.found(receipt)) == 1
    assert run("charging", "drift", "--json").facts == []
    assert run("reverse", receipt, "--reason", "no").code == 1
    assert run("charging", "list", "--state", "gone").code == 2


def test_what_differs_is_listed(
    run: Run, opened: Any, twin: PretendCharging, tmp_path: Path
) -> None:
    opened(TWO)
    run("charging", "carry")
    last = twin.books.accounts[TWO.removeprefix("+")].last_day
    assert last is not None
    theirs = last - timedelta(days=3)
    assert run("observe", TWO, "--clock", "service", "--until", theirs.isoformat()).code == 0
    (drift,) = run("charging", "drift", "--operator", "demo2", "--json").facts
    assert (drift["number"], drift["days"], drift["age_days"]) == (TWO, -3, 0)
    assert (drift["observed"], drift["computed_from"]) == (theirs.isoformat(), last.isoformat())
    assert "-3 days" in run("charging", "drift").out
    out = tmp_path / "drift.csv"
    assert run("charging", "drift", "--out", out, "--json").facts["drifts"] == 1
    with out.open(encoding="utf-8-sig", newline="") as file:
        assert [row["number"] for row in csv.DictReader(file)] == [TWO]
    refused = run("charging", "drift", "--operator", "demo", "--json").facts["refused"]
    assert refused["code"] == "charging.not_there"
