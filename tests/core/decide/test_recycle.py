"""Return from quarantine and recycle: the number's next life, with nothing of the last one."""

from __future__ import annotations

from tests.core.decide.desk import BALANCE180, FLOAT, Desk, Refused, money
from tests.core.decide.sales import forbidden

from baohao.core.decide.case import VerbNotAllowed
from baohao.core.decide.recycle import NotQuarantined, QuarantineRuns


def rested() -> Desk:
    """Quarantined from 11 April 2027, 90 days: to 9 July; recycled by itself on the 10th."""
    return Desk().active().at("2027-07-09 23:59")


REFUSED: Refused = {
    verb: {
        VerbNotAllowed: lambda verb=verb: forbidden(rested(), verb).ask(verb),  # type: ignore[misc]
        NotQuarantined: lambda verb=verb: Desk().active().ask(verb),  # type: ignore[misc]
        QuarantineRuns: lambda verb=verb: rested().ask(verb),  # type: ignore[misc]
    }
    for verb in ("return", "recycle")
}


def test_back_in_stock_it_begins_anew() -> None:
    desk = rested().at("2027-07-10")
    decision = desk.do("return")
    assert (desk.stage, desk.line.tenure, desk.line.sold) == ("returned", None, ())
    assert [act.kind for act in desk.line.acts] == ["return"]
    assert (decision.deferrals, decision.entries) == ((), ())
    assert isinstance(desk.ask("return"), NotQuarantined)
    desk.at("2027-08-01").do("activate", term="12 months", paid=FLOAT, holder="h-2", document="bir")
    assert (desk.stage, desk.last_day, desk.balance) == ("active", "2028-08-01", 0)
    assert desk.line.tenure is not None
    assert (desk.line.tenure.epoch, desk.line.standing.parks) == (2, ())
    assert [benefit.kind for benefit in desk.line.standing.benefits] == ["paid"]


def test_what_was_left_of_credit_is_gone_with_the_holder() -> None:
    desk = Desk(BALANCE180).active()
    desk.do("top_up", amount_minor=5_000, paid=FLOAT)
    desk.do("terminate", cause="holder", reason="moves away")
    decision = desk.at("2026-06-01").do("recycle")
    assert (desk.stage, desk.balance) == ("recycled", 0)
    assert money(decision.entries) == {
        "credit:balance180:MOP": 5_000,
        "breakage:balance180:MOP": -5_000,
    }


def test_a_late_fact_of_the_last_life_changes_nothing_of_the_next() -> None:
    desk = rested().at("2027-07-10")
    desk.do("return")
    before = desk.line.standing
    desk.do("record", kind="renewal", term="12 months", at="2027-01-05T09:00:00+08:00")
    assert desk.line.standing == before
