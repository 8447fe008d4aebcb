"""Prepaid money over HTTP: a float and a wallet are filled through a gateway, a wallet pays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.api.paging import everything
from tests.api.serving import FLOAT, Partner, Served, code, house, serving
from tests.payments.cashdesk import contract_file, keys

from baohao import jobs
from baohao.client import Client, Exchange, Refused
from baohao.outside.acquirer import NAME
from baohao.outside.pretend.acquirer import PretendAcquirer

N, OTHER = "+85366120001", "+85366120002"
HOLDER = "h85366120001"
WALLET = f"wallet:{HOLDER}:MOP"
NOTICES = f"/notices/{NAME}"


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[PretendAcquirer]:
    with PretendAcquirer(keys(), partial(datetime.now, UTC), notify_path=NOTICES) as found:
        yield found


@pytest.fixture
def paying(database: str, tmp_path: Path, twin: PretendAcquirer) -> Iterator[Served]:
    installed = house(database, tmp_path)
    installed.settings = replace(
        installed.settings,
        acquirer=contract_file(tmp_path, twin),
        notify_url="https://we.example/notices",
    )
    with serving(installed) as found:
        yield found


def app(served: Served, **more: Any) -> Partner:
    """The demo operator's own app."""
    return served.partner("operator:demo", scope=("handover",), **more)


def arrives(served: Served, twin: PretendAcquirer, told: dict[str, Any]) -> None:
    """Pay what was asked for, and let it go where it goes."""
    assert twin.pay(told["given"]["code_url"].rpartition("/")[2])
    headers, body = twin.notices[-1]
    assert httpx.post(served.url + NOTICES, content=body, headers=headers).status_code == 200
    jobs.payments(served.house)


def test_an_agent_fills_its_float(paying: Served, twin: PretendAcquirer) -> None:
    agent = paying.partner()
    body = {"amount_minor": 50_000}
    first = agent.post("/v1/float/deposits", body, key="tap")
    assert first.status_code == 201, first.text
    told = first.json()
    assert (told["account"], told["state"], told["gateway"]) == (FLOAT, "payable", NAME)
    assert (told["amount_minor"], told["currency"], told["exchange"]) == (50_000, "MOP", None)
    again = agent.post("/v1/float/deposits", body, key="tap")
    assert (again.json(), again.headers["idempotent-replayed"]) == (told, "true")
    assert "idempotent-replayed" not in first.headers
    assert len(twin.orders) == 1
    other = agent.post("/v1/float/deposits", {"amount_minor": 50_001}, key="tap")
    assert code(other) == (422, "key.reused")
    arrives(paying, twin, told)
    after = agent.get(first.headers["location"]).json()
    assert (after["state"], after["paid_minor"], after["put_in_minor"]) == ("used", 50_000, 50_000)
    assert agent.get("/v1/float").json()["balance_minor"] == 50_000
    stranger = paying.partner("agent-8")
    assert code(stranger.get(first.headers["location"])) == (404, "payment.unknown")


def test_it_is_paid_in_another_currency_where_a_rate_is_stated(
    paying: Served, twin: PretendAcquirer
) -> None:
    agent = paying.partner()
    body = {"amount_minor": 50_000, "currency": "HKD"}
    told = agent.post("/v1/float/deposits", body).json()
    # 500.00 at 1.03 is 485.44, up to a whole ten cents.
    assert (told["amount_minor"], told["currency"]) == (48_550, "HKD")
    assert told["exchange"]["rate"] == "1.03"
    arrives(paying, twin, told)
    assert paying.balance() == 50_000
    none = agent.post("/v1/float/deposits", {**body, "currency": "USD"})
    assert code(none) == (422, "exchange.no_rate")


def test_the_client_fills_a_float(paying: Served, twin: PretendAcquirer) -> None:
    with Client(paying.url, paying.partner().key) as keep:
        begun = keep.deposit(50_000, gateway=NAME, currency="CNY", key="slip-1")
        assert keep.deposit(50_000, gateway=NAME, currency="CNY", key="slip-1") == begun
        assert begun.exchange == Exchange(
            own_minor=50_000,
            own_currency="MOP",
            paid_minor=44_444,
            paid_currency="CNY",
            rate="1.1250",
        )
        assert begun.given["code_url"]
        assert begun.ends_at > datetime.now(UTC)
        arrives(paying, twin, {"given": begun.given})
        after = keep.deposited(begun.id)
        assert (after.state, after.paid_minor, after.put_in_minor) == ("used", 44_444, 50_000)
        with pytest.raises(Refused) as refused:
            keep.deposited(UUID(int=7))
        assert refused.value.code == "payment.unknown"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"amount_minor": 999}, (422, "payment.deposit.too_small")),
        ({"amount_minor": 20_000_001}, (422, "payment.deposit.too_large")),
        ({"amount_minor": 5_000, "gateway": "nobody"}, (422, "payment.gateway_unknown")),
        ({"amount_minor": 5_000, "way": "cash"}, (422, "request.body")),
        ({"amount_minor": "5000"}, (422, "request.body")),
        ({"amount_minor": 5_000, "return_url": "a b"}, (422, "request.body")),
    ],
)
def test_what_cannot_be_begun_says_why(
    paying: Served, twin: PretendAcquirer, body: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert code(paying.partner().post("/v1/float/deposits", body)) == expected
    assert twin.orders == {}


def test_without_a_gateway_nothing_is_taken(served: Served) -> None:
    answer = served.partner().post("/v1/float/deposits", {"amount_minor": 5_000})
    assert code(answer) == (422, "payment.gateway_unknown")


def test_a_holder_fills_a_wallet_and_renews_from_it(paying: Served, twin: PretendAcquirer) -> None:
    paying.open(N, OTHER)
    demo = app(paying)
    page = f"/v1/wallets/{HOLDER}"
    assert demo.get(page).json()["balance_minor"] == 0
    first = demo.post(f"{page}/deposits", {"amount_minor": 30_000})
    assert first.status_code == 201, first.text
    arrives(paying, twin, first.json())
    assert demo.get(first.headers["location"]).json()["state"] == "used"
    quote = paying.ask("quote", N, term="12 months")
    body = {"number": N, "term": "12m", "quote": quote["quote"], "expect_version": 2}
    sold = demo.post(f"{page}/renewals", body, key="r-1")
    assert sold.status_code == 201, sold.text
    assert demo.post(f"{page}/renewals", body, key="r-1").content == sold.content
    # For a parent, too.
    other = demo.post(f"{page}/renewals", {"number": OTHER, "term": "12m", "expect_version": 2})
    assert other.status_code == 201, other.text
    third = demo.post(f"{page}/renewals", {"number": OTHER, "term": "12m", "expect_version": 3})
    assert code(third) == (402, "money.short")
    told = demo.get(page).json()
    assert told["balance_minor"] == 30_000 - 2 * 12_000
    rows = everything(demo, page, "movements", 2)
    assert [(row["what"], row["amount_minor"], row["numbers"]) for row in rows] == [
        ("paid_in", 30_000, []),
        ("spent", -12_000, [N]),
        ("spent", -12_000, [OTHER]),
    ]
    assert [row["balance_minor"] for row in rows] == [30_000, 18_000, 6_000]


def test_nobody_sees_or_spends_the_wallet_of_anothers_holder(paying: Served) -> None:
    paying.open(N)
    other = paying.partner("operator:demo2", scope=("handover",))
    renewal = {"number": N, "term": "12m", "expect_version": 2}
    for answer in (
        other.get(f"/v1/wallets/{HOLDER}"),
        other.post(f"/v1/wallets/{HOLDER}/deposits", {"amount_minor": 5_000}),
        other.post(f"/v1/wallets/{HOLDER}/renewals", renewal),
        app(paying).get("/v1/wallets/h-nobody"),
    ):
        assert code(answer) == (404, "wallet.not_yours")
    assert code(paying.partner().get(f"/v1/wallets/{HOLDER}")) == (403, "key.scope")
    assert code(app(paying).get(f"/v1/wallets/{HOLDER}", after="x")) == (422, "request.body")
