"""The client's methods against a running API: typed answers, refusals with their facts."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from tests.api.serving import Served
from tests.client.conftest import SECRET

import baohao.client
from baohao.api import callers
from baohao.client import Client, Refused, Safety, Sold, sending
from baohao.client.answers import read

N, OTHER = "+85366120001", "+85366120002"


@pytest.fixture
def keep(served: Served) -> Iterator[Client]:
    """The client of an agent with money, and one line."""
    served.open(N)
    served.fund(100_000)
    with Client(served.url, served.partner().key) as found:
        yield found


def test_safety_is_told_in_order_of_what_is_asked(keep: Client) -> None:
    unknown, known = keep.safety([OTHER, N])
    assert unknown == Safety(number=OTHER)
    assert (known.number, known.stage, known.version) == (N, "active", 2)
    assert known.safe_until is not None
    assert known.safe_until.tzinfo is not None
    assert len(keep.safety([N] * 2_500)) == 2_500


def test_a_line_comes_as_values(keep: Client) -> None:
    line = keep.line(N)
    assert (line.number, line.operator, line.version) == (N, "demo", 2)
    assert line.safe_until.earliest is not None
    assert isinstance(line.safe_until.earliest.last_day, date)
    assert line.renewal_deadline is not None
    assert line.stages == ("active",)
    assert line.stays[0].begins <= line.at
    assert line.services["home"]
    assert {offer.currency for offer in line.offers} == {"MOP"}
    later = keep.line(N, at=line.at + timedelta(days=3_000))
    assert later.stages != line.stages


def test_from_quote_to_renewal(keep: Client) -> None:
    line = keep.line(N)
    quote = keep.quote(N, "12m")
    assert (quote.before, quote.total_minor) == (line.renewal_deadline, 12_000)
    assert quote.bonus
    sold = keep.renew(N, "12m", expect_until=quote.before or line.at, quote=quote.id)
    assert (sold.until, sold.total_minor, sold.version) == (quote.until, quote.total_minor, 3)
    assert isinstance(sold.id, UUID)


def test_a_key_of_ones_own_does_it_once(keep: Client) -> None:
    first = keep.renew(N, "12 months", expect_version=2, key="slip-1")
    assert keep.renew(N, "12 months", expect_version=2, key="slip-1") == first
    with pytest.raises(Refused) as refused:
        keep.renew(N, "12 months", expect_version=3, key="slip-1")
    assert (refused.value.status, refused.value.code) == (422, "key.reused")


def test_a_refusal_says_what_and_where(keep: Client) -> None:
    with pytest.raises(Refused) as moved:
        keep.renew(N, "12 months", expect_version=1, key="slip-1")
    assert (moved.value.status, moved.value.code, moved.value.key) == (409, "line.moved", "slip-1")
    with pytest.raises(Refused) as written:
        keep.renew(N, "12 months", expect_version=-1)
    assert (written.value.code, written.value.pointer) == ("request.body", "/expect_version")
    assert "expect_version" in str(written.value)
    for _ in range(8):
        keep.renew(N, "12 months", expect_version=keep.line(N).version)
    with pytest.raises(Refused) as short:
        keep.renew(N, "12 months", expect_version=keep.line(N).version)
    assert (short.value.status, short.value.code) == (402, "money.short")
    assert short.value.facts["needed_minor"] == 12_000


def test_a_page_without_a_method_is_asked_by_name(keep: Client) -> None:
    told = keep.request("GET", f"/v1/lines/{N}/history?limit=1")
    assert len(told["events"]) == 1
    body = {"number": N, "term": "12 months", "expect_version": 2}
    sold = keep.request("POST", "/v1/renewals", body, key="slip-1")
    assert keep.renew(N, "12 months", expect_version=2, key="slip-1") == read(Sold, sold)


def test_too_often_is_waited_out(served: Served) -> None:
    served.open(N)
    with Client(served.url, served.partner(per_second=1).key) as keep:
        assert [keep.safety([N])[0].is_known for _ in range(4)] == [True] * 4
    with (
        Client(served.url, served.partner(per_second=1).key, patience_s=0) as hasty,
        pytest.raises(Refused) as refused,
    ):
        [hasty.safety([N]) for _ in range(50)]
    assert (refused.value.status, refused.value.code) == (429, "key.rate")


def test_times_without_an_offset_are_refused_at_home(keep: Client) -> None:
    with pytest.raises(ValueError, match="no offset"):
        keep.renew(N, "12 months", expect_until=datetime(2027, 1, 1))  # noqa: DTZ001


# --- signatures -----------------------------------------------------------------------------------


def test_requests_are_signed_where_there_is_a_secret(served: Served) -> None:
    served.open(N)
    served.fund(100_000)
    key = served.partner(signing=SECRET).key
    with Client(served.url, key, signing_secret=SECRET) as keep:
        line = keep.line(N, at=datetime(2026, 12, 1, 8, tzinfo=UTC))
        assert keep.safety([N])[0].is_known
        assert keep.request("GET", "/v1/safety?number=%2B85366120001")["lines"][0]["is_known"]
        assert keep.renew(N, "12 months", expect_version=line.version).version == 3
    for wrong in (None, "another"):
        with Client(served.url, key, signing_secret=wrong) as keep, pytest.raises(Refused) as no:
            keep.line(N)
        assert no.value.code == "key.signature"


def test_both_sides_sign_alike() -> None:
    signed = (b"secret", 1_800_000_000, b"POST./v1/renewals?a=b", '{"term": "月"}'.encode())
    assert sending.signature(*signed) == callers.signature(*signed)


# --- what it is made of ---------------------------------------------------------------------------


def test_it_stands_alone() -> None:
    room = Path(baohao.client.__file__).parent
    imported = set()
    for file in room.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")
    roots = {name.split(".")[0] for name in imported if not name.startswith("baohao.client")}
    assert roots - set(sys.stdlib_module_names) == {"httpx"}
    code = "import sys, baohao.client; print(*[m for m in sys.modules if m.startswith('baohao.')])"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert all(name.startswith("baohao.client") for name in ran.stdout.split())


def test_what_is_told_otherwise_cannot_be_read() -> None:
    told = {"id": str(UUID(int=1)), "number": N, "until": None, "version": 3, "total_minor": 1}
    good = {**told, "currency": "MOP"}
    assert read(Sold, {**good, "news": "of a later API"}).total_minor == 1
    wrong = ({"until": "2027-01-01T00:00:00"}, {"total_minor": "1"}, {"version": True}, {"id": "1"})
    others: list[object] = [{}, [], None, told]
    for each in (*others, *({**good, **part} for part in wrong)):
        with pytest.raises((TypeError, ValueError)):
            read(Sold, each)


def test_pauses_grow_have_a_bound_and_heed_whoever_asks_to_wait() -> None:
    pauses = [sending.pause_s(attempt, None, 1.0) for attempt in range(100)]
    assert pauses[:3] == [0.2, 0.4, 0.8]
    assert max(pauses) == sending.PAUSE_MAX_S
    assert sending.pause_s(0, None, 0.0) == 0.1
    assert sending.pause_s(0, 7, 0.5) == 7.0
