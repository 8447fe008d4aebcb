"""Receipts on paper: four languages, two papers, every character, and a code that reads."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zxingcpp
from tests.shop.receipts import printer

from baohao.app.ports import LANGUAGES, PAPERS, Page, PaperRefused
from baohao.outside.paper import typesetter
from baohao.outside.paper.typesetter import Typesetter
from baohao.outside.paper.wording import worded

TOKEN = "BH1.99ec1dd6." + "WyJoYWxsLTEvMjAyNi8wMDAwMDEi" * 8 + "." + "7QC3fZuN5Z2XQ2" * 6
#: Characters of Macau and Hong Kong that fonts lack, one of them outside the first plane.
RARE = "氹仔嚿啲𠮷"

SALE: dict[str, Any] = {
    "receipt": "hall-1/2026/000017",
    "issued_at": "2026-11-27T09:52:36+08:00",
    "kind": "sale",
    "what": "renew",
    "number": "+85366120001",
    "plan": "keep12",
    "policy": "mo.demo.keep12@2026-01",
    "titles": {"keep12": {"": "Keeping"}, "half": {"": "Buy 12, get 6", "zh-Hant": "買一年送半年"}},
    "term": "12 months",
    "bonus": [{"promotion": "half", "time": "6 months"}],
    "discounts": [{"promotion": "half", "minor": 2_000}],
    "gifts": [],
    "price_minor": 123_456_78,
    "fee_minor": 1_000,
    "government_minor": 0,
    "tax_minor": 0,
    "service_fee_minor": 500,
    "total_minor": 123_466_78,
    "currency": "MOP",
    "paid_from": "float:agent-7:MOP",
    "agent": {"key": "agent-7", "name": RARE},
    "sold_at": "2026-11-27T09:52:00+08:00",
    "before": "2027-11-28T00:00:00+08:00",
    "until": "2029-05-28T00:00:00+08:00",
    "zone": "Asia/Macau",
    "issuer": {
        "name": "Demo",
        "names": {"zh-Hant": "示範電訊"},
        "country": "MO",
        "phone": "+853 0000 0000",
        "page": "",
    },
    "chain": {"seq": 4, "head": "632dff92087c5aa64218ed34e140d36f"},
}
POINT: dict[str, Any] = {
    "key": "hall",
    "name": "Taipa Hall",
    "names": {"zh-Hant": f"氹仔營業廳{RARE}", "pt": "Loja da Taipa"},
    "addresses": {"": "1 Rua do Cunha, G/F", "zh-Hant": f"官也街1號{RARE}", "pt": "R. do Cunha, 1"},
    "phone": "+853 2800 0000",
    "email": "taipa@demo.example",
    "hours": {
        **{day: ["10:00-13:00", "14:30-19:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
        "sun": ["10:00-18:00"],
    },
    "company": f"{RARE}有限公司",
    "registration": "SO 12345",
    "tax_number": "8100123456",
}
#: All that a sale may have to say.
FULL = SALE | {
    "point": POINT,
    "government_minor": 3_000,
    "paid_from": "advance:01900000-0000-7000-8000-000000000001:MOP",
    "means": {"kind": "advance", "gateway": "acquirer", "means": "MPay"},
}
TOP_UP = SALE | {"kind": "top_up", "what": "top_up", "term": None, "bonus": [], "discounts": []}
FEE = SALE | {"kind": "fee", "what": "card_replaced", "price_minor": 0, "discounts": []}
REVERSAL = SALE | {
    "kind": "reversal",
    "what": "reverse",
    "of_receipt": "hall-1/2026/000016",
    "reason": RARE,
    "agent": {},
}
#: Of a wallet: there is no number, no plan and no deadline on it.
DEPOSIT = {
    name: value
    for name, value in FEE.items()
    if name not in ("plan", "policy", "term", "agent", "service_fee_minor")
} | {
    "kind": "deposit",
    "what": "wallet",
    "account": "wallet:h-19:MOP",
    "number": "h-19",
    "before": None,
    "until": None,
    "price_minor": 10_000,
    "fee_minor": 0,
    "total_minor": 10_000,
    "paid_from": "advance:0192:MOP",
    "exchange": {"rate": "1.1250", "currency": "CNY", "minor": 8_889},
}

#: Of each language: what must stand on a sale, and on a copy of one that was reversed.
WORDS = {
    "zh-Hant": ("保號收據", "2029年5月27日", "12個月", "買一年送半年", "副本", "作廢"),
    "zh-Hans": ("保号收据", "2029年5月27日", "12个月", "買一年送半年", "副本", "作废"),
    "pt": ("Recibo de manutenção", "27 de maio de 2029", "12 meses", "get 6", "CÓPIA", "ANULADO"),
    "en": ("Receipt of keeping", "27 May 2029", "12 months", "get 6", "COPY", "VOID"),
}
MONEY = {"zh-Hant": "123,466.78", "zh-Hans": "123,466.78", "pt": "123 466,78", "en": "123,466.78"}


def page(facts: dict[str, Any] = SALE, language: str = "zh-Hant", paper: str = "a5") -> Page:
    return Page(facts=facts, token=TOKEN, language=language, paper=paper)


@pytest.fixture(autouse=True)
def font(debian_font: Callable[[str, str], None]) -> None:
    """Nothing is printed without it."""
    debian_font("Noto Sans CJK HK", "fonts-noto-cjk")


@pytest.fixture
def text_of(debian_tool: Callable[[str], str], tmp_path: Path) -> Callable[[bytes], str]:
    """Another program's reading of a PDF, without spaces that only part columns."""

    def read(pdf: bytes) -> str:
        file = tmp_path / "page.pdf"
        file.write_bytes(pdf)
        said = subprocess.run(
            [debian_tool("pdftotext"), "-layout", str(file), "-"], capture_output=True, check=True
        )
        return said.stdout.decode().replace("\u00a0", " ")

    return read


def picture(program: str, pdf: bytes, folder: Path) -> Any:
    """A page as a camera sees it: pdftoppm's grey picture, 150 dots to the inch."""
    (folder / "page.pdf").write_bytes(pdf)
    subprocess.run(
        [program, "-r", "150", "-gray", str(folder / "page.pdf"), str(folder / "page")], check=True
    )
    (file,) = folder.glob("page-*.pgm")
    head, size, _, dots = file.read_bytes().split(b"\n", 3)
    assert head == b"P5"
    width, height = map(int, size.split())
    return np.frombuffer(dots, np.uint8).reshape(height, width)


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sale_says_it_in_every_language(
    language: str, paper: str, text_of: Callable[[bytes], str]
) -> None:
    said = text_of(printer().pdf(page(language=language, paper=paper)))
    near = said.replace(" ", "")
    *wanted, copy, void = WORDS[language]
    for words in wanted:
        assert words.replace(" ", "") in near
    assert copy not in said
    assert void not in said
    assert MONEY[language] in said
    assert "+853 6612 0001" in said
    assert "hall-1/2026/000017" in said
    assert "mo.demo.keep12@2026-01" in said
    assert RARE in near
    assert "632dff92087c5aa6" in said


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_copy_of_what_was_reversed_says_so(
    language: str, paper: str, text_of: Callable[[bytes], str]
) -> None:
    marked = replace(page(language=language, paper=paper), is_copy=True, is_void=True)
    said = text_of(printer().pdf(marked))
    assert all(mark in said for mark in WORDS[language][-2:])


@pytest.mark.parametrize(
    "facts", [TOP_UP, FEE, REVERSAL, DEPOSIT], ids=["top-up", "fee", "reversal", "deposit"]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_its_words(language: str, facts: dict[str, Any]) -> None:
    for paper in PAPERS:
        printer().pdf(page(facts, language, paper))
    words = worded(page(facts, language))
    assert words["title"] != worded(page(language=language))["title"]
    assert all(name and value for name, value in words["keeping"] + words["money"])
    if facts["kind"] == "deposit":
        assert words["until"] is None
        assert any("CNY" in value and "1.1250 MOP" in value for _, value in words["paid"])
    of = [value for _, value in words["head"]]
    assert ("hall-1/2026/000016" in of) == (facts["kind"] == "reversal")


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_is_read_back_from_the_one_page(
    language: str, paper: str, tmp_path: Path, debian_tool: Callable[[str], str]
) -> None:
    """On it however much there is to say."""
    pdf = printer().pdf(page(FULL, language, paper))
    seen = picture(debian_tool("pdftoppm"), pdf, tmp_path)
    assert [found.text for found in zxingcpp.read_barcodes(seen)] == [TOKEN]


#: What a receipt says of its shop.
SHOP = {
    "zh-Hant": (
        "氹仔營業廳",
        "官也街1號",
        "星期一至星期五10:00–13:00,14:30–19:00;星期日10:00–18:00",
    ),
    "zh-Hans": (
        "氹仔營業廳",
        "官也街1號",
        "星期一至星期五10:00–13:00,14:30–19:00;星期日10:00–18:00",
    ),
    "pt": ("LojadaTaipa", "R.doCunha,1", "2.ªa6.ª10:00–13:00,14:30–19:00;dom.10:00–18:00"),
    "en": ("TaipaHall", "1RuadoCunha,G/F", "MontoFri10:00–13:00,14:30–19:00;Sun10:00–18:00"),
}


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_says_where_it_was_given(
    language: str, paper: str, text_of: Callable[[bytes], str]
) -> None:
    said = text_of(printer().pdf(page(FULL, language, paper)))
    near = "".join(said.split())
    for words in (*SHOP[language], f"{RARE}有限公司", "SO12345", "8100123456", "MPay,acquirer"):
        assert words in near


def test_the_same_page_is_the_same_file() -> None:
    assert printer().pdf(page()) == printer().pdf(page())


def test_what_somebody_wrote_is_never_markup(text_of: Callable[[bytes], str]) -> None:
    evil = '#read("/etc/passwd") *b* $x$ <b> \\ #import "@preview/x:1.0.0"'
    said = text_of(printer().pdf(page(SALE | {"agent": {"key": "a", "name": evil}})))
    assert '#read("/etc/passwd")' in said.replace("\n", " ").replace("”", '"').replace("“", '"')


def test_a_deadline_in_the_middle_of_a_day_says_the_time() -> None:
    facts = SALE | {"until": "2029-05-28T14:30:00+08:00"}
    assert worded(page(facts, "en"))["until"] == [
        "Number safe until",
        "28 May 2029",
        "until 14:30 (Asia/Macau, UTC+08:00)",
    ]
    assert worded(page(SALE | {"until": None}, "en"))["until"] is None


def test_a_page_that_nobody_signs_does_not_say_that_it_is_signed() -> None:
    signed = worded(page())["proof"]
    plain = worded(replace(page(), is_signed=False))["proof"]
    assert [line for line in signed if line not in plain] == [signed[2]]


def test_the_languages_have_the_same_texts() -> None:
    file = Path(typesetter.__file__).with_name("texts.toml")
    texts = tomllib.loads(file.read_text(encoding="utf-8"))
    assert tuple(texts) == LANGUAGES
    tables = ("title", "whats", "payers", "units")
    keys = [
        (set(each) - {"months"}, [set(each[name]) for name in tables]) for each in texts.values()
    ]
    assert all(each == keys[0] for each in keys)


def test_another_language_or_a_missing_font_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PaperRefused, match="zh-Hant"):
        printer().pdf(page(language="fr"))
    with pytest.raises(PaperRefused, match="80mm"):
        printer().pdf(page(paper="a0"))
    monkeypatch.setattr(typesetter, "FONT", "No Such Font")
    with pytest.raises(PaperRefused, match="fonts-noto-cjk"):
        Typesetter().pdf(page())
