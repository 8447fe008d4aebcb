"""
The demo's agent: customers of a year, some of them late, cards, a float, and people who sell.

What it sold before today is played with the house's clock put back, from the oldest sale on: that
is why it comes before everything else that the demo puts in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from baohao.app import house as houses
from baohao.app.agents import registry
from baohao.app.bulk import files, sheets
from baohao.app.bulk.part import Usual
from baohao.app.door import Answered
from baohao.app.shell import Shell
from baohao.app.wishes import MAIN_TILL
from baohao.cli.asking import decided, made
from baohao.core.agents import Agent
from baohao.core.identifiers.luhn import luhn_digit
from baohao.outside.ids import new_id
from baohao.wiring import Installation

AGENT = Agent(
    key="kiosk",
    name="Kiosk at the Red Market",
    operators=frozenset({"demo"}),
    currency="MOP",
    tier="gold",
    float_alarm_minor=500_000,
)
#: So many days ago so many cards were activated: late ones, some that are due, and newer ones.
SOLD = ((431, 4), (384, 6), (352, 12), (341, 10), (300, 12), (180, 16), (60, 12), (9, 8))
IN_STOCK = 40
FUNDED_MINOR = 1_600_000
PIN = "mo.demo.keep12@2026-01"
#: Of a hundred customers one comes back the next day.
TAKEN_BACK_OF = 9


def number_of(index: int) -> str:
    """Return the invented number of a card of the agent's by its place."""
    return f"+85362880{index:03}"


def play(house: Installation, folder: Path) -> None:
    """Let the agent have sold."""
    with house.shell() as shell:
        shell.run(partial(registry.add, agent=AGENT, operators=house.library.operators))
        index = 0
        for days, count in SOLD:
            shell.run(partial(houses.put_clock, offset=-timedelta(days=days)))
            if index == 0:
                _funded(shell)
            numbers = [number_of(n) for n in range(index, index + count)]
            _stocked(shell, index, count)
            _activated(shell, numbers)
            index += count
        shell.run(partial(houses.put_clock, offset=timedelta()))
        _stocked(shell, index, IN_STOCK)
        _sent(shell, folder / "customers.csv", house)


def _sent(shell: Shell, path: Path, house: Installation) -> None:
    """Send a file of renewals that waits for somebody to confirm it; two of its rows are wrong."""
    rows = [f"{number_of(n)[4:]},12" for n in range(8, 32)]
    path.write_text(
        "\n".join(["電話號碼,期限", *rows, "66120000,12", "12345,12"]), encoding="utf-8"
    )
    usual = Usual(
        term=None,
        paid=AGENT.float_account,
        till=MAIN_TILL,
        principal=AGENT.key,
        channel="agent",
        is_bound=True,
        checks=AGENT.key,
    )
    sent = sheets.take(shell, path, path.name, usual, key="demo", new_id=new_id)
    while files.work(shell, AGENT.key, sent.id, house.library.policies):
        continue


def _funded(shell: Shell) -> None:
    said = {"amount_minor": FUNDED_MINOR}
    decided(shell, made("fund", AGENT.float_account, said, by="staff", channel="operator"))


def _stocked(shell: Shell, first: int, count: int) -> None:
    """Put cards in stock, and hand them to the agent."""
    for n in range(first, first + count):
        body = f"898530100009{n:06d}"
        said = {"operator": "demo", "plan": "keep12", "pin": PIN, "iccid": body + luhn_digit(body)}
        decided(shell, made("stock", number_of(n), said, by="staff", channel="operator"))
        allotted = {"agent": AGENT.key}
        decided(shell, made("allot", number_of(n), allotted, by="staff", channel="operator"))


def _activated(shell: Shell, numbers: list[str]) -> None:
    """Activate cards for customers; one of some is taken back."""
    for n, number in enumerate(numbers):
        said = {
            "term": "12 months",
            "paid": AGENT.float_account,
            "holder": f"demo-{number[1:]}",
            "document": "bir",
            "service_fee_minor": 1_000,
        }
        sold = decided(shell, made("activate", number, said, by=AGENT.key, channel="agent"))
        if n == TAKEN_BACK_OF:
            _taken_back(shell, number, sold)


def _taken_back(shell: Shell, number: str, sold: Answered) -> None:
    said: Mapping[str, Any] = {"of": sold.answer["id"], "reason": "the customer came back"}
    decided(shell, made("reverse", number, dict(said), by="staff", channel="operator"))
