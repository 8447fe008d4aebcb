"""Renew: buy time for a line that keeps its number."""

from __future__ import annotations

from baohao.core.asks import Decision
from baohao.core.decide import commission, payload
from baohao.core.decide.case import Case, expecting
from baohao.core.decide.selling import SHEET, SOLD_AT, sell


def renew(case: Case) -> Decision:
    """
    Renew a line for a term on offer.

    Fields: `term`, `paid` (account), `codes`, `quote`, `total_minor` and `shown_until`
    (the price and the new deadline that were shown), `service_fee_minor` (what the agent that pays
    asks on top); of what was written on paper while we could not be reached `sold_at` and `sheet`
    (its number), at the counter alone and instead of a quote.
    Refuses with `ExpectationMissing`, `ExternalNotSold`, `VerbNotAllowed`, `IdentityMissing`,
    `NotOffered`, `NotSellable`, `NothingGained`, `RefusedByCap`, `BalanceFull`, `WouldShorten`,
    `VerbNotOffered`, `PayerUnknown`, `CurrencyOther`, `NoShift`, `ShiftCounted`, `OtherClerk`,
    `AgentInactive`, `AgentElsewhere`, `ServiceFeeRefused`, `ServiceFeeTooHigh`, `ServiceFeeMoved`,
    `MoneyShort`, `PriceMoved`, `DateMoved`, `QuoteUnknown`, `QuoteOver`, `QuoteMoved`,
    `NotYetTrue` or `SheetMalformed`.
    """
    known = ("term", "paid", "codes", "quote", "total_minor", "shown_until")
    payload.only(case.ask, *known, commission.SERVICE_FEE, SOLD_AT, SHEET)
    expecting(case)
    return sell(case, "renew", payload.span(case.ask, "term"))
