"""Payments by the commands: what came, what was given back, what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.cli.conftest import Run
from tests.payments.cashdesk import ASKED, contract_file, keys

from baohao import jobs
from baohao.app.payments.begin import Beginning, begin
from baohao.app.payments.learn import learn
from baohao.outside.acquirer import NAME
from baohao.outside.ids import new_id
from baohao.outside.pretend.acquirer import PretendAcquirer
from baohao.outside.pretend.stripe import PretendStripe
from baohao.wiring import installation

ONE, TWO, THREE = "+85366151001", "+85366151002", "+85366151003"
NOTIFY = "https://we.example/notices"


@pytest.fixture
def twin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PretendAcquirer]:
    clock = partial(datetime.now, UTC)
    with PretendAcquirer(keys(), clock, notify_path="/notices/acquirer") as twin:
        contract = contract_file(tmp_path, twin)
        monkeypatch.setenv("BAOHAO_ACQUIRER", str(contract))
        monkeypatch.setenv("BAOHAO_NOTIFY_URL", NOTIFY)
        yield twin


def paid(run: Run, house: Path, twin: PretendAcquirer, number: str, **how: Any) -> str:
    """Pay a quote, and hand the notice over."""
    quote = UUID(run("quote", number, "--term", "12m", "--json").facts["quote"])
    opened = installation(house)
    with opened.shell() as shell, opened.payment_ports() as ports:
        beginning = Beginning(number=number, quote=quote, gateway=NAME, asked=ASKED, said={})
        kept = begin(shell, ports, beginning, new_id)
        assert twin.pay(kept.payment.order, **how)
        headers, body = twin.notices[-1]
        told = ports.gateways[NAME].notice(headers, body, datetime.now(UTC))
        shell.run(partial(learn, gateway=NAME, told=told, new_id=new_id))
    return str(quote)


def arrives(house: Path, twin: PretendAcquirer, order: str) -> None:
    """Pay an order, and hand the notice over."""
    opened = installation(house)
    with opened.shell() as shell, opened.payment_ports() as ports:
        assert twin.pay(order)
        headers, body = twin.notices[-1]
        told = ports.gateways[NAME].notice(headers, body, datetime.now(UTC))
        shell.run(partial(learn, gateway=NAME, told=told, new_id=new_id))


@pytest.fixture
def opened(run: Run, stock: Any) -> Any:
    def make(number: str) -> None:
        stock(number)
        said = ("--holder", f"h{number}", "--document", "bir", "--term", "12m")
        assert run("activate", number, *said).code == 0

    return make


def test_without_a_gateway_it_says_how_to_connect_one(run: Run) -> None:
    ran = run("payments", "carry")
    assert (ran.code, "BAOHAO_ACQUIRER" in ran.err) == (1, True)
    assert run("payments", "show", str(new_id())).code == 1
    assert run("payments", "list", "--state", "gone").code == 2


def test_a_contract_that_cannot_be_read_is_refused(
    run: Run, twin: PretendAcquirer, tmp_path: Path
) -> None:
    contract = tmp_path / "contract.toml"
    for wrong in (
        "",
        "url = 7",
        contract.read_text().replace("http://127.0.0.1", "http://acq.example"),
    ):
        contract.write_text(wrong)
        ran = run("payments", "carry")
        assert (ran.code, "contract.toml" in ran.err) == (1, True), ran


def test_what_is_paid_is_carried_listed_and_given_back(
    run: Run, house: Path, twin: PretendAcquirer, opened: Any
) -> None:
    opened(ONE)
    payment = paid(run, house, twin, ONE)
    (listed,) = run("payments", "list", "--state", "captured", "--json").facts
    assert (listed["payment"], listed["number"]) == (payment, ONE)
    assert run("payments", "carry", "--json").facts == {"used": 1}
    assert "Nothing is due." in run("payments", "carry").out
    shown = run("payments", "show", payment, "--json").facts
    assert (shown["state"], shown["verb"], shown["refunds"]) == ("used", "renew", [])
    said = ("--reason", "wrong number", "--mistake", "--approved-by", "bob", "--key", "k")
    (back,) = run("payments", "refund", payment, *said, "--json").facts["refunds"]
    assert (back["state"], back["amount_minor"]) == ("owed", listed["amount_minor"])
    jobs.payments(installation(house))
    assert run("payments", "show", payment, "--json").facts["state"] == "refunded"
    assert "refunded" in run("payments", "list").out
    assert run("payments", "refund", payment, "--reason", "again").code == 1
    assert run("payments", "refund", payment, "--reason", "again", "--by-hand", "main").code == 1


def test_what_waits_for_a_person_is_taken_and_closed(
    run: Run, house: Path, twin: PretendAcquirer, opened: Any
) -> None:
    opened(TWO)
    payment = paid(run, house, twin, TWO, minor=7)
    run("payments", "carry")
    (each,) = run("exceptions", "list", "--json").facts
    assert (each["kind"], each["subject"]) == ("amount_differs", payment)
    said = ("--action", "none", "--why", "bored")
    assert run("exceptions", "close", each["exception"], *said).code == 1
    assert run("exceptions", "take", each["exception"], "--by", "ada").code == 0
    assert "ada" in run("exceptions", "list").out
    partly = ("--amount", "0.05", "--reason", "not the price")
    assert run("payments", "refund", payment, *partly).code == 0
    assert run("payments", "refund", payment, "--reason", "the rest").code == 0
    run("payments", "carry")
    assert run("payments", "show", payment, "--json").facts["state"] == "refunded"
    assert run("exceptions", "list", "--json").facts == []
    assert len(run("exceptions", "list", "--closed", "--json").facts) == 1
    assert run("exceptions", "close", each["exception"], *said).code == 1


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Iterator[PretendStripe]:
    with PretendStripe(partial(datetime.now, UTC)) as twin:
        for name, value in (
            ("BAOHAO_STRIPE_KEY", twin.key),
            ("BAOHAO_STRIPE_SIGNING", twin.signing[0]),
            ("BAOHAO_STRIPE_URL", twin.url),
            ("BAOHAO_STRIPE_RETURN_URL", "https://keep.example"),
            ("BAOHAO_NOTIFY_URL", NOTIFY),
        ):
            monkeypatch.setenv(name, value)
        yield twin


def hear(house: Path, twin: PretendStripe) -> None:
    """Hand over what the twin has to tell."""
    opened = installation(house)
    with opened.shell() as shell, opened.payment_ports() as ports:
        for each in twin.owed:
            told = ports.gateways["stripe"].notice(*twin.notice(each), datetime.now(UTC))
            shell.run(partial(learn, gateway="stripe", told=told, new_id=new_id))
    twin.owed.clear()


def test_a_page_is_begun_paid_charged_back_and_its_claim_closed(
    run: Run, house: Path, stripe: PretendStripe, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = "+85366151004"
    opened(number)
    quote = run("quote", number, "--term", "12m", "--json").facts["quote"]
    how = (number, quote, "--through", "stripe", "--way", "page")
    given = run("payments", "begin", *how, "--json").facts["given"]
    assert given == run("payments", "begin", *how, "--json").facts["given"]
    assert given["page_url"].startswith("https://checkout.stripe.com/")
    order = UUID(quote).hex
    assert stripe.pay(order)
    hear(house, stripe)
    assert run("payments", "carry", "--json").facts == {"used": 1}
    stripe.dispute(order)
    hear(house, stripe)
    assert run("payments", "carry", "--json").facts == {"chargeback open": 1}
    (case,) = run("payments", "show", quote, "--json").facts["chargebacks"]
    assert (case["outcome"], case["booked"], case["amount_minor"]) == ("open", "taken", 12_000)
    again = run("quote", number, "--term", "12m", "--json").facts["quote"]
    ran = run("payments", "begin", number, again, "--through", "stripe", "--way", "page")
    assert (ran.code, "a bank took money back" in ran.err) == (1, True)
    part = ("--reason", "at the counter", "--paid-into", "icbc", "--amount", "20.00")
    assert run("payments", "claim", quote, *part).code == 0
    assert run("payments", "claim", quote, "--reason", "moved away").code == 0
    assert run("payments", "claim", quote, "--reason", "again").code == 1
    assert run("exceptions", "list", "--json").facts == []
    monkeypatch.setenv("BAOHAO_CARD_LIMITS", "many")
    ran = run("payments", "carry")
    assert (ran.code, "BAOHAO_CARD_LIMITS" in ran.err) == (2, True), ran


def test_a_wallet_is_filled_pays_and_is_told_of(
    run: Run, house: Path, twin: PretendAcquirer, opened: Any
) -> None:
    opened(THREE)
    wallet = f"h{THREE}"
    account = f"wallet:{wallet}:MOP"
    said = ("--amount", "200.00", "--gateway", NAME, "--operator", "demo", "--currency", "HKD")
    begun = run("payments", "deposit", account, *said, "--key", "tap", "--json").facts
    assert (begun["state"], begun["amount_minor"], begun["currency"]) == ("payable", 19_420, "HKD")
    again = run("payments", "deposit", account, *said, "--key", "tap")
    assert begun["payment"] in again.out
    assert "1 HKD = 1.03 MOP" in again.out
    assert begun["given"]["code_url"] in again.out
    arrives(house, twin, begun["order"])
    assert run("payments", "carry", "--json").facts == {"used": 1}
    quoted = run("quote", THREE, "--term", "12m", "--json").facts
    paid = ("--term", "12m", "--quote", quoted["quote"], "--paid", f"wallet:{wallet}")
    renewed = run("renew", THREE, *paid, "--by", wallet, "--channel", "app", "--json")
    assert renewed.code == 0, renewed.err
    short = run("renew", THREE, *paid[:2], "--paid", f"wallet:{wallet}")
    assert (short.code, "minor units" in short.err) == (1, True)
    shown = run("wallets", "show", wallet, "--json").facts
    assert shown["balance_minor"] == 8_000
    assert [(each["what"], each["amount_minor"]) for each in shown["movements"]] == [
        ("paid_in", 20_000),
        ("spent", -12_000),
    ]
    assert shown["movements"][1]["numbers"] == [THREE]
    assert f"{account} has 80.00 MOP." in run("wallets", "show", wallet).out
    assert account in run("wallets", "list").out
    assert run("wallets", "show", "nobody", "--json").facts["balance_minor"] == 0
    assert run("payments", "show", begun["payment"], "--json").facts["account"] == account
    back = run("payments", "refund", begun["payment"], "--reason", "moving away", "--json").facts
    assert (back["refunds"][0]["amount_minor"], back["refunds"][0]["by"]) == (7_768, "staff")
    run("payments", "carry")
    assert run("wallets", "show", wallet, "--json").facts["balance_minor"] == 0
    assert run("books", "check").code == 0
    assert run("audit", "verify").code == 0


@pytest.mark.parametrize(
    ("account", "more", "code"),
    [
        ("till:hall-1:MOP", (), "payment.not_a_purse"),
        ("wallet:h1:MOP", ("--operator", ""), "payment.deposit.operator"),
        ("wallet:h1:MOP", ("--currency", "USD"), "exchange.no_rate"),
        ("wallet:h1:MOP", ("--gateway", "nobody"), "payment.gateway_unknown"),
        ("float:agent-9:MOP", (), "agent.unknown"),
    ],
)
def test_a_deposit_that_cannot_be_begun_says_why(
    run: Run, twin: PretendAcquirer, account: str, more: tuple[str, ...], code: str
) -> None:
    said = ("--amount", "100.00", "--gateway", NAME, "--operator", "demo", *more, "--json")
    ran = run("payments", "deposit", account, *said)
    assert (ran.code, ran.facts["refused"]["code"]) == (1, code), ran
