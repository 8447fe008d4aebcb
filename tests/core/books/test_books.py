"""The books: what balances, what is refused, and what nets to zero between buckets."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core.books.chart import (
    CHART,
    Account,
    AccountKind,
    Side,
    account,
    clearing,
)
from baohao.core.books.entry import (
    Entry,
    EntryAmount,
    EntryClearing,
    EntryKind,
    EntryMixed,
    EntryRefused,
    EntryUnbalanced,
    Posting,
    guarded_changes,
    totals,
    uncleared,
)
from baohao.core.books.funds import (
    AmountNotPositive,
    adjust,
    bank_cash,
    change_money,
    hold_unknown,
    owe_refund,
    pay_in,
    pay_out,
    receive,
)
from baohao.core.books.income import (
    charge,
    claw_back,
    commission,
    commission_of,
    expire_credit,
    forgo_time,
    pay_commission,
    release,
)
from baohao.core.books.sale import (
    GivenBack,
    GivenBackTooMuch,
    Sale,
    batch_transfer,
    reverse,
    sell,
)
from baohao.core.refusals import Malformed

FLOAT = account(AccountKind.FLOAT, "agent-7", "MOP")
TILL = account(AccountKind.TILL, "hall-1.till-2", "MOP")
WALLET = account(AccountKind.WALLET, "w-19", "MOP")
ADVANCE = account(AccountKind.ADVANCE, "pay-1", "MOP")
BANK = account(AccountKind.BANK, "bnu-current", "MOP")
PAYERS = (FLOAT, TILL, WALLET, ADVANCE)
BATCH, UNDOING = UUID(int=1), UUID(int=2)

minors = st.integers(min_value=0, max_value=10**9)
shares = st.lists(
    st.tuples(st.sampled_from(("demo.twelve", "demo.agents")), minors),
    max_size=2,
    unique_by=lambda share: share[0],
).map(tuple)


def renewal(price_minor: int = 12000, **parts: object) -> Sale:
    facts = {
        "operator": "demo",
        "plan": "keep12",
        "currency": "MOP",
        "payer": FLOAT,
        "transfer": BATCH,
    }
    return Sale(price_minor=price_minor, **{**facts, **parts})  # type: ignore[arg-type]


sales = st.builds(
    Sale,
    operator=st.just("demo"),
    plan=st.sampled_from(("keep12", "balance180")),
    currency=st.just("MOP"),
    price_minor=minors,
    credit_minor=minors,
    fee_minor=minors,
    government_minor=minors,
    discounts=shares,
    gifts=shares,
    payer=st.sampled_from(PAYERS),
    transfer=st.just(BATCH),
)


@st.composite
def sales_given_back(draw: st.DrawFn) -> tuple[Sale, GivenBack]:
    sale = draw(sales)
    price = draw(st.integers(0, sale.price_minor))

    def some(parts: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
        return tuple((name, draw(st.integers(0, minor))) for name, minor in parts)

    return sale, GivenBack(
        price_minor=price,
        forgone_minor=draw(st.integers(0, sale.price_minor - price)),
        credit_minor=draw(st.integers(0, sale.credit_minor)),
        fee_minor=draw(st.integers(0, sale.fee_minor)),
        government_minor=draw(st.integers(0, sale.government_minor)),
        discounts=some(sale.discounts),
        gifts=some(sale.gifts),
    )


def lines(entries: tuple[Entry, ...]) -> dict[str, int]:
    return {str(account): minor for account, minor in totals(entries).items()}


# --- accounts and entries -------------------------------------------------------------------------


def test_every_kind_of_account_is_in_the_chart() -> None:
    assert set(CHART) == set(AccountKind)
    guarded = {kind for kind in CHART if CHART[kind].guarded}
    assert guarded == {
        AccountKind.FLOAT,
        AccountKind.WALLET,
        AccountKind.TILL,
        AccountKind.ADVANCE,
        AccountKind.SUSPENSE,
    }
    assert CHART[AccountKind.TILL].normal is Side.DEBIT
    assert CHART[AccountKind.FLOAT].normal is Side.CREDIT


@given(
    st.sampled_from(AccountKind),
    st.from_regex(r"[A-Za-z0-9_.@+-]{1,80}", fullmatch=True),
    st.sampled_from(("MOP", "JPY", "KWD")),
)
def test_the_text_of_an_account_reads_back(kind: AccountKind, owner: str, currency: str) -> None:
    made = Account(kind, owner if CHART[kind].owner else "", currency)
    assert Account.parse(str(made)) == made


@pytest.mark.parametrize(
    "text",
    [
        "float:agent-7",
        "float::MOP",
        "clearing:me:MOP",
        "purse:agent-7:MOP",
        "float:agent 7:MOP",
        "float:agent-7:MOP\n",
        "float:" + "a" * 81 + ":MOP",
        "float:代理:MOP",
    ],
)
def test_a_malformed_account_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        Account.parse(text)


def test_an_entry_must_balance() -> None:
    with pytest.raises(EntryUnbalanced):
        Entry(
            kind=EntryKind.CHARGE,
            currency="MOP",
            postings=(Posting(FLOAT, 100), Posting(BANK, -99)),
        )


def test_an_entry_has_one_currency() -> None:
    yen = account(AccountKind.BANK, "bnu-current", "JPY")
    with pytest.raises(EntryMixed):
        Entry(
            kind=EntryKind.FUNDING,
            currency="MOP",
            postings=(Posting(FLOAT, 100), Posting(yen, -100)),
        )


@pytest.mark.parametrize("amount", [0, 1.0, True, "1", None])
def test_amounts_are_whole_and_not_zero(amount: object) -> None:
    with pytest.raises(EntryAmount):
        Entry(
            kind=EntryKind.FUNDING,
            currency="MOP",
            postings=(Posting(FLOAT, amount), Posting(BANK, -1)),  # type: ignore[arg-type]
        )


def test_an_entry_without_postings_is_refused() -> None:
    with pytest.raises(EntryRefused):
        Entry(kind=EntryKind.FUNDING, currency="MOP", postings=())


def test_clearing_needs_a_transfer_and_only_clearing_does() -> None:
    through = (Posting(clearing("MOP"), 5), Posting(FLOAT, -5))
    inside = (Posting(BANK, 5), Posting(FLOAT, -5))
    with pytest.raises(EntryClearing):
        Entry(kind=EntryKind.FUNDING, currency="MOP", postings=through)
    with pytest.raises(EntryClearing):
        Entry(kind=EntryKind.FUNDING, currency="MOP", postings=inside, transfer=BATCH)


# --- sales ----------------------------------------------------------------------------------------


def test_a_renewal_with_a_discount_a_fee_and_a_gift() -> None:
    sale = renewal(
        10800,
        fee_minor=500,
        government_minor=200,
        discounts=(("demo.agents", 1200),),
        gifts=(("demo.gift", 1000),),
    )
    (entry,) = sell(sale)
    assert entry.kind is EntryKind.SALE
    assert lines((entry,)) == {
        "clearing::MOP": 11500,
        "deferred:keep12:MOP": -10800,
        "fees:demo:MOP": -500,
        "government:demo:MOP": -200,
        "list_price:keep12:MOP": -1200,
        "discounts:demo.agents:MOP": 1200,
        "credit:keep12:MOP": -1000,
        "promotion:demo.gift:MOP": 1000,
    }


def test_a_float_pays_once_for_a_whole_batch() -> None:
    entries = [entry for _ in range(300) for entry in sell(renewal())]
    (paid,) = batch_transfer(entries)
    assert lines((paid,)) == {"float:agent-7:MOP": 3_600_000, "clearing::MOP": -3_600_000}
    assert guarded_changes([paid]) == {FLOAT: -3_600_000}


def test_what_a_payer_pays_and_gets_back_in_a_batch_is_told_apart() -> None:
    back = reverse(renewal(), GivenBack(price_minor=5_000), transfer=BATCH)
    pays, gets = batch_transfer([*sell(renewal()), *back, *sell(renewal())])
    assert lines((pays,)) == {"float:agent-7:MOP": 24_000, "clearing::MOP": -24_000}
    assert lines((gets,)) == {"float:agent-7:MOP": -5_000, "clearing::MOP": 5_000}


def test_cash_fills_the_till() -> None:
    assert guarded_changes(batch_transfer(sell(renewal(payer=TILL)))) == {TILL: 12000}


def test_a_top_up_is_the_holders_credit() -> None:
    (entry,) = sell(renewal(0, credit_minor=10000, payer=WALLET))
    assert entry.kind is EntryKind.TOP_UP
    assert lines((entry,)) == {"clearing::MOP": 10000, "credit:keep12:MOP": -10000}


def test_a_lines_own_credit_pays_in_its_own_bucket() -> None:
    credit = account(AccountKind.CREDIT, "keep12", "MOP")
    entries = sell(renewal(3000, payer=credit, transfer=None))
    assert lines(entries) == {"credit:keep12:MOP": 3000, "deferred:keep12:MOP": -3000}
    assert batch_transfer(entries) == ()


def test_a_free_renewal_without_promotion_posts_nothing() -> None:
    assert sell(renewal(0)) == ()


def test_a_free_renewal_by_promotion_shows_what_it_cost() -> None:
    (entry,) = sell(renewal(0, discounts=(("demo.twelve", 12000),)))
    assert entry.transfer is None
    assert lines((entry,)) == {"list_price:keep12:MOP": -12000, "discounts:demo.twelve:MOP": 12000}


def test_who_does_not_name_a_transfer_cannot_pay_from_elsewhere() -> None:
    with pytest.raises(EntryClearing):
        sell(renewal(transfer=None))


def test_a_captured_payment_goes_back_by_its_own_route() -> None:
    entries = reverse(renewal(payer=ADVANCE), GivenBack(price_minor=9000), transfer=UNDOING)
    assert lines(entries + batch_transfer(entries)) == {
        "deferred:keep12:MOP": 9000,
        "clearing::MOP": 0,
        "refunds:pay-1:MOP": -9000,
    }


def test_what_is_neither_served_nor_refunded_is_breakage() -> None:
    entries = reverse(renewal(), GivenBack(forgone_minor=9000), transfer=UNDOING)
    assert lines(entries) == {"deferred:keep12:MOP": 9000, "breakage:keep12:MOP": -9000}


@pytest.mark.parametrize(
    "back",
    [
        GivenBack(price_minor=12001),
        GivenBack(price_minor=9000, forgone_minor=3001),
        GivenBack(price_minor=-1),
        GivenBack(price_minor=13000, forgone_minor=-1000),
        GivenBack(credit_minor=1),
        GivenBack(fee_minor=1),
        GivenBack(government_minor=1),
        GivenBack(discounts=(("demo.twelve", 1),)),
        GivenBack(gifts=(("demo.twelve", 1),)),
    ],
)
def test_no_part_gives_back_more_than_it_had(back: GivenBack) -> None:
    with pytest.raises(GivenBackTooMuch):
        reverse(renewal(), back, transfer=UNDOING)


@given(st.lists(sales, max_size=6))
def test_law_sales_and_their_payers_balance_and_clear(batch: list[Sale]) -> None:
    entries = [entry for sale in batch for entry in sell(sale)]
    payers = batch_transfer(entries)
    assert uncleared([*entries, *payers]) == {}
    assert len(payers) == len({s.payer for s in batch if s.total_minor})
    paid = {payer: sum(s.total_minor for s in batch if s.payer == payer) for payer in PAYERS}
    assert totals(payers) == {
        **{payer: minor for payer, minor in paid.items() if minor},
        **({clearing("MOP"): -sum(paid.values())} if any(paid.values()) else {}),
    }


@given(sales_given_back())
def test_law_a_reversal_clears_and_leaves_no_account_the_other_way_round(
    pair: tuple[Sale, GivenBack],
) -> None:
    sale, back = pair
    entries = [*sell(sale), *reverse(sale, back, transfer=UNDOING)]
    whole = [*entries, *batch_transfer(entries)]
    assert uncleared(whole) == {}
    for moved, total in totals(whole).items():
        if moved != sale.payer and moved.kind is not AccountKind.CLEARING:
            refund = moved.kind is AccountKind.REFUNDS
            assert moved.balance(total) >= 0, moved
            assert not refund or moved.balance(total) == back.total_minor


@given(sales)
def test_law_a_full_reversal_leaves_nothing(sale: Sale) -> None:
    back = GivenBack(
        price_minor=sale.price_minor,
        credit_minor=sale.credit_minor,
        fee_minor=sale.fee_minor,
        government_minor=sale.government_minor,
        discounts=sale.discounts,
        gifts=sale.gifts,
    )
    entries = [*sell(sale), *reverse(sale, back, transfer=UNDOING)]
    left = {a: t for a, t in totals([*entries, *batch_transfer(entries)]).items() if t}
    if sale.payer.kind is AccountKind.ADVANCE and sale.total_minor:
        owed = account(AccountKind.REFUNDS, "pay-1", "MOP")
        assert left == {ADVANCE: sale.total_minor, owed: -sale.total_minor}
    else:
        assert left == {}


# --- funds and income -----------------------------------------------------------------------------


def test_money_from_the_world_and_back() -> None:
    assert lines(pay_in(ADVANCE, BANK, 500)) == {"bank:bnu-current:MOP": 500, str(ADVANCE): -500}
    assert guarded_changes(pay_in(FLOAT, BANK, 500)) == {FLOAT: 500}
    assert guarded_changes(pay_out(FLOAT, BANK, 500)) == {FLOAT: -500}
    assert guarded_changes(change_money(TILL, BANK, 500)) == {TILL: 500}
    assert guarded_changes(bank_cash(TILL, BANK, 500)) == {TILL: -500}
    assert lines(owe_refund(ADVANCE, 500)) == {str(ADVANCE): 500, "refunds:pay-1:MOP": -500}
    assert lines(hold_unknown(BANK, "no_order", 5)) == {
        "bank:bnu-current:MOP": 5,
        "suspense:no_order:MOP": -5,
    }


def test_a_float_topped_up_in_cash_is_two_entries_of_one_transfer() -> None:
    entries = receive(FLOAT, 50000, payer=TILL, transfer=BATCH)
    both = entries + batch_transfer(entries)
    assert guarded_changes(both) == {FLOAT: 50000, TILL: 50000}
    assert uncleared(both) == {}
    assert uncleared(entries) == {(BATCH, "MOP"): 50000}


@pytest.mark.parametrize("amount_minor", [0, -1])
def test_money_moves_by_positive_amounts(amount_minor: int) -> None:
    for act in (pay_in, pay_out, change_money, bank_cash):
        with pytest.raises(AmountNotPositive):
            act(TILL, BANK, amount_minor)
    with pytest.raises(AmountNotPositive):
        owe_refund(ADVANCE, amount_minor)
    with pytest.raises(AmountNotPositive):
        receive(FLOAT, amount_minor, payer=TILL, transfer=BATCH)


@given(st.sampled_from((*PAYERS, BANK)), st.integers(-(10**9), 10**9))
def test_law_an_adjustment_changes_the_balance_as_its_owner_reads_it(
    subject: Account, change: int
) -> None:
    moved = totals(adjust(subject, change, cause="goodwill", reason="late notice"))
    assert subject.balance(moved.get(subject, 0)) == change


def test_income_as_time_goes_by() -> None:
    assert lines(charge("keep12", "MOP", 200)) == {
        "credit:keep12:MOP": 200,
        "revenue:keep12:MOP": -200,
    }
    assert lines(release("keep12", "MOP", 7)) == {
        "deferred:keep12:MOP": 7,
        "revenue:keep12:MOP": -7,
    }
    assert lines(expire_credit("keep12", "MOP", 3)) == {
        "credit:keep12:MOP": 3,
        "breakage:keep12:MOP": -3,
    }
    assert lines(forgo_time("keep12", "MOP", 3)) == {
        "deferred:keep12:MOP": 3,
        "breakage:keep12:MOP": -3,
    }
    assert release("keep12", "MOP", 0) == ()


def test_commission_is_earned_clawed_back_and_paid_into_the_float() -> None:
    earned = commission("agent-7", "MOP", 600)
    lost = claw_back("agent-7", "MOP", 450)
    assert (earned[0].kind, lost[0].kind) == (EntryKind.COMMISSION, EntryKind.CLAWBACK)
    paid = pay_commission("agent-7", "MOP", 150)
    assert lines(earned + lost + paid) == {
        "commission:agent-7:MOP": 150,
        "commission_owed:agent-7:MOP": 0,
        "float:agent-7:MOP": -150,
    }


@given(minors, minors, st.integers(0, 10_000))
def test_law_clawing_back_never_takes_more_than_was_earned(a: int, b: int, points: int) -> None:
    paid, back = max(a, b), min(a, b)
    assert commission_of(-back, points) == -commission_of(back, points)
    assert 0 <= commission_of(back, points) <= commission_of(paid, points) <= paid
