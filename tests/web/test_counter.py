"""The counter: found, sold once by any means, moved with two people, and put right as one act."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.payments.cashdesk import contract_file
from tests.payments.gates import keys
from tests.shop import Shop
from tests.web.test_operator import BACKEND, working

from baohao.app.payments.learn import learn
from baohao.core.identifiers.luhn import luhn_digit
from baohao.outside import contracts
from baohao.outside.acquirer import Acquirer
from baohao.outside.pretend.acquirer import PretendAcquirer
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

PRICE = 12_000
SECOND = {"approver": "supervisor-of-demo", "approver_password": "open sesame"}
#: Invented, with their check digits.
HOLDER = {"document": "bir", "number": "1234567(8)", "country": ""}
_n = itertools.count(1)


class Hall:
    """A clerk at a till of their own, and the numbers that they serve."""

    def __init__(self, shop: Shop, browser: Client, number: str) -> None:
        from baohao.web.accounts.models import Account
        from baohao.web.accounts.roles import Role

        self.shop, self.browser, self.number = shop, browser, number
        n = next(_n)
        self.till = f"till:desk-{n}:MOP"
        more = {"till": f"desk-{n}", "point": f"hall-{n}"}
        self.clerk = Account.objects.staff(f"clerk-{n}", "demo", Role.CLERK, "open sesame", **more)
        working("supervisor")
        browser.force_login(self.clerk, BACKEND)

    def get(self, rest: str) -> str:
        answer = self.browser.get(f"/counter/{rest}")
        assert answer.status_code == 200, answer.content.decode()
        return str(answer.content.decode())

    def post(self, rest: str, status: Any = 302, **said: Any) -> str:
        """Send a form; return where it leads to, or the page."""
        answer = self.browser.post(f"/counter/{rest}", said)
        assert answer.status_code == status, (answer.status_code, answer.content.decode()[-3000:])
        return str(answer["Location"] if status == 302 else answer.content.decode())

    def line(self, rest: str = "") -> str:
        return f"{self.number[1:]}/{rest}"

    def promised(self, term: str = "12 months") -> str:
        return self.post(self.line(), term=term).removeprefix("/counter/")

    def form(self, rest: str) -> dict[str, str]:
        """The hidden fields of a page."""
        hidden = r'type="hidden" name="(key|version)" value="([^"]+)"'
        found = dict(re.findall(hidden, self.get(rest)))
        assert found
        return found

    def cash(self) -> int:
        return self.shop.balance(self.till)

    def until(self) -> str:
        return self.shop.line(self.number).standing.clocks["service"].deadline.isoformat()


@pytest.fixture
def hall(pages: Installation, counter: Shop, browser: Client, number: str) -> Hall:
    counter.rules, counter.promotions = pages.library.policies, pages.library.promotions
    return Hall(counter, browser, number)


def card(n: int) -> str:
    body = f"898530200000{n:06d}"
    return body + luhn_digit(body)


def held(hall: Hall, document: dict[str, str] = HOLDER) -> None:
    """Put a line in stock and activate it at the counter for somebody with a document."""
    iccid = card(int(hall.number[-6:]))
    hall.shop.answers([hall.shop.stock(hall.number, iccid=iccid)])
    said = {"name": "陳大文", "residency": "resident", "expires_on": "2031-01-01", **document}
    hall.post(hall.line("activate/"), **hall.form(hall.line("activate/")), **said, term="12 months")


# --- finding --------------------------------------------------------------------------------------


def test_a_line_is_found_by_number_card_and_document(hall: Hall) -> None:
    held(hall)
    iccid = hall.shop.line(hall.number).card.iccid
    for typed in (hall.number, hall.number[4:], iccid, f"{iccid[:10]} {iccid[10:]}"):
        answer = hall.browser.get("/counter/", {"what": typed})
        assert answer["Location"] == f"/counter/{hall.line()}", typed
    page = hall.post("document/", 200, **HOLDER)
    assert f"/counter/{hall.line()}" in page
    assert "陳大文" not in page
    for typed, why in (("5215299(8)", "Nobody with this document"), ("1234567(9", "not valid")):
        assert why in hall.post("document/", 409, **HOLDER | {"number": typed})


def test_the_camera_is_for_the_page_that_scans_alone(hall: Hall) -> None:
    assert "camera=(self)" in hall.browser.get("/counter/")["Permissions-Policy"]
    for page in ("/", "/counter/till/", "/counter/document/"):
        assert "camera=()" in hall.browser.get(page)["Permissions-Policy"]


# --- selling --------------------------------------------------------------------------------------


def test_cash_is_sold_once_and_its_change_is_said(hall: Hall) -> None:
    hall.shop.open(hall.number)
    quote = hall.promised()
    version = hall.form(quote)["version"]
    assert "less than is to be paid" in hall.post(quote, 409, given="100", version=version)
    assert hall.cash() == 0
    places = {hall.post(quote, given="500", version=version) for _ in range(3)}
    assert hall.cash() == PRICE
    (place,) = places
    page = hall.get(place.removeprefix("/counter/"))
    assert "MOP$380.00" in page or "380.00" in page
    for paper in ("", "?paper=80mm"):
        pdf = re.findall(r'href="(/counter/receipts/[^"?]+)"', page)[0]
        assert hall.browser.get(pdf + paper)["Content-Type"] == "application/pdf"


def test_of_two_clerks_on_one_line_the_second_looks_again(hall: Hall, pages: Installation) -> None:
    from django.test import Client

    hall.shop.open(hall.number)
    other = Hall(hall.shop, Client(SERVER_NAME="localhost"), hall.number)
    mine, theirs = hall.promised(), other.promised()
    seen, as_seen = hall.form(mine), other.form(theirs)
    hall.post(mine, **seen)
    until = hall.until()
    assert "Somebody has changed this line" in other.post(theirs, 409, **as_seen)
    assert (hall.cash(), other.cash(), hall.until()) == (PRICE, 0, until)
    # Whoever looks again sees the new date, and may sell another year.
    again = other.promised()
    other.post(again, **other.form(again))
    assert other.cash() == PRICE


def test_a_card_pays_once_by_the_code_on_its_slip(hall: Hall, number: str) -> None:
    from baohao.web.counter.models import Slip

    hall.shop.open(hall.number)
    until, cash = hall.until(), hall.cash()
    quote = hall.promised()
    place = hall.post(quote, gateway="terminal").removeprefix("/counter/")
    assert "MOP$120.00" in hall.get(place)
    assert "4 to 12" in hall.post(place, 409, code="12")
    assert hall.until() == until
    sold = {hall.post(place, code="a1b2c3", card="4242") for _ in range(2)}
    assert (len(sold), hall.cash()) == (1, cash)
    assert len(hall.shop.line(number).sold) == 2
    assert hall.shop.line(number).sold[-1].sale.payer.kind == "advance"
    assert f"hall-{hall.clerk.point[5:]}/" in hall.get(sold.pop().removeprefix("/counter/"))
    assert Slip.objects.get(till=hall.clerk.till).amount_minor == PRICE
    # The same slip pays for nothing else, and nothing is sold.
    again = hall.post(hall.promised(), gateway="terminal").removeprefix("/counter/")
    assert "has paid for something else" in hall.post(again, 409, code="A1B2C3")
    assert len(hall.shop.line(number).sold) == 2


@pytest.fixture
def acquirer(
    pages: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PretendAcquirer]:
    """Connect the pages to an acquirer whose codes people scan."""
    from baohao.web.desk import desk

    twin = PretendAcquirer(keys(), pages.clock, notify_path="/notices/acquirer")
    with twin:
        contract = contracts.acquirer(contract_file(tmp_path, twin), "http://127.0.0.1/notices")
        gateway = Acquirer(contract, pages.clock)
        monkeypatch.setattr(desk(), "_ports", pages.ports({gateway.name: gateway}))
        yield twin
        gateway.close_connections()


def told(hall: Hall, acquirer: PretendAcquirer) -> None:
    """Hand over what the acquirer has to tell."""
    from baohao.web.desk import desk

    gateway = desk().ports.gateways["acquirer"]
    while acquirer.notices:
        headers, body = acquirer.notices.pop(0)
        notice = gateway.notice(headers, body, desk().now())
        learning = partial(learn, gateway="acquirer", told=notice, new_id=hall.shop.new_id)
        desk().shell.run(learning)


def test_a_code_on_the_screen_is_waited_for_and_paid_once(
    hall: Hall, acquirer: PretendAcquirer
) -> None:
    hall.shop.open(hall.number)
    quote, cash = hall.promised(), hall.cash()
    places = {hall.post(quote, gateway="acquirer").removeprefix("/counter/") for _ in range(2)}
    (place,) = places
    assert 'hx-trigger="every 2s"' in hall.get(place)
    assert 'class="qr"' in hall.get(f"{place}state/")
    (order,) = acquirer.orders
    acquirer.pay(order)
    told(hall, acquirer)
    state = hall.browser.get(f"/counter/{place}state/")
    assert state["HX-Redirect"] == hall.browser.get(f"/counter/{place}")["Location"]
    assert "Receipt on the roll" in hall.get(state["HX-Redirect"].removeprefix("/counter/"))
    assert hall.cash() == cash
    assert len(hall.shop.line(hall.number).sold) == 2


def test_an_activation_is_paid_by_card_and_knows_its_holder(hall: Hall) -> None:
    hall.shop.answers([hall.shop.stock(hall.number)])
    address = hall.line("activate/")
    said = {"name": "Maria", "residency": "visitor", "term": "12 months", "gateway": "terminal"}
    passport = {"document": "passport", "number": "AB12345", "country": "PRT"}
    refused = hall.post(address, 409, **hall.form(address), **said, **HOLDER)
    assert "cannot register" in refused
    place = hall.post(address, **hall.form(address), **said, **passport)
    hall.post(place.removeprefix("/counter/"), code="X77777")
    tenure = hall.shop.line(hall.number).tenure
    assert tenure is not None
    assert tenure.identity == "registered"


# --- moving a number ------------------------------------------------------------------------------


def replacing(hall: Hall) -> dict[str, str]:
    form = hall.form(hall.line("replace/"))
    return form | HOLDER | {"iccid": card(int(hall.number[-6:]) + 500_000), "reason": "stolen"}


def test_a_card_is_replaced_by_its_holder_with_two_people(hall: Hall) -> None:
    held(hall)
    cash, before = hall.cash(), hall.shop.line(hall.number).card.iccid
    said = replacing(hall)
    assert "second person" in hall.post(hall.line("replace/"), 409, **said)
    other = said | SECOND | {"number": "5215299(8)"}
    assert "not the one" in hall.post(hall.line("replace/"), 409, **other)
    assert hall.shop.line(hall.number).card.iccid == before
    place = {hall.post(hall.line("replace/"), **said, **SECOND) for _ in range(2)}
    assert (len(place), hall.cash()) == (1, cash + 5_000)
    rows = hall.shop.rows(
        "SELECT data FROM effects WHERE subject = %s AND kind = 'message'", hall.number
    )
    assert {"what": "card_replaced", "to": before} in [row[0] for row in rows]
    assert "receipts/" in hall.get(place.pop().removeprefix("/counter/"))
    assert "The card was replaced on" in hall.get(hall.line())


def test_a_locked_line_keeps_its_card_and_its_holder(hall: Hall) -> None:
    held(hall)
    said = replacing(hall)
    hall.shop.say("register", hall.number, lock=True)
    said |= hall.form(hall.line("replace/"))
    assert "locked" in hall.post(hall.line("replace/"), 409, **said, **SECOND)
    assert f"{hall.line('replace/')}" not in hall.get(hall.line())


def test_a_number_goes_to_another_holder_for_a_cause_with_its_paper(hall: Hall) -> None:
    from baohao.web.counter.models import Authority

    held(hall)
    form = hall.form(hall.line("transfer/"))
    heir = {"name": "陳小文", "document": "bir", "number": "5215299(8)", "residency": "resident"}
    said = form | heir | {"cause": "death", "paper": "Certificate 77/2026"}
    assert "second person" in hall.post(hall.line("transfer/"), 409, **said)
    for _ in range(2):
        hall.post(hall.line("transfer/"), **said, **SECOND)
    line = hall.shop.line(hall.number)
    assert line.tenure is not None
    assert line.tenure.epoch == 2
    paper = Authority.objects.get(number=hall.number)
    assert "Certificate" not in paper.sealed
    ((data,),) = hall.shop.rows(
        "SELECT payload FROM journal WHERE subject = %s AND kind = 'transferred'", hall.number
    )
    assert f"{paper.id}:{paper.digest}" in str(data)
    visitor = {"name": "J. Doe", "document": "hkid", "number": "A123456(3)"}
    said = hall.form(hall.line("transfer/")) | heir | visitor | {"cause": "court", "paper": "x 1"}
    assert "cannot register" in hall.post(hall.line("transfer/"), 409, **said, **SECOND)


# --- acting for others ----------------------------------------------------------------------------


PROXY = {
    "proxy-is_proxy": "on",
    "proxy-letter": "signed 2026-11-20",
    "proxy-document": "passport",
    "proxy-country": "PRT",
}


def test_somebody_acts_for_a_holder_with_a_letter_and_not_for_the_whole_town(hall: Hall) -> None:
    from baohao.web.counter.models import Authority, Rules

    held(hall)
    Rules.objects.create(operator="demo", point=hall.clerk.point, proxy_most=1)
    passport = {"proxy-number": f"P{hall.number[-6:]}"}
    said = replacing(hall) | PROXY | passport
    for field, status, why in (("letter", 409, "shows a letter"), ("number", 200, "is required")):
        lacking = said | SECOND | {f"proxy-{field}": ""}
        assert why in hall.post(hall.line("replace/"), status, **lacking)
    hall.post(hall.line("replace/"), **said, **SECOND)
    kept = Authority.objects.get(number=hall.number)
    assert passport["proxy-number"] not in kept.sealed
    again = replacing(hall) | PROXY | passport | {"iccid": card(int(hall.number[-6:]) + 600_000)}
    assert "1 times within a year" in hall.post(hall.line("replace/"), 409, **again, **SECOND)
    # Who opens it says why, and that is noted down.
    hall.browser.force_login(working("supervisor"), BACKEND)
    address = f"authorities/{kept.id}/"
    assert passport["proxy-number"] not in hall.get(address)
    assert passport["proxy-number"] in hall.post(address, 200, reason="a complaint")
    from tests.web.test_operator import deeds

    assert [deed.said for deed in deeds("authority", f"{hall.number} {kept.id}")] == ["a complaint"]


# --- taking back, and putting right ---------------------------------------------------------------


def sold(hall: Hall) -> dict[str, str]:
    """Sell a renewal for cash; return what its forms say."""
    hall.shop.open(hall.number)
    quote = hall.promised()
    hall.post(quote, **hall.form(quote))
    form = hall.form(hall.line("sales/"))
    return form | {"of": hall.shop.line(hall.number).sold[-1].act, "reason": "the wrong one"}


def test_a_wrong_number_is_put_right_as_one_act(hall: Hall, number: str) -> None:
    form = sold(hall)
    right = f"+{int(number[1:]) + 40_000}"
    hall.shop.open(right)
    until = hall.shop.line(right).standing.clocks["service"].deadline
    said = form | SECOND | {"what": "right", "right_number": right, "right_term": "12 months"}
    for _ in range(2):
        place = hall.post(hall.line("sales/"), **said)
        assert place.startswith(f"/counter/{right[1:]}/sold/")
    assert hall.cash() == PRICE
    assert len(hall.shop.line(right).sold) == 2
    assert hall.shop.line(right).standing.clocks["service"].deadline > until
    assert hall.until() == until.isoformat()


def test_nothing_is_taken_back_where_the_right_line_cannot_be_sold(hall: Hall, number: str) -> None:
    form, until = sold(hall), hall.until()
    lost = f"+{int(number[1:]) + 50_000}"
    said = form | SECOND | {"what": "right", "right_number": lost, "right_term": "12 months"}
    hall.post(hall.line("sales/"), 404, **said)
    assert (hall.cash(), hall.until()) == (PRICE, until)


def test_the_wrong_line_is_taken_back_whole_with_two_people(hall: Hall) -> None:
    form = sold(hall) | {"mistake": "1"}
    assert "second person" in hall.post(hall.line("sales/"), 409, **form)
    hall.post(hall.line("sales/"), **form, **SECOND)
    assert hall.cash() == 0
    assert form["of"] not in hall.get(hall.line("sales/"))


def test_a_wish_is_granted_by_another_and_used_once(hall: Hall) -> None:
    from baohao.web.counter.models import Wish

    form = sold(hall) | {"mistake": "1"}
    for _ in range(2):
        hall.post(hall.line("sales/"), **form, what="wish")
    wish = Wish.objects.get(number=hall.number)
    hall.browser.force_login(working("supervisor"), BACKEND)
    hall.post("second/", wish=str(wish.id), what="granted", note="yes")
    hall.browser.force_login(hall.clerk, BACKEND)
    assert "has granted it" in hall.get(hall.line("sales/"))
    said = {"of": form["of"], "what": "granted", "version": form["version"]}
    hall.post(hall.line("sales/"), **said)
    assert hall.cash() == 0
    hall.post(hall.line("sales/"), 404, **said)
    wish.refresh_from_db()
    assert (wish.state, wish.decided_by) == ("done", "supervisor-of-demo")


def test_alone_below_a_sum_is_looked_at_afterwards(hall: Hall) -> None:
    from baohao.web.counter.models import Review, Rules

    form = sold(hall) | {"mistake": "1"}
    rules = Rules.objects.create(operator="demo", point=hall.clerk.point, alone_minor=PRICE - 1)
    assert "second person" in hall.post(hall.line("sales/"), 409, **form)
    assert not Review.objects.filter(subject=hall.number)
    rules.alone_minor = PRICE
    rules.save()
    hall.post(hall.line("sales/"), **form)
    review = Review.objects.get(subject=hall.number)
    assert (review.amount_minor, review.seen_at) == (PRICE, None)
    # A card and a holder are never changed alone.
    hall.browser.force_login(working("supervisor"), BACKEND)
    hall.post("second/", review=str(review.pk), what="wrong", note="who was it?")
    review.refresh_from_db()
    assert (review.seen_by, review.is_right) == ("supervisor-of-demo", False)


def test_who_asks_and_does_not_buy_is_counted(hall: Hall) -> None:
    for kind in ("price", "price", "lost"):
        assert hall.post("enquiries/", kind=kind) == "/counter/"
    hall.post("enquiries/", 404, kind="gossip")
    from baohao.web.counter.models import Enquiry

    assert Enquiry.objects.filter(till=hall.clerk.till).count() == 3
