"""Top-ups, activations and reversals over HTTP, and the receipts of all of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from tests.api.serving import KEEP12, YEARLY, Partner, Served, code, pointer

from baohao.app.door import Answered, Door
from baohao.app.renumber import change_number
from baohao.core.asks import Ask
from baohao.outside.ids import new_id

N, M = "+85366120001", "+85366120002"
ICCID = "8985302000000000017"


def receipt(agent: Partner, act: str) -> Any:
    answer = agent.get(f"/v1/receipts/{act}")
    assert answer.status_code == 200, answer.text
    return answer.json()


# --- top-ups --------------------------------------------------------------------------------------


def credited(served: Served) -> Partner:
    served.begin(N)
    served.fund(100_000)
    return served.partner()


def test_a_top_up_is_done_once(served: Served) -> None:
    agent = credited(served)
    body = {"number": N, "amount_minor": 5_000, "expect_version": 2}
    first = agent.post("/v1/top-ups", body, key="slip-1")
    assert first.status_code == 201, first.text
    again = agent.post("/v1/top-ups", body, key="slip-1")
    assert again.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert first.json()["total_minor"] == 5_000
    assert served.balance() == 95_000
    line = agent.get(f"/v1/lines/{N}").json()
    assert line["balances_minor"] == {"main": 5_000}
    assert datetime.fromisoformat(line["renewal_deadline"]) == datetime.fromisoformat(
        first.json()["until"]
    )
    told = agent.get(first.headers["location"]).json()
    assert (told["what"], told["price_minor"], told["term"]) == ("top_up", 5_000, "180 days")


def test_top_ups_name_the_field_or_the_rule(served: Served) -> None:
    agent = credited(served)
    good = {"number": N, "amount_minor": 5_000, "expect_version": 2}

    def said(**wrong: Any) -> tuple[int, str, str | None]:
        return pointer(agent.post("/v1/top-ups", {**good, **wrong}))

    assert said(amount_minor="5000") == (422, "request.body", "/amount_minor")
    assert said(amount_minor=50.0) == (422, "request.body", "/amount_minor")
    assert said(amount_minor=0) == (422, "ask.field", "/amount_minor")
    assert said(amount_minor=4_999) == (409, "offer.unknown", None)
    assert said(expect_until=1_800_000_000) == (422, "request.body", "/expect_until")
    assert said(colour="red") == (422, "request.body", "/colour")
    assert said(expect_version=1) == (409, "line.moved", None)
    assert said(expect_version=None) == (422, "ask.expectation_missing", None)
    assert said(number="+85366129999") == (404, "line.unknown", None)
    assert said(quote=str(UUID(int=0))) == (404, "quote.unknown", None)
    unkeyed = agent.http.post("/v1/top-ups", json=good)
    assert code(unkeyed) == (400, "request.idempotency_key")
    assert served.balance() == 100_000


# --- activations ----------------------------------------------------------------------------------


def test_a_card_in_stock_is_activated_by_its_number(served: Served) -> None:
    served.stock(N, agent="agent-7")
    served.fund(100_000)
    agent = served.partner()
    body = {"number": N, "holder": "h-1", "document": "bir", "term": "1y", "total_minor": 12_000}
    first = agent.post("/v1/activations", body, key="slip-1")
    assert first.status_code == 201, first.text
    again = agent.post("/v1/activations", body, key="slip-1")
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert served.balance() == 88_000
    assert agent.get(f"/v1/lines/{N}").json()["stages"] == ["active"]
    assert code(agent.post("/v1/activations", body)) == (409, "line.not_in_stock")
    told = receipt(agent, first.json()["id"])
    assert (told["what"], told["before"], told["reversed_at"]) == ("activate", None, None)


def test_a_card_is_found_by_what_is_printed_on_it(served: Served) -> None:
    served.ask("stock", N, operator="demo", plan="keep12", pin=KEEP12, iccid=ICCID)
    served.ask("stock", M, operator="demo2", plan="yearly", pin=YEARLY, iccid="8985302000000000025")
    served.fund(100_000)
    agent = served.partner()
    served.ask("allot", N, agent="agent-7")
    body = {"iccid": ICCID[:-1], "holder": "h-1", "document": "bir"}
    answer = agent.post("/v1/activations", body)
    assert (answer.status_code, answer.json()["number"]) == (201, N), answer.text
    # Another operator's card is as unknown as one that is nowhere.
    for other in ("8985302000000000025", "8985302000000000033"):
        refused = agent.post("/v1/activations", {**body, "iccid": other})
        assert code(refused) == (404, "card.unknown")
    wrong = agent.post("/v1/activations", {**body, "iccid": "8985302000000000018"})
    assert code(wrong) == (422, "malformed.iccid.check_digit")


def test_activations_name_the_field_or_the_rule(served: Served) -> None:
    served.stock(N, agent="agent-7")
    served.fund(100_000)
    agent = served.partner()
    good = {"number": N, "holder": "h-1", "document": "bir"}

    def said(**wrong: Any) -> tuple[int, str, str | None]:
        return pointer(agent.post("/v1/activations", {**good, **wrong}))

    assert said(iccid=ICCID) == (422, "request.body", "/number")
    assert said(number=None) == (422, "request.body", "/number")
    assert said(document="passport") == (409, "holder.document", None)
    assert said(identity_until="2020-01-01") == (409, "holder.document_expired", None)
    assert said(identity_until=20_000) == (422, "request.body", "/identity_until")
    assert said(age_years=15) == (409, "holder.guardian", None)
    assert said(term="7 months") == (409, "offer.unknown", None)
    assert said(holder_kind="dog") == (422, "request.body", "/holder_kind")
    assert said(expect_version=7) == (409, "line.moved", None)
    assert said(total_minor=1) == (409, "money.price_moved", None)
    assert served.balance() == 100_000
    assert agent.post("/v1/activations", {**good, "age_years": 15, "guardian": "g"}).is_success


# --- reversals and receipts -----------------------------------------------------------------------


def renewed(served: Served) -> tuple[Partner, Any]:
    served.open(N)
    served.fund(100_000)
    agent = served.partner()
    return agent, agent.renew(N, 2).json()


def test_a_receipt_tells_what_was_sold(served: Served) -> None:
    agent, sold = renewed(served)
    told = receipt(agent, sold["id"])
    assert told.pop("sold_at")
    before, until = told.pop("before"), told.pop("until")
    assert before < until
    assert datetime.fromisoformat(until) == datetime.fromisoformat(sold["until"])
    assert told == {
        "id": sold["id"],
        "number": N,
        "operator": "demo",
        "plan": "keep12",
        "policy": KEEP12,
        "what": "renew",
        "term": "12 months",
        "bonus": [
            {"promotion": "demo.twelve_plus_six", "time": "6 months"},
        ],
        "discounts": [],
        "gifts": [],
        "price_minor": 12_000,
        "fee_minor": 0,
        "government_minor": 0,
        "service_fee_minor": 0,
        "total_minor": 12_000,
        "currency": "MOP",
        "paid_from": "float:agent-7:MOP",
        "channel": "api",
        "reversed_at": None,
    }
    # What happens later does not change it.
    assert agent.renew(N, sold["version"]).status_code == 201
    later = receipt(agent, sold["id"])
    assert (later["before"], later["until"]) == (before, until)


def test_a_sale_is_reversed_once_and_its_receipt_says_so(served: Served) -> None:
    agent, sold = renewed(served)
    body = {"of": sold["id"], "reason": "the customer changed their mind"}
    first = agent.post("/v1/reversals", body, key="back-1")
    assert first.status_code == 201, first.text
    again = agent.post("/v1/reversals", body, key="back-1")
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert served.balance() == 100_000
    told = first.json()
    assert (told["of"], told["number"], told["back_minor"]) == (sold["id"], N, 12_000)
    assert code(agent.post("/v1/reversals", body)) == (404, "act.unknown")
    assert receipt(agent, sold["id"])["reversed_at"]
    line = agent.get(f"/v1/lines/{N}").json()
    assert line["version"] == told["version"]


def test_what_another_has_sold_is_as_if_it_were_not(served: Served) -> None:
    _, sold = renewed(served)
    other = served.partner("agent-8")
    nothing = str(UUID(int=7 << 76 | 2 << 62))
    for act in (sold["id"], nothing):
        assert code(other.get(f"/v1/receipts/{act}")) == (404, "receipt.unknown")
        assert code(other.get(f"/v1/receipts/{act}", number=N)) == (404, "receipt.unknown")
        for more in ({}, {"number": N}):
            body = {"of": act, "reason": "mine now", **more}
            assert code(other.post("/v1/reversals", body)) == (404, "act.unknown")
    # Not even what was paid in cash at a counter.
    (counter,) = served.rows("SELECT ask FROM journal WHERE subject = %s AND seq = 2", N)
    body = {"of": str(counter[0]), "reason": "mine now"}
    assert code(other.post("/v1/reversals", body)) == (404, "act.unknown")
    assert served.balance() == 88_000


def test_a_mistake_needs_a_second_person(served: Served) -> None:
    agent, sold = renewed(served)
    body = {"of": sold["id"], "number": N, "reason": "the wrong line", "mistake": True}
    for by in ({}, {"approved_by": "agent-7"}):
        refused = agent.post("/v1/reversals", {**body, **by})
        assert code(refused) == (403, "verb.not_allowed.second_person")
    assert agent.post("/v1/reversals", {**body, "approved_by": "the-boss"}).status_code == 201
    assert served.balance() == 100_000


def test_reversals_name_the_field(served: Served) -> None:
    agent, sold = renewed(served)
    good = {"of": sold["id"], "reason": "why not"}

    def said(**wrong: Any) -> tuple[int, str, str | None]:
        return pointer(agent.post("/v1/reversals", {**good, **wrong}))

    assert said(of="it") == (422, "request.body", "/of")
    assert said(reason="") == (422, "request.body", "/reason")
    assert said(reason=" ") == (422, "ask.field.missing", "/reason")
    assert said(mistake="yes") == (422, "request.body", "/mistake")
    assert code(agent.get("/v1/receipts/it")) == (422, "request.body")
    assert agent.http.get(f"/v1/receipts/{sold['id']}?number={N}").status_code == 200


def test_a_receipt_and_its_reversal_follow_a_line_to_another_number(served: Served) -> None:
    agent, sold = renewed(served)
    ask = Ask(
        id=(id_ := new_id()),
        verb="change_number",
        subject=N,
        key=str(id_),
        principal="staff",
        channel="counter",
        payload={"to": M, "paid": "till:hall-1:MOP"},
    )
    door = Door(served.house.terms)
    changed = served.shell.run(lambda conn: change_number(conn, door, ask, new_id()))
    assert isinstance(changed, Answered), changed
    assert receipt(agent, sold["id"])["number"] == N
    body = {"of": sold["id"], "reason": "not with that number"}
    assert code(agent.post("/v1/reversals", body)) == (404, "act.unknown")
    assert agent.post("/v1/reversals", {**body, "number": M}).status_code == 201
    assert receipt(agent, sold["id"])["reversed_at"]


def test_a_used_quote_that_is_asked_for_again_is_gone(served: Served) -> None:
    served.open(N)
    served.fund(100_000)
    agent = served.partner()
    body = {"number": N, "term": "12m"}
    promise = agent.post("/v1/quotes", body, key="q-1").json()
    assert agent.renew(N, 2, quote=promise["id"]).status_code == 201
    assert code(agent.post("/v1/quotes", body, key="q-1")) == (404, "quote.unknown")


def test_another_operators_line_is_unknown(served: Served) -> None:
    served.stock("+85251230001", pin=YEARLY)
    served.fund(100_000)
    agent = served.partner()
    for path, body in (
        ("/v1/top-ups", {"amount_minor": 5_000, "expect_version": 1}),
        ("/v1/activations", {"holder": "h"}),
    ):
        for number in ("+85251230001", "+85251239999"):
            refused = agent.post(path, {"number": number, **body})
            assert code(refused) == (404, "line.unknown")
