"""Hand-overs over HTTP: a link for the operator's own app, which works once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from tests.api.serving import IDD, Partner, Served, code, pointer

from baohao.app.partners import handover
from baohao.app.partners.handover import LinkDead

N, M = "+85366120001", "+85366120002"
PAGES = "https://keep.example"


def app(served: Served, owner: str = "operator:demo", **more: bool) -> Partner:
    """An operator's own app, where the holders' pages are configured."""
    served.house.settings = replace(served.house.settings, holder_url=PAGES)
    return served.partner(owner, scope=("handover",), **more)


def test_a_link_opens_the_tenure_once(served: Served) -> None:
    served.open(N)
    demo = app(served)
    first = demo.post("/v1/handovers", {"number": "+853 6612 0001"}, key="h-1")
    assert first.status_code == 201, first.text
    told = first.json()
    place, _, token = told.pop("url").partition("#")
    assert place == f"{PAGES}/in"
    redeem = partial(handover.redeem, token=token, sign=served.house.seals.sign)
    assert served.shell.run(redeem).number == N
    with pytest.raises(LinkDead):
        served.shell.run(redeem)
    # A link is told once: whoever lost it asks anew.
    again = demo.post("/v1/handovers", {"number": N}, key="h-1")
    assert (again.json(), again.headers["idempotent-replayed"]) == (told, "true")
    assert code(demo.post("/v1/handovers", {"number": M}, key="h-1")) == (422, "key.reused")
    assert "url" in demo.post("/v1/handovers", {"number": N}, key="h-2").json()
    kept = str(served.rows("SELECT h::text FROM handovers h UNION SELECT r::text FROM requests r"))
    assert token not in kept


def test_only_holders_of_the_operators_own_lines_are_handed_over(served: Served) -> None:
    served.open(N)
    served.stock(M)
    demo, other = app(served), app(served, "operator:demo2")
    assert code(demo.post("/v1/handovers", {"number": M})) == (404, "handover.nobody")
    assert code(demo.post("/v1/handovers", {"number": "+85366129999"})) == (404, "handover.nobody")
    assert code(other.post("/v1/handovers", {"number": N})) == (404, "handover.nobody")
    served.stock("+85362990001", pin=IDD)
    ctm = app(served, "operator:ctm", is_sandbox=True)
    assert code(ctm.post("/v1/handovers", {"number": "+85362990001"})) == (403, "key.sandbox")


def test_hand_overs_name_the_field(served: Served) -> None:
    demo = app(served)
    assert pointer(demo.post("/v1/handovers", {})) == (422, "request.body", "/number")
    long = {"number": "1" * 41}
    assert pointer(demo.post("/v1/handovers", long)) == (422, "request.body", "/number")
    for number in ("x", "\0", "+"):
        answer = demo.post("/v1/handovers", {"number": number})
        assert answer.status_code == 422
        assert code(answer)[1].startswith("malformed.number")


def test_without_pages_nobody_is_handed_over(served: Served) -> None:
    served.open(N)
    demo = served.partner("operator:demo", scope=("handover",))
    refused = demo.post("/v1/handovers", {"number": N})
    assert code(refused) == (409, "handover.not_configured")
