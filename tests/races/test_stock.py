"""
A card in an agent's stock is raced for: activated at many doors, allotted elsewhere meanwhile.

The twins load `lock_lines` without its lock and `update_lines` without its version, and take away
what else would show that two are at work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from tests.races.racing import DOORS, altered, at_once
from tests.races.test_locks import numbers, unlock_lines
from tests.shop import Shop, codes, registered

from baohao.app import doctor
from baohao.app.shell import Shell
from baohao.core.asks import Ask
from baohao.store import writes

FLOATS = ("float:agent-0:MOP", "float:agent-1:MOP")
CARDS = 10
ROUNDS = 20


@pytest.fixture
def kiosks(shop: Shop) -> Shop:
    """Two agents with money, and cards in the stock of the first."""
    shop.agents = registered("agent-0", "agent-1")
    for each in FLOATS:
        shop.fund(10_000_000, each)
    return shop


def allotted(shop: Shop, wanted: list[str]) -> None:
    for asks in (
        [shop.stock(number) for number in wanted],
        [shop.ask("allot", number, agent="agent-0", principal="staff") for number in wanted],
    ):
        assert set(codes(shop.answers(asks))) == {""}


def activation(shop: Shop, number: str, door: int) -> Ask:
    """Every other door is the other agent's."""
    agent = door % 2
    holder = f"h{number}{door}"
    return shop.activate(number, holder, principal=f"agent-{agent}", paid=FLOATS[agent])


def move(shop: Shop, number: str, door: int) -> Ask:
    """Half of the doors activate for the first agent, the others hand its cards to the second."""
    if door % 2:
        return shop.ask("allot", number, agent="agent-1", principal="staff")
    return shop.activate(number, f"h{number}{door}", principal="agent-0", paid=FLOATS[0])


def raced(shop: Shop, wanted: list[str], asked: Callable[[Shop, str, int], Ask]) -> Counter[str]:
    """Ask for each card at all doors at once; return how often something was granted of it."""
    asks = [[asked(shop, number, door) for number in wanted] for door in range(DOORS)]

    def ask(shell: Shell, door: int) -> list[str]:
        mine = asks[door] if door % 2 else asks[door][::-1]
        told = [codes(shell.answer([each]))[0] for each in mine]
        return [each.subject for each, code in zip(mine, told, strict=True) if not code]

    return Counter(number for each in at_once(shop, ask) for number in each)


def unlocked(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    unlock_lines(monkeypatch, shop)
    # A card can be taken out of the directory once: that is a wall of its own.
    monkeypatch.setattr(writes, "SURE", frozenset())
    altered(
        shop,
        "DROP INDEX benefits_live",
        "DROP INDEX tenures_open",
        "ALTER TABLE tenures DROP CONSTRAINT tenures_pkey CASCADE",
    )


def goes_wrong(
    shop: Shop,
    asked: Callable[[Shop, str, int], Ask],
    wrong: Callable[[Counter[str]], bool],
) -> bool:
    """Race for cards until it went wrong, or for so many rounds."""
    for n in range(ROUNDS):
        wanted = numbers(CARDS * n, CARDS)
        allotted(shop, wanted)
        if wrong(raced(shop, wanted, asked)):
            return True
    return False


def directory_wrong(shop: Shop) -> bool:
    with shop.looking() as conn:
        return any(f.wrong for f in doctor.examine(conn) if f.name == "allotments")


def test_of_two_agents_the_one_that_has_a_card_activates_it_once(kiosks: Shop) -> None:
    wanted = numbers(0, 2 * CARDS)
    allotted(kiosks, wanted)
    assert raced(kiosks, wanted, activation) == Counter(wanted)
    assert set(kiosks.rows("SELECT agent FROM customers")) == {("agent-0",)}
    assert kiosks.rows("SELECT 1 FROM allotments") == []
    kiosks.is_well()


def test_without_lock_and_version_and_indexes_a_card_is_activated_twice(
    kiosks: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlocked(kiosks, monkeypatch)
    assert goes_wrong(kiosks, activation, lambda granted: max(granted.values()) > 1)


def test_a_card_is_activated_or_handed_on_never_both(kiosks: Shop) -> None:
    for n in range(3):
        wanted = numbers(100 * n, CARDS)
        allotted(kiosks, wanted)
        assert raced(kiosks, wanted, move) == Counter(wanted)
    lines = kiosks.states().values()
    assert all((line.tenure is None) == (line.agent == "agent-1") for line in lines)
    assert len(kiosks.rows("SELECT 1 FROM allotments")) == sum(bool(line.agent) for line in lines)
    kiosks.is_well()


def test_without_lock_and_version_a_card_is_activated_and_handed_on(
    kiosks: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlocked(kiosks, monkeypatch)
    assert goes_wrong(kiosks, move, lambda _: directory_wrong(kiosks))
