"""What holds on every page: forged forms, headers, cookies, and how often one may guess."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.web.test_doors import addresses, filled

from baohao.config import settings
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def staff(name: str = "hardy") -> Any:
    from baohao.web.accounts.models import Account
    from baohao.web.accounts.roles import Role

    found = Account.objects.filter(name=name).first()
    return found or Account.objects.staff(name, "demo", Role.ADMIN, "a long enough word")


def test_no_form_is_taken_without_its_token(pages: Installation, number: str) -> None:
    from django.test import Client

    browser = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    browser.force_login(staff(), BACKEND)
    taken = [
        address
        for address, _ in addresses()
        if browser.post(filled(address, number)).status_code != 403
    ]
    assert taken == []


@pytest.mark.parametrize("is_in", [False, True])
def test_headers_of_every_page(pages: Installation, browser: Client, is_in: bool) -> None:
    if is_in:
        browser.force_login(staff(), BACKEND)
    for address in (
        "/",
        "/help/",
        "/verify/",
        "/renew/",
        "/operator/",
        "/my/account/",
        "/nothing/",
    ):
        answer = browser.get(address)
        said = answer.headers
        csp = said["Content-Security-Policy"]
        assert "default-src 'none'" in csp
        assert "script-src 'self'" in csp
        assert "style-src 'self'" in csp
        assert "frame-ancestors 'none'" in csp
        assert "unsafe" not in csp
        assert said["X-Content-Type-Options"] == "nosniff"
        assert said["Referrer-Policy"] == "same-origin"
        assert said["X-Frame-Options"] == "DENY"
        assert said["Cross-Origin-Opener-Policy"] == "same-origin"
        assert said["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "geolocation=()" in said["Permissions-Policy"]
        assert (said.get("Cache-Control") == "no-store") is is_in, address
        body = answer.content.decode()
        assert " style=" not in body
        assert "<style" not in body
        assert " onclick=" not in body


def test_behind_https_nothing_travels_in_the_clear(pages: Installation, tmp_path: Path) -> None:
    from baohao.web.settings import values

    found = settings({"BAOHAO_HOLDER_URL": "https://keep.example"}, data=tmp_path)
    said = values(Installation(settings=found), {})
    assert said["SESSION_COOKIE_SECURE"]
    assert said["CSRF_COOKIE_SECURE"]
    assert said["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert said["ALLOWED_HOSTS"][0] == "keep.example"
    assert said["RELAXED"] == frozenset(), "outside the demo nothing is relaxed"
    assert not said["MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN"]
    assert not said["DEBUG"]


def test_cookies_are_for_our_server_alone(pages: Installation, browser: Client) -> None:
    staff()
    browser.get("/accounts/login/")
    browser.post("/accounts/login/", {"login": "hardy", "password": "a long enough word"})
    for name in ("sessionid", "csrftoken"):
        assert browser.cookies[name]["httponly"]
        assert browser.cookies[name]["samesite"] == "Lax"
    assert staff().password.startswith("argon2$argon2id$")


@pytest.mark.parametrize(
    ("address", "form", "times"),
    [
        ("/accounts/login/", {"login": "hardy", "password": "wrong"}, 30),
        ("/accounts/login/code/", {"phone": "+85366123456"}, 20),
        ("/renew/", {"number": "66123456"}, 60),
        ("/verify/", {"token": "x"}, 30),
    ],
)
def test_nobody_guesses_for_long(
    pages: Installation, browser: Client, address: str, form: dict[str, str], times: int
) -> None:
    from django.test import Client

    # Whom they say they ask for does not help: the address is that of the connection.
    *answers, answer = (
        Client(SERVER_NAME="localhost", HTTP_X_FORWARDED_FOR=f"198.51.100.{n}").post(address, form)
        for n in range(times + 1)
    )
    assert answer.status_code == 429
    assert "Too many tries" in answer.content.decode()
    assert "Sign in" in answer.content.decode(), "it is a page of ours"
    assert {each.status_code for each in answers} <= {200, 302, 429}
    other = Client(SERVER_NAME="localhost", REMOTE_ADDR="203.0.113.9")
    assert other.post(address, form).status_code != 429, "others go on"


def test_many_addresses_together_guess_no_faster(
    pages: Installation, browser: Client, number: str
) -> None:
    from django.test import Client, override_settings

    limits = {"guest_all": "5/m/key"}
    with override_settings(ACCOUNT_RATE_LIMITS=limits):
        found = [
            Client(SERVER_NAME="localhost", REMOTE_ADDR=f"203.0.113.{n}")
            .get(f"/renew/{number[1:]}/")
            .status_code
            for n in range(6)
        ]
    assert found == [404] * 5 + [429]
