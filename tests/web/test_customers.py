"""Customers of somebody who keeps cards for others: the list, acts, the ledger, receipts."""

from __future__ import annotations

import csv
import io
import itertools
import re
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.shop import Shop
from tests.web.fixtures import entered
from tests.web.statements import MOST, counted

from baohao.app.kept import listing
from baohao.app.kept.listing import Card
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

_keepers = itertools.count(1)
GIFFGAFF = "gb.giffgaff.payg"


class Reseller:
    """Somebody with customers, and a browser in which they are signed in."""

    def __init__(self, browser: Client, shop: Shop) -> None:
        self.browser, self.shop = browser, shop
        self.holder = f"reseller-{next(_keepers)}"
        self.today: date = shop.now().date()
        entered(browser, self.holder)

    def says(self, **said: str) -> None:
        told = {"version": "0", "name": "Ah Ming", "fee": "20", "fee_currency": "CNY"} | said
        assert self.browser.post("/my/customers/me/", told).status_code == 302

    def customer(self, name: str, **said: str) -> str:
        told = {"key": str(uuid4()), "version": "0", "name": name, "language": "en"} | said
        answer = self.browser.post("/my/customers/new/", {"fee_currency": "CNY"} | told)
        assert answer.status_code == 302, answer.content.decode()
        return str(answer["Location"])

    def add(self, customer: str, *numbers: str, ago: int = 170, **said: str) -> None:
        on = (self.today - timedelta(days=ago)).isoformat()
        told = {"product": GIFFGAFF, "numbers": "\n".join(numbers), "act": "sms_out", "on": on}
        answer = self.browser.post(f"{customer}add/", told | said)
        assert answer.status_code == 302, answer.content.decode()

    def page(self, address: str, **said: str) -> str:
        answer = self.browser.get(address, said)
        assert answer.status_code == 200, (address, answer.status_code)
        return answer.content.decode()

    def form(self, address: str) -> dict[str, str]:
        """What a form's inputs have in them when it is shown."""
        found = re.findall(r"<input[^>]*>", self.page(address))
        named = [dict(re.findall(r'(name|value)="([^"]*)"', each)) for each in found]
        return {each["name"]: each.get("value", "") for each in named if "name" in each}

    def at(self, customer: str, number: str) -> str:
        return f"{customer}{number[1:]}~{self.holder}/did/"

    def cards(self, keeper: str) -> list[Card]:
        from baohao.web.desk import desk

        vault = desk().house.vault
        return desk().read(lambda conn: listing.of_keepers(conn, desk().terms, vault, [keeper]))

    def acts(self, number: str, keeper: str = "") -> list[str]:
        """What happened to a card."""
        found = {each.number: each.state.acts for each in self.cards(keeper or self.holder)}
        return [act.kind for act in found[number]]

    def did(self, customer: str, number: str, **said: str) -> Any:
        at = self.at(customer, number)
        return self.browser.post(
            at, self.form(at) | {"act": "sms_out||", "fee_currency": "CNY"} | said
        )


@pytest.fixture
def reseller(pages: Installation, counter: Shop, browser: Client) -> Reseller:
    counter.rules = pages.library.policies
    return Reseller(browser, counter)


@pytest.fixture
def numbers(number: str) -> Iterator[str]:
    return (f"+44770{number[-4:]}{n:03}" for n in itertools.count())


def deeds(reseller: Reseller) -> list[Any]:
    from baohao.web.customers.models import Deed

    return list(Deed.objects.filter(keeper=reseller.holder).order_by("id"))


def receipts(reseller: Reseller) -> list[Any]:
    from baohao.web.customers.models import Receipt

    return list(Receipt.objects.filter(keeper=reseller.holder).order_by("year", "n"))


def test_a_reseller_goes_through_a_day(reseller: Reseller, numbers: Iterator[str]) -> None:
    from baohao.web import formats

    number = next(numbers)
    shown = formats.number(number)
    reseller.says(pay="WeChat: ah-ming", contact="wechat ah-ming")
    customer = reseller.customer("Mrs Wong", contact="+852 9123 4567")
    reseller.add(customer, number)
    assert shown in reseller.page("/my/customers/", within="14")
    assert shown not in reseller.page("/my/customers/", within="late")
    assert "Mrs Wong" in reseller.page("/my/customers/", q="wong")
    assert "Mrs Wong" not in reseller.page("/my/customers/", q="Lee")
    assert shown not in reseller.page("/my/cards/")
    assert shown in reseller.page("/my/cards/", q="wong")
    text = reseller.page(f"{customer}message/")
    for said in (shown, "£0.30", "CN¥20.00", "WeChat: ah-ming", "https://wa.me/85291234567?"):
        assert said in text, said
    assert reseller.did(customer, number, paid="wechat").status_code == 302
    (deed,), (receipt,) = deeds(reseller), receipts(reseller)
    assert (deed.cost_minor, deed.due, deed.is_owed) == (30, {"CNY": 2000, "GBP": 30}, False)
    assert receipt.number == f"{reseller.today.year}-0001"
    paper = reseller.page(f"/my/customers/receipts/{receipt.id}/", paper="slip")
    for said in ("Mrs Wong", "Ah Ming", shown, "It is not the operator", "£0.30"):
        assert said in paper, said
    month = f"/my/customers/months/{reseller.today:%Y-%m}"
    assert "CN¥20.00" in reseller.page(f"{month}/")
    rows = list(csv.reader(io.StringIO(reseller.browser.get(f"{month}.csv").content.decode())))
    assert [row[5:] for row in rows if row[1] in ("cost", "receipt")] == [
        ["sms_out", "-0.30", "GBP"],
        ["", "20.00", "CNY"],
        ["", "0.30", "GBP"],
    ]


def test_a_form_that_is_sent_twice_or_from_two_tabs_records_once(
    reseller: Reseller, numbers: Iterator[str]
) -> None:
    from baohao.web.customers.models import Deed

    number = next(numbers)
    reseller.says()
    customer = reseller.customer("Wong")
    reseller.add(customer, number)
    at = reseller.at(customer, number)
    first, second = reseller.form(at), reseller.form(at)
    told = {"act": "sms_out||", "fee_currency": "CNY", "paid": "cash"}
    for _ in range(2):
        assert reseller.browser.post(at, first | told).status_code == 302
    assert reseller.browser.post(at, second | told).status_code == 409
    # Stopped before the answer was written down, it is carried on under the key it was asked by.
    (deed,) = deeds(reseller)
    Deed.objects.filter(id=deed.id).update(state=Deed.BEGUN, seq=None, act="", until=None)
    assert "It is not known whether" in reseller.page(customer)
    reseller.browser.post(f"/my/customers/deeds/{deed.id}/", {"how": "again"})
    (again,) = deeds(reseller)
    assert (again.state, again.seq, again.act) == (Deed.DONE, deed.seq, deed.act)
    assert reseller.acts(number) == ["activate", "sms_out", "sms_out"]
    assert [receipt.n for receipt in receipts(reseller)] == [1]


def test_bad_amounts_record_nothing(reseller: Reseller, numbers: Iterator[str]) -> None:
    number = next(numbers)
    customer = reseller.customer("Wong")
    reseller.add(customer, number)
    for said in ({"fee": "-5"}, {"fee": "1,000"}, {"cost": "abc"}, {"fee": "1.005"}, {"fee": ""}):
        answer = reseller.did(customer, number, **said)
        assert answer.status_code in (200, 409), said
        assert b'role="alert"' in answer.content, said
    ahead = (reseller.today + timedelta(days=2)).isoformat()
    assert reseller.did(customer, number, fee="5", on=ahead).status_code == 409
    assert deeds(reseller) == []
    assert reseller.acts(number) == ["activate", "sms_out"]


def test_several_are_done_at_once_each_with_its_own_outcome(
    reseller: Reseller, numbers: Iterator[str]
) -> None:
    one, two, three = (next(numbers) for _ in range(3))
    reseller.says(fee="30", is_all_in="on")
    ming, lee = reseller.customer("Ming"), reseller.customer("Lee", fee="25")
    reseller.add(ming, one, two)
    reseller.add(lee, three)
    form = reseller.form("/my/customers/morning/")
    ticks = re.findall(r'name="card" value="([^"]+)"', reseller.page("/my/customers/morning/"))
    assert len(ticks) == 3
    reseller.did(ming, two)
    told = {"product": GIFFGAFF, "act": "sms_out||", "paid": "cash", "card": ticks}
    for _ in range(2):
        page = reseller.browser.post("/my/customers/morning/", form | told).content.decode()
        assert len(re.findall(r'<li class="good">', page)) == 2
        assert len(re.findall(r'<li class="bad">', page)) == 1
    taken = [(each.due, each.number) for each in deeds(reseller) if each.paid_by]
    assert sorted(taken, key=lambda each: each[1]) == [({"CNY": 3000}, one), ({"CNY": 2500}, three)]
    assert [each.n for each in receipts(reseller)] == [1, 2]
    assert "They owe CN¥30.00" in reseller.page(ming)


def test_a_card_that_was_kept_before_becomes_a_customers_with_a_fee_of_its_own(
    reseller: Reseller, numbers: Iterator[str]
) -> None:
    number, holder = next(numbers), reseller.holder
    card = f"{number[1:]}~{holder}"
    said = {"operator": "giffgaff", "plan": "payg", "policy": GIFFGAFF, "holder": holder}
    last = {"kind": "sms_out"}
    reseller.shop.say("keep", f"+{card}", principal=holder, channel="app", last=last, **said)
    reseller.says()
    customer = reseller.customer("Wong")
    for _ in range(2):
        reseller.browser.post(f"{customer}take/", {"card": card})
    assert "CN¥20.00" in reseller.page(customer)
    at = f"{customer}{card}/fee/"
    first, second = reseller.form(at), reseller.form(at)
    assert (
        reseller.browser.post(at, first | {"fee": "15", "fee_currency": "HKD"}).status_code == 302
    )
    assert (
        reseller.browser.post(at, second | {"fee": "9", "fee_currency": "HKD"}).status_code == 409
    )
    assert "HK$15.00" in reseller.page(customer)
    assert reseller.form(reseller.at(customer, number))["fee"] == "15.00"


def test_a_receipt_is_taken_back_by_another(reseller: Reseller, numbers: Iterator[str]) -> None:
    number = next(numbers)
    reseller.says()
    customer = reseller.customer("Wong")
    reseller.add(customer, number)
    reseller.did(customer, number, paid="cash")
    (receipt,) = receipts(reseller)
    at = f"/my/customers/receipts/{receipt.id}/"
    for _ in range(2):
        reseller.browser.post(f"{at}void/", {"reason": "wrong customer", "money": "owed"})
    first, counter = receipts(reseller)
    assert (first.is_live, counter.voids_id, counter.n) == (False, first.id, 2)
    assert counter.totals == {"CNY": -2000, "GBP": -30}
    assert "wrong customer" in reseller.page(f"/my/customers/receipts/{counter.id}/")
    (deed,) = deeds(reseller)
    assert deed.is_owed
    reseller.browser.post(f"/my/customers/deeds/{deed.id}/", {"how": "bank"})
    assert [(each.n, each.is_live) for each in receipts(reseller)] == [
        (1, False),
        (2, False),
        (3, True),
    ]
    # As long as a receipt stands nothing is undone; and then the card forgets it.
    undo = {"how": "mistake"}
    assert reseller.browser.post(f"/my/customers/deeds/{deed.id}/", undo).status_code == 409
    last = receipts(reseller)[-1]
    void = {"reason": "never done", "money": "owed"}
    reseller.browser.post(f"/my/customers/receipts/{last.id}/void/", void)
    reseller.browser.post(f"/my/customers/deeds/{deed.id}/", undo)
    assert reseller.acts(number) == ["activate", "sms_out"]
    assert "CN¥" not in reseller.page("/my/customers/")


def test_who_is_renamed_takes_the_cards_along_and_the_second_tab_is_told(
    reseller: Reseller, numbers: Iterator[str]
) -> None:
    number = next(numbers)
    customer = reseller.customer("Wong", contact="=cmd()")
    reseller.customer("Lee")
    reseller.add(customer, number)
    first, second = (reseller.form(f"{customer}edit/") | {"language": "pt"} for _ in range(2))
    told = {"name": "Mrs  Wong", "fee_currency": "CNY"}
    assert reseller.browser.post(f"{customer}edit/", first | told).status_code == 302
    assert "giffgaff" in reseller.page(customer)
    assert reseller.browser.post(f"{customer}edit/", second | told).status_code == 409
    third = reseller.form(f"{customer}edit/") | {"language": "pt", "fee_currency": "CNY"}
    assert reseller.browser.post(f"{customer}edit/", third | {"name": "lee "}).status_code == 409
    table = reseller.browser.get("/my/customers/table.csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table)))
    assert [row[:4] for row in rows[1:]] == [
        ["Mrs Wong", "'=cmd()", "pt", number],
        ["Lee", "", "en", ""],
    ]
    stored = reseller.shop.rows(
        "SELECT sealed FROM kept_customers WHERE keeper = %s", reseller.holder
    )
    assert "Wong" not in str(stored)


def test_a_customer_looks_by_their_link_until_it_is_taken_back(
    reseller: Reseller, numbers: Iterator[str]
) -> None:
    from django.test import Client

    number = next(numbers)
    reseller.says(name="Ah Ming")
    customer = reseller.customer("Wong", language="pt")
    reseller.add(customer, number)
    reseller.did(customer, number, paid="cash")
    reseller.browser.post(f"{customer}link/", {"what": "make"})
    (link,) = re.findall(r'href="(/card-status/[^"]+)"', reseller.page(customer))
    stranger = Client(SERVER_NAME="localhost")
    answer = stranger.get(link)
    page = answer.content.decode()
    assert answer["X-Robots-Tag"] == "noindex"
    assert 'lang="pt"' in page
    for said in ("Ah Ming", number[-3:], "0001"):
        assert said in page, said
    for hidden in (number, number[3:], "Wong"):
        assert hidden not in re.sub(r"\s", "", page), hidden
    assert stranger.get(f"{link[:-3]}xx/").status_code == 404
    reseller.browser.post(f"{customer}link/", {"what": "revoke"})
    assert stranger.get(link).status_code == 404


def test_cards_are_handed_over_once_as_they_stand(
    reseller: Reseller, numbers: Iterator[str]
) -> None:
    from django.test import Client

    from baohao.core.kept import kept_key

    one, two = next(numbers), next(numbers)
    reseller.says()
    customer = reseller.customer("Wong")
    reseller.add(customer, one)
    until = (reseller.today + timedelta(days=40)).isoformat()
    reseller.add(customer, two, act="", on="", until=until)
    reseller.did(customer, one)
    read = {"clock": "use", "until": f"{reseller.today + timedelta(days=33)}T00:00:00+00:00"}
    reseller.shop.say("observe", f"{one}~{reseller.holder}", principal=reseller.holder, **read)
    dates = [each.due for each in reseller.cards(reseller.holder)]
    assert dates[0] == reseller.today + timedelta(days=32)
    reseller.browser.post(f"{customer}leave/", {"what": "hand"})
    (link,) = re.findall(
        r"http://localhost(/my/take-over/[^<]+)", reseller.page(f"{customer}leave/")
    )
    assert reseller.browser.post(link).status_code == 409
    heir, other = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    entered(heir, f"{reseller.holder}-heir")
    entered(other, f"{reseller.holder}-other")
    assert one not in heir.get(link).content.decode()
    for _ in range(2):
        assert heir.post(link).status_code in (200, 302)
    assert other.get(link).status_code == 404
    assert [each.due for each in reseller.cards(f"{reseller.holder}-heir")] == dates
    assert reseller.acts(one, f"{reseller.holder}-heir") == reseller.acts(one)[:3]
    assert all(each.is_over for each in reseller.cards(reseller.holder))
    assert "They have left" in reseller.page(customer)
    assert kept_key(one, f"{reseller.holder}-heir") != kept_key(one, reseller.holder)


def test_a_list_costs_a_few_statements_however_long_it_is(
    reseller: Reseller, numbers: Iterator[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from baohao.web.customers import views

    monkeypatch.setattr(views, "PAGE", 5)
    reseller.says()
    few = reseller.customer("Customer 0")
    for n in range(1, 8):
        reseller.customer(f"Customer {n}")
    reseller.add(few, *(next(numbers) for _ in range(20)))
    for address in ("/my/customers/", "/my/customers/morning/", few, f"{few}message/"):
        reseller.page(address)
        with counted() as sent:
            reseller.page(address)
        assert 5 <= len(sent) <= MOST, (address, len(sent), sent)
    assert "Customer 7" not in reseller.page("/my/customers/")
    assert "Customer 7" in reseller.page("/my/customers/", page="2")


# --- numbers --------------------------------------------------------------------------------------


def raced(reseller: Reseller, customer: str) -> tuple[list[int], list[str]]:
    """Have the receipts of eight deeds given at once; return their numbers, and what broke."""
    from functools import partial

    from django.db import IntegrityError, connections

    from baohao.app.kept import customers
    from baohao.web.customers import papers
    from baohao.web.customers.models import Deed
    from baohao.web.desk import desk

    Deed.objects.filter(keeper=reseller.holder).update(paid_by="cash")
    vault = desk().house.vault
    book = desk().read(partial(customers.names, vault=vault, keeper=reseller.holder))
    broken: list[str] = []

    def give(deed: Deed) -> None:
        try:
            papers.give(deed, book)
        except IntegrityError as error:
            broken.append(type(error).__name__)
        finally:
            connections.close_all()

    # Each is asked for by two.
    threads = [threading.Thread(target=give, args=[deed]) for deed in deeds(reseller) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [each.n for each in receipts(reseller)], broken


@pytest.fixture
def owed(reseller: Reseller, numbers: Iterator[str]) -> str:
    """A customer for whose cards four things were done."""
    reseller.says()
    customer = reseller.customer("Wong")
    cards = [next(numbers) for _ in range(4)]
    reseller.add(customer, *cards)
    for number in cards:
        reseller.did(customer, number)
    return customer


def test_receipts_are_numbered_without_gaps_whoever_is_first(reseller: Reseller, owed: str) -> None:
    assert raced(reseller, owed) == ([1, 2, 3, 4], [])


def test_without_the_lock_a_number_is_given_twice(
    reseller: Reseller, owed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The red twin: the year is read, and not locked, and all have read it before one writes."""
    from baohao.web.customers import papers
    from baohao.web.customers.models import Numbering

    together = threading.Barrier(8, timeout=10)

    def unlocked(keeper: str, year: int) -> Numbering:
        found, _ = Numbering.objects.get_or_create(keeper=keeper, year=year)
        together.wait()
        return found

    Numbering.objects.create(keeper=reseller.holder, year=reseller.today.year)
    monkeypatch.setattr(papers, "_numbering", unlocked)
    given, broken = raced(reseller, owed)
    assert broken
    assert given == [1]
