"""The adapter against its twin: what goes over the wire, and how answers of all kinds are read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.wire.harbour import CALM, HASTY, THEIRS, TOKEN

from baohao.app.ports import Absent, Declined, Done, Readings, TopUp, Unknown
from baohao.outside.pretend.charging import Draw, PretendCharging, by_seed
from baohao.outside.tmf654 import ANSWER_MAX_BYTES, Patience, Tmf654

NOW = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
NUMBER = "+85251234001"
CREDIT = TopUp(
    reference="01900000-0000-7000-8000-000000000001",
    number=NUMBER,
    amount_minor=5_005,
    currency="HKD",
    channel="agent",
)
WIRE = b"""\
POST /tmf-api/prepayBalanceManagement/v4/topupBalance HTTP/1.1\r
Host: HOST\r
Accept-Encoding: gzip, deflate\r
Connection: keep-alive\r
Authorization: Bearer for-tests\r
Accept: application/json\r
User-Agent: baohao\r
Content-Type: application/json\r
Content-Length: 361\r
\r
{"amount":{"amount":50.05,"units":"HKD"},"channel":{"id":"agent","name":"agent"},\
"externalId":"01900000-0000-7000-8000-000000000001",\
"logicalResource":[{"@referredType":"MSISDN","id":"85251234001","value":"85251234001"}],\
"product":[{"@referredType":"ProductOffering","id":"HARBOUR-KEEP-365"}],\
"requestor":{"name":"baohao","role":"agent"},"usageType":"monetary"}"""


@contextmanager
def twin(
    draw: Draw = lambda _: "", patience: Patience = CALM
) -> Iterator[tuple[PretendCharging, Tmf654]]:
    with PretendCharging(THEIRS, lambda: NOW, token=TOKEN, draw=draw) as made:
        made.open(NUMBER.removeprefix("+"), date(2026, 12, 31), Decimal("1.50"))
        system = Tmf654(made.url, TOKEN, patience)
        try:
            yield made, system
        finally:
            system.close()


@contextmanager
def saying(status: int, body: bytes) -> Iterator[Tmf654]:
    """A system that says one thing, whatever it is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    system = Tmf654(f"http://127.0.0.1:{server.server_port}", TOKEN, CALM)
    try:
        yield system
    finally:
        system.close()
        server.shutdown()
        thread.join()
        server.server_close()


def told(**more: Any) -> dict[str, Any]:
    """A top-up as a system may tell of it."""
    return {
        "externalId": CREDIT.reference,
        "id": "t-1",
        "status": "completed",
        "confirmationDate": "2026-11-27T04:00:00Z",
        "amount": {"amount": 50.05, "units": "HKD"},
        **more,
    }


def test_what_goes_over_the_wire() -> None:
    with twin() as (made, system):
        system.top_up(
            TopUp(
                reference=CREDIT.reference,
                number=NUMBER,
                product="HARBOUR-KEEP-365",
                amount_minor=5_005,
                currency="HKD",
                channel="agent",
            )
        )
        system.find(CREDIT)
        system.read(NUMBER, "HKD")
        posted, found, read = made.heard
        host = made.url.removeprefix("http://").encode()
        assert posted == WIRE.replace(b"HOST", host)
        base = b"GET /tmf-api/prepayBalanceManagement/v4"
        assert found.startswith(base + b"/topupBalance?externalId=" + CREDIT.reference.encode())
        assert read.startswith(
            base + b"/bucket?logicalResource.value=85251234001&usageType=monetary HTTP"
        )


def test_a_top_up_is_done_found_and_read() -> None:
    with twin() as (_, system):
        assert system.find(CREDIT) == Absent()
        done = Done(their_id="topup-1", at=NOW, amount_minor=5_005)
        assert system.top_up(CREDIT) == done
        assert system.find(CREDIT) == done
        midnight = datetime(2027, 5, 27, tzinfo=ZoneInfo("Asia/Hong_Kong"))
        assert system.read(NUMBER, "HKD") == Readings(until=midnight, amount_minor=5_155)


@pytest.mark.parametrize(
    ("fault", "outcome", "applied"),
    [
        ("slow", Unknown(code="http.ReadTimeout"), 1),
        ("lost", Unknown(code="http.RemoteProtocolError"), 1),
        ("broken", Unknown(code="http.500"), 0),
        ("refused", Declined(code="limit.reached", reason="No more top-ups today."), 0),
        ("twice", Done(their_id="topup-1", at=NOW, amount_minor=5_005), 1),
        ("wrong", Done(their_id="topup-1", at=NOW, amount_minor=5_105), 1),
    ],
)
def test_it_misbehaves(fault: str, outcome: object, applied: int) -> None:
    patience = HASTY if fault == "slow" else CALM
    with twin(lambda _: fault, patience) as (made, system):
        assert system.top_up(CREDIT) == outcome
        assert len(made.books.applied) == applied


def test_a_stale_read_is_what_was_so_before() -> None:
    with twin(lambda method: "stale" if method == "GET" else "") as (_, system):
        system.top_up(CREDIT)
        read = system.read(NUMBER, "HKD")
        assert isinstance(read, Readings)
        assert read.amount_minor == 150


def test_the_same_seed_misbehaves_the_same() -> None:
    def drawn(seed: int) -> list[str]:
        draw = by_seed(seed)
        return [draw("POST") for _ in range(50)]

    assert drawn(1) == drawn(1) != drawn(2)


def test_a_number_that_they_do_not_have_is_declined() -> None:
    with twin() as (_, system):
        other = TopUp(
            reference="r", number="+85259999999", amount_minor=1, currency="HKD", channel="api"
        )
        declined = system.top_up(other)
        assert isinstance(declined, Declined)
        assert declined.code == "subscriber.unknown"
        assert system.read("+85259999999", "HKD") == Unknown(code="bucket.unread")


def test_a_token_that_is_not_theirs_says_nothing_of_the_top_up() -> None:
    with twin() as (made, system):
        made.token = "another"
        assert system.top_up(CREDIT) == Unknown(code="http.401")
        assert system.find(CREDIT) == Unknown(code="http.401")


@pytest.mark.parametrize(
    ("status", "said", "outcome"),
    [
        (201, told(status="created"), Unknown(code="topup.not_confirmed")),
        (201, told(status="completed "), Done(their_id="t-1", at=NOW, amount_minor=5_005)),
        (201, told(status="failed", reason="no"), Declined(code="topup.failed", reason="no")),
        (201, told(status=None), Done(their_id="t-1", at=NOW, amount_minor=5_005)),
        (201, told(status=7, confirmationDate=None), Unknown(code="topup.not_confirmed")),
        (
            201,
            told(confirmationDate="2026-11-27T12:00:00+08:00"),
            Done(their_id="t-1", at=NOW, amount_minor=5_005),
        ),
        # Zone-less, as one charging system writes them: whose clock that is, nobody knows.
        (
            201,
            told(confirmationDate="2026-11-27T12:00:00"),
            Done(their_id="t-1", amount_minor=5_005),
        ),
        (201, told(amount={"amount": 50.05, "units": "MOP"}), Done(their_id="t-1", at=NOW)),
        (201, told(amount={"amount": True, "units": "HKD"}), Done(their_id="t-1", at=NOW)),
        (201, [], Unknown(code="http.201")),
        (202, told(), Unknown(code="http.202")),
        (302, {"code": "moved"}, Unknown(code="http.302")),
        (400, {"code": "bad", "reason": "it is"}, Declined(code="bad", reason="it is")),
        (400, "a proxy's page", Unknown(code="http.400")),
        (403, {"code": "no"}, Unknown(code="http.403")),
        (409, {"code": "known"}, Unknown(code="http.409")),
        (429, {"code": "slowly"}, Unknown(code="http.429")),
        (503, {"code": "later"}, Unknown(code="http.503")),
    ],
)
def test_what_they_say_of_a_top_up(status: int, said: object, outcome: object) -> None:
    with saying(status, json.dumps(said).encode()) as system:
        assert system.top_up(CREDIT) == outcome


@pytest.mark.parametrize(
    "amount", ["NaN", "1e400", "1e99999999999999999999", "-Infinity", "9" * 5000]
)
def test_what_is_no_amount_is_not_read(amount: str) -> None:
    text = json.dumps(told(amount={"amount": "X", "units": "HKD"})).replace('"X"', amount)
    with saying(201, text.encode()) as system:
        said = system.top_up(CREDIT)
        assert not isinstance(said, Done) or said.amount_minor is None


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ([], Absent()),
        ([told(), told(id="t-2")], Done(their_id="t-1", at=NOW, amount_minor=10_010)),
        ([told(status="failed"), told()], Done(their_id="t-1", at=NOW, amount_minor=5_005)),
        ([told(), told(status="created")], Unknown(code="topup.not_confirmed")),
        # The search was not understood: what lists others may have left ours out.
        ([told(externalId="another")], Unknown(code="reference.not_searched")),
        ([told(), told(externalId="another")], Unknown(code="reference.not_searched")),
        ({}, Unknown(code="http.200")),
    ],
)
def test_what_they_say_of_a_reference(said: object, outcome: object) -> None:
    with saying(200, json.dumps(said).encode()) as system:
        assert system.find(CREDIT) == outcome


def test_buckets_are_added_up_and_those_of_others_are_left_out() -> None:
    def bucket(number: str, amount: object, end: str) -> dict[str, Any]:
        return {
            "logicalResource": {"value": number},
            "remainingValue": {"amount": amount, "units": "HKD"},
            "validFor": {"endDateTime": end},
        }

    said = [
        bucket("85251234001", 1, "2027-01-01T00:00:00Z"),
        bucket("+85251234001", 0.129, "2027-01-01T09:00:00+08:00"),
        bucket("85250000000", 99, "2099-01-01T00:00:00Z"),
    ]
    with saying(200, json.dumps(said).encode()) as system:
        end = datetime(2027, 1, 1, 1, tzinfo=UTC)
        # What is finer than a cent is left out.
        assert system.read(NUMBER, "HKD") == Readings(until=end, amount_minor=112)


def test_an_answer_without_an_end_is_none() -> None:
    with saying(200, b"[" + b" " * (ANSWER_MAX_BYTES + 1) + b"]") as system:
        assert system.find(CREDIT) == Unknown(code="answer.endless")


def test_no_log_holds_a_number(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"), twin() as (_, system):
        system.top_up(CREDIT)
        system.read(NUMBER, "HKD")
    assert NUMBER.removeprefix("+") not in caplog.text


def test_nobody_there_is_no_refusal() -> None:
    with twin() as (made, _):
        url = made.url
    assert Tmf654(url, TOKEN, CALM).top_up(CREDIT) == Unknown(code="http.ConnectError")
