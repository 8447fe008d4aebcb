"""The WeChat Pay adapter against its twin: what goes over the wire, and how answers are read."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from tests.wire.wechat import CALM, HASTY, NOON, Merchant, ring, trading

from baohao.app.ports import (
    Absent,
    Declined,
    Paid,
    Payable,
    Refunded,
    Unknown,
    Unpaid,
)
from baohao.outside.pretend.wechat_books import REFUNDS_MAX
from baohao.outside.pretend.wechat_pay import ANSWER_FAULTS, RETRIES, by_seed
from baohao.outside.pretend.wechat_signing import PLATFORM_KEY
from baohao.outside.wechat_pay.gateway import Way, WechatPay
from baohao.wiring import BadSetting, installation

PAID = Paid(
    order="A1b2C3d4",
    payment=f"42{1:026}",
    amount_minor=12_000,
    currency="CNY",
    at=NOON,
    means="OTHERS",
)


def sent(shop: Merchant, which: int = -1) -> tuple[str, str, Any]:
    method, path, body = shop.twin.heard[which]
    return method, path, json.loads(body) if body else None


# --- orders ---------------------------------------------------------------------------------------


def test_a_code_is_created_paid_told_and_asked_for() -> None:
    with trading() as shop:
        order = shop.order()
        created = shop.gateway.create(order)
        assert created == Payable(given={"code_url": "weixin://wxpay/bizpayurl?pr=A1b2C3d4"})
        assert shop.gateway.create(order) == created
        assert sent(shop) == (
            "POST",
            "/v3/pay/transactions/native",
            {
                "mchid": "1900000109",
                "appid": "wx8888888888888888",
                "description": "保號 12 months",
                "out_trade_no": "A1b2C3d4",
                "time_expire": "2026-11-27T12:30:00+08:00",
                "notify_url": shop.notify_url,
                "amount": {"total": 12_000, "currency": "CNY"},
            },
        )
        assert shop.gateway.query("A1b2C3d4") == Unpaid(is_closed=False)
        assert shop.twin.pay("A1b2C3d4")
        assert shop.twin.deliver() == 1
        assert shop.told == [PAID]
        assert shop.gateway.query("A1b2C3d4") == PAID
        assert sent(shop)[1] == "/v3/pay/transactions/out-trade-no/A1b2C3d4?mchid=1900000109"


def test_a_page_in_wechat_is_given_what_it_needs_to_ask_for_the_money() -> None:
    with trading() as shop:
        created = shop.gateway.create(shop.order(way="jsapi", payer="oUpF8uMuAJO"))
        assert isinstance(created, Payable)
        given = dict(created.given)
        signature = b64decode(given.pop("paySign"))
        assert given.pop("signType") == "RSA"
        assert given["package"] == "prepay_id=wxA1b2C3d4"
        text = "".join(f"{given[name]}\n" for name in ("appId", "timeStamp", "nonceStr", "package"))
        ring().ours.public_key().verify(signature, text.encode(), PKCS1v15(), SHA256())
        assert sent(shop)[2]["payer"] == {"openid": "oUpF8uMuAJO"}


def test_a_browser_is_sent_to_a_page_and_comes_back() -> None:
    with trading() as shop:
        order = shop.order(way="h5", payer="203.0.113.9", return_url="https://shop.example/?a=b")
        created = shop.gateway.create(order)
        assert isinstance(created, Payable)
        assert created.given["page_url"].endswith(
            "?id=A1b2C3d4&redirect_url=https%3A%2F%2Fshop.example%2F%3Fa%3Db"
        )
        scene = {"payer_client_ip": "203.0.113.9", "h5_info": {"type": "Wap"}}
        assert sent(shop)[2]["scene_info"] == scene


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"way": "page"}, "way.not_offered"),
        ({"currency": "MOP"}, "currency.not_taken"),
        ({"way": "jsapi"}, "payer.missing"),
        ({"way": "h5"}, "payer.missing"),
        ({"way": "h5", "payer": "somebody"}, "payer.missing"),
    ],
)
def test_what_cannot_be_asked_is_not_sent(more: dict[str, Any], code: str) -> None:
    with trading() as shop:
        assert shop.gateway.create(shop.order(**more)) == Declined(code=code)
        assert shop.twin.heard == []


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("保號 📱 12\n個月", "保號  12個月"),
        ("𠮷野家", "野家"),
        ("📱", "A1b2C3d4"),
        ("號" * 200, "號" * 127),
    ],
)
def test_a_description_has_no_letter_that_they_do_not_take(text: str, taken: str) -> None:
    with trading() as shop:
        assert isinstance(shop.gateway.create(shop.order(description=text)), Payable)
        assert sent(shop)[2]["description"] == taken


def test_the_global_way_has_other_paths_and_says_more() -> None:
    with trading(is_global=True, sub_mchid="1900000200", currencies=("MOP", "HKD")) as shop:
        created = shop.gateway.create(shop.order(currency="MOP"))
        assert isinstance(created, Payable)
        method, path, body = sent(shop)
        assert (method, path) == ("POST", "/v3/global/transactions/native")
        us = {
            "sp_mchid": "1900000109",
            "sub_mchid": "1900000200",
            "sp_appid": "wx8888888888888888",
        }
        more = {"trade_type": "NATIVE", "merchant_category_code": "4814"}
        assert {**us, **more}.items() <= body.items()
        assert "mchid" not in body
        assert shop.gateway.create(shop.order("CNY00001")) == Declined(code="currency.not_taken")
        assert shop.twin.pay("A1b2C3d4")
        shop.twin.deliver()
        paid = replace(PAID, currency="MOP")
        assert shop.told == [paid]
        assert shop.gateway.query("A1b2C3d4") == paid
        asked = "?sp_mchid=1900000109&sub_mchid=1900000200"
        assert sent(shop)[1] == f"/v3/global/transactions/out-trade-no/A1b2C3d4{asked}"
        pending = Refunded(refund="R1", amount_minor=5_000, is_pending=True)
        assert shop.gateway.refund(shop.refund(currency="MOP")) == pending
        assert us.items() <= sent(shop)[2].items()
        assert shop.gateway.find_refund("R1", "A1b2C3d4") == pending
        assert sent(shop)[1] == f"/v3/global/refunds/out-refund-no/R1{asked}"
        h5 = shop.gateway.create(shop.order("H5000001", currency="HKD", way="h5", payer="::1"))
        assert isinstance(h5, Payable)
        assert sent(shop)[1] == "/v3/global/transactions/mweb"


def test_what_is_closed_is_paid_no_more_and_what_is_paid_is_not_closed() -> None:
    with trading() as shop:
        assert shop.gateway.close("A1b2C3d4") == Absent()
        assert shop.gateway.query("A1b2C3d4") == Absent()
        shop.gateway.create(shop.order())
        assert shop.gateway.close("A1b2C3d4") == Unpaid(is_closed=True)
        assert not shop.twin.pay("A1b2C3d4")
        assert shop.gateway.query("A1b2C3d4") == Unpaid(is_closed=True)
        # Nobody says that it was never created.
        assert shop.gateway.create(shop.order()) == Unknown(code="ORDER_CLOSED")
        shop.paid("B1b2C3d4")
        closed = shop.gateway.close("B1b2C3d4")
        assert isinstance(closed, Paid)
        assert closed.order == "B1b2C3d4"


def test_an_order_ends_at_its_time() -> None:
    with trading() as shop:
        shop.gateway.create(shop.order())
        shop.later(minutes=30)
        assert not shop.twin.pay("A1b2C3d4")
        assert shop.gateway.query("A1b2C3d4") == Unpaid(is_closed=True)


def test_an_order_that_is_known_otherwise_is_unknown_since_it_may_be_paid() -> None:
    with trading() as shop:
        shop.gateway.create(shop.order())
        other = shop.gateway.create(shop.order(amount_minor=1))
        assert other == Unknown(code="OUT_TRADE_NO_USED")
        assert shop.gateway.create(shop.order("ZERO0001", amount_minor=0)) == Declined(
            code="PARAM_ERROR"
        )


# --- refunds --------------------------------------------------------------------------------------


def test_a_refund_is_taken_first_and_arrives_later() -> None:
    with trading() as shop:
        shop.paid()
        refund = shop.refund()
        assert shop.gateway.find_refund("R1", "A1b2C3d4") == Absent()
        pending = Refunded(refund="R1", amount_minor=5_000, is_pending=True)
        assert shop.gateway.refund(refund) == pending
        assert shop.gateway.refund(refund) == pending
        assert len(shop.twin.books.refunds) == 1
        assert shop.gateway.find_refund("R1", "A1b2C3d4") == pending
        shop.later(minutes=3)
        there = Refunded(refund="R1", amount_minor=5_000)
        assert shop.gateway.find_refund("R1", "A1b2C3d4") == there
        assert shop.twin.deliver() == 2
        assert shop.told == [PAID, there]
        assert shop.gateway.find_refund("R1", "another1") == Unknown(code="answer.not_of_this")
        assert shop.gateway.query("A1b2C3d4") == PAID


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        ("CLOSED", Declined(code="refund.closed")),
        ("ABNORMAL", Unknown(code="refund.abnormal")),
    ],
)
def test_a_refund_that_fails_is_told_as_pending_and_asking_says_why(
    end: str, outcome: object
) -> None:
    with trading() as shop:
        shop.paid()
        shop.twin.deliver()
        shop.gateway.refund(shop.refund())
        shop.twin.books.refunds["R1"].end = end
        shop.twin.owed[0].event = f"REFUND.{end}"
        shop.later(minutes=3)
        assert shop.twin.deliver() == 1
        assert shop.told[-1] == Refunded(refund="R1", amount_minor=5_000, is_pending=True)
        assert shop.gateway.find_refund("R1", "A1b2C3d4") == outcome


def test_refunds_keep_the_limits_of_the_real_one() -> None:
    with trading() as shop:
        shop.paid()
        assert isinstance(shop.gateway.refund(shop.refund("R0", amount_minor=1)), Refunded)
        # A minute later it goes: nothing was refused for ever.
        early = shop.gateway.refund(shop.refund("R1", amount_minor=1))
        assert early == Unknown(code="FREQUENCY_LIMITED")
        assert shop.gateway.find_refund("R1", "A1b2C3d4") == Absent()
        for n in range(1, REFUNDS_MAX):
            shop.later(minutes=1)
            refunded = shop.gateway.refund(shop.refund(f"R{n}", amount_minor=1))
            assert isinstance(refunded, Refunded)
        shop.later(minutes=1)
        invalid = Declined(code="INVALID_REQUEST")
        assert shop.gateway.refund(shop.refund("R99", amount_minor=1)) == invalid
        shop.paid("B1b2C3d4")
        too_much = shop.refund("S1", "B1b2C3d4", amount_minor=12_001)
        assert shop.gateway.refund(too_much) == invalid
        shop.later(days=366)
        late = shop.gateway.refund(shop.refund("S2", "B1b2C3d4"))
        assert late == Declined(code="TRADE_OVERDUE")


def test_what_is_refused_though_it_was_done_is_what_was_done() -> None:
    with trading() as shop:
        shop.paid()
        shop.gateway.refund(shop.refund())
        # The same refund with another amount: theirs stands.
        other = shop.gateway.refund(shop.refund(amount_minor=1))
        assert other == Refunded(refund="R1", amount_minor=5_000, is_pending=True)


# --- what goes wrong ------------------------------------------------------------------------------

BROKEN = {
    "slow": "http.ReadTimeout",
    "lost": "http.RemoteProtocolError",
    "broken": "SYSTEM_ERROR",
    "unsigned": "answer.unsigned.200",
    "tampered": "answer.unsigned.200",
    "forged": "answer.unsigned.200",
    "unknown_key": "answer.unsigned.200",
    "old": "answer.unsigned.200",
}


@pytest.mark.parametrize("fault", ANSWER_FAULTS)
def test_an_answer_that_is_none_is_unknown(fault: str) -> None:
    bad: set[str] = set()
    patience = HASTY if fault == "slow" else CALM
    with trading(lambda what: fault if what in bad else "", patience) as shop:
        unknown = Unknown(code=BROKEN[fault])
        done = fault != "broken"
        bad |= {"create"}
        assert shop.gateway.create(shop.order()) == unknown
        assert bool(shop.twin.books.orders) == done
        bad.clear()
        shop.paid("B1b2C3d4")
        bad |= {"query", "refund", "find_refund", "close"}
        assert shop.gateway.query("B1b2C3d4") == unknown
        assert shop.gateway.refund(shop.refund("R1", "B1b2C3d4")) == unknown
        assert bool(shop.twin.books.refunds) == done
        assert shop.gateway.find_refund("R1", "B1b2C3d4") in (
            unknown,
            Unknown(code="answer.unsigned.404"),
        )
        assert isinstance(shop.gateway.close("B1b2C3d4"), Unknown)


def test_an_absence_that_nobody_signed_is_none() -> None:
    with trading(lambda _: "unsigned") as shop:
        assert shop.gateway.query("A1b2C3d4") == Unknown(code="answer.unsigned.404")


def test_a_gateway_that_does_not_know_us_says_nothing_of_the_order() -> None:
    with trading() as shop:
        stranger = replace(shop.twin.merchant, mchid="1900000110")
        gateway = WechatPay(stranger, shop.twin.way("CNY"), CALM)
        assert gateway.create(shop.order()) == Unknown(code="answer.unsigned.401")
        gateway.close_connections()


def test_an_answer_of_another_order_or_merchant_is_none() -> None:
    with trading() as shop:
        shop.paid()
        books = shop.twin.books
        books.orders["B1b2C3d4"] = books.orders["A1b2C3d4"]
        assert shop.gateway.query("B1b2C3d4") == Unknown(code="answer.not_of_this")
        for name, value in (("mchid", "1900000110"), ("appid", "wx0"), ("sub_mchid", "1")):
            wanted = {**books.orders["A1b2C3d4"].wanted, name: value}
            books.orders["C1b2C3d4"] = replace(
                books.orders["A1b2C3d4"], wanted={**wanted, "out_trade_no": "C1b2C3d4"}
            )
            assert shop.gateway.query("C1b2C3d4") == Unknown(code="answer.not_of_this")


def test_nobody_there_is_no_refusal() -> None:
    with trading() as shop:
        order, merchant = shop.order(), shop.twin.merchant
        url = shop.twin.url
    gateway = WechatPay(merchant, Way(url=url, currencies=frozenset({"CNY"})), CALM)
    assert gateway.create(order) == Unknown(code="http.ConnectError")
    assert gateway.close("A1b2C3d4") == Unknown(code="http.ConnectError")
    gateway.close_connections()


def test_no_log_holds_an_order_or_a_payer(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", "baohao"), caplog.at_level("INFO"), trading() as shop:
        shop.gateway.create(shop.order(way="jsapi", payer="oUpF8uMuAJO"))
        shop.gateway.query("A1b2C3d4")
        assert ring().apiv3_key not in repr(shop.twin.merchant)
        assert "PRIVATE" not in repr(shop.twin.merchant)
    assert "A1b2C3d4" not in caplog.text
    assert "oUpF8uMuAJO" not in caplog.text


# --- notices, as they come ------------------------------------------------------------------------


def test_a_notice_that_nobody_takes_comes_by_their_schedule() -> None:
    with trading() as shop:
        shop.paid(notify_url=shop.notify_url)
        shop.gateway._keys = None  # type: ignore[assignment]  # our side is down
        tries = []
        for _ in range(50):
            if not shop.twin.owed:
                break
            shop.now = max(shop.now, shop.twin.owed[0].due)
            shop.twin.deliver()
            tries.append(shop.now - NOON)
        assert len(tries) == 1 + len(RETRIES) == 16
        assert tries[-1] == timedelta(hours=24, minutes=4)
        assert shop.told == []


@pytest.mark.parametrize(
    ("fault", "told", "refused"),
    [
        ("twice", [PAID, PAID], 0),
        ("unheard", [PAID, PAID], 0),
        ("late", [PAID], 0),
        ("wrong_amount", [replace(PAID, amount_minor=12_001)], 0),
        ("other_currency", [replace(PAID, currency="XAF")], 0),
        ("probe", [PAID], 1),
        ("tampered", [PAID], 1),
        ("forged", [PAID], 1),
        ("unknown_key", [PAID], 1),
        ("old", [PAID], 1),
    ],
)
def test_notices_that_misbehave(fault: str, told: list[Paid], refused: int) -> None:
    faults = [fault]
    with trading(lambda what: faults.pop() if what == "notice" and faults else "") as shop:
        shop.paid()
        shop.twin.deliver()
        shop.later(seconds=15)
        shop.twin.deliver()
        assert shop.told == told
        assert len(shop.refused) == refused
        assert shop.twin.owed == []


def test_a_notice_replayed_within_the_window_tells_the_same_and_later_nothing() -> None:
    with trading() as shop:
        shop.paid()
        shop.twin.deliver()
        headers, body, _ = shop.twin.sent[0]
        shop.later(minutes=5)
        assert shop.heard(dict(headers), body) == 204
        assert shop.told == [PAID, PAID]
        shop.later(seconds=1)
        assert shop.heard(dict(headers), body) == 401


def test_notices_out_of_order_tell_each_its_own() -> None:
    faults = ["late"]
    with trading(lambda what: faults.pop() if what == "notice" and faults else "") as shop:
        first, second = shop.paid("A1b2C3d4"), shop.paid("B1b2C3d4")
        shop.twin.deliver()
        shop.later(seconds=15)
        shop.twin.deliver()
        assert [each.order for each in shop.told if isinstance(each, Paid)] == [
            second.order,
            first.order,
        ]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_goes_wrong_asking_ends_in_what_their_books_say(seed: int) -> None:
    with trading(by_seed(seed), HASTY) as shop:
        orders = [shop.order(f"ORDER{seed}{n:04}") for n in range(4)]
        for order in orders:
            _until(lambda order=order: shop.gateway.create(order))
            assert shop.twin.pay(order.order)
            refund = shop.refund(f"R{order.order}", order.order)
            _until(lambda refund=refund: shop.gateway.refund(refund))
        for _ in range(40):
            shop.later(minutes=10)
            shop.twin.deliver()
        for order in orders:
            paid = _until(lambda order=order: shop.gateway.query(order.order))
            assert isinstance(paid, Paid)
            there = _until(lambda o=order.order: shop.gateway.find_refund(f"R{o}", o))
            assert there == Refunded(refund=f"R{order.order}", amount_minor=5_000)
            # A notice may lie of amounts, if it is theirs: whoever is told compares.
            told = [each for each in shop.told if isinstance(each, Paid)]
            same = [replace(each, amount_minor=12_000, currency="CNY") for each in told]
            assert all(each == paid for each in same if each.order == order.order)
        assert len(shop.twin.books.orders) == len(shop.twin.books.refunds) == 4


def _until(ask: Any) -> Any:
    """Ask until they know."""
    for _ in range(60):
        answer = ask()
        if not isinstance(answer, Unknown):
            return answer
    raise AssertionError("they never knew")


def test_the_same_seed_misbehaves_the_same() -> None:
    def drawn(seed: int) -> list[str]:
        draw = by_seed(seed)
        return [draw(what) for what in ("create", "notice", "bill") * 20]

    assert drawn(1) == drawn(1) != drawn(2)


# --- as an installation has it --------------------------------------------------------------------


def test_an_installation_has_the_gateway_that_its_settings_name(tmp_path: Path) -> None:
    merchant = ring().merchant()
    ours, theirs = tmp_path / "ours.pem", tmp_path / "theirs.pem"
    with trading() as shop:
        environ = {
            "BAOHAO_WECHAT_MCHID": merchant.mchid,
            "BAOHAO_WECHAT_APPID": merchant.appid,
            "BAOHAO_WECHAT_SERIAL": merchant.serial,
            "BAOHAO_WECHAT_PRIVATE_KEY_FILE": str(ours),
            "BAOHAO_WECHAT_APIV3_KEY": merchant.apiv3_key,
            "BAOHAO_WECHAT_PLATFORM_KEY_ID": PLATFORM_KEY,
            "BAOHAO_WECHAT_PLATFORM_KEY_FILE": str(theirs),
            "BAOHAO_WECHAT_URL": shop.twin.url,
        }
        assert installation(tmp_path, {}).gateways() == {}
        with pytest.raises(BadSetting, match=r"ours\.pem cannot be read"):
            assert installation(tmp_path, environ).gateways()
        ours.write_bytes(b"nothing")
        theirs.write_bytes(merchant.platform_keys[PLATFORM_KEY])
        with pytest.raises(BadSetting, match="must be keys in PEM"):
            assert installation(tmp_path, environ).gateways()
        ours.write_bytes(merchant.private_key)
        gateway = installation(tmp_path, environ).gateways()["wechat"]
        assert isinstance(gateway, WechatPay)
        assert isinstance(gateway.create(shop.order()), Payable)
        gateway.close_connections()
