"""Every language has every text, with every place of it; and no text says what is not known."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.app.telling import OPERATORS, PAGES

from baohao.app.messages import acts, remind
from baohao.app.messages.wording import LOCALES, TEXTS, Facts, Said, Words, as_html
from baohao.core import decide
from baohao.core.civil import Span, Unit
from baohao.core.line.ordered import FAILED, GAVE_UP, ORDERED, OWED, STOPPED


def places(text: str | list[str]) -> list[set[str]]:
    return [
        set(re.findall(r"\{(\w+)\}", each)) for each in ([text] if isinstance(text, str) else text)
    ]


@pytest.mark.parametrize("language", LOCALES)
def test_a_language_is_complete(language: str) -> None:
    for part, texts in TEXTS["en"].items():
        theirs = TEXTS[language][part]
        assert set(theirs) == set(texts)
        for name, text in texts.items():
            assert places(theirs[name]) == places(text), (language, part, name)
            # Between sentences Chinese has nothing.
            assert theirs[name] or name == "between"


def test_every_act_that_owes_a_message_has_a_text() -> None:
    acts_ = {"renewal", "activate", "topup", "restore", "reversed", "received"} | acts.GRAVE
    orders = {ORDERED, OWED, FAILED, GAVE_UP, STOPPED}
    for kind in acts_ | orders | {"paid", "lost", "stops", "changed"}:
        assert kind in TEXTS["en"]["text"]
    assert set(remind.TITLES.values()) <= set(TEXTS["en"]["title"])


#: How a verb names what it owes a message about.
_OWED = re.compile(r'(?:message\(case, |_concluded\(case, event, |"what": )"(\w+)"')


def test_every_verb_that_owes_a_message_has_a_text() -> None:
    """Whatever no text knows is told as "changed", and nobody learns what."""
    (folder,) = decide.__path__
    owed = {name for file in Path(folder).glob("*.py") for name in _OWED.findall(file.read_text())}
    assert {"card_lost", "card_found", "transferred", "number_changed"} <= owed
    assert owed - set(TEXTS["en"]["text"]) == set()


def words(language: str, channel: str, **more: object) -> Words:
    usual: dict[str, object] = {
        "operator": OPERATORS["demo"],
        "zone": ZoneInfo("Asia/Macau"),
        "reader_zone": ZoneInfo("Europe/Lisbon"),
        "pages": PAGES,
        "code": "7K2M9QXD",
    }
    return Words(language=language, channel=channel, **(usual | more))  # type: ignore[arg-type]


FACTS = Facts(
    text="lost",
    title="last",
    number="+85366140001",
    day=datetime(2026, 12, 31, tzinfo=UTC).date(),
    deadline=datetime(2026, 12, 31, 16, tzinfo=UTC),
    offers=((Span(12, Unit.MONTH), 12_000),),
    promotions=({"": "12 + 6 & more", "pt": "12 + 6"},),
    currency="MOP",
    stop="a" * 56,
    is_grave=True,
    asks=True,
)


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("channel", ["email", "push", "sms"])
def test_both_zones_and_no_place_left_open(language: str, channel: str) -> None:
    said = words(language, channel).of(FACTS)
    assert not re.search(r"[{}]", said.title + said.text)
    assert "7K2M-9QXD" in said.text
    assert re.search(r"11:59|23:59", said.text)
    assert re.search(r"3:59|15:59", said.text)
    assert PAGES in said.text


@pytest.mark.parametrize("language", LOCALES)
def test_without_links_a_short_message_has_no_address(language: str) -> None:
    from dataclasses import replace

    operator = replace(OPERATORS["demo"], linkless=True)
    text = words(language, "sms", operator=operator).of(FACTS).text
    assert not re.search(r"https?:|www\.|\.\w{2,}/", text)
    assert "7K2M-9QXD" in text
    assert PAGES in words(language, "email", operator=operator).of(FACTS).text


def test_html_says_what_is_said_and_nothing_else() -> None:
    said = Said(
        title="<b>", text=f"A & <script>\n\nHere: {PAGES}/my/ or https://elsewhere.example/x"
    )
    html = as_html(said, "en", PAGES)
    assert "<script>" not in html
    assert f'<a href="{PAGES}/my/">' in html
    assert html.count("<a ") == 1
