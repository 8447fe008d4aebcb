"""
Our own JSON: everything that is kept of somebody's cards, so that it can be brought elsewhere.

What was done and what operators said goes in again as it was; the history beside it, with the times
at which it was written down, is for reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

from baohao.app.brought.each import counted, each, of_version
from baohao.app.brought.fields import Fields
from baohao.app.brought.model import Brought, Done, Given, Said, Taken
from baohao.app.brought.wrong import AmountMalformed, ClosedThere, InstantMalformed

NAME = "baohao"
FORMAT, VERSION = "baohao-cards", 1
#: What a record may say beside its kind, its time and its amount.
MORE = (
    *("act", "paid_minor", "net_minor", "credited_minor", "spend_minor"),
    *("term", "sku", "where", "actor", "tags", "used"),
)
_ABOUT = ("name", "whose", "note")


def read(document: object, given: Given) -> Taken | None:
    """Read what we wrote."""
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        return None
    cards = document.get("cards")
    if not isinstance(cards, list):
        return None
    items = counted(card for card in cards if isinstance(card, Mapping))
    taken = each(NAME, items, given, _card)
    return of_version(taken, document.get("version"), (VERSION,))


def _card(fields: Fields) -> Brought:
    said = fields.raw.get("about")
    about = Fields(fields.row, said if isinstance(said, Mapping) else {}, fields.given)
    hangs = about.raw.get("hangs")
    more = {key: value for key, value in about.raw.items() if key not in (*_ABOUT, "hangs")}
    more["opening"] = [dict(each) for each in fields.lists("opening")]
    if fields.text("ended"):
        fields.refuse("ended", fields.text("ended"), ClosedThere())
    return Brought(
        row=fields.row,
        number=fields.number("number"),
        product=fields.text("title"),
        policy=fields.text("pin", "product"),
        begins=_instant(fields, "begins"),
        done=tuple(done for raw in fields.lists("done") if (done := _done(fields, raw))),
        said=tuple(said for raw in fields.lists("said") if (said := _said(fields, raw))),
        **{key: about.text(key) for key in _ABOUT},
        hangs=tuple(map(str, hangs)) if isinstance(hangs, list) else (),
        more=more,
    )


def _done(card: Fields, raw: Mapping[str, object]) -> Done | None:
    fields = Fields(card.row, raw, card.given)
    at, amount = _instant(fields, "at"), _decimal(fields, "amount")
    card.wrong += fields.wrong
    if at is None:
        return None
    more = {key: raw[key] for key in MORE if key in raw}
    currency = fields.text("currency")
    return Done(kind=fields.text("kind"), at=at, amount=amount, currency=currency, more=more)


def _said(card: Fields, raw: Mapping[str, object]) -> Said | None:
    fields = Fields(card.row, raw, card.given)
    at, until = _instant(fields, "at"), _instant(fields, "until")
    amount = _decimal(fields, "amount")
    card.wrong += fields.wrong
    if at is None or (until is None and amount is None):
        return None
    name, currency = fields.text("name"), fields.text("currency")
    return Said(at=at, name=name, until=until, amount=amount, currency=currency)


def _instant(fields: Fields, name: str) -> datetime | None:
    text = fields.text(name)
    try:
        instant = datetime.fromisoformat(text) if text else None
    except ValueError:
        instant = None
    if text and (instant is None or instant.tzinfo is None):
        fields.refuse(name, text, InstantMalformed(value=text[:48]))
        return None
    return instant


def _decimal(fields: Fields, name: str) -> Decimal | None:
    text = fields.text(name)
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        fields.refuse(name, text, AmountMalformed(value=text[:48]))
        return None
