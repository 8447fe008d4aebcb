"""
The words of messages: from facts to a title and a text, in one language and for one channel.

A mail is read by whoever reads the mailbox, and a push passes through a service, so they have the
number in part; a short message goes to the number itself. Where the operator sends no addresses in
short messages, they have none.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

from babel import dates, numbers

from baohao.core.civil import Span, Unit
from baohao.core.money import digits_of
from baohao.core.operators import Operator
from baohao.core.policy.model import How

TEXTS: Mapping[str, Mapping[str, Mapping[str, Any]]] = tomllib.loads(
    (Path(__file__).parent / "texts.toml").read_text(encoding="utf-8")
)
#: Our languages -> Babel's locales, with the formats of Macau.
LOCALES = {"zh-Hant": "zh_Hant_MO", "zh-Hans": "zh_Hans_MO", "pt": "pt_MO", "en": "en_MO"}
EMAIL, PUSH, SMS = "email", "push", "sms"
#: Who reminds of cards of others.
HOUSE = "保號 baohao"
#: These have titles, and are read by whoever has the mailbox or the phone: the number is in part.
WRITTEN = frozenset({EMAIL, PUSH})

_UNITS = {Unit.DAY: "days", Unit.MONTH: "months", Unit.YEAR: "years"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a message is about; what is not known is not said."""

    #: Its text, as in "lost" or "renewal", and its title.
    text: str
    title: str
    number: str
    #: The number that it was changed to.
    to: str = ""
    #: The last good day, and the instant after it.
    day: date | None = None
    deadline: datetime | None = None
    #: Until when it is paid for since.
    until: date | None = None
    #: What a renewal costs, and for how long it is.
    offers: tuple[tuple[Span, int], ...] = ()
    #: language -> title, of each that is running; "" is the usual.
    promotions: tuple[Mapping[str, str], ...] = ()
    paid_minor: int | None = None
    #: Of a charge that is announced: what it costs, or at most.
    total_minor: int | None = None
    limit_minor: int | None = None
    currency: str = ""
    #: As things stand it would fail.
    would_fail: bool = False
    #: What stops the standing order.
    stop: str = ""
    #: Somebody who is not the holder may have done it.
    is_grave: bool = False
    #: Renewing would help.
    asks: bool = False
    #: Of a card of another operator's.
    card: OfCard | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCard:
    """What is said of a card of another operator's that its reader keeps."""

    #: What its keeper calls it; language -> its product's name, "" the usual one.
    name: str
    titles: Mapping[str, str]
    #: The last good day by its rules, and by its operator, with the day that that was said.
    computed: date | None = None
    observed: date | None = None
    said_on: date | None = None
    #: What is to be done next, how often, for how much, and how.
    act: str = ""
    times: int = 1
    price_minor: int = 0
    how: How | None = None
    #: When its rules were last checked, where that is too long ago.
    checked: date | None = None
    #: Where it is, below the pages.
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message in words."""

    title: str
    text: str
    #: Where its reader does what it asks for; empty: nowhere.
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How one holder is written to by one channel."""

    language: str
    channel: str
    operator: Operator
    #: Where the operator's days begin, and where the reader is.
    zone: tzinfo
    reader_zone: tzinfo
    #: Where the pages are; empty: nowhere.
    pages: str
    code: str = field(default="")
    #: What records that it was done, for whoever has the message.
    done: str = field(default="", repr=False)

    def of(self, facts: Facts) -> Said:
        """Write a message."""
        title, first = self._first(facts)
        paragraphs = [first, *self._of_card(facts), *self._ways(facts), *self._ends()]
        join = "\n\n" if self.channel == EMAIL else "\n"
        name = HOUSE if facts.card else self._operator
        if self.channel in WRITTEN:
            text = join.join([*paragraphs, name]) + "\n"
            return Said(title=title, text=text, url=self._tapped(facts))
        return Said(title="", text=self._part("from", name=name) + join.join(paragraphs))

    def of_appointment(self, facts: Facts) -> Said:
        """Write a deadline into a calendar, which others may look into."""
        title, first = self._first(facts)
        return Said(title=title, text="\n\n".join((first, *self._ways(facts))))

    # --- cards of others --------------------------------------------------------------------------

    def _tapped(self, facts: Facts) -> str:
        if not self.pages or not (facts.asks or facts.card):
            return ""
        return self._done if facts.card else f"{self.pages}/my/"

    @property
    def _done(self) -> str:
        return f"{self.pages}/done/{self.done}/"

    @property
    def _operator(self) -> str:
        return self.operator.names.get(self.language, self.operator.name)

    def _called(self, card: OfCard | None) -> str:
        if card is None:
            return ""
        titles = card.titles
        return card.name or titles.get(self.language) or titles.get(self.language[:2]) or titles[""]

    def _of_card(self, facts: Facts) -> Iterator[str]:
        """Say until when a card is good, by whom, what is the least to be done, and how."""
        card = facts.card
        if card is None:
            return
        dates = []
        if card.computed is not None:
            dates.append(self._part("computed", day=self._day(card.computed)))
        if card.observed is not None:
            said = self._day(card.said_on)
            dates.append(self._part("observed", day=self._day(card.observed), said=said))
        if dates:
            yield self._part("between").join(dates)
        if card.act:
            yield from self._step(card, facts.currency)
        if card.checked is not None:
            yield self._part("stale", day=self._day(card.checked))
        if self.pages:
            yield self._part("done", url=self._done)
            yield self._part("card", url=f"{self.pages}/{card.path}")
        yield self._part("reminder", operator=self._operator)

    def _step(self, card: OfCard, currency: str) -> Iterator[str]:
        acts = self._texts["act"]
        act = str(acts.get(card.act, acts["other"]))
        if card.times > 1:
            act = self._part("times", act=act, n=card.times)
        if card.price_minor:
            yield self._part("step", act=act, price=self._money(card.price_minor, currency))
        else:
            yield self._part("step_free", act=act)
        how = card.how
        if how is not None:
            steps = how.steps_in.get(self.language) or how.steps
            if said := " · ".join(filter(None, (how.dial, *steps, how.page))):
                yield self._part("how", how=said)

    # --- the parts --------------------------------------------------------------------------------

    @property
    def _texts(self) -> Mapping[str, Mapping[str, Any]]:
        return TEXTS[self.language]

    def _first(self, facts: Facts) -> tuple[str, str]:
        """Return the title and the first paragraph."""
        places = {
            "number": self._number(facts.number),
            "to": self._number(facts.to),
            "day": self._day(facts.day),
            "name": self._called(facts.card),
        }
        title = str(self._texts["title"][facts.title]).format(**places)
        text = str(self._texts["text"][facts.text]).format(**places)
        return title, self._part("between").join((text, *self._facts(facts)))

    def _facts(self, facts: Facts) -> Iterator[str]:
        if facts.until is not None:
            yield self._part("until", day=self._day(facts.until))
        if facts.deadline is not None:
            yield from self._instants(facts.deadline)
        if facts.would_fail:
            yield self._part("would_fail")
        for name in ("paid", "total", "limit"):
            minor = getattr(facts, f"{name}_minor")
            if minor is not None:
                part = "at_most" if name == "total" else name
                yield self._part(part, price=self._money(minor, facts.currency))
        for term, minor in facts.offers:
            yield self._part(
                "price", term=self._span(term), price=self._money(minor, facts.currency)
            )
        for titles in facts.promotions:
            named = titles.get(self.language) or titles.get(self.language[:2]) or titles[""]
            yield self._part("promotion", promotion=named)

    def _instants(self, deadline: datetime) -> Iterator[str]:
        """Say the exact end by the operator's clock, and by the reader's where that differs."""
        # Midnight is the day after to most people.
        last = deadline - timedelta(minutes=1)
        here, there = last.astimezone(self.zone), last.astimezone(self.reader_zone)
        if here.utcoffset() == there.utcoffset():
            return
        for part, at in (("exactly", here), ("abroad", there)):
            yield self._part(part, instant=self._instant(at), zone=self._zone(at))

    def _ways(self, facts: Facts) -> Iterator[str]:
        if facts.stop:
            yield self._linked("stop", "stop_app", f"stop/{facts.stop}/")
        if facts.is_grave:
            phone = self.operator.phone
            yield self._part("not_you", phone=phone) if phone else self._part("not_you_counter")
        if facts.asks:
            # The whole number stands in no mail, not in an address either.
            own = "" if self.channel in WRITTEN else f"{facts.number.removeprefix('+')}/renew/"
            yield self._linked("renew", "renew_app", f"my/{own}")

    def _ends(self) -> Iterator[str]:
        yield self._linked("ours", "ours_app", "ours/", code=spelled(self.code))
        if self.channel == EMAIL and self.pages:
            yield self._part("preferences", url=f"{self.pages}/my/preferences/")

    def _linked(self, part: str, bare: str, path: str, /, **places: str) -> str:
        """Say where something is done; without an address where there is none, or may be none."""
        if not self.pages or (self.channel == SMS and self.operator.linkless):
            return self._part(bare, **places)
        return self._part(part, url=f"{self.pages}/{path}", **places)

    def _part(self, part: str, /, **places: object) -> str:
        return str(self._texts["part"][part]).format(**places)

    # --- as the reader's locale writes it ---------------------------------------------------------

    @property
    def _locale(self) -> str:
        return LOCALES[self.language]

    def _number(self, number: str) -> str:
        if self.channel in WRITTEN:
            return masked(number)
        is_of_macau = number.startswith("+853") and len(number) == 12
        return f"+853 {number[4:8]} {number[8:]}" if is_of_macau else number

    def _day(self, day: date | None) -> str:
        return "" if day is None else dates.format_date(day, "long", locale=self._locale)

    def _instant(self, at: datetime) -> str:
        return dates.format_datetime(at, "short", tzinfo=at.tzinfo, locale=self._locale)

    def _zone(self, at: datetime) -> str:
        return dates.get_timezone_name(at, locale=self._locale)

    def _money(self, minor: int, currency: str) -> str:
        amount = Decimal(minor).scaleb(-digits_of(currency))
        return numbers.format_currency(amount, currency, locale=self._locale)

    def _span(self, span: Span) -> str:
        forms = self._texts["part"].get(_UNITS.get(span.unit, ""))
        return str(span) if forms is None else forms[span.count != 1].format(n=span.count)


def masked(number: str) -> str:
    """Write a number so that its holder knows it, and nobody else."""
    return f"{number[:-6]}•••{number[-3:]}" if len(number) > 8 else number


def spelled(code: str) -> str:
    """Write a code as it is read out."""
    return f"{code[:4]}-{code[4:]}"


def as_html(said: Said, language: str, pages: str) -> str:
    """Return a text as simple HTML: paragraphs, and our own addresses to be followed."""
    written = []
    for paragraph in said.text.strip().split("\n\n"):
        words = [_linked(word, pages) for word in paragraph.split(" ")]
        written.append(f"<p>{' '.join(words)}</p>")
    head = f'<!doctype html><html lang="{escape(language)}"><meta charset="utf-8">'
    return f"{head}<title>{escape(said.title)}</title><body>{''.join(written)}</body></html>\n"


def _linked(word: str, pages: str) -> str:
    safe = escape(word)
    return f'<a href="{safe}">{safe}</a>' if pages and word.startswith(f"{pages}/") else safe
