"""
Allotting many cards: named by number or by ICCID, each row with what became of it.

The same file again finds every card there already, so that no key has to be remembered for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from baohao.app.directory import CardUnknown
from baohao.app.door import Answer
from baohao.app.inventory_columns import NumberColumnMissing, meant
from baohao.app.readings import By
from baohao.app.sheets import read_sheet
from baohao.app.shell import OutcomeUnknown, Shell
from baohao.core.asks import Ask
from baohao.core.bucket import bucket_of
from baohao.core.decide.allot import ThereAlready
from baohao.core.identifiers.iccid import parse_iccid
from baohao.core.identifiers.number import MOST_DIGITS, parse_number
from baohao.core.refusals import Refusal
from baohao.store.sql import Connection, rows

#: As many as a batch of the door holds.
AT_ONCE = 300
OUTCOME = ("row", "card", "number", "outcome", "code", "message")
ALLOTTED, TAKEN_BACK, REFUSED = "allotted", "taken back", "refused"
THERE_ALREADY = "there already"

#: A row's place, and a card as somebody wrote it: a number or an ICCID.
Named = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a row."""

    #: Its place, counted from 1; in a file, its line.
    row: int
    #: As it was written.
    card: str
    number: str = ""
    outcome: str
    code: str = ""
    message: str = ""

    @property
    def cells(self) -> tuple[object, ...]:
        """In the order of `OUTCOME`."""
        return tuple(getattr(self, name) for name in OUTCOME)


def cards_of(file: Path) -> Iterator[Named]:
    """
    Yield the cards of a CSV file or workbook that has a column for numbers or one for ICCIDs.

    Raises `SheetRefusal`, `NumberColumnMissing`, `ColumnTwice`.
    """
    sheet = read_sheet(file)
    columns, _ = meant(file.name, sheet.headings)
    wanted = [str(columns[name]) for name in ("number", "iccid") if name in columns]
    if not wanted:
        raise NumberColumnMissing(file=file.name, found=", ".join(sheet.headings)[:200])
    for part in sheet.parts:
        yield from ((fault.line, fault.value) for fault in part.faults)
        for row, *cells in part.rows.select("line", *wanted).iter_rows():
            yield row, next(filter(None, map(str.strip, cells)), "")


def allot(shell: Shell, agent: str, cards: Iterable[Named], by: By) -> Iterator[Outcome]:
    """
    Hand cards to an agent, or take them back where `agent` is empty; yield what became of each.

    Raises `OutcomeUnknown` where the database stayed away: ask again.
    """
    left = iter(cards)
    while part := list(islice(left, AT_ONCE)):
        named: dict[int, str | Refusal] = shell.run(partial(_numbers, part=part))
        asked = {row: number for row, number in named.items() if isinstance(number, str)}
        answers = shell.answer([_ask(number, agent, by) for number in asked.values()])
        became = named | dict(zip(asked, answers, strict=True))
        for row, card in part:
            yield _outcome(row, card, asked.get(row, ""), agent, became[row])


def _numbers(conn: Connection, part: Sequence[Named]) -> dict[int, str | Refusal]:
    """Return the number of each row's card, or why it has none."""
    read = {row: _read(text) for row, text in part}
    iccids = sorted({card for card in read.values() if isinstance(card, str) and card[0] != "+"})
    found: dict[object, str | Refusal] = {iccid: CardUnknown(iccid=iccid) for iccid in iccids}
    found |= rows(conn, "find_cards", list(map(bucket_of, iccids)), iccids)
    return {row: found.get(card, card) for row, card in read.items()}


def _read(text: str) -> str | Refusal:
    """Return a number, or an ICCID, which has more digits than any number."""
    is_iccid = sum(map(str.isdigit, text)) > MOST_DIGITS
    try:
        return parse_iccid(text) if is_iccid else parse_number(text)
    except Refusal as refusal:
        return refusal


def _ask(number: str, agent: str, by: By) -> Ask:
    id_ = by.new_id()
    return Ask(
        id=id_,
        verb="allot",
        subject=number,
        key=str(id_),
        principal=by.principal,
        channel=by.channel,
        payload={"agent": agent},
    )


def _outcome(row: int, card: str, number: str, agent: str, became: Answer | str) -> Outcome:
    if isinstance(became, OutcomeUnknown):
        raise became
    if isinstance(became, ThereAlready):
        return Outcome(row=row, card=card, number=number, outcome=THERE_ALREADY)
    if isinstance(became, Refusal):
        code, message = became.code, became.message
        return Outcome(
            row=row, card=card, number=number, outcome=REFUSED, code=code, message=message
        )
    return Outcome(row=row, card=card, number=number, outcome=ALLOTTED if agent else TAKEN_BACK)
