"""The demo's holder keeps cards of other operators' for customers, and has done something today."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from baohao.app.kept import adding, customers
from baohao.app.kept.customers import Customer, Entry, Fee, Practice
from baohao.cli.demo_life import HOLDER
from baohao.core.kept import kept_key
from baohao.outside.ids import new_id

ME = Practice(
    name="Ming, number keeper",
    contact="WeChat ming-keeps",
    pay="WeChat ming-keeps",
    fee=Fee(minor=3_000, currency="CNY"),
)
#: Name, how they are reached, language; their cards: number, product, act, days ago, amount.
PEOPLE = (
    (
        *("Mrs Wong", "WeChat wong-mama", "zh-hant"),
        (
            ("+447700900201", "gb.giffgaff.payg", "sms_out", 176, ""),
            ("+447700900202", "gb.giffgaff.payg", "sms_out", 171, ""),
        ),
    ),
    (
        *("João Silva", "+351 912 345 678", "pt"),
        (("+447700900203", "gb.giffgaff.payg", "call_out", 178, ""),),
    ),
    (
        *("Li", "Telegram @li-example", "zh-hans"),
        (
            ("+37251234567", "ee.esimplus.number", "pack", 340, "5.85"),
            ("+447700900204", "gb.giffgaff.payg", "sms_out", 60, ""),
        ),
    ),
)


def keep() -> None:
    """Write customers and their cards down; Django is configured."""
    from baohao.web.desk import desk

    vault, run = desk().house.vault, desk().shell.run
    run(partial(customers.write_practice, vault=vault, keeper=HOLDER, practice=ME, version=0))
    for name, contact, language, cards in PEOPLE:
        person = Customer(name=name, contact=contact, language=language)
        entry = Entry(id=str(new_id()), customer=person)
        run(partial(customers.write, vault=vault, keeper=HOLDER, entry=entry))
        for card in cards:
            _card(name, *card)
    _do_one()


def _card(whose: str, number: str, product: str, act: str, ago: int, amount: str) -> None:
    from baohao.web.desk import desk, made

    now, subject = desk().now(), kept_key(number, HOLDER)
    on = now.date() - timedelta(days=ago)
    wanted = adding.Wanted(product=product, act=act, on=on, amount=amount)
    said = adding.asked(desk().terms.rules, wanted, HOLDER, now)
    desk().ask(made("keep", subject, said, by=HOLDER, channel="app"))
    vault = desk().house.vault
    desk().shell.run(
        partial(customers.say_whose, vault=vault, keeper=HOLDER, subject=subject, whose=whose)
    )


def _do_one() -> None:
    """Record what was done for the card that is due last, and give the receipt."""
    from baohao.web.customers import ledger, papers
    from baohao.web.desk import desk

    terms, vault = desk().terms, desk().house.vault
    book = desk().read(partial(customers.book, terms=terms, vault=vault, keeper=HOLDER))
    owned = [(card, entry) for card in book.cards if (entry := book.owner(card))]
    card, entry = owned[-1]
    done = ledger.Done(
        card=card,
        version=card.state.version,
        entry=entry,
        kind="sms_out",
        on=desk().now().date(),
        cost_minor=30,
        fee=book.fee(card),
        is_all_in=book.practice.is_all_in,
        paid_by="wechat",
    )
    (outcome,) = ledger.do(HOLDER, new_id(), [done])
    if outcome.deed is not None:
        papers.give(outcome.deed, book)
