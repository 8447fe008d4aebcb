"""A lost card: barred in a minute, given back by the code alone, and no time gained by it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from tests.shop import Shop
from tests.web.fixtures import entered

from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client


@pytest.fixture
def page(pages: Installation, counter: Shop, browser: Client, number: str) -> str:
    counter.open(number, f"h{number[1:]}")
    entered(browser, f"h{number[1:]}")
    return f"/my/{number[1:]}/loss/"


def reported(browser: Client, page: str, key: str = "") -> str:
    answer = browser.post(page, {"key": key or str(uuid4())})
    found = re.search(r'class="code">([^<]+)<', answer.content.decode())
    assert found is not None
    return found[1]


def test_it_is_barred_once_and_undone_by_the_code(
    pages: Installation, counter: Shop, browser: Client, number: str, page: str
) -> None:
    until = counter.line(number).standing.clocks["service"].deadline
    key = str(uuid4())
    code = reported(browser, page, key)
    # A reload is the same report, with the same code.
    assert reported(browser, page, key) == code
    line = browser.get(f"/my/{number[1:]}/").content.decode()
    assert "The card was reported lost" in line
    assert 'class="on"' not in line
    assert browser.post(page, {"key": str(uuid4())}).status_code == 409
    assert code not in browser.get(page).content.decode()
    for wrong in ("", "AAAAAAAA", code[:-1]):
        assert browser.post(page, {"code": wrong}).status_code == 409
    assert browser.post(page, {"code": code.lower()}).status_code == 302
    assert counter.line(number).lost is None
    line = browser.get(f"/my/{number[1:]}/").content.decode()
    assert "The card was found, and works again." in line
    assert 'class="on"' in line
    assert counter.line(number).standing.clocks["service"].deadline == until
    # The code of one report is no code of the next.
    reported(browser, page)
    assert browser.post(page, {"code": code}).status_code == 409


def test_codes_cannot_be_tried_at_will(
    pages: Installation, counter: Shop, browser: Client, number: str, page: str
) -> None:
    code = reported(browser, page)
    for _ in range(5):
        assert browser.post(page, {"code": "AAAAAAAA"}).status_code == 409
    assert browser.post(page, {"code": code}).status_code == 429
    assert counter.line(number).lost is not None


def test_nobody_else_bars_a_card(
    pages: Installation, counter: Shop, browser: Client, number: str, page: str
) -> None:
    other = number[:-4] + "1" + number[-3:]
    counter.open(other, f"h{other[1:]}")
    assert browser.post(f"/my/{other[1:]}/loss/", {"key": "k"}).status_code == 404
    assert counter.line(other).lost is None


def test_at_the_counter_it_takes_the_holders_document(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    from baohao.core.people import read_person
    from baohao.web.accounts.models import Account
    from baohao.web.accounts.roles import Role
    from baohao.web.counter.people import registered

    said = {"document": "passport", "number": f"L{number[-7:]}", "country": "PRT"}
    counter.open(number, registered(read_person(name="Ana", expires_on=None, **said)))
    account, _ = Account.objects.get_or_create(
        name="clerk", defaults={"role": Role.CLERK, "operator": "demo", "till": "hall-1"}
    )
    browser.force_login(account, "allauth.account.auth_backends.AuthenticationBackend")
    page = f"/counter/{number[1:]}/loss/"
    wrong = said | {"number": "L0000001", "key": str(uuid4())}
    assert browser.post(page, wrong).status_code == 409
    assert counter.line(number).lost is None
    again = {"key": str(uuid4()), "what": "lost"}
    for _ in range(2):
        assert browser.post(page, said | again).status_code == 302
    assert counter.line(number).lost is not None
    assert "The card was reported lost" in browser.get(f"/counter/{number[1:]}/").content.decode()
    assert browser.post(page, said | {"key": str(uuid4()), "what": "found"}).status_code == 302
    assert counter.line(number).lost is None
