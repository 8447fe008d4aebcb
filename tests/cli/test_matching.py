"""The daily match by the commands: days are matched, what differs is listed and put into files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from tests.cli.conftest import Run
from tests.cli.test_payments import NOTIFY, paid
from tests.payments.cashdesk import contract_file, keys

from baohao import jobs
from baohao.app.shell import connect
from baohao.outside.acquirer import NAME
from baohao.outside.pretend.acquirer import PretendAcquirer
from baohao.wiring import installation

ONE, TWO = "+85366152001", "+85366152002"
Later = Callable[[timedelta], None]


class Clock:
    """The twin's, which goes with that of the house."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def twin(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PretendAcquirer]:
    with PretendAcquirer(keys(), clock, notify_path="/notices/acquirer") as twin:
        monkeypatch.setenv("BAOHAO_ACQUIRER", str(contract_file(tmp_path, twin)))
        monkeypatch.setenv("BAOHAO_NOTIFY_URL", NOTIFY)
        yield twin


def test_a_day_is_matched_listed_and_written_to_files(
    run: Run,
    house: Path,
    twin: PretendAcquirer,
    clock: Clock,
    stock: Any,
    tmp_path: Path,
) -> None:
    orders = []
    for number in (ONE, TWO):
        stock(number)
        said = ("--holder", f"h{number}", "--document", "bir", "--term", "12m")
        assert run("activate", number, *said).code == 0
        orders.append(paid(run, house, twin, number))
    run("payments", "carry")
    day = twin.orders[orders[0].replace("-", "")].paid_at[:10]
    one = ("payments", "match", "--gateway", NAME, "--day")
    early = run(*one, datetime.now(UTC).date().isoformat())
    assert (early.code, "not over" in early.err) == (1, True)
    assert run("payments", "match", "--gateway", NAME).code == 2
    assert run("payments", "match", "--trust").code == 2

    # The gateway forgets one of the two, and days go by; the worker looks.
    del twin.orders[orders[1].replace("-", "")]
    clock.offset = timedelta(days=4)
    with connect(installation(house).conninfo) as conn:
        conn.execute("UPDATE house SET clock_offset = interval '4 days'")
    jobs.matching(installation(house))
    assert "Nothing is due." in run("payments", "match").out
    again = run(*one, day, "--json").facts
    assert again == {"state": "matched", "found": 0, "settled": 0}

    days = run("payments", "matches", "--gateway", NAME, "--since", day, "--json").facts
    assert (days[0]["day"], days[0]["payments"], days[0]["our_payments"]) == (day, 1, 1)
    file = tmp_path / "matches.csv"
    assert day in run("payments", "matches", "--out", str(file)).out
    assert file.read_text(encoding="utf-8-sig").startswith("gateway,day,state,currency,payments")

    (each,) = run("exceptions", "list", "--kind", "bill_lacks", "--json").facts
    assert (each["subject"], each["owner"], each["age_hours"]) == (orders[1], "", 0)
    assert "ask the gateway" in each["to_do"]
    book = tmp_path / "exceptions.xlsx"
    assert "1 exceptions." in run("exceptions", "list", "--out", str(book)).out
    rows = CalamineWorkbook.from_path(book).get_sheet_by_index(0).to_python()
    assert rows[0][:3] == ["exception", "kind", "subject"]
    assert rows[1][1:3] == ["bill_lacks", orders[1]]
    assert run("exceptions", "list", "--kind", "nonsense").code == 2


def test_what_a_gateway_holds_is_handed_over_and_rolled_forward(run: Run, tmp_path: Path) -> None:
    gateway = ("--gateway", "other")
    said = ("--amount", "12.50", "--reference", "payout 1", "--key", "p1")
    assert run("payments", "handed-over", *gateway, *said).code == 0
    assert run("payments", "handed-over", *gateway, *said, "--json").facts["repeated"] is True
    assert run("payments", "handed-over", *gateway, *said[:4], "--bank", "other").code == 1
    assert run("payments", "handed-over", *gateway, "--amount", "-1").code != 0
    file = tmp_path / "roll.csv"
    (day,) = run("payments", "roll", *gateway, "--out", str(file), "--json").facts
    assert (day["opening"], day["handed_over"], day["closing"]) == ("0.00", "12.50", "-12.50")
    assert file.read_text(encoding="utf-8-sig").startswith("day,opening,captured,refunded,fees")
