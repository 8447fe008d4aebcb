"""
The desk that gives receipts: numbers them, prints them, and marks every print after the first.

    journal ── facts ── number ──> kept for ever ── page ── signature ──> the original, or a copy

Two transactions: one gives the number as its last act, for the counter stays locked until it ends;
the other notes the first print. A page is made between them, and whoever is second prints a copy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from baohao.app.ports import Issuer, Page, Printer
from baohao.app.receipts import saying
from baohao.app.receipts.deposits import happened
from baohao.app.receipts.facts import Happened
from baohao.app.receipts.standing import Standing, standing
from baohao.app.shell import Shell
from baohao.core.asks import Terms
from baohao.core.books.chart import AccountKind
from baohao.core.civil import civil_day
from baohao.core.operators import Operator
from baohao.core.refusals import Refusal
from baohao.store import clock, receipts
from baohao.store.receipts import Receipt
from baohao.store.sql import Connection

#: Where nobody stands at a counter.
ONLINE = "online"
_POINT = re.compile(r"[a-z0-9][a-z0-9.-]{0,31}", re.ASCII)


class SeriesMalformed(Refusal):
    """{point!r} is no issuing point: at most 32 small letters, digits, . and -, as in "hall-1"."""

    code = "receipt.point"


class Desk:
    """Gives receipts for what was paid."""

    def __init__(
        self,
        shell: Shell,
        terms: Terms,
        operators: Mapping[str, Operator],
        issuer: Issuer,
        printer: Printer,
        *,
        signs: bool = True,
    ) -> None:
        self._shell = shell
        self._terms = terms
        self._operators = operators
        self._issuer = issuer
        self._printer = printer
        self._signs = signs

    def issue(self, ask: UUID, point: str = "", number: str | None = None) -> Receipt:
        """
        Return the receipt of an ask; the first time it gets the next number of the point's series.

        Without a point it is the till's that was paid at, else "online". Raises `NothingPaid` and
        `SeriesMalformed`.
        """
        return self._shell.run(
            partial(
                issue,
                terms=self._terms,
                operators=self._operators,
                issuer=self._issuer,
                ask=ask,
                point=point,
                number=number,
            )
        )

    def catch_up(self, since: datetime, until: datetime) -> int:
        """Give what was paid from `since` to `until` the receipts that it lacks, and count them."""
        lacking = self._shell.run(partial(receipts.missing, since=since, until=until))
        for ask, line in lacking:
            self.issue(ask, number=line)
        return len(lacking)

    def pdf(self, receipt: Receipt, *, language: str, paper: str) -> tuple[bytes, bool]:
        """
        Return a receipt as it stands now, and whether it is a copy: the first print is none.

        Raises `PaperRefused`.
        """
        now = self._shell.run(partial(standing, receipt=receipt))
        if not now.is_printed:
            made = self._made(receipt, now, language=language, paper=paper)
            if self._shell.run(
                lambda conn: receipts.printed(conn, receipt, sha256(made).digest(), language)
            ):
                return made, False
        return self.copy(receipt, language=language, paper=paper), True

    def copy(self, receipt: Receipt, *, language: str, paper: str) -> bytes:
        """Return a copy of a receipt as it stands now; raises `PaperRefused`."""
        now = self._shell.run(partial(standing, receipt=receipt))
        return self._made(receipt, replace(now, is_printed=True), language=language, paper=paper)

    @property
    def certificates(self) -> bytes:
        """What others verify receipts by."""
        return self._issuer.certificates

    def language_of(self, receipt: Receipt) -> str:
        """Return the first language of a receipt's operator."""
        return self._operators[receipt.facts["operator"]].languages[0]

    def _made(self, receipt: Receipt, now: Standing, *, language: str, paper: str) -> bytes:
        page = Page(
            facts=receipt.facts,
            token=receipt.token,
            language=language,
            paper=paper,
            is_copy=now.is_printed,
            is_void=now.reversed_at is not None,
            is_signed=self._signs,
        )
        pdf = self._printer.pdf(page)
        return self._issuer.sign(pdf) if self._signs else pdf


def issue(
    conn: Connection,
    terms: Terms,
    operators: Mapping[str, Operator],
    issuer: Issuer,
    ask: UUID,
    point: str,
    number: str | None = None,
) -> Receipt:
    """
    Return the receipt of an ask, with a new number where it has none; last in its transaction.

    Raises `NothingPaid` and `SeriesMalformed`.
    """
    if point and _POINT.fullmatch(point) is None:
        raise SeriesMalformed(point=point)
    kept = receipts.of_ask(conn, str(ask))
    if kept is None:
        of = happened(conn, terms, operators, ask, number)
        point = point or _point_of(of.facts)
        year = civil_day(clock.now(conn), of.zone).year
        given = receipts.number(conn, str(ask), point, year)
        # Whoever was first meanwhile has given it one.
        kept = receipts.of_ask(conn, str(ask)) if given is None else None
        if given is not None:
            kept = _receipt(of, issuer, str(ask), (point, year, given[0]), given[1])
            receipts.add(conn, kept)
    if kept is None:
        raise LookupError(f"{ask} has an issuing point and no receipt")
    return kept


def _point_of(facts: Mapping[str, Any]) -> str:
    """Return the till that was paid at, where it can name a series; else what has no counter."""
    kind, _, rest = facts["paid_from"].partition(":")
    till = rest.rpartition(":")[0]
    return till if kind == AccountKind.TILL and _POINT.fullmatch(till) else ONLINE


def _receipt(
    of: Happened, issuer: Issuer, ask: str, series: tuple[str, int, int], at: datetime
) -> Receipt:
    point, year, number = series
    facts: dict[str, Any] = of.facts | {
        "receipt": f"{point}/{year}/{number:06}",
        "issued_at": at.astimezone(of.zone).isoformat(timespec="seconds"),
    }
    return Receipt(
        point=point,
        year=year,
        number=number,
        ask=ask,
        line=of.line,
        epoch=of.epoch,
        holder=of.holder,
        issued_at=at,
        day=civil_day(at, of.zone),
        facts=facts,
        token=issuer.token(saying.said(facts)),
    )
