"""The pages speak every language that is offered: all of their texts, and what they refuse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.shop import Shop

from baohao.web import messages
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

CATALOGUES = messages.catalogues()
#: What is filled in: as Django's templates have it, and as Python's `format` does.
_PLACE = re.compile(r"%\(\w+\)s|\{\w+(?:![rs])?\}")


def by_language(file: Path) -> str:
    return file.parts[-3]


def forms(said: str | Sequence[str] | None) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said or ())


def test_there_are_languages() -> None:
    assert [by_language(file) for file in CATALOGUES] == ["pt", "zh_Hans", "zh_Hant"]


@pytest.mark.parametrize("file", CATALOGUES, ids=by_language)
def test_every_text_is_translated_and_keeps_its_places(file: Path) -> None:
    catalogue = messages.read(file)
    wanted = messages.texts()
    assert len(wanted) > 800, "the scanner has lost whole rooms"
    assert {each for each in wanted if each not in catalogue} == set()
    for message in catalogue:
        if not message.id:
            continue
        *_, meant = forms(message.id)
        said = forms(message.string)
        is_plural = not isinstance(message.id, str)
        assert len(said) == (catalogue.num_plurals if is_plural else 1), meant
        assert all(said), f"{meant!r} is not translated"
        for form in said:
            assert sorted(_PLACE.findall(form)) == sorted(_PLACE.findall(meant)), meant
        assert not message.fuzzy, meant


@pytest.mark.parametrize("file", CATALOGUES, ids=by_language)
def test_a_catalogue_is_sorted_and_has_nothing_else(file: Path) -> None:
    # So that two branches that translate other texts are merged without a conflict.
    assert file.read_text(encoding="utf-8") == messages.written(messages.read(file))


@pytest.mark.parametrize("file", CATALOGUES, ids=by_language)
def test_what_is_compiled_is_what_is_written(file: Path) -> None:
    compiled = file.with_suffix(".mo").read_bytes()
    assert compiled == messages.compiled(file), "run: python -m baohao.web.messages"


def test_the_scanner_finds_each_kind_of_text() -> None:
    wanted = messages.texts()
    for text in (
        "Keep your number",  # of a template
        "Give the money back",  # of the operators' console
        "Send a .csv or .xlsx file.",  # of code
        "There is no line with the number {number} here.",  # of a refusal
        "it must be true or false",  # of the reason in one
    ):
        assert wanted[text] == text
    assert wanted["%(n)s day left"] == ("%(n)s day left", "%(n)s days left")
    assert wanted["{n} year"] == ("{n} year", "{n} years")
    assert "PostgreSQL is missing" not in "".join(wanted), "no page shows that"


@pytest.mark.parametrize("file", CATALOGUES, ids=by_language)
def test_each_language_has_its_own_quotes(file: Path) -> None:
    quotes = {"zh_Hant": "「」", "zh_Hans": "“”", "pt": "«»"}[by_language(file)]
    others = set("「」“”«»") - set(quotes)
    for message in messages.read(file):
        for said in forms(message.string):
            assert not others & set(said), said
            assert said.count(quotes[0]) == said.count(quotes[1]), said


@pytest.mark.parametrize(
    ("asked", "language", "said"),
    [
        ("zh-Hant-MO,zh;q=0.9", "zh-hant", "保住你的號碼"),
        ("zh-Hans", "zh-hans", "保住你的号码"),
        ("pt-PT,pt;q=0.9", "pt", "Mantenha o seu número"),
        ("en", "en", "Keep your number"),
        ("fr", "en", "Keep your number"),
    ],
)
def test_a_reader_is_answered_in_their_language(
    pages: Installation, browser: Client, asked: str, language: str, said: str
) -> None:
    page = browser.get("/", headers={"accept-language": asked}).content.decode()
    assert f'<html lang="{language}">' in page
    assert said in page


@pytest.mark.parametrize(
    ("language", "price", "term"),
    [("zh-Hant", "MOP$120.00", "12 個月"), ("pt", "120,00 MOP$", "12 meses")],
)
def test_money_and_terms_are_written_as_in_macau(
    pages: Installation,
    counter: Shop,
    browser: Client,
    number: str,
    language: str,
    price: str,
    term: str,
) -> None:
    counter.open(number)
    page = browser.get(f"/renew/{number[1:]}/", headers={"accept-language": language})
    said = page.content.decode().replace("\N{NO-BREAK SPACE}", " ")
    assert price in said
    assert term in said
