"""
Commission: what an agent earns by a sale and loses by its reversal, and its own fee on top.

An agent is known by the float that pays. Whoever is not in the register pays and earns nothing.
"""

from __future__ import annotations

from uuid import UUID

from baohao.core.agents import Agent, AgentElsewhere, AgentInactive
from baohao.core.altered import altered
from baohao.core.books.chart import Account, AccountKind
from baohao.core.books.income import clawback_of
from baohao.core.books.sale import GivenBack, Sale
from baohao.core.commissions import Earned
from baohao.core.decide import payload
from baohao.core.decide.case import Case
from baohao.core.line.state import Sold
from baohao.core.money import format_minor
from baohao.core.refusals import Refusal

#: The field of what an agent asks of its customer on top.
SERVICE_FEE = "service_fee_minor"


class ServiceFeeRefused(Refusal):
    """Only an agent in the register, paying from its float, may take a service fee."""

    code = "service_fee"


class ServiceFeeTooHigh(ServiceFeeRefused):
    """{operator} allows its agents a service fee of {most} {currency} at most, and not {fee}."""

    code = "service_fee.too_high"


class ServiceFeeMoved(ServiceFeeRefused):
    """The service fee is {fee_minor} minor units, and the quote showed {shown_minor}."""

    code = "service_fee.moved"


def agent_of(case: Case, payer: Account) -> Agent | None:
    """
    Return the agent whose float pays; `None`: nobody in the register.

    Raises `AgentInactive` and `AgentElsewhere`.
    """
    agent = case.terms.agents.get(payer.owner) if payer.kind is AccountKind.FLOAT else None
    return _selling(case, agent) if agent is not None and agent.currency == payer.currency else None


def quoted_fee(case: Case) -> int:
    """
    Return the service fee of a quote that an agent asks for itself; raises as `credited` does.
    """
    if SERVICE_FEE not in case.ask.payload:
        return 0
    agent = case.terms.agents.get(case.ask.principal)
    return _service_fee(case, None if agent is None else _selling(case, agent))


def credited(case: Case, verb: str, sold: Sold) -> Sold:
    """
    Return what was sold with who sold it, what that earns, and the agent's own fee.

    Raises `AgentInactive`, `AgentElsewhere`, `ServiceFeeRefused` and its kinds.
    """
    agent = agent_of(case, sold.sale.payer)
    fee_minor = _service_fee(case, agent)
    if agent is None:
        return sold
    sale = sold.sale
    schedule = case.terms.commissions.get(sale.operator)
    earned_minor = 0
    if schedule is not None and schedule.currency == sale.currency:
        earned_minor = schedule.commission(verb, sale.plan, agent.tier, _earning(sale))
    return altered(
        sold, agent=agent.key, commission_minor=earned_minor, service_fee_minor=fee_minor
    )


def earned(verb: str, sold: Sold) -> tuple[Earned, ...]:
    """Return what a sale moved for its agent; nothing where there is none."""
    if not sold.agent:
        return ()
    moved = Earned(
        agent=sold.agent,
        verb=verb,
        plan=sold.sale.plan,
        currency=sold.sale.currency,
        total_minor=sold.sale.total_minor,
        commission_minor=sold.commission_minor,
        service_fee_minor=sold.service_fee_minor,
    )
    return (moved,)


def paid(case: Case, sale: Sale) -> tuple[Earned, ...]:
    """
    Return what a fee moved for the agent that paid it; raises `AgentInactive`, `AgentElsewhere`.
    """
    agent = agent_of(case, sale.payer)
    if agent is None:
        return ()
    moved = Earned(
        agent=agent.key,
        verb=case.ask.verb,
        plan=sale.plan,
        currency=sale.currency,
        total_minor=sale.total_minor,
    )
    return (moved,)


def clawed_back(case: Case, sold: Sold, back: GivenBack) -> tuple[Earned, ...]:
    """Return what a reversal takes back from the agent of a sale."""
    if not sold.agent:
        return ()
    lost_minor = clawback_of(sold.commission_minor, _earning(sold.sale), _earning(back))
    moved = Earned(
        agent=sold.agent,
        verb=case.ask.verb,
        plan=sold.sale.plan,
        currency=sold.sale.currency,
        total_minor=-back.total_minor,
        commission_minor=-lost_minor,
        of=UUID(sold.act),
    )
    return (moved,)


def _earning(part: Sale | GivenBack) -> int:
    """Return what commission is counted on: time and credit, never fees."""
    return part.price_minor + part.credit_minor


def _selling(case: Case, agent: Agent) -> Agent:
    operator = case.state.operator
    if not agent.is_active:
        raise AgentInactive(agent=agent.key)
    if operator not in agent.operators:
        raise AgentElsewhere(agent=agent.key, operator=operator)
    return agent


def _service_fee(case: Case, agent: Agent | None) -> int:
    """Return the service fee that the ask names, under the operator's limit and the quote's."""
    fee_minor = payload.whole(case.ask, SERVICE_FEE, 0)
    if not fee_minor:
        return 0
    if agent is None:
        raise ServiceFeeRefused()
    operator, currency = case.state.operator, case.policy.currency
    schedule = case.terms.commissions.get(operator)
    allows = schedule is not None and schedule.currency == currency
    most_minor = schedule.service_fee_max_minor if schedule is not None and allows else 0
    if fee_minor > most_minor:
        shown = {"most": format_minor(most_minor, currency), "currency": currency}
        raise ServiceFeeTooHigh(operator=operator, fee=format_minor(fee_minor, currency), **shown)
    quote = case.facts.quote
    if quote is not None and "quote" in case.ask.payload:
        shown_minor = int(str(quote.terms.get("service_fee", 0)))
        if fee_minor > shown_minor:
            raise ServiceFeeMoved(fee_minor=fee_minor, shown_minor=shown_minor)
    return fee_minor
