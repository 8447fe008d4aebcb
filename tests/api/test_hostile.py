"""
Hostile input at every spot of every operation, found by walking the document.

Nothing is answered with a 5xx, every refusal is a problem with a code, and of a field it says
which; the connection goes on. An operation that is new is covered by itself.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from tests.api.document import (
    BALANCE,
    CARD,
    LINE,
    MOVING,
    Json,
    Operation,
    at,
    operations,
    spots,
)
from tests.api.hostility import (
    ESCAPED,
    HEADERS,
    MEDIA_TYPES,
    MONSTERS,
    NOT_HTTP,
    STRINGS,
    TEXTS,
    TOKENS,
    bodies,
)
from tests.api.raw import Client, Closed, Told, alone, connected, renewal, request
from tests.api.serving import Partner, Served

#: A problem is short, whatever was sent.
PROBLEM_MAX = 2_000
#: Codes of a 422 that are of no field, or of two; or of a file, which tells the row in its words.
OF_NO_FIELD = ("key.reused", "ask.expectation_missing", "malformed.renewals", "malformed.row")
#: How much of what was sent a fault shows.
SHOWN = 80


def fault(told: Told) -> str:
    """Return what is wrong with an answer; empty: nothing."""
    if told.status >= 500:
        return f"{told.status} {told.body[:SHOWN]!r}"
    if told.status < 400:
        return next(filter(None, map(_fault_of_row, rows(told))), "")
    if told.headers.get("content-type") != "application/problem+json":
        return f"{told.status} as {told.headers.get('content-type')}: {told.body[:SHOWN]!r}"
    return _fault_of_problem(told.json, told.status)


def rows(told: Told) -> list[Json]:
    """Return the outcomes of an answer that has one for each row."""
    kind = told.headers.get("content-type", "")
    if kind == "application/x-ndjson":
        found: Any = [json.loads(line) for line in told.body.splitlines()]
    else:
        found = told.json if kind == "application/json" else None
    return [row for row in found if "problem" in row] if isinstance(found, list) else []


def _fault_of_row(row: Json) -> str:
    if row["status"] >= 500:
        return f"a row has {row}"
    return _fault_of_problem(row["problem"], row["status"])


def _fault_of_problem(problem: Json, status: int) -> str:
    if problem["status"] != status or not problem["code"] or not problem["detail"]:
        return f"half a problem: {problem}"
    if status == 422 and not problem["code"].startswith(OF_NO_FIELD) and "pointer" not in problem:
        return f"no pointer: {problem}"
    size = len(json.dumps(problem))
    return f"{size} bytes of problem" if size > PROBLEM_MAX else ""


@dataclass(slots=True)
class Attacker:
    """Sends what is hostile over one connection that has to stay, and notes what goes wrong."""

    url: str
    client: Client
    faults: list[str] = field(default_factory=list)

    async def send(self, what: str, sent: bytes) -> Told | None:
        """Send one request; a connection that was closed is a fault, and is opened anew."""
        told, found = None, "it hung up"
        try:
            told = await self.client.ask(sent)
            found = fault(told) or ("it closes" if told.is_last else "")
        except Closed:
            pass
        if told is None or told.is_last:
            self.client.hang_up()
            self.client = await connected(self.url)
        if found:
            self.faults.append(f"{what}: {found}")
        return told


def attacks(operation: Operation, bearer: str) -> Iterator[tuple[str, bytes]]:
    """Yield every hostile request to an operation, with what it is."""
    for each in operation.parameters:
        name, place = each["name"], each["in"]
        hostile: Sequence[str | bytes] = HEADERS if place == "header" else (*TEXTS, *ESCAPED)
        for value in hostile:
            if place == "path" and not value:
                continue  # it is another path
            sent = operation.request(bearer, given={name: value})
            yield f"{place} {name} {value[:SHOWN]!r}", sent
    for name in ("accept", "if_match", "x_forwarded_for", "cookie", "baohao_signature"):
        for value in HEADERS:
            sent = operation.request(bearer, headers={name: value})
            yield f"header {name} {value[:SHOWN]!r}", sent
    for value in HEADERS:
        for kind in (b"", b"Bearer ", b"Bearer bh_live_"):
            sent = operation.request(bearer, headers={"authorization": kind + value})
            yield f"header authorization {kind + value[:SHOWN]!r}", sent
    if operation.media_type:
        yield from attacks_by_body(operation, bearer)


def attacks_by_body(operation: Operation, bearer: str) -> Iterator[tuple[str, bytes]]:
    """Yield what is hostile in a body, and around it."""
    good = json.dumps(operation.lean()).encode()
    for spot in spots(operation.body):
        tokens = (*STRINGS, *TOKENS) if isinstance(at(operation.body, spot), str) else TOKENS
        for token in tokens:
            sent = operation.request(bearer, operation.with_token(spot, token))
            yield f"body {spot} {token[:SHOWN]!r}", sent
    # A file has rows, and nothing that a token could take the place of.
    first = list(spots(operation.body))[:1]
    monsters = [operation.with_token(spot, token) for spot in first for token in MONSTERS]
    for body in (*bodies(good), *monsters):
        yield f"body {body[:SHOWN]!r}", operation.request(bearer, body)
    for value in MEDIA_TYPES:
        yield f"as {value!r}", operation.request(bearer, good, headers={"content-type": value})
    packed = gzip.compress(good)
    for body in (good, packed):
        yield "gzip", operation.request(bearer, body, headers={"content-encoding": "gzip"})


async def attacked(url: str, bearers: Sequence[str], document: Json) -> list[str]:
    """Attack every operation, a few at once; return what went wrong."""
    left = operations(document)
    faults: list[str] = []

    async def work() -> None:
        attacker = Attacker(url, await connected(url))
        for operation in left:
            found = [await attacker.send("good", operation.request(each)) for each in bearers]
            # An operation is one of an agent's or of an operator's own systems.
            bearer = next(
                (b for b, told in zip(bearers, found, strict=True) if told and told.status != 403),
                bearers[0],
            )
            for what, sent in attacks(operation, bearer):
                await attacker.send(f"{operation}: {what}", sent)
        faults.extend(attacker.faults)
        attacker.client.hang_up()

    await asyncio.gather(*[work() for _ in range(4)])
    return faults


def test_no_operation_minds_what_is_sent(served: Served) -> None:
    served.open(LINE, MOVING)
    served.stock(CARD)
    served.begin(BALANCE)
    served.fund(12_000)
    agent = served.partner()
    # Its customer, and there is no money left: whatever it asks for is read to the end.
    assert agent.renew(LINE, 2).status_code == 201
    served.ask("allot", CARD, agent="agent-7")
    bearers = [
        agent.key,
        served.partner("operator:demo", scope=("read", "facts", "handover", "events")).key,
    ]
    document = agent.get("/openapi.json").json()
    faults = asyncio.run(attacked(served.url, bearers, document))
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults[:100])
    # Nothing was paid, nothing was put aside.
    assert served.rows("SELECT 1 FROM parked") == []


# --- around the body ------------------------------------------------------------------------------


@pytest.fixture
def agent(served: Served) -> Partner:
    served.open(LINE)
    served.fund(1_000_000)
    return served.partner()


def test_what_is_no_http_ends_its_connection_alone(served: Served, agent: Partner) -> None:
    good = renewal(agent.key, "good", LINE)
    bad = [good.replace(b": good", b": " + value) for value in NOT_HTTP]
    bad += [
        b"\0\r\n\r\n",
        b"GET  HTTP/9\r\n\r\n",
        good.replace(b"content-length: ", b"content-length: -"),
        good.replace(b"content-length: ", b"content-length: 9, "),
        # Two lengths: whoever stands before us may believe the other.
        good.replace(b"content-length", b"transfer-encoding: chunked\r\ncontent-length"),
        good.replace(b"/v1/renewals", b"/v1/\xff\xfe"),
    ]

    async def work(client: Client) -> int:
        told = await client.ask(good)
        for each in bad:
            other = await connected(served.url)
            with suppress(Closed):
                assert 400 <= (await other.ask(each)).status < 500, each[:200]
            other.hang_up()
        assert (await client.ask(good)).body == told.body
        return told.status

    assert alone(served.url, work) == 201
    assert served.balance() == 1_000_000 - 12_000


def test_a_body_may_come_in_chunks_and_in_drops(served: Served, agent: Partner) -> None:
    good = renewal(agent.key, "slip", LINE)
    head, _, body = good.partition(b"\r\n\r\n")
    chunked = re.sub(rb"content-length: \d+", b"transfer-encoding: chunked", head)
    chunks = b"".join(b"%x;a=b\r\n%b\r\n" % (1, body[n : n + 1]) for n in range(len(body)))

    async def work(client: Client) -> list[bytes]:
        whole = await client.ask(chunked + b"\r\n\r\n" + chunks + b"0\r\nx: y\r\n\r\n")
        for n in range(len(good)):
            await client.send(good[n : n + 1])
        drops = await client.answer()
        # Two requests in one packet are two.
        await client.send(good + good)
        return [each.body for each in (whole, drops, await client.answer(), await client.answer())]

    found = alone(served.url, work)
    assert found == [found[0]] * 4
    assert served.balance() == 1_000_000 - 12_000


def test_an_idempotency_key_is_1_to_200_printable_characters(
    served: Served, agent: Partner
) -> None:
    wanted = json.dumps({"number": LINE, "term": "12 months"}).encode()
    known = {b"x" * 200: True, "é".encode() * 200: True, "保號😀".encode(): True, b" k ": True}
    refused = (b"", b" ", b"x" * 201, "é".encode() * 201, b"\xff", b"\xe9", "\u202e".encode())
    keys = {**known, **dict.fromkeys(refused, False)}

    async def work(client: Client) -> None:
        for path in ("/v1/renewals", "/v1/quotes"):
            for key, is_good in keys.items():
                sent = request(
                    "POST",
                    path,
                    wanted,
                    authorization=f"Bearer {agent.key}",
                    idempotency_key=key,
                    if_match='"1"',
                )
                told = await client.ask(sent)
                assert (told.code != "request.idempotency_key") == is_good, (path, key, told)

    alone(served.url, work)


def test_the_same_instant_is_the_same_however_it_is_written(served: Served, agent: Partner) -> None:
    shown = agent.renew(LINE, 2).json()["until"]
    at = datetime.fromisoformat(shown)
    written = [
        at.astimezone(timezone(timedelta(minutes=minutes))).isoformat()
        for minutes in (0, 8 * 60, -210, 345)
    ]
    written += [written[0].replace("+00:00", "Z"), written[0].replace("+00:00", "z")]
    body = {"number": LINE, "term": "12 months"}
    found = [agent.post("/v1/renewals", {**body, "expect_until": w}, key="k") for w in written]
    assert [each.status_code for each in found] == [201] * len(written)
    assert len({each.content for each in found}) == 1
    looked = [agent.get(f"/v1/lines/{LINE}", at=w).content for w in written]
    looked += [agent.post(f"/v1/lines/{LINE}/what-if", {"at": w}).content for w in written]
    assert len(set(looked)) == 2
