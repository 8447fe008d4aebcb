"""
Enumeration: an agent learns nothing of numbers that are not its own.

Whether a number is nobody's, another agent's customer, another's card in stock or another
operator's line: what is told is the same, to the byte, but for the number itself.
"""

from __future__ import annotations

import json
from typing import Any

from tests.api.document import Operation, operations
from tests.api.raw import Client, Told, alone
from tests.api.serving import YEARLY, Partner, Served

OWN, ANOTHERS, STOCK, ELSEWHERE, NOBODYS = (f"+8536612000{n}" for n in range(1, 6))


def furnished(served: Served) -> tuple[Partner, dict[str, str]]:
    """Let two agents sell a line each; return the first, and what the second was told."""
    served.open(OWN)
    served.open(ANOTHERS, agent="agent-8")
    served.stock(STOCK)
    served.stock(ELSEWHERE, pin=YEARLY)
    agent, other = served.partner(), served.partner("agent-8")
    for owner in ("agent-7", "agent-8"):
        served.fund(12_000, f"float:{owner}:MOP")
    assert agent.renew(OWN, 2).status_code == 201
    sold: dict[str, str] = other.renew(ANOTHERS, 2).json()
    served.ask("allot", STOCK, agent="agent-8")
    return agent, sold


def is_about_a_number(operation: Operation) -> bool:
    fields = operation.body if operation.media_type else {}
    named = {each["name"] for each in operation.parameters}
    return not named.union(fields).isdisjoint({"number", "numbers"})


def told_of(served: Served, agent: Partner, number: str) -> dict[str, tuple[int, bytes]]:
    """Ask everything that is told of lines about a number; return it without the number."""
    document: dict[str, Any] = agent.get("/openapi.json").json()
    lines = [
        each
        for each in operations(document)
        if "lines" in each.told["tags"] and is_about_a_number(each)
    ]

    async def ask(client: Client) -> dict[str, Told]:
        found = {}
        for each in lines:
            body = None
            if each.media_type:
                lean = each.lean()
                lean |= {"numbers": [number]} if "numbers" in lean else {}
                body = json.dumps(lean).encode()
            found[str(each)] = await client.ask(
                each.request(agent.key, body, given={"number": number})
            )
        return found

    told: dict[str, Told] = alone(served.url, ask)
    assert len(told) >= 5
    return {
        name: (each.status, each.body.replace(number.encode(), b"NUMBER"))
        for name, each in told.items()
    }


def test_what_is_not_ones_own_is_as_if_it_were_not(served: Served) -> None:
    agent, _ = furnished(served)
    nothing = told_of(served, agent, NOBODYS)
    for number in (ANOTHERS, STOCK, ELSEWHERE):
        assert told_of(served, agent, number) == nothing
    # The twin: of its own it is told something, everywhere.
    own = told_of(served, agent, OWN)
    assert [name for name in own if own[name] == nothing[name]] == []


def test_anothers_receipt_is_as_if_it_were_not(served: Served) -> None:
    agent, sold = furnished(served)
    none = "01900000-0000-7000-8000-000000000001"
    found = set()
    for id_, number in ((sold["id"], ANOTHERS), (none, ANOTHERS), (none, NOBODYS)):
        for query in ({}, {"number": number}):
            answer = agent.get(f"/v1/receipts/{id_}", **query)
            text = answer.text.replace(id_, "ID").replace(number, "NUMBER")
            found.add((answer.status_code, text))
    assert len(found) == 1
