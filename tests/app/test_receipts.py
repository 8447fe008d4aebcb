"""Receipts: what they say of each kind of act, once, as it was then; and how they stand."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.shop import FLOAT, HALL, RENTAL, SEVEN, TILL, Shop, commissions, granted, promotions
from tests.shop.asking import Timed
from tests.shop.receipts import desk, done, issuer, operators

from baohao.app import days, doctor
from baohao.app.catalogue import fees_at
from baohao.app.door import Door
from baohao.app.library import read_library
from baohao.app.receipts import export, proof, retention
from baohao.app.receipts.desk import Desk, SeriesMalformed
from baohao.app.receipts.facts import NothingPaid
from baohao.app.receipts.proof import State
from baohao.app.shell import Shell, connect
from baohao.config import policies_path
from baohao.core.points import Particulars, PointMalformed
from baohao.outside.signing import IssuerOfHouse, Verifier
from baohao.store import migrate, sql
from baohao.store.receipts import Receipt

N, M = "+85366140001", "+85366140002"


@pytest.fixture(autouse=True)
def font(debian_font: Callable[[str, str], None]) -> None:
    """Nothing is printed without it."""
    debian_font("Noto Sans CJK HK", "fonts-noto-cjk")


@pytest.fixture
def by(tmp_path: Path) -> IssuerOfHouse:
    return issuer(tmp_path / "data")


@pytest.fixture
def selling(shop: Shop) -> Shop:
    """Agent 7 has sold a card; whoever buys twelve months gets six."""
    shop.agents, shop.commissions = {SEVEN.key: SEVEN}, commissions()
    shop.promotions = promotions("demo.twelve_plus_six")
    shop.open(N)
    return shop


@pytest.fixture
def at(selling: Shop, by: IssuerOfHouse) -> Desk:
    return desk(selling, by)


def state(shop: Shop, by: IssuerOfHouse, pdf: bytes) -> State:
    found = proof.of_file(by, pdf)
    return shop.shell.run(lambda conn: proof.state(conn, by, found, pdf))


def a5(at: Desk, receipt: Receipt) -> bytes:
    return at.pdf(receipt, language="en", paper="a5")[0]


# --- what they say --------------------------------------------------------------------------------


def test_a_sale_is_the_proof_of_keeping(selling: Shop, at: Desk) -> None:
    before = selling.line(N)
    act = done(selling, selling.renew(N, service_fee_minor=500))
    receipt = at.issue(act, "hall-1")
    says = receipt.facts
    assert (receipt.point, receipt.number, receipt.epoch) == ("hall-1", 1, 1)
    assert says["receipt"] == f"hall-1/{receipt.year}/000001"
    assert (says["kind"], says["number"], says["term"]) == ("sale", N, "12 months")
    assert says["bonus"] == [{"promotion": "demo.twelve_plus_six", "time": "6 months"}]
    assert says["titles"]["demo.twelve_plus_six"]["zh-Hant"] == "買一年送半年"
    assert says["policy"] == before.pin
    assert says["before"] < says["until"]
    assert says["until"].endswith("+08:00")
    assert (says["total_minor"], says["service_fee_minor"]) == (12_000, 500)
    assert says["agent"] == {"key": "agent-7", "name": "Kiosk"}
    assert says["paid_from"] == FLOAT
    ((head,),) = selling.rows("SELECT head FROM lines WHERE number = %s", N)
    assert says["chain"] == {"seq": before.version + 1, "head": bytes(head).hex()}
    assert receipt.holder == f"h{N[1:]}"


def test_a_top_up_says_what_credit_was_bought(selling: Shop, at: Desk) -> None:
    selling.agents = {}
    selling.answers([selling.stock(M, RENTAL)])
    selling.say("activate", M, holder="hM", document="bir", paid=TILL)
    act = done(
        selling,
        selling.ask("top_up", M, amount_minor=5_000, paid=TILL, expect_version=2),
    )
    says = at.issue(act, "hall-1").facts
    assert (says["kind"], says["price_minor"], says["paid_from"]) == ("top_up", 5_000, TILL)
    assert says["term"] is None


def test_a_fee_says_what_it_was_for(selling: Shop, by: IssuerOfHouse) -> None:
    library = read_library(policies_path()).accepted()
    fees = fees_at(library.fees, library.operators, selling.now())
    selling.shell.close()
    door = Door(lambda: replace(selling.terms(), fees=fees))
    selling.shell = Shell(door, lambda: connect(selling.conninfo))
    act = done(
        selling,
        selling.ask("replace_card", N, iccid="8985301000000000027", reason="lost", paid=FLOAT),
    )
    says = desk(selling, by).issue(act, "hall-1").facts
    assert (says["kind"], says["what"]) == ("fee", "card_replaced")
    assert (says["total_minor"], says["fee_minor"], says["government_minor"]) == (5_000, 5_000, 0)
    assert says["paid_from"] == FLOAT


def test_a_reversal_says_what_went_back_and_of_which_receipt(selling: Shop, at: Desk) -> None:
    act = done(selling, selling.renew(N))
    sold = at.issue(act, "hall-1")
    undone = done(selling, selling.ask("reverse", N, of=str(act), reason="wrong line"))
    says = at.issue(undone, "hall-1").facts
    assert (says["kind"], says["of_receipt"]) == ("reversal", sold.facts["receipt"])
    assert (says["total_minor"], says["paid_from"]) == (12_000, FLOAT)
    assert (says["before"], says["until"]) == (sold.facts["until"], sold.facts["before"])
    assert says["receipt"].endswith("/000002")


def test_a_reversal_of_credit_says_what_was_left_to_give_back(selling: Shop, at: Desk) -> None:
    selling.agents = {}
    selling.answers([selling.stock(M, RENTAL)])
    selling.say("activate", M, holder="hM", document="bir", paid=TILL)
    top_up = selling.ask("top_up", M, amount_minor=5_000, paid=TILL, expect_version=2)
    act = done(selling, top_up)
    undo = selling.ask("reverse", M, of=str(act), reason="wrong line")
    (answer,) = selling.answers([undo])
    back = granted(answer).answer["back"]
    says = at.issue(undo.id).facts
    assert (says["total_minor"], says["price_minor"]) == (back, back)
    assert says["receipt"].startswith("hall-1/")
    assert says["chain"]["seq"] == selling.line(M).version


def test_where_no_money_moved_there_is_none(selling: Shop, at: Desk) -> None:
    held = done(selling, selling.ask("hold", N, cause="dispute", reason="why", principal="staff"))
    for ask in (held, selling.new_id()):
        with pytest.raises(NothingPaid):
            at.issue(ask, "hall-1")
    assert selling.rows("SELECT FROM receipt_series") == []


@pytest.mark.parametrize("point", ["Hall", "hall 1", "a/b", "a" * 33, "-a", "a\n"])
def test_an_issuing_point_is_a_plain_word(at: Desk, point: str) -> None:
    with pytest.raises(SeriesMalformed):
        at.issue(UUID(int=1), point)


# --- once, and as it was then ---------------------------------------------------------------------


def test_an_act_has_one_receipt_however_often_it_is_asked_for(selling: Shop, at: Desk) -> None:
    act = done(selling, selling.renew(N))
    first = at.issue(act, "hall-1")
    assert at.issue(act, "hall-1") == first
    assert at.issue(act, "hall-2") == first
    assert at.issue(done(selling, selling.renew(N)), "hall-2").number == 1
    selling.is_well()


def test_what_lacks_a_receipt_gets_it_in_the_order_in_which_it_was_paid(
    selling: Shop, at: Desk
) -> None:
    done(selling, selling.ask("hold", N, cause="dispute", reason="why", principal="staff"))
    done(selling, selling.ask("lift", N, cause="dispute", reason="why", principal="staff"))
    acts = [done(selling, selling.renew(N)) for _ in range(3)]
    given = at.issue(acts[1], "hall-1")
    acts.append(done(selling, selling.ask("reverse", N, of=str(acts[2]), reason="wrong line")))
    # The card itself was sold first.
    assert (at.catch_up(), at.catch_up()) == (4, 0)
    receipts = [at.issue(act) for act in acts]
    assert receipts[1] == given
    assert [(r.point, r.number) for r in receipts if r != given] == [
        ("online", 2),
        ("online", 3),
        ("online", 4),
    ]
    selling.is_well()


def test_one_that_cannot_be_given_holds_up_no_other_and_is_tried_again(
    selling: Shop, at: Desk, by: IssuerOfHouse
) -> None:
    bad = done(selling, selling.renew(N))
    good = done(selling, selling.renew(N))
    with connect(selling.conninfo) as conn:
        conn.execute("UPDATE receipt_places SET line = '+85399999999' WHERE ask = %s", [str(bad)])
    # The card itself was sold first.
    assert (at.catch_up(), at.catch_up()) == (2, 0)
    assert at.issue(good).number == 2
    assert owed(selling) == [(str(bad), 1)]
    selling.later(timedelta(minutes=2))
    assert at.catch_up() == 0
    assert owed(selling) == [(str(bad), 2)]
    with connect(selling.conninfo) as conn:
        conn.execute("UPDATE receipt_places SET line = %s WHERE ask = %s", [N, str(bad)])
    assert at.catch_up() == 0  # not before its pause is over
    selling.later(timedelta(minutes=3))
    assert at.catch_up() == 1
    assert owed(selling) == []
    selling.is_well()


def owed(shop: Shop) -> list[tuple[str, int]]:
    return shop.rows("SELECT ask, tries FROM receipt_places WHERE due_at IS NOT NULL ORDER BY ask")


def test_an_older_database_owes_what_the_door_would_have_owed(selling: Shop) -> None:
    act = done(selling, selling.renew(N))
    done(selling, selling.ask("hold", N, cause="dispute", reason="why", principal="staff"))
    done(selling, selling.ask("lift", N, cause="dispute", reason="why", principal="staff"))
    done(selling, selling.ask("reverse", N, of=str(act), reason="wrong line"))
    everything = "SELECT bucket, ask, line, due_at FROM receipt_places ORDER BY ask"
    was = selling.rows(everything)
    (found,) = migrate.SCHEMA.glob("*_receipts_owed.sql")
    file = found.read_text(encoding="utf-8")
    begins = file.index("INSERT INTO receipt_places")
    with connect(selling.conninfo) as conn:
        conn.execute("DELETE FROM receipt_places")
        assert next(f.wrong for f in doctor.examine(conn) if f.name == "paid") == 3
        conn.execute(file[begins : file.index(";", begins)].encode())
    assert len(was) == 3
    assert selling.rows(everything) == was


def test_a_copy_says_what_the_first_print_said(selling: Shop, at: Desk, by: IssuerOfHouse) -> None:
    receipt = at.issue(done(selling, selling.renew(N)), "hall-1")
    first, is_copy = at.pdf(receipt, language="en", paper="a5")
    assert not is_copy
    selling.later(timedelta(days=400))
    selling.promotions, selling.agents = (), {}
    again = desk(selling, by).issue(UUID(receipt.ask), "hall-1")
    assert (again.facts, again.token) == (receipt.facts, receipt.token)
    second, is_copy = at.pdf(again, language="pt", paper="80mm")
    assert is_copy
    assert (state(selling, by, first).print, state(selling, by, second).print) == (
        "original",
        "copy",
    )
    kept = at.issue(UUID(receipt.ask))
    assert (kept.language, len(kept.digest or b"")) == ("en", 32)


def test_two_years_are_two_series(selling: Shop, at: Desk) -> None:
    first = at.issue(done(selling, selling.renew(N)), "hall-1")
    selling.later(timedelta(days=366))
    second = at.issue(done(selling, selling.renew(N)), "hall-1")
    assert (second.year - first.year, first.number, second.number) == (1, 1, 1)


@pytest.mark.parametrize("astray", [timedelta(days=1), timedelta(days=-1), timedelta(days=40)])
def test_a_series_goes_forward_whatever_the_clock_does(
    timed_shops: Callable[[], Timed], by: IssuerOfHouse, astray: timedelta
) -> None:
    shop = timed_shops()
    shop.agents, shop.listeners = {}, frozenset()
    eve = datetime(2026, 12, 31, 15, 59, 30, tzinfo=UTC)  # half a minute to midnight in Macau
    shop.at(eve, UUID(int=1))
    shop.fund(10_000_000)
    shop.open(N)
    given = []
    for n, now in enumerate((eve, eve + astray, eve, eve + timedelta(minutes=1), eve)):
        shop.at(now, UUID(int=n + 2))
        act = done(shop, shop.renew(N, expect_version=shop.line(N).version))
        given.append(desk(shop, by).issue(act, "hall-1"))
    dated = [receipt.issued_at for receipt in given]
    assert dated == sorted(dated)
    series = [(receipt.year, receipt.number) for receipt in given]
    assert series == sorted(series)
    macau = [receipt.issued_at.astimezone(timezone(timedelta(hours=8))) for receipt in given]
    assert [each.year for each in macau] == [receipt.year for receipt in given]
    assert {receipt.year for receipt in given} == {2026, 2027}
    assert [r.facts["issued_at"][:10] for r in given] == [r.day.isoformat() for r in given]
    shop.is_well()


# --- where ----------------------------------------------------------------------------------------


def test_a_receipt_says_where_it_was_given_as_it_was_then(selling: Shop, at: Desk) -> None:
    told = Particulars(
        names={"zh-Hant": "氹仔營業廳"},
        addresses={"": "1 Rua Direita, Taipa", "zh-Hant": "氹仔官也街1號"},
        phone="+853 2800 0000",
        hours={"mon": ("10:00-19:00",)},
        company="Loja, Lda.",
        registration="SO 12345",
    )
    hall = replace(HALL, told=told)
    selling.shell.run(lambda conn: days.add(conn, hall, operators()))
    first = at.issue(done(selling, replace(selling.renew(N), point="hall")))
    assert first.facts["point"]["addresses"]["zh-Hant"] == "氹仔官也街1號"
    moved = replace(hall, name="Elsewhere", told=replace(told, phone="+853 2811 1111"))
    selling.shell.run(lambda conn: days.change(conn, moved))
    assert at.issue(UUID(first.ask)).facts == first.facts
    second = at.issue(done(selling, selling.renew(N)), "hall-1")
    assert (second.facts["point"]["key"], second.facts["point"]["phone"]) == (
        "hall",
        "+853 2811 1111",
    )
    assert at.issue(done(selling, selling.renew(N))).facts["point"] is None
    assert selling.shell.run(days.known)["hall"] == moved


@pytest.mark.parametrize(
    "wrong",
    [
        {"names": {"Chinese!": "x"}},
        {"addresses": {"pt": " "}},
        {"phone": "1\n2"},
        {"company": "x" * 301},
        {"hours": {"monday": ("10:00-11:00",)}},
        {"hours": {"mon": ("11:00-10:00",)}},
        {"hours": {"mon": ("10:00-12:00", "11:00-13:00")}},
        {"hours": {"mon": ("24:00-24:00",)}},
    ],
)
def test_the_particulars_of_a_point_are_read_strictly(wrong: dict[str, Any]) -> None:
    with pytest.raises(PointMalformed):
        Particulars(**wrong)


# --- what they prove ------------------------------------------------------------------------------


def test_what_counts_is_what_the_database_says(selling: Shop, at: Desk, by: IssuerOfHouse) -> None:
    act = done(selling, selling.renew(N))
    receipt = at.issue(act, "hall-1")
    pdf = a5(at, receipt)
    assert state(selling, by, pdf) == State(state="valid", print="original")
    done(selling, selling.ask("reverse", N, of=str(act), reason="wrong line"))
    found = proof.of_file(by, pdf)
    assert found.is_good  # the paper is genuine, and void
    after = state(selling, by, pdf)
    assert (after.state, after.print) == ("reversed", "original")
    assert after.reversed_at is not None
    token = proof.of_token(by, f"https://demo.example/r/{receipt.token}")
    assert token.said["receipt"] == receipt.facts["receipt"]
    by_token = selling.shell.run(lambda conn: proof.state(conn, by, token))
    assert (by_token.state, by_token.print) == ("reversed", "")


def test_without_the_database_the_certificate_proves_it(
    selling: Shop, at: Desk, by: IssuerOfHouse
) -> None:
    receipt = at.issue(done(selling, selling.renew(N)), "hall-1")
    alone = Verifier(by.certificates)
    assert proof.of_file(alone, a5(at, receipt)).is_good
    assert proof.of_token(alone, receipt.token).said["until"] == receipt.facts["until"]
    assert not proof.of_token(alone, receipt.token[:-1]).is_good


def test_a_paper_that_nobody_signed_proves_its_code_alone(selling: Shop, by: IssuerOfHouse) -> None:
    plain = desk(selling, by, signs=False)
    receipt = plain.issue(done(selling, selling.renew(N)), "hall-1")
    pdf = a5(plain, receipt)
    found = proof.of_file(by, pdf)
    assert (found.signature, found.token, found.is_good) == ("none", "good", False)
    assert state(selling, by, pdf).print == "original"
    assert state(selling, by, pdf + b"\n").print == "other"


def test_a_token_of_another_database_is_unknown_here(
    selling: Shop, at: Desk, by: IssuerOfHouse
) -> None:
    receipt = at.issue(done(selling, selling.renew(N)), "hall-1")
    pdf = a5(at, receipt)
    with selling.looking() as conn:
        conn.execute("DELETE FROM receipts")
        found = proof.of_file(by, pdf)
        assert proof.state(conn, by, found, pdf) == State(state="unknown", print="other")


# --- how long they are kept -----------------------------------------------------------------------


def test_a_series_is_kept_for_years_after_the_last_deadline_that_it_proves(
    selling: Shop, at: Desk
) -> None:
    receipt = at.issue(done(selling, selling.renew(N)), "hall-1")
    proven = datetime.fromisoformat(receipt.facts["until"])
    [term] = selling.shell.run(lambda conn: retention.terms(conn, 5))
    assert (term.series.point, term.series.count, term.may_go) == ("hall-1", 1, False)
    assert term.kept_until == date(proven.year + 5, 12, 31)
    selling.later(datetime(proven.year + 6, 1, 1, tzinfo=UTC) - selling.now())
    assert not selling.shell.run(lambda conn: retention.terms(conn, 5))[0].may_go
    selling.later(timedelta(days=2))
    assert selling.shell.run(lambda conn: retention.terms(conn, 5))[0].may_go
    assert not selling.shell.run(lambda conn: retention.terms(conn, 6))[0].may_go
    with pytest.raises(retention.KeptTooShort):
        selling.shell.run(lambda conn: retention.terms(conn, 4))


def test_no_statement_deletes_or_rewrites_a_receipt() -> None:
    for name, text in sql.STATEMENTS.items():
        said = " ".join(text.decode().split()).lower()
        assert "delete from receipt" not in said, name
        assert "truncate" not in said, name
        if "update receipts " in said:
            assert said.startswith("update receipts set digest = %b, language = %b where"), name


# --- all of them ----------------------------------------------------------------------------------


def test_a_holder_and_a_day_have_all_of_theirs(
    selling: Shop, at: Desk, by: IssuerOfHouse, tmp_path: Path
) -> None:
    selling.open(M, "hN")
    mine = [at.issue(done(selling, selling.renew(N)), "hall-1") for _ in range(2)]
    other = at.issue(done(selling, selling.renew(M)), "hall-2")
    assert export.of_holder(selling.shell, f"h{N[1:]}") == tuple(mine)
    assert export.of_day(selling.shell, other.day) == (*mine, other)
    with pytest.raises(export.NoReceipts):
        export.of_holder(selling.shell, "nobody")
    file = tmp_path / "all.zip"
    export.write(file, mine, at, paper="a5", language=None)
    with zipfile.ZipFile(file) as found:
        names = [f"hall-1-{mine[0].year}-{n:06}.pdf" for n in (1, 2)]
        assert found.namelist() == [*names, "receipts.json", "issuer.pem"]
        told = json.loads(found.read("receipts.json"))
        assert [each["receipt"] for each in told] == [r.facts["receipt"] for r in mine]
        outside = Verifier(found.read("issuer.pem"))
        assert all(proof.of_file(outside, found.read(name)).is_good for name in names)
        assert state(selling, by, found.read(names[0])).print == "copy"
