"""
Play a policy against a history: nothing is stored, nothing is sold.

The format of both sides is docs/how-to/play-a-policy.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from baohao.app import policies
from baohao.core.civil import Span, aware, midnight
from baohao.core.line.acts import KINDS, Act
from baohao.core.line.fold import Folded, fold
from baohao.core.line.project import Deadline, Projection, project
from baohao.core.line.prospect import Prospect, Range, together
from baohao.core.line.state import Reading
from baohao.core.money import format_minor, parse_minor
from baohao.core.observed import beside
from baohao.core.policy.model import KEEPING, PLACES, SERVICES, Policy
from baohao.core.policy.worlds import worlds_of
from baohao.core.refusals import Malformed

Json = dict[str, Any]

_TIMES = {"requested": "requested_at", "paid_at": "paid_at", "used_at": "used_at"}
_MONEY = {
    "amount": "amount_minor",
    "paid": "paid_minor",
    "net": "net_minor",
    "credited": "credited_minor",
}
_FIELDS = frozenset(
    {"id", "kind", "at", "of", "spend", "term", "bonus", "sku", "channel", "actor", "tags"}
    | {"clock", "until", "balance", "why", "recorded", *_TIMES, *_MONEY}
)


class EventMalformed(Malformed):
    """Event {index} of the history is not valid: {reason}."""

    code = "malformed.event"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The acts that stand, and the operator's readings."""

    acts: tuple[Act, ...]
    readings: tuple[Reading, ...]


def play(path: Path | str, events: Sequence[Mapping[str, Any]], at: datetime) -> Json:
    """
    Fold `events` under the policy in `path` and return what is true at `at`.

    Raises `EventMalformed`, and `policies.PolicyRefused` when the linter does not pass the policy.
    """
    return play_policy(policies.load(Path(path)).accepted(), events, at)


def play_policy(policy: Policy, events: Sequence[Mapping[str, Any]], at: datetime) -> Json:
    """Fold `events` under a policy and return what is true at `at`."""
    history = read_history(policy, events)
    at = aware(at)
    folded = fold({policy.pin: policy}, policy.pin, history.acts, until=at)
    seen = [act for act in history.acts if act.at <= at]
    views = [
        project(world, f.standing, seen, at)
        for world, f in zip(worlds_of(policy), folded, strict=True)
    ]
    return told(policy, folded, views, [r for r in history.readings if r.at <= at], at)


def read_history(policy: Policy, events: Sequence[Mapping[str, Any]]) -> History:
    """
    Read a history into acts and readings; a reversed act is left out, as if it had never been.
    """
    acts: list[Act] = []
    readings: list[Reading] = []
    gone: set[str] = set()
    for index, event in enumerate(events):
        try:
            unknown = set(event) - _FIELDS
            if unknown:
                raise EventMalformed(index=index, reason=f"unknown field {min(unknown)!r}")
            if event["kind"] == "reverse":
                gone.add(str(event["of"]))
            elif event["kind"] == "observe":
                readings.append(_reading(policy, event))
            else:
                acts.append(_act(policy, event, index))
        except KeyError as missing:
            raise EventMalformed(index=index, reason=f"it has no {missing.args[0]!r}") from missing
        except ValueError as wrong:
            raise EventMalformed(index=index, reason=str(wrong)) from wrong
    ids = [act.id for act in acts]
    if len(set(ids)) < len(ids):
        twice = next(i for i in ids if ids.count(i) > 1)
        raise EventMalformed(index=ids.index(twice), reason=f"the id {twice!r} stands twice")
    missing_acts = sorted(gone - set(ids))
    if missing_acts:
        raise EventMalformed(
            index=len(events) - 1, reason=f"there is no {missing_acts[0]!r} to reverse"
        )
    kept = tuple(act for act in acts if act.id not in gone)
    return History(acts=kept, readings=tuple(sorted(readings, key=lambda r: r.at)))


def _act(policy: Policy, event: Mapping[str, Any], index: int) -> Act:
    kind = str(event["kind"])
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not a kind of act")
    bonus = event.get("bonus", ())
    given: dict[str, Any] = {
        field: _minor(policy, event[name]) for name, field in _MONEY.items() if name in event
    } | {field: _instant(event[name]) for name, field in _TIMES.items() if name in event}
    return Act(
        id=str(event.get("id", f"event-{index}")),
        kind=kind,
        at=_instant(event["at"]),
        spend_minor=_minor(policy, event.get("spend", "0")),
        term=Span.parse(event["term"]) if "term" in event else None,
        bonus=tuple(Span.parse(b) for b in ([bonus] if isinstance(bonus, str) else bonus)),
        sku=str(event.get("sku", "")),
        channel=str(event.get("channel", "")),
        actor=str(event.get("actor", "")),
        tags=frozenset(event.get("tags", ())),
        clock=_known(policy.clocks, event.get("clock", ""), "clock"),
        until=_deadline(policy, event["until"]) if "until" in event else None,
        balance=_known(policy.balances, event.get("balance", ""), "balance"),
        why=str(event.get("why", "")),
        **given,
    )


def _reading(policy: Policy, event: Mapping[str, Any]) -> Reading:
    if "balance" in event:
        amount = _minor(policy, event["amount"])
        return Reading(at=_instant(event["at"]), name=event["balance"], amount_minor=amount)
    clock = _known(policy.clocks, event["clock"], "clock")
    return Reading(at=_instant(event["at"]), name=clock, until=_deadline(policy, event["until"]))


def _known(names: Mapping[str, object], name: str, what: str) -> str:
    if name and name not in names:
        raise ValueError(f"the policy has no {what} {name!r}")
    return name


def _minor(policy: Policy, text: object) -> int:
    return parse_minor(str(text), policy.currency)


def _instant(value: object) -> datetime:
    return aware(value if isinstance(value, datetime) else datetime.fromisoformat(str(value)))


def _deadline(policy: Policy, value: object) -> datetime:
    """Read an instant, or a last good day as the midnight after it."""
    text = str(value)
    if len(text) == 10:
        return midnight(date.fromisoformat(text) + timedelta(days=1), policy.zone)
    return _instant(text)


# -- telling ---------------------------------------------------------------------------------------


def told(
    policy: Policy,
    folded: Sequence[Folded],
    views: Sequence[Projection],
    readings: Sequence[Reading],
    at: datetime,
) -> Json:
    """Return what folds and projections, one for each world, say at `at`; `readings` up to then."""
    first, view, seen = folded[0], views[0], together(views)
    stages = list(seen.stages)
    return {
        "policy": policy.name,
        "version": policy.version,
        "at": _local(policy, at),
        "worlds": len(views),
        "stage": stages[0] if len(stages) == 1 else stages,
        "kept": _same([v.kind in KEEPING for v in views]),
        "safe_until": _range(policy, seen.safe_until),
        "service_until": _range(policy, seen.service_until),
        "clocks": {name: _range(policy, seen.clocks[name]) for name in policy.clocks},
        "balances": _same([_balances(policy, v) for v in views]),
        "services": {place: [s for s in SERVICES if s in seen.services[place]] for place in PLACES},
        "ahead": _same([_ahead(policy, v) for v in views]),
        "settled": _same([_settled(policy, f) for f in folded]),
        "benefits": _same([_benefits(policy, f) for f in folded]),
        "observed": _observed(policy, seen, readings),
        "parked": view.parked,
        "held": view.held,
        "parked_days": {str(year): days for year, days in sorted(view.barred_days.items())},
        "warnings": [
            {
                k: v
                for k, v in (("of", w.act), ("code", w.code), ("days", w.days), ("why", w.why))
                if v
            }
            for w in first.warnings
        ],
    }


def _same(values: Sequence[Any]) -> Any:
    """Return what all worlds say, or, where they differ, what each of them says."""
    return values[0] if all(v == values[0] for v in values) else {"worlds": list(values)}


def _local(policy: Policy, at: datetime) -> str:
    return at.astimezone(policy.zone).isoformat()


def _money(policy: Policy, minor: int) -> str:
    return format_minor(minor, policy.currency)


def _one(policy: Policy, deadline: Deadline | None) -> Json | None:
    if deadline is None:
        return None
    return {"at": _local(policy, deadline.at), "last_day": deadline.last_day.isoformat()}


def _range(policy: Policy, found: Range) -> Json | None:
    """Return one deadline, or the earliest and the latest of several."""
    if found.is_known:
        return _one(policy, found.earliest)
    return {"earliest": _one(policy, found.earliest), "latest": _one(policy, found.latest)}


def _balances(policy: Policy, view: Projection) -> dict[str, str]:
    """Every bucket that the policy names or the line has; what nothing touched is empty."""
    buckets = {**policy.balances, **view.balances}
    return {bucket: _money(policy, view.balances.get(bucket, 0)) for bucket in buckets}


def _ahead(policy: Policy, view: Projection) -> list[Json]:
    return [{"stage": b.stage, "at": _local(policy, b.at)} for b in view.ahead]


def _settled(policy: Policy, folded: Folded) -> list[Json]:
    rows: list[Json] = []
    for s in folded.settled:
        row: Json = {"what": s.what, "at": _local(policy, s.at)}
        if s.what == "stage":
            row |= {"from": s.origin, "to": s.id}
        else:
            row["id"] = s.id
        if s.amount_minor:
            row["amount"] = _money(policy, s.amount_minor)
        rows.append(row)
    return rows


def _benefits(policy: Policy, folded: Folded) -> list[Json]:
    return [
        {
            "of": b.act,
            "clock": b.clock,
            "kind": b.kind,
            "from": _local(policy, b.start),
            "to": _local(policy, b.end),
        }
        for b in sorted(folded.standing.benefits, key=lambda b: (b.start, b.end, b.act))
    ]


def _observed(policy: Policy, seen: Prospect, readings: Sequence[Reading]) -> dict[str, Json]:
    """Put the latest reading of each clock and balance beside what was computed."""
    told: dict[str, Json] = {}
    for name, each in beside(seen, readings, (), policy.zone).items():
        if each.reading.until is None or each.last_day is None:
            told[name] = {"amount": _money(policy, each.reading.amount_minor or 0)}
            continue
        told[name] = _one(policy, Deadline(each.reading.until, each.last_day)) or {}
        if each.differs_days is not None:
            told[name]["differs_days"] = each.differs_days
    return told
