"""
Whatever ends where: no order charges a deadline twice or too soon, and all money is found.

Workers end before and after each transaction, the gateway misbehaves by seed, and people stop,
renew and fill up in between.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import datetime, timedelta

import pytest
from tests.conftest import Campaign
from tests.payments.renewing import Cards
from tests.shop.orders import PRICE, wallet_of
from tests.wire.fate import Ended, Fate, FatedShell

from baohao.app.door import Door
from baohao.app.orders import cards, keep
from baohao.app.payments.carry import Carrier
from baohao.app.shell import Shell, connect
from baohao.core.decide.ordering import next_of
from baohao.core.standing_orders import StepKind
from baohao.outside.pretend.stripe import by_seed

DAY = timedelta(days=1)
#: Slow answers cost their time; what they do, lost ones do too.
SLOW = ("slow",)


@pytest.fixture
def house(database: str) -> Iterator[Cards]:
    made = Cards(conninfo=database)
    made.fund(100_000_000)
    yield made
    made.shell.close()


class History:
    """What workers, holders and senders of messages do to some lines, by seed."""

    def __init__(self, house: Cards, seed: int, numbers: list[str]) -> None:
        self.house, self.numbers = house, numbers
        self.chance = random.Random(seed)
        self.funded: Counter[str] = Counter()

    def begin(self) -> None:
        """Half of the lines are paid by a wallet, half by a card."""
        for n, number in enumerate(self.numbers):
            self.house.open(number)
            payer = f"card:{self.house.kept(number)}" if n % 2 else wallet_of(number)
            said = {"term": "12 months", "consent": "form 12"}
            self.house.say("order", number, payer=payer, limit_minor=PRICE, **said)
        # A year was bought by card, so that the others are due a year sooner.
        self.house.later(340 * DAY)

    def step(self, shell: Shell) -> None:
        """Somebody does something, and a worker comes by; its process may end in it."""
        number, what = self.chance.choice(self.numbers), self.chance.random()
        line = self.house.line(number)
        following = next_of(line, self.house.rules)
        if following is not None and following[1].kind is StepKind.HAND_OVER and what < 0.8:
            assert line.order is not None
            said = {"deadline": following[0].isoformat(), "evidence": "sms"}
            self.house.say("tell_order", number, order=line.order.id, **said)
        elif what < 0.2:
            self.house.fund(PRICE, wallet_of(number))
            self.funded[number] += PRICE
        elif what < 0.24:
            self.house.answers([self.house.renew(number)])
        elif what < 0.26 and line.order is not None:
            self.house.say("stop_order", number, order=line.order.id)
        self.house.later(self.chance.choice((0, 1, 6, 24, 24, 48)) * DAY / 24)
        self.work(shell)

    def work(self, shell: Shell) -> None:
        """Do once what the worker's units do."""
        keep.run(shell, self.house.new_id)
        cards.run(shell, self.house.ports, self.house.new_id)
        Carrier(shell, self.house.ports, self.house.new_id).run()


def held(house: Cards, history: History) -> int:
    """Hold what has become of it against what may; return how many charges there were."""
    journal = house.rows(
        "SELECT subject, kind, effective_at, payload #>> '{data,deadline}' FROM journal"
        " WHERE starts_with(kind, 'order_') ORDER BY subject, seq"
    )
    told: dict[tuple[str, str], datetime] = {}
    charged: Counter[tuple[str, str]] = Counter()
    for number, kind, at, deadline in journal:
        place = (str(number), str(deadline))
        if kind == "order_told":
            told[place] = at
        if kind in ("order_charged", "order_failed"):
            assert at - told[place] >= 7 * DAY, place
        if kind == "order_charged":
            charged[place] += 1
    assert set(charged.values()) <= {1}
    for n, number in enumerate(history.numbers):
        times = sum(count for (each, _), count in charged.items() if each == number)
        paid = 0 if n % 2 else times * PRICE
        assert house.balance(wallet_of(number)) == history.funded[number] - paid
    ours = Counter(
        str(state) for (state,) in house.rows("SELECT state FROM payments WHERE captured_minor > 0")
    )
    assert set(ours) <= {"used", "refunded"}, ours
    theirs = [each for each in house.twin.books.intents.values() if each["status"] == "succeeded"]
    assert len(theirs) == sum(ours.values())
    assert len(house.twin.books.refunds) == ours["refunded"]
    house.is_well()
    return charged.total()


@pytest.mark.soak
def test_no_order_charges_twice_whatever_ends_where(
    house: Cards, campaign: Callable[[int], Campaign]
) -> None:
    drawn, ended, charges = campaign(2), 0, 0
    with house.connected():
        for n in range(drawn.count):
            house.draw = lambda _: ""
            numbers = [f"+8536621{n:03}{each}" for each in range(4)]
            history = History(house, drawn.seed + n, numbers)
            history.begin()
            house.draw = by_seed(drawn.seed + n, 0.25, SLOW)
            with closing(FatedShell(Door(house.terms), lambda: connect(house.conninfo))) as shell:
                shell.fate = Fate(drawn.seed + n)
                for _ in range(60):
                    try:
                        history.step(shell)
                    except Ended:
                        ended += 1
            house.draw = lambda _: ""
            for _ in range(6):
                house.later(DAY)
                with suppress(Ended):
                    history.work(house.shell)
            charges = held(house, history)
    assert ended, "nothing ever ended in the middle"
    assert charges, "nothing was ever charged"
