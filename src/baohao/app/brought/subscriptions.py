"""
Trackers of subscriptions: Wallos (ellite/Wallos, JSON and CSV) and Renewlet (zhiyingzzhou/renewlet,
`data.json`, alone or in its ZIP).

They have no column for a number: it is looked for in the name and the notes of a subscription.
Subscriptions without one are no cards, and are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from baohao.app.brought.each import counted, each, until
from baohao.app.brought.fields import Fields
from baohao.app.brought.model import Brought, Given, Taken
from baohao.app.brought.numbers import within
from baohao.app.brought.table import Table
from baohao.app.brought.wrong import ClosedThere, NumberNowhere

WALLOS, RENEWLET = "Wallos", "Renewlet"
_WALLOS = {"Name", "Next Payment", "Payment Method", "Price"}
_CYCLES = {
    "weekly": "1 week",
    "monthly": "1 month",
    "quarterly": "3 months",
    "semi-annual": "6 months",
    "annual": "1 year",
}


def read_wallos(document: object, given: Given) -> Taken | None:
    """Read Wallos's JSON, as it is saved or as its address answers."""
    if isinstance(document, Mapping):
        document = document.get("subscriptions")
    if not isinstance(document, list):
        return None
    found = [item for item in document if isinstance(item, Mapping)]
    return _wallos(counted(found), given) if any(item.keys() >= _WALLOS for item in found) else None


def read_wallos_table(table: Table, given: Given) -> Taken | None:
    """Read Wallos's CSV."""
    return _wallos(table.rows, given) if set(table.headings) >= _WALLOS else None


def _wallos(items: Iterable[tuple[int, Mapping[str, object]]], given: Given) -> Taken:
    def card(fields: Fields) -> Brought:
        name, notes = fields.text("Name"), fields.text("Notes")
        number = within(given.numbering, name, notes)
        if not number:
            fields.refuse("Name", name, NumberNowhere())
        elif fields.text("State") == "Disabled":
            fields.refuse("State", "Disabled", ClosedThere())
        return Brought(
            row=fields.row,
            number=number,
            product=name,
            said=until(fields.day("Next Payment")),
            name=name,
            note=notes,
        )

    passed_over = ("Category", "Payment Method", "Paid By", "Price", "URL", "Notifications")
    return each(WALLOS, items, given, card, passed_over)


def read_renewlet(document: object, given: Given) -> Taken | None:
    """Read Renewlet's `data.json`."""
    if not isinstance(document, Mapping) or document.get("kind") != "renewlet-export":
        return None
    data = document.get("data")
    found = data.get("subscriptions") if isinstance(data, Mapping) else None
    if not isinstance(found, list):
        return None

    def card(fields: Fields) -> Brought:
        name, notes = fields.text("name"), fields.text("notes")
        number = within(given.numbering, name, notes)
        if not number:
            fields.refuse("name", name, NumberNowhere())
        return Brought(
            row=fields.row,
            number=number,
            product=name,
            every=_cycle(fields),
            begins=fields.day("startDate"),
            said=until(fields.day("nextBillingDate")),
            name=name,
            note=notes,
        )

    items = counted(item for item in found if isinstance(item, Mapping))
    return each(RENEWLET, items, given, card, ("price", "category", "paymentMethod", "tags"))


def _cycle(fields: Fields) -> str:
    cycle = fields.text("billingCycle")
    if cycle == "custom":
        return fields.every("customDays", fields.text("customCycleUnit") or "day")
    if cycle == "one-time":
        return fields.every("oneTimeTermCount", fields.text("oneTimeTermUnit") or "day")
    return _CYCLES.get(cycle, "")
