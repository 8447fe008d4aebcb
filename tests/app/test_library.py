"""The library of policies: every file is whole, and says what its operator's own examples say."""

from __future__ import annotations

import runpy
import tomllib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from baohao.app.play import play_policy
from baohao.app.policies import load, zone_of
from baohao.app.yearly import Yearlies
from baohao.core.policy.lint import lint
from baohao.core.policy.model import Policy
from baohao.core.policy.overlays import Overlay, parse_overlay

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "policies"
LIBRARY = runpy.run_path(str(ROOT / "docs" / "make_library.py"))
FILES: list[Path] = LIBRARY["files"]()

Act = dict[str, Any]


def _parsed(name: str, table: Mapping[str, Any]) -> Overlay:
    overlay, findings = parse_overlay(table, zone_of)
    assert overlay is not None, (name, findings)
    return overlay


def _laws() -> dict[str, Overlay]:
    return {name: _parsed(name, table) for name, table in _tables("overlays").items()}


def _policy(name: str) -> Policy:
    policy = load(POLICIES / f"{name}.toml").policy
    assert policy is not None
    return policy


def _tables(folder: str) -> dict[str, Mapping[str, Any]]:
    files = (POLICIES / folder).glob("*.toml")
    return {
        file.stem: tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
        for file in files
    }


def _play(name: str, acts: list[Act], at: str) -> Act:
    numbered = [{"id": f"e{index}", **act} for index, act in enumerate(acts)]
    return play_policy(_policy(name), numbered, datetime.fromisoformat(at))


def _activated(at: str) -> Act:
    return {"kind": "activate", "at": at}


def _topup(at: str, amount: str, **more: object) -> Act:
    return {"kind": "topup", "at": at, "amount": amount, **more}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_policy_of_the_library_is_whole(file: Path) -> None:
    loaded = load(file)
    assert [str(finding) for finding in loaded.findings] == []
    policy = loaded.policy
    assert policy is not None
    assert [finding.message for finding in lint(policy, _laws())] == []
    assert policy.name.startswith(f"{policy.country.lower()}.{policy.operator}.")
    assert policy.operator in _tables("operators")
    assert set(policy.overlays) <= set(_tables("overlays"))


def test_no_two_files_are_one_policy() -> None:
    pins = [policy.pin for file in FILES if (policy := load(file).policy) is not None]
    assert len(pins) == len(FILES) == len(set(pins))


def test_files_are_named_after_what_they_hold() -> None:
    assert all(key == table["operator"] for key, table in _tables("operators").items())
    assert all(key == table["overlay"] for key, table in _tables("overlays").items())


def test_the_pages_say_what_the_files_say() -> None:
    made: dict[Path, str] = LIBRARY["made"](Yearlies())
    wrong = {file.name for file, text in made.items() if not _is_written(file, text)}
    strays = set(LIBRARY["PAGES"].iterdir()) - made.keys()
    assert (wrong, strays) == (set(), set()), "run docs/make_library.py"


def _is_written(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text


def test_every_limit_is_documented() -> None:
    page = (ROOT / "docs" / "rules" / "overlays.md").read_text(encoding="utf-8")
    overlays = _tables("overlays")
    limits = {limit for table in overlays.values() for limit in table["limits"]}
    assert {limit for limit in limits if f"| `{limit}` |" not in page} == set()
    assert {name for name in overlays if f"| `{name}` |" not in page} == set()


def test_operators_of_both_authorities_live_together() -> None:
    invented = {key: t for key, t in _tables("operators").items() if t.get("invented")}
    assert {t["authority"] for t in invented.values()} == {"here", "there"}
    assert len({t["currency"] for t in invented.values()}) > 1


# --- examples that the sources give --------------------------------------------------------------


def test_chunghwa_counts_from_the_payment() -> None:
    # A user's app: NT$100 on 26 January moved 29 January to 25 July 2019.
    acts = [_activated("2018-08-02T10:00:00+08:00"), _topup("2019-01-26T10:00:00+08:00", "100.00")]
    played = _play("tw/chunghwa.prepaid", acts, "2019-01-26T11:00:00+08:00")
    assert played["clocks"]["service"]["last_day"] == "2019-07-25"


def test_starhub_adds_a_package_to_the_minute() -> None:
    # 1 January 20:00 and 2 January 13:00, three days each: until 19:59 of 7 January 2015.
    acts = [
        _activated("2015-01-01T10:00:00+08:00"),
        {"kind": "pack", "at": "2015-01-01T20:00:00+08:00", "term": "3 days"},
        {"kind": "pack", "at": "2015-01-02T13:00:00+08:00", "term": "3 days"},
    ]
    played = _play("sg/starhub.happy", acts, "2015-01-03T00:00:00+08:00")
    assert played["clocks"]["data"]["at"] == "2015-01-07T20:00:00+08:00"


@pytest.mark.parametrize(
    ("held", "last_day"), [("2018-01-20", "2018-01-20"), ("2017-01-20", "2017-04-15")]
)
def test_an_inmarsat_voucher_takes_the_later_date(held: str, last_day: str) -> None:
    # The dealer's example: 50 units for 90 days, added on 15 January 2017.
    acts: list[Act] = [
        _activated("2016-12-01T00:00:00+00:00"),
        {
            "kind": "adjust",
            "at": "2017-01-01T00:00:00+00:00",
            "clock": "service",
            "until": held,
            "why": "as the operator reads it",
        },
        {"kind": "voucher", "at": "2017-01-15T00:00:00+00:00", "sku": "UNITS50"},
    ]
    played = _play("gb/inmarsat.isatphone", acts, "2017-01-16T00:00:00+00:00")
    assert played["clocks"]["service"]["last_day"] == last_day


@pytest.mark.parametrize(
    ("amount", "last_day"),
    [("99.00", "2026-04-14"), ("100.00", "2026-05-05"), ("4.00", "2026-01-05")],
)
def test_digi_has_uneven_steps(amount: str, last_day: str) -> None:
    acts = [_activated("2026-01-05T10:00:00+08:00"), _topup("2026-01-05T11:00:00+08:00", amount)]
    played = _play("my/digi.prepaid", acts, "2026-01-05T12:00:00+08:00")
    assert played["clocks"]["service"]["last_day"] == last_day


def test_lifecell_wants_ten_in_one_payment() -> None:
    fives = [_topup(f"2026-02-05T1{hour}:00:00+02:00", "5.00") for hour in (0, 1)]
    acts = [_activated("2026-01-05T10:00:00+02:00"), *fives]
    played = _play("ua/lifecell.prepaid", acts, "2026-02-06T00:00:00+02:00")
    assert played["clocks"]["service"]["last_day"] == "2027-01-04"
    acts.append(_topup("2026-03-01T10:00:00+02:00", "10.00"))
    played = _play("ua/lifecell.prepaid", acts, "2026-03-02T00:00:00+02:00")
    # "The day of the top-up and the next 364."
    assert played["clocks"]["service"]["last_day"] == "2027-02-28"


def test_lime_goes_by_the_balance_that_results() -> None:
    acts = [
        _activated("2026-01-05T10:00:00-05:00"),
        _topup("2026-01-05T11:00:00-05:00", "5.00"),
        _topup("2026-01-06T11:00:00-05:00", "5.00"),
    ]
    played = _play("ky/lime.prepaid", acts, "2026-01-07T00:00:00-05:00")
    assert played["clocks"]["credit"]["last_day"] == "2026-05-06"


def test_cuniq_ends_by_hong_kong_time() -> None:
    acts = [_activated("2026-01-05T10:00:00+08:00")]
    played = _play("hk/cuniq.macau3day", acts, "2026-01-05T11:00:00+08:00")
    assert played["safe_until"]["at"] == "2026-01-07T23:59:00+08:00"


def test_ee_is_lost_after_273_days() -> None:
    played = _play(
        "gb/ee.payg", [_activated("2026-01-05T10:00:00+00:00")], "2026-01-06T00:00:00+00:00"
    )
    assert played["ahead"] == [
        {"stage": "hibernation", "at": "2026-07-04T00:00:00+01:00"},
        {"stage": "lost", "at": "2026-10-06T00:00:00+01:00"},
    ]


def test_ais_can_be_read_in_two_ways() -> None:
    # THB 800 for 100 days and THB 500 for 50: "another 150 days", or from the day of the last.
    acts = [
        _activated("2026-01-05T10:00:00+07:00"),
        _topup("2026-01-05T11:00:00+07:00", "800.00"),
        _topup("2026-01-05T12:00:00+07:00", "500.00"),
    ]
    played = _play("th/ais.onetwocall", acts, "2026-01-06T00:00:00+07:00")
    service = played["clocks"]["service"]
    assert service["latest"]["last_day"] == "2026-06-04"
    assert service["earliest"]["last_day"] == "2026-02-23"


def test_the_second_number_lives_while_the_balance_pays_for_it() -> None:
    acts = [_activated("2026-01-05T10:00:00+08:00"), _topup("2026-01-05T11:00:00+08:00", "50.00")]
    played = _play("mo/ctm.one_card_multi_number", acts, "2026-02-10T00:00:00+08:00")
    assert played["balances"]["main"] == "22.00"
    assert played["safe_until"]["last_day"] == "2026-03-06"
