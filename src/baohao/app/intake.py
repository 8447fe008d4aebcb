"""
Intake: an inventory goes in part by part, and what is here already is left as it is.

A part is written at once, on the supposition that it is new. When the database says otherwise, it
is compared with what is here: a line that is the same is passed over, one that differs is a fault.
So the second import of a file changes nothing, and one that was cut short goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import polars as pl
from psycopg import errors

from baohao.app.door import HouseClosed
from baohao.app.enrol import By, enrol, in_order
from baohao.app.inventory import Inventory
from baohao.app.inventory_kinds import Kind
from baohao.app.sheets import Fault
from baohao.app.shell import Shell
from baohao.core.asks import Terms
from baohao.core.bucket import bucket_of
from baohao.core.refusals import Refusal
from baohao.store import partitions
from baohao.store.sql import Connection, call, rows, trip

#: Lines of one transaction: enough to be fast, few enough for a killed import to lose little.
PART = 50_000

#: Told how many lines are done.
Progress = Callable[[int], None]


class NothingTaken(Refusal):
    """Nothing went in: {lines} lines are refused, the first because {first}"""

    code = "inventory.nothing_taken"


@dataclass(slots=True, kw_only=True)
class Taken:
    """What became of the good lines of an inventory."""

    new: int = 0
    #: Here already, and the same.
    unchanged: int = 0
    #: Found when they were to be written: here already, and not the same.
    faults: list[Fault] = field(default_factory=list)

    def add(self, other: Taken) -> None:
        """Count what became of a part."""
        self.new += other.new
        self.unchanged += other.unchanged
        self.faults = sorted([*self.faults, *other.faults], key=lambda fault: fault.line)


class Intake:
    """Takes inventories in."""

    def __init__(
        self, shell: Shell, terms: Callable[[], Terms], by: By, new_id: Callable[[], UUID]
    ) -> None:
        self._shell = shell
        self._terms = terms
        self._by = by
        self._new_id = new_id
        #: Whether parts are compared before they are written: from the first that was here on.
        self._compares = False

    def take(self, inventory: Inventory, progress: Progress = lambda _: None) -> Taken:
        """Put good lines in; each part lasts as soon as it is done."""
        taken = Taken()
        for part in _parts(inventory.lines):
            taken.add(self._shell.run(partial(self._part, part=part, kinds=inventory.kinds)))
            progress(taken.new + taken.unchanged + len(taken.faults))
        return taken

    def take_all(self, inventory: Inventory, progress: Progress = lambda _: None) -> Taken:
        """
        Put everything in, or nothing where there is a fault: those of what is here are told.

        Raises `NothingTaken` for a kind of line that the rules refuse.
        """
        return self._shell.run(partial(self._whole, inventory=inventory, progress=progress))

    def compare(self, inventory: Inventory) -> Taken:
        """Say what `take` would do, and do nothing."""
        taken = Taken()
        for part in _parts(inventory.lines):
            look = partial(compared, part=part, kinds=inventory.kinds)
            new, seen = self._shell.run(look)
            seen.new = len(new)
            taken.add(seen)
        return taken

    def _whole(self, conn: Connection, inventory: Inventory, progress: Progress) -> Taken:
        taken, fresh = Taken(), []
        for part in _parts(inventory.lines):
            new, seen = compared(conn, part, inventory.kinds)
            taken.add(seen)
            fresh.append(new)
        if inventory.faults or taken.faults:
            return taken
        for new in fresh:
            self._write(conn, new, inventory.kinds, taken)
            if taken.faults:
                raise NothingTaken(lines=len(taken.faults), first=taken.faults[0].reason)
            progress(taken.new + taken.unchanged)
        return taken

    def _part(self, conn: Connection, part: pl.DataFrame, kinds: Sequence[Kind]) -> Taken:
        taken, new = Taken(), part
        if self._compares:
            new, taken = compared(conn, part, kinds)
        try:
            self._write(conn, new, kinds, taken)
        except errors.UniqueViolation:
            # The shell rolls back and sends the part again.
            self._compares = True
            raise
        return taken

    def _write(
        self, conn: Connection, new: pl.DataFrame, kinds: Sequence[Kind], taken: Taken
    ) -> None:
        if new.is_empty():
            return
        ((now, is_open),) = rows(conn, "read_clock")
        if not is_open:
            raise HouseClosed()
        month = partitions.month_of(now)
        if month not in partitions.months(conn):
            raise partitions.MonthMissing(month)
        refused = enrol(
            conn,
            new,
            kinds,
            by=self._by,
            parent=self._new_id(),
            terms=self._terms(),
            now=now,
        )
        taken.new += len(new) - len(refused)
        taken.faults += [
            Fault(line=line, column="", value="", reason=refusal.message, code=refusal.code)
            for line, refusal in refused
        ]


def compared(
    conn: Connection, part: pl.DataFrame, kinds: Sequence[Kind]
) -> tuple[pl.DataFrame, Taken]:
    """Return the lines of a part that are new, and what the others are."""
    seen = Taken()
    here = _here(conn, part)
    taken_cards = _cards(conn, part)
    new: list[bool] = []
    columns = part.select("line", "kind", "number", "iccid", "imsi")
    for line, place, number, iccid, imsi in columns.iter_rows():
        kind, found = kinds[place], here.get(number)
        if found is not None:
            new.append(False)
            if found == (kind.operator, kind.plan, kind.custody, iccid):
                seen.unchanged += 1
            else:
                seen.faults.append(_differs(line, number, found))
            continue
        fault = next(
            (
                _card_fault(line, column, card)
                for column, card in (("iccid", iccid), ("imsi", imsi))
                if card and taken_cards.get(card, number) != number
            ),
            None,
        )
        new.append(fault is None)
        seen.faults += [] if fault is None else [fault]
    return part.filter(pl.Series(new, dtype=pl.Boolean)), seen


def _parts(lines: pl.DataFrame) -> Iterator[pl.DataFrame]:
    ordered = in_order(lines)
    for start in range(0, len(ordered), PART):
        yield ordered[start : start + PART]


#: Operator, plan, custody, ICCID.
_Line = tuple[str, str, str, str]


def _here(conn: Connection, part: pl.DataFrame) -> dict[str, _Line]:
    wanted = sorted((bucket_of(number), number) for number in part["number"])
    if not wanted:
        return {}
    (found,) = trip(conn, [call("find_lines", wanted)])
    return {number: (o, p, c, iccid) for number, o, p, c, iccid in found.fetchall()}


def _cards(conn: Connection, part: pl.DataFrame) -> dict[str, str]:
    """Return which numbers cards of the part are on."""
    named = {name for column in ("iccid", "imsi") for name in part[column] if name}
    if not named:
        return {}
    wanted = sorted((bucket_of(name), name) for name in named)
    (found,) = trip(conn, [call("find_cards", wanted)])
    return dict(found.fetchall())


def _differs(line: int, number: str, found: _Line) -> Fault:
    _, plan, custody, iccid = found
    card = f"with card {iccid}" if iccid else "without a card"
    reason = f"it is here already, as {plan} ({custody}) {card}"
    return Fault(line=line, column="number", value=number, reason=reason, code="line.exists")


def _card_fault(line: int, column: str, card: str) -> Fault:
    reason = "it is on another line that is here already"
    return Fault(line=line, column=column, value=card, reason=reason, code="card.taken")
