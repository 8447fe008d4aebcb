"""
Renewals by the file: a row in, an outcome out, through the door in parts.

A row without a key has one that follows from the file's content and the row's place: the same
command, after a kill, goes on where it was and renews nothing twice.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from uuid import UUID

from baohao.app import wishes
from baohao.app.door import Answer, Answered
from baohao.app.expecting import expecting
from baohao.app.shell import OutcomeUnknown, Shell
from baohao.core.asks import Ask
from baohao.core.civil import Span
from baohao.core.decide.case import LineUnknown
from baohao.core.identifiers.number import parse_number
from baohao.core.line.fold import Rules, policy_of
from baohao.core.money import format_minor
from baohao.core.refusals import Malformed, Refusal
from baohao.store import reports
from baohao.store.sql import Connection

#: As many as a batch of the door holds.
AT_ONCE = 300
#: What a row may say; `number` it must.
COLUMNS = ("number", "term", "paid", "expect_until", "code", "key")
#: What is told of each row.
OUTCOME = ("row", "number", "outcome", "until", "total", "currency", "receipt", "code", "message")
DONE, REPEATED, REFUSED = "renewed", "renewed before", "refused"


class FileMalformed(Malformed):
    """{file} cannot be read as renewals: {reason}. The format is docs/how-to/renew-many.md."""

    code = "malformed.renewals"


class RowMalformed(Malformed):
    """The row is not valid: {reason}."""

    code = "malformed.row"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What holds for rows that do not say otherwise, and who asks."""

    term: Span | None
    paid: str
    till: str
    principal: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a row; `outcome` is one of `DONE`, `REPEATED` and `REFUSED`."""

    #: The row's line in the file, counted from 1.
    row: int
    number: str
    outcome: str
    until: str = ""
    total: str = ""
    currency: str = ""
    receipt: str = ""
    code: str = ""
    message: str = ""

    @property
    def cells(self) -> tuple[object, ...]:
        """In the order of `OUTCOME`."""
        return tuple(getattr(self, name) for name in OUTCOME)


@dataclass(frozen=True, slots=True)
class _Row:
    row: int
    cells: Mapping[str, str]
    key: str


def renew(
    shell: Shell, rules: Rules, file: Path, usual: Usual, new_id: Callable[[], UUID]
) -> Iterator[Outcome]:
    """
    Renew the lines of a .csv or .ndjson file; yield what became of each row, in order.

    Raises `FileMalformed`.
    """
    for part in _parts(_rows(file)):
        numbers: dict[int, str] = {}
        outcomes: dict[int, Outcome] = {}
        for each in part:
            try:
                numbers[each.row] = _subject(each)
            except Refusal as refusal:
                outcomes[each.row] = _refused(each, refusal)
        asks = shell.run(_Prepared(part, numbers, outcomes, rules, usual, new_id))
        answers = shell.answer([ask for _, ask in asks])
        for (each, _), answer in zip(asks, answers, strict=True):
            outcomes[each.row] = _told(each, answer, rules)
            if isinstance(answer, OutcomeUnknown):
                yield from (
                    outcomes[e.row] for e in part if e.row in outcomes and e.row <= each.row
                )
                raise answer
        yield from (outcomes[each.row] for each in part)


class _Prepared:
    """Makes the asks of a part, each with what its line is expected to be."""

    def __init__(
        self,
        part: Sequence[_Row],
        numbers: Mapping[int, str],
        outcomes: dict[int, Outcome],
        rules: Rules,
        usual: Usual,
        new_id: Callable[[], UUID],
    ) -> None:
        self._part, self._numbers, self._outcomes = part, numbers, outcomes
        self._rules, self._usual, self._new_id = rules, usual, new_id

    def __call__(self, conn: Connection) -> list[tuple[_Row, Ask]]:
        known = reports.versions(conn, self._numbers.values())
        made: list[tuple[_Row, Ask]] = []
        for each in self._part:
            number = self._numbers.get(each.row)
            if number is None:
                continue
            try:
                if number not in known:
                    raise LineUnknown(number=number)
                made.append((each, self._ask(each, number, known[number][1])))
            except Refusal as refusal:
                self._outcomes[each.row] = _refused(each, refusal)
        expected = expecting(conn, [ask for _, ask in made])
        return [(each, ask) for (each, _), ask in zip(made, expected, strict=True)]

    def _ask(self, each: _Row, number: str, pin: str) -> Ask:
        usual, cells, policy = self._usual, each.cells, policy_of(self._rules, pin)
        term = wishes.term(cells["term"]) if cells.get("term") else usual.term
        if term is None:
            raise RowMalformed(reason="it has no term, and none was given for all")
        paid = wishes.payer(cells.get("paid") or usual.paid, policy.currency, usual.till)
        payload: dict[str, object] = {"term": str(term), "paid": paid}
        if cells.get("code"):
            payload["codes"] = [cells["code"]]
        shown = cells.get("expect_until")
        return Ask(
            id=self._new_id(),
            verb="renew",
            subject=number,
            key=each.key,
            principal=usual.principal,
            channel=usual.channel,
            payload=payload,
            expect_until=wishes.deadline(shown, policy) if shown else None,
        )


def _subject(each: _Row) -> str:
    wrong = each.cells.get("")
    if wrong:
        raise RowMalformed(reason=wrong)
    return parse_number(each.cells.get("number", ""))


def _parts(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """Cut rows where a number comes again: the second sees what the first has left."""
    part: list[_Row] = []
    seen: set[str] = set()
    for each in rows:
        number = each.cells.get("number", "")
        if len(part) == AT_ONCE or number in seen:
            yield part
            part, seen = [], set()
        part.append(each)
        seen.add(number)
    if part:
        yield part


def _told(each: _Row, answer: Answer, rules: Rules) -> Outcome:
    if isinstance(answer, Refusal):
        return _refused(each, answer)
    return _renewed(each, answer)


def _renewed(each: _Row, answer: Answered) -> Outcome:
    told = answer.answer
    currency = str(told.get("currency", ""))
    return Outcome(
        row=each.row,
        number=answer.subject,
        outcome=REPEATED if answer.is_repeat else DONE,
        until=str(told.get("until", "")),
        total=format_minor(int(told["total"]), currency) if "total" in told else "",
        currency=currency,
        receipt=str(told["id"]),
    )


def _refused(each: _Row, refusal: Refusal) -> Outcome:
    return Outcome(
        row=each.row,
        number=each.cells.get("number", ""),
        outcome=REFUSED,
        code=refusal.code,
        message=refusal.message,
    )


# --- reading --------------------------------------------------------------------------------------


def _rows(file: Path) -> Iterator[_Row]:
    with file.open("rb") as content:
        digest = file_digest(content, "sha256").hexdigest()[:24]
    read = _objects if file.suffix.lower() in (".ndjson", ".jsonl") else table
    for row, cells in read(file):
        yield _Row(row, cells, cells.get("key") or f"file:{digest}:{row}")


def table(file: Path, columns: Sequence[str] = COLUMNS) -> Iterator[tuple[int, dict[str, str]]]:
    """
    Yield the rows of a CSV file in UTF-8 with their lines; raises `FileMalformed`.

    A row with more cells than the heading says so under the name "".
    """
    with _text(file) as lines:
        reader = csv.reader(lines)
        heading = [name.strip().lower() for name in next(reader, [])]
        unknown = [name for name in heading if name not in columns]
        if unknown or "number" not in heading or len(set(heading)) < len(heading):
            said = f"the first row must name columns among {', '.join(columns)}"
            wrong = f", and {unknown[0][:40]!r} is none" if unknown else ""
            raise FileMalformed(file=file.name, reason=f"{said}{wrong}")
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            row = dict(zip(heading, (cell.strip() for cell in cells), strict=False))
            if len(cells) > len(heading):
                row[""] = f"it has {len(cells)} cells, and the heading has {len(heading)}"
            yield reader.line_num, row


def _objects(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with _text(file) as lines:
        for row, line in enumerate(lines, start=1):
            if line.strip():
                yield row, _object(line)


def _object(line: str) -> dict[str, str]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {"": f"it is no JSON: {error}"}
    if not isinstance(found, dict):
        return {"": "it is no object"}
    unknown = [name for name in found if name not in COLUMNS]
    if unknown:
        return {"": f"{unknown[0][:40]!r} is none of {', '.join(COLUMNS)}"}
    if not all(isinstance(value, str) for value in found.values()):
        return {"": "every value must be text"}
    return {name: value.strip() for name, value in found.items()}


@contextmanager
def _text(file: Path) -> Iterator[Iterable[str]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            yield lines
    except UnicodeDecodeError as error:
        raise FileMalformed(file=file.name, reason=f"it is not UTF-8: {error.reason}") from None
    except csv.Error as error:
        raise FileMalformed(file=file.name, reason=str(error)) from None
    except OSError as error:
        raise FileMalformed(file=file.name, reason=error.strerror or "unreadable") from None
