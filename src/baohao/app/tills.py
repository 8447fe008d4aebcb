"""Tills: the shift that is worked at one, as far as its clerk may know it."""

from __future__ import annotations

from baohao.core.books.chart import Account, AccountKind, account
from baohao.core.shifts import NotATill, Shift
from baohao.store import shifts
from baohao.store.sql import Connection


def till_of(text: str, currency: str) -> str:
    """
    Return a till's account by its key, or by its whole text; raises `NotATill`, `AccountMalformed`.
    """
    if ":" not in text:
        return account(AccountKind.TILL, text, currency).text
    found = Account.parse(text)
    if found.kind is not AccountKind.TILL:
        raise NotATill(account=text)
    return found.text


def last_shift(conn: Connection, till: str) -> Shift | None:
    """
    Return the last shift of a till; `None`: it is worked without.

    A shift says what must be in the drawer only once it was counted.
    """
    return shifts.last(conn, [till]).get(till)
