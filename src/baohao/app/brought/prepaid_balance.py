"""
Prepaid Balance for Android (mueller-ma/PrepaidBalance): its CSV of one card's credit.

Two columns in the phone's own language and formats, and no number: its owner says which card it is.
Only the newest reading is taken.
"""

from __future__ import annotations

import re

from baohao.app.brought.amounts import read_amount
from baohao.app.brought.days import read_day
from baohao.app.brought.each import order_in
from baohao.app.brought.model import Brought, Given, Said, Taken
from baohao.app.brought.table import Table
from baohao.app.brought.wrong import CellWrong, Wrong

NAME = "Prepaid Balance (mueller-ma)"
#: The time by the phone's clock, and the day behind it.
_WHEN = re.compile(
    r"(?:上午|下午|오전|오후)?\s*\d{1,2}[:.]\d{2}\s*(?:[AaPp]\.?\s?[Mm]\.?)?\s+(?P<day>\S+)"
)
_CREDIT = re.compile(r"-?\d+\.\d+(E-?\d+)?", re.ASCII)


def read_table(table: Table, given: Given) -> Taken | None:
    """Read its CSV."""
    if table.separator != ";" or len(table.headings) != 2 or not table.rows:
        return None
    credit, when = table.headings
    lines = [(row, cells[credit], _WHEN.fullmatch(cells[when])) for row, cells in table.rows]
    if not all(_CREDIT.fullmatch(text) and found for _, text, found in lines):
        return None
    order = order_in(given, [found["day"] for _, _, found in lines if found])
    read: list[Said] = []
    wrong: list[Wrong] = []
    for row, text, found in lines:
        try:
            on = read_day(found["day"] if found else "", order)
            read.append(Said(at=on, name="main", amount=read_amount(text)[0]))
        except CellWrong as refusal:
            wrong.append(Wrong(row=row, column=when, value=text, refusal=refusal, is_fatal=False))
    newest = max(read, key=lambda said: str(said.at), default=None)
    rows = () if newest is None else (Brought(row=table.rows[0][0], number="", said=(newest,)),)
    return Taken(format=NAME, rows=rows, wrong=tuple(wrong), asks_order=not rows)
