"""Six cards of other operators' on a phone: kept within five minutes, looked after, let go."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import expect
from tests.journeys.conftest import Makes
from tests.journeys.people import Person
from tests.shop import Shop

FIVE_MINUTES_S = 300
#: What a letter and a tap take somebody who looks for each (seconds; the keystroke-level model: a
#: key without practice, pointing and the moment before it).
LETTER_S, TAP_S = 0.5, 2.5


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card as its keeper knows it."""

    #: What is looked for, and which of what is found it is.
    words: str
    product: str
    number: str
    act: str = "I topped up credit"
    amount: str = ""
    credit: str = ""


SIX = (
    Card(words="ctm idd", product="CTM IDD prepaid card", number="66001234", amount="50"),
    Card(words="haha", product="hahaSIM", number="91230001", amount="10"),
    Card(words="club", product="Club SIM", number="91230002", act="I bought a pack", amount="6"),
    Card(
        words="giff",
        product="giffgaff pay as you go",
        number="07400123456",
        act="I sent a text message",
    ),
    Card(words="telkom", product="Telkomsel PraBayar", number="081234567890", amount="50000"),
    Card(words="cmhk", product="CMHK prepaid card", number="91230003", amount="50", credit="60"),
)


class Thumb:
    """Somebody's thumb: what it does is counted."""

    def __init__(self, person: Person) -> None:
        self._person, self.taps, self.letters = person, 0, 0

    def tap(self, name: str | re.Pattern[str]) -> None:
        self._person.taps(name)
        self.taps += 1

    def tick(self, role: str, name: str | re.Pattern[str]) -> None:
        page = self._person.page
        found = page.get_by_role("radio", name=name) if role == "radio" else None
        (found or page.get_by_role("checkbox", name=name)).first.check()
        self.taps += 1

    def write(self, label: str | re.Pattern[str], text: str) -> None:
        self._person.writes(label, text)
        self.taps += 1
        self.letters += len(text)


def add(person: Person, thumb: Thumb, card: Card) -> None:
    """Add a card from the list of all."""
    thumb.tap(re.compile("^Add (your first|a) card$"))
    thumb.write("Operator, product or country", card.words)
    thumb.tap("Look")
    thumb.tap(re.compile(f"^{re.escape(card.product)}$"))
    person.heading(re.compile(re.escape(card.product)))
    thumb.write("Number", card.number)
    thumb.tick("radio", card.act)
    if card.amount:
        thumb.write(re.compile("^How much"), card.amount)
    if card.credit:
        thumb.write(re.compile("^Credit that is on it now"), card.credit)
    thumb.tap("Keep this card")
    person.sees(re.compile("^Kept\\. It is good until"))


def test_six_cards_are_kept_within_five_minutes(phone: Makes, door: Shop, number: str) -> None:
    door.open(number, f"h-{number[1:]}")
    keeper = phone()
    keeper.signs_in(number)
    thumb = Thumb(keeper)
    keeper.goes("/my/cards/")
    for card in SIX:
        add(keeper, thumb, card)
        if card is SIX[0]:
            keeper.shows("cards-one")
        keeper.goes("/my/cards/")
        thumb.taps += 1
    by_hand_s = thumb.taps * TAP_S + thumb.letters * LETTER_S
    print(f"six cards: {thumb.taps} taps, {thumb.letters} letters, {by_hand_s:.0f} s by hand")
    assert by_hand_s < FIVE_MINUTES_S
    expect(keeper.page.get_by_role("article")).to_have_count(len(SIX))
    keeper.shows("cards-list")

    # What was done with one, by what the plan says.
    keeper.taps(re.compile("I did it.*7400"))
    keeper.heading("I did it")
    keeper.shows("cards-did")
    keeper.taps("Take it down")
    keeper.sees("I sent a text message")

    keeper.goes("/my/cards/")
    keeper.taps("Everything that is due")
    keeper.heading("Everything that is due")
    keeper.sees(re.compile("the last day"))
    keeper.shows("cards-calendar")
    keeper.goes("/my/cards/")
    keeper.taps("What it costs a year")
    keeper.heading("What it costs a year")
    keeper.sees(re.compile("HK"))
    keeper.shows("cards-cost")

    # One is let go: what hangs on it comes first.
    keeper.goes("/my/cards/")
    keeper.taps(re.compile(r"^[^:]*9123.?0001$"))
    keeper.taps("The list")
    keeper.page.get_by_role("checkbox", name=re.compile("WhatsApp")).check()
    keeper.taps("Keep the list")
    keeper.sees("1 is left.")
    keeper.taps("Let this number go")
    keeper.sees("1 thing still hangs on this number")
    keeper.shows("cards-leave")
    keeper.taps("Move them first")
    keeper.page.get_by_role("checkbox", name=re.compile("WhatsApp")).check()
    keeper.taps("Keep the list")
    keeper.sees("0 are left.")
    keeper.taps("Let this number go")
    keeper.sees("All that hung on it has been moved.")
    keeper.page.get_by_role("checkbox", name="I know it, and let the number go").check()
    keeper.taps("Let it go")
    keeper.sees("Let go. We remind you of it no more.")
    keeper.sees(re.compile("1 card that is gone"))
