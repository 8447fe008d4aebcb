"""The register of agents: who sells for which operators, and under which terms."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from baohao.core.agents import Agent, AgentKnown, AgentMalformed, AgentUnknown
from baohao.core.operators import Operator
from baohao.store import agents
from baohao.store.sql import Connection


def known(conn: Connection) -> Mapping[str, Agent]:
    """Return every agent by its key."""
    return agents.read(conn)


def find(conn: Connection, key: str) -> Agent:
    """Return one agent; raises `AgentUnknown`."""
    found = agents.find(conn, key)
    if found is None:
        raise AgentUnknown(agent=key[:40])
    return found


def add(conn: Connection, agent: Agent, operators: Mapping[str, Operator]) -> bool:
    """
    Register an agent; the same one again changes nothing, and false is returned.

    Raises `AgentKnown` where the key has other particulars, `AgentMalformed`.
    """
    _sells_for(agent, operators)
    if agents.add(conn, agent):
        return True
    if find(conn, agent.key) != agent:
        raise AgentKnown(agent=agent.key)
    return False


def change(conn: Connection, agent: Agent, operators: Mapping[str, Operator]) -> None:
    """Give an agent other terms from now on; raises `AgentUnknown` and `AgentMalformed`."""
    _sells_for(agent, operators)
    if find(conn, agent.key).currency != agent.currency:
        raise AgentMalformed(part="currency", reason="its float is in another; it never changes")
    agents.change(conn, agent)


def _sells_for(agent: Agent, operators: Mapping[str, Operator]) -> None:
    missing: Collection[str] = agent.operators - operators.keys()
    if missing:
        reason = f"there is no operator {', '.join(sorted(missing))} in the library"
        raise AgentMalformed(part="operators", reason=reason)
