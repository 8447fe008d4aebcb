"""eSIM Keeper for Android (chingluka0/esim-keeper): its JSON backup, version 1."""

from __future__ import annotations

from collections.abc import Mapping

from baohao.app.brought.each import counted, done, each, of_version, until
from baohao.app.brought.fields import Fields
from baohao.app.brought.model import Brought, Given, Said, Taken

NAME = "eSIM Keeper (chingluka0)"
_KEYS = {"phoneNumber", "startDate", "expiryDate"}


def read(document: object, given: Given) -> Taken | None:
    """Read a backup."""
    if not isinstance(document, Mapping) or not isinstance(document.get("cards"), list):
        return None
    cards = [card for card in document["cards"] if isinstance(card, Mapping)]
    if not any(card.keys() >= _KEYS for card in cards):
        return None
    taken = each(NAME, counted(cards), given, _card, ("tariff*", "reminderDaysBefore"))
    return of_version(taken, document.get("version"), (1,))


def _card(fields: Fields) -> Brought:
    # A renewal there always begins a new cycle today: the start is the last time it was kept.
    country, money = fields.country("countryCode"), fields.amount("balanceText")
    credit = () if money is None else (Said(amount=money[0], currency=money[1]),)
    return Brought(
        row=fields.row,
        number=fields.number("phoneNumber", country=country),
        product=fields.text("name"),
        country=country,
        every=fields.every("cycleDays"),
        done=done(fields.day("startDate")),
        said=(*until(fields.day("expiryDate")), *credit),
        name=fields.text("name"),
    )
