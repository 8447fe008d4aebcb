"""
Show: what is true of a stored line at an instant, and everything that a person at a counter asks.

An instant of the past is shown as what is known of it today: the acts up to then, folded anew.
Nothing is locked and nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from baohao.app import ordered, play
from baohao.app.timeline import drawn, stays
from baohao.core.asks import Terms
from baohao.core.bucket import bucket_of
from baohao.core.civil import aware
from baohao.core.decide.case import LineUnknown, safe_until
from baohao.core.kept import is_kept
from baohao.core.line.acts import allowances
from baohao.core.line.dues import next_due
from baohao.core.line.fold import Folded, Rules, fold, policy_of
from baohao.core.line.ladder import RETURNED, STOCK
from baohao.core.line.project import Projection, barred, project
from baohao.core.line.run import Run
from baohao.core.line.state import LineState, Reading, Sold
from baohao.core.money import format_minor
from baohao.core.newer import by_newest
from baohao.core.observed import fresh
from baohao.core.policy.freshness import stale_from
from baohao.core.policy.model import Offer, Policy
from baohao.core.policy.worlds import worlds_of
from baohao.core.reminders import Known, Reminder, Wishes, reminders
from baohao.store import clock, journal, lines, receipts, reports
from baohao.store.journal import Kept
from baohao.store.sql import Connection

Json = dict[str, Any]

#: What falls due next, by the rank that `core/line/dues.py` gives it.
_DUES = ("queued time begins", "park ends", "limit is reached", "balance is lost", "stage ends")
#: How far ahead reminders are shown.
REMINDERS_AHEAD = timedelta(days=400)


def find(conn: Connection, number: str) -> LineState:
    """Return a line as it is stored; raises `LineUnknown`."""
    line = lines.find(conn, number)
    if line is None:
        raise LineUnknown(number=number)
    return line.state


def chain_of(conn: Connection, number: str) -> tuple[Kept, ...]:
    """Return the events of a line, in the order in which they were taken down."""
    return journal.of_subject(conn, bucket_of(number), number)


def find_ask(conn: Connection, ask: UUID) -> str | None:
    """Return the number of the line that an ask has paid or got money for; `None`: none."""
    place = receipts.place(conn, str(ask))
    return None if place is None else place.line


def quote(conn: Connection, number: str, quote_id: UUID) -> Mapping[str, Any]:
    """Return what a quote promises; empty once it has ended."""
    return reports.quote(conn, number, quote_id) or {}


def show(conn: Connection, terms: Terms, number: str, at: datetime | None = None) -> Json:
    """
    Return what is true of a line at an instant, by default now, as plain JSON.

    Raises `LineUnknown` and `PolicyMissing`.
    """
    state, now = find(conn, number), clock.now(conn)
    chain = chain_of(conn, number)
    at = now if at is None else aware(at)
    acts = [act for act in state.acts if act.at <= at]
    folded = fold(terms.rules, state.first_pin, acts, until=at)
    policy = policy_of(terms.rules, folded[0].standing.pin)
    views = views_of(policy, folded, state, at)
    told = play.told(policy, folded, views, _readings(state, chain, at, now), at)
    stay = stays(policy, folded[0], views[0])
    return {
        "number": number,
        "operator": state.operator,
        "plan": state.plan,
        "custody": state.custody,
        "card": {"iccid": state.card.iccid, "imsi": state.card.imsi, "eid": state.card.eid},
        "agent": state.agent,
        "tenure": _tenure(policy, state),
        "line_version": state.version,
        "now": _local(policy, now),
        **told,
        "days_left": _days_left(views, at),
        "renewal_deadline": _instant(policy, safe_until(state)),
        "next": _next(policy, folded[0], acts),
        "timeline": drawn(policy, stay, at),
        "stays": [
            {
                "stage": each.stage,
                "kind": each.kind,
                "from": _local(policy, each.begins),
                "to": _instant(policy, each.ends),
            }
            for each in stay
        ],
        "allowances": allowances(acts, at),
        "reminders": due_reminders(policy, views, state, at, at + REMINDERS_AHEAD),
        "offers": offers(policy, state),
        "order": ordered.facts(state, terms.rules),
        "how": _how(policy),
        "sold": [_sold(policy, sold) for sold in state.sold if sold.at <= at],
        "history": [
            _event(policy, kept) for kept in chain if kept.recorded.event.effective_at <= at
        ],
    }


def views_of(
    policy: Policy, folded: Sequence[Folded], state: LineState, at: datetime
) -> list[Projection]:
    """Return what is true at `at` in each world that the acts up to then leave open."""
    worlds = worlds_of(policy)
    views = [
        project(worlds[index % len(worlds)], each.standing, state.acts, at)
        for index, each in enumerate(folded)
    ]
    if state.lost is None or at < state.lost.since:
        return views
    return [barred(view) for view in views]


def viewed(rules: Rules, state: LineState, at: datetime) -> tuple[Policy, list[Projection]]:
    """
    Return a line's policy, and what is true of it at an instant, in each world.

    Of a kept card also what the rules of today alone would give: reminders are by the earlier.
    """
    found, views = fold_at(rules, state, at)
    if is_kept(state.number):
        views += by_newest(rules, state, at)
    return policy_of(rules, found[0].standing.pin), views


def fold_at(
    rules: Rules, state: LineState, at: datetime
) -> tuple[Sequence[Folded], list[Projection]]:
    """Return a line's acts folded up to an instant, and what is true of it then, in each world."""
    found = fold(rules, state.first_pin, state.acts, until=at)
    return found, views_of(policy_of(rules, found[0].standing.pin), found, state, at)


# --- deadlines ------------------------------------------------------------------------------------


def due_reminders(
    policy: Policy,
    views: Sequence[Projection],
    state: LineState,
    since: datetime,
    until: datetime,
    wishes: Wishes | None = None,
) -> list[Json]:
    """Return the reminders of a line from then to before `until`; by the policy, or by wishes."""
    found = reminders_of(policy, views, state, since, until, wishes or Wishes(zone=policy.zone))
    return [
        {
            "number": state.number,
            "subject": each.subject,
            "due_at": _local(policy, each.due_at),
            "last_day": each.last_day.isoformat(),
            "lead_days": each.lead_days,
            "level": each.level,
            "channels": list(each.channels),
        }
        for each in found
    ]


def reminders_of(
    policy: Policy,
    views: Sequence[Projection],
    state: LineState,
    since: datetime,
    until: datetime,
    wishes: Wishes,
) -> tuple[Reminder, ...]:
    """
    Return the reminders of a line that fall due from `since` to before `until`.

    Of another operator's card under rules that nobody has looked at for a year, they come earlier.
    """
    return reminders(
        policy.reminders,
        clocks_of(policy, views, state),
        _stages(views),
        zone=policy.zone,
        wishes=wishes,
        since=since,
        until=until,
        doubted_from=stale_from(policy) if state.custody == "external" else None,
    )


def clocks_of(policy: Policy, views: Sequence[Projection], state: LineState) -> dict[str, Known]:
    """Return what is known of each deadline, by the rules and by the operator."""
    observed: dict[str, datetime] = {}
    for reading in fresh(state):
        # One that is over cannot be acted on; what is computed goes on being told.
        if reading.until is not None and reading.until > views[0].at:
            observed[reading.name] = min(reading.until, observed.get(reading.name, reading.until))
    return {name: _known(views, name, observed.get(name)) for name in policy.clocks}


def _known(views: Sequence[Projection], clock_id: str, observed: datetime | None) -> Known:
    instants = [None if (d := view.clocks.get(clock_id)) is None else d.at for view in views]
    known = [at for at in instants if at is not None]
    if not known:
        return Known(observed=observed)
    return Known(earliest=min(known), latest=max(known), observed=observed)


def _stages(views: Sequence[Projection]) -> dict[str, Known]:
    """Return when the stage that a line is in, and each that follows, begins and ends."""
    view = views[0]
    begins = [(view.stage, view.at), *((b.stage, b.at) for b in view.ahead)]
    found: dict[str, Known] = {}
    for index, (stage, at) in enumerate(begins[:-1]):
        end = begins[index + 1][1]
        found.setdefault(stage, Known(earliest=end, latest=end, begins=at))
    return found


def _next(policy: Policy, folded: Folded, acts: Sequence[Any]) -> Json | None:
    """Return what happens next by itself, and when."""
    run = Run(worlds_of(policy)[0], folded.standing, acts)
    due = next_due(run)
    if due is None:
        return None
    at, rank, name = due
    what = _DUES[rank] if rank < len(_DUES) else "charge"
    return {"at": _local(policy, at), "what": what, "of": name or run.stage.name}


def _days_left(views: Sequence[Projection], at: datetime) -> int | None:
    """Return how many whole days the number is safe for, at the least; `None`: no end in sight."""
    ends = [view.safe_until.at for view in views if view.safe_until is not None]
    return (min(ends) - at).days if ends else None


# --- what may be bought, and what was -------------------------------------------------------------


def on_offer(policy: Policy, state: LineState) -> list[Offer]:
    """Return what may be bought for a line of this plan; nothing for another operator's card."""
    if state.custody != "issued" or not policy.sellable:
        return []
    in_stock = state.standing.stage in (STOCK.name, RETURNED.name)
    return [
        offer
        for offer in policy.offers
        if offer.plan == state.plan and (offer.verb == "activate") == in_stock
    ]


def offers(policy: Policy, state: LineState) -> list[Json]:
    """Return what may be bought for a line, as plain JSON."""
    return [
        {
            "what": offer.verb,
            "title": offer.title,
            "term": str(offer.term) if offer.term else None,
            "price": format_minor(offer.price_minor, policy.currency),
            "currency": policy.currency,
            "allowances": dict(offer.allowances),
        }
        for offer in on_offer(policy, state)
    ]


def _how(policy: Policy) -> list[Json]:
    return [
        {
            "act": each.act,
            "channel": each.channel,
            "dial": each.dial,
            "page": each.page,
            "steps": list(each.steps),
            "price": None
            if each.price_minor is None
            else format_minor(each.price_minor, policy.currency),
            "abroad": each.abroad,
            "checked": None if each.checked is None else each.checked.isoformat(),
        }
        for each in policy.how
    ]


def _sold(policy: Policy, sold: Sold) -> Json:
    sale = sold.sale
    return {
        "id": sold.act,
        "at": _local(policy, sold.at),
        "channel": sold.channel,
        "total": format_minor(sale.total_minor, sale.currency),
        "currency": sale.currency,
        "paid": str(sale.payer),
        "discounts": {name: format_minor(m, sale.currency) for name, m in sale.discounts},
        "promotions": sorted({use.promotion for use in sold.uses}),
        "kept": format_minor(sold.kept_minor, sale.currency),
    }


# --- history --------------------------------------------------------------------------------------


def _readings(
    state: LineState, chain: Iterable[Kept], at: datetime, now: datetime
) -> Sequence[Reading]:
    """Return what the operator had said by then, in this life of the number."""
    found: list[Reading] = []
    for kept in chain:
        event = kept.recorded.event
        if event.kind in ("stocked", "closed", "opened"):
            found = []
        elif event.reading is not None and event.reading.at <= at:
            found.append(event.reading)
    known = found if at < now else state.readings
    return sorted(known, key=lambda r: r.at)


def _event(policy: Policy, kept: Kept) -> Json:
    recorded, event = kept.recorded, kept.recorded.event
    told: Json = {
        "seq": recorded.seq,
        "event": event.kind,
        "effective_at": _local(policy, event.effective_at),
        "recorded_at": _local(policy, recorded.recorded_at),
        "what": what(kept),
        "parts": parts(kept),
        "by": recorded.asker.principal,
        "channel": recorded.asker.channel,
        "ask": None if recorded.asker.ask is None else str(recorded.asker.ask),
    }
    if event.act is not None and event.act.amount_minor is not None:
        told["amount"] = format_minor(event.act.amount_minor, policy.currency)
    if event.act is not None and event.act.why:
        told["why"] = event.act.why
    if event.data.get("approved_by"):
        told["approved_by"] = str(event.data["approved_by"])
    if event.settled is not None and event.settled.amount_minor:
        told["amount"] = format_minor(event.settled.amount_minor, policy.currency)
    return told


def what(kept: Kept) -> str:
    """Say in a few words what an event brought."""
    event = kept.recorded.event
    if event.act is not None:
        term = f" {event.act.term}" if event.act.term else ""
        bonus = "".join(f" + {span}" for span in event.act.bonus)
        return f"{event.act.kind}{term}{bonus}"
    if event.settled is not None:
        origin = f"{event.settled.origin} → " if event.settled.origin else ""
        return f"{event.settled.what} {origin}{event.settled.id}"
    if event.reading is not None:
        return f"reading of {event.reading.name}"
    if event.kind == "allotted":
        agent = event.data.get("agent")
        return f"allotted to {agent}" if agent else "taken back"
    if event.kind == "undone":
        return f"reversed {event.data.get('of')}: {event.data.get('reason')}"
    return event.kind


def parts(kept: Kept) -> Json:
    """Return the same in parts, for whoever says it in another language."""
    event = kept.recorded.event
    if event.act is not None:
        bonus = [str(span) for span in event.act.bonus]
        return {"kind": event.act.kind, "term": str(event.act.term or ""), "bonus": bonus}
    if event.settled is not None and event.kind == "settled":
        due = event.settled
        return {"kind": f"settled.{due.what}", "name": due.id, "origin": due.origin}
    if event.reading is not None:
        return {"kind": event.kind, "name": event.reading.name}
    if event.kind == "allotted":
        agent = event.data.get("agent")
        return {"kind": "allotted", "name": str(agent)} if agent else {"kind": "returned"}
    if event.kind == "undone":
        return {"kind": "undone", "name": str(event.data.get("reason"))}
    return {"kind": event.kind}


def _tenure(policy: Policy, state: LineState) -> Json | None:
    tenure = state.tenure
    if tenure is None:
        return None
    return {
        "epoch": tenure.epoch,
        "holder": tenure.holder,
        "since": _local(policy, tenure.since),
        "identity": tenure.identity,
        "locked": tenure.locked,
    }


def _instant(policy: Policy, at: datetime | None) -> str | None:
    return None if at is None else _local(policy, at)


def _local(policy: Policy, at: datetime) -> str:
    return at.astimezone(policy.zone).isoformat()
