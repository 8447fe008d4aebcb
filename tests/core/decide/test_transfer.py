"""Transfer: the number goes to another holder, where product and law permit it."""

from __future__ import annotations

from tests.core.decide.desk import Desk, Refused
from tests.core.decide.sales import of_fee
from tests.core.decide.test_port import locked

from baohao.core.decide.case import VerbNotAllowed
from baohao.core.decide.people import (
    DocumentExpired,
    DocumentRefused,
    GuardianMissing,
    QuotaReached,
)
from baohao.core.decide.register import NobodyHolds
from baohao.core.decide.replace_card import LineLocked
from baohao.core.decide.transfer import SameHolder

TO: dict[str, object] = {"holder": "h-2", "document": "bir", "cause": "death"}


def active() -> Desk:
    return Desk().active()


REFUSED: Refused = {
    "transfer": {
        **of_fee("transfer", active, TO),
        VerbNotAllowed: lambda: active().varied(permissions={}).ask("transfer", **TO),
        NobodyHolds: lambda: Desk().stocked().ask("transfer", **TO),
        LineLocked: lambda: locked().ask("transfer", **TO),
        SameHolder: lambda: active().ask("transfer", **TO | {"holder": "h-1"}),
        DocumentRefused: lambda: active().ask("transfer", **TO | {"document": "library_card"}),
        DocumentExpired: lambda: active().ask("transfer", **TO, identity_until="2026-01-09"),
        GuardianMissing: lambda: active().ask("transfer", **TO, age_years=15),
        QuotaReached: lambda: active().knowing(holder_cards=10).ask("transfer", **TO),
    }
}


def test_a_tenure_ends_and_the_next_begins() -> None:
    desk = active().at("2026-02-01")
    decision = desk.do("transfer", **TO)
    assert desk.line.tenure is not None
    assert (desk.line.tenure.epoch, desk.line.tenure.holder) == (2, "h-2")
    assert desk.line.tenure.since == desk.now
    assert (desk.last_day, decision.entries) == ("2027-01-10", ())


def test_the_journal_keeps_on_what_grounds() -> None:
    why = {"authority": "01900000:ab12", "approved_by": "chief", "reason": "a will"}
    (event,) = active().do("transfer", **TO, **why).events
    assert event.data == {"cause": "death", **why}


def test_only_for_a_cause_that_the_law_knows_and_at_the_counter() -> None:
    for payload in (TO | {"cause": "sale"}, {k: v for k, v in TO.items() if k != "cause"}):
        refused = active().ask("transfer", **payload)
        assert isinstance(refused, VerbNotAllowed)
        assert refused.code == "verb.not_allowed.cause"
    refused = active().through("app").ask("transfer", **TO)
    assert isinstance(refused, VerbNotAllowed)
    assert refused.code == "verb.not_allowed.channel"
