"""
Shifts: whose till it is, from the counted float to the counted drawer.

    Refusal
    ├── NotATill        the account is no till
    ├── NoShift         the till is worked by shifts, and none is open
    ├── ShiftOpen       one is open already
    ├── ShiftCounted    it has been counted: nothing moves until it is closed
    ├── NotCounted      it has not been counted
    ├── OtherClerk      it is somebody else's
    └── TillShort       more would go out than there is; by how much is not told

A shift is the fold of its till's own events (`after`). The books say what must be in the drawer;
until the clerk has counted it, nobody is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from baohao.core.books.chart import Account
from baohao.core.line.event import Event
from baohao.core.refusals import Refusal


class NotATill(Refusal):
    """{account} is no till: write it as in till:hall-1:MOP."""

    code = "till.unknown"


class NoShift(Refusal):
    """No shift is open at {till}; its clerk counts the float and opens one."""

    code = "till.no_shift"


class ShiftOpen(Refusal):
    """A shift of {clerk} is open at {till}; it is counted and closed first."""

    code = "till.shift_open"


class ShiftCounted(Refusal):
    """The drawer of {till} has been counted; nothing moves there until the shift is closed."""

    code = "till.counted"


class NotCounted(Refusal):
    """The drawer of {till} is counted before its shift is closed."""

    code = "till.not_counted"


class OtherClerk(Refusal):
    """The shift at {till} is {clerk}'s."""

    code = "till.other_clerk"


class TillShort(Refusal):
    """There is not so much cash in {till}."""

    code = "till.short"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One clerk's time at one till. Amounts are minor units of the till's currency."""

    #: Of this till, from 1.
    n: int
    clerk: str
    opened_at: datetime
    #: As it was counted at the opening, and by how much that was more than the books said.
    float_minor: int
    opening_difference_minor: int
    #: Change fetched from the bank, and cash dropped into the safe, meanwhile.
    brought_minor: int = 0
    dropped_minor: int = 0
    counted_at: datetime | None = None
    counted_by: str = ""
    #: Face value -> pieces, as it was said.
    pieces: Mapping[int, int] | None = None
    counted_minor: int | None = None
    #: What the books said at the count.
    expected_minor: int | None = None
    closed_at: datetime | None = None
    #: Left in the drawer as the next float; the rest went to the bank.
    left_minor: int | None = None
    #: The second person, where one was needed.
    approved_by: str = ""

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_counted(self) -> bool:
        return self.counted_at is not None

    @property
    def difference_minor(self) -> int | None:
        """By how much the drawer was over; below zero: short. `None`: it is not counted yet."""
        if self.counted_minor is None or self.expected_minor is None:
            return None
        return self.counted_minor - self.expected_minor

    @property
    def takings_minor(self) -> int | None:
        """What sales brought, less what was paid back; `None`: it is not counted yet."""
        if self.expected_minor is None:
            return None
        moved = self.float_minor + self.brought_minor - self.dropped_minor
        return self.expected_minor - moved


def after(shift: Shift | None, event: Event) -> Shift | None:
    """Return a till's last shift as an event of the till leaves it; `None`: it never had one."""
    data: Mapping[str, Any] = event.data
    if event.kind == "shift_opened":
        return Shift(
            n=1 if shift is None else shift.n + 1,
            clerk=data["clerk"],
            opened_at=event.effective_at,
            float_minor=data["float_minor"],
            opening_difference_minor=data["difference_minor"],
        )
    if shift is None or not shift.is_open:
        return shift
    if event.kind == "funded":
        return replace(shift, brought_minor=shift.brought_minor + data["amount_minor"])
    if event.kind == "dropped":
        return replace(shift, dropped_minor=shift.dropped_minor + data["amount_minor"])
    if event.kind == "counted":
        return replace(
            shift,
            counted_at=event.effective_at,
            counted_by=data["by"],
            pieces={int(face): count for face, count in data["pieces"].items()},
            counted_minor=data["counted_minor"],
            expected_minor=data["expected_minor"],
        )
    if event.kind == "shift_closed":
        return replace(
            shift,
            closed_at=event.effective_at,
            left_minor=data["left_minor"],
            approved_by=data["approved_by"],
        )
    return shift


def shifts_of(events: Iterable[Event]) -> tuple[Shift, ...]:
    """Return all shifts that a till's events make, in order."""
    found: dict[int, Shift] = {}
    shift: Shift | None = None
    for event in events:
        shift = after(shift, event)
        if shift is not None:
            found[shift.n] = shift
    return tuple(found.values())


def at_work(shifts: Mapping[str, Shift], till: Account, principal: str) -> Shift | None:
    """
    Return the shift through which cash goes into or out of a till; `None`: it is worked without.

    Raises `NoShift`, `ShiftCounted`, and `OtherClerk` for anybody but the shift's own clerk.
    """
    shift = shifts.get(till.text)
    if shift is None:
        return None
    if not shift.is_open:
        raise NoShift(till=till.text)
    uncounted(shift, till)
    if shift.clerk != principal:
        raise OtherClerk(till=till.text, clerk=shift.clerk)
    return shift


def uncounted(shift: Shift, till: Account) -> None:
    """Let nothing move between count and close; raises `ShiftCounted`."""
    if shift.is_counted:
        raise ShiftCounted(till=till.text)
