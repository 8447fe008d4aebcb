"""Commission is paid out under the lock of its agent's float, and without it twice."""

from __future__ import annotations

import pytest
from tests.races.racing import DOORS, at_once, unlock
from tests.races.test_locks import ROUNDS
from tests.shop import FLOAT, SEVEN, Shop, commissions, granted

from baohao.app.door import Answered
from baohao.app.shell import Shell
from baohao.core.asks import Ask

NUMBER = "+85369000001"
#: What an activation earns: policies/commissions/demo.toml.
EARNED = 1_600


@pytest.fixture
def earning(shop: Shop) -> Shop:
    """Agent 7 has sold one card."""
    shop.agents, shop.commissions = {SEVEN.key: SEVEN}, commissions()
    for answer in shop.answers(sold(shop, NUMBER)):
        granted(answer)
    return shop


def sold(shop: Shop, number: str) -> list[Ask]:
    """What brings a card to its holder through agent 7."""
    handed = shop.ask("allot", number, agent=SEVEN.key, principal="staff")
    return [shop.stock(number), handed, shop.activate(number)]


def paid(shop: Shop, keys: str) -> int:
    """Ask for all of it from every door at once, each under a key of its own."""
    before = shop.balance()

    def ask(shell: Shell, door: int) -> int:
        asked = shop.ask("pay_commission", FLOAT, key=f"{keys}-{door}", amount_minor=EARNED)
        (answer,) = shell.answer([asked])
        if isinstance(answer, Answered):
            return int(str(answer.answer["paid"]))
        assert answer.code == "commission.nothing_owed"
        return 0

    told = sum(at_once(shop, ask))
    assert shop.balance() == before + told
    return told


def test_what_is_owed_is_paid_once(earning: Shop) -> None:
    assert paid(earning, "first") == EARNED
    assert paid(earning, "second") == 0
    earning.is_well()


def test_what_is_earned_and_paid_at_once_is_never_more_than_is_owed(earning: Shop) -> None:
    def both(shell: Shell, door: int) -> int:
        number = f"+8536900100{door}"
        *before, activation = sold(earning, number)
        shell.answer(before)
        pay = earning.ask("pay_commission", FLOAT, amount_minor=10**6)
        answers = shell.answer([activation, pay])
        return sum(int(str(a.answer.get("paid", 0))) for a in answers if isinstance(a, Answered))

    told = sum(at_once(earning, both))
    # The last of them paid all that the others had left.
    assert told == EARNED * (DOORS + 1)
    assert paid(earning, "rest") == 0
    earning.is_well()


def test_without_its_lock_it_is_paid_twice(earning: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    unlock(monkeypatch, "lock_accounts", "FOR UPDATE OF a")
    for n in range(ROUNDS):
        told = paid(earning, f"round-{n}")
        if told > EARNED:
            return
        earning.open(f"+853690020{n:02}")
    raise AssertionError("nothing went wrong without the lock")
