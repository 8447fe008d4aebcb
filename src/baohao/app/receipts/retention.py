"""
How long receipts are kept: which series may be deleted by now, and which must not.

    Refusal
    └── KeptTooShort     less than the law asks for

Nothing here or elsewhere in baohao deletes one. A series goes whole or not at all, for its numbers
have no gap; and not while any deadline that it proves, or its year, is nearer than so many years.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from baohao.core.refusals import Refusal
from baohao.store import clock, receipts
from baohao.store.receipts import Series
from baohao.store.sql import Connection

#: Macau asks traders for five years of books and vouchers (orbitax.com, "Macau, Books and records",
#: a secondary source; the Commercial Code itself was not read), from the end of the year.
LEGAL_YEARS = 5
#: More is safer where the law is not certain, and costs some kilobytes a receipt.
USUAL_YEARS = 10


class KeptTooShort(Refusal):
    """{years} years are less than the {least} for which the law asks; keep them longer."""

    code = "receipt.kept_too_short"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Until when a series is kept."""

    series: Series
    #: The last day on which it must be there.
    kept_until: date
    may_go: bool


def terms(conn: Connection, years: int) -> Sequence[Term]:
    """Return every series with the last day on which it must be kept; raises `KeptTooShort`."""
    if years < LEGAL_YEARS:
        raise KeptTooShort(years=years, least=LEGAL_YEARS)
    now = clock.now(conn)
    found = []
    for series in receipts.all_series(conn):
        proven = series.proves_until
        last = max(series.year, series.last_at.year, proven.year if proven else 0)
        kept_until = date(min(last + years, date.max.year), 12, 31)
        # A day more, for the year ends somewhere else later than here.
        may_go = (now.date() - kept_until).days > 1
        found.append(Term(series=series, kept_until=kept_until, may_go=may_go))
    return found
