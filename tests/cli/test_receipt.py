"""Receipts by their commands: issued, verified with and without the database, exported."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run

NUMBER = "+85366100401"


@pytest.fixture(autouse=True)
def font(debian_font: Callable[[str, str], None]) -> None:
    """Nothing is printed without it."""
    debian_font("Noto Sans CJK HK", "fonts-noto-cjk")


@pytest.fixture
def act(run: Run, stock: Callable[..., Any]) -> str:
    """A card that was sold for cash."""
    stock(NUMBER)
    bought = ("--term", "12m", "--holder", "h1", "--document", "bir")
    return str(run("activate", NUMBER, *bought, "--json").facts["receipt"])


def test_a_receipt_from_its_number_to_its_reversal(
    run: Run, act: str, house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, copy, plain = (tmp_path / f"{name}.pdf" for name in ("first", "copy", "plain"))
    told = run("receipt", "issue", act, "--point", "hall-1", "--out", first, "--json").facts
    assert (told["kind"], told["number"], told["copy"]) == ("sale", NUMBER, False)
    assert told["receipt"].startswith("hall-1/")
    again = run("receipt", "issue", act, "--paper", "80mm", "--lang", "pt", "--out", copy)
    assert (again.code, told["receipt"] in again.out) == (0, True)
    assert "copy" in again.out

    found = run("receipt", "verify", first, "--json").facts
    assert (found["signature"], found["token"], found["state"]) == ("good", "good", "valid")
    assert (found["print"], found["says"]["number"]) == ("original", NUMBER)
    assert run("receipt", "verify", copy, "--json").facts["print"] == "copy"
    assert run("receipt", "verify", told["token"]).code == 0
    assert run("receipt", "verify", told["token"] + "A").code == 1
    first.write_bytes(first.read_bytes()[:-2] + b"\n\n")
    assert run("receipt", "verify", first).code == 1

    monkeypatch.setenv("BAOHAO_RECEIPTS_UNSIGNED", "1")
    run("receipt", "issue", act, "--out", plain)
    unsigned = run("receipt", "verify", plain)
    assert (unsigned.code, "Nobody signed the file" in unsigned.out) == (1, True)
    monkeypatch.delenv("BAOHAO_RECEIPTS_UNSIGNED")

    pem = house / "issuer.pem"
    assert "signed by the key" in run("receipt", "rotate-key").out
    assert run("receipt", "verify", copy).code == 0
    alone = run("receipt", "verify", copy, "--issuer", pem, "--json")
    assert (alone.code, alone.facts["state"]) == (0, "not asked")

    pages = tmp_path / "all.zip"
    day = told["issued_at"][:10]
    assert "1 receipts" in run("receipt", "export", "--holder", "h1", "--out", pages).out
    assert run("receipt", "export", "--day", day, "--out", pages).code == 0
    with zipfile.ZipFile(pages) as inside:
        assert len(inside.namelist()) == 3
    assert run("receipt", "export", "--out", pages).code == 2

    reason = ("--reason", "wrong line", "--mistake", "--approved-by", "boss")
    run("reverse", act, *reason)
    reversed_ = run("receipt", "verify", copy, "--json")
    assert (reversed_.code, reversed_.facts["state"]) == (1, "reversed")


def test_the_worker_gives_what_nobody_gave_at_a_counter(
    run: Run, stock: Callable[..., Any], tmp_path: Path
) -> None:
    number = "+85366100402"
    stock(number)
    bought = ("--term", "12m", "--holder", "h2", "--document", "bir")
    act = run("activate", number, *bought, "--json").facts["receipt"]
    run("renew", number, "--term", "12m", "--point", "hall-9")
    assert run("worker", "--once").code == 0
    assert run("receipt", "catch-up", "--json").facts == {"given": 0}
    told = run("receipt", "issue", act, "--out", tmp_path / "x.pdf", "--json").facts
    assert (told["receipt"].split("/")[0], told["copy"]) == ("main", False)
    listed = run("receipt", "retention", "--json").facts
    year = told["receipt"].split("/")[1]
    assert {f"hall-9/{year}", f"main/{year}"} <= {each["series"] for each in listed}
    assert not any(each["may_go"] for each in listed)
    assert "no" in run("receipt", "retention").out
    assert run("receipt", "retention", "--years", "1").code == 1
    assert run("renew", number, "--term", "12m", "--point", "Hall 9").code == 1


def test_what_cannot_be_is_refused(run: Run, tmp_path: Path) -> None:
    nothing = "00000000-0000-7000-8000-000000000001"
    refused = run("receipt", "issue", nothing, "--out", tmp_path / "x.pdf")
    assert (refused.code, "receipt.nothing_paid" in refused.err) == (1, True)
    assert run("receipt", "export", "--holder", "h9", "--out", tmp_path / "x.zip").code == 1
    assert list(tmp_path.iterdir()) == []
