"""Reading an inventory: what is good, and of what is not, the line, column, value and reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import example, given
from hypothesis import strategies as st

from baohao.app.inventory import Defaults, Inventory, read_inventory
from baohao.app.inventory_cards import parse_column
from baohao.app.inventory_columns import ALIASES, ColumnTwice, NumberColumnMissing, columns_of
from baohao.app.inventory_kinds import Kind, Kinds
from baohao.app.library import Library, read_library
from baohao.app.policies import shipped
from baohao.core.identifiers import (
    MalformedIdentifier,
    parse_eid,
    parse_iccid,
    parse_imsi,
    parse_number,
)
from baohao.core.identifiers.eid import eid_check_digits
from baohao.core.identifiers.luhn import luhn_digit

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
ICCID = "8985301234567890123"
DEMO = Defaults(operator="demo", plan="keep12")


@pytest.fixture(scope="module")
def library() -> Library:
    return read_library(shipped()).accepted()


Read = Callable[..., Inventory]


@pytest.fixture
def read(library: Library, tmp_path: Path) -> Read:
    """Read lines of CSV as an inventory of the demo operator's plan."""

    def reading(*lines: str, defaults: Defaults = DEMO, encoding: str = "utf-8") -> Inventory:
        file = tmp_path / "inventory.csv"
        file.write_bytes("\n".join(lines).encode(encoding, "surrogatepass"))
        kinds = Kinds(library.policies, library.operators, NOW)
        return read_inventory(file, kinds, defaults=defaults, encoding=encoding)

    return reading


def luhn(body: str) -> str:
    return body + luhn_digit(body)


def only_kind(inventory: Inventory) -> Kind:
    assert inventory.faults == []
    (kind,) = inventory.kinds
    return kind


# --- the whole ------------------------------------------------------------------------------------


def test_good_lines_are_kept_beside_bad_ones(read: Read) -> None:
    inventory = read(
        "number,iccid,imsi,box",
        f"6612 3456,{luhn('898530123456789012')},455010000000001,A",
        f"66123456x,{luhn('898530123456789013')},455010000000002,A",
        f"+85366123458,{luhn('898530123456789014')}F,,A",
    )
    assert inventory.lines.select("line", "number", "iccid", "imsi", "eid").rows() == [
        (2, "+85366123456", luhn("898530123456789012"), "455010000000001", ""),
        (4, "+85366123458", luhn("898530123456789014"), "", ""),
    ]
    assert (inventory.read, inventory.unread, inventory.bad) == (3, ("box",), {3})
    (fault,) = inventory.faults
    assert (fault.line, fault.column, fault.value) == (3, "number", "66123456x")
    assert fault.reason == "x at index 8 is not a digit"


def test_every_fault_of_a_line_is_told(read: Read) -> None:
    inventory = read("number,iccid,plan,activated", "661,898,nothing,2026-02-30")
    assert [(fault.column, fault.code) for fault in inventory.faults] == [
        ("number", "malformed.number.country_missing"),
        ("iccid", "malformed.iccid.length"),
        ("activated", "inventory.date"),
        ("plan", "inventory.plan"),
    ]


def test_an_empty_file_with_headings_has_no_lines(read: Read) -> None:
    inventory = read("number,iccid")
    assert (len(inventory.lines), inventory.kinds, inventory.faults) == (0, [], [])


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        (",", None, None),
        ("+85366123456,8.985301E+18", "iccid", "malformed.iccid.scientific"),
        ("8.536612E+10,", "number", "malformed.number.scientific"),
        ('"85,366,123,456",', "number", "malformed.number.character"),
        ("66123456\0,", "number", "malformed.number.character"),
        ("96123456,", "number", "malformed.number.macau_head"),
        ("+85396123456,", "number", "malformed.number.macau_head"),
        ("٦٦١٢٣٤٥٦,", "number", "malformed.number.character"),
        (f"66123456,{ICCID[:-1]}0", "iccid", "malformed.iccid.check_digit"),
        ("66123456,98583210436587092143", "iccid", "malformed.iccid.swapped"),
        (f",{luhn(ICCID[:-1])}", "number", "inventory.number"),
    ],
)
def test_cells_that_spreadsheets_and_people_spoil(
    read: Read, cells: str, column: str | None, code: str | None
) -> None:
    inventory = read("number,iccid", cells, f"66123459,{luhn('898530123456789019')}")
    assert [(f.line, f.column, f.code) for f in inventory.faults] == (
        [(2, column, code)] if column else []
    )
    assert inventory.lines["number"].to_list() == ["+85366123459"]


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-02-30", "day is out of range for month; write it as 2026-02-28"),
        ("2026-13-01", "month must be in 1..12; write it as 2026-02-28"),
        ("28/02/2026", "it is no date; write it as 2026-02-28"),
        ("45000", "it is no date; write it as 2026-02-28"),
        ("0206-01-01", "the year is not between 1990 and 2199"),
        ("2026-01-01 25:00:00", "hour must be in 0..23; write it as 2026-02-28"),
        ("2026-06-02", "it lies ahead"),
    ],
)
def test_dates_that_never_were(read: Read, day: str, reason: str) -> None:
    (fault,) = read("number,activated", f"66123456,{day}").faults
    assert (fault.line, fault.column, fault.value, fault.reason) == (2, "activated", day, reason)


@pytest.mark.parametrize("written", ["2025-03-01", "2025/3/1", "2025.03.01", "2025年3月1日"])
def test_days_begin_by_the_operators_clocks(read: Read, written: str) -> None:
    kind = only_kind(read("number,activated", f"66123456,{written}"))
    assert kind.begins == datetime(2025, 2, 28, 16, tzinfo=UTC)


@pytest.mark.parametrize("written", ["2025-03-01 09:30:00", "2025-03-01T01:30:00Z"])
def test_instants_without_an_offset_are_by_the_operators_clocks(read: Read, written: str) -> None:
    kind = only_kind(read("number,activated", f"66123456,{written}"))
    assert kind.begins == datetime(2025, 3, 1, 1, 30, tzinfo=UTC)


# --- kinds ----------------------------------------------------------------------------------------


def test_a_card_in_stock_has_no_life_yet(read: Read) -> None:
    kind = only_kind(read("number,status,batch", "66123456,stock,box-7"))
    assert kind == Kind(
        operator="demo",
        plan="keep12",
        pin="mo.demo.keep12@2026-01",
        custody="issued",
        batch="box-7",
    )


def test_a_line_in_use_has_a_beginning_and_a_deadline(read: Read) -> None:
    kind = only_kind(read("號碼,狀態,啟用日期,有效期至", "66123456,使用中,2025-03-01,2027-03-01"))
    assert kind.begins == datetime(2025, 2, 28, 16, tzinfo=UTC)
    assert (kind.clock, kind.until) == ("service", datetime(2027, 3, 1, 16, tzinfo=UTC))


@pytest.mark.parametrize(
    ("until", "begins"),
    [("2027-03-01", NOW), ("2026-05-01", datetime(2026, 5, 1, 16, tzinfo=UTC))],
)
def test_without_a_beginning_it_begins_here_or_where_it_ended(
    read: Read, until: str, begins: datetime
) -> None:
    assert only_kind(read("number,until", f"66123456,{until}")).begins == begins


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("stock,2025-01-01,", "status", "inventory.status_dates"),
        ("active,,", "activated", "inventory.date_missing"),
        ("suspended,,", "status", "inventory.status"),
        ("active,2025-03-01,2025-02-01", "until", "inventory.date_order"),
    ],
)
def test_a_status_and_its_dates_belong_together(
    read: Read, row: str, column: str, code: str
) -> None:
    (fault,) = read("number,status,activated,until", f"66123456,{row}").faults
    assert (fault.column, fault.code) == (column, code)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (",,", "operator"),
        ("nobody,,", "operator"),
        ("demo,,", "policy"),
        ("demo,,mo.demo.nothing", "policy"),
        ("demo,,mo.ctm.prepaid", "policy"),
        ("demo,keep13,mo.demo.keep12", "plan"),
    ],
)
def test_what_nobody_sells_is_told(read: Read, row: str, column: str) -> None:
    inventory = read("number,operator,plan,policy", f"66123456,{row}", defaults=Defaults())
    assert [fault.column for fault in inventory.faults] == [column]


@pytest.mark.parametrize(
    ("row", "pin"),
    [
        ("demo,keep12,", "mo.demo.keep12@2026-01"),
        ("Demo Telecom,balance180,", "mo.demo.balance180@2026-01"),
        (",,mo.demo.keep12", "mo.demo.keep12@2026-01"),
        (",,mo.demo.keep12@2026-01", "mo.demo.keep12@2026-01"),
    ],
)
def test_rules_are_found_by_what_is_said(read: Read, row: str, pin: str) -> None:
    inventory = read("number,operator,plan,policy", f"66123456,{row}", defaults=Defaults())
    assert only_kind(inventory).pin == pin


@pytest.mark.parametrize(
    ("balance", "minor", "code"),
    [
        ("12.50", 1250, None),
        ("", None, None),
        ("1,000.00", None, "malformed.money"),
        ("1000.005", None, "malformed.money"),
        ("-5.00", None, "inventory.balance"),
    ],
)
def test_credit_is_money(read: Read, balance: str, minor: int | None, code: str | None) -> None:
    row = f'66123456,balance180,2026-03-01,"{balance}"'
    inventory = read("number,plan,activated,balance", row)
    assert [fault.code for fault in inventory.faults] == ([code] if code else [])
    assert [kind.balance_minor for kind in inventory.kinds] == ([] if code else [minor])


def test_a_card_in_stock_has_no_credit(read: Read) -> None:
    (fault,) = read("number,balance", "66123456,5").faults
    assert fault.code == "inventory.status_balance"


def test_lines_that_pay_rent_are_not_taken_over_without_their_history(read: Read) -> None:
    row = "66123456,hk.cmhk.prepaid,2026-03-01"
    (fault,) = read("number,policy,activated", row, defaults=Defaults()).faults
    assert (fault.column, fault.code) == ("policy", "inventory.charges")


def test_a_watched_card_needs_no_offer(read: Read) -> None:
    inventory = read("number,policy", "66123456,mo.ctm.prepaid", defaults=Defaults())
    kind = only_kind(inventory)
    assert (kind.operator, kind.custody, kind.plan) == ("ctm", "external", "prepaid")


@pytest.mark.parametrize(
    ("heading", "value"), [("custody", "lent"), ("batch", "x" * 81), ("batch", "a\0b")]
)
def test_other_words_that_mean_nothing(read: Read, heading: str, value: str) -> None:
    (fault,) = read(f"number,{heading}", f"66123456,{value}").faults
    assert fault.column == heading


# --- twice ----------------------------------------------------------------------------------------


def test_of_two_lines_with_one_number_or_card_the_first_is_good(read: Read) -> None:
    one, two = luhn("898530123456789012"), luhn("898530123456789013")
    inventory = read(
        "number,iccid,imsi",
        f"66123456,{one},455010000000001",
        f"+853 6612 3456,{two},",
        f"66123457,{one[:-1]} {one[-1]},",
        "66123458,,455010000000001",
        f"66123459,{two},",
    )
    assert inventory.lines["line"].to_list() == [2, 6]
    assert [(f.line, f.column, f.value, f.reason) for f in inventory.faults] == [
        (3, "number", "+853 6612 3456", "it is on line 2 already"),
        (4, "iccid", f"{one[:-1]} {one[-1]}", "it is on line 2 already"),
        (5, "imsi", "455010000000001", "it is on line 2 already"),
    ]


def test_one_chip_carries_several_profiles(read: Read) -> None:
    body = "89049032123451234512345678901"[:29].ljust(30, "0")
    eid = body + eid_check_digits(body)
    inventory = read("number,eid", f"66123456,{eid}", f"66123457,{eid}")
    assert inventory.faults == []
    assert inventory.lines["eid"].to_list() == [eid, eid]


# --- headings -------------------------------------------------------------------------------------


def test_no_heading_means_two_columns() -> None:
    for column, headings in ALIASES.items():
        for heading in headings:
            if column == "number":
                assert columns_of("a.csv", [heading]) == ({"number": 0}, ())
            else:
                assert columns_of("a.csv", ["number", heading])[0] == {"number": 0, column: 1}


@pytest.mark.parametrize("heading", ["MSISDN", "Phone-Number", " 手機號碼 ", "NÚMERO"])
def test_headings_are_compared_without_case_and_signs(heading: str) -> None:
    assert columns_of("a.csv", [heading.strip()])[0] == {"number": 0}


def test_a_column_twice_and_a_missing_number_are_refused(read: Read) -> None:
    with pytest.raises(ColumnTwice):
        read("number,phone", "1,2")
    with pytest.raises(NumberColumnMissing, match="iccid"):
        read("iccid", "1")


# --- workbooks ------------------------------------------------------------------------------------


def test_a_workbook_is_read_like_csv(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "inventory.xlsx"
    book = xlsxwriter.Workbook(str(file))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["number", "iccid"])
    sheet.write_row(1, 0, [85366123456, luhn("898530123456789012")])
    sheet.write_row(2, 0, [85366123457, 8985301234567890121])
    book.close()
    kinds = Kinds(library.policies, library.operators, NOW)
    inventory = read_inventory(file, kinds, defaults=DEMO)
    assert inventory.lines["number"].to_list() == ["+85366123456"]
    (fault,) = inventory.faults
    assert (fault.line, fault.value) == (3, "8.985301E+18")
    assert "a spreadsheet rounded it" in fault.reason


# --- laws -----------------------------------------------------------------------------------------

PARSERS: dict[str, Callable[[str], str]] = {
    "number": parse_number,
    "iccid": parse_iccid,
    "imsi": parse_imsi,
    "eid": parse_eid,
}
DIGITS = st.text("0123456789", max_size=34)
NOISE = st.text(st.sampled_from("0123456789 +-Ff89853６E.,\t\n\0\u200e"), max_size=34)
CARD = st.integers(16, 18).flatmap(
    lambda n: st.text("0123456789", min_size=n, max_size=n).map(lambda tail: "89" + tail)
)
MAYBE = st.one_of(
    NOISE,
    DIGITS,
    CARD,
    CARD.map(luhn),
    st.tuples(
        st.sampled_from(["", "853", "+853", "00853", "+", "00", "+852"]),
        st.text("0123456789", min_size=6, max_size=15),
    ).map("".join),
    st.text("0123456789", min_size=30, max_size=30).map(lambda b: b + eid_check_digits(b)),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)


def alone(column: str, text: str) -> str | None:
    """What core's parser makes of one cell."""
    try:
        return PARSERS[column](text) if text else ""
    except MalformedIdentifier:
        return None


@given(st.sampled_from(sorted(PARSERS)), st.lists(MAYBE, max_size=12))
@example("number", ["+85366123456", "0085251234567", "+8531", "85396123456", "66123456\n"])
@example("iccid", ["898530123456789012", "8985301234567890128F", "898530123456789012f\n"])
def test_a_column_is_accepted_exactly_as_its_parser_accepts_each_cell(
    column: str, cells: list[str]
) -> None:
    lines = pl.Series("line", range(2, len(cells) + 2), dtype=pl.Int64)
    parsed, faults = parse_column(column, pl.Series(cells, dtype=pl.String), lines)
    expected = [alone(column, cell) for cell in cells]
    assert parsed.to_list() == expected
    assert [f.line for f in faults] == [n for n, e in enumerate(expected, 2) if e is None]
