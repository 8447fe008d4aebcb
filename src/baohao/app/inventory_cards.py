"""
Numbers and cards, a column at a time: what core's parsers say of each cell, found all at once.

The plain forms, which nearly every cell has, are matched and checked by column; every other cell
goes to the parser itself. So a cell is accepted here exactly when its parser accepts it, and means
the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from baohao.app.sheets import Fault
from baohao.core.identifiers.eid import parse_eid
from baohao.core.identifiers.iccid import LEAST_DIGITS, MOST_DIGITS, parse_iccid
from baohao.core.identifiers.imsi import IMSI, parse_imsi
from baohao.core.identifiers.luhn import DOUBLED
from baohao.core.identifiers.malformed import MalformedIdentifier
from baohao.core.identifiers.number import MACAU_NATIONAL, parse_number

#: The result of a column: canonical text, "" for an empty cell, null for one that is refused.
Parsed = tuple[pl.Series, list[Fault]]

_PARSERS: Mapping[str, Callable[[str], str]] = {
    "number": parse_number,
    "iccid": parse_iccid,
    "imsi": parse_imsi,
    "eid": parse_eid,
}
IDENTIFIERS = tuple(_PARSERS)
_HERE = rf"^(?:(?:\+|00)?853)?({MACAU_NATIONAL})$"
_ABROAD = r"^(?:\+|00)([1-9][0-9]{6,14})$"
_ICCID = r"^(89[0-9]{16,18})[Ff]?$"
#: What a digit adds to the sum, by whether its place from the right is even.
_WEIGHTS = np.array([range(10), DOUBLED], dtype=np.uint8)
_ZERO = ord("0")


def parse_column(column: str, cells: pl.Series, lines: pl.Series) -> Parsed:
    """Return the canonical forms of a column, and what is wrong with the cells that have none."""
    plain = {"number": _numbers, "iccid": _iccids, "imsi": _imsis, "eid": _none}[column](cells)
    rest = (plain.is_null() & (cells != "")).arg_true()
    faults: list[Fault] = []
    parsed: list[str | None] = []
    parser = _PARSERS[column]
    for line, cell in zip(lines.gather(rest), cells.gather(rest), strict=True):
        try:
            parsed.append(parser(cell))
        except MalformedIdentifier as refusal:
            parsed.append(None)
            faults.append(fault_of(line, column, str(refusal.facts["value"]), refusal))
    found = plain.scatter(rest, parsed) if len(rest) else plain
    # An empty cell says that there is none.
    empty = pl.select(pl.when(cells == "").then(pl.lit("")).otherwise(found)).to_series()
    return empty.alias(column), faults


def fault_of(line: int, column: str, value: str, refusal: MalformedIdentifier) -> Fault:
    """Return the fault of a cell that its parser refuses."""
    reason = str(refusal.facts["reason"])
    return Fault(line=line, column=column, value=value, reason=reason, code=refusal.code)


def _numbers(cells: pl.Series) -> pl.Series:
    here = cells.str.extract(_HERE, 1)
    abroad = cells.str.extract(_ABROAD, 1)
    text = pl.select(
        pl.when(here.is_not_null())
        .then("+853" + here)
        .when(~abroad.str.starts_with("853"))
        .then("+" + abroad)
    )
    return text.to_series()


def _iccids(cells: pl.Series) -> pl.Series:
    digits = cells.str.extract(_ICCID, 1)
    lengths = digits.str.len_bytes()
    found = pl.Series([None], dtype=pl.String).new_from_index(0, len(cells))
    for length in range(LEAST_DIGITS, MOST_DIGITS + 1):
        at = (lengths == length).arg_true()
        if not len(at):
            continue
        given = digits.gather(at)
        if length == LEAST_DIGITS:
            # The check digit is missing: a zero takes its place, and is what it should have been.
            off = _remainders(given + "0", length + 1)
            found = found.scatter(at, given + pl.Series((10 - off) % 10).cast(pl.String))
        else:
            right = _remainders(given, length) == 0
            found = found.scatter(at.filter(pl.Series(right)), given.filter(pl.Series(right)))
    return found


def _remainders(digits: pl.Series, length: int) -> np.ndarray[tuple[int], np.dtype[np.uint16]]:
    """Return the weighted sums modulo 10 (`core.identifiers.luhn`) of texts of one length."""
    joined = digits.str.join("").item().encode()
    grid = np.frombuffer(joined, dtype=np.uint8).reshape(-1, length) - _ZERO
    sums = np.zeros(len(grid), dtype=np.uint16)
    for place in range(length):
        sums += _WEIGHTS[place % 2][grid[:, length - 1 - place]]
    remainders: np.ndarray[tuple[int], np.dtype[np.uint16]] = sums % 10
    return remainders


def _imsis(cells: pl.Series) -> pl.Series:
    return cells.str.extract(f"^({IMSI})$", 1)


def _none(cells: pl.Series) -> pl.Series:
    """EIDs are few, and 32 digits modulo 97 are quick one by one."""
    return pl.Series([None], dtype=pl.String).new_from_index(0, len(cells))
