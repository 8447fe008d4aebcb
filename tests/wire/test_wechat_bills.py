"""WeChat Pay's bills: what is read of good ones, and that each fault is told with its line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from tests.wire.wechat import Merchant, trading

from baohao.app.ports import BillMissing, BillRow
from baohao.outside.wechat_pay.bill import rows

DAY = date(2026, 11, 27)
HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
SUMS = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)


def line(
    at: str = "2026-11-27 12:00:00",
    payment: str = "4200000612032130748613220688",
    state: str = "SUCCESS",
    refund: str = "0",
    currency: str = "CNY",
    what: str = "保號",
    fee: str = "0.72000",
    paid: str = "120.00",
    back: str = "0.00",
) -> str:
    """A row in the shape of those that WeChat Pay publishes."""
    fields = [at, "wx8888888888888888", "1900000109", "0", "", payment, "A1b2C3d4", "oZWaCKX"]
    fields += ["JSAPI", state, "OTHERS", currency, paid, "0.00", "0", refund, back, "0.00", "", ""]
    fields += [what, "", fee, "0.60%", paid, back, ""]
    return "`" + ",`".join(fields)


def sums(count: int) -> list[str]:
    return [SUMS, f"`{count},`120.00,`0.00,`0.00,`0.72000,`120.00,`0.00"]


def read(lines: list[str], encoding: str = "utf-8", **more: Any) -> list[BillRow]:
    raw = "".join(f"{each}\r\n" for each in lines).encode(encoding)
    return list(rows(raw.splitlines(keepends=True), DAY, "wechat", **more))


ROW = BillRow(
    order="A1b2C3d4",
    payment="4200000612032130748613220688",
    amount_minor=12_000,
    fee_minor=72,
    currency="CNY",
    at=datetime(2026, 11, 27, 4, 0, tzinfo=UTC),
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_a_bill_is_read_in_each_encoding(encoding: str) -> None:
    assert read([HEAD, line(what="a, b,c"), "", *sums(1)], encoding) == [ROW]


def test_fees_are_rounded_and_amounts_are_not() -> None:
    assert read([HEAD, line(fee="0.72500"), *sums(1)])[0].fee_minor == 72
    assert read([HEAD, line(currency="JPY", paid="120", fee="0.60000"), *sums(1)]) == [
        BillRow(
            order="A1b2C3d4",
            payment=ROW.payment,
            amount_minor=120,
            fee_minor=1,
            currency="JPY",
            at=ROW.at,
        )
    ]


@pytest.mark.parametrize("back", ["50.00", "-50.00"])
def test_a_refund_has_its_own_number_and_what_went_back(back: str) -> None:
    refund = line(state="REFUND", refund="R1", paid="0.00", back=back, fee="-0.30000")
    told = read([HEAD, line(), refund, *sums(2)])[1]
    assert (told.refund, told.amount_minor, told.fee_minor) == ("R1", 5_000, -30)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "line 0: it has no"),
        (["<html>"], "line 1: it does not begin as a bill"),
        ([HEAD.replace("订单金额", "金额")], "line 1: it has no 订单金额"),
        ([HEAD, line()], "line 2: it ends before its sums"),
        ([HEAD, line(), SUMS], "line 3: it has 1 rows and says nothing of them"),
        ([HEAD, line(), *sums(2)], "line 4: it has 1 rows and says 2"),
        ([HEAD, line(), line(), *sums(2)], "line 3: it stands there twice"),
        ([HEAD, line().removesuffix(",`"), *sums(1)], "line 2: it has 26 fields of 27"),
        ([HEAD, line(at="2026-11-26 23:59:59"), *sums(1)], "line 2: it is of 2026-11-26"),
        ([HEAD, line(at="soon"), *sums(1)], "line 2: it has no time"),
        ([HEAD, line(state="REVOKED"), *sums(1)], "line 2: its state is not known"),
        (
            [HEAD, line(paid="120.001"), *sums(1)],
            "line 2: it has an amount finer than its currency",
        ),
        ([HEAD, line(paid="NaN"), *sums(1)], "line 2: it has an amount that cannot be read"),
        ([HEAD, line(paid="Infinity"), *sums(1)], "line 2: it has an amount that cannot be read"),
        ([HEAD, line(paid="1e999999"), *sums(1)], "line 2: it has an amount that cannot be read"),
        ([HEAD, line(currency="XXX"), *sums(1)], "line 2: it has an amount that cannot be read"),
    ],
)
def test_each_fault_is_told_with_its_line(lines: list[str], reason: str) -> None:
    with pytest.raises(BillMissing) as refused:
        read(lines)
    assert reason in str(refused.value)


def test_a_bill_that_changes_its_encoding_cannot_be_read() -> None:
    good, bad = f"{HEAD}\n".encode(), f"{line()}\n".encode("gb18030")
    with pytest.raises(BillMissing, match="line 2: it is not utf-8"):
        list(rows([good, bad], DAY, "wechat"))


# --- over the wire --------------------------------------------------------------------------------


def sell(shop: Merchant, currency: str = "CNY") -> None:
    """Two payments, one of which goes back in part; then it is the next day at ten."""
    shop.paid("A1b2C3d4", currency=currency, description="保號, 12 個月")
    shop.paid("B1b2C3d4", currency=currency)
    shop.gateway.refund(shop.refund("R1", "B1b2C3d4", currency=currency))
    shop.later(hours=22)


@pytest.mark.parametrize(("is_global", "currency"), [(False, "CNY"), (True, "MOP")])
def test_a_day_is_billed_the_next_morning(is_global: bool, currency: str) -> None:
    with trading(is_global=is_global, currencies=(currency,)) as shop:
        sell(shop, currency)
        told = [
            (row.order, row.refund, row.amount_minor, row.fee_minor, row.currency)
            for row in shop.gateway.bill(DAY)
        ]
        assert told == [
            ("A1b2C3d4", "", 12_000, 72, currency),
            ("B1b2C3d4", "", 12_000, 72, currency),
            ("B1b2C3d4", "R1", 5_000, -30, currency),
        ]
        paths = [path for _, path, _ in shop.twin.heard[-2:]]
        assert any("date=20261127&mchid=1900000109" in path for path in paths) == is_global
        assert any("bill_date=2026-11-27&bill_type=ALL" in path for path in paths) != is_global


def test_a_day_that_is_not_there_is_told_so() -> None:
    with trading() as shop:
        sell(shop)
        shop.later(minutes=-1)
        with pytest.raises(BillMissing, match="NO_STATEMENT_EXIST"):
            next(shop.gateway.bill(DAY))
        with pytest.raises(BillMissing, match="2026-11-20 yet"):
            next(shop.gateway.bill(DAY - timedelta(days=7)))


@pytest.mark.parametrize("is_global", [False, True])
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("missing", "NO_STATEMENT_EXIST"),
        ("damaged", "it came damaged"),
        ("double", "line 5: it stands there twice"),
        ("other_day", "line 4: it is of 2026-11-26"),
        ("cut", "line 3: it ends before its sums"),
        ("miscounted", "line 6: it has 3 rows and says 99"),
        ("gb18030", ""),
        ("bom", ""),
    ],
)
def test_bills_that_are_wrong(fault: str, reason: str, is_global: bool) -> None:
    with trading(lambda what: fault if what == "bill" else "", is_global=is_global) as shop:
        sell(shop)
        if is_global and fault in ("cut", "miscounted"):
            # There is nothing that it could be held against; the match of the day finds it.
            return
        if not reason:
            assert len(list(shop.gateway.bill(DAY))) == 3
            return
        with pytest.raises(BillMissing) as refused:
            list(shop.gateway.bill(DAY))
        assert reason in str(refused.value)


def test_a_bill_of_many_rows_is_read_as_it_comes() -> None:
    count = 20_000
    many = (line(payment=f"{n}").encode() for n in range(count))
    ends = (each.encode() for each in sums(count))
    read_so_far = rows(chain([HEAD.encode()], many, ends), DAY, "wechat")
    assert next(read_so_far).payment == "0"
    assert sum(1 for _ in read_so_far) == count - 1
