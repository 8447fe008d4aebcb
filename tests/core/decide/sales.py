"""What every verb that takes money refuses, asked of a desk that is ready for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.core.decide.desk import (
    CLOSED,
    COUNTED,
    FLOAT,
    NOTHING,
    OTHERS,
    TILL,
    Desk,
    fees,
    unsellable,
)

from baohao.core.agents import AgentElsewhere, AgentInactive
from baohao.core.asks import Decision
from baohao.core.decide.case import ExternalNotSold, VerbNotAllowed
from baohao.core.decide.commission import (
    ServiceFeeMoved,
    ServiceFeeRefused,
    ServiceFeeTooHigh,
)
from baohao.core.decide.offered import NotSellable
from baohao.core.decide.selling import (
    CurrencyOther,
    MoneyShort,
    PayerUnknown,
    PriceMoved,
    QuoteMoved,
    QuoteOver,
    QuoteUnknown,
)
from baohao.core.fees import VerbNotOffered
from baohao.core.policy.model import Permission
from baohao.core.refusals import Refusal
from baohao.core.shifts import NoShift, OtherClerk, ShiftCounted

Asked = dict[type[Refusal], Callable[[], Decision | Refusal]]
Payload = Mapping[str, object]


def external(desk: Desk) -> Desk:
    """The line as if it were another operator's."""
    desk.state = replace(desk.line, custody="external")
    return desk


def forbidden(desk: Desk, verb: str) -> Desk:
    return desk.varied(permissions={verb: Permission(allowed=False)})


def of_agent(verb: str, desk: Callable[[], Desk], good: Payload) -> Asked:
    """The refusals of an agent whose float pays."""
    elsewhere = frozenset({"ctm"})
    return {
        AgentInactive: lambda: desk().selling(is_active=False).ask(verb, **good),
        AgentElsewhere: lambda: desk().selling(operators=elsewhere).ask(verb, **good),
    }


def of_service_fee(verb: str, desk: Callable[[], Desk], what: Payload, good: Payload) -> Asked:
    """The refusals of what an agent asks on top; `what` is what was quoted."""

    def moved() -> Decision | Refusal:
        ready = desk().selling()
        quote = ready.by("agent-7").do("quote", **what, service_fee_minor=700).quote
        assert quote is not None
        # An agent quotes, and whoever asks then pays by its float.
        asked = {**good, "quote": str(quote.id), "service_fee_minor": 701}
        return ready.by("clerk-1").ask(verb, **asked)

    return {
        **of_agent(verb, desk, good),
        ServiceFeeRefused: lambda: desk().ask(verb, **good, service_fee_minor=1),
        ServiceFeeTooHigh: lambda: desk().selling().ask(verb, **good, service_fee_minor=2_001),
        ServiceFeeMoved: moved,
    }


def of_money(verb: str, desk: Callable[[], Desk], good: Payload) -> Asked:
    """The refusals of whoever pays."""
    return {
        VerbNotOffered: lambda: desk().charging(NOTHING).ask(verb, **good),
        PayerUnknown: lambda: desk().ask(verb, **{**good, "paid": "revenue:p:MOP"}),
        CurrencyOther: lambda: desk().ask(verb, **{**good, "paid": "float:a:HKD"}),
        MoneyShort: lambda: desk().knowing(available={FLOAT: 1}).ask(verb, **good),
        **of_till(verb, desk, good),
        **of_agent(verb, desk, good),
    }


def of_till(verb: str, desk: Callable[[], Desk], good: Payload) -> Asked:
    """The refusals of a till that is worked by shifts."""
    cash = {**good, "paid": TILL}
    return {
        NoShift: lambda: desk().knowing(shifts={TILL: CLOSED}).ask(verb, **cash),
        ShiftCounted: lambda: desk().knowing(shifts={TILL: COUNTED}).ask(verb, **cash),
        OtherClerk: lambda: desk().knowing(shifts={TILL: OTHERS}).ask(verb, **cash),
    }


def of_fee(verb: str, desk: Callable[[], Desk], good: Payload) -> Asked:
    """The refusals of a verb that costs what the fee schedule says."""
    schedule = fees(**{verb: 5_000})
    return of_money(verb, lambda: desk().charging(schedule), {**good, "paid": FLOAT})


def of_sale(verb: str, desk: Callable[[], Desk], good: Payload) -> Asked:
    """The refusals of a verb that sells what is on offer."""
    return {
        ExternalNotSold: lambda: external(desk()).ask(verb, **good),
        VerbNotAllowed: lambda: forbidden(desk(), verb).ask(verb, **good),
        NotSellable: lambda: desk().varied(**unsellable()).ask(verb, **good),
        PriceMoved: lambda: desk().ask(verb, **good, total_minor=1),
        **of_money(verb, desk, good),
    }


def of_quote(verb: str, desk: Callable[[], Desk], what: Payload, good: Payload) -> Asked:
    """The refusals of a sale that refers to a quote; `what` is what was quoted."""

    def quoted() -> tuple[Desk, Payload]:
        ready = desk()
        quote = ready.do("quote", **what).quote
        assert quote is not None
        return ready, {**good, "quote": str(quote.id)}

    def over() -> Decision | Refusal:
        ready, ask = quoted()
        assert ready.facts.quote is not None
        ready.now = ready.facts.quote.until
        return ready.ask(verb, **ask)

    def moved() -> Decision | Refusal:
        ready, ask = quoted()
        return ready.charging(fees(**{verb: 1})).ask(verb, **ask)

    nobody = {**good, "quote": "00000000-0000-0000-0000-00000000beef"}
    return {
        QuoteUnknown: lambda: desk().ask(verb, **nobody),
        QuoteOver: over,
        QuoteMoved: moved,
        **of_service_fee(verb, desk, what, good),
    }
