"""
A till's shift: opened with a counted float, emptied into the safe, counted blind, closed.

    VerbNotAllowed
    └── SecondPersonMissing
        └── OtherShift     cash of another shift's sale is given back by two people

What else is refused: core/shifts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from baohao.core.asks import Ask, Decision, Facts
from baohao.core.books import funds
from baohao.core.books.chart import Account, AccountKind, account
from baohao.core.books.entry import Entry
from baohao.core.decide import payload
from baohao.core.decide.case import SecondPersonMissing
from baohao.core.decide.payload import FieldMalformed, FieldMissing
from baohao.core.line.event import Event
from baohao.core.shifts import (
    NoShift,
    NotATill,
    NotCounted,
    OtherClerk,
    Shift,
    ShiftOpen,
    TillShort,
    after,
    uncounted,
)

#: A face value in minor units, and how many of them one count may name.
_FACE = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
_FACES_MAX = 40
_MOST = 2**53


class OtherShift(SecondPersonMissing):
    """What was sold in another shift of {till} is paid back by two people, not by its clerk."""

    code = "verb.not_allowed.second_person.shift"


def open_shift(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Open a shift at a till; whoever asks is its clerk, and has counted the float.

    Fields: `float_minor`; where the books say another sum, `reason` and a second person in
    `approved_by`. Refuses with `NotATill`, `AccountMalformed`, `ShiftOpen` or
    `SecondPersonMissing`.
    """
    payload.only(ask, "float_minor")
    till = _till(ask)
    last = facts.shifts.get(till.text)
    if last is not None and last.is_open:
        raise ShiftOpen(till=till.text, clerk=last.clerk)
    float_minor = payload.whole(ask, "float_minor")
    difference = float_minor - facts.available.get(till.text, 0)
    _, entries = _put_right(ask, ask.principal, till, difference)
    data: dict[str, object] = {
        "clerk": ask.principal,
        "float_minor": float_minor,
        "difference_minor": difference,
    }
    return _decided(last, Event(kind="shift_opened", effective_at=now, data=data), entries, {})


def drop(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Take cash out of a till into the safe, in the middle of a shift.

    Fields: `amount_minor`, `bank` (the account that the safe is). Refuses with `NotATill`,
    `AccountMalformed`, `NoShift`, `ShiftCounted`, `OtherClerk` or `TillShort`.
    """
    payload.only(ask, "amount_minor", "bank")
    till, shift = _open(ask, facts)
    uncounted(shift, till)
    amount = payload.whole(ask, "amount_minor", least=1)
    safe = account(AccountKind.BANK, payload.text(ask, "bank", "safe"), till.currency)
    if facts.available.get(till.text, 0) < amount:
        raise TillShort(till=till.text)
    event = Event(
        kind="dropped", effective_at=now, data={"amount_minor": amount, "bank": safe.owner}
    )
    entries = funds.bank_cash(till, safe, amount)
    return _decided(shift, event, entries, {"dropped": amount})


def count(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Count the drawer, once and without being told what must be in it.

    Fields: `pieces` (face value in minor units -> how many). From now on nothing moves until the
    shift is closed. Refuses with `NotATill`, `AccountMalformed`, `NoShift`, `ShiftCounted` or
    `OtherClerk`.
    """
    payload.only(ask, "pieces")
    till, shift = _open(ask, facts)
    uncounted(shift, till)
    pieces = _pieces(ask)
    counted = sum(int(face) * many for face, many in pieces.items())
    if counted >= _MOST:
        raise FieldMalformed(field="pieces", reason="it is more than there is")
    data: dict[str, object] = {
        "by": ask.principal,
        "pieces": pieces,
        "counted_minor": counted,
        "expected_minor": facts.available.get(till.text, 0),
    }
    return _decided(shift, Event(kind="counted", effective_at=now, data=data), (), {})


def close_shift(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Close a shift that was counted; the drawer is put right, and what is not left goes to the bank.

    Fields: `leave_minor` (the next float, by default nothing), `bank`; where the drawer is short or
    over, `reason` and a second person in `approved_by`. Refuses with `NotATill`,
    `AccountMalformed`, `NoShift`, `NotCounted`, `OtherClerk` or `SecondPersonMissing`.
    """
    payload.only(ask, "leave_minor", "bank")
    till, shift = _open(ask, facts)
    if shift.counted_minor is None or shift.difference_minor is None:
        raise NotCounted(till=till.text)
    left = payload.whole(ask, "leave_minor", 0)
    banked = shift.counted_minor - left
    if banked < 0:
        raise FieldMalformed(field="leave_minor", reason="so much was not counted")
    bank = account(AccountKind.BANK, payload.text(ask, "bank", "main"), till.currency)
    difference = shift.difference_minor
    approved_by, entries = _put_right(ask, shift.clerk, till, difference)
    if banked:
        entries += funds.bank_cash(till, bank, banked)
    data: dict[str, object] = {
        "by": ask.principal,
        "difference_minor": difference,
        "left_minor": left,
        "banked_minor": banked,
        "approved_by": approved_by,
    }
    event = Event(kind="shift_closed", effective_at=now, data=data)
    return _decided(shift, event, entries, {"left": left, "banked": banked})


def second_person(ask: Ask, clerk: str) -> str:
    """Return who approves: neither the clerk nor who asks; raises `SecondPersonMissing`."""
    by = payload.text(ask, "approved_by", "").strip()
    if not by or by in (clerk, ask.principal):
        raise SecondPersonMissing(verb=ask.verb)
    return by


def _till(ask: Ask) -> Account:
    till = Account.parse(ask.subject)
    if till.kind is not AccountKind.TILL:
        raise NotATill(account=ask.subject)
    return till


def _open(ask: Ask, facts: Facts) -> tuple[Account, Shift]:
    """Return the till and its open shift; for a clerk that is away two others act."""
    till = _till(ask)
    shift = facts.shifts.get(till.text)
    if shift is None or not shift.is_open:
        raise NoShift(till=till.text)
    if ask.principal != shift.clerk:
        try:
            second_person(ask, shift.clerk)
        except SecondPersonMissing:
            raise OtherClerk(till=till.text, clerk=shift.clerk) from None
    return till, shift


def _put_right(
    ask: Ask, clerk: str, till: Account, difference_minor: int
) -> tuple[str, tuple[Entry, ...]]:
    """Return who approved a difference, and its entry; nobody and nothing where there is none."""
    if not difference_minor:
        return "", ()
    by, why = second_person(ask, clerk), payload.reason(ask)
    cause = "cash_over" if difference_minor > 0 else "cash_short"
    return by, funds.adjust(till, difference_minor, cause=cause, reason=why)


def _pieces(ask: Ask) -> Mapping[str, int]:
    if "pieces" not in ask.payload:
        raise FieldMissing(field="pieces", reason="say how many there are of each note and coin")
    pieces: dict[str, int] = {}
    for face, many in payload.part(ask, "pieces").items():
        whole = type(many) is int and 0 <= many < _MOST
        if _FACE.fullmatch(face) is None or not whole or len(pieces) == _FACES_MAX:
            reason = 'write face values in minor units and how many: {"10000": 3}'
            raise FieldMalformed(field="pieces", reason=reason)
        pieces[face] = int(str(many))
    return pieces


def _decided(
    before: Shift | None, event: Event, entries: tuple[Entry, ...], answer: dict[str, object]
) -> Decision:
    """Return the decision; what it tells of money is what the asker has said or counted."""
    shift = after(before, event)
    if shift is not None:
        answer = {"shift": shift.n, **answer}
        if shift.is_counted:
            answer |= {"counted": shift.counted_minor, "difference": shift.difference_minor}
    return Decision(state=None, events=(event,), entries=entries, shift=shift, answer=answer)
