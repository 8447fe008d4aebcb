"""The page of one number: its dates, what is left, the way back, and what happened in words."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.shop import Shop
from tests.web.fixtures import entered

from baohao.app.timeline import Stay
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client


def page_of(browser: Client, number: str, **headers: str) -> str:
    answer = browser.get(f"/my/{number[1:]}/", headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_line_says_what_is_left_what_comes_and_the_way_back(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number, f"h{number[1:]}")
    entered(browser, f"h{number[1:]}")
    page = page_of(browser, number)
    for said in ("Minutes of calls", ">60 of 60<", "Data (MB)", ">200 of 200<"):
        assert said in page
    assert "Fee: MOP$20.00, beside the price." in page
    assert page.count("There is no way back from here.") == 2
    assert "The card was activated." in page
    assert "12 months" in page
    assert "App · SMS" in page


def test_deadlines_are_told_by_the_operators_clock_for_a_script_to_add_the_readers(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number, f"h{number[1:]}")
    entered(browser, f"h{number[1:]}")
    page = page_of(browser, number)
    instants = re.findall(r'<time datetime="([^"]+)" data-clock="by your clock">([^<]+)<', page)
    assert len(instants) == 3
    assert all(at.endswith("+08:00") for at, _ in instants)
    assert instants[1][0].partition("T")[2] == "00:00:00+08:00"
    assert all("(Macao)" in said for _, said in instants)


def test_the_picture_has_a_text_and_no_style(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number, f"h{number[1:]}")
    entered(browser, f"h{number[1:]}")
    page = page_of(browser, number)
    picture = page[page.index('<svg class="life"') : page.index("</svg>")]
    assert "style=" not in page
    assert picture.count('class="bar') == 5
    said = re.search(r'<desc id="life-d">([^<]+)', picture)
    assert said is not None
    assert said[1].count("From ") == 5
    assert "Renew now" in said[1]


def test_places_of_the_picture_never_run_backwards(pages: Installation, counter: Shop) -> None:
    from baohao.web.holder import drawing

    now = counter.rows("SELECT now()")[0][0]
    day = timedelta(days=1)
    for past, ahead in ((0, 1), (4000, 1), (1, 4000), (400, 30)):
        stays = (
            Stay("active", "live", now - past * day, now + ahead * day),
            Stay("grace", "grace", now + ahead * day, now + (ahead + 30) * day),
            Stay("recycled", "recycled", now + (ahead + 30) * day, None),
        )
        found = re.findall(
            r'class="bar[^"]*" x="(\d+)" y="\d+" width="(\d+)"', drawing.drawn(stays, now)
        )
        edges = [(int(x), int(x) + int(w)) for x, w in found]
        assert len(edges) == 3
        assert all(a < b for a, b in edges)
        assert all(one[1] <= other[0] for one, other in pairwise(edges))
        assert edges[-1][1] <= drawing.WIDTH


def test_what_happened_is_told_in_words_and_without_a_name(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    holder = f"h{number[1:]}"
    counter.open(number, holder)
    counter.fund(50_000, f"wallet:{holder}:MOP")
    counter.shell.answer(
        [counter.renew(number, principal=holder, channel="app", paid=f"wallet:{holder}:MOP")]
    )
    counter.say("hold", number, principal="clerk-9", cause="dispute", reason="secret-reason")
    entered(browser, f"h{number[1:]}")
    page = page_of(browser, number)
    assert "The number was renewed." in page
    assert "by you" in page
    assert "The number was put on hold" in page
    assert "clerk-9" not in page
    assert "secret-reason" not in page
    pages.desk(counter.shell).catch_up()
    page = page_of(browser, number)
    receipts = re.findall(r'href="(/my/receipts/[^"]+\.pdf)"', page)
    assert len(set(receipts)) == 2
    for address in set(receipts):
        assert browser.get(address)["Content-Type"] == "application/pdf"


def test_nothing_of_the_last_holder_is_told_to_the_next(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number, f"h{number[1:]}")
    counter.shell.answer([counter.renew(number)])
    pages.desk(counter.shell).catch_up()
    heir = {"holder": "heir", "document": "bir", "cause": "death", "approved_by": "staff"}
    counter.say("transfer", number, principal="clerk", **heir)
    entered(browser, "heir")
    page = page_of(browser, number)
    assert "The number was transferred to you." in page
    assert "The card was activated." not in page
    assert "The number was renewed." not in page
    assert "There are no receipts of this number yet." in page


def test_the_session_of_an_ended_tenure_sees_nothing_of_its_line(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number, f"h{number[1:]}")
    entered(browser, f"h{number[1:]}")
    heir = {"holder": "heir", "document": "bir", "cause": "death", "approved_by": "staff"}
    mine = f"/my/{number[1:]}/"
    addresses = [mine, *(f"{mine}{rest}/" for rest in ("order", "loss", "leave"))]
    shared = ["/my/sharing/", "/my/messages/"]
    assert {browser.get(each).status_code for each in (*addresses, *shared)} == {200}
    session = browser.session
    session["tenure"] = (number, 1)
    session.save()
    counter.say("transfer", number, principal="clerk", **heir)
    # The session of a code that was sent to the number is over with its tenure.
    assert browser.get(shared[0]).status_code == 403
    assert browser.get(shared[1]).status_code == 302
    # Whoever signed in otherwise is in, and sees nothing of it.
    entered(browser, f"h{number[1:]}")
    for address in addresses:
        assert browser.get(address).status_code == 404
        assert browser.post(address, {"key": "k", "say": "go"}).status_code in (404, 405)
    for address in shared:
        page = browser.get(address)
        assert page.status_code == 200
        assert number[8:] not in page.content.decode()
