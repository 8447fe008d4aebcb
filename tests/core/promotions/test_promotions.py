"""Promotions: who gets what, what may stand together, and what is left for the next."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core.civil import Span
from baohao.core.policy.model import Cohort
from baohao.core.promotions.apply import apply, consume, eligible, most_sets, release
from baohao.core.promotions.model import (
    AmountOff,
    Bonus,
    Candidate,
    Choice,
    CreditGift,
    ExtraTime,
    Give,
    PercentOff,
    Promotion,
    PromotionFacts,
    Reason,
    Use,
)
from baohao.core.promotions.parse import parse_promotion

MACAU = ZoneInfo("Asia/Macau")
YEAR, HALF = Span.parse("12 months"), Span.parse("6 months")
NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
LIBRARY = Path(__file__).parents[3] / "policies" / "promotions"


def promotion(name: str = "p", *gives: Give, **parts: object) -> Promotion:
    facts = {"id": name, "title": name, "operator": "demo", "zone": MACAU, "currency": "MOP"}
    facts |= {"starts": date(2026, 1, 1), "gives": gives or (ExtraTime(HALF),)}
    return Promotion(**{**facts, **parts})  # type: ignore[arg-type]


def candidate(**parts: object) -> Candidate:
    facts: dict[str, object] = {"operator": "demo", "currency": "MOP", "verb": "renew"}
    facts |= {"plan": "keep12", "term": YEAR, "price_minor": 12000, "channel": "counter"}
    facts |= {"at": NOON, "number": "+85366123456", "holder": "h-1"}
    return Candidate(**{**facts, **parts})  # type: ignore[arg-type]


def unused(*promotions: Promotion) -> PromotionFacts:
    return PromotionFacts.unused(promotions)


# --- one promotion --------------------------------------------------------------------------------


def test_buy_twelve_months_get_six() -> None:
    deal = promotion("twelve_plus_six", terms=frozenset({YEAR}))
    applied = apply([deal], candidate(), unused(deal))
    assert applied.price_minor == applied.list_minor == 12000
    assert applied.bonuses == (Bonus(promotion="twelve_plus_six", span=HALF),)
    assert [e.reason for e in applied.explanations] == [None]


def test_a_year_is_twelve_months_and_not_365_days() -> None:
    deal = promotion(terms=frozenset({YEAR}))
    assert eligible(deal, candidate(term=Span.parse("1 year")), unused()) is None
    assert eligible(deal, candidate(term=Span.parse("365 days")), unused()) is Reason.TERM
    assert eligible(deal, candidate(term=None), unused()) is Reason.TERM


@pytest.mark.parametrize(
    ("rule", "who", "reason"),
    [
        ({}, {"operator": "other"}, Reason.OPERATOR),
        ({}, {"currency": "HKD"}, Reason.CURRENCY),
        ({}, {"verb": "top_up"}, Reason.VERB),
        ({"plans": frozenset({"keep24"})}, {}, Reason.PLAN),
        ({"channels": frozenset({"agent"})}, {}, Reason.CHANNEL),
        ({"min_price_minor": 12001}, {}, Reason.PRICE),
        ({"starts": date(2026, 6, 2)}, {}, Reason.NOT_YET),
        ({"ends": date(2026, 6, 1)}, {}, Reason.OVER),
        ({"cohort": Cohort(activated_from=date(2026, 1, 1))}, {}, Reason.COHORT),
        (
            {"cohort": Cohort(activated_to=date(2026, 1, 1))},
            {"activated": date(2026, 1, 1)},
            Reason.COHORT,
        ),
        ({"cohort": Cohort(batches=frozenset({"b1"}))}, {"batch": "b2"}, Reason.COHORT),
        ({"cohort": Cohort(plans=frozenset({"keep24"}))}, {}, Reason.COHORT),
        ({"cohort": Cohort(identity=frozenset({"bir"}))}, {}, Reason.COHORT),
        ({"first_time": True}, {}, Reason.NOT_FIRST),
        ({"code": "LUCKY"}, {}, Reason.CODE),
        ({"code": "LUCKY"}, {"codes": frozenset({"luck"})}, Reason.CODE),
        ({"per_holder": 1}, {"holder": None}, Reason.HOLDER_UNKNOWN),
    ],
)
def test_who_does_not_get_it(
    rule: dict[str, object], who: dict[str, object], reason: Reason
) -> None:
    deal = promotion(**rule)  # type: ignore[arg-type]
    assert eligible(deal, candidate(**who), unused(deal)) is reason


@pytest.mark.parametrize(
    ("rule", "who"),
    [
        ({"min_price_minor": 12000}, {}),
        ({"starts": date(2026, 6, 1), "ends": date(2026, 6, 2)}, {}),
        (
            {"cohort": Cohort(activated_from=date(2026, 1, 1), activated_to=date(2026, 2, 1))},
            {"activated": date(2026, 1, 1)},
        ),
        ({"first_time": True}, {"first_time": True}),
        ({"code": "Lucky"}, {"codes": frozenset({" LUCKY "})}),
        ({"per_number": 1}, {"holder": None}),
    ],
)
def test_who_gets_it(rule: dict[str, object], who: dict[str, object]) -> None:
    deal = promotion(**rule)  # type: ignore[arg-type]
    assert eligible(deal, candidate(**who), unused(deal)) is None


def test_the_window_is_half_open_in_the_operators_zone() -> None:
    deal = promotion(starts=date(2026, 6, 1), ends=date(2026, 6, 2))
    first = datetime(2026, 6, 1, tzinfo=MACAU)
    last, micro = first + timedelta(days=1), timedelta(microseconds=1)
    at = [first - micro, first, last - micro, last]
    assert [eligible(deal, candidate(at=t), unused(deal)) for t in at] == [
        Reason.NOT_YET,
        None,
        None,
        Reason.OVER,
    ]


def test_limits_close_when_they_are_reached() -> None:
    deal = promotion(per_number=2, per_holder=3, uses=4)
    facts = unused(deal)

    def after(uses: int, number: str, holder: str) -> Reason | None:
        use = Use(promotion="p", number="+85366000000", holder="h-9", cost_minor=0)
        used = PromotionFacts(
            uses_left=facts.uses_left,
            by_number={(deal.id, use.number): uses},
            by_holder={(deal.id, "h-9"): uses},
        )
        return eligible(deal, candidate(number=number, holder=holder), used)

    assert after(1, "+85366000000", "h-1") is None
    assert after(2, "+85366000000", "h-1") is Reason.NUMBER_LIMIT
    assert after(2, "+85366000001", "h-9") is None
    assert after(3, "+85366000001", "h-9") is Reason.HOLDER_LIMIT
    assert eligible(deal, candidate(), replace(facts, uses_left={"p": 0})) is Reason.USED_UP
    assert eligible(deal, candidate(), replace(facts, uses_left={"p": 1})) is None


def test_a_limit_whose_facts_are_missing_is_closed() -> None:
    nothing = PromotionFacts()
    assert eligible(promotion(uses=5), candidate(), nothing) is Reason.USED_UP
    assert eligible(promotion(budget_minor=5), candidate(), nothing) is Reason.BUDGET


def test_a_budget_too_small_for_this_price_is_not_cut_in_pieces() -> None:
    deal = promotion("p", AmountOff(2000), CreditGift(500), budget_minor=2499)
    applied = apply([deal], candidate(), unused(deal))
    assert applied.price_minor == 12000
    assert [e.reason for e in applied.explanations] == [Reason.BUDGET]
    enough = replace(deal, budget_minor=2500)
    applied = apply([enough], candidate(), unused(enough))
    assert (applied.price_minor, applied.credit_minor, applied.uses[0].cost_minor) == (
        10000,
        500,
        2500,
    )


def test_percent_is_rounded_down_and_amounts_stop_at_the_price() -> None:
    third = promotion("p", PercentOff(3333))
    assert apply([third], candidate(price_minor=100), unused()).off_minor == 33
    much = promotion("p", AmountOff(99999))
    assert apply([much], candidate(price_minor=100), unused()).price_minor == 0
    both = promotion("p", AmountOff(2000), PercentOff(1000))
    assert apply([both], candidate(), unused()).price_minor == 9000


def test_money_off_a_top_up_is_credit_given() -> None:
    """The books owe the holder the face value: what was paid and what the promotion gave."""
    deal = promotion("p", AmountOff(1000), CreditGift(500), verbs=frozenset({"top_up"}))
    applied = apply([deal], candidate(verb="top_up", price_minor=10000), unused())
    assert applied.gifts_of_credit == (("p", 1500),)
    owed = applied.price_minor + sum(minor for _, minor in applied.gifts_of_credit)
    assert owed == 10000 + applied.credit_minor


def test_what_gives_nothing_is_not_used_up() -> None:
    deal = promotion("p", PercentOff(1000), uses=1)
    applied = apply([deal], candidate(price_minor=0), unused(deal))
    assert applied.uses == ()
    assert applied.explanations[0].reason is Reason.NOTHING


def test_time_is_given_even_where_nothing_has_a_price() -> None:
    deal = promotion("p", ExtraTime(HALF))
    assert apply([deal], candidate(price_minor=0, term=None), unused()).bonuses


def test_an_unknown_code_is_said_so() -> None:
    deal = promotion("p", AmountOff(100), code="LUCKY")
    applied = apply([deal], candidate(codes=frozenset({"lucky", "NOPE"})), unused())
    assert [(e.promotion, e.reason, e.code) for e in applied.explanations] == [
        ("p", None, ""),
        ("", Reason.CODE_UNKNOWN, "NOPE"),
    ]


# --- several --------------------------------------------------------------------------------------

TEN_PERCENT = promotion("ten", PercentOff(1000), priority=5)
TWENTY_OFF = promotion("twenty", AmountOff(2000), priority=1)
HALF_YEAR = promotion("half", ExtraTime(HALF), group="time")
ALONE = promotion("alone", AmountOff(5000), exclusive=True, priority=9)


def test_promotions_without_a_group_do_not_stack() -> None:
    both = [TEN_PERCENT, TWENTY_OFF]
    best = apply(both, candidate(), unused())
    first = apply(both, candidate(), unused(), Choice.FIRST)
    assert (best.discounts, first.discounts) == ((("twenty", 2000),), (("ten", 1200),))
    assert {e.promotion: e.reason for e in best.explanations} == {
        "ten": Reason.OUTDONE,
        "twenty": None,
    }


def test_groups_stack_by_priority() -> None:
    other = replace(TWENTY_OFF, group="money")
    stacked = apply([other, TEN_PERCENT], candidate(), unused())
    assert stacked.discounts == (("ten", 1200), ("twenty", 2000))
    turned = apply([replace(other, priority=7), TEN_PERCENT], candidate(), unused())
    assert turned.discounts == (("twenty", 2000), ("ten", 1000))


def test_an_exclusive_one_stands_alone_where_it_is_worth_more() -> None:
    # Half a year of a MOP 120 year is worth MOP 60; MOP 50 off is not.
    best = apply([ALONE, HALF_YEAR], candidate(), unused())
    assert [use.promotion for use in best.uses] == ["half"]
    first = apply([ALONE, HALF_YEAR], candidate(), unused(), Choice.FIRST)
    assert [use.promotion for use in first.uses] == ["alone"]
    cheap = apply(
        [ALONE, replace(HALF_YEAR, gives=(ExtraTime(Span.parse("1 month")),))],
        candidate(),
        unused(),
    )
    assert [use.promotion for use in cheap.uses] == ["alone"]


def test_first_match_goes_on_past_what_does_not_fit() -> None:
    poor = promotion("poor", AmountOff(100), priority=9, budget_minor=99)
    taken = apply([poor, TEN_PERCENT, ALONE], candidate(), unused(poor), Choice.FIRST)
    assert [use.promotion for use in taken.uses] == ["alone"]
    taken = apply([poor, TEN_PERCENT], candidate(), unused(poor), Choice.FIRST)
    assert [use.promotion for use in taken.uses] == ["ten"]


def test_of_equals_the_fewest_then_the_first_by_name() -> None:
    twins = [replace(TWENTY_OFF, id=name) for name in ("b", "a")]
    assert apply(twins, candidate(), unused()).discounts == (("a", 2000),)


def test_another_operators_promotions_are_not_even_mentioned() -> None:
    assert apply([TEN_PERCENT], candidate(operator="other"), unused()).explanations == ()


def test_how_many_sets_a_day_may_have() -> None:
    grouped = [promotion(f"{g}{i}", group=g) for g in "abc" for i in range(3)]
    assert most_sets(grouped) == 4**3
    later = [replace(p, starts=date(2027, 1, 1)) for p in grouped]
    ended = [replace(p, ends=date(2027, 1, 1)) for p in grouped]
    assert most_sets(ended + later) == 4**3
    assert most_sets([*grouped, ALONE]) == 4**3 + 1
    assert most_sets([]) == 1


# --- laws -----------------------------------------------------------------------------------------

gives = st.one_of(
    st.builds(ExtraTime, st.sampled_from((HALF, Span.parse("10 days")))),
    st.builds(AmountOff, st.integers(1, 20000)),
    st.builds(PercentOff, st.integers(1, 10000)),
    st.builds(CreditGift, st.integers(1, 20000)),
)
limits = st.none() | st.integers(1, 3)
promotions = st.lists(
    st.builds(
        promotion,
        st.sampled_from(tuple("abcdef")),
        gives,
        gives,
        priority=st.integers(-1, 1),
        exclusive=st.booleans(),
        group=st.sampled_from(("", "x", "y")),
        uses=limits,
        per_number=limits,
        per_holder=limits,
        budget_minor=st.none() | st.integers(1, 30000),
        channels=st.sampled_from((None, frozenset({"agent"}))),
    ),
    max_size=5,
    unique_by=lambda p: p.id,
)
candidates = st.builds(
    candidate,
    price_minor=st.integers(0, 30000),
    channel=st.sampled_from(("agent", "counter")),
    number=st.sampled_from(("+85366000001", "+85366000002")),
    holder=st.sampled_from((None, "h-1", "h-2")),
    term=st.sampled_from((None, YEAR, Span.parse("90 days"))),
)
choices = st.sampled_from(Choice)


@given(promotions, candidates, choices, st.randoms(use_true_random=False))
def test_law_a_price_is_never_negative_and_the_order_does_not_matter(
    listed: list[Promotion], who: Candidate, choice: Choice, chance: Random
) -> None:
    applied = apply(listed, who, unused(*listed), choice)
    assert 0 <= applied.price_minor <= applied.list_minor == who.price_minor
    assert applied.off_minor == sum(minor for _, minor in applied.discounts)
    assert sum(u.cost_minor for u in applied.uses) == applied.off_minor + applied.credit_minor
    shuffled = chance.sample(listed, len(listed))
    assert apply(shuffled, who, unused(*listed), choice) == applied


@given(promotions, candidates, choices)
def test_law_what_is_taken_may_stand_together(
    listed: list[Promotion], who: Candidate, choice: Choice
) -> None:
    applied = apply(listed, who, unused(*listed), choice)
    taken = [p for p in listed if p.id in {use.promotion for use in applied.uses}]
    assert len({p.group for p in taken}) == len(taken)
    assert len(taken) <= 1 or not any(p.exclusive for p in taken)
    assert all(eligible(p, who, unused(*listed)) is None for p in taken)


@given(promotions, candidates)
def test_law_one_promotion_more_never_makes_the_best_worse(
    listed: list[Promotion], who: Candidate
) -> None:
    bought = who.term

    def worth(some: list[Promotion]) -> int:
        applied = apply(some, who, unused(*some))
        weigh = {None: 1, YEAR: 12 * 487, Span.parse("90 days"): 90 * 16}
        extra = sum(b.span.months * 487 + b.span.days * 16 for b in applied.bonuses)
        time = 0 if bought is None else who.price_minor * extra // weigh[bought]
        return applied.off_minor + applied.credit_minor + time

    for left_out in range(len(listed)):
        assert worth(listed) >= worth(listed[:left_out] + listed[left_out + 1 :])


@given(promotions, st.lists(candidates, max_size=12), choices)
def test_law_limits_hold_over_any_batch(
    listed: list[Promotion], batch: list[Candidate], choice: Choice
) -> None:
    facts = unused(*listed)
    uses: list[Use] = []
    for who in batch:
        applied = apply(listed, who, facts, choice)
        facts = consume(facts, applied.uses)
        uses += applied.uses
    for p in listed:
        ours = [use for use in uses if use.promotion == p.id]
        assert p.uses is None or len(ours) <= p.uses
        assert p.budget_minor is None or sum(u.cost_minor for u in ours) <= p.budget_minor
        for number in {use.number for use in ours}:
            count = sum(use.number == number for use in ours)
            assert p.per_number is None or count <= p.per_number
        for holder in {use.holder for use in ours}:
            count = sum(use.holder == holder for use in ours)
            assert p.per_holder is None or (holder is not None and count <= p.per_holder)
    assert release(facts, uses).uses_left == unused(*listed).uses_left
    assert release(facts, uses).budget_left_minor == unused(*listed).budget_left_minor


@given(promotions, st.lists(candidates, max_size=12), choices, st.integers(0, 12))
def test_law_splitting_over_batches_equals_one_by_one(
    listed: list[Promotion], asks: list[Candidate], choice: Choice, cut: int
) -> None:
    def stored(uses: list[Use]) -> PromotionFacts:
        """Read the facts anew, as the next batch would, from what was written down."""
        start = unused(*listed)
        spent = {p.id: [use for use in uses if use.promotion == p.id] for p in listed}
        return PromotionFacts(
            uses_left={i: n - len(spent[i]) for i, n in start.uses_left.items()},
            budget_left_minor={
                i: n - sum(use.cost_minor for use in spent[i])
                for i, n in start.budget_left_minor.items()
            },
            by_number={
                (u.promotion, u.number): sum(
                    v.promotion == u.promotion and v.number == u.number for v in uses
                )
                for u in uses
            },
            by_holder={
                (u.promotion, u.holder): sum(
                    v.promotion == u.promotion and v.holder == u.holder for v in uses
                )
                for u in uses
                if u.holder is not None
            },
        )

    def play(batches: list[list[Candidate]]) -> list[Use]:
        uses: list[Use] = []
        for batch in batches:
            facts = stored(uses)
            for who in batch:
                applied = apply(listed, who, facts, choice)
                facts = consume(facts, applied.uses)
                uses += applied.uses
        return uses

    assert play([asks[:cut], asks[cut:]]) == play([[ask] for ask in asks]) == play([asks])


# --- documents ------------------------------------------------------------------------------------

GOOD = """
promotion = "demo.x"
title = "X"
operator = "demo"
zone = "Asia/Macau"
currency = "MOP"
window = { from = 2026-01-01 }
[[gives]]
percent = "12.5"
"""


def read(text: str) -> list[str]:
    return [f.code for f in parse_promotion(tomllib.loads(text), ZoneInfo).findings]


def test_a_document_reads() -> None:
    parsed = parse_promotion(tomllib.loads(GOOD), ZoneInfo)
    assert parsed.findings == ()
    assert parsed.promotion == promotion("demo.x", PercentOff(1250), title="X")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('title = "X"', "", "policy.key.missing"),
        ('title = "X"', 'title = "X"\nper_nmber = 1', "policy.key.unknown"),
        ('"MOP"', '"XXX"', "malformed.currency"),
        ('"Asia/Macau"', '"Asia/Nowhere"', "policy.zone"),
        ("2026-01-01 }", "2026-01-01, to = 2026-01-01 }", "promotion.window"),
        ('percent = "12.5"', 'percent = "100.01"', "promotion.percent"),
        ('percent = "12.5"', 'percent = "0"', "promotion.percent"),
        ('percent = "12.5"', "percent = 12.5", "policy.type"),
        ('percent = "12.5"', 'amount = "0.00"', "promotion.gives"),
        ('percent = "12.5"', 'amount = "-1.00"', "policy.amount.negative"),
        ('percent = "12.5"', 'amount = "1.005"', "malformed.money"),
        ('percent = "12.5"', 'time = "24 hours"', "policy.span.days"),
        ('percent = "12.5"', 'time = "0 days"', "policy.span.days"),
        ('percent = "12.5"', 'amount = "1.00"\ncredit = "1.00"', "promotion.gives"),
        ('[[gives]]\npercent = "12.5"', "", "promotion.gives"),
        ('title = "X"', 'title = "X"\nverbs = ["renw"]', "policy.word"),
        ('title = "X"', 'title = "X"\nuses = 0', "policy.number"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, code: str) -> None:
    assert old in GOOD
    assert code in read(GOOD.replace(old, new))


def test_the_demo_operators_promotions() -> None:
    files = sorted(LIBRARY.glob("demo.*.toml"))
    parsed = [parse_promotion(tomllib.loads(f.read_text("utf-8")), ZoneInfo) for f in files]
    assert [p.findings for p in parsed] == [()] * 4
    listed = [p.promotion for p in parsed if p.promotion is not None]
    who = candidate(first_time=True, codes=frozenset({"baohao20"}), channel="agent")
    applied = apply(listed, who, unused(*listed))
    assert applied.discounts == (("demo.welcome", 2000),)
    assert applied.gifts == (("demo.first_time", 1000),)
    assert {(b.promotion, str(b.span)) for b in applied.bonuses} == {
        ("demo.first_time", "1 month"),
        ("demo.twelve_plus_six", "6 months"),
    }
    plain = apply(listed, candidate(channel="agent"), unused(*listed))
    assert plain.discounts == (("demo.agents", 1200),)
