"""Top up: buy credit for a line; what time it gives, the policy's events say."""

from __future__ import annotations

from baohao.core.asks import Decision
from baohao.core.decide import commission, payload
from baohao.core.decide.case import Case, expecting
from baohao.core.decide.selling import sell


def top_up(case: Case) -> Decision:
    """
    Top a line up with an amount on offer.

    Fields: `amount_minor`, `paid` (account), `codes`, `quote`, `total_minor` (what was shown),
    `service_fee_minor` (what the agent that pays asks on top).
    Refuses with `ExpectationMissing`, `ExternalNotSold`, `VerbNotAllowed`, `IdentityMissing`,
    `NotOffered`, `NotSellable`, `NothingGained`, `RefusedByCap`, `BalanceFull`, `WouldShorten`,
    `VerbNotOffered`, `PayerUnknown`, `CurrencyOther`, `NoShift`, `ShiftCounted`, `OtherClerk`,
    `AgentInactive`, `AgentElsewhere`, `ServiceFeeRefused`, `ServiceFeeTooHigh`, `ServiceFeeMoved`,
    `MoneyShort`, `PriceMoved`, `QuoteUnknown`, `QuoteOver` or `QuoteMoved`.
    """
    payload.only(
        case.ask, "amount_minor", "paid", "codes", "quote", "total_minor", commission.SERVICE_FEE
    )
    expecting(case)
    return sell(case, "top_up", None, amount_minor=payload.whole(case.ask, "amount_minor", least=1))
