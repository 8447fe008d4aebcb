"""The books, judged by somebody else's program."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.shop import FLOAT, TILL, Shop, promotions

from baohao.app import ledger

ADVANCE = "advance:p-9:MOP"
NUMBERS = [f"+8536600010{n}" for n in range(4)]


@pytest.fixture
def hledger(debian_tool: Callable[[str], str], tmp_path: Path) -> Callable[..., str]:
    """Run hledger on a journal; what it refuses is a failure."""
    program = debian_tool("hledger")

    def run(text: str, *words: str) -> str:
        file = tmp_path / "books.journal"
        file.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [program, "-f", file, *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def busy(shop: Shop) -> None:
    shop.promotions = promotions("demo.twelve_plus_six", "demo.first_time")
    for number in NUMBERS:
        shop.open(number)
    sold = [_renewed(shop, number) for number in NUMBERS]
    why = "changed; their mind | twice"
    shop.say("reverse", NUMBERS[0], of=sold[0]["id"], reason=why)
    # Paid in another currency, and a part of it given back.
    theirs = {"currency": "HKD", "minor": 8_550, "value_minor": 8_806}
    paid: dict[str, Any] = {"bank": "acquirer", "exchange": theirs}
    shop.say("fund", ADVANCE, amount_minor=8_800, **paid)
    shop.say("owe_refund", ADVANCE, amount_minor=800)
    back = theirs | {"minor": 777, "value_minor": 800}
    shop.say("pay_refund", ADVANCE, amount_minor=800, bank="acquirer", exchange=back)
    shop.say("deposit", "wallet:h1:MOP", amount_minor=5_000, paid=ADVANCE)
    shop.later(timedelta(days=60))
    shop.say("reverse", NUMBERS[1], of=sold[1]["id"], reason="moved away")


def _renewed(shop: Shop, number: str) -> Mapping[str, Any]:
    payer = TILL if number == NUMBERS[2] else FLOAT
    version = shop.line(number).version
    return shop.say("renew", number, term="12 months", paid=payer, expect_version=version)


def test_hledger_finds_that_the_books_balance(shop: Shop, hledger: Callable[..., str]) -> None:
    busy(shop)
    with shop.looking() as conn:
        text = "\n".join(ledger.hledger(conn)) + "\n"
        balances = ledger.trial_balance(conn)
    hledger(text, "check", "--strict")
    hledger(text, "check", "ordereddates")
    # What hledger adds up is what we do, account by account.
    out = hledger(text, "balance", "--flat", "--no-total", "--output-format", "csv", "--empty")
    theirs = {row.split('"')[1]: row.split('"')[3] for row in out.splitlines()[1:]}
    assert len(theirs) == len(balances) >= 5
    assert theirs["equity:exchange:HKD"] == "-77.73 HKD"
    assert theirs["equity:exchange:MOP"] == "80.06 MOP"
    held = f"{shop.balance() / 100:.2f}"
    assert theirs["liabilities:float:agent-7:MOP"] == f"-{held} MOP"
    assert sum(each.balance_minor for each in balances) == 0


def test_a_journal_with_a_coin_too_many_is_refused(shop: Shop, hledger: Callable[..., str]) -> None:
    busy(shop)
    with shop.looking() as conn:
        text = "\n".join(ledger.hledger(conn)) + "\n"
    assert "120.00 MOP" in text
    with pytest.raises(AssertionError, match="could not balance"):
        hledger(text.replace("120.00 MOP", "120.01 MOP", 1), "check", "--strict")


def test_months_add_up_to_the_whole(shop: Shop) -> None:
    busy(shop)
    month = shop.now().date()
    with shop.looking() as conn:
        whole = [line for line in ledger.hledger(conn) if line[:1].isdigit()]
        months = [
            line
            for day in (month - timedelta(days=61), month - timedelta(days=31), month)
            for line in ledger.hledger(conn, day)
            if line[:1].isdigit()
        ]
    assert set(months) == set(whole)
    assert 0 < len({line[:7] for line in whole}) < len(whole)
