"""Worlds: every combination of what is not known, at most sixteen."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from tests.core.policy.documents import KEEP12, Document, changed, codes, parsed, zone_of

from baohao.core.civil import Span, Unit
from baohao.core.policy.model import Policy
from baohao.core.policy.parse import parse
from baohao.core.policy.terms import Base
from baohao.core.policy.worlds import worlds_of

RESTORE = {"by": ["renew_late"], "fee": "20.00"}


def asking(*unknowns: dict[str, Any]) -> Document:
    """The demo policy with unknowns; it is not sold any more."""
    document = changed(changed(KEEP12, "offers", None), "overlays", None)
    return changed(document, "unknown", list(unknowns))


def test_without_unknowns_a_policy_is_its_own_world() -> None:
    policy = parsed(KEEP12)
    assert policy.worlds == ()
    assert worlds_of(policy) == (policy,)


def test_every_combination_is_a_world() -> None:
    policy = parsed(
        asking(
            {"path": "events.renew.extend.0.base", "alternatives": ["STACK_STRICT", "LONGEST"]},
            {"path": "stages.grace.for", "alternatives": ["30 days", "1 month", "45 days"]},
        )
    )
    seen = {
        (world.events[0].extends[0].base, str(world.stages[1].lasts)) for world in policy.worlds
    }
    assert seen == {
        (base, span)
        for base in (Base.STACK_STRICT, Base.LONGEST)
        for span in ("30 days", "1 month", "45 days")
    }
    assert all(world.worlds == () for world in policy.worlds)
    assert all(world.unknowns == policy.unknowns for world in policy.worlds)
    assert not policy.sellable
    # The policy itself is read as the document stands.
    assert (policy.events[0].extends[0].base, str(policy.stages[1].lasts)) == (
        Base.STACK_STRICT,
        "30 days",
    )


def test_where_the_document_says_nothing_the_first_alternative_holds() -> None:
    document = asking(
        {"path": "quarantine.max", "alternatives": ["120 days", "180 days"]},
        {"path": "clocks.service.never_shorten", "alternatives": [True, False]},
    )
    policy = parsed(document)
    assert policy.quarantine.max == Span(120, Unit.DAY)
    assert policy.clocks["service"].never_shorten
    assert len(policy.worlds) == 4


def test_a_whole_table_can_be_unknown() -> None:
    unknown = {"path": "stages.suspended.restore", "alternatives": [False, RESTORE]}
    policy = parsed(asking(unknown))
    assert [world.stages[2].restore is None for world in policy.worlds] == [True, False]


def _walls(policy: Policy) -> list[time | None]:
    return [world.clocks["service"].wall for world in worlds_of(policy)]


def test_a_deadline_between_two_times_is_two_worlds() -> None:
    between = {"between": ["05:00", "11:00"]}
    policy = parsed(changed(KEEP12, "clocks.service.ends", between))
    assert _walls(policy) == [time(5), time(11)]
    assert policy.unknowns[0].path == "clocks.service.ends"
    assert policy.sellable


def test_items_are_found_by_id_by_name_and_by_index() -> None:
    for path in ("events.renew.at", "events.0.at", "stages.grace.barred", "stages.1.barred"):
        alternatives: list[object] = ["posted", "paid"] if path.endswith("at") else [False, True]
        assert len(parsed(asking({"path": path, "alternatives": alternatives})).worlds) == 2


@pytest.mark.parametrize(
    ("unknowns", "code"),
    [
        ([{"path": "events.gone.at", "alternatives": ["paid", "used"]}], "policy.unknown.path"),
        ([{"path": "events.9.at", "alternatives": ["paid", "used"]}], "policy.unknown.path"),
        ([{"path": "title.x", "alternatives": ["a", "b"]}], "policy.unknown.path"),
        ([{"path": "quarantine..min", "alternatives": ["1 day", "2 days"]}], "policy.unknown.path"),
        ([{"path": "stages.grace.fro", "alternatives": ["1 day", "2 days"]}], "policy.key.unknown"),
        ([{"path": "stages.grace.for", "alternatives": ["30 days", "soon"]}], "malformed.span"),
        (
            [{"path": "stages.grace.for", "alternatives": ["30 days"]}],
            "policy.unknown.alternatives",
        ),
        (
            [{"path": "stages.grace.for", "alternatives": ["30 days", "30 days"]}],
            "policy.unknown.alternatives",
        ),
        (
            [{"path": "stages.grace.for", "alternatives": ["31 days", "32 days"]}],
            "policy.unknown.disagrees",
        ),
        (
            [
                {"path": "stages.grace.for", "alternatives": ["30 days", "31 days"]},
                {"path": "stages.1.for", "alternatives": ["30 days", "32 days"]},
            ],
            "policy.unknown.twice",
        ),
        (
            [
                {
                    "path": "stages.suspended.restore",
                    "alternatives": [False, RESTORE],
                },
                {"path": "stages.suspended.restore.fee", "alternatives": ["20.00", "30.00"]},
            ],
            "policy.unknown.twice",
        ),
        (
            [
                {"path": f"{stage}.for", "alternatives": [f"{days + n} days" for n in range(4)]}
                for stage, days in (("stages.grace", 30), ("stages.suspended", 60))
            ]
            + [{"path": "stages.quarantined.for", "alternatives": ["90 days", "91 days"]}],
            "policy.unknown.worlds",
        ),
    ],
)
def test_an_unknown_that_makes_no_sense_is_refused(
    unknowns: list[dict[str, Any]], code: str
) -> None:
    assert code in codes(asking(*unknowns))


def test_sixteen_worlds_are_not_too_many() -> None:
    spans = [f"{90 + n} days" for n in range(16)]
    policy = parsed(asking({"path": "stages.quarantined.for", "alternatives": spans}))
    assert len(policy.worlds) == 16


def test_what_all_worlds_have_wrong_is_said_once() -> None:
    document = asking({"path": "stages.grace.for", "alternatives": ["30 days", "31 days"]})
    found = parse(changed(document, "zone", "Nowhere"), zone_of).findings
    assert [finding.path for finding in found] == ["zone"]
