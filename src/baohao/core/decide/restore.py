"""Restore: a former holder comes before anybody else, for a while, and has the number again."""

from __future__ import annotations

from baohao.core.asks import Decision
from baohao.core.civil import after
from baohao.core.decide import commission, payload
from baohao.core.decide.case import Case, VerbNotAllowed, expecting
from baohao.core.decide.recycle import NotQuarantined
from baohao.core.decide.selling import sell
from baohao.core.refusals import Refusal


class PriorityOver(Refusal):
    """The former holder could have the number again until {until}."""

    code = "line.priority_over"


def restore(case: Case) -> Decision:
    """
    Give a number that was lost back to its former holder, who buys a term and pays what the product
    asks.

    The term is counted from the day of the act. Fields: those of `renew`.
    Refuses with `ExpectationMissing`, `NotQuarantined`, `PriorityOver`, `ExternalNotSold`,
    `VerbNotAllowed`, `NotOffered`, `NotSellable`, `NothingGained`, `BalanceFull`, `WouldShorten`,
    `VerbNotOffered`, `PayerUnknown`, `CurrencyOther`, `NoShift`, `ShiftCounted`, `OtherClerk`,
    `AgentInactive`, `AgentElsewhere`, `ServiceFeeRefused`, `ServiceFeeTooHigh`, `ServiceFeeMoved`,
    `MoneyShort`, `PriceMoved`, `QuoteUnknown`, `QuoteOver` or `QuoteMoved`.
    """
    payload.only(case.ask, "term", "paid", "codes", "quote", "total_minor", commission.SERVICE_FEE)
    expecting(case)
    has_priority(case)
    return sell(case, "restore", payload.span(case.ask, "term"))


def has_priority(case: Case) -> None:
    """
    Raise `VerbNotAllowed`, `NotQuarantined` or `PriorityOver` where the former holder has none.
    """
    within, since = case.policy.quarantine.former_holder_within, case.standing.stage_since
    if within is None:
        raise VerbNotAllowed(verb="restore")
    if case.stage.kind not in ("lost", "quarantined") or case.state.tenure is None or since is None:
        raise NotQuarantined(stage=case.stage.name)
    until = after(since, within, case.policy.zone)
    if case.now >= until:
        raise PriorityOver(until=until.isoformat())
