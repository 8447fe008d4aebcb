"""
Full lives of lines, worked out by hand before the rules were written, and played by `policy play`.

Each file of `timelines/` names a policy, a history, and checks: an instant and a part of what must
be true there, with the arithmetic in `why`. A check's `known` says which events have been heard of;
by default all. In `expect` an object may say less than the answer, a list must have every item and
no other, and `"x has"` and `"x lacks"` speak of items that a list `x` must and must not hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.cli.inside import inside

from baohao.app.play import play

ROOT = Path(__file__).parents[2]
FILES = sorted((Path(__file__).parent / "timelines").glob("*.json"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One history under one policy."""

    #: File and variant, for people.
    name: str
    policy: Path
    #: In their order of arrival.
    events: list[dict[str, Any]]
    checks: list[dict[str, Any]]

    def known(self, check: dict[str, Any]) -> list[dict[str, Any]]:
        """The events that had been heard of, in their order of arrival."""
        if "known" not in check:
            return self.events
        heard = [event for event in self.events if event["id"] in check["known"]]
        assert len(heard) == len(check["known"]), f"{self.name}: `known` names no event"
        return heard


def lives() -> Iterator[Life]:
    for file in FILES:
        document = json.loads(file.read_text())
        main = [{**document, "name": "main"}] if "checks" in document else []
        for life in main + document.get("variants", []):
            policy = life.get("policy", document.get("policy"))
            yield Life(
                name=f"{file.stem}: {life['name']}",
                policy=ROOT / policy,
                events=life["events"],
                checks=life["checks"],
            )


LIVES = list(lives())
CHECKS = [
    pytest.param(life, check, id=f"{life.name} {number} at {check['at']}")
    for life in LIVES
    for number, check in enumerate(life.checks, start=1)
]


def played(life: Life, events: list[dict[str, Any]], at: str) -> dict[str, Any]:
    """The answer as a reader of the JSON sees it."""
    answer: dict[str, Any] = json.loads(
        json.dumps(play(life.policy, events, datetime.fromisoformat(at)))
    )
    return answer


def differences(expected: Any, got: Any, path: str) -> list[str]:
    """Each place where the answer is not what the hand wrote: path, expected, got."""
    if isinstance(expected, dict):
        return _object_differences(expected, got, path)
    if isinstance(expected, list):
        return _list_differences(expected, got, path)
    if _is_money(path) and isinstance(expected, str) and isinstance(got, str):
        same = Decimal(expected) == Decimal(got)
    else:
        same = expected == got and type(expected) is type(got)
    return [] if same else [f"{path}: expected {expected!r}, got {got!r}"]


def _is_money(path: str) -> bool:
    """Whether digits after the point are a matter of the currency's printing."""
    return path.startswith("balances.") or path.endswith(".amount")


def _object_differences(expected: dict[str, Any], got: Any, path: str) -> list[str]:
    if not isinstance(got, dict):
        return [f"{path}: expected {expected!r}, got {got!r}"]
    found: list[str] = []
    for key, value in expected.items():
        name, _, mode = key.partition(" ")
        here = f"{path}.{name}".lstrip(".")
        if name not in got:
            found.append(f"{here}: expected {value!r}, absent")
        elif mode:
            found += _items_differ(mode, value, got[name], here)
        else:
            found += differences(value, got[name], here)
    return found


def _items_differ(mode: str, items: list[Any], got: Any, path: str) -> list[str]:
    assert mode in {"has", "lacks"}, f"{path}: no such mode {mode}"
    wanted = mode == "has"
    return [
        f"{path}: {item!r} {'missing from' if wanted else 'must not be in'} {got!r}"
        for item in items
        if any(not differences(item, one, f"{path}[]") for one in got) is not wanted
    ]


def _list_differences(expected: list[Any], got: Any, path: str) -> list[str]:
    if not isinstance(got, list) or len(expected) != len(got):
        return [f"{path}: expected {expected!r}, got {got!r}"]
    if path.startswith("services."):
        return differences(" ".join(sorted(expected)), " ".join(sorted(got)), f"{path}[]")
    found: list[str] = []
    for number, (one, other) in enumerate(zip(expected, got, strict=True)):
        found += differences(one, other, f"{path}[{number}]")
    return found


@pytest.mark.parametrize(("life", "check"), CHECKS)
def test_a_line_lives_as_worked_out_by_hand(life: Life, check: dict[str, Any]) -> None:
    got = played(life, life.known(check), check["at"])
    found = differences(check["expect"], got, "")
    assert not found, "\n".join([f"{life.name} at {check['at']}", check["why"], *found])


@pytest.mark.parametrize("life", [pytest.param(life, id=life.name) for life in LIVES])
def test_the_order_of_arrival_changes_nothing(life: Life) -> None:
    for check in life.checks:
        events = life.known(check)
        answers = [
            played(life, order, check["at"])
            for order in (events, events[::-1], events[1::2] + events[::2])
        ]
        assert answers[0] == answers[1] == answers[2], f"{life.name} at {check['at']}"


@pytest.mark.parametrize(
    "file", [pytest.param(file, id=file.stem) for file in FILES if file.stem != "vectors"]
)
def test_the_command_prints_what_the_library_answers(file: Path, tmp_path: Path) -> None:
    life = next(life for life in LIVES if life.name == f"{file.stem}: main")
    check = life.checks[-1]
    history = tmp_path / "events.json"
    history.write_text(json.dumps({"events": life.events}))
    ran = inside("policy", "play", life.policy, history, "--at", check["at"], "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.facts == played(life, life.events, check["at"])


def test_a_deadline_in_new_york_is_read_in_macau() -> None:
    """V16: 23:59 of 1 March in New York is 12:59 of the next day in Macau."""
    life = next(life for life in LIVES if "V16" in life.name)
    answer = played(life, life.events, life.checks[0]["at"])
    deadline = datetime.fromisoformat(answer["clocks"]["service"]["at"])
    shown = deadline.astimezone(ZoneInfo("Asia/Macau"))
    assert shown.isoformat() == "2026-03-02T12:59:00+08:00"


def test_a_wrong_expectation_is_noticed() -> None:
    got = {"stage": "active", "settled": [{"what": "charged", "amount": "2.00"}]}
    assert not differences({"settled": [{"what": "charged", "amount": "2"}]}, got, "")
    assert differences({"stage": "grace"}, got, "")
    assert differences({"settled": []}, got, "")
    assert differences({"settled has": [{"what": "stage"}]}, got, "")
    assert differences({"settled lacks": [{"what": "charged"}]}, got, "")
    assert differences({"clocks": None}, got, "")
