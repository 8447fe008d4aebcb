"""
The books of a pretended WeChat Pay: orders, refunds within the real one's limits, bills.

It knows the truth: after whatever went wrong on the wire, ours must say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from baohao.core.money import exponent_of
from baohao.outside.wechat_pay.bill import BEIJING

#: The limits of refunds: how many of one order, how far apart, and for how long.
REFUNDS_MAX, REFUNDS_APART, REFUNDS_FOR = 50, timedelta(minutes=1), timedelta(days=365)
#: How long money is on its way back.
REFUND_TAKES = timedelta(minutes=3)
#: When in the morning, in Beijing, the bill of the day before is there.
BILL_HOUR = 10
#: What it takes of each payment.
FEE_SHARE = Decimal("0.006")

_DIRECT = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
    "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
_GLOBAL = (
    "交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,充值券币种,充值券金额,优惠券币种,优惠券金额,微信退款单号,商户退款单号,退款类型,退款状态,"
    "商品名称,商户数据包,手续费,费率,标价币种,订单金额(标价币种),用户支付币种,用户支付金额,结算币种,"
    "应结订单金额,支付汇率,退款汇率,申请退款金额,用户退款币种,用户退款金额,退款结算币种,"
    "退款应结订单金额,充值券退款金额,优惠券退款金额"
)
_SUMS = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)

#: A status and what is said with it.
Said = tuple[int, dict[str, Any] | None]


@dataclass(slots=True, kw_only=True)
class Ordered:
    """An order that was created."""

    #: As it was asked for.
    wanted: Mapping[str, Any]
    payment: str = ""
    paid_at: datetime | None = None
    is_closed: bool = False


@dataclass(slots=True, kw_only=True)
class Returned:
    """A refund that was taken."""

    wanted: Mapping[str, Any]
    id: str
    at: datetime
    #: What becomes of it: SUCCESS, ABNORMAL, CLOSED.
    end: str = "SUCCESS"


@dataclass(slots=True, kw_only=True)
class Books:
    """All that it knows."""

    clock: Callable[[], datetime]
    is_global: bool = False
    orders: dict[str, Ordered] = field(default_factory=dict)
    refunds: dict[str, Returned] = field(default_factory=dict)

    # --- orders -----------------------------------------------------------------------------------

    def create(self, wanted: Mapping[str, Any], kind: str) -> Said:
        """Create an order, or the same again."""
        known = self.orders.get(wanted["out_trade_no"])
        if known is not None and known.paid_at is not None:
            return _error(400, "ORDERPAID")
        if known is not None and self._is_closed(known):
            return _error(400, "ORDER_CLOSED")
        if known is not None and known.wanted != wanted:
            return _error(403, "OUT_TRADE_NO_USED")
        if wanted["amount"]["total"] <= 0 or any(c > "\uffff" for c in wanted["description"]):
            return _error(400, "PARAM_ERROR")
        self.orders[wanted["out_trade_no"]] = known or Ordered(wanted=wanted)
        order = wanted["out_trade_no"]
        given = {
            "jsapi": ("prepay_id", f"wx{order}"),
            "native": ("code_url", f"weixin://wxpay/bizpayurl?pr={order}"),
            "h5": ("h5_url", f"https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?id={order}"),
            "mweb": (
                "mweb_url",
                f"https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?id={order}",
            ),
        }[kind]
        return 200, dict([given])

    def pay(self, order: str) -> bool:
        """Let the payer pay; `False`: it can be paid no more."""
        ordered = self.orders[order]
        if ordered.paid_at is not None or self._is_closed(ordered):
            return False
        paid = sum(each.paid_at is not None for each in self.orders.values())
        ordered.payment, ordered.paid_at = f"42{paid + 1:026}", self._now()
        return True

    def query(self, order: str) -> Said:
        """Say how an order stands."""
        ordered = self.orders.get(order)
        if ordered is None:
            return _error(404, "ORDER_NOT_EXIST")
        return 200, self.told(ordered)

    def close(self, order: str) -> Said:
        """Close an order."""
        ordered = self.orders.get(order)
        if ordered is None:
            return _error(404, "ORDER_NOT_EXIST")
        if ordered.paid_at is not None:
            return _error(400, "ORDERPAID")
        ordered.is_closed = True
        return 204, None

    def told(self, ordered: Ordered) -> dict[str, Any]:
        """Tell of an order, as answers and notices do."""
        wanted = ordered.wanted
        told = {
            **{name: wanted[name] for name in wanted if name.endswith(("mchid", "appid"))},
            "out_trade_no": wanted["out_trade_no"],
            "trade_state": "CLOSED" if self._is_closed(ordered) else "NOTPAY",
        }
        if ordered.paid_at is not None:
            paid = wanted["amount"]
            told |= {
                "trade_state": "REFUND" if self._back(wanted["out_trade_no"]) else "SUCCESS",
                "id" if self.is_global else "transaction_id": ordered.payment,
                "success_time": _written(ordered.paid_at),
                "bank_type": "OTHERS",
                "payer": {"openid": wanted.get("payer", {}).get("openid", "o-somebody")},
                "amount": {**paid, "payer_total": paid["total"], "payer_currency": "CNY"},
            }
        return told

    # --- refunds ----------------------------------------------------------------------------------

    def refund(self, wanted: Mapping[str, Any]) -> Said:
        """Take a refund, or the same again; it arrives later, or does not."""
        known = self.refunds.get(wanted["out_refund_no"])
        if known is not None:
            same = known.wanted["amount"] == wanted["amount"]
            return (200, self.told_refund(known)) if same else _error(400, "INVALID_REQUEST")
        ordered, now = self.orders.get(wanted["out_trade_no"]), self._now()
        if ordered is None or ordered.paid_at is None:
            return _error(404, "RESOURCE_NOT_EXISTS")
        before = self._back(wanted["out_trade_no"])
        amount, paid = wanted["amount"], ordered.wanted["amount"]
        if (amount["total"], amount["currency"]) != (paid["total"], paid["currency"]):
            return _error(400, "PARAM_ERROR")
        if now - ordered.paid_at > REFUNDS_FOR:
            return _error(403, "TRADE_OVERDUE")
        if before and now - max(each.at for each in before) < REFUNDS_APART:
            return _error(429, "FREQUENCY_LIMITED")
        back = sum(each.wanted["amount"]["refund"] for each in before)
        is_too_much = not 0 < amount["refund"] <= paid["total"] - back
        if is_too_much or len(before) >= REFUNDS_MAX:
            return _error(400, "INVALID_REQUEST")
        taken = Returned(wanted=wanted, id=f"50{len(self.refunds):026}", at=now)
        self.refunds[wanted["out_refund_no"]] = taken
        return 200, self.told_refund(taken)

    def find_refund(self, refund: str) -> Said:
        """Say how a refund stands."""
        known = self.refunds.get(refund)
        return (
            _error(404, "RESOURCE_NOT_EXISTS") if known is None else (200, self.told_refund(known))
        )

    def told_refund(self, returned: Returned) -> dict[str, Any]:
        """Tell of a refund, as answers do."""
        is_there = self._now() >= returned.at + REFUND_TAKES
        wanted = returned.wanted
        return {
            "id" if self.is_global else "refund_id": returned.id,
            "out_refund_no": wanted["out_refund_no"],
            "out_trade_no": wanted["out_trade_no"],
            "status": returned.end if is_there else "PROCESSING",
            "amount": dict(wanted["amount"]),
        }

    def _back(self, order: str) -> list[Returned]:
        return [
            each
            for each in self.refunds.values()
            if each.wanted["out_trade_no"] == order and each.end != "CLOSED"
        ]

    def _is_closed(self, ordered: Ordered) -> bool:
        ends_at = datetime.fromisoformat(ordered.wanted["time_expire"])
        return ordered.is_closed or (ordered.paid_at is None and self._now() >= ends_at)

    def _now(self) -> datetime:
        # They tell of whole seconds.
        return self.clock().replace(microsecond=0)

    # --- bills ------------------------------------------------------------------------------------

    def bill(self, day: date) -> list[str] | None:
        """Write a day's bill, line by line; `None`: it is not there, or the day had nothing."""
        there = datetime(day.year, day.month, day.day, BILL_HOUR, tzinfo=BEIJING)
        rows = [
            self._row(ordered, ordered.paid_at)
            for ordered in self.orders.values()
            if ordered.paid_at is not None and ordered.paid_at.astimezone(BEIJING).date() == day
        ] + [
            self._row(self.orders[each.wanted["out_trade_no"]], each.at, each)
            for each in self.refunds.values()
            if each.at.astimezone(BEIJING).date() == day
        ]
        if not rows or self._now() < there + timedelta(days=1):
            return None
        names = (_GLOBAL if self.is_global else _DIRECT).split(",")
        lines = ["`" + ",`".join(row.get(name, "") for name in names) for row in rows]
        head = [",".join(names)]
        return head + lines + ([] if self.is_global else [_SUMS, f"`{len(rows)}" + ",`0.00" * 6])

    def _row(
        self, ordered: Ordered, at: datetime, returned: Returned | None = None
    ) -> dict[str, str]:
        wanted, currency = ordered.wanted, ordered.wanted["amount"]["currency"]
        digits = exponent_of(currency)
        paid = Decimal(wanted["amount"]["total"]).scaleb(-digits)
        back = Decimal(returned.wanted["amount"]["refund"] if returned else 0).scaleb(-digits)
        fee = -back * FEE_SHARE if returned else paid * FEE_SHARE
        paid_text = f"{0 if returned else paid:.{digits}f}"
        return {
            "交易时间": f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}",
            "商户号": wanted.get("mchid", wanted.get("sp_mchid", "")),
            "微信订单号": ordered.payment,
            "商户订单号": wanted["out_trade_no"],
            "交易状态": "REFUND" if returned else "SUCCESS",
            "货币种类": currency,
            "标价币种": currency,
            "微信退款单号": returned.id if returned else "0",
            "商户退款单号": returned.wanted["out_refund_no"] if returned else "0",
            "商品名称": wanted["description"],
            "手续费": f"{fee:.5f}",
            "订单金额": paid_text,
            "订单金额(标价币种)": paid_text,
            "申请退款金额": f"{back:.{digits}f}",
        }


def _error(status: int, code: str) -> Said:
    return status, {"code": code, "message": "pretended"}


def _written(at: datetime) -> str:
    return at.astimezone(BEIJING).isoformat(timespec="seconds")
