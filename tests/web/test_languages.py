"""The pages of guests, holders and the counter speak every language that is offered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po
from tests.shop import Shop

from baohao.web import messages
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

WEB = messages.LOCALE.parent
#: The rooms whose texts are translated; staff of agents and operators read English so far.
ROOMS = ("public", "holder", "counter", "web", "account")
ELSEWHERE = ("agent", "operator")
_TEXT = re.compile(r"""\{%\s*trans\s+(?:"([^"]*)"|'([^']*)')""")
_BLOCK = re.compile(r"\{%\s*blocktrans\b[^%]*%\}(.*?)\{%\s*endblocktrans\s*%\}", re.DOTALL)
_CALL = re.compile(r'n?gettext(?:_lazy)?\(\s*"([^"]*)"')
_PLACE = re.compile(r"%\(\w+\)s|\{\w+\}")


def wanted() -> Iterator[str]:
    """Yield every text of these rooms."""
    for room in ROOMS:
        for file in (WEB / "templates" / room).glob("*.html"):
            page = file.read_text(encoding="utf-8")
            yield from (double or single for double, single in _TEXT.findall(page))
            for block in _BLOCK.findall(page):
                first = re.split(r"\{%\s*plural\s*%\}", block)[0]
                yield re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", first)
    for file in WEB.rglob("*.py"):
        if not set(file.relative_to(WEB).parts) & set(ELSEWHERE):
            yield from _CALL.findall(file.read_text(encoding="utf-8"))


def test_there_are_languages() -> None:
    assert [file.parts[-3] for file in messages.catalogues()] == ["zh_Hans", "zh_Hant"]


@pytest.mark.parametrize("file", messages.catalogues(), ids=lambda file: str(file.parts[-3]))
def test_every_text_is_translated_and_keeps_its_places(file: Path) -> None:
    with file.open("rb") as text:
        catalogue = read_po(text)
    assert {each for each in wanted() if each not in catalogue} == set()
    for message in catalogue:
        if not message.id:
            continue
        said, meant = message.string, message.id
        said = said if isinstance(said, str) else (said or ("",))[0]
        meant = meant if isinstance(meant, str) else meant[0]
        assert said, f"{meant!r} is not translated"
        assert sorted(_PLACE.findall(said)) == sorted(_PLACE.findall(meant)), meant
        assert not message.fuzzy, meant


@pytest.mark.parametrize("file", messages.catalogues(), ids=lambda file: str(file.parts[-3]))
def test_what_is_compiled_is_what_is_written(file: Path) -> None:
    compiled = file.with_suffix(".mo").read_bytes()
    assert compiled == messages.compiled(file), "run: python -m baohao.web.messages"


@pytest.mark.parametrize(
    ("asked", "language", "said"),
    [
        ("zh-Hant-MO,zh;q=0.9", "zh-hant", "保住你的號碼"),
        ("zh-Hans", "zh-hans", "保住你的号码"),
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


def test_money_and_days_are_written_as_in_macau(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    page = browser.get(f"/renew/{number[1:]}/", headers={"accept-language": "zh-Hant"})
    assert "MOP$120.00" in page.content.decode()
    assert "12 個月" in page.content.decode()
