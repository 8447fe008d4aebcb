"""The link in a reminder of a kept card: looked at, it does nothing; pressed, it records once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.shop import Shop

from baohao.app.kept import adding
from baohao.app.kept.adding import Wanted
from baohao.app.messages import remind, tokens
from baohao.core.civil import add_months
from baohao.core.kept import kept_key
from baohao.outside.ids import new_id
from baohao.store import messages
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client


def test_a_link_is_looked_at_by_anybody_and_records_what_was_pressed(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    keeper = f"k{number[1:]}"
    card, now = kept_key("+447700900123", keeper), counter.now()
    # So that the reminder of seven days is due tomorrow morning: the rule counts four days fewer.
    on = add_months(now.date() + timedelta(days=12), -6)
    wanted = Wanted(product="gb.giffgaff.payg", act="sms_out", on=on)
    said = adding.asked(pages.terms().rules, wanted, keeper, now)
    counter.rules = pages.terms().rules
    found: tuple[messages.Message, ...] = ()
    with pages.shell() as shell:
        counter.say("keep", card, principal=keeper, channel="app", **said)
        for _ in range(3):
            counter.later(timedelta(hours=14))
            remind.run(shell, pages.teller(), new_id)
            if found := shell.run(lambda conn: messages.of_number(conn, card, 1)):
                break
    token = tokens.token(card, found[0].id, pages.seals.sign)
    page = browser.get(f"/done/{token}/").content.decode()
    assert "+447700•••123" in page
    assert "447700900123" not in page
    assert len(counter.line(card).acts) == 2
    form = {"act": "topup", "on": counter.now().date().isoformat(), "amount": "ten"}
    assert browser.post(f"/done/{token}/", form).status_code == 409
    form |= {"amount": "10"}
    assert "Recorded." in browser.post(f"/done/{token}/", form).content.decode()
    again = browser.post(f"/done/{token}/", form | {"amount": "20"}).content.decode()
    assert "Nothing is to be done" in again
    assert [each.amount_minor for each in counter.line(card).acts[2:]] == [1_000]
    assert browser.get(f"/done/{'a' * 56}/").status_code == 404
