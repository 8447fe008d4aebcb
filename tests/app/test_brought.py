"""Files of cards: ours and those of other trackers, as they come and as they go wrong."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from baohao.app.brought import days, products
from baohao.app.brought.amounts import read_amount
from baohao.app.brought.model import BYTES_MAX, Brought, Given, Taken
from baohao.app.brought.read import read
from baohao.app.brought.wrong import FileRefused
from baohao.app.library import read_library
from baohao.app.policies import shipped
from baohao.core.refusals import Malformed
from baohao.outside import numbering

SAMPLES = Path(__file__).parent / "brought"


def brought(data: bytes | str, order: str = "") -> Taken:
    raw = data.encode() if isinstance(data, str) else data
    return read(raw, Given(file="cards", numbering=numbering, order=order))


def sample(name: str) -> Taken:
    return brought((SAMPLES / name).read_bytes())


def wrongs(taken: Taken) -> list[tuple[int, str, str]]:
    return [(wrong.row, wrong.column, wrong.refusal.code) for wrong in taken.wrong]


def acts(card: Brought) -> list[tuple[str, str]]:
    return [(act.kind, str(act.at)) for act in card.done]


def test_simkeeper_brings_its_history_and_what_hangs_on_a_number_and_no_documents() -> None:
    taken = sample("simkeeper.json")
    bank, dito = taken.rows
    assert (bank.number, bank.product, bank.every) == ("+447700900111", "giffgaff", "6 months")
    assert acts(bank) == [("sms_out", "2026-10-01"), ("topup", "2026-05-01")]
    assert (bank.done[1].amount, bank.done[1].currency) == (Decimal(10), "GBP")
    assert bank.hangs == ("中国银行 (尾号 8888)", "✓ Steam")
    assert [(said.amount, said.currency) for said in bank.said] == [(Decimal("9.7"), "GBP")]
    assert [str(said.until) for said in dito.said] == ["2027-03-01", "2027-03-01"]
    assert [code for _, _, code in wrongs(taken)] == [
        "brought.row.closed",
        "brought.row.number_missing",
    ]
    assert "SECRET-1" not in repr(taken)


def test_simhub_brings_the_day_that_its_owner_chose_and_no_secrets() -> None:
    (card,) = sample("simhub.json").rows
    assert (card.number, card.product, card.every) == ("+628121234567", "Telkomsel", "180 days")
    # Midnight in Shanghai, as its server writes it.
    assert [said.until for said in card.said] == [date(2027, 1, 1)]
    assert "SECRET-2" not in repr(card)
    taken = sample("simkeeper-go.csv")
    assert [row.number for row in taken.rows] == ["+85251234567"]
    assert wrongs(taken) == [
        (3, "状态", "brought.row.closed"),
        (4, "到期日", "malformed.cell.day"),
    ]


def test_the_smaller_trackers_bring_what_they_know() -> None:
    o2, cn = sample("baohaotong.json").rows
    assert acts(o2) == [("sms_out", "2026-06-03")]
    assert (cn.number, cn.every, acts(cn)) == ("+8613800138000", "75 days", [("", "2026-05-23")])
    # Eleven digits that are a number in China, and one in Iowa.
    assert wrongs(sample("baohaotong.json")) == [
        (3, "phoneNumber", "malformed.cell.number_unclear")
    ]
    keeper = sample("esim-keeper.json")
    (gg,) = keeper.rows
    assert acts(gg) == [("", "2026-09-01")]
    assert [(s.until, s.amount, s.currency) for s in gg.said] == [
        (date(2027, 2, 28), None, ""),
        (None, Decimal("9.70"), "GBP"),
    ]
    assert wrongs(keeper) == [
        (2, "balanceText", "malformed.cell.amount"),
        (2, "startDate", "malformed.cell.day_never"),
    ]
    first, second = sample("giffgaff-reminder.csv").rows
    assert (first.number, first.whose, first.every) == ("+447400123456", "陈小姐", "180 days")
    assert (second.number, second.product, second.begins, second.done) == (
        "+447400123457",
        "ctexcel",
        date(2026, 1, 1),
        (),
    )


def test_trackers_of_subscriptions_bring_those_that_name_a_number() -> None:
    wallos, data = sample("wallos.json"), (SAMPLES / "renewlet.json").read_bytes()
    assert [row.number for row in wallos.rows] == ["+447700900115"]
    assert wrongs(wallos) == [(2, "Name", "brought.row.number_nowhere")]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("manifest.json", "{}")
        archive.writestr("data.json", data)
    (card,) = brought(packed.getvalue()).rows
    assert (card.number, card.every) == ("+85251234560", "1 year")
    balance = sample("prepaid-balance.csv")
    assert balance.asks_number
    assert [(s.at, s.amount) for s in balance.rows[0].said] == [
        (date(2026, 10, 31), Decimal("9.7"))
    ]


def test_our_own_csv_takes_what_is_good_and_tells_the_rest() -> None:
    taken = sample("cards.csv")
    bank, mum, nobody = taken.rows
    assert (bank.hangs, acts(bank)) == (("HSBC", "Steam"), [("sms_out", "2026-10-01")])
    assert (mum.number, mum.done[0].amount, mum.done[0].currency) == (
        "+85361234567",
        Decimal(50),
        "MOP",
    )
    assert (nobody.every, nobody.said[0].until) == ("75 days", date(2027, 1, 31))
    assert wrongs(taken) == [
        (4, "number", "malformed.number.scientific"),
        (5, "last day", "brought.row.half"),
        (6, "", "brought.row.number_twice"),
        (8, "last day", "malformed.cell.day_counted"),
    ]


TABLE = "號碼,營運商,上次保號,備註\n+85366123456,澳門電訊,2026-10-01,在抽屜裡的卡\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "big5", "gb18030"])
def test_a_table_is_read_in_whatever_encoding_it_was_saved(encoding: str) -> None:
    (card,) = brought(TABLE.encode(encoding)).rows
    assert (card.number, card.product, card.note) == ("+85366123456", "澳門電訊", "在抽屜裡的卡")
    simplified = TABLE.translate(str.maketrans("號碼營運電訊備註裡澳門", "号码营运电讯备注里澳门"))
    (card,) = brought(simplified.encode("gbk")).rows
    assert card.product == "澳门电讯"


def test_a_workbook_is_read_as_people_see_it() -> None:
    packed = io.BytesIO()
    book = xlsxwriter.Workbook(packed)
    sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, ["號碼", "營運商", "上次保號"])
    sheet.write_row(1, 0, [447400123456, "giffgaff"])
    sheet.write_datetime(1, 2, datetime(2026, 10, 2), day)  # noqa: DTZ001 - a sheet's have none
    sheet.write_row(2, 0, [4.474e17, "giffgaff", 46027])
    book.close()
    taken = brought(packed.getvalue())
    assert [(row.number, acts(row)) for row in taken.rows] == [
        ("+447400123456", [("", "2026-10-02")])
    ]
    assert wrongs(taken) == [
        (3, "號碼", "malformed.number.scientific"),
        (3, "上次保號", "malformed.cell.day_counted"),
    ]


def test_days_that_could_be_two_are_asked_and_never_guessed() -> None:
    unclear = "number;until\n+85366123456;3/4/2027\n"
    assert brought(unclear).asks_order
    assert brought(unclear, "dmy").rows[0].said[0].until == date(2027, 4, 3)
    assert brought(unclear, "mdy").rows[0].said[0].until == date(2027, 3, 4)
    # Another day of the same file tells.
    told = brought(unclear + "+85366123457;25/12/2026\n")
    assert [row.said[0].until for row in told.rows] == [date(2027, 4, 3), date(2026, 12, 25)]
    assert not told.asks_order


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_every_day_is_read_as_it_was_meant_or_refused(day: date) -> None:
    for text in (
        f"{day}",
        f"{day:%Y/%m/%d}",
        f"{day:%d.%m.%Y}",
        f"{day.year}年{day.month}月{day.day}日",
    ):
        assert days.read_day(text) == day
    assert days.read_day(f"{day:%d/%m/%Y}", "dmy") == days.read_day(f"{day:%m/%d/%Y}", "mdy") == day
    try:
        assert days.read_day(f"{day:%d/%m/%Y}") == day
    except Malformed:
        assert day.day <= 12


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("£9.70", ("9.70", "GBP")),
        ("HK$1,234.50", ("1234.50", "HKD")),
        ("5,50 EUR", ("5.50", "EUR")),
        ("1.234,50 €", ("1234.50", "EUR")),
        ("-3", ("-3", "")),
        ("50元", ("50", "")),
        ("1,234", None),
        ("ten", None),
        ("10 apples", None),
    ],
)
def test_amounts_are_read_or_refused(text: str, amount: tuple[str, str] | None) -> None:
    if amount is None:
        with pytest.raises(Malformed):
            read_amount(text)
    else:
        assert read_amount(text) == (Decimal(amount[0]), amount[1])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "brought.empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "brought.binary"),
        (b'{"cards": [{"phoneNumber"', "brought.broken"),
        (b'number,until\n+85366123456,"2027', "brought.unknown"),
        (b"a,b\n1,2\n", "brought.unknown"),
        (b'{"hello": 1}', "brought.unknown"),
        (b'{"notification_config": {"email": {"password": "p"}}}', "brought.other"),
        (b'{"format": "simkeeper-encrypted-portable-backup"}', "brought.sealed"),
        (b"[" * 100_000, "brought.broken"),
        (b"x" * (BYTES_MAX + 1), "brought.too_large"),
    ],
)
def test_what_is_no_list_of_cards_is_refused_by_name(data: bytes, code: str) -> None:
    if code == "brought.unknown" and b'"2027' in data:
        assert wrongs(brought(data))
        return
    with pytest.raises(FileRefused) as refused:
        brought(data)
    assert refused.value.code == code


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_do_harm(data: bytes) -> None:
    for lead in (b"", b"number,until\n", b'{"esimCards": [', b"PK\x03\x04"):
        with suppress(FileRefused):
            brought(lead + data)


def test_another_version_is_read_as_far_as_it_goes_and_said() -> None:
    text = (SAMPLES / "esim-keeper.json").read_text(encoding="utf-8")
    taken = brought(text.replace('"version": 1', '"version": 9'))
    assert wrongs(taken)[0] == (0, "version", "brought.row.version")
    assert len(taken.rows) == 1


def test_products_are_found_by_what_people_call_them_and_asked_once_a_name() -> None:
    library = read_library(shipped())
    known = sorted({p.name: p for p in library.policies.values()}.values(), key=lambda p: p.name)

    def chosen(number: str, name: str, every: str = "") -> tuple[str, int]:
        cards = [Brought(row=n, number=number, product=name, every=every) for n in (1, 2)]
        (match,) = products.matches(cards, numbering, known, library.operators)
        return match.chosen, len(match.likely)

    assert chosen("+447700900111", "英国 giffgaff") == ("gb.giffgaff.payg", 1)
    assert chosen("+85366123456", "澳門電訊")[0] == ""
    assert chosen("+85366123456", "澳門電訊")[1] == 4
    # An operator of that name is in another country.
    assert chosen("+8613800138000", "giffgaff") == ("", 0)
    assert chosen("+628121234567", "Indosat", "75 days") == ("zz.generic.every60", 1)
    assert chosen("+628121234567", "Indosat", "20 days") == ("", 0)
