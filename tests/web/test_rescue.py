"""A payment for the wrong number: taken back whole within a day, by two people, and never twice."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from tests.payments.cashdesk import Desk
from tests.shop import Shop
from tests.web.fixtures import entered

from baohao.core.payments import State
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

    from baohao.web.rescue.models import Rescue

_ids = itertools.count(5_000_000, 1_000)


@pytest.fixture
def paying(pages: Installation) -> Iterator[Desk]:
    made = Desk(conninfo=pages.conninfo, _numbers=itertools.count(next(_ids)))
    with made.connected():
        yield made
    made.shell.close()


@pytest.fixture
def right(number: str) -> str:
    return number[:-4] + "6" + number[-3:]


@pytest.fixture
def payment(paying: Desk, counter: Shop, number: str, right: str) -> UUID:
    """A guest's, for `number`; `right` was meant."""
    counter.open(number, f"h{number[1:]}")
    counter.open(right, f"h{right[1:]}")
    kept = paying.begun(number)
    assert paying.twin.pay(kept.payment.order)
    paying.tell()
    paying.carry()
    assert paying.state(kept.payment.id) == State.USED
    return kept.payment.id


def client(role: str, operator: str = "demo") -> Client:
    from django.test import Client

    from baohao.web.accounts.models import Account
    from baohao.web.accounts.roles import Role

    found, name = Client(SERVER_NAME="localhost"), f"{role}.{operator}"
    account = Account.objects.filter(name=name).first()
    if account is None:
        account = Account.objects.staff(name, operator, Role(role), "a password of theirs")
    found.force_login(account, "allauth.account.auth_backends.AuthenticationBackend")
    return found


def rescue(payment: UUID) -> Rescue:
    from baohao.web.rescue.models import Rescue

    return Rescue.objects.get(payment=payment)


SECOND = {"approver": "supervisor.demo", "approver_password": "a password of theirs"}


def test_it_is_said_once_and_taken_back_whole_by_two_people(
    pages: Installation,
    paying: Desk,
    counter: Shop,
    browser: Client,
    number: str,
    right: str,
    payment: UUID,
) -> None:
    page = f"/pay/{payment}/wrong/"
    shown = browser.get(page).content.decode()
    assert number[4:8] not in shown
    assert number[-3:] in shown
    for _ in range(2):
        assert browser.post(page, {"right": right}).status_code == 302
    assert "Two people of ours look at it" in browser.get(page).content.decode()
    clerk, _ = client("clerk"), client("supervisor")
    assert number[8:] in clerk.get("/support/rescues/").content.decode()
    one = f"/support/rescues/{payment}/"
    # Alone, and approving for oneself, nobody takes it back.
    for second in ({}, SECOND | {"approver": "clerk.demo"}, SECOND | {"approver_password": "x"}):
        assert clerk.post(one, second).status_code == 409
    assert len(counter.line(number).sold) == 2
    for _ in range(2):
        assert clerk.post(one, SECOND).status_code in (200, 302)
    assert len(counter.line(number).sold) == 1
    kept = rescue(payment)
    assert (kept.state, kept.by, kept.approved_by) == ("done", "clerk.demo", "supervisor.demo")
    assert paying.state(payment) == State.REFUNDING
    (refund,) = paying.refunds(payment)
    assert refund.amount_minor == 12_000
    shown = browser.get(page).content.decode()
    assert "your money is on its way" in shown
    assert f"/renew/{right[1:]}/" in shown


def test_after_a_day_and_for_what_was_taken_back_there_is_nothing(
    pages: Installation,
    paying: Desk,
    counter: Shop,
    browser: Client,
    number: str,
    right: str,
    payment: UUID,
) -> None:
    page = f"/pay/{payment}/wrong/"
    before = counter.now()
    try:
        counter.later(timedelta(days=1, seconds=1))
        assert browser.get(page).status_code == 409
        assert browser.post(page, {"right": right}).status_code == 409
    finally:
        counter.later(before - counter.now())
    assert browser.get(page).status_code == 200
    of = next(sold.act for sold in counter.line(number).sold if "advance" in str(sold.sale.payer))
    counter.say("reverse", number, principal="clerk", of=of, reason="came back")
    assert browser.get(page).status_code == 404
    assert browser.get(f"/pay/{uuid4()}/wrong/").status_code == 404


@pytest.mark.parametrize("wrong", ["same", "unknown", "malformed", "other's"])
def test_a_right_number_that_is_none_is_told(
    pages: Installation,
    counter: Shop,
    browser: Client,
    number: str,
    right: str,
    payment: UUID,
    wrong: str,
) -> None:
    others = number[:-4] + "0" + number[-3:]
    said = {"same": number, "unknown": "+85366999998", "malformed": "12", "other's": others}
    answer = browser.post(f"/pay/{payment}/wrong/", {"right": said[wrong]})
    assert answer.status_code in (200, 409)
    assert 'role="alert"' in answer.content.decode()
    from baohao.web.rescue.models import Rescue

    assert not Rescue.objects.filter(payment=payment).exists()


def test_the_page_and_the_receipt_are_proof_and_nothing_else_is(
    pages: Installation, paying: Desk, counter: Shop, browser: Client, number: str, payment: UUID
) -> None:
    giving = pages.desk(counter.shell)
    token = giving.issue(paying.kept(payment).payment.act).token
    for proof in (f"see https://x.test/pay/{payment}/ there", token):
        answer = browser.post("/wrong/", {"proof": proof})
        assert (answer.status_code, answer["Location"]) == (302, f"/pay/{payment}/wrong/")
    by_float = next(s for s in counter.line(number).sold if "float" in str(s.sale.payer))
    cash = giving.issue(UUID(by_float.act)).token
    for proof in ("nothing", token[:-4] + "AAAA", cash):
        assert browser.post("/wrong/", {"proof": proof}).status_code == 409


def test_each_operator_decides_its_own_and_says_why_not(
    pages: Installation, counter: Shop, browser: Client, number: str, right: str, payment: UUID
) -> None:
    browser.post(f"/pay/{payment}/wrong/", {"right": right})
    one = f"/support/rescues/{payment}/"
    elsewhere = client("clerk", "demo2")
    assert number[8:] not in elsewhere.get("/support/rescues/").content.decode()
    assert elsewhere.get(one).status_code == 404
    assert elsewhere.post(one, {"no": "1", "why": "x"}).status_code == 404
    clerk = client("clerk")
    assert clerk.post(one, {"no": "1", "why": " "}).status_code == 409
    assert clerk.post(one, {"no": "1", "why": "It was used <b>."}).status_code == 302
    shown = browser.get(f"/pay/{payment}/wrong/").content.decode()
    assert "It was used &lt;b&gt;." in shown
    assert len(counter.line(number).sold) == 2


def test_what_a_wallet_paid_is_said_by_its_holder_alone_and_is_in_it_again(
    pages: Installation, counter: Shop, browser: Client, number: str, right: str
) -> None:
    from django.test import Client

    me, wallet = f"h{right[1:]}", f"wallet:h{right[1:]}:MOP"
    counter.open(number, f"h{number[1:]}")
    counter.open(right, me)
    counter.fund(20_000, wallet)
    paid = counter.renew(number, principal=me, channel="app", paid=wallet)
    counter.shell.answer([paid])
    page = f"/my/wrong/{number[1:]}/{paid.id}/"
    assert browser.get(page).status_code == 302
    entered(browser, f"h{number[1:]}")
    # Whose number it is has not paid for it.
    assert browser.get(page).status_code == 404
    assert "/my/wrong/" not in browser.get(f"/my/{number[1:]}/").content.decode()
    payer = Client(SERVER_NAME="localhost")
    entered(payer, me)
    assert payer.get(page).status_code == 200
    for _ in range(2):
        assert payer.post(page, {"right": right}).status_code == 302
    clerk, _ = client("clerk"), client("supervisor")
    one = f"/support/rescues/{paid.id}/"
    assert clerk.post(one, {}).status_code == 409
    assert counter.balance(wallet) == 8_000
    assert clerk.post(one, SECOND).status_code == 302
    assert counter.balance(wallet) == 20_000
    assert len(counter.line(number).sold) == 1
    assert "in your wallet again" in payer.get(page).content.decode()
    assert browser.get(page).status_code == 404
    assert browser.get(f"/pay/{paid.id}/wrong/").status_code == 404


def test_a_renewal_of_ones_own_offers_it_for_a_day(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    me, wallet = f"h{number[1:]}", f"wallet:h{number[1:]}:MOP"
    counter.open(number, me)
    counter.fund(20_000, wallet)
    counter.shell.answer([counter.renew(number, principal=me, channel="app", paid=wallet)])
    entered(browser, me)
    page, before = f"/my/{number[1:]}/", counter.now()
    assert "/my/wrong/" in browser.get(page).content.decode()
    try:
        counter.later(timedelta(days=1, seconds=5))
        assert "/my/wrong/" not in browser.get(page).content.decode()
    finally:
        counter.later(before - counter.now())
