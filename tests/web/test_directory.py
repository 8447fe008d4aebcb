"""Staff sign in by their operator's own directory: over real HTTP, with one that misbehaves."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.web.test_signing_in import SECRET, WORD, a_while_ago, code_now, staff

from baohao.config import OIDC_ROLES, BadSetting, settings
from baohao.outside.pretend.directory import FAULTS, Person, PretendDirectory
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

    from baohao.web.accounts.models import Account

BACK = "http://localhost/accounts/login/directory/back/"
ENTER = "/accounts/login/directory/"
HALL, LEADS = "cn=hall,ou=staff,dc=example", "cn=leads,ou=staff,dc=example"
#: What the installation is told of the directory, but for where it is.
TOLD = {
    "BAOHAO_OIDC_CLIENT": "baohao",
    "BAOHAO_OIDC_SECRET": "not-a-secret",
    "BAOHAO_OIDC_OPERATOR": "demo",
    "BAOHAO_OIDC_ROLES": f"{LEADS}:supervisor, {HALL}:clerk,boss:admin",
}


def clock() -> datetime:
    # A directory has a clock of its own, as its tokens are judged by the machine's.
    from django.utils import timezone

    return timezone.now()


@pytest.fixture
def directory(pages: Installation) -> Iterator[PretendDirectory]:
    """A directory with a clerk at the browser; nothing is relaxed, as outside the demo."""
    from django.test import override_settings

    from baohao.web.accounts.models import Account
    from baohao.web.settings import of_directory

    Account.objects.filter(by_directory=True).delete()
    with PretendDirectory(clock, back=BACK) as made:
        made.people["ana"] = Person(name="Ana Lei", groups=["all", HALL], methods=["pwd", "mfa"])
        made.who = "ana"
        found = settings({**TOLD, "BAOHAO_OIDC_ISSUER": made.url}).oidc
        with override_settings(RELAXED=frozenset(), **of_directory(found)):
            yield made


def asked(onward: str) -> str:
    """Ask the directory as a browser does; return whither it sends the browser."""
    parts = urlsplit(onward)
    line = http.client.HTTPConnection(parts.netloc, timeout=5)
    try:
        line.request("GET", f"{parts.path}?{parts.query}")
        answer = line.getresponse()
        answer.read()
        assert answer.status == 302, answer.status
        return str(answer.headers["Location"])
    finally:
        line.close()


def led(browser: Client, address: str = ENTER) -> Any:
    """Go to the directory, and come back; return the page that is shown then."""
    answer = browser.get(address)
    assert answer.status_code == 302, answer.content.decode()
    back = asked(answer["Location"])
    assert back.startswith(BACK)
    return browser.get(back.removeprefix("http://localhost"))


def known() -> Account | None:
    from baohao.web.accounts.models import Account

    return Account.objects.filter(by_directory=True).first()


def test_a_clerk_signs_in_by_the_directory_and_gets_to_the_counter(
    directory: PretendDirectory, browser: Client
) -> None:
    assert ENTER in browser.get("/accounts/login/").content.decode()
    assert led(browser, f"{ENTER}?next=/counter/")["Location"] == "/counter/"
    assert browser.get("/counter/").status_code == 200
    account = known()
    assert account is not None
    assert (account.role, account.operator, account.title) == ("clerk", "demo", "Ana Lei")
    assert directory.heard == [
        "/.well-known/openid-configuration",
        "/authorize",
        "/.well-known/openid-configuration",
        "/token",
        "/keys",
    ]


def test_it_is_asked_with_a_state_a_nonce_and_a_challenge(
    directory: PretendDirectory, browser: Client
) -> None:
    more = "?scope=admin&auth_params=nonce%3Dmine%26prompt%3Dnone"
    first, second = (
        parse_qs(urlsplit(browser.get(ENTER + each)["Location"]).query) for each in ("", more)
    )
    assert first["code_challenge_method"] == ["S256"]
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
        assert len(first[name][0]) >= 16
    assert second["nonce"] != ["mine"], "whoever made the link says nothing of it"
    assert "prompt" not in second
    assert "admin" not in second["scope"][0]


def test_nothing_of_a_person_is_kept_but_who_it_is(
    directory: PretendDirectory, browser: Client
) -> None:
    from allauth.account.models import EmailAddress
    from allauth.socialaccount.models import SocialAccount, SocialToken

    led(browser)
    kept = SocialAccount.objects.get(user=known())
    assert kept.extra_data == {}
    assert not SocialToken.objects.exists()
    assert not EmailAddress.objects.filter(user=known()).exists()


def test_role_and_name_follow_the_directory_at_each_sign_in(
    directory: PretendDirectory, browser: Client
) -> None:
    led(browser)
    assert browser.get("/operator/").status_code == 404
    browser.post("/accounts/logout/")
    directory.people["ana"].groups, directory.people["ana"].name = [HALL, LEADS], "Ana Chan"
    led(browser)
    account = known()
    assert account is not None
    assert (account.role, account.title) == ("supervisor", "Ana Chan"), "of several, the first"
    assert browser.get("/operator/").status_code == 200
    browser.post("/accounts/logout/")

    directory.people["ana"].groups = ["all"]
    shown = led(browser)
    assert shown.status_code == 403
    assert "gives you no role here" in shown.content.decode()
    account.refresh_from_db()
    assert not account.is_active
    assert browser.get("/counter/").status_code == 302
    directory.people["ana"].groups = [HALL]
    led(browser)
    assert browser.get("/counter/").status_code == 200
    from baohao.web.accounts.models import Deed

    said = Deed.objects.filter(what="directory", by=account.name).order_by("pk")
    assert [each.said for each in said] == ["clerk", "supervisor", "", "clerk"]


def test_whoever_loses_their_role_is_out_wherever_they_are_signed_in(
    directory: PretendDirectory, browser: Client
) -> None:
    from django.test import Client

    led(browser)
    directory.people["ana"].groups = []
    led(Client(SERVER_NAME="localhost"))
    assert browser.get("/counter/")["Location"].startswith("/accounts/login/")


def test_whoever_has_no_role_gets_no_account(directory: PretendDirectory, browser: Client) -> None:
    directory.people["ana"].groups = ["cn=hall", "owner", "seller", HALL.upper()]
    assert led(browser).status_code == 403
    assert known() is None


@pytest.mark.parametrize("fault", [*FAULTS, "groups"])
def test_a_directory_that_misbehaves_lets_nobody_in(
    directory: PretendDirectory, browser: Client, fault: str
) -> None:
    directory.fault = fault
    answer = led(browser)
    assert answer.status_code == 403, answer
    assert ("not believed" in answer.content.decode()) == (fault != "groups")
    assert known() is None
    assert browser.get("/counter/").status_code == 302


@pytest.mark.parametrize("fault", [*FAULTS, "groups"])
def test_what_is_not_looked_at_is_believed(
    directory: PretendDirectory, browser: Client, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The red twin: with nothing looked at, all but missing groups lets somebody in."""
    import jwt

    from baohao.web.accounts import directory_claims

    def blind(token: str, **_: Any) -> Any:
        return jwt.decode(token, options={"verify_signature": False}) | {"iss": "any"}

    monkeypatch.setattr(directory_claims, "signed", blind)
    monkeypatch.setattr(directory_claims, "answers", lambda claims, nonce: True)
    directory.fault = fault
    led(browser)
    assert (known() is None) == (fault == "groups")


def test_groups_may_be_said_at_the_second_address(
    directory: PretendDirectory, browser: Client
) -> None:
    directory.groups_in_token = False
    led(browser)
    assert browser.get("/counter/").status_code == 200
    assert directory.heard[-1] == "/userinfo"
    browser.post("/accounts/logout/")
    directory.fault = "person"
    assert led(browser).status_code == 403
    assert browser.get("/counter/").status_code == 302


def test_an_answer_is_good_once_and_for_the_browser_that_asked(
    directory: PretendDirectory, browser: Client
) -> None:
    from django.test import Client

    back = asked(browser.get(ENTER)["Location"]).removeprefix("http://localhost")
    other = Client(SERVER_NAME="localhost")
    assert other.get(back).status_code == 403
    assert browser.get(back).status_code == 302
    browser.post("/accounts/logout/")
    assert browser.get(back).status_code == 403
    assert browser.get("/counter/").status_code == 302


def test_whoever_stops_at_the_directory_is_told_that_nothing_was_done(
    directory: PretendDirectory, browser: Client
) -> None:
    directory.who = ""
    answer = led(browser)
    assert answer.status_code == 403
    assert "You stopped at the directory" in answer.content.decode()


def test_a_directory_that_does_not_answer_is_said_so(
    directory: PretendDirectory, browser: Client
) -> None:
    back = asked(browser.get(ENTER)["Location"]).removeprefix("http://localhost")
    directory.fault = "silent"
    for address in (ENTER, back):
        answer = browser.get(address)
        assert answer.status_code == 503
        assert "does not answer" in answer.content.decode()
    assert known() is None


def test_a_directory_that_is_another_or_sends_elsewhere_is_not_asked(
    directory: PretendDirectory, browser: Client
) -> None:
    back = asked(browser.get(ENTER)["Location"]).removeprefix("http://localhost")
    directory.fault = "onward"
    assert browser.get(back).status_code == 503
    assert directory.heard[-1] == "/keys"
    directory.fault = "name"
    assert browser.get(ENTER).status_code == 503
    assert known() is None


def test_a_directory_is_not_spoken_to_in_the_clear() -> None:
    from baohao.web.accounts.directory_claims import are_closed

    issuer = "https://id.example"
    closed = {"token_endpoint": f"{issuer}/t", "jwks_uri": f"{issuer}/k", "scopes_supported": []}
    assert are_closed(closed, issuer)
    for name in ("token_endpoint", "jwks_uri"):
        assert not are_closed({**closed, name: "http://id.example/x"}, issuer)


def test_there_is_no_way_where_no_directory_is(pages: Installation, browser: Client) -> None:
    assert ENTER not in browser.get("/accounts/login/").content.decode()
    for address in (ENTER, f"{ENTER}back/?code=1&state=2"):
        assert browser.get(address)["Location"] == "/accounts/login/"


# --- passwords, second factors, and saying it again -----------------------------------------------


def test_nobody_gets_past_the_directory(directory: PretendDirectory, browser: Client) -> None:
    from allauth.account.internal.flows.login import perform_login
    from allauth.account.models import Login
    from django.contrib.auth.models import AnonymousUser
    from django.test import RequestFactory

    led(browser)
    account = known()
    assert account is not None
    browser.post("/accounts/logout/")
    browser.post("/accounts/login/", {"login": account.name, "password": ""})
    account.set_password(WORD)
    account.save()
    answer = browser.post("/accounts/login/", {"login": account.name, "password": WORD})
    assert answer.status_code == 403, "not even with one that was given by mistake"
    assert browser.get("/counter/").status_code == 302
    assert not account.has_usable_password()
    # By a passkey, neither: all ways in lead through here.
    request = RequestFactory().get("/")
    request.user, request.session = AnonymousUser(), browser.session
    from allauth.core import context

    with context.request_context(request):
        assert perform_login(request, Login(user=account)).status_code == 403


def test_the_console_gives_no_password_and_no_role_to_those_of_a_directory(
    directory: PretendDirectory, browser: Client
) -> None:
    from django.test import Client

    directory.people["eva"] = Person(name="Eva", groups=["boss"], methods=["mfa"])
    led(browser)
    account, directory.who = known(), "eva"
    assert account is not None
    admin = Client(SERVER_NAME="localhost")
    led(admin)
    page = f"/operator/staff/{account.pk}/"
    assert "Give a new password" not in admin.get(page).content.decode()
    assert admin.post(page, {"what": "password"}).status_code == 200
    sent = {"what": "change", "role": "admin", "title": "Boss", "point": "", "till": "hall-1"}
    assert admin.post(page, sent).status_code == 302
    account.refresh_from_db()
    assert (account.role, account.title, account.till) == ("clerk", "Ana Lei", "hall-1")
    assert not account.has_usable_password()
    assert not account.must_change


def test_a_second_factor_is_ours_where_the_directory_asked_for_none(
    directory: PretendDirectory, browser: Client
) -> None:
    from allauth.mfa.totp.internal.auth import TOTP

    directory.people["ana"].methods = ["pwd"]
    led(browser)
    assert browser.get("/counter/")["Location"] == "/accounts/2fa/"
    browser.post("/accounts/logout/")
    TOTP.activate(known(), SECRET)
    assert led(browser)["Location"] == "/accounts/login/second/"
    assert browser.get("/counter/").status_code == 302
    browser.post("/accounts/login/second/", {"code": code_now()})
    assert browser.get("/counter/").status_code == 200
    # A second factor of the directory's is not asked for once more.
    browser.post("/accounts/logout/")
    directory.people["ana"].methods = ["pwd", "otp", "mfa"]
    assert led(browser)["Location"] == "/in/"
    assert browser.get("/counter/").status_code == 200


def test_what_the_directory_asked_for_holds_for_that_sign_in_alone(
    directory: PretendDirectory, browser: Client
) -> None:
    led(browser)
    assert browser.get("/counter/").status_code == 200
    browser.post("/accounts/logout/")
    directory.people["ana"].methods = ["pwd"]
    led(browser)
    assert browser.get("/counter/")["Location"] == "/accounts/2fa/"


def test_a_sign_in_ends_with_the_day(directory: PretendDirectory, browser: Client) -> None:
    led(browser)
    assert browser.session.get_expiry_age() <= timedelta(hours=12).total_seconds()


def confirming(directory: PretendDirectory, browser: Client) -> tuple[str, str]:
    """Sign an administrator in, long ago; return a page that asks again, and where it leads."""
    directory.people["ana"].groups = ["boss"]
    led(browser)
    a_while_ago(browser, 15 * 60 + 1)
    page = "/operator/staff/"
    again = browser.get(page)["Location"]
    assert again == "/accounts/again/directory/?next=%2Foperator%2Fstaff%2F"
    return page, again


def test_saying_again_who_one_is_leads_through_the_directory(
    directory: PretendDirectory, browser: Client
) -> None:
    page, again = confirming(directory, browser)
    onward = parse_qs(urlsplit(browser.get(again)["Location"]).query)
    assert (onward["prompt"], onward["max_age"]) == (["login"], ["0"])
    key = browser.session.session_key
    assert led(browser, again)["Location"] == page
    assert browser.get(page).status_code == 200
    assert browser.session.session_key == key, "what was typed is still there"


def test_a_directory_that_did_not_ask_anew_confirms_nothing(
    directory: PretendDirectory, browser: Client
) -> None:
    page, again = confirming(directory, browser)
    directory.people["ana"].showed_at = (clock() - timedelta(minutes=20)).timestamp()
    directory.asks_anew = False
    answer = led(browser, again)
    assert answer.status_code == 403
    assert "has to ask you anew" in answer.content.decode()
    assert browser.get(page).status_code == 302


def test_nobody_confirms_for_somebody_else(directory: PretendDirectory, browser: Client) -> None:
    page, again = confirming(directory, browser)
    directory.people["eva"] = Person(name="Eva", groups=["boss"], methods=["mfa"])
    directory.who = "eva"
    assert led(browser, again).status_code == 403
    assert browser.get(page).status_code == 302


def test_other_staff_confirm_by_their_password(
    directory: PretendDirectory, browser: Client
) -> None:
    staff("of-the-house")
    browser.post("/accounts/login/", {"login": "of-the-house", "password": WORD})
    browser.post("/accounts/login/second/", {"code": code_now()})
    assert browser.get("/accounts/again/directory/")["Location"] == "/accounts/again/password/"


# --- settings -------------------------------------------------------------------------------------


def test_settings_of_a_directory() -> None:
    found = settings({**TOLD, "BAOHAO_OIDC_ISSUER": "https://id.example/realms/x"}).oidc
    assert found is not None
    assert found.roles == ((LEADS, "supervisor"), (HALL, "clerk"), ("boss", "admin"))
    assert (found.claim, found.operator) == ("groups", "demo")
    assert "not-a-secret" not in repr(found)
    assert settings({}).oidc is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"BAOHAO_OIDC_ISSUER": "http://id.example"},
        {"BAOHAO_OIDC_ISSUER": "https://id.example/?tenant=1"},
        {"BAOHAO_OIDC_SECRET": ""},
        {"BAOHAO_OIDC_OPERATOR": ""},
        {"BAOHAO_OIDC_ROLES": ""},
        {"BAOHAO_OIDC_ROLES": "hall"},
        {"BAOHAO_OIDC_ROLES": "hall:clerk,leads"},
        {"BAOHAO_OIDC_ROLES": "hall:owner"},
        {"BAOHAO_OIDC_ROLES": ":clerk"},
    ],
)
def test_settings_of_a_directory_that_cannot_be_used_say_so(wrong: dict[str, str]) -> None:
    with pytest.raises(BadSetting, match="BAOHAO_OIDC_"):
        settings({**TOLD, "BAOHAO_OIDC_ISSUER": "https://id.example"} | wrong)


def test_a_directory_of_nobody_is_refused_at_the_start(pages: Installation) -> None:
    found = settings({**TOLD, "BAOHAO_OIDC_ISSUER": "https://id.example"}).oidc
    assert found is not None
    from baohao.web.settings import directory

    for operator, is_there in (("demo", True), ("nobody", False)):
        said = replace(pages.settings, oidc=replace(found, operator=operator))
        house = Installation(settings=said)
        if is_there:
            assert directory(house) == said.oidc
        else:
            with pytest.raises(BadSetting, match=" demo,"):
                directory(house)


def test_a_directory_gives_each_role_of_staff_and_no_other() -> None:
    from baohao.web.accounts.roles import Role

    assert set(OIDC_ROLES) == {each.value for each in Role} - {"owner", "seller"}


def test_a_long_while_is_told_from_a_short_one() -> None:
    from baohao.web.accounts.directory_claims import asked_since, has_two_factors

    at = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
    assert asked_since({"auth_time": at}, at)
    for said in (at - 61, str(at), None, True):
        assert not asked_since({"auth_time": said}, at)
    assert has_two_factors({"amr": ["mfa"]})
    assert has_two_factors({"acr": "https://refeds.org/profile/mfa"})
    for wrong in ({}, {"amr": "mfa"}, {"amr": ["pwd"]}, {"acr": "1"}, {"acr": ["phr"]}):
        assert not has_two_factors(wrong)
