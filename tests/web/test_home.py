"""A home: which pages it has, its three questions, and signing in without codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.shop import Shop
from tests.web.test_cards import added

from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

#: What a household never needs, and a small machine has no memory for.
HEAVY = frozenset(
    {
        *("polars", "numpy", "typst", "pyhanko", "asn1crypto", "fastapi", "starlette", "pydantic"),
        *("wechatpayv3", "python_calamine", "xlsxwriter", "httpx", "lxml", "reportlab", "PIL"),
        *("prometheus_client", "aiosmtpd", "apprise"),
    }
)
#: Visits the pages of a home in a process of its own, and prints what that has loaded.
VISIT = """
import json, sys
from pathlib import Path
sys.argv = ["baohao", "home"]
from baohao.cli import entry
entry._command()
from baohao import jobs
from baohao.wiring.home import home
house = home(Path(sys.stdin.readline().strip()))
from baohao.web import desk, start
start.application(house)
from django.test import Client
from django.urls import get_resolver
client = Client(SERVER_NAME="localhost")
assert client.get("/start/").status_code in (200, 302)
assert client.get("/accounts/login/").status_code in (200, 302)
get_resolver().url_patterns
for name in jobs.AT_HOME:
    for unit in jobs.UNITS:
        if unit.name == name:
            unit.work(house)
print(json.dumps(sorted({each.partition(".")[0] for each in sys.modules})))
desk.desk().close()
"""
SAID = {
    "name": "Mei",
    "login": "mei",
    "password": "three small boats",
    "again": "three small boats",
    "language": "pt",
    "zone": "Europe/Lisbon",
}


@pytest.fixture
def home(pages: Installation, tmp_path: Path) -> Iterator[Client]:
    """A browser in front of a home in which nobody lives yet."""
    from django.core.cache import cache
    from django.test import Client, override_settings

    from baohao.web.accounts.models import Account
    from baohao.web.household.models import Household
    from baohao.web.settings import at_home

    cache.clear()
    Household.objects.all().delete()
    Account.objects.filter(name__in=("mei", "joao")).delete()
    kept = pages.settings
    pages.settings = replace(kept, is_home=True, is_demo=False, data=tmp_path)
    with override_settings(**at_home(), RELAXED=frozenset()):
        yield Client(SERVER_NAME="localhost")
    pages.settings = kept


def test_a_home_loads_nothing_that_only_sellers_need(pages: Installation, tmp_path: Path) -> None:
    assert pages.settings.database_url
    done = subprocess.run(
        [sys.executable, "-c", VISIT],
        input=f"{tmp_path}\n",
        env={**os.environ, "BAOHAO_DATABASE_URL": pages.settings.database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout))
    assert {"django", "baohao"} <= loaded
    assert loaded & HEAVY == set()


def test_whoever_has_the_key_moves_in_and_is_kept_as_they_said(
    pages: Installation, home: Client
) -> None:
    from functools import partial

    from baohao.app.messages import preferences
    from baohao.web.desk import desk
    from baohao.web.home import starting
    from baohao.web.household.models import Member

    assert home.get("/my/household/")["Location"] == "/start/"
    assert home.post("/start/", SAID).status_code == 200
    assert home.post("/start/", {**SAID, "key": "0" * 20}).status_code == 403
    assert not starting.is_started()
    answer = home.post("/start/", {**SAID, "key": starting.key()})
    assert answer["Location"] == "/in/"
    mei = Member.objects.get()
    assert (mei.name, mei.kind) == ("Mei", "owner")
    said = desk().read(partial(preferences.read, vault=pages.vault, holder=mei.holder))
    assert (said.language, said.zone) == ("pt", "Europe/Lisbon")
    # Once: whoever has the key later has a key to nothing.
    again = home.post("/start/", {**SAID, "login": "joao", "key": starting.key()})
    assert again["Location"] == "/"
    assert Member.objects.count() == 1


def test_a_mail_server_that_cannot_be_used_moves_nobody_in(home: Client) -> None:
    from baohao.web.home import starting

    bad = {"server": "mail.example.org:many", "email": "mei@example.org"}
    answer = home.post("/start/", {**SAID, **bad, "key": starting.key()})
    assert answer.status_code == 409
    assert "65535" in answer.content.decode()
    assert not starting.is_started()


def test_members_sign_in_by_what_they_chose_until_they_are_taken_out(
    pages: Installation, home: Client
) -> None:
    from django.test import Client

    from baohao.web.home import starting
    from baohao.web.household.models import Member

    home.post("/start/", {**SAID, "key": starting.key()})
    home.post("/accounts/logout/")
    home.post("/accounts/login/", {"login": "mei", "password": SAID["password"]})
    home.post("/my/household/invite/", {"name": "João"})
    link = re.search(r"/join/[^/]+/", home.get("/my/household/").content.decode())
    assert link
    joao = Client(SERVER_NAME="localhost")
    chosen = {"login": "joao", "password": "a loud parrot", "again": "a loud parrot"}
    assert joao.post(link[0], {**chosen, "login": "MEI"}).status_code == 409
    assert joao.post(link[0], chosen)["Location"] == "/in/"
    joao.post("/accounts/logout/")
    assert joao.get("/my/household/").status_code == 302
    joao.post("/accounts/login/", chosen)
    assert joao.get("/my/household/").status_code == 200
    home.post(f"/my/household/{Member.objects.get(name='João').pk}/remove/")
    assert joao.get("/my/household/").status_code == 302
    joao.post("/accounts/login/", chosen)
    assert joao.get("/my/household/").status_code == 302


def test_nothing_of_who_sells_is_there(pages: Installation, home: Client) -> None:
    from baohao.web.home import starting

    home.post("/start/", {**SAID, "key": starting.key()})
    elsewhere = ("/counter/", "/operator/", "/agent/", "/renew/", "/check/", "/prices/", "/halls/")
    for address in (*elsewhere, "/v1/lines", "/docs", "/demo/handset/", "/my/receipts/"):
        assert home.get(address).status_code == 404, address
    assert home.get("/alive/").content == b"alive\n"


def test_every_page_of_a_home_says_who_it_is_for(home: Client) -> None:
    from tests.web.test_doors import audiences

    found = audiences()
    assert {address for address, audience in found.items() if not audience} == set()
    workers = set(found.values()) - {"everybody", "holder", "signed_in", "nobody"}
    assert workers == set()


def test_a_code_of_an_app_is_asked_for_beside_the_password_by_whoever_wants_it(
    pages: Installation, home: Client
) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    from baohao.web.accounts.models import Account
    from baohao.web.home import starting

    home.post("/start/", {**SAID, "key": starting.key()})
    TOTP.activate(Account.objects.get(name="mei"), generate_totp_secret())
    home.post("/accounts/logout/")
    answer = home.post("/accounts/login/", {"login": "mei", "password": SAID["password"]})
    assert answer["Location"].startswith("/accounts/login/second/")
    assert home.get("/my/household/").status_code == 302


def test_a_robot_tells_by_its_key_what_was_done_with_its_card_and_of_no_other(
    pages: Installation, counter: Shop, home: Client, number: str
) -> None:
    import secrets
    from functools import partial

    from baohao.app.kept import robots
    from baohao.web.desk import desk
    from baohao.web.home import starting
    from baohao.web.household.models import Member

    home.post("/start/", {**SAID, "key": starting.key()})
    day = counter.now().date()
    added(home, number, on=(day - timedelta(days=90)).isoformat())
    keeper, kinds = Member.objects.get().holder, frozenset({"sms_out"})
    make = partial(
        robots.make_key, keeper=keeper, label="phone", kinds=kinds, chance=secrets.token_bytes
    )
    key = desk().shell.run(partial(make, cards=frozenset({number})))
    tell = partial(_told, _robot(), key=key)
    assert tell({"number": number, "kind": "sms_out", "id": "1"}, key="").status_code == 401
    before = tell({"number": number, "kind": "sms_out", "id": "1"})
    assert before.status_code == 201
    assert before.json()["act_by"] > (day + timedelta(days=170)).isoformat()
    again = tell({"number": number, "kind": "sms_out", "id": "1"})
    assert again["Idempotent-Replayed"] == "true"
    assert tell({"number": number, "kind": "top_up", "id": "2"}).json()["code"] == "key.kind"
    assert tell({"number": "+447400123999", "kind": "sms_out", "id": "3"}).status_code == 404
    assert tell({"number": number, "kind": "sms_out"}).json()["code"] == "request.body.unfit"
    assert tell({"number": number, "kind": "sms_out", "more": 1}).status_code == 422
    read = {"number": number, "until": (day + timedelta(days=30)).isoformat(), "id": "4"}
    answer = tell(read, where="readings")
    assert (answer.status_code, answer.json()["operator_says"]) == (201, read["until"])


def test_every_page_that_a_home_leads_to_is_there(
    pages: Installation, counter: Shop, home: Client, number: str
) -> None:
    from baohao.web.home import starting

    home.post("/start/", {**SAID, "key": starting.key()})
    home.post("/my/household/look-after/", {"cared-name": "Po Po"})
    waiting, seen = [added(home, number, on=counter.now().date().isoformat())], {"/my/cards/"}
    waiting += seen
    while waiting:
        answer = home.get(waiting.pop())
        assert answer.status_code in (200, 302), answer.request["PATH_INFO"]
        found = re.findall(r'(?:href|hx-get|action)="(/[^"#]*)"', answer.content.decode())
        places = {each.replace("&amp;", "&") for each in found} - seen
        # One product is as another, and what is sent only is not looked at.
        kept = {each for each in places if not LEFT.search(each)}
        seen |= kept
        waiting += kept
    assert len(seen) > 25


LEFT = re.compile(
    r"/static/|/logout/|/language/|/products/.|product=(?!gb\.giffgaff)|/push/one/"
    r"|/household/(invite|look-after|leave)/|/(link|remove|own|everywhere|undo)/|\?.*&"
)


def _robot() -> Client:
    from django.test import Client

    return Client(SERVER_NAME="localhost", enforce_csrf_checks=True)


def _told(client: Client, body: Mapping[str, object], *, key: str, where: str = "records") -> Any:
    headers = {"Authorization": f"Bearer {key}"}
    return client.post(f"/v1/kept/{where}", body, "application/json", headers=headers)
