"""Keep: a card of another operator's comes under watch, with what is known of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from tests.core.decide.desk import Desk, Refused, load

from baohao.core.civil import Span, Unit
from baohao.core.decide.case import NotYetTrue
from baohao.core.decide.keep import BalanceContradicts, KeeperMissing
from baohao.core.decide.observe import ClockUnknown
from baohao.core.decide.record import BeforeItBegan
from baohao.core.decide.stock import LineExists
from baohao.core.kept import kept_key
from baohao.core.line.fold import PolicyMissing
from baohao.core.policy.model import Charge
from baohao.core.policy.versions import VersionMissing

GIFFGAFF = load("gb/giffgaff.payg.toml")
CTM = load("mo/ctm.idd.toml")
SENT: dict[str, object] = {"kind": "sms_out", "at": "2026-01-02T12:00:00+00:00"}
UNTIL: dict[str, object] = {"clock": "use", "until": "2026-07-03T00:00:00+01:00"}


def known(**more: object) -> dict[str, object]:
    return {"operator": "giffgaff", "plan": "payg", "pin": GIFFGAFF.pin, "holder": "h-1", **more}


def empty(desk: Desk | None = None) -> Desk:
    desk = desk or Desk(GIFFGAFF)
    desk.subject = kept_key("+447700900123", "h-1")
    return desk


def kept() -> Desk:
    desk = empty()
    desk.do("keep", **known(last=SENT))
    return desk


def charged() -> Desk:
    """A card from which a pound is taken on the second of each month."""
    rental = Charge(id="rental", kind="rental", amount_minor=100, every=Span(1, Unit.MONTH))
    return empty(Desk(replace(GIFFGAFF, charges=(rental,)))).at("2026-03-10")


REFUSED: Refused = {
    "keep": {
        KeeperMissing: lambda: empty().ask("keep", **known(holder="h-2")),
        LineExists: lambda: kept().ask("keep", **known(last=SENT)),
        PolicyMissing: lambda: empty().ask("keep", **known(pin="x@1")),
        VersionMissing: lambda: empty(Desk(replace(GIFFGAFF, effective_from=date(2027, 1, 1)))).ask(
            "keep",
            **{k: v for k, v in known().items() if k != "pin"},
            policy=GIFFGAFF.name,
        ),
        ClockUnknown: lambda: empty().ask("keep", **known(), **UNTIL | {"clock": "main"}),
        BalanceContradicts: lambda: charged().ask(
            "keep",
            **known(
                begins="2026-03-01T12:00:00+00:00",
                last={"kind": "topup", "at": "2026-03-05T12:00:00+00:00", "amount_minor": 1_000},
                balance_minor=500,
            ),
        ),
        BeforeItBegan: lambda: empty().ask(
            "keep", **known(last=SENT, begins="2026-01-03T12:00:00+00:00")
        ),
        NotYetTrue: lambda: empty().ask(
            "keep", **known(last=SENT | {"at": "2026-01-11T12:00:00+00:00"})
        ),
    }
}


def test_the_last_act_keeps_the_card() -> None:
    desk = kept()
    line = desk.line
    assert line.standing.clocks["use"].day.isoformat() == "2026-07-02"
    assert (line.custody, line.tenure and line.tenure.holder) == ("external", "h-1")
    assert [act.kind for act in line.acts] == ["activate", "sms_out"]
    desk.at("2026-05-01").do("record", kind="sms_out")
    assert desk.line.standing.clocks["use"].day.isoformat() == "2026-11-01"


def test_nothing_is_booked_and_nobody_is_told() -> None:
    desk = empty()
    kept_ = desk.do("keep", **known(last=SENT, balance_minor=500))
    gone = desk.do("terminate", cause="holder", reason="not needed any more")
    assert (kept_.entries, kept_.effects, gone.entries, gone.effects) == ((), (), (), ())


def test_what_the_operator_says_stands_beside_what_is_computed() -> None:
    desk = empty()
    desk.do("keep", **known(last=SENT), **UNTIL)
    (reading,) = desk.line.readings
    assert reading.until is not None
    assert reading.until.isoformat() == "2026-07-02T23:00:00+00:00"
    assert desk.line.standing.clocks["use"].day.isoformat() == "2026-07-02"


def test_of_a_card_with_nothing_but_a_date_that_is_its_date() -> None:
    desk = empty()
    desk.do("keep", **known(), **UNTIL | {"until": "2026-04-02T00:00:00+01:00"})
    assert desk.line.standing.clocks["use"].day.isoformat() == "2026-04-01"


def test_credit_is_what_it_is_today_whatever_was_charged_before() -> None:
    desk = charged()
    desk.do("keep", **known(begins="2026-01-02T12:00:00+00:00", balance_minor=700))
    # Charged on 2 February and on 2 March.
    assert desk.balance == 700
    assert [act.amount_minor for act in desk.line.acts if act.kind == "adjust"] == [900]


@pytest.mark.parametrize("end", ["let go", "lost"])
def test_a_card_that_is_gone_may_be_kept_anew(end: str) -> None:
    desk = kept()
    if end == "let go":
        desk.do("terminate", cause="holder", reason="by mistake")
    desk.at("2026-09-01")
    desk.do("keep", **known(last=SENT | {"at": "2026-08-01T12:00:00+00:00"}))
    assert desk.line.standing.clocks["use"].day.isoformat() == "2027-02-01"
    assert (desk.line.epochs, desk.line.epoch) == (2, 2)


def test_where_the_rules_have_several_readings_each_has_its_date() -> None:
    desk = empty(Desk(CTM))
    topped = {"kind": "topup", "at": "2026-01-02T12:00:00+08:00", "amount_minor": 5_000}
    desk.do("keep", **known(operator="ctm", plan="idd", pin=CTM.pin, last=topped))
    assert len(desk.line.standings) > 1
