"""Charge-backs: what a payer's bank takes is claimed, comes back, is set off or made good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.core.decide.desk import Desk, Refused, money

from baohao.core.asks import Decision
from baohao.core.books.chart import AccountMalformed
from baohao.core.decide import decide
from baohao.core.decide.selling import MoneyShort, PayerUnknown
from baohao.core.refusals import Refusal

ADVANCE, REFUNDS, CLAIMS = "advance:p-1:MOP", "refunds:p-1:MOP", "chargebacks:p-1:MOP"
BANK, GIVEN_UP = "bank:stripe:MOP", "adjustments:chargeback:MOP"


def asked(
    verb: str, subject: str = ADVANCE, *, claimed: int = 500, **payload: object
) -> Decision | Refusal:
    desk = Desk(available={})
    facts = replace(desk.facts, owed={REFUNDS: 300, CLAIMS: -claimed})
    ask = replace(desk.asking(verb, **payload), subject=subject)
    return decide(None, facts, ask, desk.terms, desk.now)


def decided(verb: str, **payload: object) -> Decision:
    found = asked(verb, **payload)  # type: ignore[arg-type]
    assert isinstance(found, Decision)
    return found


def alike(verb: str, **said: object) -> dict[type[Refusal], Callable[[], Decision | Refusal]]:
    """What each of them refuses."""
    return {
        PayerUnknown: lambda: asked(verb, "float:a:MOP", **said),  # type: ignore[arg-type]
        AccountMalformed: lambda: asked(verb, "advance", **said),  # type: ignore[arg-type]
    }


REFUSED: Refused = {
    "charge_back": alike("charge_back", amount_minor=1, bank="stripe"),
    "win_back": alike("win_back", amount_minor=1, bank="stripe"),
    "set_off": alike("set_off", amount_minor=1)
    | {MoneyShort: lambda: asked("set_off", amount_minor=301)},
    "close_claim": alike("close_claim", amount_minor=1)
    | {MoneyShort: lambda: asked("close_claim", amount_minor=501)},
}


def test_what_is_taken_is_claimed() -> None:
    taken = decided("charge_back", amount_minor=200, bank="stripe", reference="dp_1")
    assert money(taken.entries) == {CLAIMS: 200, BANK: -200}
    assert (taken.answer, taken.events[0].kind) == ({"claimed": 700}, "charged_back")
    assert taken.events[0].data == {"amount_minor": 200, "reference": "dp_1"}


def test_what_comes_back_is_claimed_no_more() -> None:
    back = decided("win_back", amount_minor=500, bank="stripe")
    assert money(back.entries) == {BANK: 500, CLAIMS: -500}
    # What had been given up is given back.
    back = decided("win_back", claimed=100, amount_minor=500, bank="stripe")
    assert money(back.entries) == {BANK: 500, CLAIMS: -100, GIVEN_UP: -400}
    assert back.answer == {"claimed": 0}


def test_what_is_owed_is_set_off() -> None:
    off = decided("set_off", amount_minor=300, reference="r-1")
    assert money(off.entries) == {REFUNDS: 300, CLAIMS: -300}
    assert off.answer == {"claimed": 200}
    # Never beyond what the bank took.
    assert isinstance(asked("set_off", claimed=200, amount_minor=300), MoneyShort)


def test_a_claim_is_paid_or_given_up() -> None:
    paid = decided("close_claim", amount_minor=400, bank="icbc", reason="at the counter")
    assert money(paid.entries) == {"bank:icbc:MOP": 400, CLAIMS: -400}
    up = decided("close_claim", amount_minor=500, reason="too old", approved_by="bob")
    assert money(up.entries) == {GIVEN_UP: 500, CLAIMS: -500}
    assert [paid.events[0].kind, up.events[0].kind] == ["claim_paid", "claim_given_up"]
    assert up.events[0].data["approved_by"] == "bob"
