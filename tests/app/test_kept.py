"""Kept cards: what keepers have, what they say of it, and that nobody else learns of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.shop import Shop

from baohao.app import tenures
from baohao.app.kept import about, adding, listing, plan
from baohao.app.kept.about import About, Noted, NotesMoved
from baohao.app.kept.adding import ActOther, DayAhead, NothingKnown, ProductUnknown, Wanted
from baohao.app.kept.listing import Card, CardNotKept
from baohao.app.library import library
from baohao.core.kept import kept_key
from baohao.outside.sealing import SealsOfHouse, VaultOfHouse
from baohao.store import clock

VAULT = VaultOfHouse(SealsOfHouse(b"k" * 32))
NUMBER = "+447700900123"


@pytest.fixture
def house(shop: Shop) -> Shop:
    """A shop that knows the whole library."""
    shop.rules = library()
    return shop


def today(shop: Shop) -> date:
    return shop.shell.run(clock.now).date()


def keep(shop: Shop, keeper: str, number: str = NUMBER, **said: object) -> str:
    wanted = Wanted(**{"product": "gb.giffgaff.payg", "act": "sms_out", "on": today(shop)} | said)  # type: ignore[arg-type]
    now = shop.shell.run(clock.now)
    subject = kept_key(number, keeper)
    shop.say(
        "keep",
        subject,
        principal=keeper,
        channel="app",
        **adding.asked(shop.rules, wanted, keeper, now),
    )
    return subject


def cards(shop: Shop, *keepers: str) -> list[Card]:
    return shop.shell.run(lambda conn: listing.of_keepers(conn, shop.terms(), VAULT, keepers))


def test_two_keep_one_number_and_know_nothing_of_each_other(house: Shop) -> None:
    mine, theirs = keep(house, "h-1"), keep(house, "h-2")
    house.say("record", mine, principal="h-1", kind="call_out")
    (card,) = cards(house, "h-1")
    assert (card.subject, card.number, card.keeper) == (mine, NUMBER, "h-1")
    assert [act.kind for act in card.state.acts] == ["activate", "sms_out", "call_out"]
    (other,) = cards(house, "h-2")
    assert [act.kind for act in other.state.acts] == ["activate", "sms_out"]
    assert [each.subject for each in cards(house, "h-2", "h-1")] == [mine, theirs]


def test_a_kept_card_is_no_tenure_of_ours(house: Shop) -> None:
    keep(house, "h-1")
    assert house.shell.run(lambda conn: tenures.of_holder(conn, "h-1")) == []
    # And the number may be sold by whoever has it.
    house.say("stock", NUMBER, operator="demo", plan="keep12", pin="mo.demo.keep12@2026-01")


def test_what_is_said_of_a_card_is_sealed_and_the_second_to_write_is_told(house: Shop) -> None:
    subject = keep(house, "h-1")
    said = About(name="London", hangs=("HSBC UK",), shared=True)

    def write(noted: Noted) -> Noted:
        return house.shell.run(lambda conn: about.write(conn, VAULT, "h-1", subject, noted))

    first = write(Noted(about=said))
    (card,) = cards(house, "h-1")
    assert (card.noted, card.name) == (first, "London")
    write(replace(first, about=replace(said, note="in the drawer")))
    with pytest.raises(NotesMoved):
        write(replace(first, about=replace(said, note="in the car")))
    assert cards(house, "h-1")[0].noted.about.note == "in the drawer"
    stored = str(house.rows("SELECT * FROM card_notes"))
    assert "HSBC" not in stored
    assert "drawer" not in stored
    # A row that is copied to another card says nothing of it.
    other = keep(house, "h-1", "+447700900124")
    house.rows(
        "INSERT INTO card_notes SELECT bucket, keeper, %s, version, sealed, updated_at"
        " FROM card_notes RETURNING version",
        other,
    )
    assert [each.name for each in cards(house, "h-1")] == ["London", ""]


def test_the_first_due_comes_first_and_what_is_gone_comes_last(house: Shop) -> None:
    day = today(house)
    late = keep(house, "h-1", "+447700900121", on=day - timedelta(days=100))
    soon = keep(house, "h-1", "+447700900122", on=day - timedelta(days=150))
    gone = keep(house, "h-1", "+447700900123")
    house.say("terminate", gone, principal="h-1", cause="holder", reason="let go")
    found = cards(house, "h-1")
    assert [each.subject for each in found] == [soon, late, gone]
    assert [each.is_over for each in found] == [False, False, True]
    assert found[2].due is None


def test_the_earlier_of_what_is_computed_and_what_the_operator_says_is_due(house: Shop) -> None:
    day = today(house)
    keep(house, "h-1", until=day + timedelta(days=20))
    (card,) = cards(house, "h-1")
    assert card.due == day + timedelta(days=20)
    assert card.glance.earliest is not None
    assert card.glance.earliest > card.due


def test_a_plan_says_what_is_next_and_what_a_year_costs(house: Shop) -> None:
    keep(house, "h-1")
    (card,) = cards(house, "h-1")
    found = plan.of_card(card, house.shell.run(clock.now))
    assert found.next is not None
    assert (found.next.option.kind, found.next.option.cost_minor) == ("sms_out", 30)
    assert found.found is not None
    assert 0 < found.found.year_minor <= 90


def test_what_nobody_can_mean_is_refused(house: Shop) -> None:
    day = today(house)
    for said, refusal in (
        ({"product": "gb.nobody"}, ProductUnknown),
        ({"on": day + timedelta(days=1)}, DayAhead),
        ({"act": "read"}, ActOther),
        ({"on": None}, NothingKnown),
    ):
        with pytest.raises(refusal):
            keep(house, "h-1", **said)
    with pytest.raises(CardNotKept):
        house.shell.run(
            lambda conn: listing.one(conn, house.terms(), VAULT, kept_key(NUMBER, "h-1"))
        )
