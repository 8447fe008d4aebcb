"""Laws: what an overlay says, and that no policy breaks it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.policy.documents import KEEP12, ROOT, Document, changed, parsed, read, zone_of

from baohao.core.civil import Span, Unit
from baohao.core.policy import lint_overlays
from baohao.core.policy.barred import worst_year_days
from baohao.core.policy.findings import PolicyFault
from baohao.core.policy.lint import lint
from baohao.core.policy.overlays import Overlay, parse_overlay

#: A law with every limit there is.
LAW: Document = {
    "overlay": "mo.everything",
    "title": "Everything",
    "titles": {"pt": "Tudo"},
    "country": "MO",
    "regulator": "CTT",
    "currency": "MOP",
    "effective": {"from": date(2002, 8, 3), "to": date(2040, 1, 1)},
    "confidence": "S",
    "sources": [{"url": "https://example.org", "checked": date(2026, 11, 22), "confidence": "S"}],
    "limits": {
        "max_barred_days_per_calendar_year": 90,
        "transferable": False,
        "min_validity": "30 days",
        "must_offer": ["12 months"],
        "balance_after_expiry": "revalidate",
        "min_refundable": "1 year",
        "max_refund_fee": "6.00",
        "identity_required": True,
        "quota": {"person": 10, "organisation": 25, "per": "operator"},
        "refused_documents": ["bno_passport"],
        "minor_below": 16,
        "min_inactivity": "90 days",
        "max_keeping_fee": {"amount": "20.00", "every": "30 days"},
        "min_restore": "15 days",
        "max_restore_fee": "20.00",
        "min_quarantine": "45 days",
        "quarantine_exempt": ["iot"],
        "max_quarantine": {"residential": "90 days", "business": "365 days"},
        "max_donor_return": "7 working days",
    },
}
GOOD = changed(KEEP12, "overlays", ["mo.everything"])

Changes = dict[str, object]


def names(*words: str) -> frozenset[str]:
    return frozenset(words)


def law(document: Document = LAW) -> dict[str, Overlay]:
    overlay, findings = parse_overlay(document, zone_of)
    assert overlay is not None, [finding.message for finding in findings]
    return {overlay.name: overlay}


def broken(changes: Changes) -> set[str]:
    document = GOOD
    for path, value in changes.items():
        document = changed(document, path, value)
    return {finding.code for finding in lint(parsed(document), law())}


def test_every_limit_arrives() -> None:
    limits = law()["mo.everything"].limits
    assert (limits.max_barred_days_per_calendar_year, limits.transferable) == (90, False)
    assert (limits.min_validity, limits.must_offer) == (
        Span(30, Unit.DAY),
        (Span(12, Unit.MONTH),),
    )
    assert limits.balance_after_expiry == "revalidate"
    assert (limits.min_refundable, limits.max_refund_fee_minor) == (Span(1, Unit.YEAR), 600)
    assert limits.identity_required
    assert (limits.quota_person, limits.quota_organisation) == (10, 25)
    assert (limits.refused_documents, limits.minor_below_years) == (names("bno_passport"), 16)
    assert limits.min_inactivity == Span(90, Unit.DAY)
    assert limits.max_keeping_fee_minor == 2000
    assert limits.max_keeping_fee_every == Span(30, Unit.DAY)
    assert (limits.min_restore, limits.max_restore_fee_minor) == (Span(15, Unit.DAY), 2000)
    assert (limits.min_quarantine, limits.quarantine_exempt) == (Span(45, Unit.DAY), names("iot"))
    assert limits.max_quarantine["business"] == Span(365, Unit.DAY)
    assert limits.max_donor_return_working_days == 7


@pytest.mark.parametrize("key", sorted(LAW["limits"]))
def test_a_limit_with_another_name_is_refused_by_that_name(key: str) -> None:
    renamed = changed(changed(LAW, f"limits.{key}", None), f"limits.{key}_x", 1)
    _, findings = parse_overlay(renamed, zone_of)
    assert any(f"'{key}_x'" in finding.message for finding in findings)


def test_money_needs_a_currency() -> None:
    overlay, findings = parse_overlay(changed(LAW, "currency", None), zone_of)
    assert overlay is None
    assert {finding.code for finding in findings} == {"policy.key.missing"}


def test_what_keeps_to_the_law_is_not_refused() -> None:
    assert broken({}) == set()


IDLE = {
    "id": "idle",
    "kind": "inactivity",
    "amount": "20.01",
    "every": "30 days",
    "unless_activity": {"kind": ["call_out"], "within": "90 days"},
}
CLASSED = {"min": "90 days", "classes": {"iot": {"min": "1 day"}, "home": {"min": "1 day"}}}


BROKEN: list[tuple[str, Changes]] = [
    ("barred_days", {"stages.2.for": "91 days"}),
    ("barred_days", {"stages.2.for": "3 months"}),
    ("barred_days", {"clocks.deactivated": None, "park.per_year": 2}),
    ("barred_days", {"clocks.deactivated": None, "park.max": None}),
    ("transfer", {"permissions.transfer.causes": None}),
    ("too_short", {"offers.1.term": "4 weeks"}),
    ("must_offer", {"offers.0.term": "6 months", "offers.1.term": "6 months"}),
    ("too_short", {"clocks.idle": {"kind": "inactivity", "term": "89 days"}}),
    ("balance", {"stages.1.balance": "forfeit"}),
    ("balance", {"stages.3.balance": {"forfeit_after": "1 day"}}),
    ("too_short", {"stages.3.balance": {"refundable_until": "6 months"}}),
    ("too_dear", {"stages.3.balance": {"refundable_until": "1 year", "fee": "6.01"}}),
    ("too_dear", {"charges": [IDLE]}),
    ("too_dear", {"charges": [{**IDLE, "amount": "11.00", "every": "15 days"}]}),
    ("too_dear", {"stages.2.restore.fee": "20.01"}),
    ("too_short", {"stages.1.for": "5 days", "stages.2.for": "5 days"}),
    ("too_short", {"quarantine.min": "44 days"}),
    ("too_short", {"stages.3.for": "44 days", "quarantine": None}),
    ("too_short", {"quarantine": CLASSED}),
    ("too_long", {"quarantine.max": "366 days"}),
    ("too_long", {"quarantine.classes": {"residential": {"max": "91 days"}}}),
    ("too_long", {"quarantine.donor_return": "10 days"}),
    ("identity", {"people.documents": None}),
    ("quota", {"people.quota.person": 11}),
    ("quota", {"people.quota.organisation": 26}),
    ("document", {"people.documents.visitor": ["bno_passport"]}),
    ("minor", {"people.minor_below": 15}),
]


@pytest.mark.parametrize(("code", "changes"), BROKEN)
def test_a_broken_limit_is_refused(code: str, changes: Changes) -> None:
    assert f"policy.overlay.{code}" in broken(changes)


def test_exact_limits_are_kept() -> None:
    edge: Changes = {
        "stages.2.restore.fee": "20.00",
        "quarantine.donor_return": "9 days",
        "charges": [{**IDLE, "amount": "20.00"}],
        "quarantine.classes": {"iot": {"min": "1 day"}},
        "people.quota.person": 10,
    }
    assert broken(edge) == set()


def test_every_finding_has_a_red_policy() -> None:
    kinds = {
        value.code
        for value in vars(lint_overlays).values()
        if isinstance(value, type) and issubclass(value, PolicyFault)
    }
    red = {f"policy.overlay.{code}" for code, _ in BROKEN}
    assert kinds - red == {"policy", "policy.overlay", "policy.overlay.unknown"}


def test_a_law_that_is_not_there_is_refused() -> None:
    found = {finding.code for finding in lint(parsed(KEEP12), {})}
    assert found == {"policy.overlay.unknown"}


def test_a_law_binds_its_country_without_being_named() -> None:
    long = changed(changed(KEEP12, "overlays", None), "stages.2.for", "120 days")
    assert {finding.code for finding in lint(parsed(long), law())} == {"policy.overlay.barred_days"}
    abroad = changed(long, "country", "HK")
    assert lint(parsed(abroad), law()) == ()
    before = changed(changed(LAW, "effective.from", date(2030, 1, 1)), "effective.to", None)
    assert lint(parsed(long), law(before)) == ()


def test_the_message_counts_the_days_and_names_both_lines() -> None:
    policy = parsed(changed(GOOD, "stages.2.for", "120 days"))
    (finding,) = lint(policy, law())
    assert finding.place == ("stages", 2, "for")
    assert finding.against == ("overlays",)
    assert "120" in finding.message


# --- the worst year ------------------------------------------------------------------------------


def test_macau_suspended_over_new_year_is_judged_by_the_year() -> None:
    # 107 days from 1 November to 15 February: 61 in the one year, 46 in the other; started on
    # 1 January they would all be in one, so no policy may allow them.
    keep = changed(GOOD, "park", None)
    assert worst_year_days(parsed(changed(keep, "stages.2.for", "107 days"))) == 107
    assert worst_year_days(parsed(changed(keep, "stages.2.for", "90 days"))) == 90


def test_a_stage_that_changes_within_a_day_touches_one_more() -> None:
    exact = changed(changed(GOOD, "park", None), "clocks.service.ends", "exact")
    assert worst_year_days(parsed(exact)) == 61


def test_a_counting_clock_ends_the_line_before_it_is_barred_again() -> None:
    short = changed(changed(GOOD, "park", None), "offers", None)
    short = changed(short, "events.1.extend.0.term", "30 days")
    assert worst_year_days(parsed(short)) == 60
    # 60 days barred, 30 paid for, 30 of grace: 60 of every 120 days, from the worst day on.
    assert worst_year_days(parsed(changed(short, "clocks.deactivated", None))) == 186


@given(stretch=st.integers(1, 80), term=st.integers(1, 200), grace=st.integers(0, 40))
def test_the_worst_year_is_that_of_days_counted_one_by_one(
    stretch: int, term: int, grace: int
) -> None:
    document = changed(changed(GOOD, "park", None), "clocks.deactivated", None)
    document = changed(document, "events.1.extend.0.term", f"{term} days")
    document = changed(document, "stages.1.for", f"{grace} days")
    document = changed(document, "stages.2.for", f"{stretch} days")
    period = stretch + term + grace
    begins = date(2024, 1, 1)
    worst = 0
    for shift in range(period):
        year = (begins + timedelta(days=day + shift) for day in range(366))
        barred = [(day - begins).days % period < stretch for day in year]
        worst = max(worst, sum(barred))
    assert worst_year_days(parsed(document)) == worst


def test_the_shipped_laws_are_whole() -> None:
    for file in sorted((ROOT / "policies" / "overlays").glob("*.toml")):
        overlay, findings = parse_overlay(read(file), zone_of)
        assert overlay is not None, findings
        assert file.stem == overlay.name
