"""`baohao policy check` and `policy show`: exit codes, what people and machines read."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tests.cli.inside import inside
from tests.cli.run import baohao

ROOT = Path(__file__).parents[2]
KEEP12 = ROOT / "policies" / "demo" / "keep12.toml"
CROSSED = ROOT / "tests" / "core" / "lint" / "until-after-for.toml"


def test_the_library_is_in_order() -> None:
    ran = baohao("policy", "check", ROOT / "policies")
    assert (ran.code, ran.err) == (0, "")
    assert "nothing wrong" in ran.out


def test_a_contradiction_is_refused_with_its_two_lines() -> None:
    ran = inside("policy", "check", KEEP12, CROSSED)
    first, *quoted, last = ran.out.strip().split("\n")
    assert ran.code == 1
    assert first.startswith(f"{CROSSED}:55: policy.stage.until: ")
    assert [line.split(" | ")[0].strip() for line in quoted] == ["48", "55"]
    assert last == "2 files checked, 1 refused, 1 finding."


def test_findings_for_machines() -> None:
    ran = inside("policy", "check", CROSSED, "--json")
    assert ran.code == 1
    assert ran.facts["checked"] == 1
    (found,) = ran.facts["findings"]
    assert (found["line"], found["against_line"]) == (55, 48)
    assert (found["code"], found["path"]) == ("policy.stage.until", "stages.2.until")


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "gone.toml"],
        ["show", "gone.toml"],
        ["show", str(KEEP12), "--from", "2026-02-30"],
        ["show", str(KEEP12), "--svg", "/"],
    ],
)
def test_wrong_use_is_two(arguments: list[str]) -> None:
    ran = inside("policy", *arguments)
    assert ran.code == 2
    assert ran.err


def test_show_prints_the_life_from_a_day(tmp_path: Path) -> None:
    picture = tmp_path / "life.svg"
    ran = inside("policy", "show", KEEP12, "--from", "2026-08-31", "--svg", picture)
    assert ran.code == 0
    assert "Activated on 2026-08-31" in ran.out
    assert "2027-09-01" in ran.out
    assert ET.parse(picture).getroot().tag.endswith("svg")


def test_show_for_machines() -> None:
    ran = inside("policy", "show", KEEP12, "--from", "2026-08-31", "--json")
    assert ran.code == 0
    assert (ran.facts["policy"], ran.facts["worlds"]) == ("mo.demo.keep12", 1)
    grace = ran.facts["stages"][1]
    assert (grace["stage"], grace["from"]["at"]) == ("grace", "2027-09-01T00:00:00+08:00")
    assert grace["from"]["day"] == 366
    assert ran.facts["clocks"]["service"]["at"] == "2027-09-01T00:00:00+08:00"


def test_show_gives_ranges_for_what_is_not_known() -> None:
    ran = inside("policy", "show", ROOT / "policies" / "hk" / "csl.rechargeable.toml", "--json")
    lost = ran.facts["stages"][-1]
    assert lost["from"]["earliest"]["day"] < lost["from"]["latest"]["day"]
    assert ran.facts["unknowns"][0]["alternatives"]
    assert not ran.facts["sellable"]


def test_show_refuses_what_is_refused() -> None:
    ran = inside("policy", "show", CROSSED)
    assert ran.code == 1
    assert f"{CROSSED}:55:" in ran.out
