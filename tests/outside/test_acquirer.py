"""An acquirer's messages: what is not its own, of now, and for us is not believed."""

from __future__ import annotations

import json
import random
import string
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.conftest import Campaign
from tests.payments.cashdesk import HASTY_S, contract, keys

from baohao.app.ports import (
    Absent,
    BillMissing,
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
from baohao.outside.acquirer import WINDOW, Acquirer
from baohao.outside.pretend.acquirer import FAULTS, PretendAcquirer

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
ORDER = Order(
    order="0" * 31 + "7",
    amount_minor=8_800,
    currency="MOP",
    description="保號",
    way="qr",
    ends_at=NOW + timedelta(minutes=15),
    notify_url="https://we.example/notify",
)
REFUND = Refund(
    refund="r" * 64,
    order=ORDER.order,
    paid_minor=8_800,
    amount_minor=800,
    currency="MOP",
    reason="moving away",
)
#: Of one message: its headers and its body.
Told = tuple[dict[str, str], bytes]


@pytest.fixture
def twin() -> Iterator[PretendAcquirer]:
    with PretendAcquirer(keys(), lambda: NOW) as made:
        yield made


@pytest.fixture
def gateway(twin: PretendAcquirer) -> Iterator[Acquirer]:
    made = Acquirer(contract(twin.url), lambda: NOW, read_s=HASTY_S)
    yield made
    made.close_connections()


def told(twin: PretendAcquirer, gateway: Acquirer) -> Told:
    """The notice of an order that is paid."""
    gateway.create(ORDER)
    twin.pay(ORDER.order)
    return twin.notices[-1]


# --- orders ---------------------------------------------------------------------------------------


def test_an_order_lives_its_life(twin: PretendAcquirer, gateway: Acquirer) -> None:
    assert gateway.query(ORDER.order) == Absent()
    made = gateway.create(ORDER)
    assert isinstance(made, Payable)
    assert gateway.create(ORDER) == made
    assert gateway.query(ORDER.order) == Unpaid(is_closed=False)
    headers, body = told(twin, gateway)
    paid = gateway.notice(headers, body, NOW)
    assert isinstance(paid, Paid)
    assert (paid.order, paid.amount_minor, paid.currency) == (ORDER.order, 8_800, "MOP")
    assert (paid.at, paid.means) == (NOW, "mpay")
    assert gateway.query(ORDER.order) == paid
    assert gateway.close(ORDER.order) == paid, "one that was paid meanwhile says so"
    assert isinstance(gateway.create(ORDER), Unknown), "a query says what became of it"


def test_an_order_that_is_closed_cannot_be_paid(twin: PretendAcquirer, gateway: Acquirer) -> None:
    gateway.create(ORDER)
    assert gateway.close(ORDER.order) == Unpaid(is_closed=True)
    assert not twin.pay(ORDER.order)
    assert gateway.close("f" * 32) == Absent()


def test_a_refund_goes_back_once(twin: PretendAcquirer, gateway: Acquirer) -> None:
    told(twin, gateway)
    assert gateway.find_refund(REFUND.refund, ORDER.order) == Absent()
    twin.takes_time = True
    first = gateway.refund(REFUND)
    assert first == Refunded(refund=REFUND.refund, amount_minor=800, is_pending=True)
    done = Refunded(refund=REFUND.refund, amount_minor=800)
    assert gateway.find_refund(REFUND.refund, ORDER.order) == done
    assert gateway.refund(REFUND) == done
    assert sum(minor for minor, _ in twin.orders[ORDER.order].refunds.values()) == 800
    headers, body = twin.notices[-1]
    assert isinstance(gateway.notice(headers, body, NOW), Refunded)
    for wrong, code in (("amount_minor", "REFUND_LIMIT"), ("currency", "CURRENCY_INVALID")):
        other = {"refund": "x", "amount_minor": 100, "currency": "MOP", "order": ORDER.order}
        other |= {wrong: 8_001 if wrong == "amount_minor" else "HKD"}
        asked = Refund(paid_minor=8_800, reason="", **other)  # type: ignore[arg-type]
        assert gateway.refund(asked) == Declined(code=code)


@pytest.mark.parametrize("fault", sorted({*FAULTS} - {"twice", "replayed"}))
def test_an_answer_that_is_not_their_own_says_nothing(
    twin: PretendAcquirer, gateway: Acquirer, fault: str
) -> None:
    told(twin, gateway)
    twin.draw = lambda _: fault
    for answer in (
        gateway.query(ORDER.order),
        gateway.close(ORDER.order),
        gateway.create(ORDER),
        gateway.refund(REFUND),
        gateway.find_refund(REFUND.refund, ORDER.order),
    ):
        assert isinstance(answer, Unknown), answer


def test_an_older_answer_does_not_pass_for_this_one(
    twin: PretendAcquirer, gateway: Acquirer
) -> None:
    gateway.create(ORDER)
    gateway.query(ORDER.order)
    twin.pay(ORDER.order)
    twin.draw = lambda _: "replayed"
    assert isinstance(gateway.close(ORDER.order), Unknown)
    assert isinstance(gateway.find_refund(REFUND.refund, ORDER.order), Unknown)


def test_a_request_that_we_did_not_sign_is_not_done(twin: PretendAcquirer) -> None:
    ours = contract(twin.url)
    for wrong in (replace(ours, key=keys().other), replace(ours, serial="mer-2")):
        thief = Acquirer(wrong, lambda: NOW)
        assert thief.create(ORDER) == Unknown(code="http.401")
        thief.close_connections()
    assert twin.orders == {}


def test_a_day_has_a_bill(twin: PretendAcquirer, gateway: Acquirer) -> None:
    told(twin, gateway)
    gateway.refund(REFUND)
    payment, refund = gateway.bill(NOW.date())
    assert (payment.order, payment.amount_minor, payment.fee_minor) == (ORDER.order, 8_800, 52)
    assert (refund.refund, refund.amount_minor, refund.payment) == (
        *(REFUND.refund, 800),
        payment.payment,
    )
    assert list(gateway.bill(date(2026, 11, 26))) == []
    twin.draw = lambda _: "broken"
    with pytest.raises(BillMissing):
        list(gateway.bill(NOW.date()))


# --- notices --------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["forged", "unknown", "tampered", "old"])
def test_a_notice_that_is_not_their_own_is_refused(
    twin: PretendAcquirer, gateway: Acquirer, fault: str
) -> None:
    twin.draw = lambda what: fault if what == "notice.paid" else ""
    headers, body = told(twin, gateway)
    with pytest.raises(NoticeRefused):
        gateway.notice(headers, body, NOW)


def test_a_notice_is_of_now(twin: PretendAcquirer, gateway: Acquirer) -> None:
    headers, body = told(twin, gateway)
    for late in (WINDOW, -WINDOW):
        gateway.notice(headers, body, NOW + late)
        with pytest.raises(NoticeRefused):
            gateway.notice(headers, body, NOW + late * 1.01)


@pytest.mark.parametrize(
    "other",
    [
        {"merchant": "M-2"},
        {"amount": {"value": "0", "currency": "MOP"}},
        {"amount": {"value": "8800.5", "currency": "MOP"}},
        {"amount": {"value": 8800, "currency": "MOP"}},
        {"amount": {"value": "8800", "currency": "XXX"}},
        {"amount": None},
        {"txn": ""},
        {"orderRef": 7},
        {"paidAt": "yesterday"},
        {"paidAt": "2026-11-27T09:00:00"},
        {"event": "payment.perhaps"},
        {"event": "refund.done", "refundRef": ""},
        {"event": "refund.done", "refundRef": "r-1", "status": "PERHAPS"},
    ],
    ids=str,
)
def test_what_is_signed_is_read_strictly(
    twin: PretendAcquirer, gateway: Acquirer, other: dict[str, object]
) -> None:
    _, body = told(twin, gateway)
    headers, body = twin.signed("POST /notify", {**json.loads(body), **other})
    with pytest.raises(NoticeRefused):
        gateway.notice(headers, body, NOW)


def test_a_notice_is_for_one_address_and_one_client(
    twin: PretendAcquirer, gateway: Acquirer
) -> None:
    _, body = told(twin, gateway)
    for first in ("POST /notify/2", "GET /notify", "200 /notify"):
        headers, sent = twin.signed(first, json.loads(body))
        with pytest.raises(NoticeRefused):
            gateway.notice(headers, sent, NOW)
    twin.client = "C-2"
    headers, sent = twin.signed("POST /notify", json.loads(body))
    with pytest.raises(NoticeRefused):
        gateway.notice(headers, sent, NOW)


def test_a_signature_has_one_way_to_be_written(twin: PretendAcquirer, gateway: Acquirer) -> None:
    """The last letter of base64 has bits that nobody reads: other texts are the same bytes."""
    headers, body = told(twin, gateway)
    before, _, text = headers["X-Signature"].rpartition(";")
    last = ord(text[-1])
    same = [
        letter
        for letter in string.ascii_letters + string.digits + "-_"
        if urlsafe_b64decode(text[:-1] + letter + "==") == urlsafe_b64decode(text + "==")
    ]
    assert chr(last) in same
    assert len(same) > 1
    others = [text[:-1] + letter for letter in same if letter != chr(last)]
    for other in (*others, text + "=", text + "==", text + "\n", " " + text, text + ";x"):
        with pytest.raises(NoticeRefused):
            gateway.notice({**headers, "X-Signature": f"{before};{other}"}, body, NOW)


def mutant(chance: random.Random, headers: dict[str, str], body: bytes) -> Told:
    """Change one thing of a message, or a few."""
    headers, changed = dict(headers), bytearray(body)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        what = chance.randrange(8)
        if what < 4 and changed:
            place = chance.randrange(len(changed))
            changed[place : place + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        elif what == 4:
            changed = changed[: chance.randrange(len(changed) + 1)]
        elif what == 5:
            changed = bytearray(json.dumps(json.loads(body), indent=chance.choice((0, 1))).encode())
        else:
            name = chance.choice(sorted(headers))
            value = headers[name]
            place = chance.randrange(len(value))
            letter = chance.choice(string.printable)
            headers[name] = value[:place] + letter + value[place + chance.randrange(2) :]
    return headers, bytes(changed)


@pytest.mark.soak
def test_no_mutant_is_believed(
    twin: PretendAcquirer, gateway: Acquirer, campaign: Callable[[int], Campaign]
) -> None:
    drawn = campaign(100_000)
    chance = random.Random(drawn.seed)
    headers, body = told(twin, gateway)
    believed = 0
    for _ in range(drawn.count):
        changed = mutant(chance, headers, body)
        if changed == (headers, body):
            continue
        try:
            gateway.notice(*changed, NOW)
        except NoticeRefused:
            continue
        believed += 1
    assert believed == 0
    gateway.notice(headers, body, NOW)
