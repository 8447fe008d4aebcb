"""Commission schedules: which rate counts, what it earns, and what a reversal leaves of it."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core.books.entry import totals
from baohao.core.books.income import clawback_of, commission_of
from baohao.core.commissions import (
    CommissionSchedule,
    Earned,
    Rate,
    booked,
    parse_commissions,
)

LIBRARY = Path(__file__).parents[2] / "policies" / "commissions"
GOOD = """
operator = "demo"
currency = "MOP"
effective = { from = 2026-01-01, to = 2027-01-01 }
service_fee_max = "20.00"
[[rates]]
verbs = ["renew", "top_up"]
percent = "5"
[[rates]]
verbs = ["renew"]
tiers = ["gold"]
percent = "7.5"
[[rates]]
verbs = ["renew"]
plans = ["keep12"]
amount = "3.00"
[[rates]]
verbs = ["renew"]
plans = ["keep12"]
tiers = ["gold", "silver"]
percent = "1"
amount = "2.00"
[[rates]]
verbs = ["activate"]
amount = "0.00"
"""


def read(text: str) -> CommissionSchedule:
    schedule, findings = parse_commissions(tomllib.loads(text), ZoneInfo)
    assert findings == ()
    assert schedule is not None
    return schedule


@pytest.mark.parametrize(
    ("verb", "plan", "tier", "earned"),
    [
        ("renew", "rental", "", 600),
        ("renew", "rental", "gold", 900),
        ("renew", "keep12", "", 300),
        ("renew", "keep12", "bronze", 300),
        ("renew", "keep12", "gold", 320),
        ("top_up", "keep12", "gold", 600),
        ("activate", "keep12", "", 0),
        ("restore", "keep12", "", 0),
    ],
)
def test_the_most_specific_rate_counts(verb: str, plan: str, tier: str, earned: int) -> None:
    assert read(GOOD).commission(verb, plan, tier, 12_000) == earned


def test_nobody_earns_more_than_was_paid() -> None:
    schedule = read(GOOD)
    assert schedule.commission("renew", "keep12", "", 200) == 200
    assert schedule.commission("renew", "keep12", "", 0) == 0


def test_a_schedule_says_how_long_and_how_much_on_top() -> None:
    schedule = read(GOOD)
    assert (schedule.effective_from, schedule.effective_to) == (date(2026, 1, 1), date(2027, 1, 1))
    assert schedule.service_fee_max_minor == 2_000
    assert read(GOOD.replace('service_fee_max = "20.00"', "")).service_fee_max_minor == 0


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('"renew", "top_up"', '"renew", "hold"', "policy.word"),
        ('percent = "5"', "percent = 5", "policy.type"),
        ('percent = "5"', 'percent = "0"', "promotion.percent"),
        ('percent = "5"', 'share = "5"', "policy.key.unknown"),
        ('percent = "5"', "", "commission.nothing"),
        ('amount = "3.00"', 'amount = "-3.00"', "policy.amount.negative"),
        ('plans = ["keep12"]\namount', "plans = []\namount", "policy.list.empty"),
        ('verbs = ["activate"]', "", "policy.key.missing"),
        ('plans = ["keep12"]\ntiers', "tiers", "commission.tie"),
        ("effective = { from = 2026-01-01, to = 2027-01-01 }", "", "policy.key.missing"),
        ('"MOP"', '"MPO"', "malformed.currency"),
    ],
)
def test_a_wrong_schedule_is_refused_by_name(old: str, new: str, code: str) -> None:
    assert old in GOOD
    schedule, findings = parse_commissions(tomllib.loads(GOOD.replace(old, new)), ZoneInfo)
    assert schedule is None
    assert code in [finding.code for finding in findings]


def test_a_tie_is_none_where_a_third_rate_fits_better() -> None:
    tied = GOOD.replace('tiers = ["gold", "silver"]', 'tiers = ["silver"]')
    _, (tie,) = parse_commissions(tomllib.loads(tied), ZoneInfo)
    assert (tie.code, tie.path, tie.against) == ("commission.tie", "rates.2", ("rates", 1))
    assert tie.refusal.facts == {"verb": "renew", "plan": "keep12", "tier": "gold"}


def test_the_demo_operators_schedule() -> None:
    schedule = read((LIBRARY / "demo.toml").read_text("utf-8"))
    assert schedule.commission("renew", "keep12", "", 12_000) == 600
    assert schedule.commission("renew", "keep12", "gold", 12_000) == 840
    assert schedule.commission("activate", "keep12", "", 12_000) == 1_600


# --- laws -----------------------------------------------------------------------------------------

points = st.integers(0, 10_000)
minors = st.integers(0, 10**9)


@given(paid=minors, share=st.floats(0, 1), points=points)
def test_law_what_is_left_is_the_commission_on_what_is_kept(
    paid: int, share: float, points: int
) -> None:
    back = int(paid * share)
    left = commission_of(paid, points) - clawback_of(commission_of(paid, points), paid, back)
    short = commission_of(paid - back, points) - left
    # Never above it, and never short by more than a minor unit.
    assert 0 <= short <= 1
    assert left >= 0


@given(paid=minors, amount=minors, points=points)
def test_law_a_whole_reversal_leaves_nothing(paid: int, amount: int, points: int) -> None:
    rate = Rate(verbs=frozenset(), basis_points=points, amount_minor=amount)
    earned = rate.commission(paid)
    assert 0 <= earned <= paid
    assert clawback_of(earned, paid, paid) == earned
    assert clawback_of(earned, paid, 0) == 0


rows = st.builds(
    Earned,
    agent=st.sampled_from(("agent-7", "agent-8")),
    verb=st.just("renew"),
    plan=st.just("keep12"),
    currency=st.sampled_from(("MOP", "HKD")),
    total_minor=st.just(0),
    commission_minor=st.integers(-(10**6), 10**6),
)


@given(st.lists(rows))
def test_law_a_batch_books_what_its_rows_say(earned: list[Earned]) -> None:
    entries = booked(earned)
    # One of what was earned and one of what was lost, for each agent and currency.
    assert len({(account, entry.kind) for account, entry in entries}) == len(entries)
    for account, entry in entries:
        owed = next(p for p in entry.postings if str(p.account) == account)
        mine = [
            e.commission_minor
            for e in earned
            if (e.agent, e.currency) == (owed.account.owner, entry.currency)
        ]
        lost = entry.kind == "clawback"
        assert -owed.amount_minor == sum(minor for minor in mine if (minor < 0) is lost)
    booked_minor = sum(totals([entry for _, entry in entries]).values())
    assert booked_minor == 0
    assert sum(e.commission_minor for e in earned) == sum(
        -p.amount_minor for a, e in entries for p in e.postings if str(p.account) == a
    )
