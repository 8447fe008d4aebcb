"""
Renewals by the row: what rows ask for, and what became of each.

The one set of rules for the command, the file in the background and the body of a request. Making
the asks, answering them and telling the outcomes are three calls, for not everybody has a shell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import msgspec

from baohao.app import wishes
from baohao.app.bulk.rows import AT_ONCE, Row, RowMalformed
from baohao.app.door import Answer, Answered, HouseClosed
from baohao.app.expecting import expecting
from baohao.app.shell import OutcomeUnknown, Shell
from baohao.core.asks import Ask
from baohao.core.civil import Span
from baohao.core.credentials import SandboxOnly
from baohao.core.decide.case import LineUnknown
from baohao.core.line.fold import Rules, policy_of
from baohao.core.money import format_minor
from baohao.core.refusals import Refusal
from baohao.store import reports
from baohao.store.sql import Connection

#: What is told of each row.
OUTCOME = ("row", "number", "outcome", "until", "total", "currency", "receipt", "code", "message")
DONE, REPEATED, REFUSED = "renewed", "renewed before", "refused"
#: What says nothing of a row: it is asked again, later.
UNDECIDED = (OutcomeUnknown, HouseClosed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What holds for rows that do not say otherwise, and who asks."""

    term: Span | None
    paid: str
    till: str
    principal: str
    channel: str
    #: Whether nothing else may pay, whatever a row says.
    is_bound: bool = False
    #: Of which operators' lines alone, for a test key; `None`: of any.
    only: frozenset[str] | None = None
    #: The agent that is shown what would become of each row first, for its own lines alone; empty:
    #: the file is worked through as it comes.
    checks: str = ""


class PaidNotYours(Refusal):
    """{account} is not yours to pay from: leave the row's `paid` out."""

    code = "paid.not_yours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a row; `outcome` is one of `DONE`, `REPEATED` and `REFUSED`."""

    #: As `Row.row`.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The asks of some rows, and why the others ask for nothing."""

    rows: Sequence[Row]
    #: Of the rows in order, but for those that were refused.
    asks: Sequence[Ask]
    #: By place of the row among `rows`.
    refused: Mapping[int, Refusal]

    def told(self, answers: Sequence[Answer]) -> list[Outcome]:
        """Return what became of each row, given the answers to `asks`."""
        decided = iter(zip(self.asks, answers, strict=True))
        return [
            _refused(row, self.refused[place])
            if place in self.refused
            else _told(row, *next(decided))
            for place, row in enumerate(self.rows)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewing:
    """How the rows of one file, or of one body, are renewed."""

    usual: Usual
    rules: Rules
    #: What the keys begin with of rows that have none of their own.
    keys: str
    id_of: Callable[[Row], UUID]

    def answer(self, shell: Shell, rows: Iterable[Row]) -> list[Outcome]:
        """
        Renew, and return what became of each row.

        Raises what is `UNDECIDED`; rows that were renewed before that answer themselves later.
        """
        outcomes: list[Outcome] = []
        for part in cut(rows):
            prepared = shell.run(partial(self.prepare, rows=part))
            answers = shell.answer(prepared.asks)
            for answer in answers:
                if isinstance(answer, UNDECIDED):
                    raise answer
            outcomes += prepared.told(answers)
        return outcomes

    def prepare(self, conn: Connection, rows: Sequence[Row]) -> Prepared:
        """Make the asks of rows on different lines, each with what its line is expected to be."""
        numbers: dict[int, str] = {}
        refused: dict[int, Refusal] = {}
        for place, row in enumerate(rows):
            try:
                numbers[place] = row.number
            except Refusal as refusal:
                refused[place] = refusal
        known = reports.versions(conn, numbers.values())
        asks = []
        for place, number in numbers.items():
            try:
                if number not in known:
                    raise LineUnknown(number=number)
                asks.append(self._ask(rows[place], number, known[number][1]))
            except Refusal as refusal:
                refused[place] = refusal
        return Prepared(rows=rows, asks=expecting(conn, asks), refused=refused)

    def _ask(self, row: Row, number: str, pin: str) -> Ask:
        usual, cells, policy = self.usual, row.cells, policy_of(self.rules, pin)
        if usual.only is not None and policy.operator not in usual.only:
            raise SandboxOnly()
        term = wishes.term(cells["term"]) if cells.get("term") else usual.term
        if term is None:
            raise RowMalformed(reason="it has no term, and none was given for all")
        paid = wishes.payer(cells.get("paid") or usual.paid, policy.currency, usual.till)
        if usual.is_bound and paid != usual.paid:
            raise PaidNotYours(account=paid[:80])
        payload: dict[str, object] = {"term": str(term), "paid": paid}
        if cells.get("code"):
            payload["codes"] = [cells["code"]]
        # What was shown of a row that was looked at first; in no file.
        if cells.get("total_minor"):
            payload["total_minor"] = int(cells["total_minor"])
        if cells.get("shown_until"):
            payload["shown_until"] = cells["shown_until"]
        shown = cells.get("expect_until")
        return Ask(
            id=self.id_of(row),
            verb="renew",
            subject=number,
            key=cells.get("key") or f"{self.keys}:{row.row}",
            principal=usual.principal,
            channel=usual.channel,
            payload=payload,
            expect_until=wishes.deadline(shown, policy) if shown else None,
        )


def keys_of(digest: str) -> str:
    """Return what the keys of a file's rows begin with: they follow from its content."""
    return f"file:{digest[:24]}"


def cut(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Cut rows where a number comes again: the second sees what the first has left."""
    part: list[Row] = []
    seen: set[str] = set()
    for row in rows:
        number = _number(row)
        if len(part) == AT_ONCE or number in seen:
            yield part
            part, seen = [], set()
        part.append(row)
        if number:
            seen.add(number)
    if part:
        yield part


def _number(row: Row) -> str:
    try:
        return row.number
    except Refusal:
        return ""


def _told(row: Row, ask: Ask, answer: Answer) -> Outcome:
    if isinstance(answer, Refusal):
        return _refused(row, answer)
    return _renewed(row, ask, answer)


def _renewed(row: Row, ask: Ask, answer: Answered) -> Outcome:
    told = answer.answer
    currency = str(told.get("currency", ""))
    receipt = str(told["id"])
    # An ask that is sent again under its own id was cut short before: it is told as the first time.
    is_earlier = answer.is_repeat and receipt != str(ask.id)
    return Outcome(
        row=row.row,
        number=answer.subject,
        outcome=REPEATED if is_earlier else DONE,
        until=str(told.get("until", "")),
        total=format_minor(int(told["total"]), currency) if "total" in told else "",
        currency=currency,
        receipt=receipt,
    )


def _refused(row: Row, refusal: Refusal) -> Outcome:
    return Outcome(
        row=row.row,
        number=row.cells.get("number", ""),
        outcome=REFUSED,
        code=refusal.code,
        message=refusal.message,
    )


# --- as they are kept -----------------------------------------------------------------------------

_lines = msgspec.json.Encoder()
_line = msgspec.json.Decoder(dict[str, object])


def text_of(outcomes: Iterable[Outcome]) -> str:
    """Return outcomes as NDJSON; what is empty is left out."""
    told = [dict(zip(OUTCOME, each.cells, strict=True)) for each in outcomes]
    said = [{name: value for name, value in each.items() if value != ""} for each in told]
    return _lines.encode_lines(said).decode()


def cells_in(text: str) -> Iterator[tuple[object, ...]]:
    """Yield the cells of each outcome that `text_of` wrote, in the order of `OUTCOME`."""
    # Not `splitlines`: a message may hold what Unicode calls the end of a line.
    for line in text.split("\n"):
        if not line:
            continue
        told = _line.decode(line)
        yield tuple(told.get(name, "") for name in OUTCOME)
