"""Files that are looked at first: what was shown of each row is what becomes of it, or nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from tests.conftest import Campaign
from tests.shop import FLOAT, Shop, commissions, promotions, registered

from baohao.app.bulk import checking, files, sheets
from baohao.app.bulk.checking import Foreseen
from baohao.app.bulk.files import File, FileKeyReused, FileNotChecked, FileOver, Format
from baohao.app.bulk.part import Usual
from baohao.core.civil import Span
from baohao.store import bulk

PRICE = 12_000
USUAL = Usual(
    term=Span.parse("12 months"),
    paid=FLOAT,
    till="main",
    principal="agent-7",
    channel="agent",
    is_bound=True,
    checks="agent-7",
)


def number(n: int) -> str:
    return f"+853{66_000_000 + n}"


@pytest.fixture
def agency(shop: Shop) -> Shop:
    """A shop whose agent is in the register, earns, and has customers."""
    shop.agents, shop.commissions = registered("agent-7", "agent-8"), commissions()
    return shop


def opened(shop: Shop, count: int, first: int = 0) -> None:
    for n in range(first, first + count):
        shop.open(number(n))


def sent(shop: Shop, folder: Path, rows: list[str], *, key: str = "k", **more: Any) -> File:
    path = folder / "list.csv"
    path.write_text("\n".join(["電話號碼,姓名,期限,優惠碼", *rows]), encoding="utf-8")
    given: dict[str, Any] = {"usual": USUAL, "key": key, "new_id": shop.new_id} | more
    return sheets.take(shop.shell, path, "list.csv", **given)


def worked(shop: Shop, file: File) -> File:
    while files.work(shop.shell, file.principal, file.id, shop.rules):
        continue
    return shop.shell.run(partial(files.progress, principal=file.principal, id_=file.id))


def shown(shop: Shop, file: File) -> list[Foreseen]:
    read = partial(files.foreseen, principal=file.principal, id_=file.id, limit=1_000)
    return [each for _, part in shop.shell.run(read) for each in part]


def confirmed(shop: Shop, file: File) -> File:
    shop.shell.run(partial(files.confirm, principal=file.principal, id_=file.id))
    return worked(shop, file)


def told(shop: Shop, file: File) -> list[dict[str, Any]]:
    text = "".join(files.written(shop.shell, file.principal, file.id, Format.NDJSON))
    return [json.loads(line) for line in text.splitlines()]


def everything(shop: Shop) -> tuple[Any, ...]:
    return shop.states(), shop.balance(), shop.rows("SELECT count(*) FROM entries")


def agreed(shop: Shop, file: File) -> None:
    """What was shown of each row is what became of it."""
    for before, after in zip(shown(shop, file), told(shop, file), strict=True):
        wanted = checking.outcome(before)
        assert after["row"] == before.row
        assert after["outcome"] == {checking.WOULD: "renewed"}.get(wanted.outcome, wanted.outcome)
        for name in ("until", "total", "currency", "code", "message"):
            assert after.get(name, "") == getattr(wanted, name), name


def test_each_row_is_shown_before_anything_happens_and_then_becomes_that(
    agency: Shop, tmp_path: Path
) -> None:
    agency.promotions = promotions("demo.twelve_plus_six", "demo.agents")
    opened(agency, 4)
    agency.say("stock", number(9), operator="demo", plan="keep12", pin="mo.demo.keep12@2026-01")
    before = everything(agency)
    file = sent(
        agency,
        tmp_path,
        [
            *("66000000,陳大文,,", "6600 0001,李,12,", "85366000002,,1 year,"),
            *("+853 6600-0003,,7 months,", "66000001,,,", "66000009,,,", "66000099,,,", "保號,,,"),
        ],
    )
    assert file.state == "checking"
    file = worked(agency, file)
    assert (file.state, file.good, file.wrong, file.done) == ("checked", 3, 5, 0)
    assert everything(agency) == before
    rows = shown(agency, file)
    assert [each.why for each in rows] == [
        *("", "", "", "offer.unknown", "malformed.row"),
        *("line.not_yours", "line.not_yours", "malformed.number.character"),
    ]
    first = rows[0]
    assert (first.list_minor, first.total_minor, first.bonus) == (12_000, 10_800, ("6 months",))
    assert first.promotions == ("demo.agents", "demo.twelve_plus_six")
    assert file.total_minor == sum(each.total_minor for each in rows) > 0
    # A name is not ours to keep.
    assert "陳大文" not in str(agency.rows("SELECT body, foreseen FROM bulk_parts"))

    file = confirmed(agency, file)
    assert (file.state, file.done, file.refused) == ("done", 3, 5)
    agreed(agency, file)
    assert before[1] - agency.balance() == file.total_minor
    after = agency.states()
    # A second confirmation sells nothing more.
    assert confirmed(agency, file).done == 3
    assert agency.states() == after
    agency.is_well()


def test_the_same_content_under_another_key_is_shown_as_renewed_before(
    agency: Shop, tmp_path: Path
) -> None:
    opened(agency, 2)
    rows = [f"{number(0)},,,", f"{number(1)},,,"]
    file = confirmed(agency, worked(agency, sent(agency, tmp_path, rows)))
    after, left = agency.states(), agency.balance()
    assert sent(agency, tmp_path, rows).id == file.id
    again = worked(agency, sent(agency, tmp_path, rows, key="again"))
    earlier = agency.shell.run(partial(files.sent_before, file=again))
    assert earlier is not None
    assert earlier.id == file.id
    assert (again.good, again.wrong, again.total_minor) == (0, 0, 0)
    assert {each.outcome for each in shown(agency, again)} == {"renewed before"}
    assert confirmed(agency, again).done == 2
    agreed(agency, again)
    assert (agency.states(), agency.balance()) == (after, left)
    with pytest.raises(FileKeyReused):
        sent(agency, tmp_path, rows[:1])


def test_a_float_that_runs_out_is_seen_row_by_row_and_over_parts(
    agency: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "AT_ONCE", 2)
    opened(agency, 5)
    agency.say("withdraw", FLOAT, amount_minor=agency.balance() - 3 * PRICE - 5)
    file = worked(agency, sent(agency, tmp_path, [f"{number(n)},,," for n in range(5)]))
    assert [each.why for each in shown(agency, file)] == ["", "", "", *["money.short"] * 2]
    # Money comes meanwhile: what was shown as refused is not sold for all that.
    agency.fund(10 * PRICE)
    read = partial(files.foreseen, principal="agent-7", id_=file.id, limit=9, wrong=True)
    assert [part for part, _ in agency.shell.run(read)] == [1, 2]
    assert confirmed(agency, file).done == 3
    agreed(agency, file)


def test_who_looks_again_sees_what_has_changed(agency: Shop, tmp_path: Path) -> None:
    opened(agency, 2)
    agency.say("withdraw", FLOAT, amount_minor=agency.balance() - PRICE)
    file = worked(agency, sent(agency, tmp_path, [f"{number(n)},,," for n in range(2)]))
    assert (file.good, file.wrong) == (1, 1)
    agency.fund(PRICE)
    again = partial(files.check_again, principal="agent-7", id_=file.id)
    assert agency.shell.run(again).state == "checking"
    with pytest.raises(FileNotChecked):
        confirmed(agency, file)
    file = worked(agency, file)
    assert (file.good, file.wrong, file.total_minor) == (2, 0, 2 * PRICE)
    confirmed(agency, file)
    agreed(agency, file)
    with pytest.raises(FileNotChecked):
        agency.shell.run(again)


@pytest.mark.parametrize("moves", ["line", "price", "date"])
def test_what_has_moved_since_it_was_shown_is_not_sold(
    agency: Shop, tmp_path: Path, moves: str
) -> None:
    agency.promotions = promotions("demo.twelve_plus_six", "demo.agents")
    opened(agency, 2)
    file = worked(agency, sent(agency, tmp_path, [f"{number(n)},,," for n in range(2)]))
    if moves == "line":
        agency.answers([agency.renew(number(0))])
    else:
        left = {"price": "demo.twelve_plus_six", "date": "demo.agents"}[moves]
        agency.promotions = promotions(left)
    confirmed(agency, file)
    codes = [row.get("code", "") for row in told(agency, file)]
    wanted = {
        "line": ["line.moved", ""],
        "price": ["money.price_moved"] * 2,
        "date": ["line.date_moved"] * 2,
    }
    assert codes == wanted[moves]


def test_a_worker_that_comes_late_changes_nothing(agency: Shop, tmp_path: Path) -> None:
    opened(agency, 1)
    stale = sent(agency, tmp_path, [f"{number(0)},,,"])
    file = worked(agency, stale)
    before = shown(agency, file)
    late = partial(bulk.foresee, file=stale, foreseen="", counts=(5, 5, 5), uses={})
    agency.shell.run(late)
    assert worked(agency, file) == file
    assert shown(agency, file) == before


def test_a_file_that_was_shown_can_be_put_away(agency: Shop, tmp_path: Path) -> None:
    opened(agency, 1)
    file = worked(agency, sent(agency, tmp_path, [f"{number(0)},,,"]))
    stop = partial(files.stop, principal="agent-7", id_=file.id)
    assert agency.shell.run(stop).state == "stopped"
    with pytest.raises(FileNotChecked):
        confirmed(agency, file)
    with pytest.raises(FileOver):
        agency.shell.run(stop)
    assert told(agency, file) == []


def test_a_workbook_is_read_as_a_table_is(agency: Shop, tmp_path: Path) -> None:
    opened(agency, 2)
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        rows = [("Name", "Mobile", "Months"), ("A", 66000000, 12), ("B", "x", 12)]
        for n, cells in enumerate(rows):
            sheet.write_row(n, 0, cells)
    given: dict[str, Any] = {"usual": USUAL, "key": "k", "new_id": agency.new_id}
    file = worked(agency, sheets.take(agency.shell, path, "list.xlsx", **given))
    assert (file.good, file.wrong) == (1, 1)
    assert [each.row for each in shown(agency, file)] == [2, 3]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030", "big5-hkscs", "cp1252"])
def test_a_table_is_read_in_whatever_it_was_saved(
    agency: Shop, tmp_path: Path, encoding: str
) -> None:
    opened(agency, 1)
    heading = "nome;número" if encoding == "cp1252" else "姓名;電話"
    path = tmp_path / "list.csv"
    path.write_bytes(f"{heading}\r\nJoão;66000000\r\n".encode(encoding, "replace"))
    given: dict[str, Any] = {"usual": USUAL, "key": "k", "new_id": agency.new_id}
    file = worked(agency, sheets.take(agency.shell, path, "list.csv", **given))
    assert (file.rows, file.good) == (1, 1)


@pytest.mark.parametrize("is_counted", [True, False])
def test_scarce_promotions_are_counted_over_parts(
    agency: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_counted: bool
) -> None:
    """Without the count the preview promises more than there is: that is what it is for."""
    monkeypatch.setattr(sheets, "AT_ONCE", 2)
    if not is_counted:
        monkeypatch.setattr(checking, "_taken", lambda known, file: None)
    agency.promotions = promotions("test.scarce")
    opened(agency, 5)
    file = worked(agency, sent(agency, tmp_path, [f"{number(n)},,,SCARCE" for n in range(5)]))
    discounted = [each.list_minor > each.total_minor for each in shown(agency, file)]
    assert discounted == [True, True, True, not is_counted, not is_counted]
    done = confirmed(agency, file).done
    assert done == (5 if is_counted else 3)


def test_a_preview_equals_the_outcome(
    agency: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, campaign: Any
) -> None:
    drawn: Campaign = campaign(2)
    chance = Random(drawn.seed)
    monkeypatch.setattr(sheets, "AT_ONCE", 7)
    agency.promotions = promotions("test.scarce", "demo.twelve_plus_six", "demo.agents")
    opened(agency, 40)
    for n in range(drawn.count):
        rows = []
        for _ in range(30):
            bare = number(chance.choice([chance.randrange(40), chance.randrange(60), -1]))
            term = chance.choice(["", "12", "24 months", "6m", "1 year", "soon", "-1 months"])
            rows.append(f"{bare},,{term},{chance.choice(['', '', 'SCARCE', 'NONE'])}")
        spare = agency.balance() - chance.randrange(PRICE, 20 * PRICE)
        agency.say("withdraw", FLOAT, amount_minor=max(spare, 1))
        file = worked(agency, sent(agency, tmp_path, rows, key=f"n{n}"))
        before = agency.balance()
        confirmed(agency, file)
        agreed(agency, file)
        assert before - agency.balance() == file.total_minor
        agency.fund(30 * PRICE)
        agency.later(timedelta(days=chance.randrange(1, 200)))
    agency.is_well()
