"""The door: what becomes of asks, alone and together, sound and not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row
from tests.shop import BALANCE180, FLOAT, KEEP12, RENTAL, TILL, Shop, codes, granted, promotions

from baohao.app import daily
from baohao.app.door import Answered, Door
from baohao.app.renumber import NumberNotFree, change_number
from baohao.core.asks import Ask
from baohao.core.policy.model import Policy
from baohao.store.sql import Connection

A, B, C = "+85366000001", "+85366000002", "+85366000003"
PRICE = 12_000

#: Everything that an ask may change.
TABLES = (
    *("lines", "tenures", "due", "boundaries", "benefits", "quotes", "cards", "chips", "holdings"),
    *("promotion_totals", "promotion_uses", "journal", "entries", "accounts", "deferrals", "keys"),
    *("effects", "receipt_places", "parked"),
)


def everything(shop: Shop) -> dict[str, list[Any]]:
    return {table: shop.rows(f"SELECT t::text FROM {table} t ORDER BY 1") for table in TABLES}


# --- the main way ---------------------------------------------------------------------------------


def test_a_line_is_stocked_activated_renewed_and_reversed(shop: Shop) -> None:
    shop.open(A)
    first = shop.line(A)
    renewed = granted(shop.answers([shop.renew(A)])[0])
    assert renewed.seq == first.version + 1
    assert shop.balance() == 10_000_000 - 2 * PRICE
    back = shop.say("reverse", A, of=renewed.answer["id"], reason="wrong line")
    assert back["back"] == PRICE
    assert shop.balance() == 10_000_000 - PRICE
    assert shop.line(A).standing.clocks == first.standing.clocks
    shop.is_well()


def test_a_batch_is_one_transfer_and_the_renewals_are_its_detail(shop: Shop) -> None:
    numbers = [f"+853660001{n:02}" for n in range(50)]
    shop.answers([shop.stock(number) for number in numbers])
    shop.answers([shop.activate(number) for number in numbers])
    assert codes(shop.answers([shop.renew(number) for number in numbers])) == [""] * 50
    [(n, transfers)] = shop.rows(
        "SELECT count(*), count(DISTINCT transfer) FROM entries WHERE kind = 'transfer'"
    )
    assert (n, transfers) == (2, 2)
    [(at_once,)] = shop.rows("SELECT max(amounts[1]) FROM entries WHERE kind = 'transfer'")
    assert at_once == 50 * PRICE
    shop.is_well()


def test_the_boundaries_and_the_due_row_are_the_projection(shop: Shop) -> None:
    shop.open(A)
    [(stages, starts, due_at, safe_until)] = shop.rows(
        "SELECT stages, starts, due_at, safe_until FROM boundaries JOIN ladders USING (ladder)"
        " JOIN lines USING (bucket, number)"
    )
    assert stages == ["active", "grace", "suspended", "quarantined", "recycled"]
    assert starts == sorted(starts)
    assert due_at == starts[1] == shop.line(A).standing.clocks["service"].deadline
    assert safe_until == starts[3]


def test_a_renewal_leaves_the_due_row_where_it_is(shop: Shop) -> None:
    shop.open(A)
    before = shop.rows("SELECT at FROM due")
    shop.answers([shop.renew(A)])
    assert shop.rows("SELECT at FROM due") == before
    shop.is_well()


# --- keys -----------------------------------------------------------------------------------------


def test_the_same_key_gives_the_same_answer_and_changes_nothing(shop: Shop) -> None:
    shop.open(A)
    ask = shop.renew(A)
    first = granted(shop.answers([ask])[0])
    before = everything(shop)
    again = granted(shop.answers([ask])[0])
    assert (again.answer, again.seq, again.is_repeat) == (first.answer, first.seq, True)
    assert everything(shop) == before


def test_the_same_key_with_another_body_is_refused(shop: Shop) -> None:
    shop.open(A)
    ask = shop.renew(A, key="k")
    shop.answers([ask])
    before = everything(shop)
    for other in (
        shop.renew(A, key="k"),
        shop.renew(A, key="k", expect_version=2, paid=TILL),
        shop.ask("observe", A, key="k"),
    ):
        assert codes(shop.answers([other])) == ["key.reused"]
    assert everything(shop) == before


def test_a_key_belongs_to_its_principal(shop: Shop) -> None:
    shop.open(A)
    shop.answers([shop.renew(A, key="k")])
    answer = granted(shop.answers([shop.renew(A, key="k", principal="agent-8")])[0])
    assert not answer.is_repeat


def test_a_refusal_does_not_use_its_key_up(shop: Shop) -> None:
    shop.open(A)
    shop.say("withdraw", FLOAT, amount_minor=shop.balance())
    ask = shop.renew(A)
    assert codes(shop.answers([ask])) == ["money.short"]
    shop.fund(PRICE)
    assert codes(shop.answers([ask])) == [""]


def test_a_repeat_in_the_batch_is_folded(shop: Shop) -> None:
    shop.open(A)
    ask = shop.renew(A)
    first, second, third = map(granted, shop.answers([ask, ask, ask]))
    assert first.answer == second.answer == third.answer
    assert [first.is_repeat, second.is_repeat, third.is_repeat] == [False, True, True]
    assert shop.line(A).version == first.seq
    shop.is_well()


def test_a_second_ask_on_a_line_sees_the_first(shop: Shop) -> None:
    shop.open(A)
    shop.open(B)
    one, two = shop.renew(A), shop.renew(A)
    after = shop.renew(A, expect_version=3)
    assert codes(shop.answers([one, shop.renew(B), two, after])) == ["", "", "line.moved", ""]
    shop.is_well()


# --- what lies outside the line -------------------------------------------------------------------


def test_the_float_is_spent_in_the_order_of_arrival(shop: Shop) -> None:
    for number in (A, B, C):
        shop.open(number)
    shop.say("withdraw", FLOAT, amount_minor=shop.balance() - 2 * PRICE)
    asks = [shop.renew(C), shop.renew(A), shop.renew(B)]
    assert codes(shop.answers(asks)) == ["", "", "money.short"]
    assert shop.balance() == 0
    shop.is_well()


def test_a_refused_ask_costs_its_neighbours_nothing(shop: Shop) -> None:
    for number in (A, B):
        shop.open(number)
    unknown = shop.ask("renew", C, term="12 months", paid=FLOAT, expect_version=1)
    asks = [shop.renew(A), unknown, shop.renew(B, term="5 months"), shop.renew(B)]
    assert codes(shop.answers(asks)) == ["", "line.unknown", "offer.unknown", ""]
    shop.is_well()


def test_a_till_gives_no_cash_back_that_it_has_not(shop: Shop) -> None:
    shop.open(A)
    act = granted(shop.answers([shop.renew(A, paid=TILL)])[0]).answer["id"]
    shop.say("withdraw", TILL, amount_minor=5_000)
    assert shop.refused("reverse", A, of=act, reason="wrong") == "money.short"
    shop.fund(5_000, TILL)
    assert shop.say("reverse", A, of=act, reason="wrong")["back"] == PRICE
    assert shop.balance(TILL) == 0
    shop.is_well()


def test_a_promotion_ends_in_the_middle_of_a_batch(shop: Shop) -> None:
    shop.promotions = promotions("test.scarce")
    numbers = [f"+8536600020{n}" for n in range(5)]
    for number in numbers:
        shop.open(number)
    answers = shop.answers([shop.renew(n, codes=["SCARCE"]) for n in numbers])
    assert [granted(a).answer["total"] for a in answers] == [10_000] * 3 + [12_000] * 2
    assert shop.rows("SELECT uses, cost_minor FROM promotion_totals") == [(3, 6_000)]
    shop.is_well()


def test_a_promotion_counts_its_holder_over_all_numbers(shop: Shop) -> None:
    shop.promotions = promotions("test.scarce")
    for number in (A, B, C):
        shop.open(number, holder="somebody")
    totals = [
        granted(shop.answers([shop.renew(n, codes=["SCARCE"])])[0]).answer["total"]
        for n in (A, B, C)
    ]
    assert totals == [10_000, 10_000, 12_000]
    of = shop.line(A).sold[-1].act
    shop.say("reverse", A, of=of, reason="wrong line")
    assert granted(shop.answers([shop.renew(C, codes=["SCARCE"])])[0]).answer["total"] == 10_000
    shop.is_well()


def test_a_card_is_on_one_line(shop: Shop) -> None:
    iccid, other = "8985301000000000019", "8985301000000000027"
    asks = [shop.stock(A, iccid=iccid), shop.stock(B, iccid=iccid), shop.stock(C, iccid=other)]
    assert codes(shop.answers(asks)) == ["", "card.taken", ""]
    assert codes(shop.answers([shop.stock(B, imsi=iccid)])) == ["card.taken"]
    shop.answers([shop.activate(A), shop.activate(C)])
    assert shop.refused("replace_card", C, iccid=iccid) == "card.taken"
    shop.say("replace_card", C, iccid="8985301000000000035")
    assert codes(shop.answers([shop.stock(B, iccid=other)])) == [""]
    assert len(shop.rows("SELECT 1 FROM cards")) == 3
    shop.is_well()


def test_one_chip_carries_several_lines(shop: Shop) -> None:
    eid = "89049032123451234512345678901235"
    assert codes(shop.answers([shop.stock(A, eid=eid), shop.stock(B, eid=eid)])) == ["", ""]
    assert [n for (n,) in shop.rows("SELECT number FROM chips ORDER BY 1")] == [A, B]


def test_a_holder_has_no_more_lines_than_the_quota(shop: Shop) -> None:
    numbers = [f"+8536600030{n:02}" for n in range(11)]
    shop.answers([shop.stock(number) for number in numbers])
    answers = shop.answers([shop.activate(number, "somebody") for number in numbers])
    assert codes(answers) == [""] * 10 + ["holder.quota"]
    assert shop.rows("SELECT holder, operator, cards FROM holdings") == [("somebody", "demo", 10)]
    shop.say("transfer", numbers[0], holder="heir", document="bir", cause="death", paid=FLOAT)
    assert codes(shop.answers([shop.activate(numbers[10], "somebody")])) == [""]
    shop.is_well()


# --- quotes ---------------------------------------------------------------------------------------


def test_a_quote_keeps_the_last_use_for_whoever_comes_with_it(shop: Shop) -> None:
    shop.promotions = promotions("test.scarce")
    for number in (A, B, C):
        shop.open(number)
    for number in (A, B):
        shop.answers([shop.renew(number, codes=["SCARCE"])])
    quote = shop.say("quote", C, term="12 months", codes=["SCARCE"])["quote"]
    other = granted(shop.answers([shop.renew(A, codes=["SCARCE"])])[0])
    assert other.answer["total"] == 12_000
    answer = granted(shop.answers([shop.renew(C, codes=["SCARCE"], quote=quote)])[0]).answer
    assert answer["total"] == 10_000
    assert shop.rows("SELECT uses FROM promotion_totals") == [(3,)]
    assert shop.rows("SELECT 1 FROM quotes") == []
    shop.is_well()


def test_a_quote_that_ended_gives_back_what_it_kept(shop: Shop) -> None:
    shop.promotions = promotions("test.scarce")
    shop.open(A)
    shop.say("quote", A, term="12 months", codes=["SCARCE"])
    assert shop.rows("SELECT uses FROM promotion_totals") == [(1,)]
    shop.later(timedelta(minutes=16))
    assert daily.run(shop.shell, shop.new_id).quotes == 1
    assert shop.rows("SELECT uses, cost_minor FROM promotion_totals") == [(0, 0)]
    assert set(shop.rows("SELECT uses FROM promotion_uses")) == {(0,)}
    shop.is_well()


def test_a_quote_that_ended_keeps_nothing_even_if_no_run_came_by(shop: Shop) -> None:
    (promotion,) = promotions("test.scarce")
    shop.promotions = (replace(promotion, uses=1),)
    for number in (A, B):
        shop.open(number)
    quote = shop.say("quote", A, term="12 months", codes=["SCARCE"])["quote"]
    assert granted(shop.answers([shop.renew(B, codes=["SCARCE"])])[0]).answer["total"] == PRICE
    shop.later(timedelta(minutes=16))
    late, other = shop.renew(A, codes=["SCARCE"], quote=quote), shop.renew(B, codes=["SCARCE"])
    told = shop.answers([late, other])
    assert codes(told) == ["quote.over", ""]
    assert granted(told[1]).answer["total"] == PRICE - 2_000
    assert shop.rows("SELECT uses FROM promotion_totals") == [(1,)]
    assert shop.rows("SELECT keeps FROM quotes") == [(False,)]
    shop.later(timedelta(days=2))
    daily.run(shop.shell, shop.new_id)
    assert shop.rows("SELECT 1 FROM quotes") == []
    shop.is_well()


def test_a_quote_is_for_its_own_line(shop: Shop) -> None:
    shop.open(A)
    shop.open(B)
    quote = shop.say("quote", A, term="12 months")["quote"]
    assert codes(shop.answers([shop.renew(B, quote=quote)])) == ["quote.unknown"]
    assert codes(shop.answers([shop.renew(B, quote="no uuid")])) == ["quote.unknown"]


# --- what is not sound ----------------------------------------------------------------------------


UNSOUND: tuple[tuple[dict[str, Any], str], ...] = (
    ({"note": "a\0b"}, "ask.malformed"),
    ({"note": "\ud800"}, "ask.malformed"),
    ({"amount": 1.5}, "ask.malformed"),
    ({"amount": 2**63}, "ask.malformed"),
    ({"deep": [[[[[[[[[[[[[1]]]]]]]]]]]]]}, "ask.malformed"),
    ({"note": "x" * 300_000}, "ask.malformed"),
    ({"key": ""}, "ask.malformed"),
    ({"key": "k" * 201}, "ask.malformed"),
    ({"principal": "a\nb"}, "ask.malformed"),
    ({"subject": "66000001"}, "ask.malformed"),
    ({"subject": "+853 6600 0001"}, "ask.malformed"),
    ({"subject": "revenue:keep12:MOP"}, "ask.malformed"),
    ({"subject": "float::MOP"}, "malformed.account"),
    ({"verb": "steal"}, "verb.unknown"),
)


def test_an_ask_that_is_not_sound_is_refused_alone(shop: Shop) -> None:
    shop.open(B)
    asks = []
    for n, (change, _) in enumerate(UNSOUND):
        made: dict[str, Any] = {"verb": "stock", "subject": A, "key": f"k{n}", "principal": "a"}
        own = {name: change[name] for name in made if name in change}
        payload = {name: change[name] for name in change if name not in made}
        asks.append(Ask(id=shop.new_id(), channel="counter", payload=payload, **(made | own)))
    answers = shop.answers([shop.renew(B), *asks, shop.stock(C)])
    assert codes(answers) == ["", *[code for _, code in UNSOUND], ""]
    assert shop.rows("SELECT 1 FROM parked") == []


def test_an_instant_without_an_offset_is_refused(shop: Shop) -> None:
    shop.open(A)
    naive = shop.now().replace(tzinfo=None)
    assert codes(shop.answers([shop.renew(A, expect_until=naive)])) == ["ask.malformed"]


# --- defects --------------------------------------------------------------------------------------


class Broken(dict[str, Policy]):
    """Rules with a defect: looking one of them up fails in a way that nobody foresaw."""

    def get(self, pin: str, default: Any = None) -> Any:
        if pin == "broken@1":
            raise ZeroDivisionError("broken")
        return super().get(pin, default)


def test_an_ask_that_meets_a_defect_is_parked_alone(shop: Shop) -> None:
    shop.open(B)
    shop.rules = Broken(shop.rules)
    poison = shop.ask("stock", A, operator="demo", plan="x", pin="broken@1")
    assert codes(shop.answers([shop.renew(B), poison, shop.stock(C)])) == ["", "ask.parked", ""]
    [(subject, reason, asked)] = shop.rows("SELECT subject, reason, ask FROM parked")
    assert (subject, reason) == (A, "ZeroDivisionError: broken")
    assert asked["payload"]["pin"] == "broken@1"
    assert shop.rows("SELECT 1 FROM lines WHERE number = %s", A) == []


def test_what_the_database_refuses_is_parked_alone(shop: Shop) -> None:
    shop.open(B)
    rich = "wallet:w1:MOP"
    shop.fund(1, rich)
    with shop.looking() as conn:
        # As if a defect had written it: with one more it is more than the column holds.
        conn.execute(
            "UPDATE accounts SET balance_minor = 9223372036854775807 WHERE account = %s", [rich]
        )
        conn.commit()
    poison = shop.ask("fund", rich, amount_minor=1)
    assert codes(shop.answers([shop.renew(B), poison, shop.stock(A)])) == ["", "ask.parked", ""]
    [(reason,)] = shop.rows("SELECT reason FROM parked")
    assert reason.startswith("NumericValueOutOfRange")
    assert codes(shop.answers([poison])) == ["ask.parked"]
    assert len(shop.rows("SELECT 1 FROM parked")) == 1


# --- time -----------------------------------------------------------------------------------------


def test_time_is_the_houses_and_never_before_the_last_event(shop: Shop) -> None:
    shop.open(A)
    shop.later(timedelta(days=30))
    granted(shop.answers([shop.renew(A)])[0])
    [(last,)] = shop.rows("SELECT recorded_at FROM lines")
    assert last > shop.now() - timedelta(minutes=1)
    shop.later(timedelta(days=-30))
    granted(shop.answers([shop.renew(A)])[0])
    assert shop.rows("SELECT recorded_at FROM lines") == [(last,)]
    shop.is_well()


def test_months_are_made_when_they_are_needed(shop: Shop) -> None:
    shop.open(A)
    shop.later(timedelta(days=200))
    granted(shop.answers([shop.renew(A)])[0])
    assert len(shop.rows("SELECT 1 FROM pg_inherits WHERE inhparent = 'journal'::regclass")) == 2
    shop.is_well()


def test_a_closed_house_refuses_everything(shop: Shop) -> None:
    with shop.looking() as conn:
        conn.execute("UPDATE house SET is_open = false")
        conn.commit()
    assert codes(shop.answers([shop.stock(A), shop.stock(B)])) == ["house.closed"] * 2


# --- connections ----------------------------------------------------------------------------------


def test_the_door_works_on_a_connection_that_reads_otherwise(shop: Shop) -> None:
    """As Django's does: JSON as text, other rows, no prepared statements, another zone."""
    shop.open(A)
    ask = shop.renew(A, codes=[])
    with psycopg.connect(
        shop.conninfo, row_factory=dict_row, options="-c timezone=Asia/Macau"
    ) as conn:
        conn.prepare_threshold = None
        for kind in ("json", "jsonb"):
            conn.adapters.register_loader(kind, conn.adapters.get_loader(25, 0))  # type: ignore[arg-type]
        door = Door(shop.terms)
        assert isinstance(door.answer(conn, [ask])[0], Answered)
        conn.commit()
        assert granted(door.answer(conn, [ask])[0]).is_repeat
    shop.is_well()


class LosesAnswers(psycopg.Connection[Any]):
    """A connection that breaks after the server has committed, and before it says so."""

    def commit(self) -> None:
        super().commit()
        self.close()
        raise psycopg.OperationalError("the connection is lost")


def test_an_error_at_commit_is_answered_by_the_key(shop: Shop) -> None:
    shop.open(A)
    made: list[Connection] = []

    def connect() -> Connection:
        kind = psycopg.Connection if made else LosesAnswers
        made.append(kind.connect(shop.conninfo))
        return made[-1]

    shell = shop.make_shell()
    shell._connect = connect
    answer = granted(shell.answer([shop.renew(A)])[0])
    shell.close()
    assert answer.is_repeat
    assert shop.line(A).version == 3
    assert len(made) == 2
    shop.is_well()


def test_a_server_that_ends_our_session_is_asked_again(shop: Shop) -> None:
    shop.open(A)
    shop.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND datname = current_database()"
    )
    granted(shop.answers([shop.renew(A)])[0])


# --- other subjects -------------------------------------------------------------------------------


def test_money_has_a_journal_of_its_own(shop: Shop) -> None:
    shop.fund(500)
    assert shop.refused("withdraw", FLOAT, amount_minor=10**9) == "money.short"
    shop.say("withdraw", FLOAT, amount_minor=500, reference="bank slip 7")
    kinds = shop.rows("SELECT seq, kind FROM journal WHERE subject = %s ORDER BY seq", FLOAT)
    assert kinds == [(1, "funded"), (2, "funded"), (3, "withdrawn")]
    shop.is_well()


def test_a_top_up_buys_credit(shop: Shop) -> None:
    for number, pin in ((A, BALANCE180), (B, RENTAL)):
        granted(shop.answers([shop.stock(number, pin)])[0])
        shop.say("record", number, kind="activate")
        shop.say("top_up", number, amount_minor=5_000, paid=FLOAT, expect_version=2)
    assert shop.line(B).standing.balances == {"main": 5_000}
    shop.is_well()


def test_ids_are_the_askers(shop: Shop) -> None:
    id_ = UUID("0190163d-8694-739b-aea5-966c26f8ad91")
    shop.answers([shop.ask("stock", A, operator="demo", plan="keep12", pin=KEEP12, id=id_)])
    assert shop.rows("SELECT ask FROM journal WHERE subject = %s", A) == [(id_,)]


def test_a_number_is_changed_whole_or_not_at_all(shop: Shop) -> None:
    shop.open(A)
    shop.answers([shop.renew(A)])
    shop.answers([shop.stock(B)])
    shop.open(C)
    before, door = shop.line(A), Door(shop.terms)
    ask = shop.ask("change_number", A, to=B, reason="lucky")
    taken = shop.ask("change_number", A, to=C, reason="lucky")
    with pytest.raises(NumberNotFree):
        shop.shell.run(lambda conn: change_number(conn, door, taken, shop.new_id()))
    assert shop.line(A) == before
    first = granted(shop.shell.run(lambda conn: change_number(conn, door, ask, shop.new_id())))
    again = granted(shop.shell.run(lambda conn: change_number(conn, door, ask, shop.new_id())))
    assert (first.answer, again.is_repeat) == (again.answer, True)
    assert shop.line(A).tenure is None
    assert shop.line(B).standing.clocks == before.standing.clocks
    shop.is_well()


def test_a_number_that_was_returned_has_another_life(shop: Shop) -> None:
    shop.open(A)
    shop.say("terminate", A, cause="holder", reason="leaves")
    shop.later(timedelta(days=400))
    shop.say("return", A)
    granted(shop.answers([shop.activate(A, "another")])[0])
    tenures = shop.rows("SELECT epoch, holder, until IS NULL FROM tenures ORDER BY epoch")
    assert tenures == [(1, f"h{A[1:]}", False), (2, "another", True)]
    shop.is_well()
