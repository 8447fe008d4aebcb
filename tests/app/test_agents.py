"""The register of agents: each key once, its currency for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.shop import SEVEN, Shop

from baohao.app.agents import registry
from baohao.app.library import read_library
from baohao.app.policies import shipped
from baohao.core.agents import AgentKnown, AgentMalformed, AgentUnknown
from baohao.core.operators import Operator

Operators = Mapping[str, Operator]


@pytest.fixture(scope="module")
def operators() -> Operators:
    return read_library(shipped()).accepted().operators


def test_an_agent_is_registered_once(shop: Shop, operators: Operators) -> None:
    with shop.looking() as conn:
        assert registry.add(conn, SEVEN, operators)
        assert not registry.add(conn, SEVEN, operators)
        with pytest.raises(AgentKnown):
            registry.add(conn, replace(SEVEN, name="Another"), operators)
        assert registry.known(conn) == {"agent-7": SEVEN}


def test_terms_change_and_the_currency_does_not(shop: Shop, operators: Operators) -> None:
    with shop.looking() as conn:
        with pytest.raises(AgentUnknown):
            registry.change(conn, SEVEN, operators)
        registry.add(conn, SEVEN, operators)
        gold = replace(SEVEN, tier="gold", float_alarm_minor=50_000, is_active=False)
        registry.change(conn, gold, operators)
        assert registry.find(conn, "agent-7") == gold
        with pytest.raises(AgentMalformed):
            registry.change(conn, replace(gold, currency="HKD"), operators)
        with pytest.raises(AgentMalformed):
            registry.change(conn, replace(gold, operators=frozenset({"nobody"})), operators)


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "Agent 7"},
        {"key": ""},
        {"name": ""},
        {"name": "two\nlines"},
        {"operators": frozenset()},
        {"float_alarm_minor": -1},
    ],
)
def test_what_is_no_agent_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(AgentMalformed):
        replace(SEVEN, **wrong)  # type: ignore[arg-type]
