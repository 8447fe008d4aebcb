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
_SIZE = 4

_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder().decode


@dataclass(slots=True)
class Read:
    """A bill that is whole; its rows lie in a file that goes with it."""

    _file: IO[bytes]
    count: int = 0
    sums: dict[str, Sums] = field(default_factory=dict)
    _sum: int = 0

    @property
    def digest(self) -> bytes:
        """The same for the same rows, in whatever order they come."""
        return (self._sum % 2**128).to_bytes(16, "big")

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
        taken: list[tuple[Any, ...]] = []
        totals: dict[tuple[str, bool], list[int]] = {}
        for self.count, row in enumerate(rows, start=1):
            if wrong := _wrong(row):
                reason = f"row {self.count}: {wrong}"
                raise BillMissing(gateway=gateway, day=day.isoformat(), reason=reason)
            taken.append(self._taken(row))
            total = totals.setdefault((row.currency, bool(row.refund)), [0, 0, 0])
            total[0] += 1
            total[1] += row.amount_minor
            total[2] += row.fee_minor
            if self.count % AT_ONCE == 0:
                self._write(taken)
                taken = []
        self._write(taken)
        for (currency, is_refund), (count, minor, fees) in totals.items():
            sums = self.sums.get(currency, Sums())
            self.sums[currency] = sums.and_(is_refund, minor, fees, count)

    def _taken(self, row: BillRow) -> tuple[Any, ...]:
        seconds = row.at.timestamp()
        text = (
            f"{row.order}\x1f{row.payment}\x1f{row.refund}\x1f{row.amount_minor}"
            f"\x1f{row.fee_minor}\x1f{row.currency}\x1f{seconds}"
        )
        found = blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
        self._sum += int.from_bytes(found, "big")
        order, payment = row.order, None
        if _ORDER.fullmatch(order):
            payment = order = (
                f"{order[:8]}-{order[8:12]}-{order[12:16]}-{order[16:20]}-{order[20:]}"
            )
        return (
            *(order[:SUBJECT_MAX], payment, row.payment[:ID_MAX], row.refund[:ID_MAX]),
            *(row.amount_minor, row.fee_minor, row.currency, seconds),
        )

    def _write(self, taken: list[tuple[Any, ...]]) -> None:
        if taken:
            block = _encode(list(zip(*taken, strict=True)))
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
