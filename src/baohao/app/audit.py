"""
The audit: whether the journal is whole, and whether the rows are what it says.

Three things are held against each other: the chain of each subject against itself, the heads
against the sealed roots (those that were exported, if they are given), and each line's row, and
each till's shifts, against its events replayed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from baohao.core.bucket import BUCKETS, bucket_of
from baohao.core.line import codec
from baohao.core.line.evolve import evolve
from baohao.core.line.fold import Rules
from baohao.core.line.state import LineState
from baohao.core.refusals import Refusal
from baohao.core.shifts import Shift, shifts_of
from baohao.store import journal, seals, shifts
from baohao.store.journal import Fault, Kept
from baohao.store.sql import Connection, rows

#: Buckets that are read at once: some 80,000 lines at ten million. Where they hold few events, so
#: many times more are read next: a small house is read in a few steps.
AT_ONCE, FEW, MORE = 32, 1_000, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What an audit looked at and what it found."""

    subjects: int
    events: int
    #: Days whose seals were held against the journal.
    days: int
    faults: tuple[Fault, ...]


def verify(
    conn: Connection,
    rules: Rules,
    *,
    buckets: range = range(BUCKETS),
    exported: Mapping[date, str] | None = None,
) -> Audited:
    """
    Audit these buckets: every chain, every row against its replay, every sealed day.

    `exported` are texts of `seals.export` that were kept outside, by day; they are held against the
    journal instead of the seals in the database.
    """
    subjects = events = 0
    faults: list[Fault] = []
    first, many = buckets.start, AT_ONCE
    while first < buckets.stop:
        last, before = min(first + many, buckets.stop) - 1, events
        found = rows(conn, "read_rows_of_buckets", first, last, first, last)
        kept = {subject: (bytes(head), state) for subject, head, state in found}
        entries = journal.entries_of_buckets(conn, first, last)
        worked = shifts.of_buckets(conn, first, last)
        for subject, chain in journal.of_buckets(conn, first, last):
            subjects, events = subjects + 1, events + len(chain)
            # A subject without a row has lost it: no chain ends where none begins.
            head, state = kept.pop(subject, (journal.NOTHING, None))
            wrong = list(journal.faults(chain, entries, head))
            if not wrong and ":" not in subject and not _makes(chain, state, rules):
                wrong.append(Fault(subject=subject, seq=len(chain), what="row"))
            if worked.pop(subject, []) != _shifts(subject, chain) and not wrong:
                wrong.append(Fault(subject=subject, seq=len(chain), what="row"))
            faults += wrong
        faults += [
            Fault(subject=subject, seq=0, what="gone")
            for subject, (head, _) in kept.items()
            if head != journal.NOTHING
        ]
        faults += [Fault(subject=till, seq=0, what="row") for till in worked]
        first, many = last + 1, many * MORE if events - before < FEW else many
    days = _days(conn, exported)
    for day, roots in days.items():
        faults += _unsealed(conn, day, roots, buckets)
    return Audited(subjects=subjects, events=events, days=len(days), faults=tuple(faults))


def replayed(chain: Sequence[Kept], rules: Rules) -> LineState | None:
    """Return the line that its events make; None for no events."""
    state: LineState | None = None
    for kept in chain:
        state = evolve(state, kept.recorded.event, rules)
    return state


def history(conn: Connection, subject: str) -> tuple[Kept, ...]:
    """Return the events of a subject in order, for its timeline."""
    return journal.of_subject(conn, bucket_of(subject), subject)


def seal(conn: Connection, day: date) -> str:
    """Seal a day and return the text to be kept outside; raises `DayNotOver`."""
    return seals.export(seals.seal(conn, day))


def sealed_day(text: str) -> date:
    """Return the day of a text that `seal` gave; ValueError for anything else."""
    day = date.fromisoformat(text[:10])
    if not seals.imported(text):
        raise ValueError("no seal is in it")
    return day


def _shifts(subject: str, chain: Sequence[Kept]) -> list[Shift]:
    """Return the shifts that these events make; only tills have any."""
    if not subject.startswith("till:"):
        return []
    return list(shifts_of(kept.recorded.event for kept in chain))


def _makes(chain: Sequence[Kept], row: codec.Row | None, rules: Rules) -> bool:
    """Whether these events make that row; events that cannot be replayed make none."""
    try:
        state = replayed(chain, rules)
    except (Refusal, ValueError):
        return False
    return state is not None and codec.encode(state) == row


def _days(conn: Connection, exported: Mapping[date, str] | None) -> dict[date, Mapping[int, bytes]]:
    if exported is not None:
        return {day: seals.imported(text) for day, text in exported.items()}
    return {day: {s.bucket: s.root for s in seals.sealed(conn, day)} for day in seals.days(conn)}


def _unsealed(
    conn: Connection, day: date, roots: Mapping[int, bytes], buckets: range
) -> Iterator[Fault]:
    for seal_ in seals.of_day(conn, day):
        if seal_.bucket in buckets and roots.get(seal_.bucket) != seal_.root:
            yield Fault(subject=f"bucket {seal_.bucket} on {day}", seq=seal_.subjects, what="seal")
