"""Files in the background: read as they come, done row by row, told in order, each row once."""

from __future__ import annotations

import csv
import gc
import io
import json
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.database import cloned
from tests.shop import FLOAT, Shop

from baohao.app import house, renewals
from baohao.app.bulk import files
from baohao.app.bulk.files import File, FileKeyReused, FileOver, FileUnknown, Upload
from baohao.app.bulk.part import Usual, cut, text_of
from baohao.app.bulk.rows import (
    AT_ONCE,
    COLUMNS,
    ROW_MAX_BYTES,
    FileMalformed,
    Format,
    Reader,
    Row,
    RowTooLong,
    TooManyRows,
    body_of,
    row_of,
    rows_in,
)
from baohao.app.door import HouseClosed
from baohao.app.shell import OutcomeUnknown
from baohao.app.soundness import AskMalformed
from baohao.core.civil import Span
from baohao.store import bulk
from baohao.store.embedded import Running

#: Of a renewal: policies/demo/keep12.toml.
PRICE = 12_000
USUAL = Usual(
    term=Span.parse("12 months"),
    paid="float:agent-7",
    till="hall-1",
    principal="agent-7",
    channel="agent",
)


def number(n: int) -> str:
    return f"+853{66_000_000 + n}"


def ndjson(*rows: dict[str, Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def renewing(first: int, count: int, **more: str) -> bytes:
    return ndjson(*({"number": number(n), **more} for n in range(first, first + count)))


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def sent(
    shop: Shop,
    content: bytes | Iterable[bytes],
    *,
    key: str = "",
    usual: Usual = USUAL,
    format_: Format = Format.NDJSON,
) -> File:
    id_ = shop.new_id()
    with Upload(shop.shell, usual, id_=id_, key=key or str(id_), format_=format_) as upload:
        for piece in pieces(content, 1_000) if isinstance(content, bytes) else content:
            upload.feed(piece)
        return upload.end()


def work(shop: Shop, file: File) -> bool:
    return files.work(shop.shell, file.principal, file.id, shop.rules)


def worked(shop: Shop, file: File) -> list[dict[str, Any]]:
    while work(shop, file):
        continue
    return told(shop, file)


def told(shop: Shop, file: File) -> list[dict[str, Any]]:
    text = "".join(files.written(shop.shell, file.principal, file.id, Format.NDJSON))
    return [json.loads(line) for line in text.splitlines()]


def found(shop: Shop, file: File) -> File:
    return shop.shell.run(partial(files.progress, principal=file.principal, id_=file.id))


def opened(shop: Shop, count: int, first: int = 0) -> None:
    for verb in (shop.stock, shop.activate):
        answers = shop.answers([verb(number(n)) for n in range(first, first + count)])
        assert all(hasattr(answer, "answer") for answer in answers), answers


# --- reading --------------------------------------------------------------------------------------

TABLE = (
    'number,Term ,"key"\r\n+85366000001,12m,"a ""quoted"" key"\r\n\r\n'
    '+85366000002,,"two\nlines"\n保號,"1\r\ny",5" pipe\r+85366000003\n,,\n+85366000004,12m,k,more'
)


def read(content: bytes, size: int, format_: Format, **more: Any) -> list[Row]:
    reader = Reader("a file", format_, **more)
    rows = [row for piece in pieces(content, size) for part in reader.feed(piece) for row in part]
    return rows + [row for part in reader.end() for row in part]


def test_a_table_is_read_in_any_pieces_as_the_csv_module_reads_it_whole() -> None:
    reader = csv.reader(io.StringIO(TABLE, newline=""))
    next(reader)
    whole = [(reader.line_num, [c.strip() for c in cells]) for cells in reader if any(cells)]
    for size in range(1, 40):
        rows = read(b"\xef\xbb\xbf" + TABLE.encode(), size, Format.CSV)
        assert [
            (row.row, list(row.cells.values())[: len(cells)])
            for row, (_, cells) in zip(rows, whole, strict=True)
        ][:-1] == whole[:-1]
        assert [row.row for row in rows] == [line for line, _ in whole]
        assert rows[-1].cells[""] == "it has 4 cells, and the heading has 3"


def test_lines_of_json_are_read_in_any_pieces() -> None:
    content = (
        '\ufeff{"number": "保號\u2028"}\r\n\n[\n{"number": 1}\r{"nub": "x"}\n"x"\n{"key": "\ud83d'
    )
    rows = [read(content.encode(errors="replace"), size, Format.NDJSON) for size in range(1, 40)]
    assert all(each == rows[0] for each in rows)
    assert [row.row for row in rows[0]] == [1, 3, 4, 5, 6, 7]
    assert rows[0][0].cells == {"number": "保號"}
    wrong = [row.cells[""].split(":")[0] for row in rows[0][1:]]
    assert wrong == [
        "it is no JSON",
        "every value must be text",
        f"'nub' is none of {', '.join(COLUMNS)}",
        "it is no object",
        "it is no JSON",
    ]


@pytest.mark.parametrize("said", ["x", None, [], {"number": 1}, {1: "x"}, {"number": "\0"}])
def test_what_is_no_row_says_so(said: object) -> None:
    row = row_of(7, said)
    assert row.row == 7
    with pytest.raises(Exception, match="not valid"):
        _ = row.number
    assert rows_in(body_of([row])) == [row]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "must name columns"),
        (b"term\n12m\n", "must name columns"),
        (b"number,price\n", "'price' is none"),
        (b"number\n+853\xff\n", "not UTF-8"),
        (b"number\n+853\xe4", "not UTF-8"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, reason: str) -> None:
    for size in (1, 1_000):
        with pytest.raises(FileMalformed, match=reason):
            read(content, size, Format.CSV)


@pytest.mark.parametrize("format_", list(Format))
@pytest.mark.parametrize("size", [1_000, 1_000_000])
def test_a_row_that_is_too_long_is_named_before_it_is_kept(format_: Format, size: int) -> None:
    heading = b"number\n" if format_ is Format.CSV else b'{"number":"1"}\n'
    for long in (b"x" * ROW_MAX_BYTES + b"x", b'"' + b"x\n" * 10_000):
        if format_ is Format.NDJSON and long[:1] == b'"':
            continue
        with pytest.raises(RowTooLong, match="Row 2 of a file is longer than 4096 bytes"):
            read(heading + long * 10, size, format_)
    just = "保" * (ROW_MAX_BYTES // 3)
    assert len(read(heading + just.encode(), size, format_)) == 2 - (format_ is Format.CSV)
    with pytest.raises(RowTooLong):
        read(heading + just.encode() + "號".encode(), size, format_)


def test_more_rows_than_a_file_may_have_are_refused() -> None:
    assert len(read(renewing(0, 700), 64, Format.NDJSON, rows_max=700)) == 700
    with pytest.raises(TooManyRows, match="more than 699 rows"):
        read(renewing(0, 700), 64, Format.NDJSON, rows_max=699)


def test_rows_are_cut_where_a_number_comes_again_however_it_is_written() -> None:
    rows = [
        row_of(n, {"number": text}) for n, text in enumerate(["66000001", "x", "x", "66000002"])
    ]
    again = row_of(9, {"number": "+853 6600 0001"})
    assert list(cut([*rows, again])) == [rows, [again]]
    many = [row_of(n, {"number": number(n)}) for n in range(AT_ONCE + 1)]
    assert list(map(len, cut(many))) == [AT_ONCE, 1]


# --- working through ------------------------------------------------------------------------------


def test_good_rows_are_done_and_bad_ones_told_by_their_row(shop: Shop) -> None:
    opened(shop, 3)
    content = (
        f"number,term,paid,expect_until,code,key\n{number(0)},,,,,\n{number(77)}\nabc\n"
        f"{number(1)},12 moons\n{number(1)},,gold:x\n{number(1)},,,2020-01-01\n"
        f"{number(1)},,,never\n{number(2)},12m,,,,mine\n{number(1)},,,,nope\n{number(2)},12m,,,,mine\n"
    )
    file = sent(shop, content.encode(), format_=Format.CSV)
    assert (file.state, file.rows, file.parts) == ("waiting", 10, 1)
    outcomes = worked(shop, file)
    assert [each["row"] for each in outcomes] == list(range(2, 12))
    assert [each.get("code", "") for each in outcomes] == [
        *("", "line.unknown", "malformed.number.character", "malformed.span"),
        *("malformed.account", "line.moved", "malformed.day", "", "", ""),
    ]
    assert [each["outcome"] for each in outcomes if "code" not in each] == [
        *("renewed", "renewed", "renewed", "renewed before"),
    ]
    assert outcomes[7]["receipt"] == outcomes[9]["receipt"]
    done = found(shop, file)
    assert (done.state, done.done, done.refused, done.at) == ("done", 4, 6, 1)
    assert done.created_at <= done.started_at <= done.ended_at  # type: ignore[operator]
    assert not work(shop, file)
    shop.is_well()


def test_a_number_that_comes_again_is_renewed_again(shop: Shop) -> None:
    opened(shop, 1)
    file = sent(shop, ndjson({"number": number(0)}, {"number": number(0)[4:]}))
    first, second = worked(shop, file)
    assert first["outcome"] == second["outcome"] == "renewed"
    assert first["until"] < second["until"]


def test_a_file_without_rows_is_done_at_once(shop: Shop) -> None:
    file = sent(shop, b"\n\n")
    assert (file.state, file.rows) == ("done", 0)
    assert worked(shop, file) == []


def test_a_result_is_a_table_or_lines_and_grows_with_the_work(shop: Shop) -> None:
    opened(shop, 1)
    lines = AT_ONCE * (files.PAGE + 2)
    file = sent(shop, renewing(0, 1, term="12m") + renewing(1_000, lines - 1))
    assert told(shop, file) == []
    work(shop, file)
    assert len(told(shop, file)) == AT_ONCE
    assert len(worked(shop, file)) == lines
    table = "".join(files.written(shop.shell, "agent-7", file.id, Format.CSV))
    rows = list(csv.DictReader(table.splitlines()))
    assert [int(row["row"]) for row in rows] == list(range(1, lines + 1))
    assert rows[0]["outcome"] == "renewed"
    assert {row["code"] for row in rows[1:]} == {"line.unknown"}
    assert {row["total"] for row in rows[1:]} == {""}


def test_a_defect_ends_a_file_and_says_so(shop: Shop) -> None:
    file = sent(shop, renewing(0, 1))
    shop.shell.run(partial(files.fail, principal="agent-7", id_=file.id, reason="a KeyError"))
    done = found(shop, file)
    assert (done.state, done.reason) == ("failed", "a KeyError")
    assert not work(shop, file)


def test_a_closed_house_leaves_the_file_to_wait(shop: Shop) -> None:
    opened(shop, 1)
    file = sent(shop, renewing(0, 1))
    shop.shell.run(house.close)
    with pytest.raises(HouseClosed):
        work(shop, file)
    assert (found(shop, file).at, told(shop, file)) == (0, [])
    shop.shell.run(house.resume)
    assert [each["outcome"] for each in worked(shop, file)] == ["renewed"]


def test_a_database_that_stays_away_leaves_the_part_to_be_done(shop: Shop) -> None:
    class Away(type(shop.shell)):  # type: ignore[misc]
        def answer(self, asks: Any) -> list[Any]:
            return [OutcomeUnknown() for _ in asks]

    opened(shop, 1)
    file = sent(shop, renewing(0, 1))
    away = Away(shop.shell._door, shop.shell._connect)
    with pytest.raises(OutcomeUnknown):
        files.work(away, "agent-7", file.id, shop.rules)
    away.close()
    assert [each["outcome"] for each in worked(shop, file)] == ["renewed"]


# --- once -----------------------------------------------------------------------------------------


def cut_short(shop: Shop, file: File, **otherwise: Any) -> None:
    """Renew the first half of a part, and be killed before anything is kept of it."""
    at_hand = shop.shell.run(partial(files._next, principal=file.principal, id_=file.id))
    assert at_hand is not None
    renewing = replace(files._renewing(at_hand[0], shop.rules), **otherwise)
    renewing.answer(shop.shell, at_hand[1][: len(at_hand[1]) // 2])


def lose_keys(shop: Shop) -> None:
    shop.shell.run(lambda conn: conn.execute("DELETE FROM keys WHERE key LIKE 'file:%'"))


def test_a_part_that_is_done_again_tells_the_same(shop: Shop) -> None:
    opened(shop, 20)
    paid = shop.balance()
    file = sent(shop, renewing(0, 20))
    cut_short(shop, file)
    assert shop.balance() == paid - 10 * PRICE
    outcomes = worked(shop, file)
    assert {each["outcome"] for each in outcomes} == {"renewed"}
    assert shop.balance() == paid - 20 * PRICE
    receipts = [str(files.ask_id(file.id, row)) for row in range(1, 21)]
    assert [each["receipt"] for each in outcomes] == receipts
    shop.is_well()


def test_without_ids_that_follow_it_would_be_told_otherwise(shop: Shop) -> None:
    """The twin: by its keys alone it is done once, and told as if another file had done it."""
    opened(shop, 20)
    paid = shop.balance()
    file = sent(shop, renewing(0, 20))
    cut_short(shop, file, id_of=lambda _: shop.new_id())
    told_so = ["renewed before"] * 10 + ["renewed"] * 10
    assert [each["outcome"] for each in worked(shop, file)] == told_so
    assert shop.balance() == paid - 20 * PRICE


def test_without_its_keys_a_part_is_not_done_twice_but_told_wrongly(shop: Shop) -> None:
    """The twin: an act's id is known on its line, so that a row without its key is refused."""
    opened(shop, 20)
    paid = shop.balance()
    file = sent(shop, renewing(0, 20))
    cut_short(shop, file)
    lose_keys(shop)
    assert [each.get("code", "") for each in worked(shop, file)] == ["act.known"] * 10 + [""] * 10
    assert shop.balance() == paid - 20 * PRICE


def test_without_keys_and_ids_that_follow_rows_are_done_twice(shop: Shop) -> None:
    """The twin: one of the two must hold, or money is taken again."""
    opened(shop, 20)
    paid = shop.balance()
    file = sent(shop, renewing(0, 20))
    cut_short(shop, file, id_of=lambda _: shop.new_id())
    lose_keys(shop)
    assert {each["outcome"] for each in worked(shop, file)} == {"renewed"}
    assert shop.balance() == paid - 30 * PRICE


def test_two_workers_on_one_file_count_a_part_once(shop: Shop) -> None:
    opened(shop, 2)
    file = sent(shop, renewing(0, 2))
    other = shop.make_shell()
    one = shop.shell.run(partial(files._next, principal="agent-7", id_=file.id))
    assert one is not None
    assert files.work(other, "agent-7", file.id, shop.rules)
    outcomes = files._renewing(one[0], shop.rules).answer(shop.shell, one[1])
    text = text_of(outcomes)
    assert [json.loads(line) for line in text.splitlines()] == told(shop, file)
    shop.shell.run(lambda conn: bulk.finish(conn, one[0], 0, text, done=2, refused=0))
    assert (found(shop, file).done, found(shop, file).at) == (2, 1)
    other.close()


def test_a_file_under_its_key_is_the_same_however_often_it_is_sent(shop: Shop) -> None:
    opened(shop, 2)
    content = renewing(0, 2)
    first = sent(shop, content, key="k-1")
    assert sent(shop, content, key="k-1") == first
    worked(shop, first)
    again = sent(shop, pieces(content, 3), key="k-1")
    assert (again.id, again.state) == (first.id, "done")
    with pytest.raises(FileKeyReused):
        sent(shop, content + b"\n", key="k-1")
    other = replace(USUAL, term=Span.parse("1 year"))
    with pytest.raises(FileKeyReused):
        sent(shop, content, key="k-1", usual=other)
    # Under another key it is another file, and its rows have been renewed before.
    assert {each["outcome"] for each in worked(shop, sent(shop, content))} == {"renewed before"}
    assert shop.rows("SELECT count(*) FROM bulk_files") == [(2,)]
    assert shop.rows("SELECT count(*) FROM bulk_parts") == [(2,)]


def test_what_did_not_arrive_holds_no_key_and_leaves_nothing(shop: Shop) -> None:
    whole = renewing(0, AT_ONCE + 1)
    with pytest.raises(FileMalformed):
        sent(shop, whole + b"\xff", key="k-1")
    with pytest.raises(KeyboardInterrupt):
        sent(shop, given_up(whole), key="k-1")
    for table in ("bulk_files", "bulk_parts"):
        assert shop.rows(f"SELECT count(*) FROM {table}") == [(0,)]
    assert sent(shop, whole, key="k-1").parts == 2
    for key in ("", "\0", "k" * 201):
        with pytest.raises(AskMalformed):
            shop.shell.run(
                partial(files.begin, usual=USUAL, id_=shop.new_id(), key=key, format_=Format.CSV)
            )


def given_up(content: bytes) -> Iterator[bytes]:
    yield content
    raise KeyboardInterrupt


def test_what_a_killed_sender_left_is_forgotten_after_a_day(shop: Shop) -> None:
    upload = Upload(shop.shell, USUAL, id_=shop.new_id(), key="k-1", format_=Format.NDJSON)
    upload.feed(renewing(0, AT_ONCE))
    assert shop.shell.run(files.waiting) == ()
    shop.shell.run(files.forget)
    assert shop.rows("SELECT count(*) FROM bulk_parts") == [(1,)]
    shop.shell.run(
        lambda conn: conn.execute("UPDATE bulk_files SET created_at = created_at - '2 d'::interval")
    )
    shop.shell.run(files.forget)
    for table in ("bulk_files", "bulk_parts"):
        assert shop.rows(f"SELECT count(*) FROM {table}") == [(0,)]
    with pytest.raises(FileUnknown):
        upload.end()


# --- whose ----------------------------------------------------------------------------------------


def test_to_anybody_else_a_file_is_not_there(shop: Shop) -> None:
    file = sent(shop, renewing(0, 1), key="k-1")
    for ask in (files.progress, files.stop, files.result):
        with pytest.raises(FileUnknown):
            shop.shell.run(partial(ask, principal="agent-8", id_=file.id))
    with pytest.raises(FileUnknown):
        list(files.written(shop.shell, "agent-8", file.id, Format.CSV))
    with pytest.raises(FileUnknown):
        files.work(shop.shell, "agent-8", file.id, shop.rules)
    assert shop.shell.run(partial(files.listed, principal="agent-8")) == ()
    # Their keys are their own, too.
    theirs = replace(USUAL, principal="agent-8")
    assert sent(shop, b"", key="k-1", usual=theirs).id != file.id


def test_files_are_listed_the_newest_first_page_by_page(shop: Shop) -> None:
    sent_files = [sent(shop, renewing(0, n)) for n in range(1, 5)]
    newest = shop.shell.run(partial(files.listed, principal="agent-7", limit=3))
    assert list(newest) == sent_files[:0:-1]
    rest = shop.shell.run(partial(files.listed, principal="agent-7", before=newest[-1].id))
    assert list(rest) == sent_files[:1]
    assert shop.shell.run(files.waiting) == tuple(("agent-7", each.id) for each in sent_files)


def test_a_file_that_is_stopped_keeps_what_was_done(shop: Shop) -> None:
    file = sent(shop, renewing(0, 2 * AT_ONCE))
    work(shop, file)
    stopped = shop.shell.run(partial(files.stop, principal="agent-7", id_=file.id))
    assert (stopped.state, stopped.refused) == ("stopped", AT_ONCE)
    assert not work(shop, file)
    assert len(told(shop, file)) == AT_ONCE
    with pytest.raises(FileOver, match="is stopped"):
        shop.shell.run(partial(files.stop, principal="agent-7", id_=file.id))


def test_the_part_at_hand_is_told_when_a_file_is_stopped(shop: Shop) -> None:
    file = sent(shop, renewing(0, 1))
    at_hand = shop.shell.run(partial(files._next, principal="agent-7", id_=file.id))
    assert at_hand is not None
    shop.shell.run(partial(files.stop, principal="agent-7", id_=file.id))
    shop.shell.run(lambda conn: bulk.finish(conn, at_hand[0], 0, "{}\n", done=0, refused=1))
    assert (found(shop, file).state, found(shop, file).refused) == ("stopped", 1)


# --- the same as at once --------------------------------------------------------------------------


def books(shop: Shop) -> tuple[Any, ...]:
    """What stands in the books and on the lines, but for ids and times."""
    return (
        shop.rows(
            "SELECT subject, seq, kind, currency, payer, accounts, amounts FROM entries"
            " ORDER BY 1, 2, 3, accounts, amounts"
        ),
        shop.rows("SELECT number, version FROM lines ORDER BY 1"),
        shop.rows(
            "SELECT principal, key, subject, seq FROM keys WHERE key LIKE 'file:%%' ORDER BY 2"
        ),
        shop.balance(FLOAT),
    )


@pytest.fixture
def other_shop(server: Running, template: str) -> Iterator[Shop]:
    with cloned(server, template) as conninfo:
        made = Shop(conninfo=conninfo)
        made.fund(10_000_000)
        yield made
        made.shell.close()


def test_a_file_in_the_background_makes_the_books_of_the_command(
    shop: Shop, other_shop: Shop, tmp_path: Path
) -> None:
    random = Random(4)
    rows = [
        f"{number(random.randrange(330))},{random.choice(['12m', '24m', '', '12 moons'])}"
        for _ in range(700)
    ]
    file = tmp_path / "renewals.csv"
    file.write_text("\n".join(["number,term", *rows]))
    for each in (shop, other_shop):
        each.fund(200_000_000)
        opened(each, 320)
    at_once = list(renewals.renew(shop.shell, shop.rules, file, USUAL, shop.new_id))
    later = worked(other_shop, sent(other_shop, file.read_bytes(), format_=Format.CSV))
    assert [(o.row, o.number, o.outcome, o.total, o.code) for o in at_once] == [
        (o["row"], o["number"], o["outcome"], o.get("total", ""), o.get("code", "")) for o in later
    ]
    assert {o.outcome for o in at_once} == {"renewed", "refused"}
    assert books(shop) == books(other_shop)
    # The one answers for the other, too.
    again = worked(shop, sent(shop, file.read_bytes(), format_=Format.CSV))
    assert [o["receipt"] for o in again if "receipt" in o] == [
        o.receipt for o in at_once if o.receipt
    ]
    other_shop.is_well()


def test_the_command_too_reads_the_whole_file_before_it_renews(shop: Shop, tmp_path: Path) -> None:
    opened(shop, 1)
    file = tmp_path / "renewals.ndjson"
    file.write_bytes(renewing(0, 2 * AT_ONCE) + b"\xff")
    paid = shop.balance()
    with pytest.raises(FileMalformed):
        list(renewals.renew(shop.shell, shop.rules, file, USUAL, shop.new_id))
    assert shop.balance() == paid


# --- memory ---------------------------------------------------------------------------------------


#: Of the numbers of each part, how many are lines: the rest is refused before the door.
KNOWN = 30


def test_memory_does_not_grow_with_the_rows(shop: Shop) -> None:
    opened(shop, KNOWN)
    few, many = (most(shop, rows) for rows in (5_000, 20_000))
    assert many < few * 1.2


def most(shop: Shop, rows: int) -> int:
    """The most memory that a file takes from its first byte to its last outcome."""
    taken: list[int] = []

    def weigh() -> None:
        gc.collect()
        taken.append(tracemalloc.get_traced_memory()[0])

    def content() -> Iterator[bytes]:
        for n in range(rows):
            if n % AT_ONCE == 0:
                weigh()
            # Some are decided by the door and refused, for lines that are renewed would grow.
            yield renewing(n % AT_ONCE, 1, expect_until="2020-01-01")

    gc.freeze()  # what is there already need not be looked through each time
    tracemalloc.start()
    try:
        file = sent(shop, content())
        while work(shop, file):
            weigh()
        lines = 0
        for text in files.written(shop.shell, file.principal, file.id, Format.CSV):
            lines += text.count("\n")
            weigh()
        assert (lines, found(shop, file).refused) == (rows + 1, rows)
    finally:
        tracemalloc.stop()
        gc.unfreeze()
    return max(taken)
