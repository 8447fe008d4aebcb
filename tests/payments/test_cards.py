"""
Payments by card, from the quote to the bill; and how often cards may be tried.

The red twin counts without the lock, and lets more through than the limit says.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.conftest import Campaign
from tests.payments.cards import CardDesk
from tests.payments.cashdesk import NUMBER
from tests.races.racing import at_once

from baohao.app.payments import exceptions
from baohao.app.payments.begin import begin
from baohao.app.shell import Shell
from baohao.core import velocity
from baohao.core.velocity import CardsRefused, TooManyTries
from baohao.outside.pretend.stripe import LIES, by_seed
from baohao.store import card_tries
from baohao.store.payments import Kept

#: What must not be believed of money, and is well signed, is what nobody can defend against.
HONEST = ("slow", *LIES)


def paid(desk: CardDesk, number: str = NUMBER) -> Kept:
    kept = desk.begun(number)
    assert desk.stripe.pay(kept.payment.order)
    desk.tell()
    return kept


# --- from the quote to the bill -------------------------------------------------------------------


def test_a_card_pays_a_quote_and_what_is_reversed_goes_back(card_desk: CardDesk) -> None:
    desk = card_desk
    with desk.connected():
        kept = desk.begun()
        assert kept.given["page_url"].startswith("https://checkout.stripe.com/")
        assert desk.stripe.pay(kept.payment.order)
        desk.tell()
        desk.settle()
        assert desk.state(kept.payment.id) == "used"
        said = {"of": str(kept.payment.act), "reason": "no", "approved_by": "bob"}
        desk.answers([desk.ask("reverse", NUMBER, mistake=True, **said)])
        desk.settle()
        desk.tell()
        assert [each.state for each in desk.refunds(kept.payment.id)] == ["done"]
        assert desk.waiting() == []
        desk.agree()


def test_a_page_that_nobody_paid_is_closed(card_desk: CardDesk) -> None:
    desk = card_desk
    with desk.connected():
        kept = desk.begun()
        desk.later(timedelta(minutes=16))
        desk.settle()
        assert desk.state(kept.payment.id) == "closed"
        assert not desk.stripe.pay(kept.payment.order)
        desk.agree()


def test_a_dispute_is_a_chargeback_and_its_bill_is_ours(card_desk: CardDesk) -> None:
    desk = card_desk
    with desk.connected():
        kept = paid(desk)
        desk.settle()
        case = desk.stripe.dispute(kept.payment.order)
        desk.tell()
        desk.settle()
        assert (desk.state(kept.payment.id), desk.waiting()) == ("chargeback", ["chargeback"])
        desk.agree()
        day = desk.now().date()
        desk.later(timedelta(days=1))
        rows = list(desk.cards.bill(day))
        assert [(row.case, row.amount_minor) for row in rows] == [(case, 12_000), ("", 12_000)]
        desk.stripe.end_dispute(case, won=True)
        desk.tell()
        desk.settle()
        assert desk.waiting() == []
        desk.agree()


def test_a_refund_that_comes_back_later_waits_for_a_person(card_desk: CardDesk) -> None:
    desk = card_desk
    with desk.connected():
        kept = paid(desk)
        desk.settle()
        said = {"of": str(kept.payment.act), "reason": "no", "approved_by": "bob"}
        desk.answers([desk.ask("reverse", NUMBER, mistake=True, **said)])
        desk.settle()
        (refund,) = desk.refunds(kept.payment.id)
        desk.stripe.arrive(refund.number, "failed")
        desk.tell()
        assert desk.waiting() == ["refund_came_back"]
        desk.is_well()


@pytest.mark.soak
def test_all_card_money_has_a_home_whatever_goes_wrong(
    card_desk: CardDesk, campaign: Callable[[int], Campaign]
) -> None:
    desk, drawn = card_desk, campaign(4)
    desk.limits = ()
    with desk.connected(read_s=0.5):
        for n in range(drawn.count):
            live(desk, drawn.seed + n, f"+8536617{n % 10_000:04}")
            desk.agree()
            for each in desk.shell.run(exceptions.listed):
                assert each.kind in ("chargeback", "no_answer", "refund_declined"), each


def live(desk: CardDesk, seed: int, number: str) -> None:
    """One line, its payer, their bank and a clerk, by seed."""
    chance, begun = random.Random(seed), list[Kept]()
    desk.stripe.draw = lambda _: ""
    desk.open(number)
    desk.stripe.draw = by_seed(seed, 0.25, HONEST)
    cases: list[str] = []
    for _ in range(14):
        match chance.randrange(6):
            case 0:
                begun.append(desk.begun(number))
            case 1 if begun:
                card = chance.choice(("good", "good", "declined"))
                desk.stripe.pay(chance.choice(begun).payment.order, card)
            case 2:
                tell(desk, chance)
            case 3:
                desk.later(timedelta(seconds=chance.choice((6, 60, 600, 86_400))))
            case 4 if begun:
                said = {"of": str(chance.choice(begun).payment.act), "reason": "no"}
                desk.answers([desk.ask("reverse", number, **said)])
            case 5 if begun:
                cases += dispute(desk, chance.choice(begun).payment.order)
            case _:
                pass
        desk.carry()
    desk.stripe.draw = lambda _: ""
    for each in cases:
        desk.stripe.end_dispute(each, won=chance.random() < 0.5)
    desk.tell()
    desk.settle(rounds=130)
    desk.tell()
    desk.settle()


def dispute(desk: CardDesk, order: str) -> list[str]:
    """Let a bank take back what was paid, once."""
    for intent in desk.stripe.books.intents.values():
        known = {each["payment_intent"] for each in desk.stripe.books.disputes.values()}
        is_of = intent["metadata"]["order"] == order and intent["status"] == "succeeded"
        charge = desk.stripe.books.charges.get(intent["latest_charge"] or "", {})
        if is_of and intent["id"] not in known and not charge["amount_refunded"]:
            return [desk.stripe.dispute(order)]
    return []


def tell(desk: CardDesk, chance: random.Random) -> None:
    """Notices come late, twice, in any order, or in ways that are refused."""
    owed = desk.stripe.owed
    for each in chance.choices(owed, k=len(owed)) if owed else ():
        fault = desk.stripe.draw("notice")
        desk.told(*desk.stripe.notice(each, fault))


# --- how often ------------------------------------------------------------------------------------


def test_who_begins_too_often_is_refused_before_the_gateway_hears(card_desk: CardDesk) -> None:
    desk = card_desk
    desk.limits = velocity.limits("begun payer 2/1h")
    with desk.connected():
        desk.begun()
        kept = desk.begun()
        heard = len(desk.stripe.heard)
        with pytest.raises(TooManyTries, match="at most 2 begun within 1h"):
            desk.begun()
        assert len(desk.stripe.heard) == heard
        assert len(desk.all()) == 2
        # Who asks again for an order has it; others, and the same one later, have theirs.
        begin(desk.shell, desk.ports(), desk.beginning(kept.payment.id), desk.new_id)
        desk.payer = "h2"
        desk.begun()
        desk.payer = "h1"
        desk.later(timedelta(hours=1))
        desk.begun()


@pytest.mark.parametrize("what", ["payer", "number", "address", "card"])
def test_declined_cards_are_counted(card_desk: CardDesk, what: str) -> None:
    desk = card_desk
    desk.limits, desk.address = velocity.limits(f"declined {what} 2/1h"), "mark-1"
    with desk.connected():
        kept = desk.begun()
        for _ in range(2):
            desk.begun()
            desk.stripe.pay(kept.payment.order, "declined")
            for owed in desk.stripe.owed * 2:
                desk.told(*desk.stripe.notice(owed))
            desk.stripe.owed.clear()
        with pytest.raises(TooManyTries) as refused:
            desk.begun()
        assert refused.value.facts["what"] == what
        # A gateway that takes no cards is not limited.
        desk.limits = ()
        desk.begun()


def test_who_tries_many_cards_is_refused(card_desk: CardDesk) -> None:
    desk = card_desk
    desk.limits = velocity.limits("cards payer 2/1d")
    with desk.connected():
        kept = desk.begun()
        for card in ("declined", "declined", "poor"):
            desk.begun()
            desk.stripe.pay(kept.payment.order, card)
            desk.tell()
        with pytest.raises(TooManyTries):
            desk.begun()


def test_whose_bank_took_money_back_pays_otherwise_until_it_is_won(card_desk: CardDesk) -> None:
    desk = card_desk
    with desk.connected():
        kept = paid(desk)
        desk.settle()
        case = desk.stripe.dispute(kept.payment.order)
        desk.tell()
        desk.settle()
        desk.payer, other = "h2", "+85366100002"
        desk.open(other)
        # The number is refused to anybody; another number to who has used that card.
        with pytest.raises(CardsRefused):
            desk.begun()
        desk.payer = "h1"
        with pytest.raises(CardsRefused):
            desk.begun(other)
        desk.payer = "h2"
        desk.begun(other)
        desk.stripe.end_dispute(case, won=True)
        desk.tell()
        desk.settle()
        desk.begun()


def test_what_no_limit_looks_back_to_is_forgotten(card_desk: CardDesk) -> None:
    desk = card_desk
    desk.limits = velocity.limits("begun payer 2/1h")
    with desk.connected():
        desk.begun()
        assert desk.rows("SELECT count(*) FROM card_tries WHERE kind <> ''") == [(2,)]
        desk.later(timedelta(hours=1))
        desk.settle()
        assert desk.rows("SELECT count(*) FROM card_tries") == [(0,)]


def racing(desk: CardDesk) -> int:
    """Begin as many as there are doors, at once; return how many were let through."""
    desk.limits = velocity.limits("begun payer 3/1h")
    beginnings = [desk.beginning(desk.quoted()) for _ in range(8)]

    def work(shell: Shell, place: int) -> int:
        try:
            begin(shell, desk.ports(), beginnings[place], desk.new_id)
        except TooManyTries:
            return 0
        return 1

    return sum(at_once(desk, work))


def test_at_once_no_more_are_let_through_than_one_by_one(card_desk: CardDesk) -> None:
    with card_desk.connected():
        assert racing(card_desk) == 3


def test_who_counts_without_a_lock_lets_more_through(
    card_desk: CardDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card_tries, "lock", lambda *_: None)
    with card_desk.connected():
        for n in range(20):
            card_desk.payer = f"h{n}"
            if racing(card_desk) > 3:
                return
    raise AssertionError("it never went wrong")
