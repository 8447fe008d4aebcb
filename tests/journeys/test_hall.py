"""A business hall: its clerks, by keyboard and at once, and whoever comes with a stolen number."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from tests.journeys.conftest import Makes
from tests.journeys.people import Person
from tests.shop import Shop

from baohao.core.identifiers.luhn import luhn_digit

TWELVE = re.compile("12 months")


def card(number: str, series: int) -> str:
    """The ICCID of an invented card."""
    body = f"8985301{series:03}{number[-8:]}"
    return body + luhn_digit(body)


def finds(clerk: Person, what: str) -> None:
    """Type into the counter's field, which has the focus."""
    clerk.heading("Counter")
    clerk.page.keyboard.type(what)
    clerk.presses("Enter")


def second_person(clerk: Person, name: str = "supervisor") -> None:
    clerk.writes("Name they sign in by", name)
    clerk.writes("Their password", clerk.site.passwords[name])


def test_a_found_line_is_renewed_by_keys_alone(person: Makes, door: Shop, number: str) -> None:
    door.open(number, "a customer")
    clerk = person()
    clerk.goes("/accounts/login/")
    # From the first key on nothing is tapped.
    for _ in range(20):
        clerk.presses("Tab")
        if clerk.page.evaluate("document.activeElement.name") == "login":
            break
    clerk.page.keyboard.type("clerk")
    clerk.presses("Tab")
    clerk.page.keyboard.type(clerk.site.passwords["clerk"])
    clerk.presses("Enter")
    clerk.heading("Counter")
    finds(clerk, number.removeprefix("+853"))
    clerk.heading(re.compile(number[-4:]))
    clerk.shows("counter-line")
    clerk.presses("1")
    clerk.sees("To pay")
    until = clerk.date()
    clerk.shows("counter-promise")
    clerk.presses("Enter")
    clerk.heading(re.compile("^Done"))
    assert clerk.date() == until
    clerk.shows("counter-renewed")
    for paper in ("Receipt on the roll", "Receipt on A5"):
        link = clerk.page.get_by_role("link", name=paper).get_attribute("href")
        answer = clerk.context.request.get(str(link))
        assert answer.body()[:5] == b"%PDF-"
    clerk.presses("n")
    clerk.heading("Counter")
    finds(clerk, number.removeprefix("+853"))
    clerk.heading(re.compile(number[-4:]))
    clerk.presses("Escape")
    clerk.heading("Counter")
    assert len(door.line(number).sold) == 2


def test_a_stolen_card_is_replaced_for_its_holder_alone(
    person: Makes, door: Shop, number: str
) -> None:
    old, new = card(number, 1), card(number, 2)
    door.answers([door.stock(number, iccid=old)])
    clerk = person()
    clerk.works_as("clerk")
    finds(clerk, old)
    clerk.taps(re.compile("Activate"))
    clerk.writes("Name as on the document", "陳𡃁妹 Chan Leng Mui")
    clerk.writes("Its number", "1234567(8)")
    clerk.taps(TWELVE)
    clerk.sees("Activated.")
    clerk.presses("Escape")
    clerk.heading(re.compile(number[-4:]))
    clerk.presses("k")
    clerk.heading(re.compile("Replace the card"))
    # Whoever has found out a name has not got the document.
    for shown, words in (
        ("1234568(8)", "not the one that this number is registered to"),
        ("1234567(8)", "The card was replaced."),
    ):
        clerk.writes("ICCID of the new card", new)
        clerk.writes("Why", "stolen")
        clerk.writes("Its number", shown)
        second_person(clerk)
        clerk.taps("Replace", nth=0)
        clerk.sees(re.compile(words))
        clerk.shows("counter-replace" if "not" in words else "counter-replaced")
    assert door.line(number).card.iccid == new


def test_two_clerks_sell_one_line_at_once(person: Makes, door: Shop, number: str) -> None:
    door.open(number, "a customer")
    admin, clerk = person(), person()
    admin.works_as("admin")
    admin.taps("Staff")
    admin.page.get_by_text("Add somebody").click()
    admin.writes("Name to sign in by", "mei")
    admin.page.get_by_label("Name", exact=True).fill("Mei 梅")
    admin.page.get_by_label("Hall").select_option("Senado Square hall")
    admin.writes("Till", "hall-2")
    admin.taps("Add, and show the password")
    given = admin.page.get_by_role("code").last.inner_text()
    admin.shows("staff-password")
    mei, word = person(), "a word of my own"
    mei.goes("/accounts/login/")
    mei.writes("Name to sign in by", "mei")
    mei.writes("Password", given)
    mei.page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    mei.heading("A password of your own")
    mei.writes("Current Password", given)
    for label in ("New Password", "New Password (again)"):
        mei.page.get_by_label(label, exact=True).fill(word)
    mei.taps("Change the password")
    mei.heading("Counter")
    clerk.works_as("clerk")
    for each in (clerk, mei):
        finds(each, number.removeprefix("+853"))
        each.heading(re.compile(number[-4:]))
        each.presses("1")
        each.sees("To pay")
    clerk.presses("Enter")
    clerk.heading(re.compile("^Done"))
    mei.presses("Enter")
    expect(mei.page.get_by_role("alert").first).to_be_visible()
    mei.shows("counter-two")
    assert len(door.line(number).sold) == 2


def test_a_clerks_day(person: Makes, door: Shop, number: str) -> None:
    door.open(number, "a customer")
    clerk = person()
    clerk.works_as("clerk")
    clerk.taps("Till")
    clerk.writes(re.compile("Counted float"), "500")
    clerk.presses("Enter")
    # What was left there is not what was counted: two people say why.
    expect(clerk.page.get_by_role("alert")).to_be_visible()
    clerk.shows("till-differs")
    assert clerk.page.get_by_label(re.compile("Counted float")).input_value() == "500"
    clerk.writes("Why", "the rest went to the safe")
    second_person(clerk)
    clerk.taps(re.compile("^Open"))
    clerk.sees(re.compile("open since"))
    clerk.shows("till-open")
    clerk.taps("Counter")
    finds(clerk, number.removeprefix("+853"))
    clerk.heading(re.compile(number[-4:]))
    clerk.presses("1")
    clerk.sees("To pay")
    clerk.presses("Enter")
    clerk.heading(re.compile("^Done"))
    clerk.taps("Till")
    clerk.writes(re.compile("^Amount"), "100")
    clerk.taps("Take to the safe")
    clerk.writes(re.compile(r"^500\b"), "1")
    clerk.writes(re.compile(r"^20\b"), "1")
    # Nobody says before what must be there.
    clerk.sees_not(re.compile("520"))
    clerk.taps("This is all there is")
    clerk.sees("By the books")
    clerk.shows("till-counted")
    clerk.writes(re.compile("Left in the drawer"), "520")
    clerk.taps("Close")
    clerk.sees(re.compile("is closed"))
    clerk.sees(re.compile("520.00 was left in the drawer"))
    clerk.shows("till-closed")
    # The next shift begins with what is there, and needs nobody else.
    clerk.writes(re.compile("Counted float"), "520")
    clerk.presses("Enter")
    clerk.sees(re.compile("open since"))
