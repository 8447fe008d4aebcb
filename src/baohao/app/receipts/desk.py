"""
The desk that gives receipts: numbers them, prints them, and marks every print after the first.

    journal ── facts ── number ──> kept for ever ── page ── signature ──> the original, or a copy

Receipts are owed with what was paid, so that none is forgotten, and given at once at a counter,
else by the worker. Two transactions: one gives the number as its last act, for the counter stays
locked until it ends; the other notes the first print. A page is made between them, and whoever is
second prints a copy.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from baohao.app.ports import Issuer, Page, Printer
from baohao.app.receipts import paid, saying
from baohao.app.receipts.deposits import happened
from baohao.app.receipts.facts import Happened, NothingPaid
from baohao.app.receipts.standing import Standing, standing
from baohao.app.shell import OutcomeUnknown, Shell
from baohao.core.asks import Terms
from baohao.core.civil import civil_day
from baohao.core.operators import Operator
from baohao.core.points import SERIES
from baohao.core.refusals import Refusal
from baohao.store import clock, receipts
from baohao.store.receipts import Given, Receipt
from baohao.store.sql import Connection

log = logging.getLogger(__name__)

#: Taken up at once; some hundredths of a second each, so that all are given within their minute.
AT_ONCE = 100


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

    def issue(self, ask: UUID, point: str = "") -> Receipt:
        """
        Return the receipt of an ask; the first time it gets the next number of the point's series.

        Without a point it is the one where it was asked, else the till's that was paid at, else
        "online". Raises `NothingPaid` and `SeriesMalformed`.
        """
        return self._shell.run(
            partial(
                issue,
                terms=self._terms,
                operators=self._operators,
                issuer=self._issuer,
                ask=ask,
                point=point,
            )
        )

    def catch_up(self) -> int:
        """
        Give the receipts that are owed, in the order in which they were paid, and count them.

        One that cannot be given holds up none: it is tried again later, and the doctor tells.
        """
        given = 0
        while (turn := self.turn()) is not None:
            given += turn
        return given

    def turn(self) -> int | None:
        """Give some of them; `None`: none is owed."""
        owed = self._shell.run(_take)
        return sum(self._given(ask) for ask in owed) if owed else None

    def _given(self, ask: UUID) -> bool:
        try:
            self.issue(ask)
        except OutcomeUnknown:
            raise
        except Exception as defect:  # noqa: BLE001 - whatever it is, the others must not suffer
            # Its kind alone: what it says of a line is not for a log.
            log.error("a receipt was put off by a %s", type(defect).__name__)  # noqa: TRY400
            return False
        return True

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


def is_owed(conn: Connection) -> bool:
    """Whether a receipt is to be given."""
    return receipts.is_owed(conn, clock.now(conn))


def _take(conn: Connection) -> tuple[UUID, ...]:
    return receipts.take(conn, clock.now(conn), AT_ONCE)


def issue(
    conn: Connection,
    terms: Terms,
    operators: Mapping[str, Operator],
    issuer: Issuer,
    ask: UUID,
    point: str,
) -> Receipt:
    """
    Return the receipt of an ask, with a new number where it has none; last in its transaction.

    Raises `NothingPaid` and `SeriesMalformed`.
    """
    if point and SERIES.fullmatch(point) is None:
        raise SeriesMalformed(point=point)
    place = receipts.place(conn, str(ask))
    if place is None:
        raise NothingPaid(ask=str(ask))
    given = None
    if not place.point:
        of = happened(conn, terms, operators, ask, place.line)
        paid_from = of.facts["paid_from"]
        of.facts["means"] = paid.means(conn, paid_from)
        series = paid.series(point or place.wanted, paid_from)
        given = receipts.number(conn, str(ask), series, of.zone)
        if given is not None:
            made = _receipt(of, issuer, str(ask), series, given)
            receipts.add(conn, made)
            return made
    # Whoever was first, now or before, has given it one.
    kept = receipts.of_ask(conn, str(ask))
    if kept is None:
        raise LookupError(f"{ask} has an issuing point and no receipt")
    return kept


def _receipt(of: Happened, issuer: Issuer, ask: str, point: str, given: Given) -> Receipt:
    facts: dict[str, Any] = of.facts | {
        "receipt": f"{point}/{given.year}/{given.number:06}",
        "point": paid.particulars(given.register),
        "issued_at": given.at.astimezone(of.zone).isoformat(timespec="seconds"),
    }
    return Receipt(
        point=point,
        year=given.year,
        number=given.number,
        ask=ask,
        line=of.line,
        epoch=of.epoch,
        holder=of.holder,
        issued_at=given.at,
        day=civil_day(given.at, of.zone),
        facts=facts,
        token=issuer.token(saying.said(facts)),
    )
