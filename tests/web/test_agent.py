"""The agent's portal: its own lines alone, shown before it is sold, sold once, money to owners."""

from __future__ import annotations

import csv
import io
import itertools
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.shop import KEEP12, Shop

from baohao.app.agents import registry
from baohao.app.bulk import files
from baohao.core.agents import Agent
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

    from baohao.web.accounts.models import Account

PRICE = 12_000
_agents = itertools.count(1)


class Agency:
    """An agent with an owner, two customers, a card in stock, and a float."""

    def __init__(self, house: Installation, shop: Shop, numbers: Iterator[str]) -> None:
        from baohao.web.accounts.models import Account
        from baohao.web.accounts.roles import Role

        self.house, self.shop, self.numbers = house, shop, numbers
        self.key = f"agent-{next(_agents)}"
        self.agent = Agent(
            key=self.key, name=self.key, operators=frozenset({"demo"}), currency="MOP"
        )
        self.float = self.agent.float_account
        add = partial(registry.add, agent=self.agent, operators=house.library.operators)
        shop.shell.run(add)
        house.meet(self.agent)
        shop.agents = house.agents
        shop.fund(1_000_000, self.float)
        self.owner = Account.objects.staff(f"{self.key}.owner", "", Role.OWNER, "x", agent=self.key)
        self.card, *self.customers = (self.stocked() for _ in range(3))
        for number in self.customers:
            mine = {"paid": self.float, "principal": self.key, "channel": "agent"}
            shop.answers([shop.activate(number, **mine)])

    def stocked(self) -> str:
        number = next(self.numbers)
        self.shop.answers([self.shop.stock(number, KEEP12)])
        self.shop.say("allot", number, agent=self.key, principal="staff")
        return number

    def seller(self, **allowed: Any) -> Account:
        from baohao.web.accounts.models import Account
        from baohao.web.accounts.roles import Role
        from baohao.web.agent.models import Seller

        name = f"{self.key}.{next(_agents)}"
        made = Account.objects.staff(name, "", Role.SELLER, "x", agent=self.key)
        Seller.objects.create(account=made, **allowed)
        return made

    def browser(self, account: Account | None = None) -> Client:
        from django.test import Client

        client = Client(SERVER_NAME="localhost")
        backend = "allauth.account.auth_backends.AuthenticationBackend"
        client.force_login(account or self.owner, backend=backend)
        return client

    @property
    def left(self) -> int:
        return self.shop.balance(self.float)

    # --- doing ------------------------------------------------------------------------------------

    def promised(self, browser: Client, number: str, **said: str) -> str:
        """Ask for a renewal, and return the address of its promise."""
        asked = {"term": "12 months", **said}
        answer = browser.post(f"/agent/lines/{number[1:]}/", asked)
        assert answer.status_code == 302, answer.content.decode()
        return str(answer["Location"])

    def sent(self, browser: Client, *rows: str) -> str:
        """Send a file, let a worker look at it, and return its address."""
        from django.core.files.uploadedfile import SimpleUploadedFile

        page = browser.get("/agent/files/").content.decode()
        key = re.search(r'name="key" value="([^"]+)"', page)
        assert key
        text = "\n".join(["客戶,電話", *(f"陳大文,{row}" for row in rows)])
        sheet = SimpleUploadedFile("list.csv", text.encode())
        answer = browser.post("/agent/files/", {"key": key[1], "sheet": sheet, "months": "12"})
        assert answer.status_code == 302, answer.content.decode()
        self.worked(str(answer["Location"]))
        return str(answer["Location"])

    def worked(self, address: str) -> None:
        id_ = UUID(address.rstrip("/").rpartition("/")[2])
        while files.work(self.shop.shell, self.key, id_, self.house.library.policies):
            continue


@pytest.fixture
def agency(pages: Installation, counter: Shop, number: str) -> Agency:
    numbers = (f"+{int(number[1:]) + n * 10_000}" for n in itertools.count(1))
    counter.rules, counter.promotions = pages.library.policies, pages.library.promotions
    return Agency(pages, counter, numbers)


@pytest.fixture
def agencies(agency: Agency) -> tuple[Agency, Agency]:
    return agency, Agency(agency.house, agency.shop, agency.numbers)


def table(answer: Any) -> list[dict[str, str]]:
    """The rows of a table that was given, with or without a stream."""
    content = answer.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


def money(minor: int) -> str:
    return f"{minor / 100:,.2f}"


# --- whose things ---------------------------------------------------------------------------------


def test_another_agents_things_are_not_there(agencies: tuple[Agency, Agency]) -> None:
    mine, other = agencies
    browser, theirs = mine.browser(), other.browser()
    line, card = other.customers[0][1:], other.card[1:]
    promise = other.promised(theirs, other.customers[0])
    file = other.sent(theirs, other.customers[0])
    sold = theirs.post(promise)["Location"]
    seller = other.seller()
    for address in (
        *(f"/agent/lines/{line}/", promise, f"/agent/lines/{card}/", sold),
        *(f"{sold[:-1]}.pdf", f"/agent/stock/{card}/", f"/agent/stock/{line}/", file),
        *(f"{file}state/", f"{file}preview.csv", f"{file}outcome.csv"),
        f"/agent/staff/{seller.pk}/",
    ):
        assert theirs.get(address).status_code in (200, 302, 404), address
        assert browser.get(address).status_code == 404, address
    left, theirs_left = mine.left, other.left
    for address in (
        *(f"/agent/lines/{line}/", promise, f"/agent/stock/{card}/", f"{file}confirm/"),
        *(f"{file}again/", f"{file}stop/", f"/agent/staff/{seller.pk}/away/"),
        f"/agent/staff/{other.owner.pk}/",
    ):
        assert browser.post(address, {"term": "12 months"}).status_code == 404, address
    assert (mine.left, other.left) == (left, theirs_left)
    # A line that is nobody's is told like one that is another's.
    for address in (f"/agent/lines/{line}/", "/agent/lines/85366999999/"):
        assert "There is nothing here" in browser.get(address).content.decode()
    found = browser.get("/agent/customers/", {"what": other.customers[0]}).content.decode()
    assert "There is no line of yours by that." in found
    shown = browser.get("/agent/customers/", {"days": "36500"}).content.decode()
    assert mine.customers[0][1:] in shown
    assert other.customers[0][1:] not in shown


def test_who_is_no_agents_sees_nothing_of_the_portal(pages: Installation, agency: Agency) -> None:
    from baohao.web.accounts.models import Account
    from baohao.web.accounts.roles import Role

    clerk = Account.objects.staff(f"clerk-{agency.key}", "demo", Role.CLERK, "x")
    for address in ("/agent/", "/agent/customers/", "/agent/money/", "/agent/staff/"):
        assert agency.browser(clerk).get(address).status_code == 404
        assert agency.browser().get(address).status_code == 200


def test_a_seller_learns_nothing_of_the_agencys_money(agency: Agency) -> None:
    seller = agency.seller(may_send_files=True)
    browser = agency.browser(seller)
    month = f"/agent/money/{agency.shop.now():%Y-%m}"
    for address in (
        *("/agent/money/", f"{month}/", f"{month}.csv", f"{month}.xlsx"),
        *("/agent/commissions/", "/agent/staff/", f"/agent/staff/{seller.pk}/"),
    ):
        assert browser.get(address).status_code == 404, address
        assert agency.browser().get(address).status_code in (200, 404)
    assert browser.post("/agent/money/alarm/", {"alarm": "1"}).status_code == 404
    # Nor by what is refused, nor by what a file says of it.
    agency.shop.say("withdraw", agency.float, amount_minor=agency.left - 777)
    assert "7.77" in agency.browser().get("/agent/").content.decode()
    promise = agency.promised(browser, agency.customers[0])
    file = agency.sent(browser, *agency.customers)
    pages = [browser.get("/agent/"), browser.post(promise), browser.get(file)]
    pages += [browser.get(f"{file}preview.csv"), browser.post(f"{file}confirm/")]
    agency.worked(file)
    pages += [browser.get(f"{file}outcome.csv"), browser.get(file)]
    texts = [page.getvalue().decode() for page in pages]
    assert not [text for text in texts if "777" in text or "7.77" in text]
    assert sum("The float cannot pay for this." in text for text in texts) >= 4
    assert "777" in agency.browser().get(f"{file}preview.csv").getvalue().decode()


# --- selling --------------------------------------------------------------------------------------


def test_a_renewal_is_shown_and_sold_once_from_the_float(agency: Agency) -> None:
    browser, number, left = agency.browser(), agency.customers[0], agency.left
    promise = agency.promised(browser, number, service_fee="15,00")
    shown = browser.get(promise).content.decode()
    total = PRICE * 9 // 10
    assert money(total) in shown
    assert money(total + 1_500) in shown
    assert agency.left == left
    done = [browser.post(promise) for _ in range(3)]
    sold = done[0]["Location"]
    # What comes again finds the promise used, and the line as it is now.
    assert {answer["Location"] for answer in done[1:]} == {f"/agent/lines/{number[1:]}/"}
    assert agency.left == left - total
    assert money(1_500) in browser.get(sold).content.decode()
    paper = browser.get(f"{sold[:-1]}.pdf")
    assert paper.getvalue().startswith(b"%PDF")
    earned = browser.get("/agent/commissions/").content.decode()
    assert money(total * 5 // 100) in earned


def test_whoever_comes_is_served_and_becomes_a_customer(agencies: tuple[Agency, Agency]) -> None:
    mine, other = agencies
    browser, number, left = mine.browser(), other.customers[0], mine.left
    address = browser.get("/agent/walk-in/", {"what": number})["Location"]
    page = browser.get(address).content.decode()
    shown = page.partition("<main")[2].partition("</main")[0]
    assert f"•••{number[-3:]}" in shown
    for told in (number[-6:], "2027", "Active", "What happened"):
        assert told not in shown, told
    promise = browser.post(address, {"term": "12 months"})["Location"]
    assert browser.get(f"/agent/lines/{number[1:]}/").status_code == 404
    sold = browser.post(promise)["Location"]
    assert browser.post(promise).status_code == 302
    assert mine.left == left - PRICE * 9 // 10
    assert browser.get(sold).status_code == 200
    assert browser.get(f"/agent/lines/{number[1:]}/").status_code == 200
    # Cards in stock, and numbers that are none, are told alike.
    none = [f"/agent/walk-in/{each[1:]}/" for each in (other.card, mine.card, "+85366999999")]
    pages = [browser.get(each) for each in none]
    assert {page.status_code for page in pages} == {404}
    assert all("cannot be renewed here" in page.content.decode() for page in pages)


def test_a_fee_above_the_operators_limit_is_refused_in_words(agency: Agency) -> None:
    browser, address = agency.browser(), f"/agent/lines/{agency.customers[0][1:]}/"
    for fee, status in (("20.01", 409), ("-1", 200), ("1e3", 200), ("x" * 21, 200)):
        answer = browser.post(address, {"term": "12 months", "service_fee": fee})
        assert answer.status_code == status, fee
        assert 'role="alert"' in answer.content.decode()
    assert browser.post(address, {"term": "9 years"}).status_code == 409


def test_what_is_taken_back_takes_its_commission_back(agency: Agency) -> None:
    browser = agency.browser()
    sold = browser.post(agency.promised(browser, agency.customers[0]))["Location"]
    act = sold.rstrip("/").rpartition("/")[2]
    agency.shop.say("reverse", agency.customers[0], of=act, reason="x", principal="staff")
    earned = browser.get("/agent/commissions/").content.decode()
    assert "taken back" in earned
    assert f"-MOP${money(540)}" in earned
    assert "taken back" in browser.get(sold).content.decode()
    month = f"/agent/money/{agency.shop.now():%Y-%m}"
    statement = browser.get(f"{month}/").content.decode()
    assert "The sales agree with the books." in statement
    rows = table(browser.get(f"{month}.csv"))
    assert [row["takes_back"] for row in rows if row["takes_back"]] == [act]
    assert browser.get(f"{month}.xlsx").getvalue().startswith(b"PK")
    assert browser.get("/agent/money/2026-13/").status_code == 404
    assert browser.get(f"{month}.exe").status_code == 404


def test_a_card_is_activated_from_the_stock_and_becomes_a_customers(agency: Agency) -> None:
    browser, card = agency.browser(), agency.card
    assert card[1:] in browser.get("/agent/stock/").content.decode()
    assert [row["number"] for row in table(browser.get("/agent/stock.csv"))] == [card]
    about = {"term": "12 months", "document": "passport", "residency": "resident"}
    address = f"/agent/stock/{card[1:]}/"
    promise = browser.post(address, about)["Location"]
    refused = browser.post(promise)
    assert refused.status_code == 409
    assert "passport" in refused.content.decode()
    promise = browser.post(address, {**about, "document": "bir"})["Location"]
    left = agency.left
    sold = browser.post(promise)["Location"]
    assert agency.left == left - PRICE
    assert browser.post(promise).status_code == 404
    assert "Activated" in browser.get(sold).content.decode()
    assert browser.get(address).status_code == 404
    assert card[1:] in browser.get("/agent/customers/?days=36500").content.decode()


# --- files ----------------------------------------------------------------------------------------


def test_a_file_becomes_what_its_preview_showed_and_is_sold_once(
    agencies: tuple[Agency, Agency],
) -> None:
    agency, other = agencies
    browser, left = agency.browser(), agency.left
    rows = [*agency.customers, other.customers[0], agency.customers[0], "保號"]
    file = agency.sent(browser, *rows)
    assert agency.left == left
    page = browser.get(file).content.decode()
    assert "Renew 2 lines" in page
    assert "neither a customer&#x27;s of yours" in page
    assert "stands in row 2 already" in page
    assert "陳大文" not in page
    shown = table(browser.get(f"{file}preview.csv"))
    assert [row["outcome"] for row in shown] == ["would be renewed"] * 2 + ["refused"] * 3
    assert browser.get(f"{file}confirm/").status_code == 405
    for _ in range(3):
        assert browser.post(f"{file}confirm/").status_code == 302
        agency.worked(file)
    became = table(browser.get(f"{file}outcome.csv"))
    kept = ("row", "number", "until", "total", "currency", "code", "message")
    assert [{k: row[k] for k in kept} for row in became] == [
        {k: row[k] for k in kept} for row in shown
    ]
    assert [row["outcome"] for row in became] == ["renewed"] * 2 + ["refused"] * 3
    assert agency.left == left - 2 * PRICE * 9 // 10
    assert browser.post(f"{file}again/").status_code == 409
    # The same file once more is told, and sells nothing.
    again = agency.sent(browser, *rows)
    assert "The very same file was sent" in browser.get(again).content.decode()
    browser.post(f"{again}confirm/")
    agency.worked(again)
    assert agency.left == left - 2 * PRICE * 9 // 10


def test_what_is_no_file_of_renewals_says_why(agency: Agency) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    browser = agency.browser()
    for name, content, reason in (
        ("list.pdf", b"%PDF", "Send a .csv or .xlsx file."),
        ("list.csv", b"", "empty"),
        ("list.csv", b"name,price\nx,y\n", "names the numbers"),
        ("list.csv", b"n\xff\xfe\x00,x\n", "list.csv cannot be read"),
        ("list.xlsx", b"PK\x03\x04 no workbook", "list.xlsx is no readable workbook"),
    ):
        sheet = SimpleUploadedFile(name, content)
        key = str(UUID(int=next(_agents)))
        answer = browser.post("/agent/files/", {"key": key, "sheet": sheet, "months": "12"})
        assert answer.status_code in (200, 409)
        assert reason in answer.content.decode(), name
        assert "None yet." in answer.content.decode()


# --- people ---------------------------------------------------------------------------------------


def test_the_owner_adds_a_seller_with_limits_and_takes_them_away(agency: Agency) -> None:
    from django.test import Client

    owner = agency.browser()
    about = {"title": "𡃁 <b>", "name": "bob", "limit": "200", "may_activate": ""}
    page = owner.post("/agent/staff/", about)
    assert page.status_code == 201
    assert "𡃁 &lt;b&gt;" in page.content.decode()
    password = re.findall(r"<code>([^<]+)</code>", page.content.decode())[1]
    assert "has that name already" in owner.post("/agent/staff/", about).content.decode()
    hidden = owner.post("/agent/staff/", {**about, "name": "eve", "title": "a\u202eb"})
    assert "cannot be seen" in hidden.content.decode()

    bob = Client(SERVER_NAME="localhost")
    name = f"{agency.key}.bob"
    assert bob.post("/accounts/login/", {"login": name, "password": password}).status_code == 302
    assert bob.get("/in/")["Location"] == "/agent/"
    left, total = agency.left, PRICE * 9 // 10
    assert bob.post(agency.promised(bob, agency.customers[0])).status_code == 302
    refused = bob.post(agency.promised(bob, agency.customers[1]))
    assert refused.status_code == 409
    assert "92.00 MOP more today" in refused.content.decode()
    assert agency.left == left - total
    assert bob.get("/agent/files/").status_code == 409
    about = {"term": "12 months", "document": "bir", "residency": "resident"}
    assert bob.post(f"/agent/stock/{agency.card[1:]}/", about).status_code == 409

    pk = re.search(r"/agent/staff/(\d+)/", page.content.decode())
    assert pk
    owner.post(f"/agent/staff/{pk[1]}/", {"limit": "", "may_send_files": "on"})
    assert bob.get("/agent/files/").status_code == 200
    assert bob.post(agency.promised(bob, agency.customers[1])).status_code == 302
    owner.post(f"/agent/staff/{pk[1]}/away/")
    assert bob.get("/agent/").status_code in (302, 404)
    assert agency.left == left - 2 * total


def test_a_sale_that_is_refused_takes_nothing_from_a_sellers_day(agency: Agency) -> None:
    seller = agency.seller(limit_minor=20_000)
    browser = agency.browser(seller)
    agency.shop.say("withdraw", agency.float, amount_minor=agency.left - 1)
    promise = agency.promised(browser, agency.customers[0])
    assert browser.post(promise).status_code == 409
    agency.shop.fund(50_000, agency.float)
    assert browser.post(promise).status_code == 302
    assert "108.00" in browser.get("/agent/").content.decode()


@pytest.mark.parametrize("is_locked", [True, False])
def test_two_sales_at_once_cannot_both_take_what_is_left_of_a_day(
    agency: Agency, monkeypatch: pytest.MonkeyPatch, *, is_locked: bool
) -> None:
    """Without the lock both read the day before either is counted: that is what it is for."""
    from django.db import connections

    from baohao.web.agent import rights
    from baohao.web.agent.models import Seller

    account, read = agency.seller(limit_minor=PRICE), rights.spent_minor
    browsers = [agency.browser(account) for _ in agency.customers]
    promises = list(map(agency.promised, browsers, agency.customers))
    # Under the lock nobody else comes: whoever has it goes on alone.
    both = threading.Barrier(2, timeout=1 if is_locked else 60)

    def slowly(account: Account, day: date) -> int:
        found = read(account, day)
        with suppress(threading.BrokenBarrierError):
            both.wait()
        return found

    monkeypatch.setattr(rights, "spent_minor", slowly)
    if not is_locked:
        rows = SimpleNamespace(select_for_update=Seller.objects.all, filter=Seller.objects.filter)
        monkeypatch.setattr(rights, "Seller", SimpleNamespace(objects=rows))
    left, answers = agency.left, list[int]()

    def sell(browser: Client, promise: str) -> None:
        answers.append(browser.post(promise).status_code)
        connections.close_all()

    sales = zip(browsers, promises, strict=True)
    threads = [threading.Thread(target=sell, args=each) for each in sales]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ([302, 409] if is_locked else [302, 302])
    assert (left - agency.left) // (PRICE * 9 // 10) == (1 if is_locked else 2)
