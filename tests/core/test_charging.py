"""How an operator's own system calls what is sold here; and what a sale owes to it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.core.decide.desk import BALANCE180, FLOAT, TEN, Desk, gift

from baohao.app.policies import zone_of
from baohao.core.charging import parse_products
from baohao.core.civil import Span, Unit

YEAR = {"plan": "keep12", "verb": "renew", "term": "1 year", "product": "KEEP-1"}


def document(*products: dict[str, Any]) -> dict[str, Any]:
    return {"operator": "demo", "products": list(products)}


def test_a_year_and_twelve_months_are_one_product() -> None:
    read, found = parse_products(document(YEAR), zone_of)
    assert found == ()
    assert read is not None
    assert read.name("keep12", "renew", Span(12, Unit.MONTH)) == "KEEP-1"
    assert read.name("keep12", "renew", Span(365, Unit.DAY)) is None
    assert read.name("keep12", "activate", Span(1, Unit.YEAR)) is None


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (document(YEAR, {**YEAR, "term": "12 months"}), "charging.product_twice"),
        (document({**YEAR, "verb": "top_up"}), "policy.word"),
        (document({k: v for k, v in YEAR.items() if k != "product"}), "policy.key.missing"),
        ({"operator": "demo"}, "policy.key.missing"),
        (document({**YEAR, "price": "1.00"}), "policy.key.unknown"),
    ],
)
def test_a_wrong_document_is_refused(said: dict[str, Any], code: str) -> None:
    read, found = parse_products(said, zone_of)
    assert read is None
    assert [finding.code for finding in found] == [code]


def test_a_sale_owes_the_operators_own_system_the_same() -> None:
    desk = Desk().active().mastered_there()
    desk.at("2026-06-01")
    decision = desk.do("renew", term="12 months", paid=FLOAT)
    (charge,) = [effect for effect in decision.effects if effect.kind == "charge"]
    assert charge.due_at == desk.now
    assert charge.data == {
        "act": decision.answer["id"],
        "operator": "demo",
        "plan": "keep12",
        "verb": "renew",
        "term": "12 months",
        "amount_minor": 12_000,
        "currency": "MOP",
        "channel": "counter",
    }


def test_credit_is_owed_with_its_gifts() -> None:
    desk = Desk(BALANCE180, promotions=(gift(TEN, "top_up"),)).active().mastered_there()
    decision = desk.do("top_up", amount_minor=5_000, paid=FLOAT)
    (charge,) = [effect for effect in decision.effects if effect.kind == "charge"]
    assert (charge.data["verb"], charge.data["amount_minor"]) == ("top_up", 6_000)


def test_where_the_truth_is_here_nothing_is_owed() -> None:
    desk = Desk().active().at("2026-06-01")
    kinds = {effect.kind for effect in desk.do("renew", term="12 months", paid=FLOAT).effects}
    assert "charge" not in kinds
