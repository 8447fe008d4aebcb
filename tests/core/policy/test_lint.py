"""The linter refuses what nobody can mean: one red document for each of its findings."""

from __future__ import annotations

import pytest
from tests.core.policy.documents import KEEP12, WHOLE, Document, changed, codes, parsed, zone_of

from baohao.core.policy import (
    lint_clocks,
    lint_ladder,
    lint_money,
    lint_papers,
    lint_references,
)
from baohao.core.policy.findings import PolicyFault
from baohao.core.policy.lint import lint
from baohao.core.policy.parse import parse

GOOD = changed(WHOLE, "overlays", None)
RULES = (lint_clocks, lint_ladder, lint_money, lint_papers, lint_references)

Changes = dict[str, object]

SUSPENDED = {"name": "late", "kind": "live", "until": "service", "services": "full"}
STRAY = {
    "id": "again",
    "kind": ["topup"],
    "stages": ["active"],
    "channels": ["app"],
    "min": "60.00",
}

CASES: list[tuple[str, Document, Changes]] = [
    ("policy.reference", GOOD, {"events.0.stages": ["active", "gone"]}),
    ("policy.reference", GOOD, {"clocks.plan.starts": "event:gone"}),
    ("policy.reference", GOOD, {"clocks.unpaid.starts": "charge_failed:gone"}),
    ("policy.reference", GOOD, {"clocks.unpaid.starts": "stage:gone"}),
    ("policy.reference", GOOD, {"clocks.low.starts.balance": "gone"}),
    ("policy.reference", GOOD, {"clocks.service.unless.clock": "gone"}),
    ("policy.reference", GOOD, {"events.0.credit": "gone"}),
    ("policy.reference", GOOD, {"events.0.count.over": "clock:gone"}),
    ("policy.reference", GOOD, {"events.0.extend.0.clock": "gone"}),
    ("policy.reference", GOOD, {"events.1.extend.0.product": "gone"}),
    ("policy.reference", GOOD, {"balances.main.expires": "gone"}),
    ("policy.reference", GOOD, {"charges.0.balance": "gone"}),
    ("policy.reference", GOOD, {"charges.0.stages": ["gone"]}),
    ("policy.reference", GOOD, {"charges.0.starts": "event:gone"}),
    ("policy.reference", GOOD, {"charges.3.extend.0.clock": "gone"}),
    ("policy.reference", GOOD, {"stages.0.until": {"earliest_of": ["service", "gone"]}}),
    ("policy.reference", GOOD, {"stages.1.from": "gone"}),
    ("policy.reference", GOOD, {"stages.1.restore.by": ["gone"]}),
    ("policy.reference", GOOD, {"stages.3.class": "gone"}),
    ("policy.reference", GOOD, {"permissions.transfer.stages": ["gone"]}),
    ("policy.reference", GOOD, {"reminders.0.clock": "gone"}),
    ("policy.reference", GOOD, {"reminders.1.stage": "gone"}),
    ("policy.reference", GOOD, {"operator_notice.0.clock": "gone"}),
    ("policy.reference", GOOD, {"late_payment.lost": "refund"}),
    ("policy.twice", GOOD, {"events.1.id": "topup"}),
    ("policy.twice", GOOD, {"charges.1.id": "rental"}),
    ("policy.twice", GOOD, {"stages.2.name": "grace"}),
    ("policy.clock.never", GOOD, {"events.0.extend.1.clock": "low", "events.1.extend": []}),
    ("policy.clock.circle", GOOD, {"clocks.plan.unless": {"clock": "service"}}),
    ("policy.clock.circle", GOOD, {"clocks.plan.unless": {"clock": "plan"}}),
    ("policy.clock.barred", GOOD, {"stages.2.barred": False, "park": None}),
    ("policy.clock.counter", GOOD, {"clocks.deactivated.term": "3 days"}),
    ("policy.clock.counter", GOOD, {"clocks.deactivated.starts": "activation"}),
    ("policy.clock.kind", GOOD, {"clocks.deactivated.kind": "service"}),
    ("policy.clock.kind", GOOD, {"clocks.low.kind": "deactivated"}),
    ("policy.clock.floor", GOOD, {"clocks.low.starts.below": "0.00"}),
    ("policy.extend.counter", GOOD, {"events.0.extend.1.clock": "deactivated"}),
    ("policy.extend.product", GOOD, {"events.1.extend.0.product": None}),
    ("policy.extend.product_unused", GOOD, {"events.0.extend.0.product": "plan"}),
    ("policy.extend.cap", GOOD, {"events.0.extend.0.cap.max": "0 days"}),
    ("policy.extend.cap", GOOD, {"events.0.extend.0.cap.per_event": "0 months"}),
    ("policy.extend.term", GOOD, {"events.0.extend.0.term": "0 days"}),
    ("policy.extend.unit", GOOD, {"events.1.extend.4.term.per": "0.00"}),
    ("policy.extend.unit", GOOD, {"events.0.extend.0.term.tiers.1.1.per": "0"}),
    ("policy.extend.tiers", GOOD, {"events.0.extend.0.term.tiers.0.0": "100.00"}),
    ("policy.extend.window", GOOD, {"events.0.extend.0.window.latest": "30 days"}),
    ("policy.event.amounts", GOOD, {"events.0.max": "49.99"}),
    ("policy.event.amounts", GOOD, {"events.1.below": "10.01"}),
    ("policy.event.threshold", GOOD, {"events.0.count.at_least": 0}),
    (
        "policy.event.hidden",
        GOOD,
        {
            "events.0": {"id": "topup", "kind": ["topup"], "stages": ["active", "grace"]},
            "events.2": STRAY,
        },
    ),
    ("policy.charge.incomplete", GOOD, {"charges.1.unless_activity": None}),
    ("policy.charge.incomplete", GOOD, {"charges.2.minimum_spend": "0.00"}),
    ("policy.charge.incomplete", GOOD, {"charges.3.extend": None}),
    ("policy.charge.every", GOOD, {"charges.0.every": "0 days"}),
    ("policy.charge.amount", GOOD, {"charges.0.amount": "0.00"}),
    ("policy.charge.park", GOOD, {"charges.0.kind": "pause", "park": None}),
    ("policy.stage.until", GOOD, {"stages.2.for": None, "stages.2.until": "unpaid"}),
    ("policy.stage.unreachable", GOOD, {"stages.2.for": None}),
    (
        "policy.stage.unreachable",
        KEEP12,
        {"clocks.extra": {"kind": "bonus", "starts": "never"}, "stages.0.until": "extra"},
    ),
    ("policy.stage.order", GOOD, {"stages.2.kind": "live"}),
    ("policy.stage.first", GOOD, {"stages.0.kind": "grace"}),
    ("policy.stage.last", GOOD, {"stages.4.for": "1 year"}),
    ("policy.event.no_way_back", GOOD, {"events.0.stages": ["active", "grace", "suspended"]}),
    ("policy.restore.stages", GOOD, {"events.0.stages": ["active"]}),
    ("policy.restore.stages", GOOD, {"events.0.stages": None}),
    ("policy.restore.live", GOOD, {"stages.0.restore": {"by": ["topup"]}}),
    ("policy.restore.impossible", GOOD, {"stages.1.restore.channels": ["ussd"]}),
    ("policy.restore.impossible", GOOD, {"stages.1.restore.min": "500.01"}),
    ("policy.late_payment", GOOD, {"late_payment.suspended": "restore"}),
    ("policy.bounds", GOOD, {"quarantine.max": "89 days"}),
    ("policy.bounds", GOOD, {"quarantine.classes.business.min": "2 years"}),
    ("policy.quarantine.stage", GOOD, {"stages.3.for": "99 days"}),
    ("policy.quarantine.stage", GOOD, {"stages.3.for": "366 days"}),
    ("policy.quarantine.missing", GOOD, {"stages.3.kind": "lost"}),
    ("policy.source.missing", GOOD, {"sources": None, "invented": False, "confidence": "S"}),
    ("policy.invented.unmarked", GOOD, {"invented": False}),
    ("policy.invented.trusted", GOOD, {"confidence": "S"}),
    (
        "policy.confidence",
        GOOD,
        {"invented": False, "confidence": "S", "sources.0.confidence": "P"},
    ),
    ("policy.dates", GOOD, {"effective.to": GOOD["effective"]["from"]}),
    ("policy.dates", GOOD, {"cohort.activated.to": GOOD["cohort"]["activated"]["from"]}),
    ("policy.observed", GOOD, {"observed": None}),
    (
        "policy.offer.unknown",
        GOOD,
        {
            "unknown.1": {
                "path": "events.pack.extend.0.base",
                "alternatives": ["AFTER_PRODUCT", "STACK"],
            }
        },
    ),
    ("policy.offer.term", GOOD, {"offers.0.term": None}),
    ("policy.offer.word", GOOD, {"confidence": "U"}),
]


def _with(document: Document, changes: Changes) -> Document:
    for path, value in changes.items():
        document = changed(document, path, value)
    return document


def test_what_is_good_is_not_refused() -> None:
    assert codes(GOOD) == set()
    assert codes(KEEP12) == {"policy.overlay.unknown"}


@pytest.mark.parametrize(("code", "document", "changes"), CASES)
def test_a_contradiction_is_refused(code: str, document: Document, changes: Changes) -> None:
    assert code in codes(_with(document, changes))


def test_every_finding_has_a_red_document() -> None:
    kinds = [
        value
        for module in RULES
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, PolicyFault) and value is not PolicyFault
    ]
    assert {kind.code for kind in kinds} == {code for code, _, _ in CASES}


def test_a_contradiction_names_both_halves() -> None:
    policy = parsed(_with(GOOD, {"stages.2.for": None, "stages.2.until": "unpaid"}))
    (finding,) = [f for f in lint(policy, {}) if f.code == "policy.stage.until"]
    assert (finding.place, finding.against) == (("stages", 2, "until"), ("stages", 1, "for"))


def test_a_fault_in_one_world_is_a_fault() -> None:
    document = changed(KEEP12, "unknown", [])
    document["unknown"] = [
        {"path": "stages.quarantined.for", "alternatives": ["90 days", "1 day"], "why": "silent"}
    ]
    assert parse(document, zone_of).findings == ()
    assert "policy.quarantine.stage" in codes(document)


def test_spans_of_other_units_are_refused_only_when_surely_wrong() -> None:
    # 3 months are neither longer nor shorter than 90 days on every day of the calendar.
    assert codes(_with(GOOD, {"quarantine.min": "3 months", "quarantine.max": "90 days"})) == set()
    assert "policy.bounds" in codes(
        _with(GOOD, {"quarantine.min": "4 months", "quarantine.max": "90 days"})
    )


def test_a_rule_that_lets_later_ones_try_hides_nothing() -> None:
    wide = {"id": "topup", "kind": ["topup"], "stages": ["active", "grace"], "also": True}
    assert "policy.event.hidden" not in codes(_with(GOOD, {"events.0": wide, "events.2": STRAY}))
