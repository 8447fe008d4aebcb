"""What a hall must know of a line: a card that cools, a lock, and what is offered there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.shop import KEEP12, Shop

from baohao.app import hall
from baohao.core.civil import Span, Unit
from baohao.core.decide.people import DocumentRefused, QuotaReached

NUMBER = "+85366123456"


def cooling(shop: Shop) -> None:
    """Let a card that was replaced cool for a day."""
    policy = shop.rules[KEEP12]
    rule = replace(policy.permissions["replace_card"], cooling=Span(24, Unit.HOUR))
    varied = replace(policy, permissions={**policy.permissions, "replace_card": rule})
    shop.rules = {**shop.rules, KEEP12: varied}


def look(shop: Shop, stage: str = "active") -> hall.Hall:
    with shop.looking() as conn:
        return hall.hall(conn, shop.terms(), NUMBER, stage)


def test_a_number_stays_with_its_holder_while_its_card_cools(shop: Shop) -> None:
    cooling(shop)
    shop.open(NUMBER)
    hall.not_cooling(look(shop))
    shop.say("replace_card", NUMBER, iccid="8985302000000000017", reason="stolen")
    with pytest.raises(hall.CardCooling):
        hall.not_cooling(look(shop))
    shop.later(timedelta(hours=23))
    assert look(shop).cooling_until is not None
    shop.later(timedelta(hours=2))
    assert look(shop).cooling_until is None
    assert look(shop).card_since is not None


def test_a_hall_offers_what_the_product_permits_in_that_stage(shop: Shop) -> None:
    shop.open(NUMBER)
    assert look(shop).services["transfer"].causes == ("court", "death")
    assert "replace_card" not in look(shop, "quarantined").services
    shop.say("register", NUMBER, lock=True)
    assert look(shop).is_locked


@pytest.mark.parametrize(
    ("said", "lines", "refused"),
    [
        ({"document": "bir", "residency": "visitor"}, 0, DocumentRefused),
        ({"document": "bir", "residency": "resident"}, 10, QuotaReached),
        ({"document": "bir", "residency": "resident"}, 9, None),
    ],
)
def test_a_document_is_held_against_the_product_before_anybody_pays(
    shop: Shop, said: dict[str, Any], lines: int, refused: type[Exception] | None
) -> None:
    shop.answers([shop.stock(NUMBER)])
    with shop.looking() as conn:
        if refused is None:
            hall.admit(conn, shop.terms(), NUMBER, said, lines)
            return
        with pytest.raises(refused):
            hall.admit(conn, shop.terms(), NUMBER, said, lines)
