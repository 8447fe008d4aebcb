"""Change number: one line is closed and another opened, with all that it had."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from tests.core.decide.desk import FLOAT, SEVEN, Desk, Refused, money
from tests.core.decide.sales import external, forbidden, of_fee
from tests.core.decide.test_port import locked

from baohao.core.asks import Ask, Decision
from baohao.core.books.entry import totals, uncleared
from baohao.core.decide import decide
from baohao.core.decide.activate import NotInStock, NotYours
from baohao.core.decide.case import ExternalNotSold, SecondPersonMissing, VerbNotAllowed
from baohao.core.decide.change_number import NumberSame, carried
from baohao.core.decide.payload import FieldMalformed
from baohao.core.decide.register import NobodyHolds
from baohao.core.decide.repin import PlanElsewhere
from baohao.core.decide.replace_card import LineLocked
from baohao.core.line.evolve import evolve
from baohao.core.line.fold import PolicyMissing
from baohao.core.line.state import LineState
from baohao.core.policy.model import Permission
from baohao.core.refusals import Refusal

NEW = "+85366999999"
TO: dict[str, object] = {"to": NEW}


def active() -> Desk:
    desk = Desk().active()
    desk.do("adjust", balance="main", amount_minor=700, reason="goodwill", approved_by="chief")
    return desk.at("2026-03-01")


def approved_only() -> Desk:
    return active().varied(permissions={"change_number": Permission(second_person=True)})


def closed() -> tuple[Desk, Decision, Ask]:
    desk = active()
    decision = desk.do("change_number", **TO)
    ask = desk.asking("change_number", **TO)
    return desk, decision, carried(ask, decision.events[-1], UUID(int=77))


def opened(stock: LineState | None, **other: object) -> Decision | Refusal:
    desk, _, ask = closed()
    ask = replace(ask, payload={**ask.payload, **other})
    return decide(stock, desk.facts, ask, desk.terms, desk.now)


def unlisted() -> Decision | Refusal:
    desk, _, ask = closed()
    desk.rules.clear()
    return decide(None, desk.facts, ask, desk.terms, desk.now)


def not_allotted() -> Decision | Refusal:
    desk, _, ask = closed()
    stock = replace(Desk().stocked().line, number=NEW)
    desk.by("agent-7", SEVEN)
    return decide(stock, desk.facts, replace(ask, principal="agent-7"), desk.terms, desk.now)


def elsewhere() -> LineState:
    return replace(Desk().stocked().line, number=NEW, operator="demo2")


REFUSED: Refused = {
    "change_number": {
        **of_fee("change_number", active, TO),
        ExternalNotSold: lambda: external(active()).ask("change_number", **TO),
        VerbNotAllowed: lambda: forbidden(active(), "change_number").ask("change_number", **TO),
        SecondPersonMissing: lambda: approved_only().ask("change_number", **TO),
        NobodyHolds: lambda: active().at("2027-06-01").ask("change_number", **TO),
        LineLocked: lambda: locked().ask("change_number", **TO),
        NumberSame: lambda: active().ask("change_number", to="+85366123456"),
    },
    "carry_over": {
        NotInStock: lambda: opened(Desk().active().line),
        NotYours: not_allotted,
        PlanElsewhere: lambda: opened(elsewhere()),
        PolicyMissing: unlisted,
        FieldMalformed: lambda: opened(None, line=[1, "nonsense"]),
    },
}


def test_the_old_number_rests_and_keeps_nothing() -> None:
    desk, decision, _ = closed()
    line = desk.line
    assert (desk.stage, line.tenure, line.card.iccid, line.sold) == ("quarantined", None, "", ())
    assert (desk.balance, [act.kind for act in line.acts]) == (0, ["terminate"])
    assert money(decision.entries) == {"deferred:keep12:MOP": 12_000, "credit:keep12:MOP": 700}
    assert sum(minor for *_, minor in decision.deferrals) == -12_000
    desk.at("2026-06-01").do("recycle")
    assert desk.stage == "recycled"


def test_the_new_number_has_all_that_the_old_one_had() -> None:
    desk, first, ask = closed()
    second = decide(None, desk.facts, ask, desk.terms, desk.now)
    assert isinstance(second, Decision)
    line = second.state
    assert line is not None
    assert line.tenure is not None
    assert (line.number, line.card.iccid) == (NEW, "8985301000000000001")
    assert (line.tenure.holder, line.tenure.epoch, line.version) == ("h-1", 1, 1)
    assert line.standing.clocks["service"].day.isoformat() == "2027-01-10"
    assert line.standing.balances == {"main": 700}
    assert evolve(None, second.events[0], desk.rules) == line
    both = (*first.entries, *second.entries)
    assert uncleared(both) == {}
    assert not any(totals(both).values())
    assert {m: n for *_, m, n in first.deferrals} == {m: -n for *_, m, n in second.deferrals}
    assert [e.kind for e in second.effects] == ["network"]
    # It goes on like any other line: renewed, and what was sold before can be reversed.
    sold = line.sold[0].act
    desk.state = line
    desk.do("renew", term="12 months", paid=FLOAT)
    assert desk.last_day == "2028-01-10"
    desk.do("reverse", of=desk.line.sold[-1].act, reason="a slip")
    assert desk.line.sold[-1].act == sold


def test_a_number_out_of_stock_counts_its_own_tenures() -> None:
    stock = replace(Desk().stocked().line, number=NEW, epochs=4, version=9)
    second = opened(stock)
    assert isinstance(second, Decision)
    assert second.state is not None
    assert second.state.tenure is not None
    assert (second.state.tenure.epoch, second.state.epochs, second.state.version) == (5, 5, 10)
    assert evolve(stock, second.events[0], Desk().rules) == second.state
