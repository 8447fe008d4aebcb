"""An agent's money over HTTP: its float, what its sales earned, the statement of its month."""

from __future__ import annotations

import csv
import io

import pytest
from tests.api.paging import everything
from tests.api.serving import FLOAT, Partner, Served, code, pointer

N = [f"+8536612{n:04}" for n in range(5)]
PRICE = 12_000


def sold(served: Served) -> tuple[Partner, list[str]]:
    """An agent that renewed five lines and has taken the last one back; the receipts."""
    served.open(*N)
    served.fund(100_000)
    agent = served.partner()
    receipts = [agent.renew(n, 2, service_fee_minor=0).json()["id"] for n in N]
    body = {"of": receipts[-1], "reason": "the customer changed their mind"}
    assert agent.post("/v1/reversals", body).status_code == 201
    return agent, receipts


def test_a_float_says_where_it_stands(served: Served) -> None:
    agent, _ = sold(served)
    told = agent.get("/v1/float").json()
    assert told.pop("runs_out_at")
    spent = told.pop("spent_28_days_minor")
    assert spent == told.pop("spent_7_days_minor") >= 4 * PRICE
    assert told == {
        "account": FLOAT,
        "currency": "MOP",
        "balance_minor": 100_000 - 4 * PRICE,
        "alarm_minor": None,
        "is_low": False,
    }
    assert served.partner("agent-8").get("/v1/float").json()["balance_minor"] == 0


def test_what_sales_earned_is_read_to_its_end_and_is_the_statement(served: Served) -> None:
    agent, receipts = sold(served)
    rows = everything(agent, "/v1/commissions", "commissions", 3)
    *renewed, back = rows[-6:]
    assert [(row["id"], row["what"], row["takes_back"]) for row in renewed] == [
        (receipt, "renew", None) for receipt in receipts
    ]
    assert (back["takes_back"], back["total_minor"]) == (receipts[-1], -PRICE)
    month = rows[-1]["at"][:7]
    told = agent.get(f"/v1/statements/{month}").json()
    assert (told["agent"], told["month"], told["agrees"]) == ("agent-7", month, True)
    assert told["float"]["closing_minor"] == served.balance()
    this_month = everything(agent, "/v1/commissions", "commissions", 2, month=month)
    earned = sum(row["commission_minor"] for row in this_month)
    assert told["commission"]["closing_minor"] == earned
    assert everything(agent, "/v1/commissions", "commissions", 2, month="2020-01") == []


def test_a_statement_is_a_table_too(served: Served) -> None:
    agent, _ = sold(served)
    rows = agent.get("/v1/commissions").json()["commissions"]
    path = f"/v1/statements/{rows[-1]['at'][:7]}"
    answer = agent.http.get(path, headers={"Accept": "text/csv;q=0.9, application/json;q=0.1"})
    assert answer.headers["content-type"].startswith("text/csv")
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["receipt"] for row in table] == [row["id"] for row in rows]
    assert table[-1]["total"] == "-120.00"


def test_nobody_sees_anothers_money(served: Served) -> None:
    sold(served)
    other = served.partner("agent-8")
    assert other.get("/v1/commissions").json() == {"commissions": [], "next": None}
    assert other.get("/v1/statements/2026-11").json()["sales"] == []


@pytest.mark.parametrize("after", ["x", "1-2", "\0", "9" * 18 + "-" + "0" * 32 + "-0"])
def test_a_cursor_that_no_page_gave_is_refused(served: Served, after: str) -> None:
    agent = served.partner()
    told = pointer(agent.get("/v1/commissions", after=after))
    assert told == (422, "request.body", "/after")


@pytest.mark.parametrize("month", ["2026-13", "1999-01", "x", "2026-1", "२०२६-01", "%00", "%ff"])
def test_a_month_that_is_none_is_refused(served: Served, month: str) -> None:
    agent = served.partner()
    told = pointer(agent.get(f"/v1/statements/{month}"))
    assert told == (422, "request.body", "/month")
    if "%" not in month:
        assert pointer(agent.get("/v1/commissions", month=month))[1:] == ("request.body", "/month")


def test_a_test_key_is_told_of_no_real_operators_sales(served: Served) -> None:
    sold(served)
    served.register("agent-9", "demo", "ctm")
    sandbox = served.partner("agent-9", is_sandbox=True)
    assert code(sandbox.get("/v1/statements/2026-11")) == (403, "key.sandbox")
    assert sandbox.get("/v1/commissions").status_code == 200
