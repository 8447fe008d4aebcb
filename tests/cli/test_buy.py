"""Money for time, by the commands that a clerk types."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run

ONE, TWO, THREE = "+85366000001", "+85366000002", "+85366000003"


@pytest.fixture(scope="module", autouse=True)
def _month(house: Path) -> None:
    """The house is there before the first command."""


def active(run: Run, stock: Any, *numbers: str) -> None:
    stock(*numbers)
    for number in numbers:
        ran = run("activate", number, "--holder", "h1", "--document", "bir", "--json")
        assert ran.code == 0, ran


def test_a_line_is_quoted_renewed_and_reversed(run: Run, stock: Any) -> None:
    active(run, stock, ONE)
    before = run("lines", "show", ONE, "--json").facts
    quoted = run("quote", ONE, "--term", "12m", "--json").facts
    assert quoted["total"] == "120.00"
    assert {"promotion": "demo.twelve_plus_six", "time": "6 months"} in quoted["bonus"]
    renewed = run(
        "renew", ONE, "--term", "1y", "--paid", "cash", "--quote", quoted["quote"], "--json"
    ).facts
    assert renewed["until"] == quoted["until"] > quoted["before"] == renewed["before"]
    assert renewed["paid"] == "till:main:MOP"
    shown = run("lines", "show", ONE, "--json").facts
    assert shown["sold"][-1]["id"] == renewed["receipt"]
    back = run("reverse", renewed["receipt"], "--reason", "changed their mind", "--json").facts
    assert (back["back"], back["until"]) == ("120.00", quoted["before"])
    again = run("lines", "show", ONE, "--json").facts
    assert again["safe_until"] == before["safe_until"]


def test_what_was_true_then_is_shown_as_of_then(run: Run, stock: Any) -> None:
    active(run, stock, TWO)
    now = run("lines", "show", TWO, "--json").facts
    later = run("lines", "show", TWO, "--at", "2090-01-01T00:00:00+08:00", "--json").facts
    assert (now["stage"], later["stage"]) == ("active", "recycled")
    earlier = run("lines", "show", TWO, "--at", "2020-01-01T00:00:00+08:00", "--json").facts
    assert earlier["stage"] == "stock"
    assert earlier["history"] == []
    told = run("lines", "show", TWO)
    assert "safe until" in told.out
    assert "days left" in told.out
    assert "◀" in told.out


def test_the_same_key_gives_the_same_answer_and_takes_no_more_money(run: Run, stock: Any) -> None:
    active(run, stock, THREE)
    first = run("renew", THREE, "--term", "12m", "--key", "k-1", "--json").facts
    second = run("renew", THREE, "--term", "12 months", "--key", "k-1", "--json").facts
    assert (second["repeated"], second["until"]) == (True, first["until"])
    other = run("renew", THREE, "--term", "24m", "--key", "k-1", "--json")
    assert (other.code, other.facts["refused"]["code"]) == (1, "key.reused")


def test_a_line_that_moved_is_not_sold(run: Run, stock: Any) -> None:
    number = "+85366000004"
    active(run, stock, number)
    shown = run("lines", "show", number, "--json").facts["safe_until"]
    deadline = run("quote", number, "--term", "12m", "--json").facts["before"]
    assert shown["last_day"] > deadline
    ran = run("renew", number, "--term", "12m", "--expect-until", deadline, "--json")
    assert ran.code == 0, ran
    ran = run("renew", number, "--term", "12m", "--expect-until", deadline)
    assert (ran.code, ran.out) == (1, "")
    assert "[line.moved]" in ran.err
    assert f"baohao lines show {number}" in ran.err


def test_an_agent_pays_from_a_float_and_never_more_than_it_holds(run: Run, stock: Any) -> None:
    number = "+85366000005"
    active(run, stock, number)
    paid = ("renew", number, "--term", "12m", "--paid", "float:a1", "--channel", "agent")
    short = run(*paid, "--by", "a1", "--json")
    assert short.facts["refused"]["code"] == "money.short"
    assert run("fund", "float:a1:MOP", "--amount", "200.00", "--json").facts["balance"] == "200.00"
    assert run(*paid, "--by", "a1", "--json").facts["total"] == "108.00"
    left = run("withdraw", "float:a1:MOP", "--amount", "92.00", "--json").facts
    assert left["balance"] == "0.00"
    assert run("withdraw", "float:a1:MOP", "--amount", "0.01").code == 1


@pytest.mark.parametrize(
    "words",
    [
        ("renew", ONE, "--term", "12 moons"),
        ("renew",),
        ("renew", ONE, "--file", "nowhere.csv"),
        ("renew", ONE),
        ("lines", "show", ONE, "--at", "yesterday"),
    ],
)
def test_nonsense_is_wrong_use(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).code == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("lines", "show", "+85366999999"), "line.unknown"),
        (("lines", "show", "12"), "malformed.number"),
        (("renew", ONE, "--term", "12m", "--paid", "gold:x"), "malformed.account"),
        (("fund", "float:a1:MOP", "--amount", "1,000"), "malformed.money"),
        (("reverse", "00000000-0000-7000-8000-000000000000", "--reason", "x"), "act.not_found"),
        (("reverse", "nothing", "--reason", "x"), "act.not_found"),
    ],
)
def test_what_cannot_be_is_refused(run: Run, words: tuple[str, ...], code: str) -> None:
    ran = run(*words, "--json")
    assert ran.code == 1
    assert ran.facts["refused"]["code"].startswith(code)
    assert "Traceback" not in ran.err


def outcomes(file: Path) -> list[dict[str, str]]:
    text = Path(f"{file}.outcome.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def test_a_file_is_renewed_row_by_row_and_only_once(run: Run, stock: Any, tmp_path: Path) -> None:
    numbers = ("+85366000011", "+85366000012")
    active(run, stock, *numbers)
    file = tmp_path / "renewals.csv"
    file.write_text(
        f"number,term,paid\n{numbers[0]},12m,cash\n{numbers[1]},1y,\n+85366999999,12m,\n"
        f"{numbers[0]},12m,cash\nabc,12m,\n{numbers[1]},12m,cash,more\n",
        encoding="utf-8",
    )
    ran = run("renew", "--file", file, "--json")
    assert ran.code == 1
    assert ran.facts["outcomes"] == {"renewed": 3, "refused": 3}
    first = outcomes(file)
    assert [row["row"] for row in first] == ["2", "3", "4", "5", "6", "7"]
    assert [row["outcome"] for row in first] == ["renewed"] * 2 + ["refused", "renewed"] + [
        "refused"
    ] * 2
    assert first[2]["code"] == "line.unknown"
    ran = run("renew", "--file", file, "--json")
    assert ran.facts["outcomes"] == {"renewed before": 3, "refused": 3}
    assert [row["receipt"] for row in outcomes(file)] == [row["receipt"] for row in first]


def test_rows_of_json_say_what_is_wrong_with_them(run: Run, stock: Any, tmp_path: Path) -> None:
    number = "+85366000013"
    active(run, stock, number)
    file = tmp_path / "renewals.ndjson"
    file.write_text(f'{{"number": "{number}", "key": "r-1"}}\n[\n{{"number": 1}}\n{{"nub": "1"}}\n')
    ran = run("renew", "--file", file, "--term", "12m", "--json")
    assert ran.facts["outcomes"] == {"renewed": 1, "refused": 3}
    assert {row["code"] for row in outcomes(file)[1:]} == {"malformed.row"}


@pytest.mark.parametrize("written", [b"", b"\xff\xfe", b"number,price\n", b"term\n12m\n"])
def test_a_file_that_is_none_is_refused(run: Run, tmp_path: Path, written: bytes) -> None:
    file = tmp_path / "renewals.csv"
    file.write_bytes(written)
    ran = run("renew", "--file", file, "--term", "12m", "--json")
    assert (ran.code, ran.facts["refused"]["code"]) == (1, "malformed.renewals")
    assert not Path(f"{file}.outcome.csv").exists()
