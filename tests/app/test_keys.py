"""Keys of machines: shown once, two of a label, rotated without a gap, put away for good."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from tests.shop import Shop

from baohao.app.agents import registry
from baohao.app.door import KeyReused
from baohao.app.library import read_library
from baohao.app.partners import keys
from baohao.app.partners.once import once
from baohao.app.policies import shipped
from baohao.core import credentials
from baohao.core.agents import Agent, AgentInactive, AgentUnknown
from baohao.core.credentials import Credential, CredentialMalformed, KeyUnknown, Scope, TwoLive

OPERATORS = read_library(shipped()).accepted().operators
SEVEN = Agent(key="agent-7", name="Kiosk", operators=frozenset({"demo"}), currency="MOP")


def made(shop: Shop, *, owner: str = "agent-7", label: str = "main", **more: object) -> str:
    """Keep a key, and return the whole of it."""
    id_, whole, verifier = keys.drawn(False, secrets.token_bytes)
    wanted = Credential(
        id=id_,
        owner=owner,
        label=label,
        is_sandbox=False,
        verifier=verifier,
        **({"scopes": frozenset({Scope.READ})} | more),  # type: ignore[arg-type]
    )
    shop.shell.run(lambda conn: keys.create(conn, wanted, OPERATORS))
    return whole


def bearer(shop: Shop, whole: str) -> keys.Bearer:
    id_, secret = credentials.read(whole)
    with shop.looking() as conn:
        found = keys.find(conn, id_)
    assert keys.fits(found.credential, secret)
    return found


@pytest.fixture
def agent(shop: Shop) -> Agent:
    shop.shell.run(lambda conn: registry.add(conn, SEVEN, OPERATORS))
    return SEVEN


def test_a_key_is_its_owners(shop: Shop, agent: Agent) -> None:
    found = bearer(shop, made(shop))
    assert (found.agent, found.operators) == (agent, frozenset({"demo"}))
    of_operator = bearer(shop, made(shop, owner="operator:demo"))
    assert (of_operator.agent, of_operator.operators) == (None, frozenset({"demo"}))


def test_the_secret_is_kept_nowhere(shop: Shop, agent: Agent) -> None:
    _, secret = credentials.read(made(shop))
    kept = str(shop.rows("SELECT * FROM credentials")) + str(shop.rows("SELECT * FROM requests"))
    assert secret not in kept
    assert not keys.fits(bearer(shop, made(shop, label="other")).credential, secret)


def test_of_a_label_two_are_live(shop: Shop, agent: Agent) -> None:
    first, second = made(shop), made(shop)
    with pytest.raises(TwoLive):
        made(shop)
    made(shop, label="other")
    id_, _ = credentials.read(first)
    shop.shell.run(lambda conn: keys.revoke(conn, "agent-7", id_))
    with pytest.raises(KeyUnknown):
        bearer(shop, first)
    bearer(shop, second)
    bearer(shop, made(shop))


def test_a_rotation_leaves_no_gap(shop: Shop, agent: Agent) -> None:
    old = made(shop)
    id_, _ = credentials.read(old)
    new = shop.shell.run(
        lambda conn: keys.rotate(conn, "agent-7", id_, secrets.token_bytes, timedelta(hours=1))
    )
    assert bearer(shop, old).credential.scopes == bearer(shop, new).credential.scopes
    shop.later(timedelta(hours=2))
    bearer(shop, new)
    with pytest.raises(KeyUnknown):
        bearer(shop, old)


def test_nobody_touches_anothers_key(shop: Shop, agent: Agent) -> None:
    id_, _ = credentials.read(made(shop))
    for touch in (
        lambda conn: keys.revoke(conn, "agent-8", id_),
        lambda conn: keys.rotate(conn, "agent-8", id_, secrets.token_bytes),
    ):
        with pytest.raises(KeyUnknown):
            shop.shell.run(touch)


def test_who_sells_no_more_has_no_key(shop: Shop, agent: Agent) -> None:
    whole = made(shop)
    away = Agent(
        key="agent-7", name="Kiosk", operators=agent.operators, currency="MOP", is_active=False
    )
    shop.shell.run(lambda conn: registry.change(conn, away, OPERATORS))
    with pytest.raises(AgentInactive):
        bearer(shop, whole)


def test_what_a_key_may_be_for_follows_from_its_owner(shop: Shop, agent: Agent) -> None:
    with pytest.raises(AgentUnknown):
        made(shop, owner="agent-8")
    for owner, scope in (
        ("operator:nobody", Scope.READ),
        ("operator:", Scope.READ),
        ("operator:demo", Scope.SELL),
        ("agent-7", Scope.FACTS),
        ("agent-7", Scope.HANDOVER),
    ):
        with pytest.raises(CredentialMalformed):
            made(shop, owner=owner, scopes=frozenset({scope}))


def test_what_keys_ask_is_counted_by_the_day(shop: Shop, agent: Agent) -> None:
    id_, _ = credentials.read(made(shop))
    used = {("agent-7", id_): 3}
    assert shop.shell.run(lambda conn: keys.count(conn, used)) == {id_: 3}
    assert shop.shell.run(lambda conn: keys.count(conn, used)) == {id_: 6}
    shop.later(timedelta(days=1))
    assert shop.shell.run(lambda conn: keys.count(conn, used)) == {id_: 3}
    with shop.looking() as conn:
        assert keys.listed(conn, "agent-7")[0].last_used_at is not None


def test_a_write_without_the_door_is_done_once_too(shop: Shop) -> None:
    done: list[int] = []

    def work() -> dict[str, int]:
        done.append(1)
        return {"n": len(done)}

    def ask(key: str, what: str, principal: str = "agent-7") -> tuple[object, bool]:
        return shop.shell.run(lambda conn: once(conn, principal, key, {"what": what}, work))

    assert ask("k", "a") == ({"n": 1}, False)
    assert ask("k", "a") == ({"n": 1}, True)
    with pytest.raises(KeyReused):
        ask("k", "b")
    assert ask("k", "b", "agent-8") == ({"n": 2}, False)
