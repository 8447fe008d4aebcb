"""
The door: every change to any subject, from every channel, comes through here as an ask.

    Refusal
    ├── AskMalformed     the ask is not sound (app/soundness)
    ├── KeyReused        its key was used for something else
    ├── CardTaken        its card is on another line (app/known)
    ├── AskParked        a defect kept it from being decided; it is put aside with the reason
    ├── HouseClosed      a restored database waits for its operator
    └── (verbs)          what `decide` refuses

A batch in, one answer for each ask out. A batch is cut where a subject or a key comes again, so
that the asks are decided in their order of arrival and end in the same books as one by one. The
transaction is the caller's: `app/shell.py`. See docs/rules/door.md.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from baohao.app import known as trip1
from baohao.app.known import Known
from baohao.app.soundness import body_of
from baohao.app.written import Written
from baohao.core.asks import Ask, Terms
from baohao.core.bucket import bucket_of
from baohao.core.decide import decide
from baohao.core.decide.settle_up import NothingDue
from baohao.core.refusals import Refusal
from baohao.store import partitions
from baohao.store.keys import Place, Used
from baohao.store.sql import Connection

log = logging.getLogger(__name__)


class KeyReused(Refusal):
    """The key was used before, for something else; give each ask a key of its own."""

    code = "key.reused"


class AskParked(Refusal):
    """Something is wrong on our side; the ask has been put aside, and people will look at it."""

    code = "ask.parked"


class HouseClosed(Refusal):
    """The database was restored and is being checked; nothing is changed until it is opened."""

    code = "house.closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A decision that was made, now or before."""

    #: The place of its last event.
    subject: str
    seq: int
    #: As it was given the first time.
    answer: Mapping[str, Any]
    #: It was made by an earlier ask with the same key.
    is_repeat: bool = False


Answer = Answered | Refusal


@dataclass(frozen=True, slots=True)
class _Sound:
    """An ask that may wait with others."""

    index: int
    ask: Ask
    body: bytes

    @property
    def place(self) -> Place:
        return bucket_of(self.ask.subject), self.ask.principal, self.ask.key


class Door:
    """Decides asks under the terms of the moment."""

    def __init__(self, terms: Callable[[], Terms]) -> None:
        self._terms = terms
        #: Months that the journal is known to have room for.
        self._months: frozenset[date] = frozenset()

    @property
    def terms(self) -> Terms:
        """What is on offer now."""
        return self._terms()

    def answer(self, conn: Connection, asks: Sequence[Ask]) -> list[Answer]:
        """
        Decide asks in order and write what was decided; return one answer for each.

        Raises what the database raises, and `MonthMissing`: the transaction is to be rolled back,
        and the same asks may be sent again.
        """
        answers: dict[int, Answer] = {}
        sound: list[_Sound] = []
        for index, ask in enumerate(asks):
            try:
                sound.append(_Sound(index, ask, body_of(ask)))
            except Refusal as refusal:
                answers[index] = refusal
        for batch in _batches(sound):
            self._batch(conn, batch, answers)
        return [answers[index] for index in range(len(asks))]

    def _batch(self, conn: Connection, batch: list[_Sound], answers: dict[int, Answer]) -> None:
        terms = self._terms()
        known = trip1.find(conn, [sound.ask for sound in batch], terms)
        if not known.is_open:
            answers.update({sound.index: HouseClosed() for sound in batch})
            return
        month = partitions.month_of(known.now)
        if month not in self._months:
            self._months = partitions.months(conn)
            if month not in self._months:
                raise partitions.MonthMissing(month)
        written = Written(known, terms)
        for sound in batch:
            answers[sound.index] = _answer(sound, known, terms, written)
        written.send(conn)


def _batches(asks: Sequence[_Sound]) -> Iterator[list[_Sound]]:
    """Cut asks where a subject or a key comes again, but for plain repeats of an ask."""
    batch: list[_Sound] = []
    subjects: dict[str, _Sound] = {}
    places: dict[Place, _Sound] = {}
    for sound in asks:
        first = subjects.get(sound.ask.subject) or places.get(sound.place)
        if first is not None and not _repeats(sound, first):
            yield batch
            batch, subjects, places = [], {}, {}
        batch.append(sound)
        subjects[sound.ask.subject] = places[sound.place] = sound
    if batch:
        yield batch


def _repeats(sound: _Sound, first: _Sound) -> bool:
    return bool(sound.ask.key) and sound.place == first.place and sound.body == first.body


def _answer(sound: _Sound, known: Known, terms: Terms, written: Written) -> Answer:
    ask = sound.ask
    used = known.used.get(sound.place) if ask.key else None
    if used is not None:
        return _kept(used, sound)
    try:
        decision = decide(known.state(ask.subject), known.facts(ask), ask, terms, known.now)
        if isinstance(decision, Refusal):
            if isinstance(decision, NothingDue):
                written.remind(ask)
            return decision
        seq, answer = written.add(ask, sound.body, decision, known.changes(decision))
    except Refusal as refusal:
        return refusal
    except Exception as defect:  # noqa: BLE001 - whatever it is, its neighbours must not suffer
        # Its kind alone: what it says of the ask is for the table, not for a log.
        log.error("%s was put aside by a %s", ask.verb, type(defect).__name__)  # noqa: TRY400
        written.park(ask, f"{type(defect).__name__}: {defect}")
        return AskParked()
    if ask.key:
        known.used[sound.place] = Used(
            body=sound.body, answer=answer.decode(), subject=ask.subject, seq=seq
        )
    return Answered(subject=ask.subject, seq=seq, answer=decision.answer)


def _kept(used: Used, sound: _Sound) -> Answer:
    """Return the answer that was given the first time."""
    if used.body != sound.body:
        return KeyReused()
    answer = msgspec.json.decode(used.answer)
    return Answered(subject=used.subject, seq=used.seq, answer=answer, is_repeat=True)
