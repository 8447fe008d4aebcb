"""Second factors, saying again who one is, codes by mail, and sessions that end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.shop import Shop

from baohao.outside.pretend.handset import Handset
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

    from baohao.web.accounts.models import Account

WORD = "a long enough word"
ADJUST = {"what": "clock:service", "until": "2031-01-01", "reason": "why not", "key": "k-1"}


@pytest.fixture
def strict(pages: Installation) -> Any:
    """Nothing is relaxed, as outside the demo; every test begins with its limits unused."""
    from django.core.cache import cache
    from django.test import override_settings

    cache.clear()
    with override_settings(RELAXED=frozenset()):
        yield


def staff(name: str, role: str = "finance", *, factor: bool = True) -> Account:
    """Somebody of the demo operator, with a second factor whose secret is `SECRET`."""
    from allauth.mfa.totp.internal.auth import TOTP

    from baohao.web.accounts.models import Account
    from baohao.web.accounts.roles import Role

    Account.objects.filter(name=name).delete()
    made = Account.objects.staff(name, "demo", Role(role), WORD)
    if factor:
        TOTP.activate(made, SECRET)
    return made


SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_now() -> str:
    from allauth.mfa.totp.internal.auth import (
        format_hotp_value,
        hotp_value,
        yield_hotp_counters_from_time,
    )

    return str(format_hotp_value(hotp_value(SECRET, next(iter(yield_hotp_counters_from_time())))))


def enter(browser: Client, name: str) -> None:
    """Sign in by password and second factor."""
    answer = browser.post("/accounts/login/", {"login": name, "password": WORD})
    assert answer["Location"] == "/accounts/login/second/", answer.content.decode()
    answer = browser.post("/accounts/login/second/", {"code": code_now()})
    assert answer.status_code == 302, answer.content.decode()


def a_while_ago(browser: Client, seconds: int) -> None:
    """Let a session's sign-in be so long ago."""
    session = browser.session
    records = session["account_authentication_methods"]
    session["account_authentication_methods"] = [{**r, "at": r["at"] - seconds} for r in records]
    session.save()


# --- the second factor ----------------------------------------------------------------------------


def test_staff_without_a_second_factor_see_no_page(strict: None, browser: Client) -> None:
    staff("bare", factor=False)
    browser.post("/accounts/login/", {"login": "bare", "password": WORD})
    for address in ("/operator/", "/operator/lines/", "/my/account/"):
        assert browser.get(address)["Location"] == "/accounts/2fa/"
    page = browser.get("/accounts/2fa/").content.decode()
    assert "Set one up; then your pages open" in page
    page = browser.get("/accounts/2fa/app/").content.decode()
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page)
    assert secret is not None
    # The app is that of the staff member: the code follows from what the page showed.
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import (
        format_hotp_value,
        hotp_value,
        yield_hotp_counters_from_time,
    )

    assert browser.post("/accounts/2fa/app/", {"code": "000000"}).status_code == 200
    code = format_hotp_value(hotp_value(secret[1], next(iter(yield_hotp_counters_from_time()))))
    assert browser.post("/accounts/2fa/app/", {"code": code})["Location"] == "/accounts/2fa/codes/"
    assert (
        len(
            re.findall(
                r"<li><code>\d{8}</code>", browser.get("/accounts/2fa/codes/").content.decode()
            )
        )
        == 10
    )
    assert browser.get("/operator/").status_code == 200
    kept = Authenticator.objects.get(user__name="bare", type="totp").data["secret"]
    assert secret[1] not in kept, "whoever reads the database makes no codes"


def test_the_demo_asks_staff_for_no_second_factor_and_says_so(
    pages: Installation, browser: Client
) -> None:
    staff("bare", factor=False)
    browser.post("/accounts/login/", {"login": "bare", "password": WORD})
    page = browser.get("/operator/").content.decode()
    assert "Staff are asked for no second factor" in page


def test_a_password_alone_lets_nobody_in(strict: None, browser: Client) -> None:
    staff("two")
    browser.post("/accounts/login/", {"login": "two", "password": WORD})
    assert browser.get("/operator/")["Location"].startswith("/accounts/login/")
    assert "wrong" not in browser.post("/accounts/login/second/", {"code": "123"}).headers
    assert browser.get("/operator/")["Location"].startswith("/accounts/login/")
    browser.post("/accounts/login/second/", {"code": code_now()})
    assert browser.get("/operator/").status_code == 200


# --- saying again who one is ----------------------------------------------------------------------


def test_money_is_moved_by_whoever_said_lately_who_they_are(
    strict: None, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    staff("late")
    enter(browser, "late")
    page = f"/operator/lines/{number[1:]}/adjust/"
    assert browser.get(page).status_code == 200
    a_while_ago(browser, 15 * 60 + 1)
    assert browser.get("/operator/").status_code == 200, "looking needs no confirmation"
    asked = browser.get(page)
    assert asked["Location"].startswith("/accounts/again/password/?next=")
    again = browser.post(asked["Location"], {"password": "wrong", "next": page})
    assert again.status_code == 200
    back = browser.post(asked["Location"], {"password": WORD, "next": page})
    assert back["Location"] == page
    assert browser.get(page).status_code == 200


def test_a_form_that_was_sent_too_late_comes_back_as_it_was(
    strict: None, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    staff("later")
    enter(browser, "later")
    page = f"/operator/lines/{number[1:]}/adjust/"
    a_while_ago(browser, 15 * 60 + 1)
    sent = {**ADJUST, "reason": "typed <b>by hand</b>", "approver_password": "of another"}
    asked = browser.post(page, sent)
    assert asked["Location"].startswith("/accounts/again/password/?next=")
    kept = str(dict(browser.session))
    assert "by hand" not in kept, "what waits is sealed"
    assert "of another" not in kept
    back = browser.post(asked["Location"], {"password": WORD})
    answer = browser.get(back["Location"])
    shown = answer.content.decode()
    assert "typed &lt;b&gt;by hand&lt;/b&gt;" in shown
    # It waited once: loaded again, nothing is sent again.
    assert "by hand" not in browser.get(back["Location"]).content.decode()


def test_a_form_waits_for_its_own_page_alone(
    strict: None, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    staff("other")
    enter(browser, "other")
    a_while_ago(browser, 15 * 60 + 1)
    asked = browser.post(f"/operator/lines/{number[1:]}/hold/", {"cause": "fraud", "reason": "no"})
    mark = re.search(r"again%3D([\w-]+)", asked["Location"])
    assert mark is not None
    browser.post("/accounts/again/password/", {"password": WORD})
    browser.get(f"/operator/lines/{number[1:]}/adjust/?again={mark[1]}")
    browser.get(f"/operator/lines/{number[1:]}/hold/?again=another")
    assert counter.line(number).standing.held_since is None


# --- holders --------------------------------------------------------------------------------------


def texts_to(pages: Installation, to: str) -> list[str]:
    assert isinstance(pages.texts, Handset)
    return dict(pages.texts.shown()).get(to, [])


def code_to(pages: Installation, to: str) -> str:
    return str(re.findall(r"\b\d{6}\b", texts_to(pages, to)[0])[0])


def by_phone(browser: Client, pages: Installation, number: str) -> None:
    from django.core.cache import cache

    cache.clear()
    # Whoever waits for another code begins anew, as the button on its page does.
    browser.post("/accounts/logout/", {"next": "/accounts/login/code/"})
    browser.post("/accounts/login/code/", {"phone": number})
    browser.post("/accounts/login/code/confirm/", {"code": code_to(pages, number)})


def test_a_holder_signs_in_by_an_address_that_they_confirmed(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number, f"h{number[1:]}")
    by_phone(browser, pages, number)
    mail = f"ana{number[-4:]}@example.org"
    answer = browser.post("/accounts/email/", {"email": mail, "action_add": "1"})
    assert answer["Location"] == "/accounts/email/confirm/"
    browser.post("/accounts/logout/")
    before = len(texts_to(pages, mail))
    browser.post("/accounts/login/code/", {"email": mail})
    assert len(texts_to(pages, mail)) == before, "it was not confirmed yet"

    by_phone(browser, pages, number)
    from django.core.cache import cache

    cache.clear()
    browser.post("/accounts/email/", {"email": mail, "action_add": "1"})
    found = browser.post("/accounts/email/confirm/", {"code": code_to(pages, mail)})
    assert found["Location"] == "/my/account/", found.content.decode()
    browser.post("/accounts/logout/")
    browser.post("/accounts/login/code/", {"email": mail})
    browser.post("/accounts/login/code/confirm/", {"code": code_to(pages, mail)})
    assert number[4:8] in browser.get("/my/").content.decode()
    page = browser.get("/my/account/").content.decode()
    assert mail in page


def test_whoever_is_not_known_gets_the_same_page(pages: Installation, browser: Client) -> None:
    answer = browser.post("/accounts/login/code/", {"email": "nobody@example.org"}, follow=True)
    assert answer.redirect_chain == [("/accounts/login/code/confirm/", 302)]
    assert not texts_to(pages, "nobody@example.org")


def test_sign_out_everywhere_else(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    from django.test import Client

    counter.open(number, f"h{number[1:]}")
    other = Client(SERVER_NAME="localhost")
    by_phone(browser, pages, number)
    by_phone(other, pages, number)
    assert browser.get("/my/account/").content.decode().count("127.0.0.1") == 2
    assert browser.post("/my/account/everywhere/").status_code == 302
    assert other.get("/my/").status_code == 302
    assert browser.get("/my/").status_code == 200


def test_a_session_is_new_at_each_sign_in(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number, f"h{number[1:]}")
    browser.get("/accounts/login/code/")
    browser.post("/accounts/login/code/", {"phone": number})
    before = browser.session.session_key
    browser.post("/accounts/login/code/confirm/", {"code": code_to(pages, number)})
    assert browser.session.session_key != before
    held = browser.session.session_key or ""
    browser.post("/accounts/logout/")
    from django.test import Client

    thief = Client(SERVER_NAME="localhost")
    thief.cookies["sessionid"] = held
    assert thief.get("/my/").status_code == 302, "signed out is signed out"
