"""Every key of the language arrives in a value, and what is no key is refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest
from tests.core.policy.documents import KEEP12, WHOLE, Document, changed, codes, parsed, zone_of

from baohao.core.civil import MonthEnd, Span, Unit
from baohao.core.policy.model import (
    PLACES,
    SERVICES,
    Accumulates,
    BalanceEffect,
    BelowFloor,
    Policy,
    Tally,
    Unless,
    Until,
)
from baohao.core.policy.parse import parse
from baohao.core.policy.parse_stages import SERVICE_WORDS
from baohao.core.policy.terms import (
    Base,
    Bought,
    BySku,
    CalendarEnd,
    Cap,
    Fixed,
    PerUnit,
    Tiers,
    UntilDate,
    Window,
)


@pytest.fixture(scope="module")
def whole() -> Policy:
    return parsed(WHOLE)


def names(*words: str) -> frozenset[str]:
    return frozenset(words)


def days(count: int) -> Span:
    return Span(count, Unit.DAY)


def months(count: int) -> Span:
    return Span(count, Unit.MONTH)


def test_the_head_arrives(whole: Policy) -> None:
    assert whole.pin == "mo.demo.whole@2026-01"
    assert (whole.title, whole.titles["pt"]) == ("Whole", "Tudo")
    assert (whole.country, whole.operator, whole.brand) == ("MO", "demo", "Demo")
    assert (whole.zone_name, str(whole.zone)) == ("Asia/Macau", "Asia/Macau")
    assert (whole.currency, whole.exponent) == ("MOP", 2)
    assert whole.invented
    assert whole.contractual_only
    assert (whole.effective_from, whole.effective_to) == (date(2025, 1, 1), date(2027, 1, 1))
    assert whole.cohort.activated_from == date(2024, 1, 1)
    assert whole.cohort.activated_to == date(2026, 1, 1)
    assert (whole.cohort.plans, whole.cohort.batches) == (names("a"), names("b"))
    assert whole.cohort.identity == names("bir")
    assert (whole.overlays, whole.confidence) == (("mo.reg15-2002",), "X")
    assert whole.observed == "longer than promised"
    (source,) = whole.sources
    assert (source.url, source.checked) == ("https://example.org/rules", date(2026, 11, 22))
    assert (source.confidence, source.quote) == ("S", "twelve months")


def test_clocks_arrive(whole: Policy) -> None:
    clock = whole.clocks["service"]
    assert (clock.id, clock.kind) == ("service", "service")
    assert clock.starts == ("activation", "first_topup")
    assert (clock.term, clock.ends, clock.wall) == (days(180), "at", time(19, 59))
    assert (str(clock.zone), clock.inclusive) == ("America/New_York", True)
    assert clock.month_end == MonthEnd("day", 28)
    assert clock.unless == Unless(clock="plan", then="restart")
    assert (clock.never_shorten, clock.holds) == (True, False)
    assert whole.clocks["plan"].starts == ("event:pack",)
    assert whole.clocks["plan"].month_end.rule == "keep"
    assert str(whole.clocks["plan"].zone) == "Asia/Macau"
    assert whole.clocks["low"].below == BelowFloor(balance="main", floor_minor=100)
    assert (whole.clocks["low"].ends, whole.clocks["low"].month_end.rule) == ("exact", "overflow")
    assert whole.clocks["empty"].below == BelowFloor(balance="bonus", floor_minor=0, at_most=True)
    assert whole.clocks["empty"].ends == "start_of_day"
    assert whole.clocks["unpaid"].starts == ("charge_failed:rental", "stage:grace")
    assert (whole.clocks["told"].starts, whole.clocks["told"].term) == (("never",), None)
    assert whole.clocks["deactivated"].accumulates == Accumulates(limit_days=90)
    assert whole.clocks["deactivated"].starts == ()


def test_events_arrive(whole: Policy) -> None:
    topup, pack = whole.events
    assert (topup.id, topup.kinds, topup.stages) == (
        "topup",
        names("topup", "voucher"),
        names("active", "grace"),
    )
    assert (topup.channels, topup.actors) == (names("counter", "app"), names("holder", "agent"))
    assert (topup.skus, topup.tags, topup.not_tags) == (names("S1"), names("paid"), names("promo"))
    assert (topup.min_minor, topup.max_minor, topup.measure) == (5000, 50000, "paid")
    assert topup.sum == Tally(over=days(180), at_least=66000, strict=True)
    assert topup.count == Tally(over="clock:service", at_least=3)
    assert (topup.at, topup.also, topup.credit) == ("requested", True, "bonus")
    assert (pack.kinds, pack.above_minor, pack.below_minor) == (names("pack"), 1000, 9000)
    assert pack.sum == Tally(over="month", at_least=2000)
    assert pack.count == Tally(over="year", at_least=2, strict=True)


def test_extensions_arrive(whole: Policy) -> None:
    stack, told = whole.events[0].extends
    assert (stack.clock, stack.base, stack.never_shorten) == ("service", Base.STACK, True)
    steps = ((2000, days(30)), (10000, PerUnit(unit_minor=100, gives=days(1))))
    assert stack.term == Tiers(steps=steps, by="resulting_balance")
    assert stack.cap == Cap(max=days(365), origin="activation", excess="queue", per_event=days(180))
    assert stack.window == Window(earliest=days(30), latest=Span(24, Unit.HOUR))
    assert told.term == UntilDate(date(2027, 3, 31))
    assert told.cap == Cap(until=date(2027, 12, 31), excess="reject")
    product, anchor, month, year, unit, sku = whole.events[1].extends
    assert (product.base, product.product) == (Base.AFTER_PRODUCT, "plan")
    assert product.term == Bought()
    assert (anchor.base, anchor.term) == (Base.ANCHOR, Fixed(months(1)))
    assert (month.base, month.term) == (Base.LONGEST, CalendarEnd("month"))
    assert (year.base, year.term) == (Base.STACK_STRICT, CalendarEnd("year"))
    assert unit.term == PerUnit(unit_minor=100, gives=days(3))
    assert sku.term == BySku((("P365", days(365)), ("P30", days(30))))


def test_balances_and_charges_arrive(whole: Policy) -> None:
    main = whole.balances["main"]
    assert (main.max_minor, main.excess, main.expires) == (200000, "reject", "unpaid")
    assert whole.balances["bonus"].max_minor is None
    rental, idle, least, buy = whole.charges
    assert (rental.kind, rental.amount_minor, rental.every) == ("rental", 200, months(1))
    assert (rental.starts, rental.first_at_start) == (("activation",), True)
    assert (rental.balance, rental.stages, rental.order) == ("bonus", names("active"), 2)
    assert (rental.partial, rental.on_failure) == (True, "retry")
    assert (idle.unless_kinds, idle.unless_within) == (names("call_out"), days(90))
    assert (least.kind, least.minimum_spend_minor, least.balance) == ("shortfall", 250, "main")
    (extension,) = buy.extends
    assert (extension.clock, extension.term) == ("service", Fixed(days(365)))


def test_stages_arrive(whole: Policy) -> None:
    active, grace, suspended, quarantined, recycled = whole.stages
    assert active.until == Until(
        how="earliest_of",
        parts=(
            Until(clock="service"),
            Until(how="latest_of", parts=(Until(clock="low"), Until(clock="empty"))),
            Until(how="latest_of", parts=(Until(clock="told"),)),
            Until(how="earliest_of", parts=(Until(clock="unpaid"),)),
        ),
    )
    assert active.services == {
        "home": set(SERVICES),
        "neighbouring": {"voice_in", "sms_in"},
        "elsewhere": SERVICE_WORDS["incoming"],
    }
    assert (grace.lasts, grace.origin) == (days(30), "service")
    assert grace.services == dict.fromkeys(PLACES, SERVICE_WORDS["incoming"])
    assert grace.balance == BalanceEffect(kind="forfeit_after", span=days(10))
    assert grace.restore is not None
    assert (grace.restore.by, grace.restore.channels) == (("topup",), names("counter"))
    assert (grace.restore.min_minor, grace.restore.fee_minor) == (6000, 3000)
    assert grace.restore.identity
    assert (suspended.barred, suspended.balance.kind, suspended.restore) == (True, "freeze", None)
    refund = BalanceEffect(kind="refundable_until", span=Span(3, Unit.YEAR), fee_minor=600)
    assert (quarantined.balance, quarantined.number_class) == (refund, "business")
    assert quarantined.services == dict.fromkeys(PLACES, frozenset())
    assert (recycled.until, recycled.lasts, recycled.balance.kind) == (None, None, "forfeit")


def test_what_comes_after_and_what_is_sold_arrives(whole: Policy) -> None:
    assert (whole.quarantine.min, whole.quarantine.max) == (days(90), days(180))
    assert whole.quarantine.classes == {"business": (days(100), days(365))}
    assert whole.quarantine.former_holder_fee_minor == 2000
    assert whole.quarantine.former_holder_within == days(15)
    assert whole.quarantine.donor_return == days(7)
    (offer,) = whole.offers
    assert (offer.plan, offer.title, offer.verb) == ("keep12", "Twelve months", "renew")
    assert (offer.term, offer.price_minor) == (months(12), 12000)
    assert offer.allowances == {"voice_minutes": 60}
    assert (whole.reversal.bonus, whole.reversal.paid) == ("pro_rata", "pro_rata_months")
    assert (whole.reversal.within, whole.reversal.promotion_steps) == (days(7), "two")
    assert whole.late_payment == {"grace": "restore", "quarantined": "refund"}
    transfer = whole.permissions["transfer"]
    assert (transfer.allowed, transfer.channels, transfer.stages) == (
        True,
        names("counter"),
        names("active"),
    )
    assert (transfer.causes, transfer.second_person) == (names("death"), True)
    assert transfer.cooling == Span(24, Unit.HOUR)
    assert whole.park is not None
    assert (whole.park.max, whole.park.per_year) == (days(28), 2)
    assert (whole.park.resumes, whole.park.clocks) == ("on_request", "wait")
    assert whole.park.services["home"] == names("emergency")


def test_people_and_reminders_arrive(whole: Policy) -> None:
    assert whole.people.documents == {"resident": names("bir")}
    assert whole.people.refused == names("hksar_passport")
    assert (whole.people.quota_person, whole.people.quota_organisation) == (10, 25)
    assert (whole.people.quota_per, whole.people.minor_below_years) == ("total", 16)
    assert (whole.repin_on_renewal, whole.repin_notice) == (True, days(30))
    clock, stage = whole.reminders
    assert (clock.clock, clock.leads, clock.margin) == ("service", (days(60), days(0)), days(4))
    assert (clock.escalate_from, clock.escalate_per_day) == (days(7), 2)
    assert (clock.quiet, clock.fallback) == ((time(22), time(8)), ("app", "sms"))
    assert (stage.stage, stage.leads) == ("grace", (days(7),))
    assert whole.operator_notices == (("service", days(1)),)
    (how,) = whole.how
    assert how.steps_in == {"pt": ("Marque", "Pague")}
    assert (how.act, how.channel, how.dial) == ("topup", "ussd", "*122*1#")
    assert (how.page, how.steps) == ("https://example.org/topup", ("Dial", "Pay"))
    assert (how.price_minor, how.abroad, how.checked) == (5000, True, date(2026, 11, 22))


def _keys(node: Any, path: str = "") -> Iterator[str]:
    """Every dotted path at which a table has a key."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield f"{path}{key}"
            yield from _keys(value, f"{path}{key}.")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _keys(value, f"{path}{index}.")


#: Tables whose keys are the author's own names.
FREE = (
    "titles.",
    "how.0.steps_in.",
    "people.documents.",
    "quarantine.classes.",
    "offers.0.allowances.",
    "events.1.extend.5.term.sku.",
)
NAMED = ("clocks.", "balances.")


def _is_free(path: str) -> bool:
    own = path.removeprefix(next((name for name in NAMED if path.startswith(name)), path))
    return ("." not in own and bool(own)) or any(
        path.startswith(free) and "." not in path.removeprefix(free) for free in FREE
    )


RENAMED = [path for path in _keys(WHOLE) if not _is_free(path) and not path.startswith("unknown.")]


@pytest.mark.parametrize("path", RENAMED)
def test_a_key_with_another_name_is_refused_by_that_name(path: str) -> None:
    *way, key = path.split(".")
    document = changed(WHOLE, path, None)
    document = changed(document, ".".join([*way, f"{key}_x"]), "1")
    found = parse(document, zone_of).findings
    named = [f.message for f in found if f.code == "policy.key.unknown"]
    assert any(f"'{key}_x'" in message for message in named), found


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("policy", None, "policy.key.missing"),
        ("policy", "Two Words", "policy.name"),
        ("title", "", "policy.type"),
        ("country", "Macau", "policy.type"),
        ("zone", "Asia/Macau City", "policy.zone"),
        ("zone", "../etc", "policy.zone"),
        ("currency", "MPO", "malformed.currency"),
        ("invented", "yes", "policy.type"),
        ("confidence", "A", "policy.word"),
        ("effective.from", "2025-01-01", "policy.type"),
        ("effective", None, "policy.key.missing"),
        ("overlays", [], "policy.list.empty"),
        ("sources.0.url", None, "policy.key.missing"),
        ("clocks.service.kind", "services", "policy.word"),
        ("clocks.service.starts", "moon", "policy.start"),
        ("clocks.service.starts", "event:", "policy.start"),
        ("clocks.service.ends", "24:00", "policy.type"),
        ("clocks.service.ends", "noon", "policy.word"),
        ("clocks.service.term", "180", "malformed.span"),
        ("clocks.service.term", 180, "policy.type"),
        ("clocks.service.count", "none", "policy.word"),
        ("clocks.service.month_end", {"day": 31}, "policy.number"),
        ("clocks.deactivated.accumulates.limit", "3 months", "policy.span.days"),
        ("events", {}, "policy.type"),
        ("events.0.id", "top up", "policy.name"),
        ("events.0.kind", ["recharge"], "policy.word"),
        ("events.0.kind", None, "policy.key.missing"),
        ("events.0.channels", ["conter"], "policy.word"),
        ("events.0.actors", [], "policy.list.empty"),
        ("events.0.min", "-5.00", "policy.amount.negative"),
        ("events.0.min", "5.001", "malformed.money"),
        ("events.0.min", 5, "policy.type"),
        ("events.0.above", "1.00", "policy.keys.together"),
        ("events.0.sum", {"over": "day"}, "policy.key.missing"),
        ("events.0.sum", {"at_least": "1.00"}, "policy.key.missing"),
        ("events.0.extend.0.base", "PLUS", "policy.word"),
        ("events.0.extend.0.term", "until 2026-02-30", "policy.day"),
        ("events.0.extend.0.term", "forever", "malformed.span"),
        ("events.0.extend.0.term", None, "policy.key.missing"),
        ("events.0.extend.0.term", {"tiers": [["1.00"]]}, "policy.type"),
        ("events.0.extend.0.term", {"tiers": []}, "policy.type"),
        ("events.0.extend.0.term", {"per": "1.00", "sku": {}}, "policy.keys.together"),
        ("events.0.extend.0.cap", {"excess": "queue"}, "policy.key.missing"),
        ("events.0.extend.0.window", {}, "policy.key.missing"),
        ("charges.0.every", None, "policy.key.missing"),
        (
            "charges.0.unless_activity",
            {"kind": ["read"], "within": "1 day"},
            "policy.keys.together",
        ),
        ("charges.0.starts", {"balance": "main", "below": "1.00"}, "policy.type"),
        ("stages", [], "policy.key.missing"),
        ("stages.0.for", "3 days", "policy.keys.together"),
        ("stages.0.from", "service", "policy.key.missing"),
        ("stages.0.until", {"earliest_of": []}, "policy.type"),
        ("stages.0.until", {"first_of": ["service"]}, "policy.key.unknown"),
        ("stages.0.services", {"home": ["voice"]}, "policy.word"),
        ("stages.1.services", None, "policy.key.missing"),
        ("stages.1.balance", "lose", "policy.word"),
        ("stages.1.restore", True, "policy.type"),
        ("stages.1.restore", {}, "policy.key.missing"),
        ("permissions.fly", {"allowed": True}, "policy.key.unknown"),
        ("late_payment.lost", "keep", "policy.word"),
        ("park.per_year", 0, "policy.number"),
        ("reminders.0.quiet", ["22:00"], "policy.type"),
        ("reminders.0.stage", "grace", "policy.keys.together"),
        ("reminders.1.stage", None, "policy.key.missing"),
        ("unknown.0.alternatives", None, "policy.key.missing"),
        ("unknown.0.alternatives", "30 days", "policy.type"),
    ],
)
def test_a_wrong_value_is_refused(path: str, value: object, code: str) -> None:
    assert code in codes(changed(WHOLE, path, value))


def test_one_reading_finds_every_fault() -> None:
    document = changed(changed(KEEP12, "zone", "Nowhere"), "stages.1.for", "a while")
    document = changed(document, "offers.0.price", "free")
    places = {finding.path for finding in parse(document, zone_of).findings}
    assert {"zone", "stages.1.for", "offers.0.price"} <= places


def test_where_a_document_is_nothing_at_all() -> None:
    empty: Document = {}
    assert codes(empty) == {"policy.key.missing"}
