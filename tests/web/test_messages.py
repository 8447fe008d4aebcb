"""Holders say how they are told; anybody looks up whether a message is ours; calendars follow."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from icalendar import Calendar
from tests.app.telling import mail_to
from tests.shop import Shop
from tests.web.test_holder import signed_in

from baohao.app.messages import preferences
from baohao.app.messages.preferences import Preferences
from baohao.outside.pretend.post_office import REFUSED, PostOffice
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

FORM = {"channels": "", "language": "", "zone": "", "quiet_from": "", "quiet_to": ""}


@pytest.fixture
def office(pages: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostOffice]:
    from django.core.cache import cache

    cache.clear()
    with PostOffice() as opened:
        monkeypatch.setitem(pages.__dict__, "mail", mail_to(opened))
        yield opened


@pytest.fixture
def holder(
    pages: Installation, counter: Shop, browser: Client, number: str, office: PostOffice
) -> str:
    """Somebody who has a number, and has signed in."""
    name = f"h{number[1:]}"
    counter.open(number, name)
    signed_in(browser, pages, number)
    return name


def kept(pages: Installation, counter: Shop, holder: str) -> Preferences:
    with counter.looking() as conn:
        return preferences.read(conn, pages.vault, holder)


def code_of(office: PostOffice) -> str:
    _, letter = office.received[-1]
    return str(re.findall(r"\d{6}", letter["Subject"])[0])


def test_an_address_counts_when_its_code_has_come_back(
    pages: Installation, counter: Shop, browser: Client, holder: str, office: PostOffice
) -> None:
    wishes = {"language": "pt", "zone": "Europe/Lisbon", "quiet_from": "22:00", "quiet_to": "08:00"}
    said = FORM | wishes | {"email": "Ana@example.org", "channels": "sms email", "lead_days": "45"}
    assert browser.post("/my/preferences/", said)["Location"] == "/my/preferences/email/"
    assert kept(pages, counter, holder).email == ""
    wrong = f"{(int(code_of(office)) + 1) % 1_000_000:06}"
    assert browser.post("/my/preferences/email/", {"code": wrong}).status_code == 409
    code = code_of(office)
    browser.post("/my/preferences/email/", {"code": f" {code[:3]} {code[3:]} "})
    found = kept(pages, counter, holder)
    assert found == Preferences(
        email="Ana@example.org",
        channels=("sms", "email"),
        language="pt",
        zone="Europe/Lisbon",
        quiet_from="22:00",
        quiet_to="08:00",
        lead_days=45,
    )
    page = browser.get("/my/preferences/").content.decode()
    assert 'value="Ana@example.org"' in page
    assert 'value="22:00"' in page
    # The same again needs no code; an empty one takes it away.
    browser.post("/my/preferences/", FORM | {"email": "Ana@example.org"})
    assert kept(pages, counter, holder) == Preferences(email="Ana@example.org")
    browser.post("/my/preferences/", FORM | {"email": ""})
    assert kept(pages, counter, holder) == Preferences()
    assert len(office.received) == 1


def test_a_code_that_was_wrong_too_often_is_void(
    pages: Installation, counter: Shop, browser: Client, holder: str, office: PostOffice
) -> None:
    browser.post("/my/preferences/", FORM | {"email": "ana@example.org"})
    wrong = f"{(int(code_of(office)) + 1) % 1_000_000:06}"
    answers = [browser.post("/my/preferences/email/", {"code": wrong}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [409] * 4 + [302]
    browser.post("/my/preferences/email/", {"code": code_of(office)})
    assert kept(pages, counter, holder).email == ""


def test_an_old_code_is_void(
    pages: Installation, counter: Shop, browser: Client, holder: str, office: PostOffice
) -> None:
    browser.post("/my/preferences/", FORM | {"email": "ana@example.org"})
    session = browser.session
    session["email_pending"] |= {"until": (counter.now() - timedelta(seconds=1)).isoformat()}
    session.save()
    browser.post("/my/preferences/email/", {"code": code_of(office)})
    assert kept(pages, counter, holder).email == ""


def test_an_address_that_nothing_reaches_is_said_at_once(
    pages: Installation,
    browser: Client,
    holder: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with PostOffice(fates=[REFUSED]) as closed:
        monkeypatch.setitem(pages.__dict__, "mail", mail_to(closed))
        said = FORM | {"email": "nobody@example.org"}
        answer = browser.post("/my/preferences/", said, follow=True)
    assert "No mail reaches that address" in answer.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "nobody"},
        {"email": "a@example.org\r\nBcc: b@example.org"},
        {"zone": "Mars/Olympus"},
        {"language": "tlh"},
        {"lead_days": "0"},
        {"lead_days": "366"},
        {"quiet_from": "22:00"},
        {"quiet_from": "25:00", "quiet_to": "08:00"},
        {"channels": "pigeon"},
    ],
)
def test_what_was_typed_wrong_is_said_at_its_field_and_changes_nothing(
    pages: Installation, counter: Shop, browser: Client, holder: str, wrong: dict[str, str]
) -> None:
    answer = browser.post("/my/preferences/", FORM | {"email": ""} | wrong)
    assert answer.status_code == 200
    assert 'class="error"' in answer.content.decode()
    assert kept(pages, counter, holder) == Preferences()


# --- is this message ours? ------------------------------------------------------------------------


def told(pages: Installation, counter: Shop) -> None:
    """What the worker does."""
    pages.outbox(counter.shell).run()


def test_a_code_says_when_how_and_about_which_number_in_part(
    pages: Installation, counter: Shop, browser: Client, number: str, office: PostOffice
) -> None:
    counter.open(number)
    told(pages, counter)
    text = dict(pages.texts.shown())[number][0]  # type: ignore[union-attr]
    code = re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}", text)[0]
    page = browser.post("/ours/", {"code": code.lower()}).content.decode()
    assert "We sent a message with this code" in page
    assert f"{number[:-6]}•••{number[-3:]}" in page
    assert number not in page
    unknown = [browser.post("/ours/", {"code": each}) for each in ("0000-0000", "x" * 40, "<b>")]
    assert {answer.status_code for answer in unknown} == {200}
    assert len({re.sub(r'value="[^"]*"', "", a.content.decode()) for a in unknown}) == 1
    again = [browser.post("/ours/", {"code": code}).status_code for _ in range(20)]
    assert again[-1] == 429


# --- the calendar ---------------------------------------------------------------------------------


def address(browser: Client) -> str:
    page = browser.get("/my/preferences/").content.decode()
    found = re.findall(r"http://localhost(/calendar/[\w-]{56}\.ics)", page)
    return found[0] if found else ""


def events(body: bytes) -> list[Any]:
    return list(Calendar.from_ical(body).walk("VEVENT"))


def test_a_calendar_follows_its_line_and_ends_with_the_tenure(
    counter: Shop, browser: Client, number: str, holder: str, caplog: pytest.LogCaptureFixture
) -> None:
    from django.test import Client

    browser.post("/my/calendar/", {"what": "make", "seen": ""})
    place = address(browser)
    first = browser.get(place)
    assert first["Content-Type"] == "text/calendar"
    body = first.content
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert max(map(len, body.split(b"\r\n"))) <= 75
    assert number[1:].encode() not in body.replace(b"\r\n ", b"")
    before = {str(event["UID"]): event for event in events(body)}
    assert before
    assert b"BEGIN:VTIMEZONE" in body
    assert all(event.walk("VALARM") for event in before.values())
    until = counter.line(number).standing.clocks["service"].deadline
    assert until in {event["DTEND"].dt for event in before.values()}
    # Nothing has happened: the reader keeps what it has.
    again = browser.get(place, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    counter.answers([counter.renew(number)])
    after = {str(event["UID"]): event for event in events(browser.get(place).content)}
    assert set(after) == set(before)
    for uid, event in after.items():
        assert event["SEQUENCE"] > before[uid]["SEQUENCE"]
        assert event["DTEND"].dt > before[uid]["DTEND"].dt
    heir = {"holder": "heir", "document": "bir", "cause": "death", "approved_by": "staff"}
    counter.say("transfer", number, principal="clerk", **heir)
    # A program, which has no session; one that is over is told so.
    assert events(Client(SERVER_NAME="localhost").get(place).content) == []
    assert browser.get(place).status_code == 403
    assert place not in caplog.text


def test_an_address_is_made_once_renewed_and_taken_away(
    pages: Installation, browser: Client, holder: str
) -> None:
    assert address(browser) == ""
    for _ in range(2):
        browser.post("/my/calendar/", {"what": "make", "seen": ""})
    first = address(browser)
    page = browser.get("/my/preferences/").content.decode()
    seen = re.findall(r'name="seen" value="([^"]+)"', page)
    for _ in range(2):
        # A second tap.
        browser.post("/my/calendar/", {"what": "make", "seen": seen[0]})
    second = address(browser)
    assert first != second
    assert browser.get(first).status_code == 404
    assert browser.get(second).status_code == 200
    browser.logout()
    # It is for programs that cannot sign in.
    assert browser.get(second).status_code == 200
    assert browser.post(second).status_code == 405


def test_who_revokes_it_leaves_nothing_there_and_no_log_has_the_address(
    pages: Installation, browser: Client, holder: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    browser.post("/my/calendar/", {"what": "make"})
    place = address(browser)
    browser.post("/my/calendar/", {"what": "revoke"})
    answers = [
        browser.get(each) for each in (place, "/calendar/" + "A" * 56 + ".ics", "/calendar/x.ics")
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, b"")}
    assert place not in caplog.text
    assert browser.get("/missing/").status_code == 404
    assert "/missing/" in caplog.text


def test_erasure_takes_the_calendar_and_the_wishes(
    pages: Installation, counter: Shop, browser: Client, holder: str
) -> None:
    from baohao.app import people
    from baohao.app.people import PersonUnknown

    browser.post("/my/calendar/", {"what": "make"})
    place = address(browser)

    def erase(conn: Any) -> None:
        # Nobody's papers are known here; the rest goes all the same.
        with pytest.raises(PersonUnknown):
            people.erase(conn, holder)

    counter.shell.run(partial(erase))
    assert browser.get(place).status_code == 404
