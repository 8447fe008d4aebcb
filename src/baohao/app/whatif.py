"""
What if: how many lines stand in which stage on a day, and what another policy would make of them.

By date it is one scan of the stored stage boundaries, whatever the number of lines. By policy
change it plays a sample of the lines through the change. Neither changes anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from baohao.core.asks import Ask, Decision, Facts, Terms
from baohao.core.decide import decide
from baohao.core.line import codec
from baohao.core.line.outlook import Outlook, outlook
from baohao.core.line.state import LineState
from baohao.core.refusals import Refusal
from baohao.store.sql import Connection, rows

#: How many lines a sample has unless somebody says otherwise: shares are known to one in a hundred.
SAMPLE = 10_000
#: Pages are drawn by chance; the same seed draws the same ones.
SEED = 1
_MOVER = UUID(int=0)


class DayBefore(Refusal):
    """{at} is over: ask for an instant from {now} on."""

    code = "whatif.past"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCount:
    """How many lines of one policy stand in one stage."""

    pin: str
    stage: str
    #: live, grace, suspended, quarantined ...
    kind: str
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a sample of lines would gain and lose by another policy."""

    #: Lines that were played; fewer than asked for where there are no more.
    sampled: int
    #: By the days that the number is safe for longer; below 0 for less long.
    moved_days: Mapping[int, int]
    #: Lines that may not be moved, by the refusal's code.
    refused: Mapping[str, int]
    #: Stage -> lines that would stand in it on the day, without the change and with it.
    before: Mapping[str, int]
    after: Mapping[str, int]

    @property
    def gaining(self) -> int:
        """How many would be safe for longer."""
        return sum(lines for days, lines in self.moved_days.items() if days > 0)

    @property
    def losing(self) -> int:
        """How many would be safe for less long."""
        return sum(lines for days, lines in self.moved_days.items() if days < 0)


def on_day(conn: Connection, at: datetime) -> tuple[StageCount, ...]:
    """
    Return how many lines stand in which stage at `at` if nothing happens until then.

    Where readings of a policy differ, it is the one in which the number is lost first. Raises
    `DayBefore`.
    """
    [(now,)] = rows(conn, "read_now")
    if at < now:
        raise DayBefore(at=at.isoformat(), now=now.isoformat())
    ladders = {ladder: rest for ladder, *rest in rows(conn, "read_ladders")}
    found: Counter[tuple[str, str, str]] = Counter()
    for ladder, place, lines in rows(conn, "count_stages", at):
        pin, stages, kinds = ladders[ladder]
        # 0: a clock of the demo was turned back to before the line's first stage.
        index = max(place - 1, 0)
        found[pin, stages[index], kinds[index]] += lines
    return tuple(
        StageCount(pin=pin, stage=stage, kind=kind, lines=lines)
        for (pin, stage, kind), lines in sorted(found.items())
    )


def under(
    conn: Connection, terms: Terms, pin: str, new_pin: str, at: datetime, sample: int = SAMPLE
) -> Change:
    """
    Return what moving the lines of the policy `pin` to `new_pin` now would mean on the day `at`.

    The notice that is due to holders counts as given. Nothing is written.
    """
    [(now,)] = rows(conn, "read_now")
    moved: Counter[int] = Counter()
    refused: Counter[str] = Counter()
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    sampled = 0
    for line in _sample(conn, pin, sample):
        sampled += 1
        old = outlook(line, terms.rules, now)
        before[stage_at(old, at)] += 1
        decided = decide(line, Facts(), _repin(line, new_pin), terms, now)
        if not isinstance(decided, Decision) or decided.state is None:
            refused[getattr(decided, "code", "")] += 1
            after[stage_at(old, at)] += 1
            continue
        new = outlook(decided.state, terms.rules, now)
        after[stage_at(new, at)] += 1
        moved[_days(old, new)] += 1
    return Change(sampled=sampled, moved_days=moved, refused=refused, before=before, after=after)


def stage_at(found: Outlook, at: datetime) -> str:
    """Return the stage of an outlook at an instant; the first for any earlier one."""
    began = [stage for stage, start in zip(found.stages, found.starts, strict=True) if start <= at]
    return began[-1] if began else found.stages[0]


def _days(old: Outlook, new: Outlook) -> int:
    if old.safe_until is None or new.safe_until is None:
        return 0
    return (new.safe_until - old.safe_until).days


def _repin(line: LineState, pin: str) -> Ask:
    return Ask(
        id=_MOVER,
        verb="repin",
        subject=line.number,
        key="whatif",
        principal="whatif",
        channel="operator",
        payload={"pin": pin, "notified_at": "1970-01-01T00:00:00+00:00"},
        expect_version=line.version,
    )


def _sample(conn: Connection, pin: str, sample: int) -> Iterator[LineState]:
    """Yield lines of a policy from pages drawn by chance, enough of them for the sample."""
    [(all_lines,)] = rows(conn, "guess_lines")
    # Three times what is needed: lines of other policies lie between them.
    percent = min(100.0, 300.0 * sample / max(all_lines, 1))
    for (state,) in rows(conn, "sample_lines", percent, SEED, pin, sample):
        yield codec.decode(state)
