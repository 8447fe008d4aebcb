"""
SimKeeper (gakiyukr/simkeeper): its JSON, which is SIMHub's (`esimCards`), and its CSV.

Activation codes and confirmation codes are secrets of the card, and are not taken; neither is a
file of its channels, which holds passwords.
"""

from __future__ import annotations

from collections.abc import Mapping

from baohao.app.brought.each import counted, each, until
from baohao.app.brought.fields import Fields
from baohao.app.brought.model import Brought, Given, Said, Taken
from baohao.app.brought.table import Table
from baohao.app.brought.wrong import ClosedThere, FileOther

NAME = "SimKeeper (gakiyukr), SIMHub"
_HEADINGS = {"号码", "国家代码", "运营商", "到期日", "剩余天数"}


def read(document: object, given: Given) -> Taken | None:
    """Read its JSON; raises `FileOther` for its channels."""
    if not isinstance(document, Mapping):
        return None
    if "notification_config" in document:
        raise FileOther(file=given.file, tracker=NAME)
    cards = document.get("esimCards")
    if not isinstance(cards, list):
        return None
    objects = counted(card for card in cards if isinstance(card, Mapping))
    return each(NAME, objects, given, _card, ("activationCode", "confirmationCode", "eid"))


def read_table(table: Table, given: Given) -> Taken | None:
    """Read its CSV."""
    if not set(table.headings) >= _HEADINGS:
        return None
    passed_over = ("国家", "剩余天数", "充值金额", "币种", "用户ID")
    known = tuple(name for name in passed_over if name in table.headings)
    return each(NAME, table.rows, given, _line, known)


def _card(fields: Fields) -> Brought:
    country = fields.country("countryCode")
    product = " ".join(filter(None, (fields.text("carrier"), fields.text("plan"))))
    money = fields.amount("currentBalance")
    credit = () if money is None else (Said(amount=money[0], currency=money[1]),)
    second = fields.text("secondaryPhoneNumber")
    note = " · ".join(filter(None, (fields.text("transactionNotes"), second)))
    return Brought(
        row=fields.row,
        number=fields.number("phoneNumber", country=country),
        product=product,
        country=country,
        every=fields.every("renewDays"),
        begins=fields.civil("activationDate"),
        said=(*until(fields.civil("expiryDate")), *credit),
        note=note,
    )


def _line(fields: Fields) -> Brought:
    country = fields.country("国家代码")
    if fields.text("状态") == "inactive":
        fields.refuse("状态", "inactive", ClosedThere())
    return Brought(
        row=fields.row,
        number=fields.number("号码", country=country),
        product=fields.text("运营商"),
        country=country,
        said=until(fields.day("到期日")),
    )
