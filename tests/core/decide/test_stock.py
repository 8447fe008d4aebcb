"""Put in stock: a number with its card, waiting."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.core.decide.desk import KEEP12, Desk, Refused, version_2

from baohao.core.decide.stock import LineExists
from baohao.core.line.fold import PolicyMissing
from baohao.core.policy.model import Cohort
from baohao.core.policy.versions import VersionMissing

CARD: dict[str, object] = {"operator": "demo", "plan": "keep12", "iccid": "8985301000000000001"}

REFUSED: Refused = {
    "stock": {
        LineExists: lambda: Desk().stocked().ask("stock", **CARD, pin=KEEP12.pin),
        PolicyMissing: lambda: Desk().ask("stock", **CARD, pin="mo.demo.keep12@1999"),
        VersionMissing: lambda: Desk(replace(KEEP12, effective_from=date(2026, 5, 1))).ask(
            "stock", **CARD, policy=KEEP12.name
        ),
    }
}


def test_a_number_waits_in_stock() -> None:
    desk = Desk()
    decision = desk.do("stock", **CARD, pin=KEEP12.pin, batch="b-1")
    assert (desk.stage, desk.line.version, desk.line.batch) == ("stock", 1, "b-1")
    assert desk.line.card.iccid == CARD["iccid"]
    assert (decision.entries, decision.effects, desk.line.tenure) == ((), (), None)


def test_the_version_is_that_of_the_day_and_the_batch() -> None:
    newer = version_2(KEEP12, effective_from=date(2026, 1, 10))
    later = version_2(KEEP12, effective_from=date(2026, 1, 11))
    assert Desk(KEEP12, newer).do("stock", **CARD, policy=KEEP12.name).state.pin == newer.pin  # type: ignore[union-attr]
    assert Desk(KEEP12, later).do("stock", **CARD, policy=KEEP12.name).state.pin == KEEP12.pin  # type: ignore[union-attr]
    batch = replace(newer, cohort=Cohort(batches=frozenset({"b-7"})))
    for name, pin in (("b-7", batch.pin), ("b-8", KEEP12.pin)):
        decision = Desk(KEEP12, batch).do("stock", **CARD, policy=KEEP12.name, batch=name)
        assert decision.state is not None
        assert decision.state.pin == pin


def test_a_recycled_number_may_come_again_and_counts_its_tenures_on() -> None:
    desk = Desk().active()
    desk.at("2026-02-01").do("terminate", cause="holder", reason="moved away")
    desk.at("2026-09-01").do("recycle")
    desk.at("2026-09-02").do("stock", **CARD, pin=KEEP12.pin)
    assert (desk.stage, desk.line.epochs, desk.line.acts, desk.line.sold) == ("stock", 1, (), ())
    desk.do("activate", term="12 months", paid="float:agent-7:MOP", holder="h-2", document="bir")
    assert desk.line.tenure is not None
    assert (desk.line.tenure.epoch, desk.last_day) == (2, "2027-09-02")
