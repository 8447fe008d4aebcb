"""What is paid by transfer is what was quoted, goes back by a list, or waits in suspense."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.bank.branch import ADA, KEY, Branch
from tests.races.racing import altered

from baohao.app import doctor
from baohao.app.bank.by_hand import PayoutUnknown, RowNotWaiting, RowUnknown, Who
from baohao.app.payments import exceptions, refunding, returning
from baohao.app.payments.exceptions import MoneyWithoutHome
from baohao.app.payments.refunding import Wish
from baohao.app.ports import BillMissing
from baohao.core.bank.matching import (
    NotByTransfer,
    PaidAlready,
    PaysTooLittle,
    SecondPersonForMatch,
)
from baohao.core.bank.reference import is_valid
from baohao.core.bank.statement import Place
from baohao.core.refusals import Refusal
from baohao.outside.pretend.bank import File

OTHER = "+85366100002"


def test_a_transfer_with_its_reference_renews(branch: Branch) -> None:
    kept = branch.begun()
    assert kept.payment.state == "payable"
    assert is_valid(kept.given["reference"])
    assert (kept.given["account"], kept.given["bank"]) == (KEY, "Banco Demo")
    branch.pay(kept, f"thanks! {kept.given['write'].lower().replace(' ', '-')} 2026")
    (taken,) = branch.fetch()
    assert taken.rows == {Place.NEW: 1, Place.KNOWN: 0}
    assert branch.carry() == {"matched": 1, "used": 1}
    assert branch.state(kept) == "used"
    assert (branch.waiting(), branch.booked("suspense:")) == ({}, 0)
    branch.agree()


def test_the_same_file_again_changes_nothing(branch: Branch) -> None:
    kept, day = branch.begun(), branch.today()
    branch.pay(kept)
    branch.fetch()
    branch.carry()
    again = branch.take_in(branch.bank.file(day, day))
    assert again.rows == {Place.KNOWN: 1, Place.NEW: 0}
    branch.bank.move(branch.today(), 700, "somebody")
    overlap = branch.take_in(branch.bank.file(day, branch.today()))
    assert (overlap.rows[Place.KNOWN], overlap.rows[Place.NEW]) == (1, 1)
    branch.carry()
    branch.agree()


def test_what_does_not_fit_waits_in_suspense(branch: Branch) -> None:
    kept = branch.begun()
    for text, more, kind in (
        (None, -100, "amount_differs"),
        (None, 100, "amount_differs"),
        ("rent for May", 0, "no_order"),
        ("RF71 1234 5678 9012 3456", 0, "no_order"),
        ("", 0, "no_order"),
    ):
        branch.pay(kept, text, more)
        branch.fetch()
        before = {row["row"] for row in branch.bank_rows("held")}
        assert branch.carry() == {"held": 1}
        (row,) = (each for each in branch.bank_rows("held") if each["row"] not in before)
        assert branch.waiting()[row["row"]] == kind
        assert branch.booked(f"suspense:{row['row']}") == -row["amount_minor"]
        assert branch.state(kept) == "payable"
    branch.agree()


def test_one_wrong_digit_is_told_and_never_taken(branch: Branch) -> None:
    kept = branch.begun()
    reference = kept.given["reference"]
    wrong = reference[:9] + str((int(reference[9]) + 1) % 10) + reference[10:]
    branch.pay(kept, wrong)
    branch.fetch()
    assert branch.carry() == {"held": 1}
    (row,) = branch.bank_rows("held")
    assert reference in row["may_mean"]
    assert row["may_be_for"] == [str(kept.payment.id)]
    with branch.looking() as conn:
        (each,) = exceptions.listed(conn)
    assert each.said["payments"] == [str(kept.payment.id)]
    branch.match(row["row"], kept.payment.id)
    branch.settle()
    assert (branch.state(kept), branch.waiting()) == ("used", {})
    assert branch.bank_rows()[0]["by"] == "ada"
    branch.agree()


def test_what_is_more_is_matched_by_hand_and_the_rest_goes_back(branch: Branch) -> None:
    kept = branch.begun()
    branch.pay(kept, more=2_000)
    branch.fetch()
    branch.carry()
    (row,) = branch.bank_rows("held")
    branch.match(row["row"], kept.payment.id)
    branch.match(row["row"], kept.payment.id)
    branch.settle()
    assert branch.state(kept) == "used"
    (payout,) = branch.payouts()
    assert (payout["amount_minor"], payout["to_name"]) == (2_000, "陳大文 & Filhos")
    branch.bank.move(branch.today(), -2_000, payout["reference"])
    branch.fetch()
    assert branch.carry()["paid_out"] == 1
    branch.settle()
    assert branch.kept(kept.payment.id).payment.returned_minor == 2_000
    assert branch.payouts() == []
    branch.agree()


def test_who_pays_twice_gets_the_second_back(branch: Branch) -> None:
    kept = branch.begun()
    branch.pay(kept)
    branch.pay(kept)
    branch.fetch()
    assert branch.carry() == {"matched": 1, "held": 1, "used": 1}
    (row,) = branch.bank_rows("held")
    assert branch.waiting() == {row["row"]: "paid_twice"}
    with pytest.raises(PaidAlready):
        branch.match(row["row"], kept.payment.id)
    branch.give_back(row["row"])
    branch.give_back(row["row"])
    with pytest.raises(RowNotWaiting):
        branch.match(row["row"], kept.payment.id)
    (payout,) = branch.payouts()
    branch.say_paid(payout["payout"])
    assert branch.carry() == {"returned": 1}
    assert (branch.booked("suspense:"), branch.waiting()) == (0, {})
    # The statement has it later: it is that one, and no other.
    branch.bank.move(branch.today(), -row["amount_minor"], payout["reference"])
    branch.fetch()
    assert branch.carry() == {"paid_out": 1}
    branch.agree()


def test_what_is_wrong_about_a_payout_is_told(branch: Branch) -> None:
    kept = branch.begun()
    for _ in range(2):
        branch.pay(kept)
    branch.fetch()
    branch.carry()
    (row,) = branch.bank_rows("held")
    branch.give_back(row["row"])
    (payout,) = branch.payouts()
    minor = row["amount_minor"]
    branch.bank.move(branch.today(), -minor + 1, payout["reference"])
    branch.bank.move(branch.today(), -minor, payout["reference"])
    branch.bank.move(branch.today(), -500, "charges")
    branch.bank.move(branch.today(), -minor, kept.given["write"])
    branch.fetch()
    branch.carry()
    branch.bank.move(branch.today(), -minor, payout["reference"])
    branch.fetch()
    branch.carry()
    kinds = ["paid_out_twice", "payout_differs", "taken_back"]
    assert sorted(branch.waiting().values()) == kinds
    branch.agree()


def test_a_transfer_has_days_and_is_quoted_anew(branch: Branch) -> None:
    """The quote is over after a quarter of an hour, the transfer takes three days."""
    kept = branch.begun()
    branch.later(timedelta(days=3))
    branch.settle()
    assert branch.state(kept) == "payable"
    branch.pay(kept)
    branch.fetch()
    branch.settle()
    assert branch.state(kept) == "used"
    branch.agree()


def test_who_comes_after_the_end_is_heard_all_the_same(branch: Branch) -> None:
    kept = branch.begun()
    branch.later(timedelta(days=20))
    branch.carry()
    assert branch.state(kept) == "closed"
    branch.pay(kept)
    branch.fetch()
    branch.settle()
    assert branch.state(kept) == "used"
    branch.agree()


def test_late_money_for_what_is_there_goes_back_by_the_list(branch: Branch) -> None:
    one, other = branch.begun(), branch.begun()
    branch.pay(one)
    branch.pay(other)
    branch.fetch()
    branch.settle()
    assert sorted((branch.state(one), branch.state(other))) == ["refunding", "used"]
    (payout,) = branch.payouts()
    branch.bank.move(branch.today(), -payout["amount_minor"], payout["reference"])
    branch.fetch()
    branch.settle()
    branch.later(timedelta(minutes=16))
    branch.carry()
    assert sorted((branch.state(one), branch.state(other))) == ["refunded", "used"]
    assert branch.booked("refunds:") == 0
    branch.agree()


def test_what_was_bought_goes_back_by_the_list(branch: Branch) -> None:
    kept = branch.begun()
    branch.pay(kept)
    branch.fetch()
    branch.settle()
    wish = Wish(
        payment=kept.payment.id,
        reason="wrong number",
        by="ada",
        approved_by="bob",
        mistake=True,
        key="k",
    )
    refunding.refund(branch.shell, wish, branch.new_id)
    branch.carry()
    (payout,) = branch.payouts()
    branch.say_paid(payout["payout"])
    branch.settle()
    branch.later(timedelta(minutes=16))
    branch.carry()
    assert branch.state(kept) == "refunded"
    # Our books have it before the bank's.
    branch.bank.move(branch.today(), -payout["amount_minor"], payout["reference"])
    branch.fetch()
    branch.carry()
    branch.agree()


def test_what_a_person_may_not_do(branch: Branch) -> None:
    branch.open(OTHER)
    kept, other = branch.begun(), branch.begun(OTHER)
    branch.pay(kept, "?", -1)
    branch.pay(kept, "?", 100_000)
    branch.fetch()
    branch.carry()
    little, much = sorted(branch.bank_rows("held"), key=lambda each: each["amount_minor"])
    with pytest.raises(PaysTooLittle):
        branch.match(little["row"], kept.payment.id)
    for who in (Who(by="ada"), Who(by="ada", approved_by="ada")):
        with pytest.raises(SecondPersonForMatch):
            branch.match(much["row"], kept.payment.id, who)
        with pytest.raises(SecondPersonForMatch):
            branch.give_back(much["row"], who)
    with pytest.raises(returning.PaymentUnknown):
        branch.match(much["row"], branch.new_id())
    with pytest.raises(RowUnknown):
        branch.match(str(branch.new_id()), kept.payment.id)
    with pytest.raises(PayoutUnknown):
        branch.say_paid(str(branch.new_id()))
    with branch.looking() as conn:
        ids = [each.id for each in exceptions.listed(conn)]
        said = {"action": "none", "by": "ada", "why": "bored"}
        with pytest.raises(MoneyWithoutHome):
            exceptions.close(conn, ids[0], **said)
    branch.match(much["row"], other.payment.id, ADA)
    branch.settle()
    assert branch.state(other) == "used"
    branch.agree()


def test_a_payment_through_another_gateway_is_none_of_ours(branch: Branch) -> None:
    kept = branch.begun()
    altered(branch, "UPDATE payments SET gateway = 'acquirer'")
    branch.pay(kept)
    branch.fetch()
    assert branch.carry()["held"] == 1
    (row,) = branch.bank_rows("held")
    with pytest.raises(NotByTransfer):
        branch.match(row["row"], kept.payment.id)


def test_a_missing_day_is_told_until_it_comes(branch: Branch) -> None:
    days = []
    for minor in (100, 200, 300):
        days.append(branch.today())
        branch.bank.move(branch.today(), minor, "?")
        branch.later(timedelta(days=1))
    files = [branch.bank.file(day, day) for day in days]
    assert branch.take_in(files[0]).gaps == []
    assert branch.take_in(files[2]).gaps == [days[2].isoformat()]
    assert list(branch.waiting().values()) == ["statement_gap"]
    assert branch.take_in(files[1]).gaps == []
    assert branch.waiting() == {}
    branch.carry()
    branch.agree()


def test_a_row_that_says_something_else_is_told(branch: Branch) -> None:
    day = branch.today()
    branch.bank.move(day, 5_000, "first")
    branch.take_in(branch.bank.file(day, day))
    data = branch.bank.file(day, day)
    changed = type(data)(name=data.name, data=data.data.replace(b"first", b"other"))
    assert branch.take_in(changed).rows[Place.CHANGED] == 1
    assert branch.take_in(changed).rows[Place.CHANGED] == 1
    assert list(branch.waiting().values()) == ["row_changed"]
    branch.carry()
    branch.agree()


def test_what_payers_write_is_sealed(branch: Branch) -> None:
    branch.bank.move(branch.today(), 5_000, "rent of Mrs Wong")
    branch.fetch()
    branch.carry()
    tables = ("bank_rows", "bank_statements", "bank_payouts", "exceptions", "journal")
    for table in tables:
        for row in branch.rows(f"SELECT * FROM {table}"):
            assert "Wong" not in str(row)
            assert "陳大文" not in str(row)
    assert branch.bank_rows()[0]["text"] == "rent of Mrs Wong"


def test_a_bill_is_what_the_statements_have(branch: Branch) -> None:
    kept, day = branch.begun(), branch.today()
    gateway = branch.ports().gateways["bank"]
    with pytest.raises(BillMissing):
        gateway.bill(day)
    branch.pay(kept)
    branch.bank.move(day, 700, "?")
    branch.fetch()
    branch.carry()
    found = {row.order: row.amount_minor for row in gateway.bill(day)}
    assert found == {kept.payment.order: kept.payment.amount_minor, "": 700}


HARMS = (
    "DELETE FROM exceptions",
    "UPDATE bank_rows SET state = 'returned' WHERE state = 'held'",
    "UPDATE bank_rows SET state = 'held', payment = NULL WHERE state = 'matched'",
    "DELETE FROM bank_rows WHERE state = 'held'",
    "UPDATE accounts SET balance_minor = 1 WHERE account LIKE 'suspense:%'",
)


def test_the_doctor_finds_money_that_was_forgotten(branch: Branch) -> None:
    kept = branch.begun()
    branch.pay(kept)
    branch.pay(kept, "?")
    branch.fetch()
    branch.settle()
    branch.agree()
    for harm in HARMS:
        # Nothing of it lasts.
        with branch.looking() as conn:
            conn.execute(harm.encode())
            found = {each.name: each for each in doctor.examine(conn)}
        assert found["suspense"].wrong > 0, harm


def test_a_file_that_is_not_sound_leaves_nothing(branch: Branch) -> None:
    day = branch.today()
    branch.bank.move(day, 5_000, "one")
    branch.bank.move(day, 700, "two")
    data = branch.bank.file(day, day).data
    for was, then in (
        (b"9012345678", b"9012345679"),
        (b"MOP", b"HKD"),
        (b">50.00<", b">50.01<"),
        (f"{day.year}-".encode(), b"0001-"),
        (b"AcctSvcrRef>", b"AcctSvcrRef>" + b"x" * 200),
    ):
        assert was in data
        with pytest.raises(Refusal):
            branch.take_in(File(name="\udcff.xml", data=data.replace(was, then)))
        assert (branch.bank_rows(), branch.waiting()) == ([], {})
    assert branch.take_in(File(name="\udcff.xml", data=data)).rows[Place.NEW] == 2
