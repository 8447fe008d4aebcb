"""
Statements as CSV, by the names of their columns: every bank has its own, and a contract says which.

Nothing is guessed. A line that cannot be read refuses the file, with its number.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from baohao.app.ports import StatementRefused
from baohao.core.bank.statement import Row, Statement
from baohao.core.identifiers.writing import FULL_WIDTH
from baohao.core.money import parse_minor
from baohao.core.refusals import Malformed

ENCODINGS = ("utf-8", "gb18030", "big5hkscs", "utf-16")
#: How people write them, and what reads all of each.
_KNOWN_AS = {"utf8": "utf-8", "gbk": "gb18030", "gb2312": "gb18030", "big5": "big5hkscs"}
_KNOWN_AS |= {"utf16": "utf-16"}
#: The longest field that is read.
FIELD_MAX = 4000

_BRACKETS = re.compile(r"\((.+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Reads one bank's CSV; the adapter of `StatementReader`."""

    currency: str
    encoding: str = "utf-8"
    delimiter: str = ","
    #: Lines above the headings.
    skip: int = 0
    #: As in strptime: "%Y-%m-%d", "%d/%m/%Y".
    date_format: str = "%Y-%m-%d"
    #: What stands between whole units and their parts; the other of "." and "," parts thousands.
    decimal: str = "."
    #: Whether the first row is the last that was booked.
    newest_first: bool = False
    #: What the first cell of the line says that ends the table; empty: the file's end does.
    footer: str = ""
    #: Headings: `date`, and `amount` (with a sign, or `side` beside it), or `credit` and `debit`.
    names: Mapping[str, str]
    #: What `side` says of what came.
    credit_said: Sequence[str] = field(default=("CR", "C", "CRDT", "貸", "贷"))
    debit_said: Sequence[str] = field(default=("DR", "D", "DBIT", "借"))

    def read(self, data: bytes) -> Sequence[Statement]:
        """
        Return what a file says as one statement; none, where nothing came and nothing went.

        Raises `StatementRefused` with the line.
        """
        rows = list(self._rows(self._text(data)))
        if not rows:
            return []
        if self.newest_first:
            rows.reverse()
        days = [row.booked_on for row in rows]
        opening, closing = _ends(rows)
        return [
            Statement(
                currency=self.currency,
                from_on=min(days),
                to_on=max(days),
                opening_minor=opening,
                closing_minor=closing,
                rows=tuple(rows),
            )
        ]

    def _text(self, data: bytes) -> str:
        try:
            return data.decode(self.encoding).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            raise StatementRefused(reason=f"line {line}: it is not {self.encoding}") from None

    def _rows(self, text: str) -> Iterator[Row]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=True)
        line = 0
        try:
            for _ in range(self.skip):
                next(reader, None)
            places = self._places(next(reader, []))
            for cells in reader:
                line = reader.line_num
                if not any(map(str.strip, cells)):
                    continue
                if self.footer and cells[0].strip().startswith(self.footer):
                    return
                if len(cells) <= max(places.values()):
                    raise _Wrong("it is cut off")
                said = {name: cells[at].strip()[:FIELD_MAX] for name, at in places.items()}
                yield self._row(said, line)
        except (_Wrong, csv.Error, Malformed) as wrong:
            why = wrong.message.rstrip(".") if isinstance(wrong, Malformed) else wrong
            line = max(line, reader.line_num)
            raise StatementRefused(reason=f"line {line}: {why}") from None

    def _places(self, headings: Sequence[str]) -> Mapping[str, int]:
        found = [heading.strip() for heading in headings]
        missing = [name for name in self.names.values() if name not in found]
        if missing:
            raise _Wrong(f"there is no column {' '.join(missing)}")
        twice = [name for name in self.names.values() if found.count(name) > 1]
        if twice:
            raise _Wrong(f"there are two columns {' '.join(twice)}")
        return {ours: found.index(theirs) for ours, theirs in self.names.items()}

    def _row(self, said: Mapping[str, str], line: int) -> Row:
        currency = said.get("currency", self.currency)
        value = said.get("value_date", "")
        balance = said.get("balance", "")
        minor = self._amount(said)
        if not minor:
            raise _Wrong("nothing came and nothing went")
        return Row(
            line=line,
            ref=said.get("id", ""),
            booked_on=self._day(said["date"]),
            value_on=self._day(value) if value else None,
            amount_minor=minor,
            currency=currency,
            text=said.get("text", ""),
            name=said.get("name", ""),
            account=said.get("account", ""),
            balance_minor=self._minor(balance) if balance else None,
        )

    def _amount(self, said: Mapping[str, str]) -> int:
        if "amount" not in said:
            came, went = (self._minor(said[name] or "0") for name in ("credit", "debit"))
            if came and went:
                raise _Wrong("it came and went")
            return came - abs(went)
        minor = self._minor(said["amount"])
        if "side" not in said:
            return minor
        if said["side"] in self.credit_said:
            return abs(minor)
        if said["side"] in self.debit_said:
            return -abs(minor)
        raise _Wrong("its side is neither that of what came nor of what went")

    def _minor(self, text: str) -> int:
        """Read an amount as banks write it: 1,234.50, (5.00), 5.00-, full width."""
        plain = text.translate(FULL_WIDTH).replace(" ", "").replace("\u00a0", "")
        plain = plain.removeprefix(self.currency).removesuffix(self.currency)
        bracketed = _BRACKETS.fullmatch(plain)
        minus = bracketed is not None or plain.startswith("-") or plain.endswith("-")
        if bracketed:
            plain = bracketed[1]
        else:
            plain = plain[1:] if plain[:1] in ("+", "-") else plain.removesuffix("-")
        thousands = "," if self.decimal == "." else "."
        whole, mark, part = plain.partition(self.decimal)
        groups = whole.split(thousands)
        if len(groups) > 1 and not (
            0 < len(groups[0]) < 4 and all(len(group) == 3 for group in groups[1:])
        ):
            raise _Wrong("its amount cannot be read")
        minor = parse_minor("".join(groups) + ("." if mark else "") + part, self.currency)
        if minor < 0:
            raise _Wrong("its amount cannot be read")
        return -minor if minus else minor

    def _day(self, text: str) -> date:
        try:
            return datetime.strptime(text, self.date_format).date()  # noqa: DTZ007 - the bank's own
        except ValueError:
            raise _Wrong(f"its day is not written as {self.date_format}") from None


#: What a contract may say of a table, and how.
_SETTINGS: Mapping[str, type] = {
    **dict.fromkeys(("delimiter", "date_format", "decimal", "footer"), str),
    "skip": int,
    "newest_first": bool,
    **dict.fromkeys(("credit_said", "debit_said"), list),
}


class _Wrong(Exception):  # noqa: N818 - the refusal is `StatementRefused`, which knows the line
    pass


def _ends(rows: Sequence[Row]) -> tuple[int, int] | tuple[None, None]:
    """Return what was there before and after rows, once each row leads to the next."""
    before: int | None = None
    for row in rows:
        if row.balance_minor is None:
            return None, None
        if before is not None and before + row.amount_minor != row.balance_minor:
            why = f"line {row.line}: its balance does not follow from the one before"
            raise StatementRefused(reason=why)
        before = row.balance_minor
    first, last = rows[0].balance_minor, rows[-1].balance_minor
    if first is None or last is None:
        return None, None
    return first - rows[0].amount_minor, last


def columns(said: Mapping[str, Any], currency: str) -> Columns:
    """Return the reader that a contract's table describes; raises ValueError, KeyError."""
    settings = dict(said)
    names = {str(ours): str(theirs) for ours, theirs in settings.pop("columns").items()}
    known = {"date", "value_date", "amount", "side", "credit", "debit", "currency", "id"}
    known |= {"text", "name", "account", "balance"}
    if unknown := set(names) - known:
        raise ValueError(f"there is no column {' '.join(sorted(unknown))}")
    if "date" not in names or ("amount" in names) == ("credit" in names and "debit" in names):
        raise ValueError("it needs date, and either amount or credit and debit")
    encoding = str(settings.pop("encoding", "utf-8")).lower()
    encoding = _KNOWN_AS.get(encoding, encoding)
    if encoding not in ENCODINGS:
        raise ValueError(f"its encoding must be one of {', '.join(ENCODINGS)}")
    for name, value in settings.items():
        if name not in _SETTINGS:
            raise ValueError(f"it knows nothing of {name}")
        if type(value) is not _SETTINGS[name]:
            raise ValueError(f"{name} must be written as {_SETTINGS[name].__name__}")
    if len(settings.get("delimiter", ",")) != 1 or settings.get("skip", 0) < 0:
        raise ValueError("delimiter is one letter, skip is no less than 0")
    if settings.get("decimal", ".") not in (".", ","):
        raise ValueError("decimal must be . or ,")
    return Columns(currency=currency, encoding=encoding, names=names, **settings)
