"""Bank transfers by the commands, as a person works through a morning's statement."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run

from baohao import jobs
from baohao.outside.pretend.bank import PretendBank
from baohao.wiring import installation

#: The same for all that is written, whenever that is.
TODAY = datetime.now(UTC).date()
ONE, TWO = "+85366152001", "+85366152002"
CONTRACT = """
[[accounts]]
key = "bnu"
currency = "MOP"
number = "9012 3456 78"
zone = "Asia/Macau"
[accounts.given]
bank = "Banco Demo"
"""


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PretendBank:
    (tmp_path / "bank.toml").write_text(CONTRACT)
    monkeypatch.setenv("BAOHAO_BANK", str(tmp_path / "bank.toml"))
    monkeypatch.setenv("COLUMNS", "200")
    return PretendBank(number="9012345678", currency="MOP")


def statement(bank: PretendBank, tmp_path: Path) -> Path:
    (file := tmp_path / "statement.xml").write_bytes(bank.file(TODAY, TODAY).data)
    return file


@pytest.fixture
def opened(run: Run, stock: Any) -> Any:
    def make(number: str) -> dict[str, Any]:
        stock(number)
        said = ("--holder", f"h{number}", "--document", "bir", "--term", "12m")
        assert run("activate", number, *said).code == 0
        quote = run("quote", number, "--term", "12m", "--json").facts["quote"]
        begun: dict[str, Any] = run("payments", "bank", "begin", number, quote, "--json").facts
        return begun

    return make


def test_without_an_account_it_says_how_to_name_one(run: Run, tmp_path: Path) -> None:
    (file := tmp_path / "statement.csv").write_text("d,a\n")
    ran = run("payments", "bank", "import", file)
    assert (ran.code, "BAOHAO_BANK" in ran.err) == (1, True)
    assert run("payments", "bank", "list", "--state", "gone").code == 2


def test_a_morning_with_a_statement(
    run: Run, house: Path, bank: PretendBank, opened: Any, tmp_path: Path
) -> None:
    one, two = opened(ONE), opened(TWO)
    assert (one["state"], one["bank"], one["number"]) == ("payable", "Banco Demo", "9012 3456 78")
    minor = round(float(one["amount"]) * 100)
    bank.move(TODAY, minor, f"for {one['write']}", "Ada [bold]")
    bank.move(TODAY, minor + 1_000, "no reference, sorry", "Bob")
    bank.move(TODAY, 700, "rent", "Eve")
    file = statement(bank, tmp_path)
    taken = run("payments", "bank", "import", file, "--json").facts
    assert (taken["rows"]["rows new"], taken["gaps"]) == (3, [])
    assert taken["became"] == {"row matched": 1, "row held": 2}
    again = run("payments", "bank", "import", file)
    assert "rows known" in again.out
    assert run("payments", "carry", "--json").facts["used"] == 1
    listed = run("payments", "bank", "list")
    assert "Ada [bold]" in listed.out
    assert "3 rows." in listed.out
    rent, bob = run("payments", "bank", "list", "--state", "held", "--json").facts
    if rent["name"] != "Eve":
        rent, bob = bob, rent
    assert run("payments", "bank", "match", rent["row"], two["payment"]).code == 1
    assert run("payments", "bank", "match", bob["row"], two["payment"], "--by", "ada").code == 0
    said = ("--reason", "nobody's", "--by", "ada")
    assert run("payments", "bank", "return", rent["row"], *said).code == 0
    jobs.payments(installation(house))
    assert run("payments", "show", two["payment"], "--json").facts["state"] == "used"
    assert run("exceptions", "list", "--json").facts == []

    ran = run("payments", "bank", "payouts", "--out", tmp_path / "pay.csv")
    assert "2 to be paid out." in ran.out
    table = (tmp_path / "pay.csv").read_text(encoding="utf-8-sig").splitlines()
    assert table[0] == "payout,account,to_name,to_account,amount,currency,reference"
    payouts = {each["to_name"]: each for each in run("payments", "bank", "payouts", "--json").facts}
    paid = ("payments", "bank", "paid", payouts["Eve"]["payout"])
    assert run(*paid, "--account", "moon").code == 1
    assert run(*paid, "--by", "ada").code == 0
    bank.move(TODAY, -1_000, payouts["Bob"]["reference"])
    run("payments", "bank", "import", statement(bank, tmp_path))
    run("payments", "carry")
    gone = run("payments", "bank", "payouts", "--gone", "--json").facts
    assert all(each["gone_at"] for each in gone)
    assert "0 to be paid out." in run("payments", "bank", "payouts").out
    assert run("doctor").code == 0


def test_a_file_that_is_none_is_refused_with_the_line(
    run: Run, bank: PretendBank, tmp_path: Path
) -> None:
    (file := tmp_path / "statement.xml").write_text("<a>\n<b></a>")
    ran = run("payments", "bank", "import", file)
    assert (ran.code, "line 2" in ran.err) == (1, True)
    assert "bnu" in run("payments", "bank", "import", file, "--account", "moon").err
    other = PretendBank(number="1", currency="MOP")
    assert run("payments", "bank", "import", statement(other, tmp_path)).code == 1
    assert run("payments", "bank", "begin", ONE, "not-an-id").code == 2


def test_a_contract_that_cannot_be_read_is_refused(
    run: Run, bank: PretendBank, tmp_path: Path
) -> None:
    (tmp_path / "bank.toml").write_text("accounts = 7")
    ran = run("payments", "carry")
    assert (ran.code, "bank.toml" in ran.err) == (1, True)
