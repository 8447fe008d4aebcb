"""A life in which nothing happens: its stages, its deadlines, and what is not known of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.core.policy.documents import KEEP12, ROOT, Document, changed, parsed, read

from baohao.core.line.life import Between, Life, life

MACAU = ZoneInfo("Asia/Macau")
BEGINS = datetime(2026, 1, 1, 10, tzinfo=MACAU)


def lived(document: Document) -> Life:
    return life(parsed(document), BEGINS)


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, tzinfo=MACAU)


def test_the_stages_follow_each_other() -> None:
    found = lived(KEEP12)
    assert found.purchase is None
    # The last good day is 2027-01-01, twelve months after the day of activation.
    assert [(s.stage.name, s.begins.earliest) for s in found.stretches] == [
        ("active", BEGINS),
        ("grace", day(2027, 1, 2)),
        ("suspended", day(2027, 2, 1)),
        ("quarantined", day(2027, 4, 2)),
        ("recycled", day(2027, 7, 1)),
    ]
    assert all(s.begins.is_known and s.is_sure for s in found.stretches)
    assert found.stretches[-1].ends is None
    (mark,) = found.marks
    assert (mark.clock, mark.at.earliest) == ("service", day(2027, 1, 2))


def test_what_is_not_known_is_a_range() -> None:
    document = changed(changed(KEEP12, "offers", None), "unknown", [])
    document["unknown"] = [{"path": "stages.grace.for", "alternatives": ["30 days", "40 days"]}]
    suspended = lived(document).stretches[2]
    assert suspended.begins == Between(day(2027, 2, 1), day(2027, 2, 11))
    assert not suspended.begins.is_known


def test_a_stage_that_only_some_worlds_have_is_not_sure() -> None:
    document = changed(KEEP12, "unknown", [])
    document["unknown"] = [{"path": "stages.grace.for", "alternatives": ["30 days", "0 days"]}]
    active, grace, suspended = lived(document).stretches[:3]
    assert (active.is_sure, grace.is_sure, suspended.is_sure) == (True, False, True)


def test_a_line_that_needs_a_topup_to_live_gets_the_least_one() -> None:
    telkomsel = parsed(read(ROOT / "policies" / "id" / "telkomsel.prepaid.toml"))
    found = life(telkomsel, BEGINS)
    assert found.purchase is not None
    assert found.purchase.amount_minor == 500000
    ends = found.stretches[0].ends
    assert ends is not None
    assert ends.earliest - BEGINS > timedelta(days=5)


def test_a_line_that_lives_for_ever_has_one_stretch() -> None:
    document = changed(KEEP12, "clocks.service.term", None)
    document = changed(document, "events.0.extend.0.term", "12 months")
    document = changed(document, "events.0.stages", ["grace"])
    document = changed(document, "events.1.extend.0.term", "12 months")
    (only,) = lived(document).stretches
    assert (only.stage.name, only.ends) == ("active", None)
