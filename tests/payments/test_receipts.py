"""What was paid through a gateway has its receipt: of a deposit, and in another currency."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from tests.payments.cashdesk import NUMBER, WALLET, Desk
from tests.shop import FLOAT
from tests.shop.receipts import desk as receipts_of
from tests.shop.receipts import issuer

from baohao.app.payments.begin import begin
from baohao.app.receipts.desk import Desk as Receipts
from baohao.app.receipts.facts import NothingPaid


@pytest.fixture
def at(desk: Desk, tmp_path: Path, debian_font: Callable[[str, str], None]) -> Receipts:
    debian_font("Noto Sans CJK HK", "fonts-noto-cjk")
    return receipts_of(desk, issuer(tmp_path / "data"))


def undone(desk: Desk) -> UUID:
    [(ask,)] = desk.rows("SELECT ask FROM journal WHERE kind = 'deposit_undone'")
    return UUID(str(ask))


def test_a_deposit_has_a_receipt_that_proves_no_keeping(desk: Desk, at: Receipts) -> None:
    with desk.connected():
        kept = desk.filled(10_000, currency="CNY")
        given = at.issue(kept.payment.act)
        told = given.facts
        assert (given.line, given.holder, told["receipt"][:7]) == (WALLET, "h1", "online/")
        assert (told["kind"], told["what"], told["number"]) == ("deposit", "wallet", "h1")
        assert (told["total_minor"], told["currency"], told["until"]) == (10_000, "MOP", None)
        assert told["exchange"]["minor"] == 8_889
        assert (told["exchange"]["currency"], told["exchange"]["rate"]) == ("CNY", "1.1250")
        assert told["issuer"]["name"]
        pdf, is_copy = at.pdf(given, language="pt", paper="a5")
        assert (pdf[:4], is_copy) == (b"%PDF", False)
        desk.give_back(kept, 4_000, key="k")
        desk.settle()
        back = at.issue(undone(desk)).facts
        assert (back["kind"], back["what"], back["total_minor"]) == (
            "reversal",
            "wallet_back",
            4_000,
        )
        assert back["of_receipt"] == told["receipt"]
        assert back["exchange"]["minor"] == desk.refunds(kept.payment.id)[0].amount_minor
        assert "moving away" in back["reason"]


def test_a_float_s_receipt_is_its_operators(desk: Desk, at: Receipts) -> None:
    desk.register()
    with desk.connected():
        given = at.issue(desk.filled(50_000, FLOAT).payment.act)
        assert (given.line, given.holder) == (FLOAT, "")
        assert (given.facts["what"], given.facts["operator"]) == ("float", "demo")
        assert given.facts["exchange"] is None


def test_money_that_came_otherwise_has_none(desk: Desk, at: Receipts) -> None:
    ask = desk.ask("fund", WALLET, amount_minor=5_000)
    desk.answers([ask])
    with pytest.raises(NothingPaid):
        at.issue(ask.id)


def test_what_lacks_a_receipt_gets_one(desk: Desk, at: Receipts) -> None:
    with desk.connected():
        kept = desk.filled()
        assert at.catch_up() >= 1
        assert desk.rows("SELECT 1 FROM receipts WHERE ask = %s", str(kept.payment.act))


def test_a_sale_says_at_which_rate_it_was_paid(desk: Desk, at: Receipts) -> None:
    with desk.connected():
        beginning = desk.beginning(desk.quoted(), NUMBER, "HKD")
        kept = begin(desk.shell, desk.ports(), beginning, desk.new_id)
        assert desk.twin.pay(kept.payment.order)
        desk.tell()
        desk.settle()
        told = at.issue(kept.payment.act).facts
        assert (told["total_minor"], told["currency"]) == (12_000, "MOP")
        assert told["exchange"] == {
            "rate": "1.03",
            "since": "2025-01-01",
            "source": told["exchange"]["source"],
            "currency": "HKD",
            "minor": 11_660,
        }
