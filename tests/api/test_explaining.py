"""What a problem's `type` leads to."""

from __future__ import annotations

import httpx
from tests.api.serving import Served


def test_a_problem_leads_to_its_page(served: Served) -> None:
    problem = served.partner().renew("+85366120001", 2).json()
    page = httpx.get(served.url + problem["type"])
    assert (page.status_code, problem["code"] in page.text) == (200, True)
    assert "There is no line with the number {number} here." in page.text
    assert problem["type"] in httpx.get(served.url + "/problems").text
    assert httpx.get(served.url + "/problems/nothing.such").status_code == 404
