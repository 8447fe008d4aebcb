"""Rows of statements and what is to be paid out, to be shown to who may see payers' names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import msgspec

from baohao.app.bank.by_hand import RowUnknown
from baohao.app.bank.importing import sealed_for
from baohao.app.ports import Seals
from baohao.core.bank.reference import written
from baohao.core.money import format_minor
from baohao.store import bank
from baohao.store.bank import STATES, Kept, Payout
from baohao.store.sql import Connection

__all__ = ["PAYOUT", "STATES", "cell", "one", "payouts", "row", "rows"]

#: What a person is told to pay out, as columns.
PAYOUT = ("payout", "account", "to_name", "to_account", "amount", "currency", "reference")


def rows(conn: Connection, seals: Seals, state: str | None) -> Iterator[dict[str, Any]]:
    """Yield rows as plain facts, the oldest first."""
    # Read whole: what each may be for is asked of the same connection.
    return (row(conn, each, seals) for each in list(bank.listed(conn, state)))


def row(conn: Connection, each: Kept, seals: Seals) -> dict[str, Any]:
    """Return a row as plain facts; of one that is held, the payments that may be meant."""
    references = [*each.exact, *each.near] if each.state == bank.HELD else []
    return {
        "row": str(each.id),
        "account": each.account,
        "booked_on": each.booked_on,
        "amount_minor": each.amount_minor,
        "currency": each.currency,
        "state": each.state,
        **_words(each, seals),
        "references": list(each.exact),
        "may_mean": list(each.near),
        "may_be_for": list(map(str, bank.payments_of(conn, references))),
        "payment": "" if each.payment is None else str(each.payment),
        "by": each.by,
        "approved_by": each.approved_by,
    }


def one(conn: Connection, seals: Seals, id_: UUID) -> dict[str, Any]:
    """Return one row as plain facts; raises `RowUnknown`."""
    found = bank.find(conn, id_)
    if found is None:
        raise RowUnknown(row=str(id_))
    return row(conn, found, seals)


def cell(payout: Mapping[str, Any], name: str) -> str:
    """Return a column of what is to be paid out."""
    if name == "amount":
        return format_minor(payout["amount_minor"], payout["currency"])
    return str(payout[name])


def payouts(conn: Connection, seals: Seals, *, gone: bool) -> list[dict[str, Any]]:
    """Return what is to be paid out; with `gone`, all that ever was."""
    return [_payout(conn, each, seals) for each in bank.payouts(conn, gone=gone)]


def _payout(conn: Connection, each: Payout, seals: Seals) -> dict[str, Any]:
    came = bank.find(conn, each.came_by)
    words = {} if came is None else _words(came, seals)
    return {
        "payout": str(each.id),
        "account": each.account,
        "to_name": words.get("name", ""),
        "to_account": words.get("account_of_payer", ""),
        "amount_minor": each.amount_minor,
        "currency": each.currency,
        "reference": written(each.reference),
        "payment": "" if each.payment is None else str(each.payment),
        "reason": each.reason,
        "listed_at": each.listed_at,
        "gone_at": each.gone_at,
        "by": each.by,
    }


def _words(each: Kept, seals: Seals) -> dict[str, str]:
    said = msgspec.json.decode(seals.unseal(each.sealed, sealed_for(each.id)))
    return {"text": said["text"], "name": said["name"], "account_of_payer": said["account"]}
