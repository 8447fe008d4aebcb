"""
A case: an ask before its subject, settled and at one instant; and the decision that comes of it.

Each verb is a function from a case to a decision, in a file of its own; it raises the refusals that
its docstring lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from baohao.core.altered import altered
from baohao.core.asks import Ask, Decision, Effect, Facts, Terms
from baohao.core.books import funds, income
from baohao.core.books.chart import AccountKind
from baohao.core.books.entry import Entry, entry_of
from baohao.core.commissions import Earned
from baohao.core.decide.deferred import deferrals
from baohao.core.fees import Fee
from baohao.core.ids import text_of
from baohao.core.line.acts import Act
from baohao.core.line.course import course_of
from baohao.core.line.dues import advance
from baohao.core.line.event import Event
from baohao.core.line.evolve import acted, is_late, resettled, settle, settlements
from baohao.core.line.fold import Folded, Rules, policy_of
from baohao.core.line.run import Run
from baohao.core.line.standing import Standing
from baohao.core.line.state import LineState, Sold
from baohao.core.policy.model import Permission, Policy, Stage
from baohao.core.policy.worlds import worlds_of
from baohao.core.promotions.model import Use
from baohao.core.refusals import Refusal


class LineUnknown(Refusal):
    """There is no line with the number {number} here."""

    code = "line.unknown"


class LineMoved(Refusal):
    """The line is not as you were shown: its deadline is {until} now, at version {version}."""

    code = "line.moved"


class ExpectationMissing(Refusal):
    """Say the deadline or the version that was shown, so that nobody pays twice."""

    code = "ask.expectation_missing"


class VerbNotAllowed(Refusal):
    """The product does not allow "{verb}"."""

    code = "verb.not_allowed"


class VerbNotAllowedHere(VerbNotAllowed):
    """The product does not allow "{verb}" in the channel {channel}."""

    code = "verb.not_allowed.channel"


class VerbNotAllowedNow(VerbNotAllowed):
    """The product does not allow "{verb}" while the line is {stage}."""

    code = "verb.not_allowed.stage"


class CauseMissing(VerbNotAllowed):
    """The product allows "{verb}" only for a cause: {causes}."""

    code = "verb.not_allowed.cause"


class SecondPersonMissing(VerbNotAllowed):
    """ "{verb}" needs a second person; nobody approves what they ask themselves."""

    code = "verb.not_allowed.second_person"


class ExternalNotSold(Refusal):
    """The card is another operator's: what happened is recorded here, nothing is sold."""

    code = "line.external"


class WouldShorten(Refusal):
    """This would bring a deadline {days} days nearer; say `accept_shorter` if that is meant."""

    code = "line.would_shorten"


class NotYetTrue(Refusal):
    """{at} lies ahead: only what has happened is taken down."""

    code = "line.not_yet"


class ActKnown(Refusal):
    """An act with the id {act} has been taken down on this line."""

    code = "act.known"


@dataclass(frozen=True, slots=True)
class Case:
    """One ask, its line settled up to `now`, and what it may look at."""

    line: LineState | None
    #: What fell due by itself; part of the decision, if there is one.
    due: tuple[Event, ...]
    facts: Facts
    ask: Ask
    terms: Terms
    now: datetime
    #: The line as it is stored, before what fell due.
    stored: LineState | None = None
    #: The instant that the stage is judged at, where it is not `now`: a quote's own.
    judged_at: datetime | None = None

    @property
    def state(self) -> LineState:
        """The line; raises `LineUnknown`."""
        if self.line is None:
            raise LineUnknown(number=self.ask.subject)
        return self.line

    @property
    def policy(self) -> Policy:
        """The policy that the line is under; raises `PolicyMissing`."""
        return policy_of(self.terms.rules, self.state.pin)

    @property
    def standing(self) -> Standing:
        """Where the line stands now; of several readings, in the first."""
        line = self.state
        if len(line.standings) == 1:
            if self.judged_at is None or self.stored is None:
                return line.standing
            return settle(self.stored, self.terms.rules, self.judged_at)[0].standing
        # What is not known is not settled, so it has to be looked at.
        run = Run(worlds_of(self.policy)[0], line.standing, line.acts)
        advance(run, self.now)
        return run.standing()

    @property
    def stage(self) -> Stage:
        """The stage that the line is in."""
        return course_of(self.policy).stages[self.standing.stage or "stock"]

    @property
    def id(self) -> str:
        """The ask's id as text; what the ask brings about carries it."""
        return text_of(self.ask.id)

    def fee(self, verb: str | None = None) -> Fee:
        """Return what the verb costs in this channel; raises `VerbNotOffered`."""
        schedule = self.terms.fees.get(self.state.operator)
        if schedule is None:
            return Fee()
        return schedule.fee(verb or self.ask.verb, self.ask.channel)

    def permit(self, verb: str | None = None) -> Permission:
        """Hold the verb against the product's permissions; raises `VerbNotAllowed` and its kind."""
        verb = verb or self.ask.verb
        rule = self.policy.permissions.get(verb, Permission())
        if not rule.allowed:
            raise VerbNotAllowed(verb=verb)
        if rule.channels is not None and self.ask.channel not in rule.channels:
            raise VerbNotAllowedHere(verb=verb, channel=self.ask.channel)
        if rule.stages is not None and self.stage.name not in rule.stages:
            raise VerbNotAllowedNow(verb=verb, stage=self.stage.name)
        if rule.causes is not None and self.ask.payload.get("cause") not in rule.causes:
            raise CauseMissing(verb=verb, causes=", ".join(sorted(rule.causes)))
        second = self.ask.payload.get("approved_by")
        # A space more makes nobody else of anybody.
        if rule.second_person and str(second or "").strip() in ("", self.ask.principal):
            raise SecondPersonMissing(verb=verb)
        return rule

    def sells(self) -> None:
        """Refuse to sell for another operator's card; raises `ExternalNotSold`."""
        if self.state.custody != "issued":
            raise ExternalNotSold()


def expected(case: Case) -> None:
    """
    Compare the line with what the asker was shown; what fell due by itself since then is no change.

    Raises `LineMoved`.
    """
    ask, until = case.ask, safe_until(case.state)
    version = (case.stored or case.state).version
    if (ask.expect_until is not None and ask.expect_until != until) or (
        ask.expect_version is not None and ask.expect_version != version
    ):
        raise LineMoved(until=until.isoformat() if until else "none", version=version)


def expecting(case: Case) -> None:
    """Refuse an ask that says nothing of what was shown: `LineUnknown`, `ExpectationMissing`."""
    if case.line is None:
        raise LineUnknown(number=case.ask.subject)
    if case.ask.expect_until is None and case.ask.expect_version is None:
        raise ExpectationMissing()


def safe_until(line: LineState) -> datetime | None:
    """
    Return the deadline that a renewal moves: the latest of the line's clocks, in its first world.
    """
    return max([c.deadline for c in line.standing.clocks.values()], default=None)


def message(case: Case, what: str) -> Effect:
    """Return the message that an act owes to whoever holds the number."""
    return Effect(kind="message", due_at=case.now, data={"what": what})


# -- concluding ------------------------------------------------------------------------------------


def conclude(
    case: Case,
    state: LineState,
    events: Sequence[Event],
    *,
    entries: Sequence[Entry] = (),
    effects: Sequence[Effect] = (),
    uses: tuple[Use, ...] = (),
    released: tuple[Use, ...] = (),
    earned: tuple[Earned, ...] = (),
    answer: dict[str, object] | None = None,
    cause: str = "late_fact",
    is_next_life: bool = False,
) -> Decision:
    """
    Return the decision: what fell due first, then what the ask brought about.

    `state` is the line after `events`, its version not counted yet. The network is told when what
    works on the line has changed, or its card. What the line's balances changed by and `entries` do
    not say is booked as put right for `cause`. Where `is_next_life`, what the last one paid for
    goes on being earned.
    """
    rules = case.terms.rules
    state = altered(state, version=(case.line.version if case.line else 0) + len(events))
    if state.standing.at is not None and state.standing.at < case.now:
        # The past was changed, or nothing was done: what follows from it has fallen due as well.
        state, since = settle(state, rules, case.now)
        events = (*events, *since)
        entries = (*entries, *(e for event in since for e in of_settlement(rules, state, event)))
    before = case.line or state
    booked = [entry for event in case.due for entry in of_settlement(rules, before, event)]
    booked += entries
    booked += _unexplained(case, state, booked, cause)
    owed = list(effects)
    if state.custody == "issued" and _told_apart(case, state):
        works: dict[str, object] = {"stage": state.standing.stage}
        if state.lost is not None:
            works["lost"] = True
        owed.append(Effect(kind="network", due_at=case.now, data=works))
    until = safe_until(state)
    told: dict[str, object] = {"id": case.id, "version": state.version}
    if until is not None:
        told["until"] = until.isoformat()
    policy = policy_of(rules, state.pin)
    return Decision(
        state=state,
        events=(*case.due, *events),
        entries=tuple(booked),
        effects=tuple(owed),
        deferrals=() if is_next_life else deferrals(policy, case.stored, state, case.now),
        earned=earned,
        uses=uses,
        released=released,
        answer=told | (answer or {}),
    )


def _unexplained(case: Case, after: LineState, entries: Sequence[Entry], cause: str) -> list[Entry]:
    """
    Return the entries that let the books owe, plan by plan, what an issued line's balances hold.
    """
    change: dict[tuple[str, str], int] = {}
    for line, sign in ((case.stored, -1), (after, 1)):
        if line is not None and line.custody == "issued" and any(line.standing.balances.values()):
            place = (line.plan, policy_of(case.terms.rules, line.pin).currency)
            held = sum(line.standing.balances.values())
            change[place] = change.get(place, 0) + sign * held
    for entry in entries:
        for posting in entry.postings:
            if posting.account.kind is AccountKind.CREDIT:
                place = (posting.account.owner, entry.currency)
                change[place] = change.get(place, 0) + posting.amount_minor
    found: list[Entry] = []
    for currency in sorted({currency for (_, currency), minor in change.items() if minor}):
        moved = {plan: minor for (plan, other), minor in change.items() if other == currency}
        found += funds.put_right(moved, currency, cause=cause, reason=cause.replace("_", " "))
    return found


def _told_apart(case: Case, state: LineState) -> bool:
    """Say whether the network must do something: another stage or card, parked or lost or not."""
    before = case.line
    if before is None:
        return False
    fell = any(e.settled is not None and e.settled.what in ("stage", "resumed") for e in case.due)
    return (
        fell
        or before.standing.stage != state.standing.stage
        or (before.standing.parked_since is None) != (state.standing.parked_since is None)
        or before.card != state.card
        or before.lost != state.lost
    )


def of_settlement(rules: Rules, state: LineState, event: Event) -> tuple[Entry, ...]:
    """Return what a settlement posts on an issued line; of one that no longer holds, the mirror."""
    settled = event.settled
    if settled is None or state.custody != "issued" or not settled.amount_minor:
        return ()
    currency = policy_of(rules, state.pin).currency
    if settled.what == "charged":
        entries = income.charge(state.plan, currency, settled.amount_minor)
    elif settled.what == "forfeited":
        entries = income.expire_credit(state.plan, currency, settled.amount_minor)
    else:
        return ()
    return entries if event.kind == "settled" else tuple(mirrored(e) for e in entries)


def mirrored(entry: Entry) -> Entry:
    """Return the entry that takes another back."""
    (mirror,) = entry_of(
        entry.kind,
        entry.currency,
        [(posting.account, -posting.amount_minor) for posting in entry.postings],
        reason="late fact",
    )
    return mirror


@dataclass(frozen=True, slots=True)
class Acted:
    """What one act made of a line."""

    state: LineState
    events: tuple[Event, ...]
    entries: tuple[Entry, ...]
    folded: tuple[Folded, ...]


def act_on(
    case: Case, act: Act, *, sold: Sold | None = None, data: dict[str, object] | None = None
) -> Acted:
    """
    Fold an act in; a late one unsettles what would not have fallen due, and settles what would.

    Raises `WouldShorten` when a deadline moves nearer and the ask does not accept that,
    `NotYetTrue` for an act that lies ahead, `ActKnown` for one that is there already.
    """
    if act.at > case.now:
        raise NotYetTrue(at=act.at.isoformat())
    fresh(case, act)
    state, folded = acted(case.state, act, case.terms.rules)
    not_shorter(case, act, folded)
    events: tuple[Event, ...] = (
        Event(kind="acted", effective_at=act.at, act=act, sold=sold, data=data or {}),
    )
    events += aftermath(case, act, state, folded)
    rules = case.terms.rules
    entries = tuple(entry for event in events for entry in of_settlement(rules, state, event))
    return Acted(state, events, entries, folded)


def fresh(case: Case, act: Act) -> None:
    """Refuse an act whose id the line has; raises `ActKnown`."""
    for known in case.state.acts:
        if known.id == act.id:
            raise ActKnown(act=act.id)


def aftermath(
    case: Case, act: Act, state: LineState, folded: Sequence[Folded]
) -> tuple[Event, ...]:
    """Return what an act settled at once, and what a late one unsettles and settles instead."""
    if is_late(case.state, act):
        return resettled(case.state, state.acts, case.terms.rules)
    return settlements(folded[0].settled) if len(folded) == 1 else ()


#: Acts that are meant to bring a deadline nearer, or to end it; a repin has a refusal of its own.
_SHORTENING = frozenset({"adjust", "recycle", "return", "repin"})


def not_shorter(case: Case, act: Act, folded: Sequence[Folded]) -> None:
    """
    Raise `WouldShorten` where an act brings a deadline nearer and the ask does not accept that.
    """
    days = shorter_days(case.state, folded)
    if days and act.kind not in _SHORTENING and case.ask.payload.get("accept_shorter") is not True:
        raise WouldShorten(days=days)


def shorter_days(before: LineState, folded: Sequence[Folded]) -> int:
    """Return by how many days, begun ones too, any deadline moves nearer; 0: none does."""
    days = 0
    for was, will in zip(before.standings, folded, strict=False):
        for name, clock in was.clocks.items():
            now = will.standing.clocks.get(name)
            if now is not None and now.deadline < clock.deadline:
                days = max(days, (clock.deadline - now.deadline - _INSTANT).days + 1)
    return days


_INSTANT = timedelta(microseconds=1)
