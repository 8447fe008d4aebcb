"""Agents: the register of who sells for operators."""

from __future__ import annotations

from collections.abc import Mapping

from baohao.core.agents import Agent
from baohao.core.bucket import bucket_of
from baohao.store.sql import Connection, Row, rows, run


def read(conn: Connection) -> Mapping[str, Agent]:
    """Return every agent by its key."""
    return {row[0]: _agent(row) for row in rows(conn, "read_agents")}


def find(conn: Connection, key: str) -> Agent | None:
    """Return one agent; `None`: nobody by that key."""
    return next(map(_agent, rows(conn, "read_agent", bucket_of(key), key)), None)


def add(conn: Connection, agent: Agent) -> bool:
    """Register an agent; false where the key is taken."""
    return run(conn, "insert_agent", bucket_of(agent.key), agent.key, *_terms(agent)) == 1


def change(conn: Connection, agent: Agent) -> bool:
    """Give an agent other terms; false where there is nobody by that key."""
    return run(conn, "update_agent", *_terms(agent), bucket_of(agent.key), agent.key) == 1


def _terms(agent: Agent) -> Row:
    return (
        agent.name,
        sorted(agent.operators),
        agent.currency,
        agent.tier,
        agent.is_active,
        agent.float_alarm_minor,
    )


def _agent(row: Row) -> Agent:
    key, name, operators, currency, tier, is_active, alarm = row
    return Agent(
        key=key,
        name=name,
        operators=frozenset(operators),
        currency=currency,
        tier=tier,
        is_active=is_active,
        float_alarm_minor=alarm,
    )
