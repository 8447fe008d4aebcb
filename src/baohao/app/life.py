"""
A line's life, as its holder is told of it: what is left, what comes next, and what happened.

All of it is of the tenure of today. Nobody is named: who did something is told where it was the
reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime

from baohao.app import rescue, show
from baohao.app.glance import Glance, glance
from baohao.app.timeline import Stay, stays
from baohao.core.asks import Terms
from baohao.core.civil import Span
from baohao.core.decide.case import safe_until
from baohao.core.line.acts import allowances, given
from baohao.core.line.fold import policy_of
from baohao.core.line.project import Projection
from baohao.core.line.state import LineState
from baohao.core.policy.model import Policy
from baohao.core.way_back import WayBack, ways_back
from baohao.store import clock, receipts
from baohao.store.journal import Kept
from baohao.store.receipts import Receipt
from baohao.store.sql import Connection

#: What happened in stock, and what only corrects the account of what fell due, is nothing to tell.
_UNTOLD = frozenset({"stocked", "allotted", "unsettled", "opened"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One thing that happened to a line."""

    #: The event: "acted", "settled", "undone" ...
    event: str
    #: The kind of an act, what was settled, the cause of what was undone; else empty.
    what: str
    at: datetime
    #: Of a stage: its kind.
    kind: str = ""
    term: Span | None = None
    bonus: tuple[Span, ...] = ()
    amount_minor: int | None = None
    channel: str
    #: Whether the reader asked for it.
    is_own: bool
    #: The id of the ask, where it was paid for: what a receipt is of.
    sold: str = ""
    #: Whether it is a renewal that the reader's own wallet paid within the last day.
    is_fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminding:
    """The next message about a deadline."""

    at: datetime
    last_day: date
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One line as it stands, where it comes from and where it goes."""

    glance: Glance
    #: In words: stages of this tenure, the one it is in, and those that follow.
    stays: tuple[Stay, ...]
    now: datetime
    #: The instant up to which the number is paid for; `None`: no clock runs.
    paid_until: datetime | None
    #: What is left of what the last purchase gave, and that: "voice_minutes", "sms", "data_mb" ...
    allowances: Mapping[str, tuple[int, int]]
    ways: tuple[WayBack, ...]
    #: `None`: none is planned.
    reminder: Reminding | None
    is_held: bool
    is_parked: bool
    #: Whether it is sold here; else what happens elsewhere is only written down.
    is_issued: bool
    happened: tuple[Happened, ...]
    receipts: tuple[Receipt, ...]


def life(conn: Connection, terms: Terms, number: str, reader: str) -> Life:
    """
    Return the life of a line as its holder is told of it.

    Raises `LineUnknown` and `PolicyMissing`.
    """
    state, now = show.find(conn, number), clock.now(conn)
    policy = policy_of(terms.rules, state.pin)
    # Never before what was settled, though somebody set the clock back.
    at = max([now, *(s.at for s in state.standings if s.at is not None)])
    folded, views = show.fold_at(terms.rules, state, at)
    view = views[0]
    ways = ways_back(policy, terms.fees.get(state.operator), view, folded[0].standing.stage_since)
    if state.custody != "issued":
        ways = tuple(replace(way, places=()) for way in ways)
    held = receipts.of_holder(conn, reader) if reader else ()
    paid = safe_until(state)
    return Life(
        glance=glance(terms, state, now),
        stays=_of_tenure(state, stays(policy, folded[0], view)),
        now=at.astimezone(policy.zone),
        paid_until=None if paid is None else paid.astimezone(policy.zone),
        allowances=_left(state, at),
        ways=tuple(_local(policy, way) for way in ways),
        reminder=_reminder(policy, views, state, at),
        is_held=view.held,
        is_parked=view.parked,
        is_issued=state.custody == "issued",
        happened=_happened(policy, state, show.chain_of(conn, number), reader, at),
        receipts=tuple(each for each in held if each.line == number and each.epoch == state.epoch),
    )


def _left(state: LineState, at: datetime) -> dict[str, tuple[int, int]]:
    """Return what is left of each allowance, and of how much."""
    gave = given(state.acts, at)
    left = allowances(state.acts, at)
    return {name: (units, max(units, gave.get(name, 0))) for name, units in left.items()}


def _of_tenure(state: LineState, found: Sequence[Stay]) -> tuple[Stay, ...]:
    """Leave out what was before the tenure."""
    since = state.tenure.since if state.tenure is not None else None
    if since is None:
        return tuple(found)
    return tuple(
        Stay(stay.stage, stay.kind, max(stay.begins, since), stay.ends)
        for stay in found
        if stay.ends is None or stay.ends > since
    )


def _local(policy: Policy, way: WayBack) -> WayBack:
    until = None if way.until is None else way.until.astimezone(policy.zone)
    return replace(way, begins=way.begins.astimezone(policy.zone), until=until)


def _reminder(
    policy: Policy, views: Sequence[Projection], state: LineState, at: datetime
) -> Reminding | None:
    due = show.due_reminders(policy, views, state, at, at + show.REMINDERS_AHEAD)
    if not due:
        return None
    first = due[0]
    return Reminding(
        at=datetime.fromisoformat(first["due_at"]).astimezone(policy.zone),
        last_day=date.fromisoformat(first["last_day"]),
        channels=tuple(first["channels"]),
    )


# --- what happened --------------------------------------------------------------------------------


def _happened(
    policy: Policy, state: LineState, chain: Sequence[Kept], reader: str, now: datetime
) -> tuple[Happened, ...]:
    """Return what happened in this tenure, the last first."""
    since = state.tenure.since if state.tenure is not None else None
    kinds = {stage.name: stage.kind for stage in policy.stages}
    fresh = {
        sold.act
        for sold in state.sold
        if now < sold.at + rescue.WITHIN and str(sold.sale.payer).startswith(f"wallet:{reader}:")
    }
    found = [
        _told(policy, kinds, kept, reader, fresh)
        for kept in chain
        if kept.recorded.event.kind not in _UNTOLD
        and (since is None or kept.recorded.event.effective_at >= since)
    ]
    return tuple(sorted(found, key=lambda each: each.at, reverse=True))


def _told(
    policy: Policy, kinds: Mapping[str, str], kept: Kept, reader: str, fresh: Set[str]
) -> Happened:
    event, asker = kept.recorded.event, kept.recorded.asker
    act, settled = event.act, event.settled
    if settled is not None:
        what, amount = settled.what, settled.amount_minor or None
    elif act is not None:
        what, amount = act.kind, act.amount_minor
    else:
        what, amount = str(event.data.get("code", "")), None
    return Happened(
        event=event.kind,
        what=what,
        at=event.effective_at.astimezone(policy.zone),
        kind=kinds.get(settled.id, "") if settled is not None else "",
        term=act.term if act is not None else None,
        bonus=act.bonus if act is not None else (),
        amount_minor=amount,
        channel=asker.channel,
        is_own=bool(reader) and asker.principal == reader,
        sold=str(asker.ask) if event.sold is not None and asker.ask is not None else "",
        is_fresh=act is not None and act.kind == "renewal" and act.id in fresh,
    )
