"""
WeChat Pay, APIv3: the direct way, and the global way that merchants outside the mainland take.

No answer counts that they did not sign: what came unsigned, late or not at all is `Unknown`. What
they refuse is `Declined` only by codes that say that nothing was done and nothing will be.
https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_5_9.shtml (refunds; its neighbours have the
rest) and, of the global way, .../wiki/doc/api_external/ch/apis/chapter3_3_1.shtml
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import file_digest, sha1
from io import BytesIO
from ipaddress import ip_address
from tempfile import TemporaryFile
from typing import IO, Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import msgspec

from baohao.app.ports import (
    Absent,
    BillMissing,
    BillRow,
    Declined,
    NoticeRefused,
    Order,
    Paid,
    Payable,
    Refund,
    Refunded,
    Unknown,
    Unpaid,
)
from baohao.outside.tmf654 import Patience
from baohao.outside.wechat_pay import answers, bill
from baohao.outside.wechat_pay.answers import BillPlace, Notice, RefundSaid, Transaction, read
from baohao.outside.wechat_pay.messages import Keys, Merchant

#: Longer than these is no answer, no notice and no bill (bytes).
ANSWER_MAX_BYTES, NOTICE_MAX_BYTES, BILL_MAX_BYTES = 1_000_000, 100_000, 2_000_000_000
#: How long a bill may take to come, and what waits for any other answer (seconds).
BILL_WHOLE_S, PATIENCE = 600.0, Patience()
#: How many letters of a description and of a reason they take.
DESCRIPTION_MAX, REASON_MAX = 127, 80
#: What the global way wants to know of a merchant (ISO 18245): telecommunication services.
CATEGORY = "4814"

# It writes every address into the log, and those have the order in them.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where and how a merchant reaches them."""

    url: str
    #: Below /v3/global, as merchants outside the mainland do.
    is_global: bool = False
    #: In which currencies it is paid there.
    currencies: frozenset[str]
    #: Where they tell of refunds; empty: they are asked.
    refund_notify_url: str = ""


class WechatPay:
    """A merchant's account at WeChat Pay; an `app.ports.Gateway`."""

    name = "wechat"

    def __init__(self, merchant: Merchant, way: Way, patience: Patience = PATIENCE) -> None:
        self._merchant, self._way = merchant, way
        self._keys = Keys(merchant)
        self._whole_s = patience.whole_s
        self._client = httpx.Client(
            base_url=way.url.rstrip("/"),
            headers={
                "Accept": "application/json",
                # What is signed is what comes over the wire.
                "Accept-Encoding": "identity",
                "User-Agent": "baohao",
                "Wechatpay-Serial": self._keys.asked_for,
            },
            timeout=httpx.Timeout(patience.read_s, connect=patience.connect_s),
            # Settings come from the wiring alone: no proxies and no .netrc.
            trust_env=False,
        )

    def close_connections(self) -> None:
        """Close its connections."""
        self._client.close()

    # --- orders -----------------------------------------------------------------------------------

    def create(self, order: Order) -> Payable | Declined | Unknown:
        """Let an order be paid: "jsapi" (payer: an openid), "qr", "h5" (payer: their address)."""
        kind = {"jsapi": "jsapi", "qr": "native", "h5": "mweb" if self._way.is_global else "h5"}
        if order.way not in kind:
            return Declined(code="way.not_offered")
        if order.currency not in self._way.currencies:
            return Declined(code="currency.not_taken")
        if not _is_payer(order):
            return Declined(code="payer.missing")
        path = "/v3/global/transactions" if self._way.is_global else "/v3/pay/transactions"
        answer = self._answer("POST", f"{path}/{kind[order.way]}", body=self._wanted(order))
        if isinstance(answer, Unknown):
            return answer
        status, body = answer
        said = read(body, dict[str, Any])
        if status == 200 and said is not None:
            return self._payable(order, said)
        return answers.declined(status, body, answers.ORDER_NEVER)

    def query(self, order: str) -> Paid | Unpaid | Absent | Unknown:
        """Ask what became of an order."""
        answer = self._answer("GET", f"{self._transaction(order)}?{self._asking()}")
        if isinstance(answer, Unknown):
            return answer
        status, body = answer
        said = read(body, Transaction)
        if status != 200 or said is None:
            return answers.absent(status, body)
        if said.out_trade_no != order or not self._is_ours(said):
            return Unknown(code="answer.not_of_this")
        return answers.state(said)

    def close(self, order: str) -> Unpaid | Paid | Absent | Unknown:
        """Let an order be paid no more; what could not be closed is asked for."""
        answer = self._answer("POST", f"{self._transaction(order)}/close", body=self._us())
        if isinstance(answer, Unknown):
            return answer
        return Unpaid(is_closed=True) if answer[0] == 204 else self.query(order)

    # --- refunds ----------------------------------------------------------------------------------

    def refund(self, refund: Refund) -> Refunded | Declined | Unknown:
        """Send money back; that they take it is not that it arrives."""
        wanted: dict[str, Any] = {
            "out_trade_no": refund.order,
            "out_refund_no": refund.refund,
            "amount": {
                "refund": refund.amount_minor,
                "total": refund.paid_minor,
                "currency": refund.currency,
            },
        }
        if self._way.is_global:
            wanted |= self._us(with_app=True)
        if reason := answers.plain(refund.reason, REASON_MAX):
            wanted["reason"] = reason
        if self._way.refund_notify_url:
            wanted["notify_url"] = self._way.refund_notify_url
        path = "/v3/global/refunds" if self._way.is_global else "/v3/refund/domestic/refunds"
        answer = self._answer("POST", path, body=wanted)
        if isinstance(answer, Unknown):
            return answer
        status, body = answer
        if status == 200:
            return answers.refunded(read(body, RefundSaid), refund.refund)
        declined = answers.declined(status, body, answers.REFUND_NEVER)
        if isinstance(declined, Unknown):
            return declined
        # Sent before, it may be there already, and what is refused is its second coming.
        there = self.find_refund(refund.refund, refund.order)
        return declined if isinstance(there, Absent) else there

    def find_refund(self, refund: str, order: str) -> Refunded | Declined | Absent | Unknown:
        """Ask what became of a refund; one that cannot arrive by itself is `Unknown`."""
        name = quote(refund, safe="")
        path = f"/v3/refund/domestic/refunds/{name}"
        if self._way.is_global:
            path = f"/v3/global/refunds/out-refund-no/{name}?{self._asking()}"
        answer = self._answer("GET", path)
        if isinstance(answer, Unknown):
            return answer
        status, body = answer
        if status != 200:
            return answers.absent(status, body)
        said = read(body, RefundSaid)
        if said is not None and said.out_trade_no != order:
            return Unknown(code="answer.not_of_this")
        return answers.refunded(said, refund)

    # --- notices ----------------------------------------------------------------------------------

    def notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Paid | Refunded:
        """
        Read a notice; raises `NoticeRefused`.

        A refund that failed is told as pending: it has not arrived, and asking says why.
        """
        if len(body) > NOTICE_MAX_BYTES:
            raise NoticeRefused(reason="it is too long")
        self._keys.verify(headers, body, int(now.timestamp()))
        told = read(body, Notice)
        if told is None or told.resource.algorithm != "AEAD_AES_256_GCM":
            raise NoticeRefused(reason="it cannot be read")
        sealed = told.resource
        plain = self._keys.opened(sealed.nonce, sealed.ciphertext, sealed.associated_data).encode()
        if told.event_type == "TRANSACTION.SUCCESS":
            return self._told_paid(read(plain, Transaction))
        if told.event_type in ("REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED"):
            return self._told_refund(read(plain, RefundSaid), told.event_type)
        raise NoticeRefused(reason="it tells of something else")

    def _told_paid(self, said: Transaction | None) -> Paid:
        paid = answers.state(said) if said and said.trade_state == "SUCCESS" else None
        if said is None or not isinstance(paid, Paid):
            raise NoticeRefused(reason="what it tells cannot be read")
        if not self._is_ours(said):
            raise NoticeRefused(reason="it is another merchant's")
        return paid

    def _told_refund(self, said: RefundSaid | None, event: str) -> Refunded:
        status = (said.refund_status or said.status) if said else ""
        if said is None or event != f"REFUND.{status}":
            raise NoticeRefused(reason="what it tells cannot be read")
        us = self._merchant.mchid, self._merchant.sub_mchid
        if (said.mchid or said.sp_mchid, said.sub_mchid) != us:
            raise NoticeRefused(reason="it is another merchant's")
        return Refunded(
            refund=said.out_refund_no,
            amount_minor=said.amount.refund,
            is_pending=status != "SUCCESS",
        )

    # --- bills ------------------------------------------------------------------------------------

    def bill(self, day: date) -> Iterator[BillRow]:
        """Yield the lines of a day's bill; raises `BillMissing`, before the first where it can."""
        with TemporaryFile() as file:
            if self._way.is_global:
                asked = f"date={day:%Y%m%d}&{self._asking()}"
                headers = self._download(f"/v3/global/statements?{asked}", file, day)
                wanted = headers.get("wechatpay-statement-sha1", "")
            else:
                place = self._bill_place(day)
                at = urlsplit(place.download_url.strip())
                # Asked for where we know them, whatever address they give.
                self._download(f"{at.path}?{at.query}", file, day)
                wanted = place.hash_value
            # Theirs to choose; it keeps damage out, and who may speak is decided elsewhere.
            digest = file_digest(file, lambda: sha1(usedforsecurity=False)).hexdigest()
            if digest != wanted.lower():
                raise self._missing(day, "it came damaged")
            file.seek(0)
            yield from bill.rows(file, day, self.name, is_summed=not self._way.is_global)

    def _bill_place(self, day: date) -> BillPlace:
        answer = self._answer("GET", f"/v3/bill/tradebill?bill_date={day}&bill_type=ALL")
        if isinstance(answer, Unknown):
            raise self._missing(day, answer.code)
        place = read(answer[1], BillPlace)
        if answer[0] != 200 or place is None or place.hash_type != "SHA1":
            raise self._missing(day, answers.code(*answer))
        return place

    def _download(self, path: str, file: IO[bytes], day: date) -> Mapping[str, str]:
        """Write a bill into a file; return the headers that came with it, which nobody signed."""
        request, _ = self._request("GET", path)
        answer = self._send(request, file, BILL_MAX_BYTES, BILL_WHOLE_S)
        file.seek(0)
        if isinstance(answer, Unknown):
            raise self._missing(day, answer.code)
        if answer.status_code != 200:
            raise self._missing(day, answers.code(answer.status_code, file.read(ANSWER_MAX_BYTES)))
        return answer.headers

    def _missing(self, day: date, reason: str) -> BillMissing:
        return BillMissing(gateway=self.name, day=day, reason=reason)

    # --- over the wire ----------------------------------------------------------------------------

    def _answer(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> tuple[int, bytes] | Unknown:
        """Return the status and the body of an answer that they signed."""
        request, at = self._request(method, path, body)
        said = BytesIO()
        answer = self._send(request, said, ANSWER_MAX_BYTES, self._whole_s)
        if isinstance(answer, Unknown):
            return answer
        try:
            # Their time is held against the one that we signed.
            self._keys.verify(answer.headers, said.getvalue(), at)
        except NoticeRefused:
            return Unknown(code=f"answer.unsigned.{answer.status_code}")
        return answer.status_code, said.getvalue()

    def _send(
        self, request: httpx.Request, into: IO[bytes], most_bytes: int, whole_s: float
    ) -> httpx.Response | Unknown:
        end, size = time.monotonic() + whole_s, 0
        try:
            answer = self._client.send(request, stream=True)
            with closing(answer):
                for part in answer.iter_raw():
                    size += into.write(part)
                    if size > most_bytes or time.monotonic() > end:
                        return Unknown(code="answer.endless")
        except httpx.HTTPError as error:
            return Unknown(code=f"http.{type(error).__name__}")
        return answer

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> tuple[httpx.Request, int]:
        """Return a signed request, and the time that stands in it."""
        content = msgspec.json.encode(body) if body is not None else b""
        headers = {"Content-Type": "application/json"} if content else {}
        request = self._client.build_request(method, path, content=content, headers=headers)
        there = request.url.raw_path.decode()
        authorization, at = self._keys.authorization(method, there, content.decode())
        request.headers["Authorization"] = authorization
        return request, at

    # --- what we write ----------------------------------------------------------------------------

    def _us(self, *, with_app: bool = False) -> dict[str, str]:
        """Say who we are, or for whom we act."""
        merchant = self._merchant
        prefix = "sp_" if merchant.sub_mchid else ""
        us = {f"{prefix}mchid": merchant.mchid}
        if merchant.sub_mchid:
            us["sub_mchid"] = merchant.sub_mchid
        return us | ({f"{prefix}appid": merchant.appid} if with_app else {})

    def _asking(self) -> str:
        return urlencode(self._us())

    def _transaction(self, order: str) -> str:
        way = "/v3/global" if self._way.is_global else "/v3/pay"
        return f"{way}/transactions/out-trade-no/{quote(order, safe='')}"

    def _wanted(self, order: Order) -> dict[str, Any]:
        ends_at = order.ends_at.astimezone(bill.BEIJING)
        wanted: dict[str, Any] = {
            **self._us(with_app=True),
            "description": answers.plain(order.description, DESCRIPTION_MAX) or order.order,
            "out_trade_no": order.order,
            "time_expire": ends_at.isoformat(timespec="seconds"),
            "notify_url": order.notify_url,
            "amount": {"total": order.amount_minor, "currency": order.currency},
        }
        if order.way == "jsapi":
            wanted["payer"] = {"openid": order.payer}
        if order.way == "h5":
            wanted["scene_info"] = {"payer_client_ip": order.payer, "h5_info": {"type": "Wap"}}
        if self._way.is_global:
            kind = {"jsapi": "JSAPI", "qr": "NATIVE", "h5": "MWEB"}[order.way]
            wanted |= {"trade_type": kind, "merchant_category_code": CATEGORY}
        return wanted

    def _payable(self, order: Order, said: Mapping[str, Any]) -> Payable | Unknown:
        """Return what the payer is given; a page in WeChat is given all that it needs to ask."""
        field = {"jsapi": "prepay_id", "qr": "code_url"}.get(
            order.way, "mweb_url" if self._way.is_global else "h5_url"
        )
        value = said.get(field)
        if not isinstance(value, str) or not value:
            return Unknown(code="answer.unread")
        if order.way == "qr":
            return Payable(given={"code_url": value})
        if order.way == "h5":
            back = f"&{urlencode({'redirect_url': order.return_url})}" if order.return_url else ""
            return Payable(given={"page_url": value + back})
        asked = {
            "appId": self._merchant.appid,
            "timeStamp": self._keys.stamp(),
            "nonceStr": secrets.token_hex(16),
            "package": f"prepay_id={value}",
        }
        return Payable(
            given={**asked, "signType": "RSA", "paySign": self._keys.signed(*asked.values())}
        )

    def _is_ours(self, said: Transaction) -> bool:
        merchant = self._merchant
        if merchant.sub_mchid:
            theirs = said.sp_mchid, said.sub_mchid, said.sp_appid
        else:
            theirs = said.mchid, said.sub_mchid, said.appid
        return theirs == (merchant.mchid, merchant.sub_mchid, merchant.appid)


def _is_payer(order: Order) -> bool:
    """Say whether an order names who pays, in a way that must."""
    if order.way == "h5":
        try:
            return bool(ip_address(order.payer))
        except ValueError:
            return False
    return order.way != "jsapi" or bool(order.payer)
