"""
What keeping a line of a policy costs a year, told once and kept: a search may take seconds.

Every line begins on one day, so that the answer hangs on the policy's text alone and is the same
tomorrow. Those of the shipped library come with it (`docs/make_library.py` writes them); others are
searched for when they are first asked for, and kept while the process lives.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from baohao.app.brochure import morning
from baohao.app.policies import shipped
from baohao.app.upkeep import Wanted, of_policy
from baohao.core.civil import FarAhead, civil_day, midnight
from baohao.core.policy.model import Policy
from baohao.core.upkeep.means import Means, Option, options
from baohao.core.upkeep.plan import NothingKeeps, TooManyWays, Upkeep, begun, upkeep

#: The day on which every line begins.
BEGINS = date(2026, 1, 1)
#: Where the answers for the shipped library are, in its folder.
FILE = "yearly.json"
#: What a year is.
_DAYS = 365
#: So many answers for other texts are kept.
_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One act of the first year."""

    #: Counted from the beginning, which is day 0.
    day: int
    kind: str
    times: int
    #: A term or what else was bought, where an amount does not say it.
    bought: str
    amount_minor: int
    channel: str
    rule: str
    #: The last day on which the number would be safe without it; `None`: it begins the time.
    without_day: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Yearly:
    """The cheapest way through the first year, and what a year costs from then on."""

    deeds: tuple[Deed, ...] = ()
    cost_minor: int = 0
    #: What a year costs once the first time is used up; `None`: nobody can tell.
    year_minor: int | None = None
    #: The last day on which the number is safe with all deeds; `None`: no end is in sight.
    safe_day: int | None = None
    #: Nothing whose price is known keeps the number for a year.
    is_lost: bool = False
    #: What would count, and has no price that anybody said.
    unpriced: tuple[str, ...] = ()


def digest(text: str) -> str:
    """Return what tells one text of a policy from another."""
    return sha256(text.encode()).hexdigest()[:16]


class Yearlies:
    """What is known: shipped, or searched for since the process began."""

    def __init__(self) -> None:
        self._found: dict[str, Yearly] = {}
        self._lock = Lock()

    def known(self, text: str) -> Yearly | None:
        """Return what is known of a policy's text; `None`: it was never searched for."""
        key = digest(text)
        return self._found.get(key) or _shipped().get(key)

    def of(self, policy: Policy, text: str) -> Yearly:
        """Return what keeping a line costs; searches where that is not known, for seconds."""
        found = self.known(text)
        if found is None:
            # One search at a time: two would only slow each other, and everybody else.
            with self._lock:
                found = self.known(text) or self._keep(digest(text), yearly(policy))
        return found

    def _keep(self, key: str, found: Yearly) -> Yearly:
        if len(self._found) >= _MOST:
            del self._found[next(iter(self._found))]
        self._found[key] = found
        return found


def yearly(policy: Policy) -> Yearly:
    """Search for the cheapest way through the first year, and what a year costs after it."""
    begins, unpriced = morning(policy, BEGINS), options(policy, Means()).unpriced
    if _waits(policy):
        return replace(_bought_first(policy, begins), unpriced=unpriced)
    try:
        found = of_policy(policy, begins, _until(BEGINS))
    except NothingKeeps as nothing:
        last = date.fromisoformat(str(nothing.facts["lost"]))
        return Yearly(safe_day=(last - BEGINS).days, is_lost=True, unpriced=unpriced)
    except TooManyWays:
        return Yearly(is_lost=True, unpriced=unpriced)
    return replace(
        _told(found), unpriced=unpriced, year_minor=_year_minor(policy, begins, found, unpriced)
    )


def _until(day: date) -> Wanted:
    return Wanted(until=day + timedelta(days=_DAYS))


def _year_minor(
    policy: Policy, begins: datetime, found: Upkeep, unpriced: tuple[str, ...]
) -> int | None:
    """Return what a year costs of the time that is paid for; activation may give the first."""
    if not found.steps:
        if found.safe_until is None:
            # Nothing ends it by itself: for good, or because nobody can say what begins its clock.
            return None if unpriced else 0
        try:
            last = BEGINS + timedelta(days=_last(policy, found.safe_until))
            found = of_policy(policy, begins, _until(last))
        except (NothingKeeps, TooManyWays, FarAhead):
            return None
    if not found.steps or found.safe_until is None:
        return found.year_minor
    return _rate(found.cost_minor, found.steps[0].before, found.safe_until)


def _rate(cost_minor: int, since: datetime, until: datetime) -> int:
    """Return what a year of a time costs, rounded up."""
    return -(-cost_minor * _DAYS // max(1, (until - since).days))


# --- lines whose time begins with what is bought first --------------------------------------------


def _waits(policy: Policy) -> bool:
    """Whether the clock of the first stage is started by nothing but an act that counts."""
    until = policy.stages[0].until
    clock = None if until is None or until.clock is None else policy.clocks[until.clock]
    return clock is not None and clock.starts == ("never",)


def _bought_first(policy: Policy, begins: datetime) -> Yearly:
    """Return the cheapest year that begins with any act whose price is known."""
    found = [_begun_with(policy, begins, first) for first in options(policy, Means()).known]
    priced = [each for each in found if each is not None and each.year_minor is not None]
    return min(priced, key=lambda each: each.year_minor or 0, default=Yearly())


def _begun_with(policy: Policy, begins: datetime, first: Option) -> Yearly | None:
    until = midnight(BEGINS + timedelta(days=_DAYS + 1), policy.zone)
    try:
        found = upkeep(policy, begun(policy, begins, first), begins, until)
    except (NothingKeeps, TooManyWays, FarAhead):
        return None
    if found.safe_until is None:
        return None
    told, cost_minor = _told(found), found.cost_minor + first.cost_minor
    return replace(
        told,
        deeds=(_deed(first, 0, None), *told.deeds),
        cost_minor=cost_minor,
        year_minor=_rate(cost_minor, begins, found.safe_until),
    )


# --- answers --------------------------------------------------------------------------------------


def _told(found: Upkeep) -> Yearly:
    policy = found.policy
    deeds = tuple(
        _deed(
            step.option,
            (civil_day(step.at, policy.zone) - BEGINS).days,
            _last(policy, step.before),
        )
        for step in found.steps
    )
    safe = None if found.safe_until is None else _last(policy, found.safe_until)
    return Yearly(deeds=deeds, cost_minor=found.cost_minor, safe_day=safe)


def _deed(option: Option, day: int, without_day: int | None) -> Deed:
    return Deed(
        day=day,
        kind=option.kind,
        times=option.times,
        bought=str(option.term) if option.term else option.sku,
        amount_minor=option.cost_minor,
        channel=option.channel,
        rule=option.rule.id,
        without_day=without_day,
    )


def _last(policy: Policy, end: datetime) -> int:
    return (civil_day(end - timedelta(microseconds=1), policy.zone) - BEGINS).days


# --- as it is shipped -----------------------------------------------------------------------------


def written(found: Mapping[str, tuple[str, Yearly]]) -> str:
    """Write answers, by pin, each with its policy's text: a line for each, so that they compare."""
    lines = [
        f"{json.dumps(pin)}: {json.dumps({'of': digest(text)} | asdict(each), ensure_ascii=False)}"
        for pin, (text, each) in sorted(found.items())
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read(text: str) -> dict[str, Yearly]:
    """Read what `written` wrote, by the digest of each policy's text."""
    return {each["of"]: _read(each) for each in json.loads(text).values()}


def _read(said: Mapping[str, Any]) -> Yearly:
    deeds = tuple(Deed(**deed) for deed in said["deeds"])
    rest = {name: value for name, value in said.items() if name not in ("of", "deeds", "unpriced")}
    return Yearly(deeds=deeds, unpriced=tuple(said["unpriced"]), **rest)


@cache
def _shipped() -> Mapping[str, Yearly]:
    file: Path = shipped() / FILE
    return read(file.read_text(encoding="utf-8")) if file.is_file() else {}
