"""Reading: a bill is read whole, into a file of its own, before anything is written of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from tempfile import TemporaryFile
from typing import IO, Any

import msgspec

from baohao.app.ports import BillMissing, BillRow, Gateway
from baohao.core.matching import Sums
from baohao.core.money import EXPONENTS
from baohao.store.bills import Columns

#: Rows that are written in one statement.
AT_ONCE = 20_000
#: Longer than these is no order and no id; what is written of them.
SUBJECT_MAX, ID_MAX = 80, 200
_MINOR_MAX = 2**53
_ORDER = re.compile(r"[0-9a-f]{32}", re.ASCII)
_WIDTH, _SIZE = 8, 4

_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder().decode


@dataclass(slots=True)
class Read:
    """A bill that is whole; its rows lie in a file that goes with it."""

    _file: IO[bytes]
    count: int = 0
    sums: dict[str, Sums] = field(default_factory=dict)
    _digest: int = 0

    @property
    def digest(self) -> bytes:
        """The same for the same rows, in whatever order they come."""
        return self._digest.to_bytes(16, "big")

    def parts(self) -> Iterator[Columns]:
        """Yield the rows, as often as one likes."""
        self._file.seek(0)
        while size := self._file.read(_SIZE):
            yield _decode(self._file.read(int.from_bytes(size, "big")))

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    # --- how --------------------------------------------------------------------------------------

    def take(self, rows: Iterator[BillRow], gateway: str, day: date) -> None:
        """Take all rows in; raises `BillMissing` at one that no bill has."""
        columns: list[list[Any]] = [[] for _ in range(_WIDTH)]
        totals: dict[tuple[str, bool], list[int]] = {}
        for self.count, row in enumerate(rows, start=1):
            if wrong := _wrong(row):
                reason = f"row {self.count}: {wrong}"
                raise BillMissing(gateway=gateway, day=day.isoformat(), reason=reason)
            for column, value in zip(columns, self._taken(row), strict=True):
                column.append(value)
            total = totals.setdefault((row.currency, bool(row.refund)), [0, 0, 0])
            total[0] += 1
            total[1] += row.amount_minor
            total[2] += row.fee_minor
            if self.count % AT_ONCE == 0:
                self._write(columns)
                columns = [[] for _ in range(_WIDTH)]
        self._write(columns)
        for (currency, is_refund), (count, minor, fees) in totals.items():
            sums = self.sums.get(currency, Sums())
            self.sums[currency] = sums.and_(is_refund, minor, fees, count)

    def _taken(self, row: BillRow) -> tuple[Any, ...]:
        seconds = row.at.timestamp()
        said = (row.order, row.payment, row.refund, row.amount_minor, row.fee_minor, row.currency)
        text = "\x1f".join(map(str, (*said, seconds)))
        found = blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
        self._digest = (self._digest + int.from_bytes(found, "big")) % 2**128
        order, payment = row.order, None
        if _ORDER.fullmatch(order):
            payment = order = "-".join(
                (order[:8], order[8:12], order[12:16], order[16:20], order[20:])
            )
        return (
            *(order[:SUBJECT_MAX], payment, row.payment[:ID_MAX], row.refund[:ID_MAX]),
            *(row.amount_minor, row.fee_minor, row.currency, seconds),
        )

    def _write(self, columns: list[list[Any]]) -> None:
        if columns[0]:
            block = _encode(columns)
            self._file.write(len(block).to_bytes(_SIZE, "big"))
            self._file.write(block)


def read(gateway: Gateway, day: date) -> Read:
    """Read a day's bill to its end; raises `BillMissing`. Whoever has it closes it."""
    # It goes with `Read`, which outlives this function.
    found = Read(TemporaryFile())  # noqa: SIM115
    try:
        found.take(gateway.bill(day), gateway.name, day)
    except BaseException:
        found.close()
        raise
    return found


def _wrong(row: BillRow) -> str:
    """Say what no bill's row can have; empty: nothing."""
    if not 0 < row.amount_minor < _MINOR_MAX or abs(row.fee_minor) >= _MINOR_MAX:
        return "its amount is none"
    if row.currency not in EXPONENTS:
        return "its currency is none"
    if row.at.tzinfo is None:
        return "its time has no zone"
    if not row.order or not row.payment:
        return "it names no payment"
    if not (row.order + row.payment + row.refund).isprintable():
        return "it has characters that are none"
    return ""
