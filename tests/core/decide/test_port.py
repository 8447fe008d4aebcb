"""Port in and port out: a number comes from another operator, or leaves with its holder."""

from __future__ import annotations

from tests.core.decide.desk import SEVEN, Desk, Refused
from tests.core.decide.sales import forbidden, of_fee

from baohao.core.decide.activate import NotInStock, NotYours
from baohao.core.decide.case import VerbNotAllowed
from baohao.core.decide.people import (
    DocumentExpired,
    DocumentRefused,
    GuardianMissing,
    QuotaReached,
)
from baohao.core.decide.port import CannotPort
from baohao.core.decide.register import NobodyHolds
from baohao.core.decide.replace_card import LineLocked

BRINGS: dict[str, object] = {"holder": "h-1", "document": "bir", "donor": "ctm"}


def stocked() -> Desk:
    return Desk().stocked()


def active() -> Desk:
    return Desk().active()


def locked() -> Desk:
    desk = active()
    desk.do("register", lock=True)
    return desk


REFUSED: Refused = {
    "port_in": {
        **of_fee("port_in", stocked, BRINGS),
        VerbNotAllowed: lambda: forbidden(stocked(), "port_in").ask("port_in", **BRINGS),
        NotInStock: lambda: active().ask("port_in", **BRINGS),
        NotYours: lambda: stocked().by("agent-7", SEVEN).ask("port_in", **BRINGS),
        DocumentRefused: lambda: stocked().ask("port_in", **BRINGS | {"document": "passport"}),
        DocumentExpired: lambda: stocked().ask("port_in", **BRINGS, identity_until="2025-12-31"),
        GuardianMissing: lambda: stocked().ask("port_in", **BRINGS, age_years=12),
        QuotaReached: lambda: stocked().knowing(holder_cards=10).ask("port_in", **BRINGS),
    },
    "port_out": {
        **of_fee("port_out", active, {"recipient": "ctm"}),
        VerbNotAllowed: lambda: forbidden(active(), "port_out").ask("port_out"),
        NobodyHolds: lambda: stocked().ask("port_out"),
        LineLocked: lambda: locked().ask("port_out"),
        CannotPort: lambda: active().at("2027-03-01").ask("port_out"),
    },
}


def test_a_number_that_is_brought_lives_from_that_day() -> None:
    desk = stocked()
    decision = desk.do("port_in", **BRINGS)
    assert (desk.stage, desk.last_day) == ("active", "2027-01-10")
    assert desk.line.acts[0].kind == "port_in"
    assert set(desk.line.standing.begun) == {"port_in", "activation"}
    assert desk.line.tenure is not None
    assert desk.line.tenure.holder == "h-1"
    assert [e.kind for e in decision.effects] == ["message", "network"]


def test_a_number_that_leaves_is_nobodys_here() -> None:
    desk = active()
    decision = desk.do("port_out", recipient="ctm")
    assert (desk.stage, desk.line.tenure) == ("ported_out", None)
    assert [e.kind for e in decision.effects] == ["message", "network"]
    assert isinstance(desk.ask("port_out"), NobodyHolds)
    assert isinstance(desk.ask("recycle"), Exception)


def test_it_may_come_back() -> None:
    desk = active()
    desk.do("port_out")
    desk.at("2026-06-01").stocked().do("port_in", **BRINGS)
    assert desk.line.tenure is not None
    assert (desk.stage, desk.line.tenure.epoch, desk.last_day) == ("active", 2, "2027-06-01")
