"""Activate: a card out of stock becomes a holder's line, and its clocks begin."""

from __future__ import annotations

from baohao.core.asks import Decision
from baohao.core.decide import commission, payload
from baohao.core.decide.case import Case
from baohao.core.decide.people import FIELDS, tenure_from
from baohao.core.decide.selling import sell
from baohao.core.line.ladder import RETURNED, STOCK
from baohao.core.refusals import Refusal


class NotInStock(Refusal):
    """The line is {stage}, and this is for cards in stock."""

    code = "line.not_in_stock"


class NotYours(Refusal):
    """The card is not in the stock of {agent}."""

    code = "stock.not_yours"


def activate(case: Case) -> Decision:
    """
    Activate a line in stock for a holder; an agent, one of the cards that were allotted to it.

    Fields: `holder` (random id), `holder_kind`, `document`, `residency`, `identity_until`,
    `age_years`, `guardian`; `paid`, `term`, `codes`, `quote`, `total_minor` and
    `service_fee_minor` as `renew` has them.
    Refuses with `NotInStock`, `NotYours`, `DocumentRefused`, `DocumentExpired`, `GuardianMissing`,
    `QuotaReached`, `ExternalNotSold`, `VerbNotAllowed`, `NotOffered`, `NotSellable`, `BalanceFull`,
    `VerbNotOffered`, `PayerUnknown`, `CurrencyOther`, `NoShift`, `ShiftCounted`, `OtherClerk`,
    `AgentInactive`, `AgentElsewhere`, `ServiceFeeRefused`, `ServiceFeeTooHigh`, `ServiceFeeMoved`,
    `MoneyShort`, `PriceMoved`, `QuoteUnknown`, `QuoteOver` or `QuoteMoved`.
    """
    ask = case.ask
    payload.only(
        ask, *FIELDS, "paid", "term", "codes", "quote", "total_minor", commission.SERVICE_FEE
    )
    if case.stage.name not in (STOCK.name, RETURNED.name) or case.state.tenure is not None:
        raise NotInStock(stage=case.stage.name)
    yours(case)
    term = payload.span(ask, "term") if "term" in ask.payload else None
    return sell(case, "activate", term, tenure=tenure_from(case, epoch=case.state.epochs + 1))


def yours(case: Case) -> None:
    """Refuse an agent a card that it was not allotted; raises `NotYours`."""
    asker = case.ask.principal
    if asker in case.terms.agents and case.state.agent != asker:
        raise NotYours(agent=asker)
