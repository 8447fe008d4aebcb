"""Messages to the operator: asked once, answered by its own staff, read by their holder alone."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from tests.shop import Shop
from tests.web.fixtures import entered

from baohao.outside.pretend.handset import Handset
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

    from baohao.web.support.models import Talk

NASTY = "<script>alert(1)</script> \u202e 𡃁𨋢𫚉 🙂"


def client() -> Client:
    from django.test import Client

    return Client(SERVER_NAME="localhost")


def clerk_of(operator: str) -> Client:
    from baohao.web.accounts.models import Account
    from baohao.web.accounts.roles import Role

    found = client()
    name = f"clerk of {operator}"
    account, _ = Account.objects.get_or_create(name=name, role=Role.CLERK, operator=operator)
    found.force_login(account, "allauth.account.auth_backends.AuthenticationBackend")
    return found


@pytest.fixture
def holder(pages: Installation, counter: Shop, browser: Client, number: str) -> str:
    counter.open(number, f"h{number[1:]}")
    entered(browser, f"h{number[1:]}")
    return f"h{number[1:]}"


def sent(browser: Client, about: str, text: str = "Where is my card?") -> str:
    said = {"key": str(uuid4()), "about": about, "text": text}
    first, second = (browser.post("/my/messages/", said) for _ in range(2))
    assert (first.status_code, first["Location"]) == (302, second["Location"])
    return str(first["Location"])


def talk_of(holder: str) -> Talk:
    from baohao.web.support.models import Talk

    return Talk.objects.get(holder=holder)


def test_a_question_is_asked_once_and_answered_once(
    pages: Installation, browser: Client, number: str, holder: str
) -> None:
    page = sent(browser, number)
    talk = talk_of(holder)
    clerk = clerk_of("demo")
    assert "Where is my card?" in clerk.get("/support/").content.decode()
    said = {"key": str(uuid4()), "text": "At the hall."}
    for _ in range(2):
        assert clerk.post(f"/support/{talk.id}/", said).status_code == 302
    assert talk.said.count() == 2
    assert f"/support/{talk.id}/" not in clerk.get("/support/").content.decode()
    assert f"/support/{talk.id}/" in clerk.get("/support/?answered=1").content.decode()
    assert isinstance(pages.texts, Handset)
    (text,) = dict(pages.texts.shown())[number]
    assert "There is an answer" in text
    assert "hall" not in text
    assert "New answer" in browser.get("/my/messages/").content.decode()
    shown = browser.get(page).content.decode()
    assert "At the hall." in shown
    assert "clerk of demo" not in shown
    assert "New answer" not in browser.get("/my/messages/").content.decode()
    browser.post(page, {"key": str(uuid4()), "text": "Thank you"})
    assert f"/support/{talk.id}/" in clerk.get("/support/").content.decode()
    assert clerk.post(f"/support/{talk.id}/", {"settle": "1"}).status_code == 302
    assert f"/support/{talk.id}/" not in clerk.get("/support/").content.decode()


def test_nobody_else_reads_or_answers(
    pages: Installation, counter: Shop, browser: Client, number: str, holder: str
) -> None:
    page = sent(browser, number)
    other = number[:-4] + "2" + number[-3:]
    counter.open(other, f"h{other[1:]}")
    stranger = client()
    entered(stranger, f"h{other[1:]}")
    assert stranger.get(page).status_code == 404
    assert stranger.post(page, {"key": str(uuid4()), "text": "x"}).status_code == 404
    assert "Where is my card?" not in stranger.get("/my/messages/").content.decode()
    # A key of somebody else's brings nothing of theirs.
    said = {"key": str(talk_of(holder).id), "about": other, "text": "x"}
    assert stranger.post("/my/messages/", said).status_code == 404
    # Nor does a number that is not one's own.
    wrong = {"key": str(uuid4()), "about": number, "text": "x"}
    assert stranger.post("/my/messages/", wrong).status_code == 200
    elsewhere = clerk_of("demo2")
    assert str(talk_of(holder).id) not in elsewhere.get("/support/").content.decode()
    assert elsewhere.get(f"/support/{talk_of(holder).id}/").status_code == 404
    assert talk_of(holder).said.count() == 1


def test_it_ends_with_the_tenure(
    pages: Installation, counter: Shop, browser: Client, number: str, holder: str
) -> None:
    page = sent(browser, number)
    general = sent(browser, "", "In general?")
    heir = {"holder": "heir", "document": "bir", "cause": "death", "approved_by": "staff"}
    counter.say("transfer", number, principal="clerk", **heir)
    assert browser.get(page).status_code == 404
    assert browser.get(general).status_code == 200
    new = client()
    entered(new, "heir")
    assert new.get(page).status_code == 404
    assert "Where is my card?" not in new.get("/my/messages/").content.decode()
    clerk = clerk_of("demo")
    talk = page.rstrip("/").rpartition("/")[2]
    answer = f"/support/{talk}/"
    assert "no longer this holder" in clerk.get(answer).content.decode()
    clerk.post(answer, {"key": str(uuid4()), "text": "too late"})
    # Nobody texts the next holder about it.
    assert isinstance(pages.texts, Handset)
    assert number not in dict(pages.texts.shown())


@pytest.mark.parametrize("text", ["", "   ", "x" * 4_001])
def test_what_is_no_message_is_told(
    pages: Installation, browser: Client, number: str, holder: str, text: str
) -> None:
    answer = browser.post("/my/messages/", {"key": str(uuid4()), "about": number, "text": text})
    assert answer.status_code == 200
    assert 'class="error"' in answer.content.decode()


def test_letters_of_all_kinds_come_back_as_they_were(
    pages: Installation, browser: Client, number: str, holder: str
) -> None:
    shown = browser.get(sent(browser, number, NASTY)).content.decode()
    assert "<script>alert" not in shown
    assert "𡃁𨋢𫚉 🙂" in shown
    assert "&lt;script&gt;" in clerk_of("demo").get("/support/").content.decode()


def test_lists_page_by_key(
    pages: Installation, browser: Client, number: str, holder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from baohao.web.support import answering

    monkeypatch.setattr(answering, "PAGE", 2)
    texts = [f"question {n} of {number}" for n in range(5)]
    for text in texts:
        sent(browser, number, text)
    clerk, seen, address = clerk_of("demo"), "", "/support/"
    while address:
        page = clerk.get(address).content.decode()
        seen += page
        at = page.find('href="?after=')
        address = "/support/" + page[at + 6 : page.index('"', at + 6)] if at >= 0 else ""
    assert [seen.count(text) for text in texts] == [1] * 5
