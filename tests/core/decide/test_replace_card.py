"""Replace card: the number moves to another SIM or eSIM."""

from __future__ import annotations

from dataclasses import replace

from tests.core.decide.desk import FLOAT, KEEP12, Desk, Refused, fees, money
from tests.core.decide.sales import of_fee
from tests.core.decide.test_port import locked

from baohao.core.civil import Span, Unit
from baohao.core.decide.case import VerbNotAllowed
from baohao.core.decide.replace_card import CardSame, LineLocked

NEW: dict[str, object] = {"iccid": "8985301000000000002", "imsi": "455019000000002"}


def active() -> Desk:
    return Desk().active()


REFUSED: Refused = {
    "replace_card": {
        **of_fee("replace_card", active, NEW),
        VerbNotAllowed: lambda: active().through("app").ask("replace_card", **NEW),
        LineLocked: lambda: locked().ask("replace_card", **NEW),
        CardSame: lambda: active().ask("replace_card", iccid="8985301000000000001"),
    }
}


def test_the_old_card_is_told_first_and_the_network_too() -> None:
    desk = active().charging(fees(replace_card=5_000))
    decision = desk.do("replace_card", **NEW, paid=FLOAT)
    assert (desk.line.card.iccid, desk.line.card.imsi) == (NEW["iccid"], NEW["imsi"])
    message, network = decision.effects
    assert message.data == {"what": "card_replaced", "to": "8985301000000000001"}
    assert network.kind == "network"
    assert money(decision.entries) == {"fees:demo:MOP": -5_000}


def test_a_product_may_ask_for_a_pause_before_it_counts() -> None:
    rule = replace(KEEP12.permissions["replace_card"], cooling=Span(24, Unit.HOUR))
    desk = active().varied(permissions={"replace_card": rule})
    assert desk.do("replace_card", **NEW).effects[0].data["cooling"] == "24 hours"
