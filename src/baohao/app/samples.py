"""
Sample files for a first look: a morning's inventory of the invented operator, and a list of
renewals.

They are the same on every machine for the same day: what varies is drawn from the number itself.
Every number and card here is invented.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from baohao.core.identifiers.luhn import luhn_digit

#: What an operator's export looks like before anybody has cleaned it.
HEADINGS = ("Number", "ICCID", "Plan", "Rules", "State", "Activation date", "Lot")
#: Number-keeping cards, balance cards, and how many of each in a hundred are in stock.
PLANS = (("keep12", "mo.demo.keep12", 80), ("balance180", "mo.demo.balance180", 20))
IN_STOCK_OF_100 = 25
#: Activations lie within so many days: some lines are in grace by now, some suspended, some lost.
DAYS_BACK = 520


def inventory(path: Path, lines: int, today: date) -> None:
    """Write an inventory of `lines` good lines, and five that a careful importer must refuse."""
    rows = [*_good(lines, today), *_bad()]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(rows)


def renewals(path: Path, numbers: list[str], payer: str) -> None:
    """Write a list of renewals for a year each, paid from one account."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("number", "term", "paid"))
        writer.writerows((number, "12m", payer) for number in numbers)


def number_of(index: int) -> str:
    """Return the invented number of a line by its place."""
    return f"+8536612{index:04d}"


def activated(index: int, today: date) -> date | None:
    """Return the day on which a line was activated; `None`: it is in stock."""
    if index * 7919 % 100 < IN_STOCK_OF_100:
        return None
    return today - timedelta(days=index * 104_729 % DAYS_BACK + 1)


def aged(lines: int, today: date, ages_days: range) -> str:
    """Return the first number-keeping line of an inventory that is so many days old."""
    for index in range(lines):
        since = activated(index, today)
        if (
            since is not None
            and plan_of(index)[0] == "keep12"
            and (today - since).days in ages_days
        ):
            return number_of(index)
    raise LookupError("an inventory of 600 lines has every age")


def plan_of(index: int) -> tuple[str, str]:
    """Return the plan of a line, and the rules it is kept by."""
    plan, rules, _ = PLANS[0] if index * 31 % 100 < PLANS[0][2] else PLANS[1]
    return plan, rules


def _good(lines: int, today: date) -> Iterator[tuple[str, ...]]:
    for index in range(lines):
        plan, rules = plan_of(index)
        since = activated(index, today)
        yield (
            number_of(index),
            _iccid(index),
            plan,
            rules,
            "active" if since else "stock",
            since.isoformat() if since else "",
            f"2026-{index % 4 + 1:02d}",
        )


def _bad() -> Iterator[tuple[str, ...]]:
    usual = ("keep12", "mo.demo.keep12", "stock", "", "2026-01")
    yield ("+85366129901", "8.985301E+18", *usual)
    yield ("6612 990", _iccid(9902), *usual)
    yield ("+85366129903", _iccid(9903)[:-1] + "x", *usual)
    yield (
        *("+85366129904", _iccid(9904), "keep12", "mo.demo.keep12", "active", "2026-02-30"),
        "2026-01",
    )
    yield (number_of(0), _iccid(9905), *usual)


def _iccid(index: int) -> str:
    body = f"898530100000{index:06d}"
    return body + luhn_digit(body)
