"""
What would become of rows: decided as they would be, under the same locks, and written nowhere.

    Refusal
    └── LineNotYours   a number that is not the agent's, whether or not it is a line

Part after part, each sees what the rows before it would take from the float and from promotions.
What is confirmed later is asked for with the price and the dates that were shown, so that a row is
either sold as it was shown or refused. See docs/rules/checked-files.md.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from baohao.app import known as trip1
from baohao.app.bulk.part import OUTCOME, REFUSED, REPEATED, Outcome, Renewing
from baohao.app.bulk.rows import Row
from baohao.app.door import AskParked, HouseClosed
from baohao.app.known import Known
from baohao.core.asks import Ask, Decision, Terms
from baohao.core.bucket import bucket_of
from baohao.core.decide import decide
from baohao.core.decide.case import safe_until
from baohao.core.line.event import Event
from baohao.core.line.evolve import settle
from baohao.core.money import format_minor
from baohao.core.promotions.model import PromotionFacts, Use
from baohao.core.refusals import Refusal
from baohao.store.bulk import File, Uses
from baohao.store.keys import Used
from baohao.store.owned import owned
from baohao.store.sql import Connection

log = logging.getLogger(__name__)

#: What would become of a row that is not `REPEATED` and not `REFUSED`.
WOULD = "would be renewed"


class LineNotYours(Refusal):
    """{number} is neither a customer's of yours nor on a card in your stock."""

    code = "line.not_yours"


class Foreseen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What would become of a row."""

    row: int
    #: As it was written, where it is none.
    number: str
    #: `WOULD`, `REPEATED` or `REFUSED`.
    outcome: str
    term: str = ""
    code: str = ""
    list_minor: int = 0
    total_minor: int = 0
    currency: str = ""
    #: Deadlines as ISO writes them, as it is and as it would be.
    before: str = ""
    until: str = ""
    #: Extra time, and the promotions that the row takes.
    bonus: tuple[str, ...] = ()
    promotions: tuple[str, ...] = ()
    lost_days: int = 0
    #: Of the act, where the row was renewed before.
    receipt: str = ""
    #: Why not: a refusal's code, and its sentence with its facts.
    why: str = ""
    sentence: str = ""
    facts: dict[str, str] = {}

    @property
    def message(self) -> str:
        """Why not, in English."""
        return self.sentence.format(**self.facts)


_lines = msgspec.json.Encoder()
_line = msgspec.json.Decoder(Foreseen)


def text_of(foreseen: Iterable[Foreseen]) -> str:
    """Return what is foreseen as it is kept."""
    return _lines.encode_lines(foreseen).decode()


def read(text: str) -> Iterator[Foreseen]:
    """Yield what `text_of` wrote."""
    return (_line.decode(line) for line in text.split("\n") if line)


# --- looking --------------------------------------------------------------------------------------


def foresee(
    conn: Connection, terms: Terms, file: File, renewing: Renewing, rows: Sequence[Row]
) -> tuple[list[Foreseen], Uses]:
    """
    Return what would become of the next rows of a file, and what its promotions have given then.

    Raises `HouseClosed`.
    """
    foreign = _foreign(conn, file, rows)
    seen = {row.row: _wrong(row, LineNotYours(number=number)) for row, number in foreign}
    prepared = renewing.prepare(conn, [row for row in rows if row.row not in seen])
    asking = []
    for place, row in enumerate(prepared.rows):
        if place in prepared.refused:
            seen[row.row] = _wrong(row, prepared.refused[place])
        else:
            asking.append(row)
    uses = dict(file.uses)
    if asking:
        known = trip1.find(conn, prepared.asks, terms)
        if not known.is_open:
            raise HouseClosed()
        _taken(known, file)
        for row, ask in zip(asking, prepared.asks, strict=True):
            seen[row.row], taken = _would(known, terms, row, ask)
            for use in taken:
                count, cost_minor = uses.get(use.promotion, (0, 0))
                uses[use.promotion] = (count + 1, cost_minor + use.cost_minor)
    return [seen[row.row] for row in rows], uses


def _foreign(conn: Connection, file: File, rows: Sequence[Row]) -> list[tuple[Row, str]]:
    """Return the rows that name a number which is not the agent's, whether or not it is a line."""
    named: list[tuple[Row, str]] = []
    for row in rows:
        try:
            named.append((row, row.number))
        except Refusal:
            continue
    numbers = [number for _, number in named]
    own = {number for number, _ in owned(conn, file.usual["checks"], numbers)}
    return [(row, number) for row, number in named if number not in own]


def _taken(known: Known, file: File) -> None:
    """Let a batch see what the rows before it would have taken."""
    payer = file.usual["paid"]
    known.available[payer] = known.available.get(payer, 0) - file.total_minor
    facts = known.promotions
    used: Mapping[str, tuple[int, int]] = file.uses
    known.promotions = PromotionFacts(
        uses_left={n: left - used.get(n, (0, 0))[0] for n, left in facts.uses_left.items()},
        budget_left_minor={
            n: left - used.get(n, (0, 0))[1] for n, left in facts.budget_left_minor.items()
        },
        by_number=facts.by_number,
        by_holder=facts.by_holder,
    )


def _would(known: Known, terms: Terms, row: Row, ask: Ask) -> tuple[Foreseen, tuple[Use, ...]]:
    """Return what would be answered, as the door would; the next ask sees what it takes."""
    used = known.used.get((bucket_of(ask.subject), ask.principal, ask.key))
    if used is not None:
        return _renewed(row, used), ()
    try:
        decision = decide(known.state(ask.subject), known.facts(ask), ask, terms, known.now)
        if isinstance(decision, Refusal):
            return _wrong(row, decision), ()
        known.move_on(ask, decision, known.changes(decision))
    except Refusal as refusal:
        return _wrong(row, refusal), ()
    except Exception as defect:  # noqa: BLE001 - whatever it is, its neighbours must not suffer
        log.error("a row could not be foreseen: %s", type(defect).__name__)  # noqa: TRY400
        return _wrong(row, AskParked()), ()
    return _good(known, terms, row, ask, decision), decision.uses


def _good(known: Known, terms: Terms, row: Row, ask: Ask, decision: Decision) -> Foreseen:
    event = next(each for each in decision.events if each.sold is not None)
    before, told = _deadline(known, terms, ask, decision), decision.answer
    return Foreseen(
        row=row.row,
        number=ask.subject,
        outcome=WOULD,
        term=str(ask.payload["term"]),
        code=row.cells.get("code", ""),
        total_minor=int(str(told["total"])),
        currency=str(told["currency"]),
        before="" if before is None else before.isoformat(),
        until=str(told.get("until", "")),
        lost_days=int(str(told.get("lost_days", 0))),
        **_promoted(event),
    )


def _deadline(known: Known, terms: Terms, ask: Ask, decision: Decision) -> datetime | None:
    """Return the deadline that a line has once it is settled: what an ask expects."""
    line = known.state(ask.subject)
    if line is not None and decision.events[0].sold is None:
        line, _ = settle(line, terms.rules, known.now)
    return None if line is None else safe_until(line)


def _promoted(event: Event) -> dict[str, Any]:
    sold, act = event.sold, event.act
    if sold is None or act is None:
        return {}
    off = sum(minor for _, minor in sold.sale.discounts)
    return {
        "list_minor": sold.sale.total_minor + off,
        "bonus": tuple(map(str, act.bonus)),
        "promotions": tuple(sorted({use.promotion for use in sold.uses})),
    }


def _renewed(row: Row, used: Used) -> Foreseen:
    """Return a row that an earlier file of the same content has renewed."""
    told = msgspec.json.decode(used.answer)
    return Foreseen(
        row=row.row,
        number=used.subject,
        outcome=REPEATED,
        total_minor=int(told.get("total", 0)),
        currency=str(told.get("currency", "")),
        until=str(told.get("until", "")),
        receipt=str(told.get("id", "")),
    )


def _wrong(row: Row, refusal: Refusal) -> Foreseen:
    return Foreseen(
        row=row.row,
        number=row.cells.get("number", ""),
        outcome=REFUSED,
        why=refusal.code,
        sentence=" ".join((type(refusal).__doc__ or refusal.code).split()),
        facts={name: str(value) for name, value in refusal.facts.items()},
    )


# --- doing what was shown -------------------------------------------------------------------------


def as_shown(rows: Iterable[Row], foreseen: Iterable[Foreseen]) -> list[Row]:
    """Return the rows that would be renewed, each bound to the price and the dates shown."""
    shown = {each.row: each for each in foreseen if each.outcome == WOULD}
    return [
        replace(row, cells={**row.cells, **_bound(shown[row.row])})
        for row in rows
        if row.row in shown
    ]


def _bound(shown: Foreseen) -> dict[str, str]:
    return {
        "number": shown.number,
        "term": shown.term,
        "expect_until": shown.before,
        "total_minor": str(shown.total_minor),
        "shown_until": shown.until,
    }


def outcomes(foreseen: Iterable[Foreseen], became: Iterable[Outcome]) -> list[Outcome]:
    """Return what became of all rows, given those that were asked for."""
    asked = {each.row: each for each in became}
    return [asked.get(each.row) or outcome(each) for each in foreseen]


def outcome(shown: Foreseen) -> Outcome:
    """Return what became of a row that is not asked for: what was shown."""
    total = format_minor(shown.total_minor, shown.currency) if shown.currency else ""
    return Outcome(
        row=shown.row,
        number=shown.number,
        outcome=shown.outcome,
        until=shown.until,
        total=total,
        currency=shown.currency,
        receipt=shown.receipt,
        code=shown.why,
        message=shown.message,
    )


def cells(shown: Foreseen) -> tuple[object, ...]:
    """Return the cells of a row as the preview is exported, in the order of `OUTCOME`."""
    told = outcome(shown)
    return tuple(getattr(told, name) for name in OUTCOME)
