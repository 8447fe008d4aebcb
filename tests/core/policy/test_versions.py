"""Which version is for which line: by day and by cohort."""

from __future__ import annotations

from datetime import date

import pytest
from tests.core.policy.documents import KEEP12, changed, parsed

from baohao.core.policy.model import Policy
from baohao.core.policy.versions import Member, VersionMissing, clash, version_for


def version(name: str, **head: object) -> Policy:
    document = changed(KEEP12, "version", name)
    for key, value in head.items():
        document = changed(document, key, value)
    return parsed(document)


OLD = version("1", effective={"from": date(2023, 10, 23), "to": date(2024, 11, 9)})
NEW = version("2", effective={"from": date(2024, 11, 9)})
EARLY = version(
    "3",
    effective={"from": date(2024, 11, 9)},
    cohort={"activated": {"to": date(2018, 11, 6)}},
)
FEW = version("4", effective={"from": date(2024, 11, 9)}, cohort={"plans": ["gold"]})
ALL = (OLD, NEW, EARLY, FEW)


@pytest.mark.parametrize(
    ("day", "member", "expected"),
    [
        (date(2024, 11, 8), Member(), OLD),
        (date(2024, 11, 9), Member(), NEW),
        (date(2025, 1, 1), Member(activated=date(2018, 11, 5)), EARLY),
        (date(2025, 1, 1), Member(activated=date(2018, 11, 6)), NEW),
        (date(2025, 1, 1), Member(plan="gold"), FEW),
        (date(2025, 1, 1), Member(plan="silver"), NEW),
    ],
)
def test_the_version_is_that_of_the_day_and_the_cohort(
    day: date, member: Member, expected: Policy
) -> None:
    assert version_for(ALL, "mo.demo.keep12", day, member) is expected
    assert version_for(reversed(ALL), "mo.demo.keep12", day, member) is expected


def test_a_day_before_all_versions_has_none() -> None:
    with pytest.raises(VersionMissing, match="2023-10-22"):
        version_for(ALL, "mo.demo.keep12", date(2023, 10, 22), Member())


def test_versions_of_one_day_and_cohort_clash() -> None:
    assert not any(clash(one, NEW) or clash(one, OLD) for one in (EARLY, FEW))
    assert not clash(OLD, NEW)
    # Someone of before 2018 with a gold plan would have two.
    assert clash(EARLY, FEW)
    again = version("5", effective={"from": date(2030, 1, 1)})
    assert clash(NEW, again)
    assert clash(again, NEW)
    assert not clash(OLD, again)


def test_cohorts_that_share_no_line_do_not_clash() -> None:
    late = version("6", cohort={"activated": {"from": date(2018, 11, 6)}})
    silver = version("7", cohort={"plans": ["silver"]})
    both = version("8", cohort={"plans": ["silver", "gold"]})
    assert not clash(EARLY, late)
    assert not clash(FEW, silver)
    assert clash(FEW, both)
    other = version("9", policy="mo.demo.other", cohort={"plans": ["gold"]})
    assert not clash(FEW, other)
