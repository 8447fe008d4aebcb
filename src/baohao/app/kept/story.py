"""
Story: all that happened to a card, what each thing did to its date, and what can be taken back.

A card that was let go and kept anew, or under another product, is told whole: its keeper is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo

from baohao.app import show
from baohao.core.altered import altered
from baohao.core.asks import Terms
from baohao.core.civil import civil_day
from baohao.core.decide.case import safe_until
from baohao.core.decide.record import RECORDED
from baohao.core.line.acts import BEGINNINGS, Act
from baohao.core.line.event import Event
from baohao.core.line.fold import Rules, fold, policy_of
from baohao.core.line.prospect import prospect
from baohao.core.line.state import LineState, Reading
from baohao.core.policy.model import Policy
from baohao.store.journal import Kept, Recorded
from baohao.store.sql import Connection

#: So many acts are looked at for what they did, the last of them.
EFFECTS = 60
#: What only corrects the account of what fell due is nothing to tell.
_UNTOLD = frozenset({"unsettled", "registered"})
#: Intervals are half-open: the last good moment is the one before.
_MOMENT = timedelta(microseconds=1)
#: What the keeping of a card brings with it, beside what was said.
_ALONG = frozenset({"purchase", "first_use", "identity", "adjust", "activate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What an act did to the last day: before and after it; `None`: no end in sight."""

    before: date | None
    after: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing that happened."""

    #: "kept", "acted", "observed", "settled", "undone" ...
    what: str
    #: Of an act, its kind; of what was settled, that.
    kind: str
    at: datetime
    recorded_at: datetime
    #: What is written down of it: a note, a reason.
    note: str = ""
    amount_minor: int | None = None
    sku: str = ""
    reading: Reading | None = None
    #: The last good day that the operator said.
    read: date | None = None
    #: `None`: it is not an act of this life, or not one that could move anything.
    effect: Effect | None = None
    #: The act, where its keeper may take it back; else empty.
    act: str = ""
    #: Whether it was taken back since.
    is_undone: bool = False
    #: The kind of the stage that began.
    stage: str = ""
    #: Of a card that came under watch, as what.
    product: Policy | None = None


def story(conn: Connection, terms: Terms, state: LineState) -> list[Told]:
    """Return what happened to a card, the last first."""
    chain = show.chain_of(conn, state.number)
    teller = _Teller(terms.rules, state, chain)
    told = [teller.told(each) for each in chain if teller.tells(each)]
    return sorted(told, key=lambda each: (each.at, each.recorded_at), reverse=True)


class _Teller:
    """Tells the events of one card."""

    def __init__(self, rules: Rules, state: LineState, chain: Sequence[Kept]) -> None:
        events = [each.recorded for each in chain]
        self._rules, self._policy = rules, policy_of(rules, state.pin)
        self._effects = _effects(rules, state)
        self._gone = {str(each.event.data.get("of")) for each in events if _is(each, "undone")}
        self._keeping = {each.asker.ask for each in events if _is(each, "stocked")}
        self._kinds = {stage.name: stage.kind for stage in self._policy.stages}

    def tells(self, kept: Kept) -> bool:
        """Whether an event is worth telling: not what came along with the keeping of a card."""
        event, ask = kept.recorded.event, kept.recorded.asker.ask
        along = event.act is not None and event.act.kind in _ALONG and ask in self._keeping
        return event.kind not in _UNTOLD and not along

    def told(self, kept: Kept) -> Told:
        """Tell an event."""
        event, zone = kept.recorded.event, self._policy.zone
        act, settled = event.act, event.settled
        effect = self._effects.get(act.id) if act is not None else None
        is_open = act is not None and effect is not None and act.kind in RECORDED - BEGINNINGS
        return Told(
            what="kept" if event.kind == "stocked" else event.kind,
            kind=act.kind if act is not None else settled.what if settled is not None else "",
            at=event.effective_at.astimezone(zone),
            recorded_at=kept.recorded.recorded_at.astimezone(zone),
            note=_note(event),
            amount_minor=act.amount_minor if act is not None else None,
            sku=act.sku if act is not None else "",
            reading=event.reading,
            read=_last_good(event.reading, zone),
            effect=self._shown(kept, effect),
            act=act.id if act is not None and is_open else "",
            is_undone=act is not None and act.id in self._gone,
            stage=self._kinds.get(settled.id, "") if settled is not None else "",
            product=self._product(event),
        )

    def _shown(self, kept: Kept, effect: Effect | None) -> Effect | None:
        """Of what was done before the card was kept, only where it led is known."""
        if effect is not None and kept.recorded.asker.ask in self._keeping:
            return replace(effect, before=None)
        return effect

    def _product(self, event: Event) -> Policy | None:
        return policy_of(self._rules, str(event.data["pin"])) if event.kind == "stocked" else None


def _is(recorded: Recorded, kind: str) -> bool:
    return recorded.event.kind == kind


def _note(event: Event) -> str:
    """Return what somebody wrote down of an event."""
    if event.reading is not None:
        return event.reading.evidence
    written = str(event.data.get("evidence", "") or event.data.get("reason", ""))
    # Of a card that was let go: "cause: why".
    ended = event.act.why.partition(": ")[2] if event.act is not None else ""
    return written or ended


def _last_good(reading: Reading | None, zone: tzinfo) -> date | None:
    if reading is None or reading.until is None:
        return None
    return civil_day(reading.until - _MOMENT, zone)


# --- what each act did ----------------------------------------------------------------------------


def _effects(rules: Rules, state: LineState) -> dict[str, Effect]:
    """Return what each of the last acts of this life did to its last day."""
    acts = state.acts
    first = max(0, len(acts) - EFFECTS)
    before = _last_day(rules, state, acts[:first])
    found: dict[str, Effect] = {}
    for index in range(first, len(acts)):
        after = _last_day(rules, state, acts[: index + 1])
        found[acts[index].id] = Effect(before=before, after=after)
        before = after
    return found


def _last_day(rules: Rules, state: LineState, acts: Sequence[Act]) -> date | None:
    """Return the last day to act, had there been these acts alone."""
    if not acts:
        return None
    at = acts[-1].at
    folded = fold(rules, state.first_pin, acts, until=at)
    then = altered(state, acts=tuple(acts), standings=tuple(each.standing for each in folded))
    policy = policy_of(rules, folded[0].standing.pin)
    seen = prospect(then, rules, at)
    paid = safe_until(then)
    days = [None if seen.safe_until.earliest is None else seen.safe_until.earliest.last_day]
    days.append(None if paid is None else civil_day(paid - _MOMENT, policy.zone))
    return min(filter(None, days), default=None)
