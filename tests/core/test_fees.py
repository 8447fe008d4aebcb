"""Fee schedules: what is offered where, and what is refused by name."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from baohao.core.fees import Fee, FeeSchedule, VerbNotOffered, in_force, parse_fees

LIBRARY = Path(__file__).parents[2] / "policies" / "fees"
GOOD = """
operator = "demo"
currency = "MOP"
effective = { from = 2026-01-01 }
[[fees]]
verbs = ["replace_card"]
channels = ["counter", "agent"]
fee = "50.00"
government = "20.00"
"""


def read(text: str) -> FeeSchedule:
    schedule, findings = parse_fees(tomllib.loads(text), ZoneInfo)
    assert findings == ()
    assert schedule is not None
    return schedule


def test_a_verb_costs_what_the_schedule_says() -> None:
    assert read(GOOD).fee("replace_card", "counter") == Fee(fee_minor=5000, government_minor=2000)


@pytest.mark.parametrize(
    ("verb", "channel", "elsewhere"),
    [("replace_card", "app", "counter, agent"), ("renew", "counter", "none")],
)
def test_what_is_not_offered_is_refused_and_says_where_it_is(
    verb: str, channel: str, elsewhere: str
) -> None:
    with pytest.raises(VerbNotOffered) as refused:
        read(GOOD).fee(verb, channel)
    assert refused.value.facts["channels"] == elsewhere


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('"replace_card"', '"replace_crad"', "policy.word"),
        ('"agent"', '"pigeon"', "policy.word"),
        ('fee = "50.00"', 'fee = "-50.00"', "policy.amount.negative"),
        ('fee = "50.00"', "fee = 50", "policy.type"),
        ('fee = "50.00"', 'price = "50.00"', "policy.key.unknown"),
        ('verbs = ["replace_card"]', "", "policy.key.missing"),
        ('["replace_card"]', '["replace_card", "replace_card"]', "fees.twice"),
        ("effective = { from = 2026-01-01 }", "", "policy.key.missing"),
    ],
)
def test_a_wrong_schedule_is_refused_by_name(old: str, new: str, code: str) -> None:
    assert old in GOOD
    schedule, findings = parse_fees(tomllib.loads(GOOD.replace(old, new)), ZoneInfo)
    assert schedule is None
    assert code in [finding.code for finding in findings]


def test_the_schedule_in_force_is_the_days() -> None:
    old = FeeSchedule(operator="demo", currency="MOP", effective_from=date(2025, 1, 1), fees={})
    ended = FeeSchedule(
        operator="other",
        currency="MOP",
        effective_from=date(2025, 1, 1),
        effective_to=date(2026, 1, 1),
        fees={},
    )
    new = read(GOOD)
    for day, expected in (
        (date(2024, 12, 31), {}),
        (date(2025, 12, 31), {"demo": old, "other": ended}),
        (date(2026, 1, 1), {"demo": new}),
    ):
        assert in_force([new, ended, old], {"demo": day, "other": day}) == expected


def test_the_demo_operators_schedule() -> None:
    schedule = read((LIBRARY / "demo.toml").read_text("utf-8"))
    assert schedule.fee("renew", "agent") == Fee()
    assert schedule.fee("replace_card", "counter") == Fee(fee_minor=5000)
    assert schedule.channels("transfer") == ("counter",)
