"""
SIMKeeper's portable backup (Aspeternity/SIMKeeper), versions 1 to 4.

JSON with one list a table, columns as in its database. Documents, card identifiers, passwords and
tariffs are not taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from baohao.app.brought.each import counted, each, of_version
from baohao.app.brought.fields import Fields
from baohao.app.brought.model import Brought, Done, Given, Said, Taken
from baohao.app.brought.wrong import ClosedThere, FileSealed

NAME = "SIMKeeper (Aspeternity)"
_FORMAT, _SEALED = "simkeeper-portable-backup", "simkeeper-encrypted-portable-backup"
_KNOWN = range(1, 5)
#: Its kinds of activity; a manual extension is what the operator said, not what was done.
_KINDS = {
    "recharge": "topup",
    "outgoing_call": "call_out",
    "outgoing_sms": "sms_out",
    "data_usage": "data",
    "plan_renewal": "pack",
    "chargeable_activity": "",
    "other": "",
}

Row = Mapping[str, object]


def read(document: object, given: Given) -> Taken | None:
    """Read a backup; raises `FileSealed` for an encrypted one."""
    if not isinstance(document, Mapping) or document.get("format") not in (_FORMAT, _SEALED):
        return None
    if document["format"] == _SEALED:
        raise FileSealed(file=given.file, tracker=NAME)
    tables = document.get("tables")
    if not isinstance(tables, Mapping):
        return None
    beside = _Beside(tables, given)
    cards = counted(_rows(tables, "sim_cards"))
    taken = each(NAME, cards, given, beside.card, ("iccid", "identity_*", "sim_tariffs"))
    return of_version(taken, document.get("formatVersion"), _KNOWN)


class _Beside:
    """The tables beside the cards, by card."""

    def __init__(self, tables: Row, given: Given) -> None:
        self._given = given
        self._carriers = {row.get("id"): row for row in _rows(tables, "carriers")}
        self._rules = _by_card(tables, "sim_keep_alive_rules")
        self._events = _by_card(tables, "sim_keep_alive_events")
        self._services = _by_card(tables, "sim_bound_services")
        self._plans = _by_card(tables, "sim_tariffs")

    def card(self, fields: Fields) -> Brought:
        """Read one card with what stands of it in other tables."""
        raw = fields.raw
        carrier = self._fields(fields, self._carriers.get(raw.get("carrier_id"), {}))
        country, key = carrier.country("country_code"), raw.get("id")
        plans = [self._fields(fields, row).text("plan_name") for row in self._plans[key]]
        number = fields.number("phone_number", country=country)
        if fields.text("status") == "closed":
            fields.refuse("status", "closed", ClosedThere())
        done, said = self._history(fields, self._events[key])
        return Brought(
            row=fields.row,
            number=number,
            product=" ".join(filter(None, (carrier.text("name"), *plans))),
            country=country,
            every=self._every(fields, self._rules[key]),
            begins=fields.day("activation_date", is_fatal=False),
            done=done,
            said=(*said, *_now(fields)),
            name=fields.text("label"),
            hangs=tuple(filter(None, map(_service, self._services[key]))),
            note=fields.text("notes"),
        )

    def _fields(self, card: Fields, row: Row) -> Fields:
        inner = Fields(card.row, row, self._given)
        inner.wrong = card.wrong
        return inner

    def _every(self, card: Fields, rules: Sequence[Row]) -> str:
        """Return the shortest of the rules that are on."""
        spans = []
        for row in rules:
            if row.get("enabled") not in (0, False):
                rule = self._fields(card, row)
                unit = rule.text("interval_unit")
                spans.append(rule.every("interval_value", unit))
        return min(filter(None, spans), key=_days, default="")

    def _history(
        self, card: Fields, events: Sequence[Row]
    ) -> tuple[tuple[Done, ...], tuple[Said, ...]]:
        done: list[Done] = []
        said: list[Said] = []
        for row in events:
            event = self._fields(card, row)
            on = event.day("activity_date", is_fatal=False)
            if on is None:
                continue
            kind, money = event.text("activity_type"), event.amount("amount")
            currency = event.text("currency_code")
            if kind != "manual_extension":
                amount = None if money is None else money[0]
                act = Done(kind=_KINDS.get(kind, ""), at=on, amount=amount, currency=currency)
                done.append(act)
            if (last := event.day("valid_until_after", is_fatal=False)) is not None:
                said.append(Said(at=on, until=last))
        return tuple(done), tuple(said)


def _now(fields: Fields) -> tuple[Said, ...]:
    """Return what stands on the card itself: until when it is good, and its credit."""
    until: date | None = fields.day("valid_until", is_fatal=False)
    money: tuple[Decimal, str] | None = fields.amount("balance")
    said = () if until is None else (Said(until=until),)
    if money is None or money[0] < 0:
        return said
    return (*said, Said(amount=money[0], currency=fields.text("currency_code")))


def _service(row: Row) -> str:
    name, account = row.get("service_name"), row.get("account_identifier")
    if not isinstance(name, str) or not name.strip():
        return ""
    whole = f"{name.strip()} ({account})" if isinstance(account, str) and account else name.strip()
    # What no longer hangs on it was moved elsewhere.
    return whole if row.get("status", "active") == "active" else f"✓ {whole}"


def _days(span: str) -> float:
    count, unit = span.split()
    return int(count) * {"d": 1, "w": 7, "m": 30.4375, "y": 365.25}[unit[0]]


def _rows(tables: Row, name: str) -> list[Row]:
    rows = tables.get(name)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _by_card(tables: Row, name: str) -> Mapping[object, list[Row]]:
    found: dict[object, list[Row]] = defaultdict(list)
    for row in _rows(tables, name):
        key = row.get("sim_id")
        if isinstance(key, int | str):
            found[key].append(row)
    return found
