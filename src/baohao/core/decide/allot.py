"""Allot: a card in stock goes into an agent's stock, or comes back to the operator's."""

from __future__ import annotations

from baohao.core.agents import AgentElsewhere, AgentInactive, AgentUnknown
from baohao.core.altered import altered
from baohao.core.asks import Decision
from baohao.core.decide import payload
from baohao.core.decide.activate import NotInStock
from baohao.core.decide.case import Case, conclude
from baohao.core.line.event import Event
from baohao.core.line.ladder import RETURNED, STOCK
from baohao.core.refusals import Refusal


class NotForAgents(Refusal):
    """Cards are allotted by the operator, not by {agent}."""

    code = "stock.not_for_agents"


class ThereAlready(Refusal):
    """The card is in the stock of {owner} already."""

    code = "stock.there_already"


def allot(case: Case) -> Decision:
    """
    Hand a card in stock to an agent, or take it back; activated, it is in nobody's stock.

    A card that fell out of stock by itself, for nobody activated it in time, can be taken back.
    Fields: `agent`; empty: take it back.
    Refuses with `NotForAgents`, `ExternalNotSold`, `ThereAlready`, `NotInStock`, `AgentUnknown`,
    `AgentInactive` or `AgentElsewhere`.
    """
    ask, line = case.ask, case.state
    payload.only(ask, "agent")
    agent = payload.text(ask, "agent")
    if ask.principal in case.terms.agents:
        raise NotForAgents(agent=ask.principal)
    case.sells()
    if agent or not line.agent:
        _in_stock(case)
    if agent == line.agent:
        raise ThereAlready(owner=agent or line.operator)
    if agent:
        _sells(case, agent)
    event = Event(kind="allotted", effective_at=case.now, data={"agent": agent})
    return conclude(case, altered(line, agent=agent), (event,), answer={"agent": agent})


def _in_stock(case: Case) -> None:
    if case.stage.name not in (STOCK.name, RETURNED.name) or case.state.tenure is not None:
        raise NotInStock(stage=case.stage.name)


def _sells(case: Case, key: str) -> None:
    """Refuse an agent that cannot sell the card."""
    agent, operator = case.terms.agents.get(key), case.state.operator
    if agent is None:
        raise AgentUnknown(agent=key[:40])
    if not agent.is_active:
        raise AgentInactive(agent=key)
    if operator not in agent.operators:
        raise AgentElsewhere(agent=key, operator=operator)
