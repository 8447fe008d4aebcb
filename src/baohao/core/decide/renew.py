"""Renew: buy time for a line that keeps its number."""

from __future__ import annotations

from baohao.core.asks import Decision
from baohao.core.decide import commission, payload
from baohao.core.decide.case import Case, expecting
from baohao.core.decide.selling import sell


def renew(case: Case) -> Decision:
    """
    Renew a line for a term on offer.

    Fields: `term`, `paid` (account), `codes`, `quote`, `total_minor` and `shown_until`
    (the price and the new deadline that were shown), `service_fee_minor` (what the agent that pays
    asks on top).
    Refuses with `ExpectationMissing`, `ExternalNotSold`, `VerbNotAllowed`, `IdentityMissing`,
    `NotOffered`, `NotSellable`, `NothingGained`, `RefusedByCap`, `BalanceFull`, `WouldShorten`,
    `VerbNotOffered`, `PayerUnknown`, `CurrencyOther`, `NoShift`, `ShiftCounted`, `OtherClerk`,
    `AgentInactive`, `AgentElsewhere`, `ServiceFeeRefused`, `ServiceFeeTooHigh`, `ServiceFeeMoved`,
    `MoneyShort`, `PriceMoved`, `DateMoved`, `QuoteUnknown`, `QuoteOver` or `QuoteMoved`.
    """
    known = ("term", "paid", "codes", "quote", "total_minor", "shown_until")
    payload.only(case.ask, *known, commission.SERVICE_FEE)
    expecting(case)
    return sell(case, "renew", payload.span(case.ask, "term"))
