"""An agent's statement as a file: its sales as CSV, or the whole of it as a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from decimal import Decimal
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.exceptions import XlsxWriterException  # type: ignore[import-untyped]

from baohao.app.agents.statement import Statement, name_of
from baohao.app.csv_files import FileUnwritable, replaced, write_rows
from baohao.core.money import exponent_of, format_minor
from baohao.store.agent_sales import AgentSale

#: What is told of each sale, and of each that was taken back.
COLUMNS = (
    *("at", "receipt", "number", "what", "plan", "total", "commission", "service_fee"),
    *("currency", "takes_back"),
)
#: Cells that are amounts.
_MONEY = frozenset({"total", "commission", "service_fee"})


def write(path: Path, told: Statement, sales: Iterable[AgentSale], zone: tzinfo) -> int:
    """Write the sales of a statement into a .csv or .xlsx file; return how many there were."""
    rows = [cells(sale, zone) for sale in sales]
    if path.suffix.lower() == ".xlsx":
        _workbook(path, told, rows)
    else:
        with replaced(path) as out:
            write_rows(out, COLUMNS, rows)
    return len(rows)


def lines(told: Statement) -> Sequence[tuple[str, int]]:
    """Return the lines of a statement: what it is, and minor units."""
    owed, purse = told.commission, told.float_
    return (
        ("commission owed before", owed.opening_minor),
        ("earned", owed.accrued_minor),
        ("lost by reversals", -owed.clawed_back_minor),
        ("paid out", -owed.paid_out_minor),
        ("commission owed", owed.closing_minor),
        ("float before", purse.opening_minor),
        ("paid in", purse.funded_minor),
        ("spent", -purse.spent_minor),
        ("given back", purse.given_back_minor),
        ("withdrawn", -purse.withdrawn_minor),
        ("commission paid in", purse.commission_minor),
        ("float", purse.closing_minor),
        ("service fees, its own", told.service_fees_minor),
    )


def cells(sale: AgentSale, zone: tzinfo) -> tuple[str, ...]:
    """Return the cells of a sale, as `COLUMNS` has them."""
    what = sale.what
    amounts = (what.total_minor, what.commission_minor, what.service_fee_minor)
    return (
        sale.recorded_at.astimezone(zone).isoformat(timespec="seconds"),
        str(sale.ask),
        sale.number,
        what.verb,
        what.plan,
        *(format_minor(minor, what.currency) for minor in amounts),
        what.currency,
        "" if what.of is None else str(what.of),
    )


def _workbook(path: Path, told: Statement, rows: Iterable[Sequence[str]]) -> None:
    """Write two sheets; amounts are numbers, that spreadsheets add up."""
    try:
        with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
            digits = exponent_of(told.currency)
            money = book.add_format({"num_format": "0." + "0" * digits if digits else "0"})
            summary = book.add_worksheet("statement")
            for n, (name, text) in enumerate(
                (("agent", told.agent), ("month", name_of(told.month)), ("currency", told.currency))
            ):
                summary.write_string(n, 0, name)
                summary.write_string(n, 1, text)
            for n, (name, minor) in enumerate(lines(told), start=3):
                summary.write_string(n, 0, name)
                summary.write_number(n, 1, Decimal(format_minor(minor, told.currency)), money)
            sales = book.add_worksheet("sales")
            for n, row in enumerate((COLUMNS, *rows)):
                for column, (name, cell) in enumerate(zip(COLUMNS, row, strict=True)):
                    if n and name in _MONEY:
                        sales.write_number(n, column, Decimal(cell), money)
                    else:
                        sales.write_string(n, column, cell)
    except (OSError, XlsxWriterException) as error:
        raise FileUnwritable(file=str(path), reason=str(error)) from None
