"""
Laws of the door, over thousands of random asks. A seed tells the whole story again.

    in batches or one by one   the same books, to the byte
    any schedule of runs       the same journal, but for when its events were recorded
    replaying the journal      the rows
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from tests.shop.asking import DRAWER, SHIFT_VERBS, Asking, Timed, asked, ledger

from baohao.app import daily
from baohao.app.door import Answer
from baohao.core.refusals import Refusal

LINES = 150


def told(answers: list[Answer]) -> list[object]:
    return [
        (answer.code, answer.facts)
        if isinstance(answer, Refusal)
        # A quote has no event: its place is where the line was, and that is the runs' business.
        else (
            answer.subject,
            "quote" in answer.answer or answer.seq,
            answer.answer,
            answer.is_repeat,
        )
        for answer in answers
    ]


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 5))
def test_a_batch_equals_its_asks_one_by_one(
    seed: int, effort: int, timed_shops: Callable[[], Timed]
) -> None:
    together, alone = timed_shops(), timed_shops()
    asking, granted = Asking(seed, LINES), Counter[str]()
    for now, transfer, size in asking.groups(5_000 * effort, most=120):
        for shop in (together, alone):
            shop.at(now, transfer)
        asks = asked(asking, together, size)
        one, other = together.answers(asks), [alone.answers([ask])[0] for ask in asks]
        assert told(one) == told(other), f"seed {seed}"
        for ask, answer in zip(asks, one, strict=True):
            granted[ask.verb] += not isinstance(answer, Refusal)
            if ask.verb == "quote" and not isinstance(answer, Refusal):
                asking.quoted(ask.subject, str(answer.answer["quote"]))
    # A law over asks that are all refused would say nothing.
    assert len(granted) > 15, granted
    often = ("renew", "reverse", "top_up", "record", "allot", "pay_commission")
    assert min(granted[verb] for verb in SHIFT_VERBS) > 5, granted
    sold = "SELECT 1 FROM entries WHERE payer = %s AND kind IN ('sale', 'reversal')"
    assert together.rows(sold, DRAWER)
    assert min(granted[verb] for verb in often) > 20, granted
    assert together.rows("SELECT 1 FROM effects WHERE kind = 'event'")
    assert together.rows("SELECT 1 FROM customers")
    books, other_books = ledger(together), ledger(alone)
    assert books["parked"] == []
    for name, rows in books.items():
        assert rows == other_books[name], f"seed {seed}: {name}"
    together.is_well()


@pytest.mark.soak
@pytest.mark.parametrize("seed", [5, 6])
def test_any_schedule_of_runs_gives_one_journal(
    seed: int, effort: int, timed_shops: Callable[[], Timed]
) -> None:
    """One house runs before every group, one hardly ever, one twice and out of step."""
    early, late, doubled = (timed_shops() for _ in range(3))
    asking, settled = Asking(seed, LINES, by_date=True), 0
    for group, (now, transfer, size) in enumerate(asking.groups(1_400 * effort, most=40)):
        for shop in (early, late, doubled):
            shop.at(now, transfer)
        settled += daily.run(early.shell, early.new_id).settled
        if group % 5 == 1:
            for _ in range(2):
                daily.run(doubled.shell, doubled.new_id)
        asks = asked(asking, early, size)
        answers = [told(shop.answers(asks)) for shop in (early, late, doubled)]
        assert answers[0] == answers[1] == answers[2], f"seed {seed}"
    for shop in (early, late, doubled):
        daily.run(shop.shell, shop.new_id)
    assert settled > 50
    journals = [shop.rows(JOURNAL) for shop in (early, late, doubled)]
    assert journals[0] == journals[1] == journals[2], f"seed {seed}"
    states = [shop.states() for shop in (early, late, doubled)]
    assert states[0] == states[1] == states[2]
    books = [shop.rows(TOTALS) for shop in (early, late, doubled)]
    assert books[0] == books[1] == books[2]
    for shop in (early, late, doubled):
        shop.is_well()


#: What an event posted, in no order: the ids of entries have none.
JOURNAL = """
SELECT subject, seq, effective_at, kind, ask, principal, channel, payload::text,
       (SELECT array_agg(entry ORDER BY entry)
        FROM entries e, LATERAL (SELECT (e.kind, e.accounts, e.amounts)::text AS entry) AS t
        WHERE e.bucket = j.bucket AND e.subject = j.subject AND e.seq = j.seq)
FROM journal j ORDER BY subject, seq
"""
TOTALS = """
SELECT bucket, account, sum(amount) FROM entries, unnest(accounts, amounts) AS p (account, amount)
GROUP BY 1, 2 ORDER BY 1, 2
"""
