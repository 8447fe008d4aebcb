"""
Two years of six cards, through the real door: a robot does what the plan says, and none is lost.

A second set of the same cards is kept by a robot that leaves out one step, and does it only when
the last reminder before the last day has been written down; then the card is let go. A card of a
product that reminds of nothing is kept like that too, and is lost: so the test can fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from tests.app.telling import VAULT, teller
from tests.conftest import Campaign
from tests.core.test_upkeep import acted, ends
from tests.shop import Shop

from baohao.app import daily
from baohao.app.kept import adding, listing, plan
from baohao.app.kept.adding import Wanted
from baohao.app.kept.listing import Card
from baohao.app.library import library
from baohao.app.messages import remind
from baohao.core.civil import at_wall, civil_day
from baohao.core.kept import kept_key
from baohao.core.line.prospect import prospect
from baohao.core.line.state import LineState
from baohao.core.money import format_minor
from baohao.core.policy.model import Policy
from baohao.core.reminders import EARLIER_DAYS
from baohao.core.upkeep.means import Means, options
from baohao.core.upkeep.plan import MARGIN_DAYS, NOON, Stand, Step

YEARS = timedelta(days=730)
DAY = timedelta(days=1)
#: The six, each with what was done last; minor units.
SIX = {
    "mo.ctm.idd": ("topup", 5_000),
    "hk.hahasim.yearly": ("topup", 1_000),
    "hk.clubsim.local": ("pack", 600),
    "gb.giffgaff.payg": ("sms_out", None),
    "id.telkomsel.prepaid": ("topup", 5_000_000),
    "hk.cmhk.prepaid": ("topup", 5_000),
}
#: Of a card like this one nobody is told.
MUTE = "gb.giffgaff.mute"


@pytest.fixture
def house(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    rules = {pin: each for pin, each in library().items() if each.name in SIX}
    (loud,) = [each for each in rules.values() if each.name == "gb.giffgaff.payg"]
    mute = replace(loud, name=MUTE, reminders=())
    shop.rules = {**rules, mute.pin: mute}
    # All buckets at once: there are a dozen cards.
    monkeypatch.setattr(remind, "BUCKETS", 4096)
    return shop


@dataclass
class Robot:
    """Whoever keeps one card."""

    subject: str
    policy: Policy
    #: Which step is left out, counted from 1; 0: none is.
    skips: int = 0
    steps: int = 0
    spent_minor: int = 0
    is_lost: bool = False
    #: The step left out was done at the last moment, and the card has been let go.
    is_done: bool = False
    #: How many days before the last one reminders of the step left out were written down.
    leads: set[int] = field(default_factory=set)
    #: What the plan says, as far as it was followed already.
    steps_ahead: list[Step] = field(default_factory=list)

    def was_told(self, lead: int) -> bool:
        """Whether a reminder came as early as its policy says; earlier where it is doubted."""
        return any(lead <= told <= lead + EARLIER_DAYS for told in self.leads)

    @property
    def waits(self) -> bool:
        """Whether the step that is left out is the next one."""
        return self.steps + 1 == self.skips


@dataclass
class World:
    """A house, and robots that keep cards there."""

    house: Shop
    robots: list[Robot]
    keeper: str

    def cards(self) -> dict[str, Card]:
        found = self.house.shell.run(
            lambda conn: listing.of_keepers(conn, self.house.terms(), VAULT, [self.keeper])
        )
        return {each.subject: each for each in found}

    def live(self, until: datetime) -> None:
        """Go from each instant at which something is due to the next."""
        while (now := self.house.now()) < until:
            daily.run(self.house.shell, self.house.new_id)
            remind.run(self.house.shell, teller(self.house), self.house.new_id)
            ahead = [until, *self.reminders_ahead(now)]
            cards = self.cards()
            for robot in self.robots:
                card = cards[robot.subject]
                if robot.is_done:
                    continue
                if robot.is_lost or not self.is_live(card.state, now):
                    robot.is_lost = True
                elif (at := self.turn(robot, card, now)) is not None:
                    ahead.append(at)
            self.house.later(max(min(ahead) - self.house.now(), timedelta(minutes=1)))

    def turn(self, robot: Robot, card: Card, now: datetime) -> datetime | None:
        """Do what is due of a card; return when the next is, where it is not due yet."""
        if not robot.steps_ahead:
            found = plan.of_card(card, now).found
            assert found is not None, robot
            robot.steps_ahead = list(found.steps)
        step = robot.steps_ahead[0]
        if robot.waits:
            # Nobody looks at the plan: the deadline is what is waited for.
            end = self.end(card, now)
            robot.leads |= (told := self.told(card, end))
            if 1 not in told:
                return end
            self.do(robot, step, now)
            # It was saved, and has shown what it is there for.
            robot.is_done = self.is_live(self.house.line(robot.subject), now)
            gone = {"cause": "holder", "reason": "it is not needed any more"}
            self.house.say("terminate", robot.subject, principal="robot", channel="app", **gone)
            return None
        if step.at > now:
            return step.at
        self.do(robot, robot.steps_ahead.pop(0), now)
        return now

    def do(self, robot: Robot, step: Step, now: datetime) -> None:
        for said in plan.done(step, now):
            self.house.say("record", robot.subject, principal="robot", channel="app", **said)
        robot.steps += 1
        robot.spent_minor += step.option.cost_minor

    def told(self, card: Card, end: datetime) -> set[int]:
        """How many days before the last one a card's deadline has been told of."""
        query = (
            "SELECT key FROM messages WHERE number = %s AND deadline = %s AND made_at < deadline"
        )
        told = set()
        for (key,) in self.rows(query, card.subject, end):
            _, last, day, _ = str(key).split("|")
            told.add((date.fromisoformat(last) - date.fromisoformat(day)).days)
        return told

    def rows(self, query: str, *parameters: object) -> list[Any]:
        return self.house.shell.run(
            lambda conn: conn.execute(query.encode(), parameters).fetchall()
        )

    def end(self, card: Card, now: datetime) -> datetime:
        """The earliest end of service, in any world."""
        seen = prospect(card.state, self.house.rules, now).service_until.earliest
        assert seen is not None
        return seen.at

    def is_live(self, state: LineState, now: datetime) -> bool:
        return all(view.kind == "live" for view in prospect(state, self.house.rules, now).views)

    def reminders_ahead(self, now: datetime) -> Iterator[datetime]:
        """Yield when the next reminder is due of cards whose robots wait for one."""
        waiting = [each.subject for each in self.robots if each.waits and not each.is_lost]
        query = "SELECT min(next_at) FROM reminder_marks WHERE next_at > %s AND number = ANY(%s)"
        for (at,) in self.rows(query, now, waiting):
            if at is not None:
                yield at


def begin(house: Shop, keeper: str, drawn: Random) -> World:
    """Keep each of the six twice, and the one that nobody is told of."""
    names = [*SIX, *SIX, MUTE]
    now, robots = house.now(), []
    for n, name in enumerate(names):
        kind, minor = SIX.get(name, SIX["gb.giffgaff.payg"])
        policy = adding.product(house.rules, name, now.date())
        amount = "" if minor is None else format_minor(minor, policy.currency)
        on = now.astimezone(policy.zone).date()
        wanted = Wanted(
            product=name,
            act=kind,
            on=on,
            amount=amount,
            balance="50" if policy.charges else "",
        )
        subject = kept_key(f"+8526600{n:04}", keeper)
        house.say(
            "keep",
            subject,
            principal=keeper,
            channel="app",
            **adding.asked(house.rules, wanted, keeper, now),
        )
        # In two years every card of them has as many steps at least.
        skips = 0 if n < len(SIX) else drawn.randint(1, 2)
        robots.append(Robot(subject=subject, policy=policy, skips=skips))
    return World(house, robots, keeper)


def leads(policy: Policy) -> list[int]:
    """How many days before the last one a policy has people told."""
    (rule,) = policy.reminders
    return [lead.count for lead in rule.leads if lead.count]


def naive(policy: Policy, line: LineState, now: datetime, until: datetime) -> int:
    """What it costs to repeat the smallest act that counts, each as late as its margin allows."""
    stand, at, spent_minor = Stand(standings=line.standings, acts=line.acts), now, 0
    while True:
        end = ends(policy, stand, at)
        last = civil_day(end - timedelta(microseconds=1), policy.zone)
        at = max(at, at_wall(last - MARGIN_DAYS * DAY, NOON, policy.zone))
        if at >= until:
            return spent_minor
        tried = ((each, acted(policy, stand, each, at)) for each in options(policy, Means()).known)
        option, stand = next(pair for pair in tried if ends(policy, pair[1], at) > end)
        spent_minor += option.cost_minor


@pytest.mark.soak
def test_six_cards_live_for_two_years(house: Shop, campaign: Callable[[int], Campaign]) -> None:
    drawn = campaign(1)
    random = Random(drawn.seed)
    for n in range(drawn.count):
        world = begin(house, f"h-{n}", random)
        began, cards = house.now(), world.cards()
        least = {
            each.subject: naive(each.policy, cards[each.subject].state, began, began + YEARS)
            for each in world.robots
        }
        world.live(began + YEARS)
        *kept, mute = world.robots
        assert [each.policy.name for each in kept if each.is_lost] == []
        for robot in kept:
            assert robot.spent_minor <= least[robot.subject], robot
            assert robot.is_done == bool(robot.skips), robot
            assert not robot.skips or all(map(robot.was_told, leads(robot.policy))), robot
        # Whoever is told of nothing, and does nothing, loses the number.
        assert (mute.is_lost, mute.leads) == (True, set())
    house.is_well()
