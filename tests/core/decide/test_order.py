"""Standing orders: consented to, told of, charged, tried again, given up, stopped, over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from tests.core.decide.desk import (
    FLOAT,
    MACAU,
    NUMBER,
    WALLET,
    Desk,
    Refused,
    fees,
    gift,
    macau,
    money,
    unsellable,
)
from tests.core.decide.sales import external, forbidden, of_agent

from baohao.core.asks import Decision, Terms
from baohao.core.decide.case import ExternalNotSold, VerbNotAllowed, safe_until
from baohao.core.decide.keep_order import CardUncharged, PayerOther
from baohao.core.decide.offered import NotOffered, NotSellable
from baohao.core.decide.order import OrderThere
from baohao.core.decide.ordering import OrderNotDue, OrderStopped, OrderUnknown, next_of
from baohao.core.decide.payload import FieldMalformed
from baohao.core.decide.register import NobodyHolds
from baohao.core.decide.selling import CurrencyOther, MoneyShort, PayerUnknown
from baohao.core.decide.tell_order import NoticeNotOwed
from baohao.core.grants import GrantMalformed
from baohao.core.line import codec
from baohao.core.line.ordered import Ordered
from baohao.core.policy.model import Permission
from baohao.core.promotions.model import PercentOff
from baohao.core.refusals import Refusal
from baohao.core.standing_orders import NoticeTooShort, StandingOrderMalformed

#: MOP 120.00 a year; the holder's own wallet pays.
OWN = "wallet:h-1:MOP"
GOOD: dict[str, object] = {
    "term": "12 months",
    "payer": OWN,
    "limit_minor": 15_000,
    "consent": "form 12",
}
PRICE, ADVANCE = 12_000, "advance:p-1:MOP"
PERMITTED = Permission()


def ordered(**said: object) -> Desk:
    """A line that is good to 10 January 2027, whose holder has consented on 10 January 2026."""
    desk = Desk(available={OWN: 10**6, WALLET: 10**6, FLOAT: 10**6}).active()
    desk.do("order", **{**GOOD, **said})
    return desk


def order_of(desk: Desk) -> Ordered:
    found = desk.line.order
    assert found is not None
    return found


def due(desk: Desk) -> str:
    """The next step with its instant in Macau; empty: nothing."""
    found = next_of(desk.line, desk.rules)
    return "" if found is None else f"{found[1].kind} {found[1].at.astimezone(MACAU):%Y-%m-%d %H}"


def named(desk: Desk) -> dict[str, object]:
    return {"order": order_of(desk).id, "paid": order_of(desk).payer}


def keep(desk: Desk) -> Decision | Refusal:
    return desk.ask("keep_order", **named(desk))


def kept(desk: Desk) -> Decision:
    return desk.do("keep_order", **named(desk))


def tell(desk: Desk) -> Decision:
    return desk.do("tell_order", **telling(desk))


def telling(desk: Desk) -> dict[str, object]:
    until = safe_until(desk.line)
    assert until is not None
    said = {"deadline": until.isoformat(), "evidence": "sms 1"}
    return {"order": order_of(desk).id, **said}


def told() -> Desk:
    """Told in time, so that the charge is on 28 December."""
    desk = ordered().at("2026-12-21 00:00")
    kept(desk)
    tell(desk)
    return desk


def stopped() -> Desk:
    desk = ordered()
    desk.do("stop_order", order=order_of(desk).id)
    return desk


def asking(**said: object) -> Decision | Refusal:
    return Desk().active().ask("order", **{**GOOD, **said})


def of_somebody_else(desk: Desk, verb: str) -> Decision | Refusal:
    said = {"keep_order": named, "tell_order": telling}.get(verb, lambda _: {})(desk)
    return desk.ask(verb, **{**said, "order": "another"})


def by_card() -> Desk:
    """A card that was kept pays; its holder was told."""
    desk = ordered(payer=f"card:{UUID(int=7)}").at("2026-12-21 00:00")
    kept(desk)
    tell(desk)
    return desk


def with_other_payer(desk: Desk) -> Decision | Refusal:
    return desk.ask("keep_order", **{**named(desk), "paid": FLOAT})


REFUSED: Refused = {
    "order": {
        NobodyHolds: lambda: Desk().stocked().ask("order", **GOOD),
        ExternalNotSold: lambda: external(Desk().active()).ask("order", **GOOD),
        VerbNotAllowed: lambda: forbidden(Desk().active(), "order").ask("order", **GOOD),
        OrderThere: lambda: ordered().ask("order", **GOOD),
        NotSellable: lambda: Desk().active().varied(**unsellable()).ask("order", **GOOD),
        NotOffered: lambda: asking(term="7 months"),
        PayerUnknown: lambda: asking(payer="till:t-1:MOP"),
        CurrencyOther: lambda: asking(payer="wallet:h-1:HKD"),
        **of_agent("order", lambda: Desk().active(), {**GOOD, "payer": FLOAT}),
        NoticeTooShort: lambda: asking(notice="6 days"),
        StandingOrderMalformed: lambda: asking(lead="12 months"),
        GrantMalformed: lambda: asking(payer=WALLET, granted_until="2025-01-01T00:00:00Z"),
    },
    "keep_order": {
        OrderUnknown: lambda: of_somebody_else(ordered(), "keep_order"),
        OrderStopped: lambda: keep(stopped()),
        OrderNotDue: lambda: keep(ordered()),
        PayerOther: lambda: with_other_payer(ordered()),
        CardUncharged: lambda: keep(by_card().at("2026-12-28 00:00")),
    },
    "tell_order": {
        OrderUnknown: lambda: of_somebody_else(ordered(), "tell_order"),
        OrderStopped: lambda: stopped().ask("tell_order", **telling(stopped())),
        NoticeNotOwed: lambda: ordered().ask("tell_order", **telling(ordered())),
    },
    "stop_order": {OrderUnknown: lambda: of_somebody_else(ordered(), "stop_order")},
}


# --- the consent ----------------------------------------------------------------------------------


def test_a_consent_is_the_lines_and_survives_being_written_down() -> None:
    desk = ordered(payer=FLOAT, granted_until="2028-01-01T00:00:00+08:00", cure="3 days")
    assert (due(desk), order_of(desk).is_granted) == ("notify 2026-12-21 00", True)
    assert codec.decode(codec.encode(desk.line)) == desk.line
    desk.at("2026-12-21 00:00")
    kept(desk)
    tell(desk)
    desk.knowing(available={}).at("2026-12-28 00:00")
    kept(desk)
    assert codec.decode(codec.encode(desk.line)) == desk.line


def test_the_holders_own_wallet_needs_no_grant_and_takes_none() -> None:
    assert not order_of(ordered()).is_granted
    assert isinstance(asking(granted_until="2028-01-01T00:00:00Z"), FieldMalformed)
    assert isinstance(asking(consent=" "), FieldMalformed)
    assert isinstance(asking(payer="card:4111111111111111"), FieldMalformed)


# --- told, charged --------------------------------------------------------------------------------


def test_told_then_charged_and_all_begins_anew_for_the_next_deadline() -> None:
    desk = ordered().at("2026-12-21 00:00")
    owed = kept(desk)
    (notice,) = owed.effects
    assert notice.kind == "message"
    assert notice.data["total_minor"] == PRICE
    assert notice.data["charged_from"] == "2026-12-27T16:00:00+00:00"
    tell(desk)
    assert isinstance(keep(desk.at("2026-12-27 23:59")), OrderNotDue)
    charged = kept(desk.at("2026-12-28 00:00"))
    (entry,) = charged.entries
    assert (str(entry.payer), money(charged.entries)) == (OWN, {"deferred:keep12:MOP": -PRICE})
    assert [e.kind for e in charged.events] == ["order_charged", "acted"]
    assert (charged.answer["did"], charged.answer["total"]) == ("charge", PRICE)
    assert desk.last_day == "2028-01-10"
    assert due(desk) == "notify 2027-12-21 00"
    assert isinstance(keep(desk), OrderNotDue)


def test_nothing_is_charged_before_the_notice_was_handed_over() -> None:
    desk = ordered().at("2026-12-21 00:00")
    kept(desk)
    assert due(desk) == "hand_over 2026-12-21 00"
    assert isinstance(keep(desk.at("2027-01-05")), OrderNotDue)
    tell(desk)
    assert due(desk) == "charge 2027-01-12 12"
    again = desk.ask("tell_order", **telling(desk))
    assert isinstance(again, NoticeNotOwed), "a second hand-over moves nothing"
    kept(desk.at("2027-01-12 12:00"))
    assert desk.last_day == "2028-01-10", "in grace, and still counted from the old deadline"


def test_a_charge_is_counted_where_it_was_consented_to() -> None:
    """Only the counter offers renewals; the worker has no place of its own."""
    desk = told().charging(fees(renew=500)).through("elsewhere").at("2026-12-28 00:00")
    assert kept(desk).answer["total"] == PRICE + 500


def test_what_a_promotion_gives_by_then_is_given() -> None:
    half = gift(PercentOff(5_000), "renew")
    desk = told()
    desk.promotions = (half,)
    desk.knowing(promotions=Desk(promotions=(half,)).facts.promotions)
    assert kept(desk.at("2026-12-28 00:00")).answer["total"] == PRICE // 2


# --- failed, cured, given up ----------------------------------------------------------------------


def test_a_short_wallet_is_tried_again_each_day_until_it_is_filled() -> None:
    desk = told().knowing(available={}).at("2026-12-28 00:00")
    failed = kept(desk)
    assert (failed.answer["did"], failed.answer["code"]) == ("failed", "money.short")
    assert failed.entries == ()
    assert isinstance(keep(desk), OrderNotDue)
    kept(desk.at("2026-12-29 00:00"))
    assert len(order_of(desk).at(macau("2027-01-11 00:00")).failed_at) == 2
    desk.knowing(available={OWN: PRICE}).at("2026-12-30 00:00")
    assert kept(desk).answer["did"] == "charge"
    assert (order_of(desk).code, desk.last_day) == ("", "2028-01-10")


def test_after_the_cure_it_gives_up_and_says_so_and_the_next_deadline_begins_anew() -> None:
    desk = told().knowing(available={}).at("2026-12-28 00:00")
    for _ in range(7):
        assert kept(desk).answer["did"] == "failed"
        desk.now += timedelta(days=1)
    assert due(desk) == "give_up 2027-01-04 00"
    over = kept(desk)
    assert over.answer["did"] == "give_up"
    assert over.effects[0].data["code"] == "money.short"
    assert due(desk) == ""
    assert isinstance(keep(desk.at("2027-01-09")), OrderNotDue)
    desk.knowing(available={FLOAT: 10**6})
    desk.do("renew", term="12 months", paid=FLOAT)
    assert due(desk) == "notify 2027-12-21 00"


WHY: Mapping[str, str] = {
    "price": "standing_orders.over_limit",
    "plan": "standing_orders.plan",
    "grant": "grants.none",
    "agent": "agent.inactive",
    "channel": "fees.not_offered",
    "permission": "verb.not_allowed",
}


@pytest.mark.parametrize("why", WHY)
def test_a_charge_beyond_the_consent_fails_and_takes_nothing(why: str) -> None:
    until = "2026-12-27" if why == "grant" else "2028-01-01"
    desk = ordered(payer=FLOAT, granted_until=f"{until}T00:00:00+08:00").at("2026-12-21 00:00")
    kept(desk)
    tell(desk)
    desk.at("2026-12-28 00:00")
    if why == "price":
        desk.charging(fees(renew=3_001))
    elif why == "plan":
        desk.state = replace(desk.line, plan="keep24")
    elif why == "agent":
        desk.selling(is_active=False)
    elif why == "channel":
        desk.charging(fees())
    elif why == "permission":
        forbidden(desk, "renew")
    result = keep(desk)
    assert isinstance(result, Decision)
    assert (result.answer.get("code"), result.entries) == (WHY[why], ())
    assert result.events[-1].kind == "order_failed"


def test_a_notice_of_what_would_fail_says_so() -> None:
    (notice,) = kept(ordered(limit_minor=PRICE - 1).at("2026-12-21 00:00")).effects
    assert (notice.data["code"], "total_minor" in notice.data) == (
        "standing_orders.over_limit",
        False,
    )


def test_what_a_card_paid_is_used_or_refused_and_why_it_was_not_is_noted() -> None:
    desk = by_card().at("2026-12-28 00:00")
    desk.do("keep_order", **named(desk), failed="insufficient_funds")
    assert (order_of(desk).code, due(desk)) == ("insufficient_funds", "charge 2026-12-29 00")
    desk.at("2026-12-29 00:00").do("quote", what="renew", term="12 months")
    quote = desk.facts.quote
    assert quote is not None
    came = {"order": order_of(desk).id, "paid": ADVANCE, "quote": str(quote.id)}
    desk.knowing(available={ADVANCE: PRICE - 1})
    assert isinstance(desk.ask("keep_order", **came), MoneyShort), "it goes back, and nothing else"
    desk.knowing(available={ADVANCE: PRICE})
    assert desk.do("keep_order", **came).answer["did"] == "charge"
    assert isinstance(desk.ask("keep_order", **came), OrderNotDue)
    own = {**came, "order": order_of(ordered()).id}
    assert isinstance(ordered().ask("keep_order", **own), PayerOther), "only where a card pays"


# --- the line moves by itself, or is another's ----------------------------------------------------


def test_a_line_that_was_renewed_otherwise_is_not_charged_for_that_deadline() -> None:
    desk = told()
    desk.do("renew", term="12 months", paid=FLOAT)
    assert due(desk) == "notify 2027-12-21 00"
    assert isinstance(keep(desk.at("2026-12-28 00:00")), OrderNotDue)
    kept(desk.at("2027-12-21 00:00"))
    assert due(desk) == "hand_over 2027-12-21 00", (
        "what was told of the old deadline does not count"
    )


def test_a_deadline_that_a_reversal_brings_back_is_not_paid_for_twice() -> None:
    desk = told().at("2026-12-28 00:00")
    act = kept(desk).events[-1].act
    assert act is not None
    said = {"of": act.id, "mistake": True, "reason": "the holder asked", "approved_by": "boss"}
    desk.at("2026-12-28 10:00").do("reverse", **said)
    assert desk.last_day == "2027-01-10"
    assert due(desk) == ""
    assert isinstance(keep(desk.at("2027-01-05")), OrderNotDue)
    desk.do("renew", term="12 months", paid=FLOAT)
    assert due(desk) == "notify 2027-12-21 00"


def test_a_deadline_that_was_brought_back_goes_on_where_it_was() -> None:
    """Told of 2027, renewed by somebody else, and that reversed: what was told still holds."""
    desk = told()
    (event,) = desk.do("renew", term="12 months", paid=FLOAT).events
    assert event.act is not None
    said = {"of": event.act.id, "mistake": True, "reason": "wrong line", "approved_by": "boss"}
    desk.do("reverse", **said)
    assert due(desk) == "charge 2026-12-28 00"


def test_a_number_that_is_lost_is_neither_told_of_nor_charged_for() -> None:
    desk = told().at("2027-12-01")
    assert isinstance(keep(desk), OrderNotDue)
    desk.do("settle")
    assert (due(desk), order_of(desk).is_live) == ("", True)


ENDS: Mapping[str, Mapping[str, object]] = {
    "transfer": {"holder": "h-2", "document": "bir", "cause": "court"},
    "port_out": {"recipient": "them"},
    "change_number": {"to": "+85366999999"},
}


@pytest.mark.parametrize("verb", [*ENDS, "reverse", "return"])
def test_whatever_ends_the_tenure_ends_the_order(verb: str) -> None:
    desk = told()
    desk.varied(permissions={"transfer": desk.policy.permissions.get("park", PERMITTED)})
    if verb == "reverse":
        said = {"of": desk.line.sold[0].act, "mistake": True, "reason": "x", "approved_by": "boss"}
        desk.do("reverse", **said)
    elif verb == "return":
        desk.do("terminate", cause="holder", reason="left")
        assert desk.line.order is not None
        assert due(desk) == "", "a number in quarantine is not renewed"
        desk.at("2028-12-01").do("return")
    else:
        desk.do(verb, **ENDS[verb])
    assert desk.line.order is None
    old = {"order": "2", "paid": OWN}
    assert isinstance(desk.ask("keep_order", **old), OrderUnknown)


def test_a_holder_who_is_verified_again_keeps_the_order() -> None:
    desk = told()
    desk.do("register", document="bir", identity_until="2030-01-01")
    assert due(desk) == "charge 2026-12-28 00"


# --- stopped --------------------------------------------------------------------------------------


def test_one_tap_stops_it_and_a_second_is_told_the_same() -> None:
    desk = told()
    order = order_of(desk).id
    first = desk.do("stop_order", order=order).answer["stopped"]
    assert (due(desk), isinstance(keep(desk.at("2026-12-28 00:00")), OrderStopped)) == ("", True)
    second = desk.do("stop_order", order=order)
    assert (second.answer["stopped"], second.events) == (first, ())
    desk.do("order", **GOOD)
    assert due(desk) == "notify 2026-12-28 00", "another may be given, and is told of anew"
    assert order_of(desk).id != order


# --- who hears of it ------------------------------------------------------------------------------


def test_the_payer_and_the_operator_hear_of_each_step() -> None:
    desk = Heard(available={FLOAT: 10**6}).active()
    assert isinstance(desk, Heard)
    desk.do("order", **{**GOOD, "payer": FLOAT})
    kept(desk.at("2026-12-21 00:00"))
    tell(desk)
    kept(desk.at("2026-12-28 00:00"))
    desk.do("stop_order", order=order_of(desk).id)
    steps = ["started", "notice_owed", "notified", "charged", "stopped"]
    for listener in ("agent-7", "operator:demo"):
        heard = [kind for who, kind in desk.heard if who == listener]
        assert [kind for kind in heard if kind.startswith("order.")] == [
            f"order.{s}" for s in steps
        ]
        assert "line.renewed" in heard
    assert not [kind for who, kind in desk.heard if who == "agent-8" and kind[:5] == "order"]


def test_who_hears_of_an_order_hears_that_its_tenure_is_over() -> None:
    desk = Heard(available={FLOAT: 10**6}).active()
    assert isinstance(desk, Heard)
    desk.do("order", **{**GOOD, "payer": FLOAT})
    desk.do("port_out", recipient="them")
    assert ("agent-7", "order.stopped") in desk.heard
    assert NUMBER not in str(desk.heard)


class Heard(Desk):
    """A desk with listeners, and what each was told."""

    heard: list[tuple[str, str]]

    @property
    def terms(self) -> Terms:
        return replace(super().terms, listeners=frozenset({"agent-7", "agent-8", "operator:demo"}))

    def do(self, verb: str, **payload: object) -> Decision:
        decision = super().do(verb, **payload)
        told = [e.data for e in decision.effects if e.kind == "event"]
        before = getattr(self, "heard", [])
        self.heard = [*before, *((str(d["listener"]), str(d["type"])) for d in told)]
        return decision
