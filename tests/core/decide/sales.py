"""What every verb that takes money refuses, asked of a desk that is ready for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.core.decide.desk import FLOAT, NOTHING, Desk, fees, unsellable

from baohao.core.asks import Decision
from baohao.core.decide.case import ExternalNotSold, VerbNotAllowed
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

Asked = dict[type[Refusal], Callable[[], Decision | Refusal]]
Payload = Mapping[str, object]


def external(desk: Desk) -> Desk:
    """The line as if it were another operator's."""
    desk.state = replace(desk.line, custody="external")
    return desk


def forbidden(desk: Desk, verb: str) -> Desk:
    return desk.varied(permissions={verb: Permission(allowed=False)})


def of_money(verb: str, desk: Callable[[], Desk], good: Payload) -> Asked:
    """The refusals of whoever pays."""
    return {
        VerbNotOffered: lambda: desk().charging(NOTHING).ask(verb, **good),
        PayerUnknown: lambda: desk().ask(verb, **{**good, "paid": "revenue:p:MOP"}),
        CurrencyOther: lambda: desk().ask(verb, **{**good, "paid": "float:a:HKD"}),
        MoneyShort: lambda: desk().knowing(available={FLOAT: 1}).ask(verb, **good),
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
    }
