"""What the house says of a line, an event or a refusal, in the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from baohao.core.decide.case import VerbNotAllowedHere, VerbNotAllowedNow
from baohao.core.decide.payload import FieldMalformed
from baohao.core.decide.people import DocumentRefused
from baohao.core.decide.selling import MoneyShort, PriceMoved, QuoteOver
from baohao.core.line.event import EVENT_KINDS
from baohao.core.refusals import Refusal
from baohao.wiring import Installation

LANGUAGES = ("zh-hant", "zh-hans", "pt", "en")


def in_language(language: str, refusal: Refusal) -> str:
    from django.utils import translation

    from baohao.web.wording import said

    with translation.override(language):
        return plain(said(refusal))


def plain(said: str) -> str:
    """Without the spaces that keep an amount and a time together."""
    return said.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("zh-hant", "號碼為「寬限期」時，產品不允許「續期」。"),
        ("zh-hans", "号码为“宽限期”时，产品不允许“续期”。"),
        ("pt", "O produto não permite «renovar» enquanto a linha está na fase «em tolerância»."),
        ("en", 'The product does not allow "renew" while the line is in grace.'),
    ],
)
def test_the_facts_of_a_refusal_are_words_of_the_language(
    pages: Installation, language: str, sentence: str
) -> None:
    assert in_language(language, VerbNotAllowedNow(verb="renew", stage="grace")) == sentence


def test_every_verb_of_a_line_has_words(pages: Installation) -> None:
    from baohao.core.decide import LINE_VERBS
    from baohao.web.vocabulary import ASKED

    by_the_house = {"settle", "take_over", "carry_over", "tell_order", "keep_order"}
    assert set(LINE_VERBS) - by_the_house <= set(ASKED)


def test_channels_documents_and_reasons_are_said_too(pages: Installation) -> None:
    channel = VerbNotAllowedHere(verb="top_up", channel="counter")
    assert in_language("zh-hant", channel) == "產品不允許在門市「增值」。"
    document = DocumentRefused(residency="visitor", document="bir", taken="passport, hkid")
    assert in_language("zh-hant", document) == (
        "訪客不能以澳門居民身份證登記；接受的證件：護照、香港身份證。"
    )
    malformed = FieldMalformed(field="mistake", reason="it must be true or false")
    assert (
        in_language("pt", malformed) == "O campo «mistake» não é válido: tem de ser true ou false."
    )


def test_money_is_an_amount_where_its_currency_is_known(pages: Installation) -> None:
    short = MoneyShort(account="wallet:0190:MOP", available_minor=12000, needed_minor=23000)
    assert in_language("zh-hant", short) == "錢包現有 MOP$120.00，需要 MOP$230.00。"
    assert (
        in_language("en", short) == "There is MOP$120.00 in the wallet, and MOP$230.00 is needed."
    )
    # Facts that were kept in a file of renewals are text.
    kept = MoneyShort(account="wallet:0190:MOP", available_minor="12000", needed_minor="23000")
    assert in_language("pt", kept) == "Há 120,00 MOP$ (carteira), e são precisos 230,00 MOP$."
    moved = PriceMoved(total_minor=12000, shown_minor=9000)
    assert in_language("en", moved) == moved.message, "nobody knows the currency of these"


def test_instants_are_told_by_the_clock_of_the_operator(pages: Installation) -> None:
    from django.utils import timezone as clock

    over = QuoteOver(until="2026-11-03T07:04:00+00:00")
    with clock.override(timezone(timedelta(hours=8))):
        assert (
            in_language("zh-hant", over) == "報價已於 2026年11月3日 15:04 GMT+8 失效；請重新報價。"
        )
    with clock.override(UTC):
        assert in_language("en", over).startswith("The quote ended at 3 Nov 2026, 07:04 GMT;")


def test_a_fact_that_is_no_word_stays_as_it_is(pages: Installation) -> None:
    odd = VerbNotAllowedNow(verb="dance", stage="two_way")
    assert in_language("zh-hant", odd) == "號碼為「two_way」時，產品不允許「dance」。"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_event_has_words(pages: Installation, language: str) -> None:
    from django.utils import translation

    from baohao.core.line.acts import KINDS
    from baohao.web.vocabulary import HAPPENED
    from baohao.web.wording import happened

    of_money = {"funded", "withdrawn", "commission_paid", "shift_opened", "dropped", "counted"}
    unnamed = {"acted", "settled", "shift_closed", "other"}
    assert (KINDS | EVENT_KINDS) - of_money - unnamed <= set(HAPPENED)
    with translation.override(language):
        for kind in HAPPENED:
            said = happened({"parts": {"kind": kind, "name": "service", "origin": "active"}})
            assert said
            assert "{" not in said
            if language != "en":
                assert said != kind


@pytest.mark.parametrize(
    ("language", "parts", "said"),
    [
        (
            "zh-hant",
            {"kind": "renewal", "term": "12 months", "bonus": ["6 months"]},
            "已續期 · 12 個月 + 6 個月",
        ),
        (
            "pt",
            {"kind": "settled.stage", "name": "suspended", "origin": "grace"},
            "Fase: em tolerância → suspenso",
        ),
        ("en", {"kind": "allotted", "name": "kiosk"}, "Handed to the agent kiosk"),
        ("en", {"kind": "settled.charged", "name": "yearly_fee"}, "Charge taken: yearly fee"),
    ],
)
def test_what_happened_is_said(
    pages: Installation, language: str, parts: dict[str, Any], said: str
) -> None:
    from django.utils import translation

    from baohao.web.wording import happened

    with translation.override(language):
        assert happened({"parts": parts}) == said


@pytest.mark.parametrize(
    ("language", "titles", "said"),
    [
        ("zh-hans", {"": "Card", "zh-Hans": "卡甲", "zh-Hant": "卡乙"}, "卡甲"),
        ("zh-hans", {"": "Card", "zh-Hant": "卡乙", "pt": "Cartão"}, "卡乙"),
        ("pt", {"": "Card", "zh-Hant": "卡乙"}, "Card"),
        ("en", {"": "Card", "zh-Hant": "卡乙"}, "Card"),
        ("pt", {"zh-Hant": "卡乙"}, "卡乙"),
    ],
)
def test_a_title_falls_back_to_what_is_read_most_easily(
    pages: Installation, language: str, titles: dict[str, str], said: str
) -> None:
    from django.utils import translation

    from baohao.web.selling import title

    with translation.override(language):
        assert title(titles) == said


@pytest.mark.parametrize(
    ("language", "at", "share"),
    [
        ("zh-hant", "2026年11月3日 15:04", "12.5%"),
        ("pt", "03/11/2026, 15:04", "12,5%"),
        ("en", "3 Nov 2026, 15:04", "12.5%"),
    ],
)
def test_instants_and_shares_are_written_as_in_macau(
    pages: Installation, language: str, at: str, share: str
) -> None:
    from django.utils import translation

    from baohao.web import formats

    instant = datetime(2026, 11, 3, 15, 4, 5, tzinfo=timezone(timedelta(hours=8)))
    with translation.override(language):
        assert plain(formats.minute(instant)) == at
        assert formats.percent(1250) == share
        assert formats.zone(instant) == "GMT+8"
    assert (
        formats.zone(instant.astimezone(timezone(timedelta(hours=-3, minutes=-30)))) == "GMT-3:30"
    )
