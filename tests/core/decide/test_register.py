"""Register: whose number it is; verified, verified again, locked."""

from __future__ import annotations

from datetime import date

from tests.core.decide.desk import Desk, Refused
from tests.core.decide.sales import forbidden

from baohao.core.decide.case import VerbNotAllowed
from baohao.core.decide.people import (
    DocumentExpired,
    DocumentRefused,
    GuardianMissing,
    QuotaReached,
)
from baohao.core.decide.register import HolderOther, NobodyHolds

SELF: dict[str, object] = {"holder": "h-1", "document": "bir"}


def nameless() -> Desk:
    return Desk().active(holder="", document="")


REFUSED: Refused = {
    "register": {
        VerbNotAllowed: lambda: forbidden(nameless(), "register").ask("register", **SELF),
        NobodyHolds: lambda: Desk().stocked().ask("register", **SELF),
        HolderOther: lambda: Desk().active().ask("register", **SELF | {"holder": "h-2"}),
        DocumentRefused: lambda: nameless().ask("register", **SELF, residency="visitor"),
        DocumentExpired: lambda: nameless().ask("register", **SELF, identity_until="2026-01-09"),
        GuardianMissing: lambda: nameless().ask("register", **SELF, age_years=3),
        QuotaReached: lambda: nameless().knowing(holder_cards=10).ask("register", **SELF),
    }
}


def test_a_card_that_was_activated_without_a_holder_gets_one() -> None:
    desk = nameless()
    assert desk.line.tenure is not None
    assert desk.line.tenure.identity == ""
    since = desk.line.tenure.since
    desk.at("2026-02-01").do("register", **SELF, identity_until="2030-01-01")
    tenure = desk.line.tenure
    assert (tenure.holder, tenure.identity, tenure.identity_until) == (
        "h-1",
        "registered",
        date(2030, 1, 1),
    )
    assert (tenure.epoch, tenure.since) == (1, since)
    assert "identity" in desk.line.standing.begun


def test_the_same_holder_is_verified_again_with_all_their_cards() -> None:
    desk = Desk().active().knowing(holder_cards=10)
    desk.at("2026-02-01").do("register", **SELF, identity_until="2035-01-01")
    assert desk.line.tenure is not None
    assert desk.line.tenure.identity_until == date(2035, 1, 1)


def test_locking_changes_nothing_else() -> None:
    desk = Desk().active(identity_until="2030-01-01", guardian="h-9")
    decision = desk.do("register", lock=True)
    tenure = desk.line.tenure
    assert tenure is not None
    assert tenure.locked
    assert (tenure.identity, tenure.identity_until, tenure.guardian) == (
        "registered",
        date(2030, 1, 1),
        "h-9",
    )
    assert [e.kind for e in decision.events] == ["registered"]
    desk.do("register", lock=False)
    assert desk.line.tenure is not None
    assert not desk.line.tenure.locked
