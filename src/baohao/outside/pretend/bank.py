"""
A pretended bank with one account of ours: its own books, and statements of them.

It writes camt.053 and CSV as banks do, and misbehaves by what is drawn for each file: rows that
stand there twice, days that come later with the next, overlaps, another encoding, days that are
dated back. Its books are always right: after whatever happened, ours must say the same.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from xml.sax.saxutils import escape

from baohao.core.money import format_minor

#: What may be wrong with the file of a day; "" is most common.
FAULTS = ("double", "missing", "overlap", "encoding", "backdated")

Draw = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """One movement of the account."""

    id: str
    #: The day in whose statement it first stands, and the day that it is booked on.
    day: date
    booked_on: date
    amount_minor: int
    text: str
    name: str
    account: str
    balance_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file, as somebody fetches it from the bank."""

    name: str
    data: bytes
    #: It is not written as it was agreed: it will be refused, and comes again as it should be.
    is_wrong: bool = False


@dataclass(slots=True, kw_only=True)
class PretendBank:
    """A bank."""

    number: str
    currency: str
    #: What is drawn for the file of each day.
    draw: Draw = lambda _: ""
    opening_minor: int = 1_000_000
    #: Statements as CSV, without ids of rows, or as camt.053.
    is_csv: bool = False
    rows: list[Booked] = field(default_factory=list)
    _waiting: list[date] = field(default_factory=list)

    @property
    def balance_minor(self) -> int:
        """What is in the account."""
        return self.rows[-1].balance_minor if self.rows else self.opening_minor

    def move(
        self, day: date, amount_minor: int, text: str, name: str = "陳大文 & Filhos", back: int = 0
    ) -> Booked:
        """Book what came (positive) or went; `back`: dated so many days back."""
        booked = Booked(
            id=f"{day:%Y%m%d}-{len(self.rows):06}",
            day=day,
            booked_on=day - timedelta(days=back),
            amount_minor=amount_minor,
            text=text,
            name=name,
            account="MO-0099-<1>",
            balance_minor=self.balance_minor + amount_minor,
        )
        self.rows.append(booked)
        return booked

    def files(self, day: date, *, is_last: bool = False) -> list[File]:
        """Return what is given out after a day; a day that is missing comes with the next."""
        fault = self.draw("file")
        self._waiting.append(day)
        if fault == "missing" and not is_last:
            return []
        days, self._waiting = self._waiting, []
        found = [self.file(each, each, is_double=fault == "double") for each in reversed(days)]
        if fault == "overlap":
            found.append(self.file(day - timedelta(days=1), day))
        if fault == "encoding":
            right = found[-1]
            data = right.data.decode("utf-8").encode("utf-16-le")
            found.insert(0, File(name=right.name, data=data, is_wrong=True))
        return found

    def file(self, first: date, last: date, *, is_double: bool = False) -> File:
        """Write the statement of some days; `is_double`: its last row stands there twice."""
        rows = [each for each in self.rows if first <= each.day <= last]
        before = [each for each in self.rows if each.day < first]
        opening = before[-1].balance_minor if before else self.opening_minor
        closing = rows[-1].balance_minor if rows else opening
        if self.is_csv:
            return File(name=f"{first}.csv", data=_csv(rows, self.currency))
        twice = [*rows, *rows[-1:]] if is_double else rows
        data = self._camt(first, last, opening, closing, twice)
        return File(name=f"{first}.xml", data=data.encode())

    def _camt(
        self, first: date, last: date, opening: int, closing: int, rows: Sequence[Booked]
    ) -> str:
        balances = self._balance("OPBD", opening, first) + self._balance("CLBD", closing, last)
        entries = "\n".join(map(self._entry, rows))
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>M-{first}</MsgId><CreDtTm>{last}T23:59:59</CreDtTm></GrpHdr>
<Stmt><Id>S-{first}-{last}</Id><CreDtTm>{last}T23:59:59</CreDtTm>
<FrToDt><FrDtTm>{first}T00:00:00</FrDtTm><ToDtTm>{last}T23:59:59</ToDtTm></FrToDt>
<Acct><Id><Othr><Id>{self.number}</Id></Othr></Id><Ccy>{self.currency}</Ccy></Acct>
{balances}{entries}
</Stmt></BkToCstmrStmt></Document>
"""

    def _balance(self, kind: str, minor: int, day: date) -> str:
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{self._signed(minor)}"
            f"<Dt><Dt>{day}</Dt></Dt></Bal>\n"
        )

    def _entry(self, each: Booked) -> str:
        who = "Dbtr" if each.amount_minor > 0 else "Cdtr"
        return (
            f"<Ntry><NtryRef>{each.id}</NtryRef>{self._signed(each.amount_minor)}"
            f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{each.booked_on}</Dt></BookgDt>"
            f"<ValDt><Dt>{each.day}</Dt></ValDt><AcctSvcrRef>{each.id}</AcctSvcrRef>"
            f"<NtryDtls><TxDtls><RltdPties><{who}><Pty><Nm>{escape(each.name)}</Nm></Pty></{who}>"
            f"<{who}Acct><Id><Othr><Id>{escape(each.account)}</Id></Othr></Id></{who}Acct>"
            f"</RltdPties><RmtInf><Ustrd>{escape(each.text)}</Ustrd></RmtInf></TxDtls></NtryDtls>"
            "</Ntry>"
        )

    def _signed(self, minor: int) -> str:
        side = "DBIT" if minor < 0 else "CRDT"
        amount = format_minor(abs(minor), self.currency)
        return f'<Amt Ccy="{self.currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>'


#: The headings of its CSV, and how a contract names them.
HEADINGS = {
    "date": "交易日期",
    "text": "附言",
    "name": "對方戶名",
    "account": "對方帳號",
    "debit": "支出",
    "credit": "存入",
    "balance": "結餘",
}


def _csv(rows: Sequence[Booked], currency: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS.values())
    for each in rows:
        amount = _grouped(abs(each.amount_minor), currency)
        debit, credit = ("", amount) if each.amount_minor > 0 else (amount, "")
        balance = _grouped(each.balance_minor, currency)
        said = (f"{each.booked_on:%d/%m/%Y}", each.text, each.name, each.account)
        writer.writerow([*said, debit, credit, balance])
    return out.getvalue().encode("utf-8")


def _grouped(minor: int, currency: str) -> str:
    whole, _, part = format_minor(minor, currency).partition(".")
    return f"{int(whole):,}.{part}"
