"""
The locks against doing it twice, each raced for, and with a twin that must go wrong without it.

A twin drops an index, or loads a statement without its lock. Where one wall is taken away and
another stands behind it, nothing goes wrong yet: that is shown too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest
from tests.races.racing import DOORS, altered, at_once, in_batches, unlock
from tests.shop import FLOAT, Shop, codes, granted, promotions

from baohao.app.door import Answered
from baohao.app.shell import Shell
from baohao.core.asks import Ask

PRICE = 12_000
#: A twin that has not gone wrong after so many rounds never will.
ROUNDS = 20


def numbers(first: int, count: int) -> list[str]:
    return [f"+85368{n:06}" for n in range(first, first + count)]


def opened(shop: Shop, wanted: Sequence[str], holder: str = "") -> None:
    """Put number-keeping cards in stock and activate them, all for one holder if there is one."""
    shop.fund(PRICE * len(wanted))
    for asks in ([shop.stock(n) for n in wanted], [shop.activate(n, holder) for n in wanted]):
        assert set(codes(shop.answers(asks))) == {""}


def drained(shop: Shop, left_minor: int) -> None:
    """Leave exactly so much in the float."""
    extra = shop.balance() - left_minor
    shop.say("withdraw" if extra > 0 else "fund", FLOAT, amount_minor=abs(extra))


# --- the float: nothing is spent twice ------------------------------------------------------------


def spent(shop: Shop, allowed: int, rounds: int, size: int) -> int:
    """
    Renew from `DOORS` doors at once, `rounds` times `size` lines each, with money for `allowed`.

    Every door has lines of its own: the float is all they have in common.
    """
    own = [numbers(1_000 * door, size) for door in range(DOORS)]
    opened(shop, [number for each in own for number in each])
    drained(shop, allowed * PRICE)

    def renew(shell: Shell, door: int) -> int:
        versions = dict.fromkeys(own[door], 2)
        for _ in range(rounds):
            asks = [shop.renew(n, expect_version=versions[n]) for n in own[door]]
            for number, answer in zip(own[door], shell.answer(asks), strict=True):
                if isinstance(answer, Answered):
                    versions[number] = answer.seq
                else:
                    assert answer.code == "money.short"
        return sum(versions.values()) - 2 * size

    return sum(at_once(shop, renew))


def test_ten_thousand_attempts_spend_a_float_once(shop: Shop) -> None:
    allowed = 1_000
    assert spent(shop, allowed, rounds=25, size=50) == allowed
    assert shop.balance() == 0
    shop.is_well()


def test_without_its_lock_a_float_is_kept_by_its_check(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock(monkeypatch, "lock_accounts", "FOR UPDATE OF a")
    assert spent(shop, 100, rounds=2, size=50) == 100
    shop.is_well()


def test_without_lock_and_check_a_float_is_overspent(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock(monkeypatch, "lock_accounts", "FOR UPDATE OF a")
    altered(shop, "ALTER TABLE accounts DROP CONSTRAINT accounts_never_below_zero")
    assert spent(shop, 100, rounds=4, size=50) > 100
    assert shop.balance() < 0


# --- promotions: no use is given twice ------------------------------------------------------------


def purses(shop: Shop, amount_minor: int) -> list[str]:
    """Give each door a float of its own: one that they shared would keep them apart."""
    floats = [f"float:agent-{door}:MOP" for door in range(DOORS)]
    for each in floats:
        shop.fund(amount_minor, each)
    return floats


def discounted(shop: Shop, rounds: int, size: int) -> int:
    """Renew with the code from all doors at once; return how many paid less."""
    own = [numbers(1_000 * door, size) for door in range(DOORS)]
    opened(shop, [number for each in own for number in each])
    floats = purses(shop, rounds * size * PRICE)

    def renew(shell: Shell, door: int) -> int:
        versions, less = dict.fromkeys(own[door], 2), 0
        for _ in range(rounds):
            asks = [
                shop.renew(n, expect_version=versions[n], paid=floats[door], codes=["SCARCE"])
                for n in own[door]
            ]
            for number, answer in zip(own[door], map(granted, shell.answer(asks)), strict=True):
                versions[number] = answer.seq
                less += answer.answer["total"] < PRICE
        return less

    return sum(at_once(shop, renew))


@pytest.fixture
def scarce(shop: Shop) -> Shop:
    """A promotion with so many uses in all, and no other limit."""
    (promotion,) = promotions("test.scarce")
    shop.promotions = (
        replace(promotion, uses=500, budget_minor=None, per_number=None, per_holder=None),
    )
    return shop


def test_five_thousand_attempts_use_a_promotion_up_once(scarce: Shop) -> None:
    assert discounted(scarce, rounds=13, size=50) == 500
    assert scarce.rows("SELECT uses FROM promotion_totals") == [(500,)]
    scarce.is_well()


def test_without_lock_and_check_a_promotion_is_used_too_often(
    scarce: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock(monkeypatch, "lock_promotion_totals", "FOR UPDATE OF p")
    altered(scarce, "ALTER TABLE promotion_totals DROP CONSTRAINT promotion_totals_uses_left")
    assert discounted(scarce, rounds=4, size=50) > 500


def of_one_holder(shop: Shop) -> tuple[int, int]:
    """
    Renew lines of one holder, each at another door, at once.

    Returns how many paid less, and how many were put aside because the counts made no sense.
    """
    (promotion,) = promotions("test.scarce")
    shop.promotions = (replace(promotion, uses=None, budget_minor=None, per_number=None),)
    own = numbers(0, DOORS)
    opened(shop, own, holder="somebody")
    floats = purses(shop, PRICE)
    asks = [
        shop.renew(number, paid=paid, codes=["SCARCE"])
        for number, paid in zip(own, floats, strict=True)
    ]
    answers = at_once(shop, lambda shell, door: shell.answer([asks[door]])[0])
    sold = [answer for answer in answers if isinstance(answer, Answered)]
    return sum(each.answer["total"] < PRICE for each in sold), len(answers) - len(sold)


def test_a_holder_gets_no_more_over_several_numbers(shop: Shop) -> None:
    assert of_one_holder(shop) == (2, 0)
    shop.is_well()


def test_without_lock_and_key_a_holder_gets_more(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock(monkeypatch, "lock_promotion_uses", "FOR UPDATE OF u")
    altered(shop, "ALTER TABLE promotion_uses DROP CONSTRAINT promotion_uses_pkey")
    cheaper, put_aside = of_one_holder(shop)
    assert cheaper > 2 or put_aside


# --- lock (a): a key is used once -----------------------------------------------------------------


def funded(shop: Shop, rounds: int) -> list[int]:
    """Fund wallets with the same keys from all doors at once; return what they hold, by round."""
    wallets = [f"wallet:w{n}:MOP" for n in range(30)]
    shop.answers([shop.ask("fund", wallet, amount_minor=1) for wallet in wallets])
    asks = [
        [shop.ask("fund", wallet, amount_minor=100, key=f"k{n}") for wallet in wallets]
        for n in range(rounds)
    ]

    def fund(shell: Shell, door: int) -> list[str]:
        # Every other door goes backwards, so that they meet everywhere.
        order = asks if door % 2 else [list(reversed(each)) for each in asks]
        return sorted(
            f"{answer.subject} {answer.seq} {answer.answer}"
            for each in order
            for answer in map(granted, shell.answer(each))
        )

    told = at_once(shop, fund)
    # Whoever asks is told the same.
    assert told.count(told[0]) == DOORS
    return [shop.balance(wallet) for wallet in wallets]


def test_a_key_is_used_once(shop: Shop) -> None:
    assert set(funded(shop, rounds=10)) == {1 + 10 * 100}
    shop.is_well()


def _asked(asks: Sequence[Ask], shell: Shell, _: int) -> list[str]:
    return codes(shell.answer(asks))


def used_again(shop: Shop) -> bool:
    """Fund a wallet under keys without their index; return whether one was used twice."""
    altered(shop, "ALTER TABLE keys DROP CONSTRAINT keys_pkey")
    wallet = "wallet:w0:MOP"
    shop.fund(1, wallet)
    for n in range(ROUNDS):
        asks = [shop.ask("fund", wallet, amount_minor=100, key=f"k{n}")]
        at_once(shop, partial(_asked, asks))
    return shop.balance(wallet) > 1 + ROUNDS * 100


def test_without_its_index_a_key_is_kept_by_the_lock_of_its_subject(shop: Shop) -> None:
    assert not used_again(shop)


def test_without_lock_and_index_a_key_is_used_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock(monkeypatch, "lock_accounts", "FOR UPDATE OF a")
    assert used_again(shop)


def test_a_number_is_put_in_stock_once(shop: Shop) -> None:
    wanted = numbers(0, 40)

    def stock(shell: Shell, door: int) -> list[str]:
        asks = [shop.stock(number) for number in wanted]
        return codes(in_batches(shell, asks if door % 2 else asks[::-1], 10))

    told = Counter(code for each in at_once(shop, stock) for code in each)
    assert told == {"": len(wanted), "line.exists": (DOORS - 1) * len(wanted)}
    shop.is_well()


# --- lock (b): the date or version that was shown -------------------------------------------------


def renewed(shop: Shop, wanted: Sequence[str], key: str) -> Counter[str]:
    """Renew lines, as all doors were shown them, at once; return how often each was granted."""
    shown = {number: shop.line(number).standing.clocks["service"].deadline for number in wanted}
    asks = [
        [shop.renew(n, key=f"{key}{door}", expect_until=shown[n]) for n in wanted]
        for door in range(DOORS)
    ]

    def renew(shell: Shell, door: int) -> list[str]:
        mine: list[Ask] = asks[door] if door % 2 else asks[door][::-1]
        told = zip(mine, in_batches(shell, mine, 5), strict=True)
        return [ask.subject for ask, answer in told if isinstance(answer, Answered)]

    return Counter(number for each in at_once(shop, renew) for number in each)


def test_of_all_who_were_shown_a_date_one_renews(shop: Shop) -> None:
    wanted = numbers(0, 40)
    opened(shop, wanted)
    for n in range(3):
        assert renewed(shop, wanted, f"k{n}.") == Counter(wanted)
    shop.is_well()


def unlock_lines(monkeypatch: pytest.MonkeyPatch, shop: Shop) -> None:
    """Take the lock and the version off lines, and what else would show that two are at work."""
    unlock(monkeypatch, "lock_lines", "FOR UPDATE OF l")
    unlock(monkeypatch, "update_lines", "AND l.version = t.was")
    # Two decisions on one version write one place in the journal.
    altered(
        shop,
        "ALTER TABLE benefits DROP CONSTRAINT benefits_pkey",
        "ALTER TABLE deferrals DROP CONSTRAINT deferrals_pkey",
    )


def most_renewals(shop: Shop, rounds: int = ROUNDS) -> int:
    """Race for lines until one was renewed more than once, or for so many rounds."""
    wanted = numbers(0, 10)
    opened(shop, wanted)
    most = 0
    for n in range(rounds):
        most = max(most, *renewed(shop, wanted, f"k{n}.").values())
        if most > 1:
            break
    return most


def test_without_lock_and_version_and_index_two_renew(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock_lines(monkeypatch, shop)
    altered(shop, "DROP INDEX benefits_live")
    assert most_renewals(shop) > 1


# --- lock (c): the same time is given once --------------------------------------------------------


def test_without_lock_and_version_the_same_time_is_given_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock_lines(monkeypatch, shop)
    assert most_renewals(shop, rounds=5) == 1
    twice = shop.rows(
        "SELECT 1 FROM benefits WHERE is_live GROUP BY number, epoch, clock, starts_at, kind"
        " HAVING count(*) > 1"
    )
    assert twice == []
