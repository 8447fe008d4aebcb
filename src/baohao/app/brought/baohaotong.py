"""
BaoHaoTong (merlinlan007/baohaotong): `data/phones.json`, a list of numbers.

Of jasonpan168/baohaotong, which has the same name and is written in PHP, no source could be read.
"""

from __future__ import annotations

from collections.abc import Mapping

from baohao.app.brought.each import counted, done, each, kind_of
from baohao.app.brought.fields import Fields
from baohao.app.brought.model import Brought, Done, Given, Taken

NAME = "BaoHaoTong (merlinlan007)"
_KEYS = {"phoneNumber", "cycleDays", "lastKeepDate"}


def read(document: object, given: Given) -> Taken | None:
    """Read its list."""
    if not isinstance(document, list) or not document:
        return None
    phones = [phone for phone in document if isinstance(phone, Mapping)]
    if not phones or not any(phone.keys() >= _KEYS for phone in phones):
        return None

    def card(fields: Fields) -> Brought:
        acts: list[Done] = []
        for record in fields.lists("records"):
            inner = Fields(fields.row, record, given)
            words = f"{inner.text('method')} {inner.text('note')}"
            acts += done(inner.day("date", is_fatal=False), kind_of(words))
            fields.wrong += inner.wrong
        last = fields.day("lastKeepDate")
        if last not in [act.at for act in acts]:
            acts += done(last)
        return Brought(
            row=fields.row,
            number=fields.number("phoneNumber"),
            product=" ".join(filter(None, (fields.text("carrier"), fields.text("note")))),
            every=fields.every("cycleDays"),
            done=tuple(acts),
            note=fields.text("note"),
        )

    return each(NAME, counted(phones), given, card)
