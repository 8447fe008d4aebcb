"""The cheapest way to keep a number: judged by brute force, by laws, and by whole policies."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from tests.conftest import Campaign

from baohao.app.library import read_library
from baohao.app.policies import zone_of
from baohao.config import policies_path
from baohao.core.civil import at_wall, civil_day
from baohao.core.line.acts import Act
from baohao.core.line.fold import fold_on
from baohao.core.line.project import project
from baohao.core.policy.model import Policy
from baohao.core.policy.parse import parse
from baohao.core.policy.worlds import worlds_of
from baohao.core.upkeep import plan as planning
from baohao.core.upkeep.means import Means, Option, options
from baohao.core.upkeep.plan import (
    NOON,
    NothingKeeps,
    Stand,
    TooManyWays,
    Upkeep,
    begun,
    upkeep,
)

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)
MARGIN_DAYS = 3
#: Lines of the brute force are looked at every so many days, and at the latest safe noon.
EVERY_DAYS = 20
HORIZON_DAYS = 300
LIBRARY = read_library(policies_path()).policies

_HEAD = """
policy = "mo.demo.drawn"
version = "1"
title = "Drawn by chance"
country = "MO"
operator = "demo"
zone = "Asia/Macau"
currency = "MOP"
effective = { from = 2020-01-01 }
confidence = "X"
invented = true

[[sources]]
url = "https://example.org/"
checked = 2026-11-22
confidence = "X"
"""
_TAIL = """
[balances.main]

[[stages]]
name = "active"
kind = "live"
until = "service"
services = "full"

[[stages]]
name = "lost"
kind = "lost"
services = "none"
balance = "forfeit"
"""


def drawn(random: Random) -> Policy:
    """Return a policy of one clock, with tiers and a base drawn by chance."""
    amounts = sorted(random.sample(range(10, 200, 10), random.randint(1, 3)))
    days = [random.randint(30, 160) for _ in amounts]
    tiers = ", ".join(f'["{n}.00", "{d} days"]' for n, d in zip(amounts, days, strict=True))
    base = random.choice(["RESET", "STACK", "LONGEST"])
    cap = '\ncap = { max = "200 days", from = "event", excess = "truncate" }'
    text = f"""{_HEAD}
[clocks.service]
kind = "service"
starts = "activation"
term = "{random.randint(40, 120)} days"

[[events]]
id = "topup"
kind = ["topup"]
stages = ["active"]
min = "{amounts[0]}.00"

[[events.extend]]
clock = "service"
base = "{base}"
term = {{ tiers = [{tiers}], by = "amount" }}{cap if random.random() < 0.4 else ""}
{_charge(random)}{_TAIL}"""
    policy = parse(tomllib.loads(text), zone_of).policy
    assert policy is not None
    return policy


def _charge(random: Random) -> str:
    if random.random() < 0.7:
        return ""
    return """
[[charges]]
id = "rental"
kind = "rental"
amount = "5.00"
every = "30 days"
starts = "activation"
balance = "main"
stages = ["active"]
on_failure = "skip"
"""


class Brute:
    """Every way to keep a line by acting on a grid of days, and its least cost."""

    def __init__(self, policy: Policy, until: datetime) -> None:
        self._policy, self._until = policy, until
        self._options = options(policy, Means()).known

    def least(self, stand: Stand, at: datetime, most_minor: int) -> int | None:
        """Return what the cheapest way costs, if that is less than `most_minor`."""
        end = ends(self._policy, stand, at)
        if end >= self._until:
            return 0
        found: int | None = None
        for day in self._days(at, end):
            for option in self._options:
                if option.cost_minor >= most_minor:
                    continue
                after = acted(self._policy, stand, option, day)
                if ends(self._policy, after, day) <= end:
                    continue
                rest = self.least(after, day, most_minor - option.cost_minor)
                if rest is not None:
                    found = most_minor = rest + option.cost_minor
        return found

    def _days(self, at: datetime, end: datetime) -> Iterator[datetime]:
        zone = self._policy.zone
        last = civil_day(end - timedelta(microseconds=1), zone) - timedelta(days=MARGIN_DAYS)
        day = civil_day(at, zone) + timedelta(days=1)
        while day < last:
            yield at_wall(day, NOON, zone)
            day += timedelta(days=EVERY_DAYS)
        yield max(at, at_wall(last, NOON, zone))


def ends(policy: Policy, stand: Stand, at: datetime) -> datetime:
    """Return when a line leaves service, or the stage it is late in, in the worst world."""
    found = []
    for world, standing in zip(worlds_of(policy), stand.standings, strict=True):
        view = project(world, standing, stand.acts, at)
        late = view.kind != "live"
        ahead = [b.at for b in view.ahead if late or b.kind != "live"]
        found.append(at if view.safe_until is None and late else min(ahead, default=NEVER))
    return min(found)


def acted(policy: Policy, stand: Stand, option: Option, at: datetime) -> Stand:
    """Return a line after an act."""
    acts = tuple(
        Act(
            id=f"{len(stand.acts)}-{n}",
            kind=option.kind,
            at=at,
            amount_minor=option.amount_minor,
            sku=option.sku,
            term=option.term,
            channel=option.channel,
            tags=option.rule.tags,
        )
        for n in range(option.times)
    )
    folded = fold_on({policy.pin: policy}, policy.pin, stand.standings, stand.acts, acts, until=at)
    return Stand(standings=tuple(f.standing for f in folded), acts=(*stand.acts, *acts))


def planned(policy: Policy, days: int = HORIZON_DAYS) -> Upkeep:
    until = NOW + timedelta(days=days)
    return upkeep(policy, begun(policy, NOW), NOW, until, margin_days=MARGIN_DAYS)


def tried(policy: Policy, days: int = HORIZON_DAYS) -> Upkeep | NothingKeeps:
    try:
        return planned(policy, days)
    except NothingKeeps as nothing:
        return nothing


def test_brute_force_finds_nothing_cheaper(campaign: Callable[[int], Campaign]) -> None:
    drawn_ = campaign(25)
    random, cheaper, kept = Random(drawn_.seed), 0, 0
    for _ in range(drawn_.count):
        policy = drawn(random)
        found = tried(policy)
        if isinstance(found, NothingKeeps):
            assert (
                Brute(policy, NOW + timedelta(days=HORIZON_DAYS)).least(
                    begun(policy, NOW), NOW, 10**9
                )
                is None
            )
            continue
        kept += 1
        assert found.excess_percent == 0
        brute = Brute(policy, NOW + timedelta(days=HORIZON_DAYS))
        least = brute.least(begun(policy, NOW), NOW, found.cost_minor + 1)
        assert least is not None, "the plan's own days are among those of the brute force"
        cheaper += least < found.cost_minor
    assert kept > drawn_.count // 2
    assert cheaper == 0


def test_whoever_always_takes_the_smallest_act_pays_more_somewhere() -> None:
    """The twin: a plan that looks at one act only is found out by the same brute force."""
    random, dearer = Random(0), 0
    for _ in range(60):
        policy = drawn(random)
        cost = repeated(policy, 0)
        if cost is not None:
            brute = Brute(policy, NOW + timedelta(days=HORIZON_DAYS))
            least = brute.least(begun(policy, NOW), NOW, cost + 1)
            dearer += least is not None and least < cost
    assert dearer


def repeated(policy: Policy, nth: int, days: int = HORIZON_DAYS) -> int | None:
    """Return what it costs to repeat one act at the latest safe noon; `None`: it does not keep."""
    stand, at, cost = begun(policy, NOW), NOW, 0
    option = options(policy, Means()).known[nth]
    zone, until = policy.zone, NOW + timedelta(days=days)
    while (end := ends(policy, stand, at)) < until:
        day = civil_day(end - timedelta(microseconds=1), zone) - timedelta(days=MARGIN_DAYS)
        at = max(at, at_wall(day, NOON, zone))
        stand = acted(policy, stand, option, at) if at < end else stand
        if ends(policy, stand, at) <= end:
            return None
        cost += option.cost_minor
    return cost


@pytest.mark.parametrize("pin", sorted(LIBRARY))
def test_a_plan_keeps_every_line_of_the_library(pin: str) -> None:
    """Two years: no act comes after the line has left its stage, in any world."""
    policy = LIBRARY[pin]
    found = tried(policy, 730)
    if isinstance(found, NothingKeeps):
        lost = date.fromisoformat(str(found.facts["lost"]))
        assert NOW.date() <= lost < (NOW + timedelta(days=730)).date()
        return
    stand, spent = begun(policy, NOW), 0
    for step in found.steps:
        assert step.at < ends(policy, stand, step.at) == step.before
        stand = acted(policy, stand, step.option, step.at)
        assert {policy.stage(each.stage).kind for each in stand.standings} == {"live"}
        spent += step.option.cost_minor
        assert step.spent_minor == spent
    last = found.steps[-1].at if found.steps else NOW
    assert ends(policy, stand, last) >= NOW + timedelta(days=730)
    assert found.cost_minor == spent
    naive = [repeated(policy, n, 730) for n in range(len(options(policy, Means()).known))]
    dearest = 1 + found.excess_percent / 100
    assert all(cost is None or found.cost_minor <= cost * dearest for cost in naive)


def test_what_is_not_known_is_taken_at_its_worst() -> None:
    """CTM does not say whether a top-up resets or stacks: the plan must hold either way."""
    policy = LIBRARY["mo.ctm.idd@2020-09"]
    found = planned(policy, 730)
    # 180 days, and at worst 177 more with each: 711 days are too few, 888 are enough.
    assert [step.option.cost_minor for step in found.steps] == [5_000] * 4
    # 177 more days for each: what was there before is not bought by them.
    assert found.year_minor == -(-20_000 * 365 // (4 * 177))
    assert found.steps[0].option.how is not None


def test_what_nobody_has_said_the_price_of_is_named_and_not_planned() -> None:
    """A pack gives the time that it says; what it costs stands on no page."""
    found = options(LIBRARY["in.airtel.prepaid@2025-01"], Means())
    assert "pack" in found.unpriced
    assert {option.kind for option in found.known}.isdisjoint({"pack", "gift"})


#: A cheap act holds the number where it is; a dear one brings service back too.
_LATE = """
[clocks.service]
kind = "service"
starts = "activation"
term = "30 days"

[clocks.number]
kind = "number"
starts = "activation"
term = "60 days"

[[events]]
id = "hold"
kind = ["topup"]
stages = ["active", "late"]
min = "10.00"
extend = [{ clock = "number", base = "STACK", term = "60 days" }]

[[events]]
id = "pack"
kind = ["pack"]
stages = ["active", "late"]
min = "100.00"
extend = [
  { clock = "service", base = "RESET", term = "365 days" },
  { clock = "number", base = "RESET", term = "395 days" },
]

[balances.main]

[[stages]]
name = "active"
kind = "live"
until = "service"
services = "full"

[[stages]]
name = "late"
kind = "suspended"
until = "number"
services = "none"
restore = { by = ["hold", "pack"], min = "10.00" }

[[stages]]
name = "lost"
kind = "lost"
services = "none"
balance = "forfeit"
"""


def test_a_line_that_is_late_is_brought_back_not_held_where_it_is() -> None:
    policy = parse(tomllib.loads(_HEAD + _LATE), zone_of).policy
    assert policy is not None
    late, until = NOW + timedelta(days=40), NOW + timedelta(days=300)
    found = upkeep(policy, begun(policy, NOW), late, until, margin_days=MARGIN_DAYS)
    assert [step.option.rule.id for step in found.steps] == ["pack"]


def test_means_narrow_what_is_done() -> None:
    policy = LIBRARY["gb.giffgaff.payg@2026-11"]
    stand, until = begun(policy, NOW), NOW + timedelta(days=400)
    abroad = upkeep(policy, stand, NOW, until, Means(abroad=True))
    assert {step.option.kind for step in abroad.steps} == {"sms_out"}
    assert {step.option.how.channel for step in abroad.steps if step.option.how} == {"sms"}
    with pytest.raises(NothingKeeps, match="topup, voucher"):
        upkeep(policy, stand, NOW, until, Means(kinds=frozenset({"topup", "voucher"})))
    paid = Means(kinds=frozenset({"topup"}), prices={"topup": 1_000})
    assert upkeep(policy, stand, NOW, until, paid).cost_minor == 2_000


def test_a_search_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "PATIENCE", ((0, 1),))
    with pytest.raises(TooManyWays):
        planned(LIBRARY["mo.demo.keep12@2026-01"], 3_650)
