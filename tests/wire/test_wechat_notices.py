"""
Notices of WeChat Pay, changed in every way that we can think of: none is taken.

The red twins verify JSON that was written anew, take base64 written in another way, or look at no
clock. Each must let something through.
"""

from __future__ import annotations

import json
import random
import string
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.conftest import Campaign
from tests.wire.wechat import NOON, ring

from baohao.app.ports import NoticeRefused, Paid, Refunded
from baohao.outside.pretend.wechat_signing import PLATFORM_KEY
from baohao.outside.wechat_pay.gateway import Way, WechatPay
from baohao.outside.wechat_pay.messages import WINDOW_S, Keys, Merchant

Notice = tuple[dict[str, str], bytes]
TIME, NONCE, SERIAL, SIGNATURE = (
    f"Wechatpay-{name}" for name in ("Timestamp", "Nonce", "Serial", "Signature")
)
TOLD = {
    "mchid": "1900000109",
    "appid": "wx8888888888888888",
    "out_trade_no": "A1b2C3d4",
    "transaction_id": "4200000612032130748613220688",
    "trade_state": "SUCCESS",
    "success_time": "2026-11-27T12:00:00+08:00",
    "bank_type": "OTHERS",
    "amount": {"total": 12_000, "payer_total": 12_000, "currency": "CNY"},
}
REFUND = {
    "mchid": "1900000109",
    "out_trade_no": "A1b2C3d4",
    "out_refund_no": "R1",
    "refund_status": "SUCCESS",
    "amount": {"total": 12_000, "refund": 5_000},
}


class Anew(Keys):
    """The red twin that verifies what JSON says, not its bytes."""

    def _text(self, body: bytes) -> str:
        try:
            return json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":"))
        except ValueError:
            return super()._text(body)


class Loose(Keys):
    """The red twin that takes any base64."""

    def _check_form(self, signature: str) -> None:
        pass


class Timeless(Keys):
    """The red twin that looks at no clock."""

    def _check_time(self, timestamp: str, at: int) -> None:
        pass


def gateway(keys: type[Keys] = Keys, merchant: Merchant | None = None) -> WechatPay:
    merchant = merchant or ring().merchant()
    made = WechatPay(merchant, Way(url="http://127.0.0.1:9", currencies=frozenset({"CNY"})))
    made._keys = keys(merchant)
    return made


def good(now: datetime = NOON, event: str = "TRANSACTION.SUCCESS", **more: Any) -> Notice:
    told = TOLD if event == "TRANSACTION.SUCCESS" else REFUND
    return ring().notice(event, {**told, **more}, now)


def taken(gateway: WechatPay, notice: Notice, now: datetime = NOON) -> bool:
    try:
        gateway.notice(*notice, now)
    except NoticeRefused:
        return False
    return True


# --- mutants --------------------------------------------------------------------------------------


def _bit(chance: random.Random, notice: Notice, _: Notice) -> Notice:
    headers, body = notice
    at = chance.randrange(len(body) * 8)
    changed = bytearray(body)
    changed[at // 8] ^= 1 << at % 8
    return headers, bytes(changed)


def _header(chance: random.Random, notice: Notice, _: Notice) -> Notice:
    headers, body = notice
    name = chance.choice((TIME, NONCE, SERIAL, SIGNATURE))
    value = headers[name]
    at = chance.randrange(len(value))
    letter = chance.choice([c for c in string.printable if c != value[at]])
    changes = (
        value[:at] + letter + value[at + 1 :],
        value[:at] + value[at + 1 :],
        value[:at] + letter + value[at:],
        value + chance.choice(" \n\t=\0"),
        chance.choice(" \n\t+0") + value,
        value.swapcase() if value.swapcase() != value else "",
        "",
    )
    return {**headers, name: chance.choice(changes)}, body


def _without(chance: random.Random, notice: Notice, _: Notice) -> Notice:
    headers, body = notice
    name = chance.choice((TIME, NONCE, SERIAL, SIGNATURE))
    return {each: value for each, value in headers.items() if each != name}, body


def _base64(chance: random.Random, notice: Notice, _: Notice) -> Notice:
    """The same signature, written otherwise: its last letter's spare bits, other ends, spaces."""
    headers, body = notice
    signature = headers[SIGNATURE]
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
    head = signature.rstrip("=")
    spare = letters.index(head[-1]) | chance.randrange(1, 16)
    at = chance.randrange(len(signature))
    written = chance.choice(
        (
            head[:-1] + letters[spare] + signature[len(head) :],
            head,
            signature + "=",
            signature + "====",
            signature[:at] + chance.choice("\n\r \t-_.") + signature[at:],
            signature.translate(str.maketrans("+/", "-_")),
        )
    )
    return {**headers, SIGNATURE: written if written != signature else "x"}, body


def _signature(chance: random.Random, notice: Notice, _: Notice) -> Notice:
    """Another signature, written as it must be: a bit of it, or the same number beyond its end."""
    headers, body = notice
    raw = b64decode(headers[SIGNATURE])
    modulus = ring().theirs.public_key().public_numbers().n
    number = int.from_bytes(raw) ^ 1 << chance.randrange(len(raw) * 8)
    longer = int.from_bytes(raw) + modulus * chance.randint(1, 9)
    changed = chance.choice((number.to_bytes(256), longer.to_bytes(257), b"\0" + raw, raw[:-1]))
    return {**headers, SIGNATURE: b64encode(changed).decode()}, body


def _written_anew(chance: random.Random, notice: Notice, _: Notice) -> Notice:
    headers, body = notice
    said = json.loads(body)
    written: tuple[Mapping[str, Any], ...] = (
        {"indent": 1},
        {"separators": (", ", ": "), "ensure_ascii": False},
        {"separators": (",", ":")},
        {"separators": (",", ":"), "ensure_ascii": False, "sort_keys": True},
    )
    text = json.dumps(said, **chance.choice(written))
    ends = chance.choice(("", " ", "\n", "\ufeff"))
    return headers, (chance.choice((text + ends, ends + text))).encode()


def _swapped(chance: random.Random, notice: Notice, other: Notice) -> Notice:
    """Parts of two good notices."""
    (headers, body), (headers_2, body_2) = notice, other
    names = chance.sample((TIME, NONCE, SIGNATURE), chance.randint(1, 2))
    mixed = {**headers, **{name: headers_2[name] for name in names}}
    if chance.random() < 0.3:
        said, said_2 = json.loads(body), json.loads(body_2)
        said["resource"] = said_2["resource"]
        text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        return headers, text.encode()
    return (mixed, body) if chance.random() < 0.7 else (headers, body_2)


def _border(chance: random.Random, notice: Notice, _: Notice) -> Notice:
    """What is signed stays the same, and where its lines end moves."""
    headers, body = notice
    at = chance.randrange(1, len(headers[NONCE]))
    nonce = headers[NONCE]
    moved = (
        ({**headers, NONCE: nonce[:at]}, nonce[at:].encode() + b"\n" + body),
        ({**headers, NONCE: f"{nonce}\n{body.decode()[:at]}"}, body[at:]),
        ({**headers, TIME: f"{headers[TIME]}\n{nonce[:at]}", NONCE: nonce[at:]}, body),
        ({**headers, NONCE: f"{nonce}\n"}, body),
        (headers, body + b"\n"),
    )
    return chance.choice(moved)


def _at_another_time(chance: random.Random, notice: Notice, _: Notice) -> Notice:
    headers, body = notice
    by = chance.choice((-1, 1)) * chance.randint(1, chance.choice((9, 400, 10**6, 10**9)))
    at = int(headers[TIME]) + by
    written = chance.choice((str(at), f"{at}.0", f"0{headers[TIME]}", f"+{headers[TIME]}"))
    return {**headers, TIME: written}, body


def _cut(chance: random.Random, notice: Notice, _: Notice) -> Notice:
    headers, body = notice
    return headers, body[: chance.randrange(len(body))]


MUTATE = (
    *(_bit, _bit, _bit, _header, _header, _without, _base64, _base64, _signature),
    *(_written_anew, _swapped, _border, _at_another_time, _cut),
)


@pytest.mark.soak
def test_no_mutant_is_taken(campaign: Callable[[int], Campaign]) -> None:
    drawn = campaign(100_000)
    chance, judge = random.Random(drawn.seed), gateway()
    events = ("TRANSACTION.SUCCESS", "REFUND.SUCCESS") * 4
    herd = [good(NOON + timedelta(seconds=n), event) for n, event in enumerate(events)]
    assert all(taken(judge, each) for each in herd)
    let_through = []
    for n in range(drawn.count):
        notice, other = chance.sample(herd, 2)
        mutate = chance.choice(MUTATE)
        mutant = mutate(chance, notice, other)
        if mutant in herd or taken(judge, mutant):
            let_through.append((n, mutate.__name__))
    assert let_through == []


@pytest.mark.parametrize(
    ("keys", "mutate"),
    [(Anew, _written_anew), (Loose, _base64)],
    ids=["written_anew", "any_base64"],
)
def test_the_red_twins_let_mutants_through(keys: type[Keys], mutate: Any) -> None:
    chance, judge, red = random.Random(0), gateway(), gateway(keys)
    herd = [good(), good()]
    mutants = [mutate(chance, *chance.sample(herd, 2)) for _ in range(200)]
    assert sum(taken(red, each) for each in mutants) > 0
    assert sum(taken(judge, each) for each in mutants) == 0


@pytest.mark.parametrize("by", [-WINDOW_S - 1, -86_400, WINDOW_S + 1, 86_400, 10**9])
def test_a_good_notice_at_another_time_is_refused(by: int) -> None:
    then = NOON + timedelta(seconds=by)
    notice = good()
    assert not taken(gateway(), notice, then)
    # The red twin takes it: nothing else is wrong with it.
    assert taken(gateway(Timeless), notice, then)


@pytest.mark.parametrize("by", [-WINDOW_S, 0, WINDOW_S])
def test_within_the_window_it_is_taken(by: int) -> None:
    assert taken(gateway(), good(), NOON + timedelta(seconds=by))


# --- what is signed and still not ours ------------------------------------------------------------


def refused(notice: Notice, reason: str, merchant: Merchant | None = None) -> None:
    with pytest.raises(NoticeRefused) as caught:
        gateway(merchant=merchant).notice(*notice, NOON)
    assert caught.value.facts["reason"] == reason


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"mchid": "1900000110"}, "it is another merchant's"),
        ({"appid": "wx0"}, "it is another merchant's"),
        ({"sub_mchid": "1"}, "it is another merchant's"),
        ({"trade_state": "USERPAYING"}, "what it tells cannot be read"),
        ({"amount": {"total": "12000"}}, "what it tells cannot be read"),
        ({"amount": {"total": True}}, "what it tells cannot be read"),
        ({"amount": {"total": 120.5}}, "what it tells cannot be read"),
        ({"amount": {"total": 12_000}}, "what it tells cannot be read"),
        ({"amount": None}, "what it tells cannot be read"),
        ({"success_time": "2026-11-27T12:00:00"}, "what it tells cannot be read"),
        ({"transaction_id": ""}, "what it tells cannot be read"),
    ],
)
def test_what_is_told_must_be_ours_and_whole(more: dict[str, Any], reason: str) -> None:
    refused(good(**more), reason)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"mchid": "1900000110"}, "it is another merchant's"),
        ({"refund_status": "PROCESSING"}, "what it tells cannot be read"),
        ({"amount": {}}, "what it tells cannot be read"),
    ],
)
def test_so_must_a_refund(more: dict[str, Any], reason: str) -> None:
    refused(good(event="REFUND.SUCCESS", **more), reason)


def test_what_is_told_is_told_as_it_is() -> None:
    paid = Paid(
        order="A1b2C3d4",
        payment="4200000612032130748613220688",
        amount_minor=12_000,
        currency="CNY",
        at=NOON,
        means="OTHERS",
    )
    judge = gateway()
    assert judge.notice(*good(), NOON) == paid
    other = good(amount={"total": 12_001, "currency": "HKD"})
    assert judge.notice(*other, NOON) == replace(paid, amount_minor=12_001, currency="HKD")
    back = judge.notice(*good(event="REFUND.SUCCESS"), NOON)
    assert back == Refunded(refund="R1", amount_minor=5_000)


def test_header_names_are_read_in_any_case() -> None:
    headers, body = good()
    assert taken(gateway(), ({name.upper(): value for name, value in headers.items()}, body))


def test_events_of_other_kinds_are_refused() -> None:
    refused(ring().notice("SECURITY_ECHO.SUCCESS", TOLD, NOON), "it tells of something else")


def test_another_apiv3_key_opens_nothing() -> None:
    other = replace(ring().merchant(), apiv3_key="k" * 32)
    refused(good(), "it does not open under the APIv3 key", other)


ENVELOPE = b'{"event_type":"TRANSACTION.SUCCESS","resource_type":"encrypt-resource","resource":%b}'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b"[" * 50_000,
        b"\xff",
        b'{"event_type":1}',
        b"x" * 200_000,
        ENVELOPE % b'{"algorithm":"AEAD_AES_256_GCM","ciphertext":"!","nonce":""}',
        ENVELOPE % b'{"algorithm":"none","ciphertext":"e30=","nonce":"123456789012"}',
    ],
    ids=range(9),
)
def test_what_is_signed_and_makes_no_sense_is_refused(body: bytes) -> None:
    assert not taken(gateway(), ring().signed(body, int(NOON.timestamp())))


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("probe", "it is a probe"),
        ("unknown_key", "its key is not at hand"),
        ("forged", "the signature is wrong"),
        ("unsigned", "its key is not at hand"),
    ],
)
def test_why_a_notice_is_refused(fault: str, reason: str) -> None:
    refused(ring().notice("TRANSACTION.SUCCESS", TOLD, NOON, fault), reason)


def test_a_probe_is_refused_before_anything_else_is_looked_at() -> None:
    headers, body = good()
    probe = {**headers, SIGNATURE: "WECHATPAY/SIGNTEST/" + headers[SIGNATURE], SERIAL: "unknown"}
    refused((probe, body), "it is a probe")


def test_another_way_of_signing_is_refused() -> None:
    headers, body = good()
    sm2 = {**headers, "Wechatpay-Signature-Type": "WECHATPAY2-SM2-WITH-SM3"}
    refused((sm2, body), "it is signed in another way")


# --- the vectors that they publish ----------------------------------------------------------------

#: From the tests of github.com/wechatpay-apiv3/wechatpay-go (Tencent). Their APIv3 key has 16 bytes
#: there, where real ones have 32. Wycheproof is in tests/outside/test_vectors.py.
THEIRS = b"""-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA2VCTd91fnUn73Xy9DLvt
/V62TVxRTEEstVdeRaZ3B3leO0pldE806mXO4RwdHXagHQ4vGeZN0yqm++rDsGK+
U3AH7kejyD2pXshNP9Cq5YwbptiLGtjcquw4HNxJQUOmDeJf2vg6byms9RUipiq4
SzbJKqJFlUpbuIPDpSpWz10PYmyCNeDGUUK65E5h2B834uxl1zNLYQCrkdBzb8oU
xwYeP5a2DNxmjL5lsJML7DGr5znsevnoqGRwTm9fxCGfy8wus7hwKz6clt3Whmmd
a7UAdb1c08hEQFVRbF14AR73xbnd8N0obCWJPCbzMCtkaSef4FdEEgEXJiw0VAJT
8wIDAQAB
-----END PUBLIC KEY-----
"""
BODY = (
    '{"id":"3119dfba-e649-5eec-ab1e-3412bc4d2e17","create_time":"2021-06-24T16:37:26+08:00",'
    '"resource_type":"encrypt-resource","event_type":"PAYSCORE.USER_OPEN_SERVICE","summary":'
    '"签约成功","resource":{"original_type":"payscore","algorithm":"AEAD_AES_256_GCM","ciphertext":'
    '"YDS3lKPaC4Y52Gf3uhft5qUBlIa8b428AWTtTauHQfQrRw+X1WpiuHIDy0vo1Vd6VEq67aVyqPdDYMkRVSDaZL3iZt'
    "tevRMOoPKMifozg6XPWjIZumks/GpT48lI4NizyeaqLBokNebthah3o1H76qSlO9NkDjp9bzmKLEYYH9TEklFUpsvPqO"
    'TOcgSLgh21YJXYR7dEBXFgRLiNIKRgO5JdXh1hccRUAlyVWxE54PXpnQ==","associated_data":"payscore",'
    '"nonce":"Kj7QIyUiYx1q"}}'
).encode()
HEADERS = {
    TIME: "1624523846",
    NONCE: "EcZ9Cmy4Xyx1i6RlJQzLcCyEqDa26NBz",
    SERIAL: "D7CE59D1F522D701",
    SIGNATURE: (
        "tJHIiIS9eB2hAYstmAmbbD3ZE5LiIm/Ug5tuL4fC0YOFRWIHV39UFIZXC0e9Wl6lBu6sKvkqDkzpqzBsVHyXFlbYZTOQ"
        "rVdG4b6LfTnK4mikv9++ixJMd3vTf2yCqvBkh98zs3Ds5zsYQakzbcwhmw4fMJs4nPLws28H0UW9FjDR//rxELLwXvV1"
        "VEA1IBLX70xptjL8hrfUjEE8kkry6yNJTHZRU8CAc7qHli2Ng1V1qb9ARbK8A3ThmFmPQvRGrapI/jS2laKKgYUmfdEd"
        "kNO6B2Cke5e8VTxY406ArAmQ90GAihDwIcb16TQMnzCMBoutnwZKNiKRACrFmtxw2Q=="
    ),
}
OPENED = {
    "mchid": "1234567890",
    "appid": "054aa7d7a2a54ab5898df65bd96f001c",
    "create_time": "2020-06-30T12:12:00+08:00",
    "out_contract_code": "21640bdbd08e473e828f3206a2741c6e",
}


def published(apiv3_key: str) -> Merchant:
    keys = {"D7CE59D1F522D701": THEIRS}
    return replace(ring().merchant(), platform_keys=keys, apiv3_key=apiv3_key)


def test_the_notice_that_they_publish_is_verified_and_opened() -> None:
    keys = Keys(published("testMchAPIv3Key0"))
    keys.verify(HEADERS, BODY, 1_624_523_846)
    sealed = json.loads(BODY)["resource"]
    plain = keys.opened(sealed["nonce"], sealed["ciphertext"], sealed["associated_data"])
    assert json.loads(plain) == OPENED
    # It is of another of their services, and so none of ours.
    refused_at = datetime.fromtimestamp(1_624_523_846, UTC)
    with pytest.raises(NoticeRefused, match="something else"):
        gateway(merchant=published("testMchAPIv3Key0")).notice(HEADERS, BODY, refused_at)


def test_each_bit_of_the_notice_that_they_publish_counts() -> None:
    keys = Keys(published("testMchAPIv3Key0"))
    for at in range(len(BODY) * 8):
        changed = bytearray(BODY)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(NoticeRefused):
            keys.verify(HEADERS, bytes(changed), 1_624_523_846)


def test_what_they_publish_of_aes_gcm_is_opened_and_what_is_changed_is_not() -> None:
    keys = Keys(published("testAPIv3Key0000"))
    sealed, context = "FsdXzxryWfKwvLJKf8LG/ToRPTRh8RN9wROC", "Dl56FrqWQJF1t9LtC3vEUsniZKvbqdR8"
    assert keys.opened("wCq51qZv4Yfg", sealed, context) == "Hello World"
    raw = b64decode(sealed)
    for at in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(NoticeRefused):
            keys.opened("wCq51qZv4Yfg", b64encode(bytes(changed)).decode(), context)
    for nonce, text, said in (
        ("wCq51qZv4Yfh", sealed, context),
        ("", sealed, context),
        ("wCq51qZv4Yfg", sealed, ""),
        ("wCq51qZv4Yfg", "SGVsbG8gV29ybGQK", context),
        ("wCq51qZv4Yfg", "invalid cipher", context),
        ("wCq51qZv4Yfg", "", context),
    ):
        with pytest.raises(NoticeRefused):
            keys.opened(nonce, text, said)


def test_a_key_may_come_in_a_certificate_and_must_be_rsa() -> None:
    with pytest.raises(ValueError, match="PEM"):
        Keys(replace(ring().merchant(), platform_keys={PLATFORM_KEY: b"nothing"}))
