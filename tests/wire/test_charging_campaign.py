"""
Whatever their system does, and wherever we end: each charge is done there once or not at all.

The red twins send again without asking, or forget what they sent; they must go wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from tests.conftest import Campaign
from tests.races.racing import at_once
from tests.wire.fate import Fate, FatedShell
from tests.wire.harbour import FORGETFUL, HASTY, THEIRS, Harbour

from baohao.app.charging.carry import Carrier, _Look
from baohao.app.door import Door
from baohao.app.ports import Absent, ChargingSystem, Outcome, Readings, TopUp, Unknown
from baohao.app.shell import connect
from baohao.outside.pretend.charging import FAULTS, Rules, by_seed
from baohao.store.effects import Owed

WITHOUT_TWICE = tuple(fault for fault in FAULTS if fault != "twice")
NUMBER = "+85251234001"


class FatedSystem:
    """One whose caller may end before and after each call."""

    def __init__(self, system: ChargingSystem, fate: Fate) -> None:
        self._system, self._fate = system, fate

    def top_up(self, wanted: TopUp) -> Outcome:
        return self._fate.step(lambda: self._system.top_up(wanted))

    def find(self, wanted: TopUp) -> Outcome | Absent:
        return self._fate.step(lambda: self._system.find(wanted))

    def read(self, number: str, currency: str) -> Readings | Unknown:
        return self._fate.step(lambda: self._system.read(number, currency))


class Blind(Carrier):
    """The red twin: what got no answer is sent again."""

    def _outcome(self, owed: Owed, look: _Look) -> Outcome:
        return super()._outcome(owed, replace(look, may_be_sent=False))


def sell(harbour: Harbour, numbers: Sequence[str], seed: int) -> None:
    """Begin numbers while all is well, then sell for them in some order."""
    harbour.twin.draw = lambda _: ""
    for number in numbers:
        harbour.opened(number)
    harbour.settle()
    chance = random.Random(seed)
    for number in numbers:
        for sale in chance.sample([harbour.renewed, harbour.topped_up, harbour.topped_up], 3):
            sale(number)


def numbers(drawn: int) -> list[str]:
    return [f"+8525{drawn:04}{n:03}" for n in range(3)]


@contextmanager
def fated(harbour: Harbour, fate: Fate) -> Iterator[Carrier]:
    """A carrier that may end at each step, and go on from there."""
    with closing(FatedShell(Door(harbour.terms), lambda: connect(harbour.conninfo))) as shell:
        shell.fate = fate
        yield harbour.carrier(FatedSystem(harbour.system, fate), shell)


@pytest.mark.soak
@pytest.mark.parametrize("theirs", [THEIRS, FORGETFUL], ids=["keeps", "forgets"])
def test_each_charge_is_done_once_whatever_ends_where(
    harbour: Harbour, theirs: Rules, campaign: Callable[[int], Campaign]
) -> None:
    drawn = campaign(2)
    faults = FAULTS if theirs.keeps_references else WITHOUT_TWICE
    with harbour.connected(theirs=theirs, patience=HASTY):
        for n in range(drawn.count):
            seed = drawn.seed + n
            sell(harbour, numbers(n), seed)
            harbour.twin.draw = by_seed(seed, 0.4, faults)
            with fated(harbour, Fate(seed)) as carrier:
                ended = harbour.settle(carrier)
            assert ended, "nothing ever ended in the middle"
            harbour.done_once()


def test_who_sends_again_without_asking_pays_twice(harbour: Harbour) -> None:
    faults = iter(["lost"])
    with harbour.connected(theirs=FORGETFUL):
        harbour.opened(NUMBER)
        harbour.carrier().run()
        harbour.topped_up(NUMBER)
        harbour.twin.draw = lambda method: next(faults, "") if method == "POST" else ""
        products = harbour.carrier()._products
        systems = {"demo2": harbour.system}
        harbour.settle(Blind(harbour.shell, harbour.rules, systems, products, harbour.new_id))
        assert harbour.at_theirs(NUMBER).balance == 2 * 50
        with pytest.raises(AssertionError):
            harbour.done_once()


def test_several_carriers_at_once_do_each_charge_once(harbour: Harbour) -> None:
    with harbour.connected(theirs=FORGETFUL):
        sell(harbour, numbers(0), seed=1)
        ran = at_once(harbour, lambda shell, _: harbour.carrier(shell=shell).run(), doors=4)
        assert sum(sum(each.values()) for each in ran) > 0
        harbour.settle()
        harbour.done_once()
