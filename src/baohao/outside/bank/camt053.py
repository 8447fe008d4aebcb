"""
Statements as ISO 20022 camt.053 (BankToCustomerStatement), any version from 02 on.

https://www.iso20022.org/catalogue-messages/iso-20022-messages-archive?search=camt.053
An entry that a bank books for several transfers at once is one row for each, where it says how much
each was. What is not booked (PDNG, INFO) is only counted: it comes again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from baohao.app.ports import StatementRefused
from baohao.core.bank.statement import Row, Statement
from baohao.core.money import parse_minor
from baohao.core.refusals import Malformed
from baohao.outside.bank import xml
from baohao.outside.bank.xml import Element

#: What balances at the beginning and the end are called; PRCD is the end of the day before.
OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)
CREDIT, DEBIT = "CRDT", "DBIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Camt053:
    """Reads camt.053; the adapter of `StatementReader`."""

    #: Where instants are turned into the bank's days.
    zone: tzinfo

    def read(self, data: bytes) -> Sequence[Statement]:
        """Return the statements of a file; raises `StatementRefused` with the line."""
        root = xml.read(data)
        # Some banks wrap the document into an envelope.
        document = root if root.name == "Document" else root.first("Document")
        if document is None or document.first("BkToCstmrStmt") is None:
            raise StatementRefused(reason=f"line {root.line}: it is no camt.053")
        found = [self._statement(each) for each in document.all("BkToCstmrStmt/Stmt")]
        if not found:
            raise _wrong(document, "there is no statement in it")
        return found

    def _statement(self, each: Element) -> Statement:
        opening, closing = self._balance(each, OPENING), self._balance(each, CLOSING)
        currency = each.said("Acct/Ccy") or (closing[2] if closing else "")
        rows, pending = list[Row](), 0
        for entry in each.all("Ntry"):
            if entry.said("Sts/Cd", "Sts") == "BOOK":
                rows.extend(self._rows(entry))
            else:
                pending += 1
        days = [row.booked_on for row in rows]
        days += [closing[1]] if closing else []
        first = self._day(each.first("FrToDt/FrDtTm"), each.line) or min(days, default=None)
        last = self._day(each.first("FrToDt/ToDtTm"), each.line) or max(days, default=None)
        if first is None or last is None or last < first:
            raise _wrong(each, "it does not say of which days it is")
        return Statement(
            id=each.said("Id")[:140],
            account=each.said("Acct/Id/IBAN", "Acct/Id/Othr/Id"),
            currency=currency or next((row.currency for row in rows), ""),
            from_on=first,
            to_on=last,
            opening_minor=opening[0] if opening and closing else None,
            closing_minor=closing[0] if opening and closing else None,
            rows=tuple(rows),
            pending=pending,
        )

    def _balance(self, each: Element, kinds: Sequence[str]) -> tuple[int, date, str] | None:
        for kind in kinds:
            for found in each.all("Bal"):
                if found.said("Tp/CdOrPrtry/Cd") == kind:
                    minor, currency = _signed(found)
                    day = self._day(found.first("Dt/Dt", "Dt/DtTm"), found.line)
                    if day is None:
                        raise _wrong(found, "a balance has no day")
                    return minor, day, currency
        return None

    def _rows(self, entry: Element) -> Iterator[Row]:
        total, currency = _signed(entry)
        booked = self._day(entry.first("BookgDt/Dt", "BookgDt/DtTm"), entry.line)
        if booked is None:
            raise _wrong(entry, "it was booked on no day")
        ref = entry.said("AcctSvcrRef") or entry.said("NtryRef")
        details = list(entry.all("NtryDtls/TxDtls"))
        amounts = [_amount_of(each, total, currency) for each in details]
        if len(details) < 2 or None in amounts or sum(filter(None, amounts)) != total:
            details, amounts = details[:1] if len(details) == 1 else [], [total]
        for n, minor in enumerate(amounts):
            detail = details[n] if n < len(details) else None
            text, name, account = _words(entry, detail, came=total > 0)
            yield Row(
                line=entry.line if detail is None else detail.line,
                ref=f"{ref}/{n + 1}" if ref and len(amounts) > 1 else ref,
                booked_on=booked,
                value_on=self._day(entry.first("ValDt/Dt", "ValDt/DtTm"), entry.line),
                amount_minor=minor or 0,
                currency=currency,
                text=text,
                name=name,
                account=account,
            )

    def _day(self, found: Element | None, line: int) -> date | None:
        text = "" if found is None else found.text.strip()
        if not text:
            return None
        try:
            if "T" not in text:
                # A day may have an offset, as in 2026-03-31+08:00; it is the bank's own.
                return date.fromisoformat(text[:10])
            at = datetime.fromisoformat(text)
        except ValueError:
            raise StatementRefused(reason=f"line {line}: it has a day that is none") from None
        # A time without an offset is the bank's.
        return at.date() if at.tzinfo is None else at.astimezone(self.zone).date()


def _signed(each: Element) -> tuple[int, str]:
    """Return an amount with its sign, and its currency."""
    minor, currency = _amount(each, each.first("Amt"))
    side = each.said("CdtDbtInd")
    if side not in (CREDIT, DEBIT):
        raise _wrong(each, "it neither came nor went")
    return minor if side == CREDIT else -minor, currency


def _amount_of(detail: Element, total: int, currency: str) -> int | None:
    """Return what one of several was; `None`: it does not say, or in another currency."""
    said = detail.first("Amt", "AmtDtls/TxAmt/Amt")
    if said is None or said.attributes.get("Ccy") != currency:
        return None
    minor, _ = _amount(detail, said)
    side = detail.said("CdtDbtInd") or (CREDIT if total > 0 else DEBIT)
    return minor if side == CREDIT else -minor


def _amount(each: Element, said: Element | None) -> tuple[int, str]:
    if said is None:
        raise _wrong(each, "it has no amount")
    currency = said.attributes.get("Ccy", "")
    text = said.text.strip()
    # They may write more digits than the currency has, as long as those are zero.
    whole, _, fraction = text.partition(".")
    text = f"{whole}.{fraction.rstrip('0')}".rstrip(".") if fraction else whole
    try:
        minor = parse_minor(text, currency)
    except Malformed as malformed:
        raise _wrong(said, malformed.message.rstrip(".")) from None
    if minor < 0:
        raise _wrong(said, "an amount has no sign")
    return minor, currency


def _words(entry: Element, detail: Element | None, *, came: bool) -> tuple[str, str, str]:
    """Return what the payer wrote, and the name and account of whoever is at the other end."""
    if detail is None:
        return entry.said("AddtlNtryInf"), "", ""
    lines = [found.text.strip() for found in detail.all("RmtInf/Ustrd")]
    lines += [found.text.strip() for found in detail.all("RmtInf/Strd/CdtrRefInf/Ref")]
    lines += [detail.said("Refs/EndToEndId"), detail.said("AddtlTxInf")]
    lines += [entry.said("AddtlNtryInf")]
    party = "RltdPties/Dbtr" if came else "RltdPties/Cdtr"
    return (
        "\n".join(dict.fromkeys(filter(None, lines))),
        detail.said(f"{party}/Nm", f"{party}/Pty/Nm"),
        detail.said(f"{party}Acct/Id/IBAN", f"{party}Acct/Id/Othr/Id"),
    )


def _wrong(each: Element, why: str) -> StatementRefused:
    return StatementRefused(reason=f"line {each.line}: {why}")
