"""The catalogue: what is on sale, and documents that sell what nobody has."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from baohao.app.catalogue import commissions_at, fees_at, on_sale, rates_at
from baohao.app.library import Library, read_library
from baohao.core.fees import Fee
from baohao.core.promotions.apply import MOST_SETS

POLICIES = Path(__file__).resolve().parents[2] / "policies"
MACAU = ZoneInfo("Asia/Macau")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demo operator alone, to be spoilt."""
    for room in ("demo", "overlays"):
        shutil.copytree(POLICIES / room, tmp_path / room)
    for room in ("operators", "fees", "promotions", "commissions", "exchange"):
        (tmp_path / room).mkdir()
        for path in (POLICIES / room).glob("demo*.toml"):
            shutil.copy(path, tmp_path / room / path.name)
    return tmp_path


def codes(library: Library) -> list[str]:
    return [located.finding.code for located in library.findings]


def spoil(path: Path, old: str, new: str, to: str = "") -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.with_name(to or path.name).write_text(text.replace(old, new), "utf-8")


def test_the_demo_operators_catalogue(folder: Path) -> None:
    library = read_library(folder).accepted()
    now = datetime(2026, 6, 1, 12, tzinfo=MACAU)
    sold = on_sale(library.policies.values(), library.operators["demo"], now)
    assert ("keep12", "renew", 12000) in {
        (each.offer.plan, each.offer.verb, each.offer.price_minor) for each in sold
    }
    assert fees_at(library.fees, library.operators, now)["demo"].fee(
        "replace_card", "counter"
    ) == Fee(fee_minor=5000)
    assert len(library.promotions) == 4
    assert rates_at(library.rates, library.operators, now)["demo"].rate("HKD").rate == "1.03"
    earns = commissions_at(library.commissions, library.operators, now)["demo"]
    assert earns.commission("renew", "keep12", "gold", 12_000) == 840


def test_nothing_is_sold_before_its_day(folder: Path) -> None:
    library = read_library(folder).accepted()
    eve = datetime(2024, 12, 31, 23, 59, tzinfo=MACAU)
    assert on_sale(library.policies.values(), library.operators["demo"], eve) == ()
    assert fees_at(library.fees, library.operators, eve) == {}
    assert commissions_at(library.commissions, library.operators, eve) == {}
    assert rates_at(library.rates, library.operators, eve) == {}


@pytest.mark.parametrize(
    ("file", "old", "new", "to", "code"),
    [
        (
            "promotions/demo.agents.toml",
            '"keep12"',
            '"keep13"',
            "",
            "catalogue.promotion.for_nothing",
        ),
        (
            "promotions/demo.agents.toml",
            '["renew"]',
            '["port_in"]',
            "",
            "catalogue.promotion.for_nothing",
        ),
        (
            "promotions/demo.twelve_plus_six.toml",
            '["12 months"]',
            '["13 months"]',
            "",
            "catalogue.promotion.for_nothing",
        ),
        ("promotions/demo.agents.toml", '"demo"', '"demi"', "", "catalogue.operator"),
        ("promotions/demo.agents.toml", '"MOP"', '"HKD"', "", "catalogue.currency"),
        ("promotions/demo.agents.toml", "10 %", "10 %", "b.toml", "catalogue.promotion.twice"),
        ("fees/demo.toml", '"demo"', '"demi"', "", "catalogue.operator"),
        ("fees/demo.toml", "2025-01-01", "2027-01-01", "b.toml", "catalogue.fees.twice"),
        ("exchange/demo.toml", '"demo"', '"demi"', "", "catalogue.operator"),
        ("exchange/demo.toml", 'currency  = "MOP"', 'currency  = "JPY"', "", "catalogue.currency"),
        ("exchange/demo.toml", "2025-01-01", "2027-01-01", "b.toml", "catalogue.exchange.twice"),
        ("exchange/demo.toml", '"1.03"', '"1,03"', "", "exchange.rate"),
        ("commissions/demo.toml", '"demo"', '"demi"', "", "catalogue.operator"),
        ("commissions/demo.toml", '"MOP"', '"HKD"', "", "catalogue.currency"),
        (
            "commissions/demo.toml",
            "2025-01-01",
            "2027-01-01",
            "b.toml",
            "catalogue.commissions.twice",
        ),
        (
            "commissions/demo.toml",
            'tiers   = ["gold"]',
            'tiers   = ["gold"]\nplans   = ["keep13"]',
            "",
            "catalogue.commissions.for_nothing",
        ),
    ],
)
def test_what_nobody_sells_is_told(
    folder: Path, file: str, old: str, new: str, to: str, code: str
) -> None:
    spoil(folder / file, old, new, to)
    assert code in codes(read_library(folder))


def test_a_schedule_that_follows_another_is_good(folder: Path) -> None:
    path = folder / "fees" / "demo.toml"
    spoil(path, "2025-01-01 }", "2027-01-01 }", "later.toml")
    spoil(path, "2025-01-01 }", "2025-01-01, to = 2027-01-01 }")
    library = read_library(folder).accepted()
    new_year = datetime(2027, 1, 1, tzinfo=MACAU)
    found = fees_at(library.fees, library.operators, new_year)["demo"]
    assert found.effective_from == new_year.date()


def test_more_promotions_than_can_be_weighed_are_refused(folder: Path) -> None:
    path = folder / "promotions" / "demo.agents.toml"
    for number in range(MOST_SETS.bit_length()):
        spoil(path, '"demo.agents"', f'"demo.n{number}"', f"n{number}.toml")
        new = path.with_name(f"n{number}.toml")
        spoil(new, '"money"', f'"group{number}"')
    assert "catalogue.promotion.too_many" in codes(read_library(folder))


# --- how operators' own systems call what is sold -------------------------------------------------


@pytest.fixture
def harbour(tmp_path: Path) -> Path:
    """The operator with a system of its own alone, to be spoilt."""
    for room in ("demo2", "overlays", "charging"):
        shutil.copytree(POLICIES / room, tmp_path / room)
    (tmp_path / "operators").mkdir()
    shutil.copy(POLICIES / "operators" / "demo2.toml", tmp_path / "operators")
    return tmp_path


YEAR = 'term    = "365 days"\nproduct = "HARBOUR-'


def test_all_that_is_sold_has_a_name_there(harbour: Path) -> None:
    products = read_library(harbour).accepted().products["demo2"]
    assert set(products.names.values()) == {"HARBOUR-START-365", "HARBOUR-KEEP-365"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('"renew"', '"top_up"', "policy.word"),
        (f"{YEAR}KEEP", f"{YEAR.replace('365', '364')}KEEP", "catalogue.products.unnamed"),
        ('operator = "demo2"', 'operator = "demo3"', "catalogue.operator"),
        ('"renew"', '"activate"', "charging.product_twice"),
    ],
)
def test_a_name_that_is_missing_or_wrong_is_told(
    harbour: Path, old: str, new: str, code: str
) -> None:
    spoil(harbour / "charging" / "demo2.toml", old, new)
    assert code in codes(read_library(harbour))


def test_an_operators_names_stand_in_one_file(harbour: Path) -> None:
    spoil(harbour / "charging" / "demo2.toml", "HARBOUR", "PORT", "again.toml")
    assert codes(read_library(harbour)) == ["catalogue.products.twice"]
