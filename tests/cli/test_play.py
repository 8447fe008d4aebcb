"""`baohao policy play`: what people see, and how it refuses. The lives are in tests/core."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.inside import inside
from tests.cli.run import baohao

KEEP12 = Path(__file__).parents[2] / "policies" / "demo" / "keep12.toml"
AT = "2026-06-01T00:00:00+08:00"
EVENTS = [{"id": "a", "kind": "activate", "at": "2026-01-01T10:00:00+08:00"}]


@pytest.fixture
def events(tmp_path: Path) -> Path:
    file = tmp_path / "events.json"
    file.write_text(json.dumps(EVENTS))
    return file


def test_people_read_the_stage_and_the_last_good_day(events: Path) -> None:
    ran = baohao("policy", "play", KEEP12, events, "--at", AT)
    assert ran.code == 0
    assert "active" in ran.out
    assert "2027-01-01" in ran.out
    assert "everything" in ran.out


def test_a_number_that_is_lost_is_not_said_to_be_safe(events: Path) -> None:
    ran = inside("policy", "play", KEEP12, events, "--at", "2029-06-01T00:00:00+08:00")
    assert "lost already" in ran.out


def test_a_byte_order_mark_is_no_event(tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps({"events": EVENTS}).encode())
    ran = inside("policy", "play", KEEP12, file, "--at", AT, "--json")
    assert ran.facts["stage"] == "active"


@pytest.mark.parametrize(
    "written", [b"[", b"{}", b"[1]", b'"a"', b"\xb4\xfa", b"[" * 100_000, b'[{"kind": "activate"}]']
)
def test_what_is_no_history_is_refused_with_a_reason(tmp_path: Path, written: bytes) -> None:
    file = tmp_path / "events.json"
    file.write_bytes(written)
    ran = inside("policy", "play", KEEP12, file, "--at", AT, "--json")
    assert ran.code == 1
    assert ran.facts["refused"]["code"].startswith("malformed.")
    assert "Traceback" not in ran.err


def test_a_refusal_is_told_to_people_with_its_code(tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_text("{}")
    ran = inside("policy", "play", KEEP12, file, "--at", AT)
    assert (ran.code, ran.out) == (1, "")
    assert "docs/how-to/play-a-policy.md" in ran.err
    assert "[malformed.history]" in ran.err


@pytest.mark.parametrize("at", ["now", "2026-06-01", "2026-06-01T00:00:00"])
def test_an_instant_needs_its_offset(events: Path, at: str) -> None:
    ran = inside("policy", "play", KEEP12, events, "--at", at)
    assert ran.code == 2
    assert "offset" in ran.err


def test_a_missing_file_is_wrong_use() -> None:
    assert inside("policy", "play", KEEP12, "nowhere.json", "--at", AT).code == 2
