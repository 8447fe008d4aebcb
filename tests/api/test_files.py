"""Files over HTTP: taken in as they come, once under their key, paid out of one float, told."""

from __future__ import annotations

import csv
import gc
import io
import json
import secrets
import time
import tracemalloc
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.api.paging import everything
from tests.api.serving import FLOAT, IDD, Partner, Served, code, house, pointer, serving
from tests.database import cloned

from baohao.api.callers import signature
from baohao.app import renewals
from baohao.app.bulk import files
from baohao.app.bulk.part import Usual
from baohao.core.civil import Span
from baohao.outside.ids import new_id
from baohao.store.embedded import Running

NDJSON, CSV = "application/x-ndjson", "text/csv"
PRICE = 12_000
N = [f"+8536612{n:04}" for n in range(5)]
NOBODYS = str(UUID(int=7 << 76 | 2 << 62))


def lines(*rows: dict[str, Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def send(
    partner: Partner,
    content: bytes | Iterable[bytes],
    kind: str = NDJSON,
    key: str = "",
    term: str | None = "12m",
    **headers: str,
) -> httpx.Response:
    named = {"Content-Type": kind, "Idempotency-Key": key or secrets.token_hex(8), **headers}
    query = {} if term is None else {"term": term}
    return partner.http.post("/v1/files", content=content, headers=named, params=query)


def worked(served: Served, id_: str, principal: str = "agent-7") -> None:
    rules = served.house.library.policies
    while files.work(served.shell, principal, UUID(id_), rules):
        continue


def result(partner: Partner, id_: str) -> list[dict[str, Any]]:
    answer = partner.get(f"/v1/files/{id_}/result")
    assert answer.headers["content-type"].startswith(NDJSON)
    return [json.loads(line) for line in answer.text.splitlines()]


def ready(served: Served, float_minor: int = 200_000) -> Partner:
    served.house.migrate()
    served.open(*N)
    served.fund(float_minor)
    return served.partner()


def test_a_file_is_sent_worked_through_and_told_row_by_row(served: Served) -> None:
    agent = ready(served)
    rows = [{"number": n} for n in N[:3]] + [{"number": "+85366129999"}, {"number": "x"}]
    answer = send(agent, lines(*rows), key="september")
    assert answer.status_code == 201, answer.text
    sent = answer.json()
    assert answer.headers["location"] == f"/v1/files/{sent['id']}"
    assert (sent["state"], sent["rows"], sent["done"]) == ("waiting", 5, 0)
    assert sent["key"] == "september"
    assert result(agent, sent["id"]) == []
    # Somebody was woken for it.
    woken = served.rows("SELECT args ->> 'file' FROM procrastinate.procrastinate_jobs")
    assert woken == [(sent["id"],)]
    worked(served, sent["id"])
    told = agent.get(f"/v1/files/{sent['id']}").json()
    assert (told["state"], told["done"], told["refused"]) == ("done", 3, 2)
    outcomes = result(agent, sent["id"])
    assert [each["row"] for each in outcomes] == [1, 2, 3, 4, 5]
    codes = [each.get("code") for each in outcomes]
    assert codes == [None, None, None, "line.unknown", "malformed.number.character"]
    assert served.balance() == 200_000 - 3 * PRICE
    path = f"/v1/files/{sent['id']}/result"
    table = agent.http.get(path, headers={"Accept": CSV})
    assert table.headers["content-type"].startswith(CSV)
    read = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["receipt"] for row in read[:3]] == [each["receipt"] for each in outcomes[:3]]


def test_the_same_file_under_its_key_is_the_same_file(served: Served) -> None:
    agent = ready(served)
    content = ("number\n" + "\n".join(N)).encode()
    first = send(agent, content, CSV, key="f-1")
    assert first.status_code == 201, first.text
    worked(served, first.json()["id"])
    again = send(agent, (content[n : n + 7] for n in range(0, len(content), 7)), CSV, key="f-1")
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.json()["id"], again.json()["state"]) == (first.json()["id"], "done")
    assert code(send(agent, content + b"\n", CSV, key="f-1")) == (422, "bulk.key_reused")
    assert code(send(agent, content, CSV, key="f-1", term="1y")) == (422, "bulk.key_reused")
    # Rows have their keys from the content: under another key nothing is renewed twice.
    other = send(agent, content, CSV, key="f-2").json()["id"]
    worked(served, other)
    assert {each["outcome"] for each in result(agent, other)} == {"renewed before"}
    assert served.balance() == 200_000 - 5 * PRICE


def test_a_row_pays_from_the_agents_own_float_alone(served: Served) -> None:
    agent = ready(served)
    served.register("agent-8")
    served.fund(100_000, "float:agent-8:MOP")
    payers = ("float:agent-8", "cash", "till:hall-1:MOP", "float:agent-7", FLOAT)
    rows = [{"number": n, "paid": paid} for n, paid in zip(N, payers, strict=True)]
    sent = send(agent, lines(*rows)).json()["id"]
    worked(served, sent)
    codes = [each.get("code") for each in result(agent, sent)]
    assert codes == ["paid.not_yours"] * 3 + [None] * 2
    assert (served.balance(), served.balance("float:agent-8:MOP")) == (176_000, 100_000)


def test_a_test_key_sends_for_invented_operators_alone(served: Served) -> None:
    ready(served)
    served.register("agent-9", "demo", "ctm")
    served.fund(100_000, "float:agent-9:MOP")
    served.stock("+85362990001", pin=IDD)
    sandbox = served.partner("agent-9", is_sandbox=True)
    sent = send(sandbox, lines({"number": "+85362990001"}, {"number": N[0]})).json()["id"]
    worked(served, sent, "agent-9")
    assert [each.get("code") for each in result(sandbox, sent)] == ["key.sandbox", None]


def test_files_are_their_senders_own(served: Served) -> None:
    agent = ready(served)
    ids = [send(agent, lines({"number": n})).json()["id"] for n in N]
    assert [each["id"] for each in everything(agent, "/v1/files", "files", 2)] == ids[::-1]
    other = served.partner("agent-8")
    assert other.get("/v1/files").json() == {"files": [], "next": None}
    for id_ in (ids[0], NOBODYS):
        path = f"/v1/files/{id_}"
        answers = [other.get(path), other.get(f"{path}/result"), other.send("POST", f"{path}/stop")]
        assert {code(answer) for answer in answers} == {(404, "bulk.unknown")}


def test_a_file_is_stopped_for_good(served: Served) -> None:
    agent = ready(served)
    id_ = send(agent, lines({"number": N[0]})).json()["id"]
    path = f"/v1/files/{id_}/stop"
    first = agent.send("POST", path, key="s-1")
    assert (first.status_code, first.json()["state"]) == (200, "stopped")
    again = agent.send("POST", path, key="s-1")
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    assert code(agent.send("POST", path)) == (409, "bulk.over")
    worked(served, id_)
    assert served.balance() == 200_000


def test_what_is_no_file_is_refused_as_a_whole(served: Served) -> None:
    agent = ready(served)
    row = lines({"number": N[0]})
    assert code(send(agent, row, "application/json")) == (415, "request.media_type")
    assert code(send(agent, b"a,b\n1,2\n", CSV)) == (422, "malformed.renewals")
    assert code(send(agent, b"\xff\xfe", CSV)) == (422, "malformed.renewals")
    long = (422, "malformed.renewals.row_too_long")
    assert code(send(agent, b'{"number": "' + b"1" * 5_000 + b'"}\n')) == long
    for term in ("x", "\0", "1e400", "x" * 41, "999999999y"):
        assert pointer(send(agent, row, term=term)) == (422, "request.body", "/term"), term
    for after in ("x", "\0", "1"):
        assert pointer(agent.get("/v1/files", after=after)) == (422, "request.body", "/after")
    assert code(send(agent, row, key="x" * 201)) == (400, "request.idempotency_key")
    assert agent.get("/v1/files").json()["files"] == []
    # Rows that are merely wrong are told one by one.
    bad = [b"nonsense", b"\0", b'{"number": "\\ud800"}', b'{"number": 1e400}', b"[" * 2_000]
    bad += [lines({"number": N[0], "key": "\0"}).strip(), lines({"number": "\0"}).strip()]
    sent = send(agent, b"\n".join([*bad, row])).json()["id"]
    worked(served, sent)
    assert [each["outcome"] for each in result(agent, sent)] == ["refused"] * 7 + ["renewed"]


def test_who_hangs_up_leaves_no_file(served: Served) -> None:
    agent = ready(served)

    def broken() -> Iterator[bytes]:
        yield lines(*({"number": n} for n in N)) * 100
        raise ConnectionError

    with pytest.raises(ConnectionError):
        send(agent, broken(), key="f-1")
    patience = time.monotonic() + 30
    while served.rows("SELECT id FROM bulk_files"):
        assert time.monotonic() < patience
        time.sleep(0.05)
    assert send(agent, lines({"number": N[0]}), key="f-1").status_code == 201


def test_a_signed_file_is_held_against_its_signature(served: Served) -> None:
    ready(served)
    agent = served.partner(signing="a secret of theirs")
    content, at = lines({"number": N[0]}) * 20_000, int(time.time())
    signed = signature(b"a secret of theirs", at, b"POST./v1/files?term=12m", content)
    header = {"Baohao-Signature": f"t={at},v1={signed}"}
    assert code(send(agent, content + b" ", **header)) == (401, "key.signature")
    assert code(send(agent, content)) == (401, "key.signature")
    assert served.rows("SELECT id FROM bulk_files") == []
    assert send(agent, content, **header).status_code == 201


BOOKS = """
SELECT subject, seq, kind, currency, payer, reason, accounts, amounts FROM entries
ORDER BY subject, seq, kind, accounts, amounts
"""


def test_a_file_sent_and_a_file_renewed_at_once_make_the_same_books(
    served: Served, server: Running, template: str, tmp_path: Path
) -> None:
    bad = [{"number": N[1]}, {"number": "+85366129999"}, {"number": N[2], "term": "36 months"}]
    content = lines(*({"number": n} for n in N), *bad)
    agent = ready(served, 70_000)
    sent = send(agent, content).json()["id"]
    worked(served, sent)
    with cloned(server, template) as second, serving(house(second, tmp_path)) as other:
        ready(other, 70_000)
        file = tmp_path / "renewals.ndjson"
        file.write_bytes(content)
        usual = Usual(
            term=Span.parse("12 months"), paid=FLOAT, till="", principal="agent-7", channel="api"
        )
        rules = other.house.library.policies
        outcomes = list(renewals.renew(other.shell, rules, file, usual, new_id))
        told = [each.get("code", "") for each in result(agent, sent)]
        assert [each.code for each in outcomes] == told
        assert set(told) >= {"", "line.unknown", "money.short"}
        assert served.rows(BOOKS) == other.rows(BOOKS)


def test_memory_does_not_grow_with_the_rows(served: Served) -> None:
    agent = ready(served)
    # More than a server hands over at once, of either file.
    row = {"term": "12 months", "paid": FLOAT, "code": "c" * 80}

    def peak(count: int) -> int:
        """How much more memory than before a file of so many rows needs."""
        gc.collect()
        tracemalloc.start()
        try:
            content = (
                lines(*({**row, "number": f"+85366{n:06}"} for n in range(start, start + 500)))
                for start in range(0, count, 500)
            )
            assert send(agent, content).json()["rows"] == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(500)
    assert peak(20_000) < 2 * peak(5_000)
