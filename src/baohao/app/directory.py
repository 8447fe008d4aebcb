"""The directory of cards: which number a card is on."""

from __future__ import annotations

from collections.abc import Collection

from baohao.core.identifiers.iccid import parse_iccid
from baohao.core.refusals import Refusal
from baohao.store import lines
from baohao.store.sql import Connection


class CardUnknown(Refusal):
    """There is no card {iccid} here."""

    code = "card.unknown"


def number_of(conn: Connection, iccid: str, operators: Collection[str]) -> str:
    """
    Return the number that a card of some operators is on.

    Raises `CardUnknown`, whether or not it is another's, and `MalformedIccid`.
    """
    card = parse_iccid(iccid)
    number = lines.number_of(conn, card)
    line = None if number is None else lines.find(conn, number)
    if line is None or line.state.operator not in operators:
        raise CardUnknown(iccid=card)
    return line.state.number
