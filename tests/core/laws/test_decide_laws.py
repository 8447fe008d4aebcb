"""What holds for every sequence of asks: the journal gives the row, the books give the balances."""

from __future__ import annotations

import copy
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from hypothesis import given
from tests.core.laws.asking import POINTS, Step, Story, stories, told

from baohao.core.asks import Decision
from baohao.core.books.chart import AccountKind
from baohao.core.books.entry import totals, uncleared
from baohao.core.books.income import commission_of
from baohao.core.books.sale import batch_transfer
from baohao.core.commissions import Earned
from baohao.core.decide import decide
from baohao.core.decide.case import WouldShorten, safe_until
from baohao.core.line import codec
from baohao.core.line.evolve import evolve, settle
from baohao.core.line.fold import fold, fold_on
from baohao.core.line.state import Sold
from baohao.core.refusals import Refusal


def replaying_the_journal_gives_the_row(story: Story, steps: Sequence[Step]) -> None:
    state = None
    for step in steps:
        if step.decision is None:
            continue
        if step.ask.verb == "carry_over":
            # Another number, another journal.
            state = None
        for event in step.decision.events:
            state = evolve(state, event, story.terms.rules)
        assert state == step.decision.state


def a_decision_is_pure_and_a_refusal_changes_nothing(story: Story, steps: Sequence[Step]) -> None:
    for step in steps:
        written = None if step.before is None else codec.encode(step.before)
        again = decide(step.before, step.facts, step.ask, story.terms, step.now)
        assert again == step.result
        assert written == (None if step.before is None else codec.encode(step.before))
        if isinstance(step.result, Refusal):
            assert step.result.message
            json.dumps(step.result.facts, default=str)


def what_is_decided_can_be_written_down(story: Story, steps: Sequence[Step]) -> None:
    for step in steps:
        decision = step.decision
        if decision is None:
            continue
        assert len(json.dumps(decision.answer)) <= 200
        for event in decision.events:
            parts = json.loads(json.dumps(codec.encode_event(event)))
            assert codec.decode_event(event.kind, event.effective_at, parts) == event
        if decision.state is not None:
            row = json.loads(json.dumps(codec.encode(decision.state)))
            assert codec.decode(row) == decision.state


def entries_balance_and_clear(story: Story, steps: Sequence[Step]) -> None:
    entries = [e for step in steps if step.decision for e in step.decision.entries]
    for entry in entries:
        assert sum(posting.amount_minor for posting in entry.postings) == 0
    assert uncleared((*entries, *batch_transfer(entries))) == {}


def deferred_revenue_is_what_its_schedule_says(story: Story, steps: Sequence[Step]) -> None:
    scheduled: Counter[str] = Counter()
    posted: Counter[str] = Counter()
    for step in steps:
        if step.decision is None:
            continue
        for plan, _, month, minor in step.decision.deferrals:
            assert month.day == 1
            scheduled[plan] += minor
        for account, total in totals(step.decision.entries).items():
            if account.kind is AccountKind.DEFERRED:
                posted[account.owner] -= total
        assert +scheduled == +posted
        assert -scheduled == -posted
        kept: defaultdict[str, int] = defaultdict(int)
        state = step.decision.state
        for sold in state.sold if state is not None else ():
            kept[sold.sale.plan] += sold.kept_minor
        if not _forgot(step.decision):
            assert all(posted[plan] >= minor for plan, minor in kept.items())


def _forgot(decision: Decision) -> bool:
    return decision.state is None


def the_books_owe_what_the_balances_hold(story: Story, steps: Sequence[Step]) -> None:
    owed: Counter[str] = Counter()
    for step in steps:
        decision = step.decision
        if decision is None or decision.state is None:
            continue
        for account, total in totals(decision.entries).items():
            if account.kind is AccountKind.CREDIT:
                owed[account.owner] -= total
        if step.ask.verb == "change_number":
            # What it had is on its way to the other number.
            assert sum(owed.values()) == 0
            continue
        held = sum(decision.state.standing.balances.values())
        assert sum(owed.values()) == held
        assert {plan for plan, minor in owed.items() if minor} <= {decision.state.plan}


def a_sale_puts_nothing_right(story: Story, steps: Sequence[Step]) -> None:
    for step in steps:
        if step.decision is not None and step.ask.verb in (
            "renew",
            "top_up",
            "activate",
            "restore",
        ):
            assert not [
                posting
                for entry in step.decision.entries
                for posting in entry.postings
                if posting.account.kind is AccountKind.ADJUSTMENTS
            ]


def a_renewal_never_shortens_unless_that_is_accepted(story: Story, steps: Sequence[Step]) -> None:
    for step in steps:
        if step.ask.verb not in ("renew", "top_up") or step.before is None:
            continue
        before, _ = settle(step.before, story.terms.rules, step.now)
        accepted = step.ask.payload.get("accept_shorter") is True
        if isinstance(step.result, WouldShorten):
            assert not accepted
            assert int(str(step.result.facts["days"])) >= 1
        elif step.decision is not None and step.decision.state is not None and not accepted:
            after = step.decision.state.standing.clocks
            for name, clock in before.standing.clocks.items():
                assert name not in after or after[name].deadline >= clock.deadline


def a_quote_changes_nothing_and_binds(story: Story, steps: Sequence[Step]) -> None:
    for step in steps:
        decision = step.decision
        if step.ask.verb != "quote" or decision is None or decision.quote is None:
            continue
        assert decision.state is step.before
        assert (decision.events, decision.entries) == ((), ())
        terms = decision.quote.terms
        ask = copy.copy(step.ask)
        payload = {
            "term": step.ask.payload["term"],
            "paid": "float:agent-7:MOP",
            "quote": str(decision.quote.id),
            "total_minor": terms["total"],
            "accept_shorter": True,
        }
        object.__setattr__(ask, "verb", "renew")
        object.__setattr__(ask, "payload", payload)
        facts = copy.copy(step.facts)
        object.__setattr__(facts, "quote", decision.quote)
        later = step.now + timedelta(minutes=14)
        sold = decide(step.before, facts, ask, story.terms, later)
        assert isinstance(sold, Decision), sold
        assert sold.state is not None
        until = safe_until(sold.state)
        assert (until.isoformat() if until else "") == terms["until"]
        assert sold.answer["total"] == terms["total"]


def a_renewal_undone_before_it_began_was_never_made(story: Story, steps: Sequence[Step]) -> None:
    for step in steps:
        if step.ask.verb != "renew" or step.decision is None or step.before is None:
            continue
        renewed, at = step.decision.state, step.now + timedelta(minutes=1)
        assert renewed is not None
        act = str(step.ask.id)
        starts = [b.start for b in renewed.standing.benefits if b.act == act]
        zone = story.terms.rules[renewed.pin].zone
        sold = next(s for s in renewed.sold if s.act == act)
        ahead = starts and min(starts).astimezone(zone).date() > at.astimezone(zone).date()
        if not ahead or sold.sale.gifts:
            continue
        ask = copy.copy(step.ask)
        object.__setattr__(ask, "verb", "reverse")
        object.__setattr__(ask, "payload", {"of": act, "reason": "a change of mind"})
        object.__setattr__(ask, "expect_version", None)
        undone = decide(renewed, step.facts, ask, story.terms, at)
        assert isinstance(undone, Decision), undone
        never, _ = settle(step.before, story.terms.rules, at)
        assert undone.state is not None
        assert undone.state.acts == never.acts
        assert undone.state.sold == never.sold
        rules, line = story.terms.rules, undone.state
        (one,) = fold(rules, never.first_pin, never.acts, until=at)
        (other,) = fold_on(rules, line.pin, line.standings, line.acts, until=at)
        assert other.standing == one.standing


def commission_is_of_what_is_kept(story: Story, steps: Sequence[Step]) -> None:
    sales: dict[UUID, tuple[Earned, Sold]] = {}
    for step in steps:
        decision = step.decision
        for row in decision.earned if decision is not None else ():
            assert decision is not None
            if row.of is None and decision.state is not None:
                (sold,) = [s for s in decision.state.sold if s.act == str(step.ask.id)]
                assert (sold.agent, sold.commission_minor) == (row.agent, row.commission_minor)
                sales[step.ask.id] = row, sold
            elif row.of is not None:
                _kept(*sales.pop(row.of), row)
    for earned, sold in sales.values():
        paid = sold.sale.price_minor + sold.sale.credit_minor
        assert earned.commission_minor == commission_of(paid, POINTS)


def _kept(earned: Earned, sold: Sold, lost: Earned) -> None:
    """Hold what is left of a commission against what is kept; fees may come back with the rest."""
    sale, back = sold.sale, -lost.total_minor
    paid, fees = sale.price_minor + sale.credit_minor, sale.fee_minor + sale.government_minor
    left = earned.commission_minor + lost.commission_minor
    assert 0 <= left <= commission_of(min(paid, paid - back + fees), POINTS)
    assert left >= commission_of(max(0, paid - back), POINTS) - 1
    if back == sale.total_minor:
        assert left == 0


Law = Callable[[Story, Sequence[Step]], None]
LAWS: tuple[Law, ...] = (
    replaying_the_journal_gives_the_row,
    a_decision_is_pure_and_a_refusal_changes_nothing,
    what_is_decided_can_be_written_down,
    entries_balance_and_clear,
    deferred_revenue_is_what_its_schedule_says,
    the_books_owe_what_the_balances_hold,
    a_sale_puts_nothing_right,
    a_renewal_never_shortens_unless_that_is_accepted,
    a_quote_changes_nothing_and_binds,
    a_renewal_undone_before_it_began_was_never_made,
    commission_is_of_what_is_kept,
)


@given(stories())
def test_every_law_holds_for_every_sequence_of_asks(story: Story) -> None:
    """One story is told for all of them: it is the telling that takes time."""
    steps = list(told(story))
    for law in LAWS:
        law(story, steps)
