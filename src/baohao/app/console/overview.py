"""
The overview: an operator's figures as its console opens with, made beforehand.

    stages     lines by kind of stage
    leaving    how many leave their stage on which of the next days if nothing happens
    renewals   renewals of the last days by channel
    money      what was paid and given back on each of the last days

Making them scans the stage boundaries once, whatever the number of lines; reading them is one row.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

import msgspec

from baohao.app.shell import Shell
from baohao.core.civil import civil_day, midnight
from baohao.core.line.fold import Rules
from baohao.core.operators import Operator
from baohao.store import clock, console
from baohao.store.sql import Connection

#: How many days are foretold (twelve weeks), and how many are looked back on.
AHEAD_DAYS, BACK_DAYS = 84, 28
#: Figures that are older are made anew by the worker.
GOOD_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was paid and given back on one day, in minor units."""

    day: date
    currency: str
    count: int
    taken_minor: int
    #: Above zero.
    returned_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The figures of one operator."""

    #: The civil day on which they were made.
    day: date
    #: Kind of stage -> lines.
    stages: dict[str, int]
    #: Plans that lines have.
    plans: list[str]
    #: Kind of stage -> day -> lines that leave it then.
    leaving: dict[str, dict[date, int]]
    #: Channel -> renewals of the last days.
    renewals: dict[str, int]
    money: list[Taken]

    def leaving_between(self, kind: str, first: date, end: date) -> int:
        """Return how many lines leave a kind of stage from one day to before another."""
        return sum(n for day, n in self.leaving.get(kind, {}).items() if first <= day < end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Figures, and when they were made."""

    at: datetime
    figures: Overview


def read(conn: Connection, operator: str) -> Made | None:
    """Return the figures that were made last; `None`: none were."""
    found = console.overview(conn, operator)
    if found is None:
        return None
    at, told = found
    return Made(at=at, figures=msgspec.convert(told, Overview))


def make(conn: Connection, rules: Rules, operator: Operator) -> Made:
    """Make the figures of an operator and keep them."""
    now = clock.now(conn)
    day = civil_day(now, operator.zone)
    stages: Counter[str] = Counter()
    leaving: defaultdict[str, Counter[date]] = defaultdict(Counter)
    mine = {pin for pin, policy in rules.items() if policy.operator == operator.key}
    ladders = console.ladders(conn)
    until = midnight(day + timedelta(days=AHEAD_DAYS), operator.zone)
    for ladder, place, left, lines in console.leaving(conn, now, until, operator.zone_name):
        pin, _, kinds = ladders[ladder]
        if pin in mine:
            stages[kinds[place - 1]] += lines
            if left is not None:
                leaving[kinds[place - 1]][left] += lines
    renewals, money = _sales(conn, operator, day)
    figures = Overview(
        day=day,
        stages=dict(stages),
        plans=sorted({offer.plan for pin in mine for offer in rules[pin].offers}),
        leaving={kind: dict(sorted(days.items())) for kind, days in leaving.items()},
        renewals=dict(renewals),
        money=money,
    )
    told = msgspec.to_builtins(asdict(figures), str_keys=True)
    console.put_overview(conn, operator.key, now, told)
    return Made(at=now, figures=figures)


def _sales(conn: Connection, operator: Operator, day: date) -> tuple[Counter[str], list[Taken]]:
    since = midnight(day - timedelta(days=BACK_DAYS - 1), operator.zone)
    renewals: Counter[str] = Counter()
    sums: defaultdict[tuple[date, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for at, channel, currency, what, count, minor in console.sales(
        conn, operator.key, since, operator.zone_name
    ):
        if what == "renewal":
            renewals[channel] += count
        of_day = sums[at, currency]
        if what == "reversal":
            of_day[2] -= minor
        else:
            of_day[0], of_day[1] = of_day[0] + count, of_day[1] + minor
    return renewals, [
        Taken(day=at, currency=currency, count=count, taken_minor=taken, returned_minor=back)
        for (at, currency), (count, taken, back) in sorted(sums.items())
    ]


def refresh(shell: Shell, rules: Rules, operators: Mapping[str, Operator]) -> int:
    """Make the figures anew that are too old, and return of how many operators."""
    known = shell.run(lambda conn: {pin for pin, _, _ in console.ladders(conn).values()})
    at_work = sorted({rules[pin].operator for pin in known if pin in rules} & operators.keys())
    made = 0
    for key in at_work:
        if shell.run(lambda conn, key=key: _is_old(conn, key)):  # type: ignore[misc]
            shell.run(lambda conn, key=key: make(conn, rules, operators[key]))  # type: ignore[misc]
            made += 1
    return made


def _is_old(conn: Connection, operator: str) -> bool:
    found = console.overview(conn, operator)
    # A clock that was set back makes no figures of the future good.
    return found is None or not timedelta(0) <= clock.now(conn) - found[0] < GOOD_FOR
