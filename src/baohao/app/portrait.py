"""
A portrait: what machines are told of a line at an instant, in whole minor units and plain instants.

`app/show.py` tells the same to people, with more. Nobody is named in it: neither the holder nor
whoever did something.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from baohao.app import ordered, show
from baohao.app.timeline import stays
from baohao.core.asks import Terms
from baohao.core.civil import aware
from baohao.core.decide.case import safe_until
from baohao.core.line.acts import Act, allowances
from baohao.core.line.fold import fold, policy_of
from baohao.core.line.project import Deadline
from baohao.core.line.prospect import Range, together
from baohao.core.line.state import LineState
from baohao.core.policy.model import Policy
from baohao.store import clock
from baohao.store.sql import Connection

Json = dict[str, Any]


def portrait(conn: Connection, terms: Terms, number: str, at: datetime | None = None) -> Json:
    """
    Return what is true of a line at an instant, by default now; of the past, as it is known today.

    Raises `LineUnknown` and `PolicyMissing`.
    """
    state, now = show.find(conn, number), clock.now(conn)
    at = now if at is None else aware(at)
    acts = [act for act in state.acts if act.at <= at]
    folded = fold(terms.rules, state.first_pin, acts, until=at)
    policy = policy_of(terms.rules, folded[0].standing.pin)
    views = show.views_of(policy, folded, state, at)
    seen = together(views)
    return {
        "number": number,
        "operator": state.operator,
        "plan": state.plan,
        "policy": policy.pin,
        "custody": state.custody,
        "iccid": state.card.iccid or None,
        "version": state.version,
        "at": _local(policy, at),
        "stages": list(seen.stages),
        "safe_until": _range(policy, seen.safe_until),
        "service_until": _range(policy, seen.service_until),
        "renewal_deadline": _instant(policy, safe_until(state)),
        "clocks": [
            {"name": name, "ends": _range(policy, seen.clocks[name])} for name in policy.clocks
        ],
        "services": {place: sorted(works) for place, works in seen.services.items()},
        "balances_minor": dict(views[0].balances),
        "currency": policy.currency,
        "allowances": allowances(acts, at),
        "stays": [
            {
                "stage": stay.stage,
                "kind": stay.kind,
                "from": _local(policy, stay.begins),
                "to": _instant(policy, stay.ends),
            }
            for stay in stays(policy, folded[0], views[0])
        ],
        "offers": offers(policy, state),
        "order": ordered.facts(state, terms.rules),
    }


def history(conn: Connection, terms: Terms, number: str, principal: str | None) -> list[Json]:
    """
    Return what happened to a line in its current tenure, in the order it was taken down.

    Who asked is told where it was `principal`; by `None`, everybody is.
    """
    state = show.find(conn, number)
    policy = policy_of(terms.rules, state.pin)
    since = state.tenure.since if state.tenure is not None else None
    found = []
    for kept in show.chain_of(conn, number):
        recorded, event = kept.recorded, kept.recorded.event
        if since is not None and recorded.recorded_at < since and event.kind != "stocked":
            continue
        is_told = principal is None or recorded.asker.principal == principal
        found.append(
            {
                "seq": recorded.seq,
                "event": event.kind,
                "effective_at": _local(policy, event.effective_at),
                "recorded_at": _local(policy, recorded.recorded_at),
                "what": show.what(kept),
                "parts": show.parts(kept),
                "channel": recorded.asker.channel or None,
                "by": recorded.asker.principal or None if is_told else None,
                "ask": str(recorded.asker.ask) if is_told and recorded.asker.ask else None,
            }
        )
    return found


def offers(policy: Policy, state: LineState) -> list[Json]:
    """Return what may be bought for a line of this plan now."""
    return [
        {
            "verb": offer.verb,
            "title": offer.title,
            "term": str(offer.term) if offer.term else None,
            "price_minor": offer.price_minor,
            "currency": policy.currency,
        }
        for offer in show.on_offer(policy, state)
    ]


def what_if(
    conn: Connection, terms: Terms, number: str, acts: Sequence[Mapping[str, Any]], at: datetime
) -> Json:
    """
    Return what would be true at `at` if these acts happened: nothing is changed.

    Each has `kind`, `at`, and what it needs of `term` and `amount_minor`. Raises `LineUnknown`.
    """
    state = show.find(conn, number)
    made = [_act(n, each) for n, each in enumerate(acts)]
    both = tuple(sorted([*state.acts, *made], key=lambda act: act.at))
    folded = fold(terms.rules, state.first_pin, [a for a in both if a.at <= at], until=at)
    policy = policy_of(terms.rules, folded[0].standing.pin)
    seen = together(show.views_of(policy, folded, state, at))
    return {
        "number": number,
        "at": _local(policy, at),
        "stages": list(seen.stages),
        "safe_until": _range(policy, seen.safe_until),
        "service_until": _range(policy, seen.service_until),
    }


def _act(n: int, said: Mapping[str, Any]) -> Act:
    return Act(
        id=f"what-if-{n}",
        kind=said["kind"],
        at=aware(said["at"]),
        amount_minor=said.get("amount_minor"),
        credited_minor=said.get("amount_minor") or 0,
        term=said.get("term"),
    )


def _range(policy: Policy, found: Range) -> Json:
    return {
        "earliest": _deadline(policy, found.earliest),
        "latest": _deadline(policy, found.latest),
    }


def _deadline(policy: Policy, deadline: Deadline | None) -> Json | None:
    if deadline is None:
        return None
    return {"at": _local(policy, deadline.at), "last_day": deadline.last_day.isoformat()}


def _instant(policy: Policy, at: datetime | None) -> str | None:
    return None if at is None else _local(policy, at)


def _local(policy: Policy, at: datetime) -> str:
    return at.astimezone(policy.zone).isoformat()
