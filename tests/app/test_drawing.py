"""Policies drawn as text and as pictures: whole, within their width, readable without colours."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import datetime, time
from functools import cache
from pathlib import Path
from unicodedata import east_asian_width

import pytest

from baohao.app.drawing import WIDTH, as_text, days_of, spread
from baohao.app.drawing_svg import as_svg
from baohao.app.library import policy_files
from baohao.app.picture import WIDTH as PAGE
from baohao.app.picture import wide, wrapped
from baohao.app.policies import load, shipped
from baohao.core.line.life import Life, life
from baohao.core.policy.model import Policy

SVG = "{http://www.w3.org/2000/svg}"
FILES = [pytest.param(file, id=file.stem) for file in policy_files(shipped())]


@cache
def drawn(file: Path) -> tuple[Policy, Life]:
    policy = load(file).accepted()
    begins = datetime.combine(policy.effective_from, time(10), policy.zone)
    return policy, life(policy, begins)


def named(name: str) -> tuple[Policy, Life]:
    return drawn(shipped() / f"{name}.toml")


def _columns(line: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in line)


@pytest.mark.parametrize("file", FILES)
def test_text_keeps_within_its_width(file: Path) -> None:
    policy, found = drawn(file)
    for line in as_text(policy, found).split("\n"):
        # A single word, such as an address, is not broken.
        assert _columns(line) <= WIDTH or len(line.split()) == 1, line


def test_text_says_what_the_policy_says() -> None:
    text = as_text(*named("demo/keep12"))
    for said in (
        "Number-keeping card, 12 months",
        "This operator is invented.",
        "active",
        "2026-01-02",
        "suspended: back by renewal, fee MOP 20.00",
        "12 months from activation",
        "more than 90 barred days of a calendar year",
    ):
        assert said in text


def test_text_shows_what_is_not_known() -> None:
    text = as_text(*named("hk/csl.rechargeable"))
    assert "?" in text
    assert "(grace)" in text
    assert "0 days or 30 days" in text


@pytest.mark.parametrize("file", FILES)
def test_pictures_are_whole_and_accessible(file: Path) -> None:
    policy, found = drawn(file)
    root = ET.fromstring(as_svg(policy, found))
    assert root.get("role") == "img"
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert title.text is not None
    assert policy.title in title.text
    assert desc is not None
    assert desc.text is not None
    assert all(stretch.stage.name in desc.text for stretch in found.stretches)
    assert {title.get("id"), desc.get("id")} == set((root.get("aria-labelledby") or "").split())
    boxes = [rect for rect in root.iter(f"{SVG}rect") if rect.get("x") is not None]
    for box in boxes:
        left, width = float(box.get("x", "0")), float(box.get("width", "0"))
        assert width >= 0
        assert left + width <= PAGE


def test_a_picture_has_both_lights_and_a_pattern_for_each_kind() -> None:
    policy, found = named("demo/keep12")
    picture = as_svg(policy, found)
    assert "prefers-color-scheme:dark" in picture
    root = ET.fromstring(picture)
    bars = [r.get("class", "") for r in root.iter(f"{SVG}rect") if r.get("class", "")[:2] == "k-"]
    assert {f"k-{s.stage.kind}" for s in found.stretches} == set(bars)
    said = "".join(text.text or "" for text in root.iter(f"{SVG}text"))
    assert "invented operator" in said
    assert "out+in" in said
    assert "nothing works" in said


def test_a_picture_escapes_what_a_policy_says() -> None:
    policy, found = named("demo/keep12")
    from dataclasses import replace

    odd = replace(policy, title='<script>&"alert"</script>')
    root = ET.fromstring(as_svg(odd, found))
    assert root.find(f".//{SVG}script") is None


def test_what_is_not_known_is_hatched() -> None:
    known, unknown = as_svg(*named("demo/keep12")), as_svg(*named("hk/csl.rechargeable"))
    assert 'class="unsure"' not in known
    assert 'class="unsure"' in unknown
    assert "perhaps" in unknown


def test_instants_are_spread_in_proportion_but_never_on_each_other() -> None:
    edges = [datetime(2026, 1, 1), datetime(2026, 1, 2), datetime(2027, 1, 1)]  # noqa: DTZ001
    places = spread(edges, 100, least=10)
    assert places == [0, 10, 100]


def test_days_are_counted_in_the_zone_of_the_line() -> None:
    _, found = named("hk/csl.rechargeable")
    assert days_of(found, found.stretches[0].begins) == "0"
    assert days_of(found, found.stretches[2].begins) == "181…211"


def test_text_breaks_where_it_fits() -> None:
    assert wrapped("one two three", 40, 10) == ["one two", "three"]
    assert wrapped("保號卡保號卡", 40, 10) == ["保號卡保", "號卡"]
    assert wrapped("", 40, 10) == []
    assert wide("保", 10) == 10
