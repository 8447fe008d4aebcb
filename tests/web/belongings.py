"""
What people on the stage of the matrix have beside their lines, made once for each of two worlds.

A place that is named after an address, as in "/my/for/ <tel:number>", is for addresses that begin
so; the longest such name is the one that counts.
"""

from __future__ import annotations

import itertools
from contextlib import closing
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from tests.payments.cashdesk import Desk
from tests.shop import TILL, Shop, granted

from baohao.app import badges, days
from baohao.app.agents import registry
from baohao.app.badges import Badge
from baohao.app.messages import calendars, tokens
from baohao.app.orders import links
from baohao.app.payments.begin import begin
from baohao.core.agents import Agent
from baohao.core.grants import Scope
from baohao.core.kept import kept_key
from baohao.core.points import Point
from baohao.outside.ids import new_id
from baohao.store import messages
from baohao.store.messages import SENT, Message
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

#: Ids of payments, for each operator others.
_IDS = itertools.count(2 * 10**9, 10**8)
#: As holders of each operator renew.
TERMS = {"demo": "12 months", "demo2": "365 days"}
CURRENCIES = {"demo": "MOP", "demo2": "HKD"}
TILLS = {"demo": TILL, "demo2": "till:hall-9:HKD"}
#: What a promotion is written by.
GIVES = {
    "title": "A month more",
    "name": "a-month-more",
    "gives": "time",
    "much": "1 months",
    "terms": "12 months",
    "first_day": "2026-01-01",
    "group": "time",
}


def last_of(address: str) -> str:
    """Return what an address ends with."""
    return address.rstrip("/").rpartition("/")[2]


# --- a holder's -----------------------------------------------------------------------------------


def of_holder(shop: Shop, browser: Client, number: str, dear: str) -> dict[str, str]:
    """Give a holder something of each kind; `dear` is a number that they may look after."""
    from baohao.web.sharing import consents

    (me, epoch), (other, its_epoch) = (_tenure(shop, each) for each in (number, dear))
    both = frozenset({Scope.SEE, Scope.PAY})
    consents.give(other, dear, its_epoch, number, both, None, key=uuid4())
    wish = consents.ask(me, number, dear, both, key=uuid4())
    wished = consents.ask(other, dear, number, both, key=uuid4())
    given = consents.give(me, number, epoch, dear, both, None, key=uuid4())
    shop.fund(12_000, f"wallet:{me}:MOP")
    paid = shop.renew(number, principal=me, channel="app", paid=f"wallet:{me}:MOP")
    shop.answers([paid])
    quote = shop.say("quote", dear, what="renew", term="12 months")["quote"]
    return {
        "<uuid:talk>": talked(browser, number),
        "<card:card>": kept(shop, me),
        "/my/cards/import/ <uuid:file>": brought(browser),
        **customers(shop, browser, me),
        "/my/for/ <tel:number>": dear[1:],
        "/my/for/ <uuid:quote>": str(quote),
        "/my/sharing/<uuid:consent>/code/ <uuid:consent>": str(wish.id),
        "/my/sharing/<uuid:consent>/answer/ <uuid:consent>": str(wished.id),
        "/my/sharing/<uuid:consent>/end/ <uuid:consent>": str(given.id),
        "/my/wrong/ <uuid:ask>": str(paid.id),
    }


def kept(shop: Shop, keeper: str) -> str:
    """Have somebody keep a card of another operator's, as an address has it."""
    card = kept_key("+447400123456", keeper)
    said = {"operator": "giffgaff", "plan": "payg", "policy": "gb.giffgaff.payg", "holder": keeper}
    shop.say("keep", card, principal=keeper, channel="app", last={"kind": "sms_out"}, **said)
    return card[1:]


def household(browser: Client, name: str) -> dict[str, str]:
    """Begin somebody's household, with people whom they look after and one whom they invite."""
    from baohao.web.household.models import Invitation, Member

    browser.post("/my/household/", {"name": name})
    for cared in ("Po", "Kong"):
        browser.post("/my/household/look-after/", {"cared-name": cared, "key": str(uuid4())})
    browser.post("/my/household/invite/", {"name": "Ana"})
    invited = Invitation.objects.latest("pk")
    po, kong = Member.objects.filter(household=invited.household).order_by("pk")[1:]
    return {
        "/my/household/ <int:person>": str(po.pk),
        "/my/household/<int:person>/remove/ <int:person>": str(kong.pk),
        "/my/household/invitations/ <int:person>": str(invited.pk),
    }


def brought(browser: Client) -> str:
    """Send a file of cards to be looked at."""
    rows = b"number,product,last day\n+447400123458,giffgaff,2026-06-01\n"
    sent = browser.post("/my/cards/import/", {"file": SimpleUploadedFile("cards.csv", rows)})
    return last_of(str(sent["Location"]))


def customers(shop: Shop, browser: Client, keeper: str) -> dict[str, str]:
    """Have somebody keep a card for a customer, and take a fee for it."""
    from baohao.web.customers import passes
    from baohao.web.customers.models import Deed, Pass, Receipt

    told = {"key": str(uuid4()), "version": "0", "name": "Ming", "language": "en"}
    customer = last_of(str(browser.post("/my/customers/new/", told)["Location"]))
    on = (shop.now() - timedelta(days=9)).date().isoformat()
    said = {"product": "gb.giffgaff.payg", "numbers": "+447400123457", "act": "sms_out", "on": on}
    browser.post(f"/my/customers/{customer}/add/", said)
    browser.post(f"/my/customers/{customer}/link/", {"what": "make"})
    card = f"447400123457~{keeper}"
    done = {"key": str(uuid4()), "version": "3", "act": "call_out||", "on": on, "paid": "cash"}
    done |= {"cost": "0.10", "fee": "20", "fee_currency": "CNY"}
    browser.post(f"/my/customers/{customer}/{card}/did/", done)
    deed = Deed.objects.get(customer=customer)
    other = Pass.objects.create(
        id=new_id(),
        kind=Pass.TAKE,
        keeper="somebody",
        customer=uuid4(),
        made_at=shop.now(),
        until=shop.now(),
        used_by=keeper,
    )
    return {
        "/my/customers/ <card:card>": card,
        "/my/take-over/ <str:token>": passes.token(other),
        "<uuid:customer>": customer,
        "<uuid:deed>": str(deed.id),
        "<uuid:receipt>": str(Receipt.objects.get(deed=deed).id),
        "/card-status/ <str:token>": passes.token(Pass.objects.get(customer=customer)),
    }


def talked(browser: Client, number: str) -> str:
    """Ask the operator something about a number."""
    said = {"key": str(uuid4()), "about": number, "text": "Where is my card?"}
    return last_of(str(browser.post("/my/messages/", said)["Location"]))


def basket(browser: Client, number: str) -> str:
    """Have one of several numbers quoted."""
    digits = number[1:]
    asked = {"n": [digits], f"term-{digits}": "12 months"}
    return last_of(str(browser.post("/my/several/", asked)["Location"]))


def _tenure(shop: Shop, number: str) -> tuple[str, int]:
    state = shop.line(number)
    assert state.tenure is not None
    return state.tenure.holder, state.epoch


# --- anybody's who knows where --------------------------------------------------------------------


def open_to_all(house: Installation, shop: Shop, number: str, agent: str) -> dict[str, str]:
    """Make links that whoever has them may open."""
    from baohao.web import brands
    from baohao.web.house.models import Brand
    from baohao.web.household import invitations
    from baohao.web.household.models import Household

    holder, _ = _tenure(shop, number)
    consent = {"limit_minor": 15_000, "consent": "form 12", "term": "12 months"}
    order = shop.say("order", number, payer=f"wallet:{holder}:MOP", **consent)["id"]
    sign = house.seals.sign
    shop.shell.run(partial(calendars.make, holder=holder, instead_of=None, id_=new_id()))
    calendar = shop.shell.run(partial(calendars.address, sign=sign, holder=holder))
    assert calendar is not None
    until = shop.now().date() + timedelta(days=9)
    Brand.objects.get_or_create(operator="demo", defaults={"light": "#003a70", "dark": "#9cc8f0"})
    brands.forget()
    household = Household.objects.create(made_at=shop.now())
    return {
        "/done/ <str:token>": done(house, shop, f"reminded-{number[1:]}"),
        "/join/ <str:token>": invitations.invite(household, "Ana"),
        "/stop/ <str:token>": links.link(number, str(order), sign),
        "/badge/ <str:token>": badges.token(Badge(agent=agent, until=until), house.seals),
        "/calendar/ <str:token>": calendar.token,
        "/agents/ <str:name>": agent,
        "/brand/ <str:name>": "demo",
    }


def done(house: Installation, shop: Shop, keeper: str) -> str:
    """Remind a keeper of a card; return the link by which they say that it was done."""
    card, now = f"+{kept(shop, keeper)}", shop.now()
    told = Message(
        id=new_id(),
        number=card,
        epoch=1,
        what="reminder",
        key="clock:use",
        channel="email",
        language="en",
        deadline=now + timedelta(days=180),
        version=1,
        digest=b"",
        sealed="",
        code="",
        made_at=now,
        state=SENT,
        done_at=now,
    )
    shop.shell.run(partial(messages.write, message=told, due_at=None))
    return tokens.token(card, told.id, house.seals.sign)


# --- an operator's --------------------------------------------------------------------------------


def of_operator(
    house: Installation, shop: Shop, operator: str, browsers: dict[str, Client], mark: str
) -> dict[str, str]:
    """Give an operator something of each kind."""
    key = f"{mark}-{operator}"
    hall = Point(
        key=key,
        operator=operator,
        name=f"Hall {key}",
        zone=house.library.operators[operator].zone_name,
        tills=(f"till:{key}:{CURRENCIES[operator]}",),
    )
    agent = Agent(key=key, name=key, operators=frozenset({operator}), currency=CURRENCIES[operator])
    operators = house.library.operators
    shop.shell.run(partial(days.add, point=hall, operators=operators))
    shop.shell.run(partial(registry.add, agent=agent, operators=operators))
    house.meet(agent)
    return {
        "/operator/halls/ <str:hall>": key,
        "/operator/agents/ <str:name>": key,
        "/operator/campaigns/ <uuid:campaign>": planned(browsers["supervisor"], shop),
        "/counter/authorities/ <uuid:paper>": paper(house, shop, operator),
        "/counter/paper/ <int:first>": pad(shop, operator),
        **drafts(house, operator, browsers["product"]),
    }


def planned(browser: Client, shop: Shop) -> str:
    """Plan a moratorium that nobody approves."""
    last = (shop.now() + timedelta(days=20)).date().isoformat()
    said = {"key": str(uuid4()), "reason": "a typhoon", "words": "We keep your number."}
    said |= {"cause": "disaster", "last_day": last, "prefixes": "+85365999"}
    return last_of(str(browser.post("/operator/campaigns/moratorium/", said)["Location"]))


def drafts(house: Installation, operator: str, browser: Client) -> dict[str, str]:
    """Write a policy, a promotion and a text."""
    policy = "mo.demo.keep12" if operator == "demo" else "hk.demo2.yearly"
    text = house.library.texts[f"{policy}@2026-01"].replace('"2026-01"', '"2036-03"', 1)
    text = text.replace("2026-01-01", "2036-03-01", 1).replace("2025-01-01", "2036-03-01", 1)

    def written(address: str, **fields: str) -> str:
        answer = browser.post(address, {"key": str(uuid4()), **fields})
        assert answer.status_code == 302, answer.content.decode()
        return last_of(str(answer["Location"]))

    terms = {"terms": TERMS[operator]}
    return {
        "<uuid:draft>": written("/operator/drafts/text/policies/", body=text),
        "/operator/drafts/<uuid:draft>/text/ <uuid:draft>": written(
            "/operator/drafts/text/policies/", body=text
        ),
        "/operator/drafts/<uuid:draft>/promotion/ <uuid:draft>": written(
            "/operator/drafts/promotion/", **(GIVES | terms)
        ),
        "/operator/drafts/text/ <str:name>": "policies",
    }


def paper(house: Installation, shop: Shop, operator: str) -> str:
    """Keep a letter by which somebody acts for a holder."""
    from baohao.web.counter.models import Authority

    id_ = new_id()
    context, plain = f"authority:{id_}", '{"letter":"signed","proxy":null,"scan":null}'
    key = house.vault.new_key(context)
    Authority.objects.create(
        id=id_,
        operator=operator,
        at=shop.now(),
        by="clerk",
        number="+85366000001",
        verb="replace",
        digest=sha256(plain.encode()).hexdigest(),
        key=key,
        sealed=house.vault.seal(key, plain, context),
    )
    return str(id_)


def pad(shop: Shop, operator: str) -> str:
    """Print a pad of sheets, with numbers that no pad has had."""
    from django.db.models import Max

    from baohao.web.counter.models import Pad

    first = (Pad.objects.aggregate(most=Max("last"))["most"] or 500) + 1
    Pad.objects.create(operator=operator, at=shop.now(), by="clerk", first=first, last=first + 19)
    return str(first)


def reviewed(operator: str, shop: Shop) -> str:
    """Have somebody do something alone, for another to look at."""
    from baohao.web.house.models import Review

    made = Review.objects.create(
        at=shop.now(),
        operator=operator,
        by="somebody else",
        what="adjust",
        subject="+85366000001",
        said="counted again",
        amount_minor=500,
        currency=CURRENCIES[operator],
    )
    return str(made.pk)


# --- paid -----------------------------------------------------------------------------------------


def opened(shop: Shop, operator: str, number: str, holder: str) -> None:
    """Put a card of an operator in stock and activate it."""
    if operator == "demo":
        shop.open(number, holder)
        return
    (pin,) = (pin for pin in shop.rules if pin.startswith("hk.demo2.yearly@"))
    said = {"holder": holder, "document": "hkid", "term": TERMS[operator], "principal": "clerk"}
    asks = [shop.stock(number, pin), shop.ask("activate", number, paid=TILLS[operator], **said)]
    for answer in shop.answers(asks):
        granted(answer)


def begun_at_counter(browser: Client, number: str, term: str) -> str:
    """Quote a renewal at a counter, and let it be paid by card."""
    promise = str(browser.post(f"/counter/{number[1:]}/", {"term": term})["Location"])
    assert browser.post(promise, {"gateway": "terminal"}).status_code == 302
    return last_of(promise)


def paid(shop: Shop, operator: str, wrong: str, right: str, browser: Client) -> dict[str, str]:
    """Pay for a wrong number and say so, and pay more than was asked for, for somebody to see."""
    till = Desk(conninfo=shop.conninfo, _numbers=itertools.count(next(_IDS)))
    till.rules = shop.rules
    with closing(till.shell), till.connected():
        mistaken, more = (_paid(till, operator, wrong, minor) for minor in (None, 1_000_000))
    said = browser.post(f"/pay/{mistaken}/wrong/", {"right": right})
    assert said.status_code == 302, said.content.decode()
    (found,) = shop.rows("SELECT id FROM exceptions WHERE subject = %s", str(more))
    return {"<uuid:payment>": str(mistaken), "<uuid:exception>": str(found[0])}


def _paid(till: Desk, operator: str, number: str, minor: int | None) -> UUID:
    quote = till.quoted(number, term=TERMS[operator])
    kept = begin(till.shell, till.ports(), till.beginning(quote, number), till.new_id)
    assert till.twin.pay(kept.payment.order, minor=minor)
    till.tell()
    till.carry()
    return kept.payment.id
