"""A keeper is told of a card in time, what to do, and says by a link that it was done: once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from tests.app.telling import SEALS, VAULT, Told, text_of
from tests.shop import Shop

from baohao.app.kept import about, adding, done
from baohao.app.kept.about import About, Noted
from baohao.app.kept.adding import ActOther, DayAhead, Wanted
from baohao.app.kept.done import LinkForged, LinkOver, Offered
from baohao.app.library import library
from baohao.app.messages import evidence
from baohao.core.kept import kept_key
from baohao.core.policy.model import Policy
from baohao.outside.ids import new_id
from baohao.outside.pretend.post_office import PostOffice

NUMBER, KEEPER = "+447700900123", "h-1"
CARD = kept_key(NUMBER, KEEPER)
GIFFGAFF = "gb.giffgaff.payg"


@pytest.fixture
def told(shop: Shop) -> Iterator[Told]:
    """Somebody who keeps a card of giffgaff's, used today, and is told by mail in English."""
    shop.rules = library()
    with PostOffice() as office:
        told = Told(shop=shop, office=office)
        keep(shop, CARD, KEEPER)
        told.prefer(CARD)
        told.hush()
        yield told


def keep(shop: Shop, subject: str, keeper: str, **said: object) -> None:
    usual = {"product": GIFFGAFF, "act": "sms_out", "on": shop.now().date()}
    wanted = Wanted(**(usual | said))  # type: ignore[arg-type]
    payload = adding.asked(shop.rules, wanted, keeper, shop.now())
    shop.say("keep", subject, principal=keeper, channel="app", **payload)


def policy_of(shop: Shop) -> Policy:
    return next(each for each in shop.rules.values() if each.name == GIFFGAFF)


def checked(shop: Shop, day: date) -> None:
    """Have the rules been read on a day."""
    found = policy_of(shop)
    sources = tuple(replace(each, checked=day) for each in found.sources)
    shop.rules = {**shop.rules, found.pin: replace(found, sources=sources)}


def fresh(shop: Shop) -> None:
    checked(shop, shop.now().date() + timedelta(days=300))


#: A text is good for six months, the rule counts four days fewer, and the first lead is 30 days.
FIRST, NEXT = 147, 16


def letters_after(told: Told, days: int) -> int:
    """Let days go by; return how many letters there are."""
    told.shop.later(timedelta(days=days))
    told.run()
    return len(told.letters)


def letter(told: Told, days: int = FIRST) -> str:
    assert letters_after(told, days)
    return text_of(told.letters[-1])


def token_of(text: str) -> str:
    return str(re.findall(r"/done/([\w-]{56})/", text)[0])


def look(told: Told, token: str) -> Offered:
    shop = told.shop
    return shop.shell.run(lambda conn: done.look(conn, shop.terms(), VAULT, SEALS.sign, token))


def say(told: Told, token: str, **wanted: object) -> bool:
    said = Wanted(**({"product": "", "act": "sms_out"} | wanted))  # type: ignore[arg-type]
    shop = told.shop
    return done.record(shop.shell, shop.terms(), VAULT, SEALS.sign, token, said, new_id)


def acts(told: Told) -> list[str]:
    return [act.kind for act in told.shop.line(CARD).acts]


def test_a_reminder_says_which_card_until_when_by_whom_and_what_to_do(told: Told) -> None:
    shop = told.shop
    fresh(shop)
    noted = Noted(about=About(name="London"))
    shop.shell.run(lambda conn: about.write(conn, VAULT, KEEPER, CARD, noted))
    until = datetime.combine(shop.now().date() + timedelta(days=170), datetime.min.time())
    shop.say("observe", CARD, principal=KEEPER, clock="use", until=f"{until.isoformat()}+00:00")
    text = letter(told)
    subject = told.letters[-1]["Subject"]
    assert subject.startswith("London +447700•••123: act by ")
    assert NUMBER[1:] not in text
    assert "By its rules it is good until" in text
    assert "Its operator said on" in text
    assert "The cheapest way: " in text
    assert "How: " in text
    assert "A reminder of baohao, not a message of giffgaff." in text
    assert text.rstrip().endswith("保號 baohao")
    assert "last checked" not in text
    # Nothing goes to the card's own number, on the last day neither.
    code = re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}", text)[0]
    with shop.looking() as conn:
        found = evidence.ours(conn, code)
    assert found is not None
    assert found.number == NUMBER
    shop.later(look(told, token_of(text)).deadline - shop.now() - timedelta(days=5))
    told.run()
    assert told.phone.received == []


@pytest.mark.parametrize("is_stale", [False, True])
def test_under_rules_that_nobody_has_looked_at_one_is_told_earlier(
    told: Told, is_stale: bool
) -> None:
    checked(told.shop, told.shop.now().date() - timedelta(days=366 - 300 * (not is_stale)))
    told.prefer(CARD)
    told.hush()
    assert letters_after(told, FIRST - 12) == is_stale
    assert letters_after(told, 12) == is_stale + (not is_stale)
    assert ("These rules were last checked on" in text_of(told.letters[0])) == is_stale


def test_a_link_records_once_whatever_is_tapped_and_how_often(told: Told) -> None:
    fresh(told.shop)
    first = token_of(letter(told))
    before = look(told, first)
    assert not before.is_done
    assert before.acts[0] in ("sms_out", "call_out", "topup", "data")
    # Looking has recorded nothing.
    assert acts(told) == ["activate", "sms_out"]
    told.office.received.clear()
    second = token_of(letter(told, NEXT))
    assert second != first
    with pytest.raises(DayAhead):
        say(told, first, on=before.today + timedelta(days=90))
    with pytest.raises(ActOther):
        say(told, first, act="read")
    yesterday = told.shop.now().date() - timedelta(days=1)
    assert say(told, first, on=yesterday)
    assert not say(told, first, on=yesterday)
    assert not say(told, second)
    assert acts(told) == ["activate", "sms_out", "sms_out"]
    assert look(told, second).is_done
    # And nothing more is told of the deadline that it moved.
    told.hush()
    told.shop.later(timedelta(days=20))
    told.run()
    assert told.letters == []


def test_a_link_ends_with_the_tenure_and_a_month_after_the_deadline(told: Told) -> None:
    fresh(told.shop)
    token = token_of(letter(told))
    for wrong in ("", "a" * 56, token[:-1] + ("A" if token[-1] != "A" else "B"), f"{token}x"):
        with pytest.raises(LinkForged):
            look(told, wrong)
    deadline, now = look(told, token).deadline, told.shop.now()
    told.shop.later(deadline - now + timedelta(days=31))
    with pytest.raises(LinkOver):
        look(told, token)
    told.shop.later(now - told.shop.now())
    assert not look(told, token).is_done
    told.shop.say(
        "terminate", CARD, principal=KEEPER, channel="app", cause="holder", reason="moved"
    )
    with pytest.raises(LinkOver):
        say(told, token)
