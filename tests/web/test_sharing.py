"""Who may see or pay for a number: asked, agreed to, ended; and nothing more than was agreed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from tests.shop import Shop
from tests.web.fixtures import entered

from baohao.outside.pretend.handset import Handset
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

    from baohao.web.sharing.models import Consent


@pytest.fixture
def other(number: str) -> str:
    return number[:-4] + "8" + number[-3:]


@pytest.fixture
def family(pages: Installation, counter: Shop, browser: Client, number: str, other: str) -> str:
    """A child who is signed in by `number`; the parent's number is `other`."""
    counter.open(number, f"h{number[1:]}")
    counter.open(other, f"h{other[1:]}")
    entered(browser, f"h{number[1:]}")
    return f"h{number[1:]}"


def client() -> Client:
    from django.test import Client

    return Client(SERVER_NAME="localhost")


def asked(browser: Client, number: str, other: str, *scopes: str) -> str:
    said = {"key": str(uuid4()), "mine": number, "number": other, "scopes": scopes}
    answer = browser.post("/my/sharing/ask/", said)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def code_of(pages: Installation, number: str) -> str:
    assert isinstance(pages.texts, Handset)
    found = re.search(r"the code (\d{6})", dict(pages.texts.shown())[number][0])
    assert found is not None
    return found[1]


def consent(number: str) -> Consent:
    from baohao.web.sharing.models import Consent

    return Consent.objects.get(number=number)


def test_a_parent_agrees_by_the_code_that_was_sent(
    pages: Installation, browser: Client, number: str, other: str, family: str
) -> None:
    page = asked(browser, number, other, "see", "pay")
    theirs = f"/my/for/{other[1:]}/"
    assert browser.get(theirs).status_code == 404
    wrong = f"{(int(code_of(pages, other)) + 1) % 1_000_000:06}"
    assert browser.post(page, {"code": wrong}).status_code == 409
    assert browser.post(page, {"code": code_of(pages, other)}).status_code == 302
    shown = browser.get(theirs).content.decode()
    assert "12 months" in shown
    assert "Safe until" in shown


def test_a_code_cannot_be_guessed(
    pages: Installation, browser: Client, number: str, other: str, family: str
) -> None:
    from baohao.web.sharing import consents

    page = asked(browser, number, other, "see")
    right = code_of(pages, other)
    for n in range(consents.TRIES):
        wrong = f"{(int(right) + n + 1) % 1_000_000:06}"
        assert browser.post(page, {"code": wrong}).status_code == 409
    assert browser.post(page, {"code": right}).status_code == 409
    assert browser.get(f"/my/for/{other[1:]}/").status_code == 404


def test_a_number_that_is_nobodys_answers_like_one_that_is(
    pages: Installation, browser: Client, number: str, other: str, family: str
) -> None:
    def told(to: str) -> str:
        page = browser.get(asked(browser, number, to, "see")).content.decode()
        return re.sub(
            r'value="[^"]{20,}"|[0-9a-f-]{36}', "", page.replace(to[4:8] + " " + to[8:], "N")
        )

    nobodys = number[:-4] + "7" + number[-3:]
    assert told(other) == told(nobodys)
    assert nobodys not in dict(pages.texts.shown())  # type: ignore[union-attr]
    assert consent(nobodys).grant is None


def test_who_pays_renews_once_and_sees_no_usage_and_no_money(
    pages: Installation, counter: Shop, browser: Client, number: str, other: str, family: str
) -> None:
    counter.fund(50_000, f"wallet:{family}:MOP")
    browser.post(asked(browser, number, other, "see", "pay"), {"code": code_of(pages, other)})
    theirs = f"/my/for/{other[1:]}/"
    promise = str(browser.post(theirs, {"term": "12 months"})["Location"])
    for _ in range(2):
        assert browser.post(promise, {"gateway": "wallet"}).status_code == 302
    assert counter.balance(f"wallet:{family}:MOP") == 50_000 - 12_000
    assert len(counter.line(other).sold) == 2
    page = browser.get(theirs).content.decode()
    assert "The number was renewed." in page
    history = page[page.index('class="history"') :]
    for secret in ("Minutes of calls", "Data (MB)", "MOP$", "receipts/", "by you"):
        assert secret not in history
    # What belongs to the holder is there for the holder alone.
    assert browser.get(f"/my/{other[1:]}/").status_code == 404


@pytest.mark.parametrize(("scope", "sees", "pays"), [("see", True, False), ("pay", False, True)])
def test_no_scope_holds_another(
    pages: Installation,
    browser: Client,
    number: str,
    other: str,
    family: str,
    scope: str,
    sees: bool,
    pays: bool,
) -> None:
    browser.post(asked(browser, number, other, scope), {"code": code_of(pages, other)})
    theirs = f"/my/for/{other[1:]}/"
    page = browser.get(theirs).content.decode()
    assert ("Safe until" in page) is sees
    assert ("For how long?" in page) is pays
    assert browser.post(theirs, {"term": "12 months"}).status_code == (302 if pays else 404)


def test_what_is_given_is_seen_until_it_is_withdrawn(
    pages: Installation, browser: Client, number: str, other: str, family: str
) -> None:
    said = {"key": str(uuid4()), "mine": number, "number": other, "scopes": ["see"]}
    for _ in range(2):
        assert browser.post("/my/sharing/give/", said).status_code == 302
    helper = client()
    entered(helper, f"h{other[1:]}")
    mine = f"/my/for/{number[1:]}/"
    assert helper.get(mine).status_code == 200
    assert helper.get(f"/my/{number[1:]}/").status_code == 404
    stranger = f"/my/sharing/{consent(number).id}/end/"
    assert client().post(stranger).status_code == 302
    assert helper.get(mine).status_code == 200
    assert browser.post(stranger).status_code == 302
    assert helper.get(mine).status_code == 404


def test_somebody_elses_consents_are_not_there(
    pages: Installation, counter: Shop, browser: Client, number: str, other: str, family: str
) -> None:
    third = number[:-4] + "5" + number[-3:]
    counter.open(third, f"h{third[1:]}")
    page = asked(browser, number, other, "see")
    stranger = client()
    entered(stranger, f"h{third[1:]}")
    answer = f"/my/sharing/{consent(other).id}/answer/"
    assert stranger.get(page).status_code == 404
    assert stranger.post(page, {"code": code_of(pages, other)}).status_code == 404
    assert stranger.post(answer, {"answer": "yes"}).status_code == 404
    # Who asked cannot answer for the other.
    assert browser.post(answer, {"answer": "yes"}).status_code == 404
    parent = client()
    entered(parent, f"h{other[1:]}")
    assert number[4:8] + " " + number[8:] in parent.get("/my/sharing/").content.decode()
    assert parent.post(answer, {"answer": "yes"}).status_code == 302
    assert browser.get(f"/my/for/{other[1:]}/").status_code == 200
    assert stranger.get(f"/my/for/{other[1:]}/").status_code == 404


def test_the_next_holder_has_let_nobody(
    pages: Installation, counter: Shop, browser: Client, number: str, other: str, family: str
) -> None:
    browser.post(asked(browser, number, other, "see", "pay"), {"code": code_of(pages, other)})
    assert browser.get(f"/my/for/{other[1:]}/").status_code == 200
    heir = {"holder": "heir", "document": "bir", "cause": "death", "approved_by": "staff"}
    counter.say("transfer", other, principal="clerk", **heir)
    assert browser.get(f"/my/for/{other[1:]}/").status_code == 404
    assert "/my/for/" not in browser.get("/my/sharing/").content.decode()
    new = client()
    entered(new, "heir")
    page = new.get("/my/sharing/").content.decode()
    assert number[8:] not in page


def test_a_day_ends_it_and_malformed_wishes_are_told(
    pages: Installation, browser: Client, number: str, other: str, family: str
) -> None:
    said = {"key": str(uuid4()), "mine": number, "number": other, "scopes": ["see"]}
    past = browser.post("/my/sharing/give/", said | {"last": "2020-01-01"})
    assert past.status_code == 409
    assert "it ends before it begins" in past.content.decode()
    wrongs: list[dict[str, object]] = [{"number": "12"}, {"scopes": []}]
    wrongs += [{"mine": other}, {"number": number}]
    for bad in wrongs:
        assert browser.post("/my/sharing/give/", said | bad).status_code in (200, 409)
    assert browser.post("/my/sharing/give/", said | {"last": "2099-01-01"}).status_code == 302
    assert consent(number).until is not None
    assert "1 January 2099" in browser.get("/my/sharing/").content.decode()


def test_at_the_counter_the_holder_agrees_with_their_document(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    from baohao.core.people import read_person
    from baohao.web.accounts.models import Account
    from baohao.web.accounts.roles import Role
    from baohao.web.counter.people import registered

    other = number[:-4] + "4" + number[-3:]
    person = read_person(
        name="Lou", document="passport", number=f"P{number[-7:]}", country="PRT", expires_on=None
    )
    counter.open(number, f"h{number[1:]}")
    counter.open(other, registered(person))
    entered(browser, f"h{number[1:]}")
    asked(browser, number, other, "see")
    clerk = client()
    account, _ = Account.objects.get_or_create(
        name="clerk", role=Role.CLERK, operator="demo", till="hall-1"
    )
    clerk.force_login(account, "allauth.account.auth_backends.AuthenticationBackend")
    page = f"/counter/{other[1:]}/agree/"
    assert number[4:8] in clerk.get(page).content.decode()
    said = {"consent": str(consent(other).id), "document": "passport", "country": "PRT"}
    refused = clerk.post(page, said | {"number": "P0000001"})
    assert refused.status_code == 409
    assert browser.get(f"/my/for/{other[1:]}/").status_code == 404
    assert clerk.post(page, said | {"number": f"P{number[-7:]}"}).status_code == 302
    assert browser.get(f"/my/for/{other[1:]}/").status_code == 200
    assert consent(other).how == "counter:clerk"
