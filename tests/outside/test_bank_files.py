"""Statement files: read whole as the bank wrote them, or refused with the line."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.app.ports import StatementRefused
from baohao.core.bank.statement import Statement
from baohao.outside.bank.camt053 import Camt053
from baohao.outside.bank.columns import columns
from baohao.outside.bank.house import accounts
from baohao.outside.contracts import ContractRefused
from baohao.outside.pretend.bank import HEADINGS, PretendBank

CAMT = Camt053(zone=ZoneInfo("Asia/Macau"))
DAY = date(2026, 3, 2)


def written(**more: Any) -> PretendBank:
    bank = PretendBank(number="9012345678", currency="MOP", **more)
    bank.move(DAY, 12_345_678, 'RF18 "a" & <b>')
    bank.move(DAY, -500, "charges\nand more")
    return bank


def document(entries: str) -> bytes:
    head = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt>'
    tail = "</Stmt></BkToCstmrStmt></Document>"
    return f"{head}<Id>S</Id><Acct><Ccy>MOP</Ccy></Acct>{entries}{tail}".encode()


def entry(inner: str = "", status: str = "<Sts>BOOK</Sts>", amount: str = "30.00") -> str:
    return (
        f'<Ntry><Amt Ccy="MOP">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>{status}'
        f"<BookgDt><Dt>2026-03-02</Dt></BookgDt><AcctSvcrRef>R1</AcctSvcrRef>{inner}</Ntry>"
    )


# --- camt.053 -------------------------------------------------------------------------------------


def test_a_statement_is_read_as_it_was_written() -> None:
    bank = written()
    (found,) = CAMT.read(bank.file(DAY, DAY).data)
    assert (found.account, found.currency) == ("9012345678", "MOP")
    assert (found.from_on, found.to_on) == (DAY, DAY)
    assert (found.opening_minor, found.closing_minor) == (1_000_000, bank.balance_minor)
    assert [row.amount_minor for row in found.rows] == [12_345_678, -500]
    assert found.rows[0].text == 'RF18 "a" & <b>'
    assert (found.rows[0].name, found.rows[0].account) == ("陳大文 & Filhos", "MO-0099-<1>")
    assert found.rows[0].ref == bank.rows[0].id


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gbk", "gb18030", "big5"])
def test_a_statement_is_read_in_the_encoding_that_it_declares(encoding: str) -> None:
    text = written().file(DAY, DAY).data.decode().replace("UTF-8", encoding.upper())
    (found,) = CAMT.read(text.encode(encoding))
    assert found.rows[0].name == "陳大文 & Filhos"


def test_what_is_not_as_it_declares_is_refused() -> None:
    with pytest.raises(StatementRefused, match="line 2: it is not"):
        CAMT.read(b'<?xml version="1.0" encoding="GBK"?>\n<a>\xff\xff</a>')


def test_what_is_not_booked_is_counted_and_comes_again() -> None:
    pending = entry(status="<Sts><Cd>PDNG</Cd></Sts>")
    (found,) = CAMT.read(document(entry() + pending))
    assert (len(found.rows), found.pending) == (1, 1)


def test_several_transfers_booked_as_one_are_several() -> None:
    def detail(minor: str, text: str) -> str:
        amount = f'<AmtDtls><TxAmt><Amt Ccy="MOP">{minor}</Amt></TxAmt></AmtDtls>'
        return f"<TxDtls>{amount}<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"

    whole = f"<NtryDtls>{detail('10.00', 'a')}{detail('20.00', 'b')}</NtryDtls>"
    (found,) = CAMT.read(document(entry(whole)))
    assert [(row.ref, row.amount_minor, row.text) for row in found.rows] == [
        ("R1/1", 1_000, "a"),
        ("R1/2", 2_000, "b"),
    ]
    # Where they do not add up, only the whole is sure.
    (found,) = CAMT.read(document(entry(whole.replace("20.00", "21.00"))))
    assert [(row.ref, row.amount_minor) for row in found.rows] == [("R1", 3_000)]


def test_days_are_the_banks_own() -> None:
    late = entry().replace("<Dt>2026-03-02</Dt>", "<DtTm>2026-03-01T17:00:00Z</DtTm>")
    (found,) = CAMT.read(document(late))
    assert found.rows[0].booked_on == DAY


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no element"),
        (b"not xml", "line 1"),
        (b"<a/>", "no camt.053"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "encoding"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type"),
        (b"<a>" * 200, "no statement"),
        (b"<a>" + b"x" * 200_000 + b"</a>", "no statement"),
        (document(entry().replace("CRDT", "???")), "neither"),
        (document(entry(amount="-1.00")), "no sign"),
        (document(entry(amount="1.005")), "at most 2 digits"),
        (document(entry(amount="1e5")), "powers of ten"),
        (document(entry().replace('Ccy="MOP"', 'Ccy="???"')), "currency"),
        (document(entry().replace("2026-03-02", "2026-02-30")), "a day that is none"),
        (document(entry().replace("BookgDt", "Else")), "no day"),
        (document(""), "which days"),
    ],
)
def test_what_is_no_statement_is_refused_with_the_line(data: bytes, why: str) -> None:
    with pytest.raises(StatementRefused) as refused:
        CAMT.read(data)
    assert why in str(refused.value)


def test_a_billion_laughs_are_not_laughed() -> None:
    entities = "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">' for n in range(10)
    )
    with pytest.raises(StatementRefused, match="document type"):
        CAMT.read(f"<!DOCTYPE a [{entities}]><a>&l9;</a>".encode())


@given(st.integers(0, 2**32))
def test_a_damaged_file_is_read_or_refused_and_nothing_else(seed: int) -> None:
    chance, data = random.Random(seed), bytearray(written().file(DAY, DAY).data)
    for _ in range(chance.randint(1, 20)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    with_cut = bytes(data[: chance.randint(1, len(data))])
    for damaged in (bytes(data), with_cut):
        try:
            found = CAMT.read(damaged)
        except StatementRefused:
            continue
        assert all(isinstance(each, Statement) for each in found)


# --- columns --------------------------------------------------------------------------------------


def table(**more: Any) -> Any:
    said = {"date_format": "%d/%m/%Y", "columns": HEADINGS}
    return columns({**said, **more}, "MOP")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "big5", "utf-16"])
def test_a_table_is_read_in_the_encoding_of_the_bank(encoding: str) -> None:
    bank = written(is_csv=True)
    data = bank.file(DAY, DAY).data.decode().encode(encoding)
    read_as = "utf-8" if encoding == "utf-8-sig" else encoding
    (found,) = table(encoding=read_as).read(data)
    assert [row.amount_minor for row in found.rows] == [12_345_678, -500]
    assert (found.opening_minor, found.closing_minor) == (1_000_000, bank.balance_minor)
    assert found.rows[0].name == "陳大文 & Filhos"


def simple(*lines: str, **more: Any) -> Statement:
    names = {"date": "d", "amount": "a"} | more.pop("names", {})
    (found,) = columns({"columns": names, **more}, "MOP").read("\n".join(lines).encode())
    return found


@pytest.mark.parametrize(
    ("written_as", "minor"),
    [
        ("5", 500),
        ("1,234.50", 123_450),
        ("-1,234,567.00", -123_456_700),
        ("(5.00)", -500),
        ("5.00-", -500),
        ("+5.00", 500),
        ("１，２３４．５０", 123_450),
        ("MOP 5.00", 500),
    ],
)
def test_amounts_are_read_as_banks_write_them(written_as: str, minor: int) -> None:
    assert simple("d,a", f'2026-03-02,"{written_as}"').rows[0].amount_minor == minor


@pytest.mark.parametrize(
    "wrong",
    ["", "0.00", "1,23.00", "1,2345.00", "1.234,50", "1 e5", "٥", "--5", "NaN", "=1+1", "5.001"],
)
def test_amounts_that_are_none_refuse_the_file_with_the_line(wrong: str) -> None:
    with pytest.raises(StatementRefused, match="line 3"):
        simple("d,a", "2026-03-02,5.00", f'2026-03-03,"{wrong}"')


def test_the_other_way_of_writing_amounts() -> None:
    found = simple("d;a", "2026-03-02;1.234,50", delimiter=";", decimal=",")
    assert found.rows[0].amount_minor == 123_450


def test_the_side_beside_an_amount() -> None:
    names = {"side": "s"}
    found = simple("d,a,s", "2026-03-02,5,貸", "2026-03-02,5,DR", names=names)
    assert [row.amount_minor for row in found.rows] == [500, -500]
    with pytest.raises(StatementRefused, match="line 2"):
        simple("d,a,s", "2026-03-02,5,?", names=names)


def test_what_stands_above_and_below_a_table() -> None:
    lines = ("Account 1", "", "d,a,b", "2026-03-03,5,15", "2026-03-02,10,10", "Total,15,")
    names = {"balance": "b"}
    found = simple(*lines, names=names, skip=2, newest_first=True, footer="Total")
    assert (found.opening_minor, found.closing_minor) == (0, 1_500)
    with pytest.raises(StatementRefused, match="does not follow"):
        simple(*lines, names=names, skip=2, footer="Total")


def test_a_day_on_which_nothing_happened_is_no_statement() -> None:
    assert columns({"columns": {"date": "d", "amount": "a"}}, "MOP").read(b"d,a\n") == []


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("d,x", "2026-03-02,5"), "no column a"),
        (("d,a,a", "2026-03-02,5,6"), "two columns a"),
        (("d,a", "02/03/2026,5"), "its day"),
        (("d,a", "2026-03-02"), "cut off"),
        (("d,a", '2026-03-02,"5'), "line 2"),
        (("",), "no column"),
    ],
)
def test_a_table_that_is_not_the_banks_is_refused(lines: tuple[str, ...], why: str) -> None:
    with pytest.raises(StatementRefused, match=why):
        simple(*lines)


def test_another_encoding_is_refused_with_the_line() -> None:
    data = "d,a\n2026-03-02,5\n2026-03-02,6,陳\n".encode("big5")
    with pytest.raises(StatementRefused, match="line 3"):
        columns({"columns": {"date": "d", "amount": "a"}}, "MOP").read(data)


@given(st.binary(max_size=300))
def test_whatever_a_table_is_it_is_read_or_refused(data: bytes) -> None:
    for encoding in ("utf-8", "big5", "utf-16"):
        reader = columns({"columns": {"date": "d", "amount": "a"}, "encoding": encoding}, "MOP")
        with suppress(StatementRefused):
            reader.read(b"d,a\n2026-03-02," + data)


# --- the contract ---------------------------------------------------------------------------------

CONTRACT = """
transfer_days = 3
[[accounts]]
key = "bnu"
currency = "MOP"
number = "9012 3456 78"
zone = "Asia/Macau"
[accounts.given]
bank = "Banco Demo"
"""


def test_a_contract_says_what_the_payer_is_shown(tmp_path: Path) -> None:
    (file := tmp_path / "bank.toml").write_text(CONTRACT)
    found = accounts(file)
    assert found.transfer.days == 3
    assert found.accounts["bnu"].given == {"bank": "Banco Demo", "number": "9012 3456 78"}


@pytest.mark.parametrize(
    ("was", "then", "why"),
    [
        ('key = "bnu"', 'key = "bank"', "cannot be a key"),
        ('key = "bnu"', 'key = "a:b"', "cannot be a key"),
        ('key = "bnu"', "", "'key' is missing"),
        ("MOP", "XXX", "XXX"),
        ("Asia/Macau", "Asia/Atlantis", "time zone"),
        ("transfer_days = 3", "transfer_days = -1", "transfer_days"),
        ("[accounts.given]", "[accounts.csv]\n[accounts.csv.columns]\n[accounts.given]", "date"),
        ("[[accounts]]", "[[accounts", "line 3"),
    ],
)
def test_a_contract_that_cannot_be_is_refused(
    tmp_path: Path, was: str, then: str, why: str
) -> None:
    (file := tmp_path / "bank.toml").write_text(CONTRACT.replace(was, then))
    with pytest.raises(ContractRefused) as refused:
        accounts(file)
    assert "bank.toml" in str(refused.value)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"columns": {"date": "d", "amount": "a", "credit": "c", "debit": "e"}},
        {"columns": {"date": "d", "credit": "c"}},
        {"columns": {"date": "d", "amount": "a", "moon": "m"}},
        {"columns": {"date": "d", "amount": "a"}, "encoding": "ebcdic"},
        {"columns": {"date": "d", "amount": "a"}, "decimal": ";"},
        {"columns": {"date": "d", "amount": "a"}, "moon": 1},
        {"columns": {"date": "d", "amount": "a"}, "skip": "3"},
        {"columns": {"date": "d", "amount": "a"}, "skip": -1},
        {"columns": {"date": "d", "amount": "a"}, "delimiter": ";;"},
    ],
)
def test_columns_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        columns(wrong, "MOP")
