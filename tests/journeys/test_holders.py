"""Holders, and whoever pays for them: on a phone, on a bad network, without scripts, in Chinese."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import expect
from tests.journeys.conftest import Makes
from tests.journeys.people import Person
from tests.shop import Shop


def local(number: str) -> str:
    """A number as people of Macau say it."""
    return number.removeprefix("+853")


def promised(person: Person, number: str) -> str:
    """Go from the first page to the promise as a guest, and return the day that is promised."""
    person.goes("/")
    person.taps("Renew a number")
    person.writes("Number to renew", local(number))
    person.taps("Go on")
    person.sees(re.compile(rf"{number[-2:]}$"))
    person.sees_not(local(number))
    person.taps(re.compile("12 months"))
    return person.date()


def test_a_guest_renews_on_a_phone(phone: Makes, door: Shop, number: str) -> None:
    door.open(number, "somebody")
    guest = phone()
    until = promised(guest, number)
    guest.shows("guest-promise")
    guest.taps("Pay by QR code")
    guest.heading("Pay with your phone")
    guest.shows("guest-pay")
    guest.pays()
    guest.heading("Paid. The number is safe.")
    assert guest.date() == until
    guest.shows("guest-paid")
    # The way back, a reload and another tap are the same payment.
    guest.page.go_back()
    guest.page.reload()
    if guest.named("Pay by QR code").count():
        guest.taps("Pay by QR code")
        guest.heading("Paid. The number is safe.")
    assert len(door.line(number).sold) == 2


def test_anybody_finds_what_keeps_a_card(phone: Makes) -> None:
    traveller = phone()
    traveller.goes("/")
    traveller.taps("Cards and what keeps them")
    traveller.shows("products-listed")
    # What is found takes the place of the list while one types.
    traveller.writes("Card or operator", "giffgaff")
    traveller.sees("1 card")
    traveller.taps("giffgaff pay as you go")
    traveller.heading("giffgaff pay as you go")
    traveller.sees("6 months, counted from that day")
    traveller.sees("Send one text message, roaming too")
    traveller.shows("products-one")


def test_three_numbers_are_renewed_in_one_payment(phone: Makes, door: Shop, number: str) -> None:
    numbers = [f"+85363780{n}{number[-3:-1]}" for n in range(3)]
    for each in numbers:
        door.open(each, "a family")
    mother = phone()
    mother.signs_in(numbers[0])
    mother.shows("holder-numbers")
    for box in mother.page.get_by_role("checkbox").all():
        box.check()
    mother.taps("Renew the ticked numbers together")
    mother.heading("Renew together")
    mother.taps("Show the dates and the price")
    mother.heading("3 numbers, one payment")
    mother.shows("holder-basket")
    mother.taps("Pay by QR code")
    mother.pays()
    mother.heading("Your payment has arrived")
    mother.shows("holder-outcomes")
    mother.taps("My numbers")
    mother.heading("My numbers")
    assert [len(door.line(each).sold) for each in numbers] == [2, 2, 2]


def test_the_connection_is_lost_while_paying(phone: Makes, door: Shop, number: str) -> None:
    door.open(number, "a traveller")
    traveller, wallet = phone(), phone()
    traveller.signs_in(number)
    traveller.taps("Renew")
    traveller.taps(re.compile("12 months"))
    until = traveller.date()
    traveller.taps("Pay by QR code")
    traveller.heading("Pay with your phone")
    address = traveller.page.url
    with traveller.offline():
        wallet.goes(address)
        wallet.pays()
        traveller.page.wait_for_timeout(2_500)
        traveller.heading("Pay with your phone")
        traveller.shows("holder-offline")
    # The page finds out by itself.
    traveller.heading("Paid. The number is safe.")
    assert traveller.date() == until
    traveller.goes(address)
    traveller.heading("Paid. The number is safe.")
    assert len(door.line(number).sold) == 2


def test_without_scripts_dates_are_seen_and_numbers_renewed(
    phone: Makes, door: Shop, number: str
) -> None:
    door.open(number, "an old phone")
    person = phone(java_script_enabled=False)
    person.signs_in(number)
    before = person.date()
    person.taps("Renew")
    person.taps(re.compile("12 months"))
    until = person.date()
    assert until != before
    person.taps("Pay by QR code")
    person.heading("Pay with your phone")
    person.shows("holder-without-scripts")
    person.pays()
    paid = person.page.get_by_role("heading", name="Paid. The number is safe.")
    for _ in range(20):
        if paid.count():
            break
        person.taps("Load this page again")
    expect(paid).to_be_visible()
    assert person.date() == until
    assert len(door.line(number).sold) == 2


def test_a_reader_of_chinese(phone: Makes, door: Shop, number: str) -> None:
    door.open(number, "a reader")
    reader = phone(locale="zh-HK")
    reader.goes("/")
    reader.shows("zh-home")
    reader.named("續期").first.click()
    reader.writes("要續期的號碼", local(number))
    reader.taps("繼續")
    reader.taps(re.compile("12 個月"))
    reader.sees("安全至")
    until = reader.date("安全至")
    assert re.search(r"\d{4}年\d{1,2}月\d{1,2}日", until), until
    reader.shows("zh-promise")
    reader.taps("掃碼付款")
    reader.pays()
    reader.heading("已付款，號碼安全。")
    assert reader.date("安全至") == until
    # Whoever chooses another language keeps the page.
    reader.taps("English")
    reader.heading("Paid. The number is safe.")


def test_a_recycled_number_shows_nothing_of_its_old_holder(
    phone: Makes, door: Shop, number: str
) -> None:
    door.later(-timedelta(days=500))
    try:
        # Of a float of its own: where one has moved today, nothing is before that.
        paid = f"float:past{number[-4:]}:MOP"
        door.fund(20_000, paid)
        door.answers([door.stock(number), door.activate(number, "the old holder", paid=paid)])
        old = phone()
        old.signs_in(number)
        old.taps(re.compile(r"\d{4} \d{4}"))
        old.sees("What happened")
        door.say("terminate", number, principal="staff", cause="holder", reason="moved away")
    finally:
        door.later(timedelta(days=500))
    old.goes("/my/")
    old.sees("The number has been lost.")
    # It has rested, and is put back in stock for whoever comes.
    door.say("return", number, principal="staff", channel="operator")
    old.goes("/my/")
    old.heading("This number is no longer yours")
    old.shows("recycled-old")
    begun = door.say(
        "activate",
        number,
        holder="the new holder",
        document="bir",
        term="12 months",
        paid="float:agent-7:MOP",
    )
    new = phone()
    new.signs_in(number)
    expect(new.page.get_by_role("article")).to_have_count(1)
    new.taps(re.compile(r"\d{4} \d{4}"))
    new.shows("recycled-new")
    history = new.page.get_by_role("list").filter(has=new.page.get_by_role("time"))
    assert "2025" not in new.text, history.all_inner_texts()
    new.taps("Receipts")
    new.heading("Receipts")
    # Their own may have been given already; the old holder's is not theirs to see.
    links = new.page.get_by_role("main").get_by_role("link")
    shown = links.evaluate_all("found => found.map(each => each.getAttribute('href'))")
    assert [link for link in shown if begun["id"] not in link] == []
    # A way that the old holder kept leads nowhere.
    old.goes(f"/my/{number[1:]}/")
    old.sees_not("Safe until")
