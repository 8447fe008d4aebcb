"""
Handing over: a card goes on under somebody else's watch, as it stands.

What was done with it is told there again, so that its dates follow from the same acts. Where
something was put right by hand, which nobody but who did it can say, where it stands is told alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from baohao.app.kept.adding import end_of
from baohao.app.kept.listing import Card
from baohao.core.decide.record import RECORDED
from baohao.core.line.acts import STARTS, Act
from baohao.core.line.state import Reading
from baohao.core.policy.ending import service_clock

Json = dict[str, Any]


def retold(card: Card, to: str) -> Iterator[tuple[str, Json]]:
    """Yield the verbs, each with its payload, that bring a card under another's watch."""
    policy = card.policy
    first: Json = {
        "operator": policy.operator,
        "plan": card.state.plan,
        "pin": card.state.pin,
        "holder": to,
    }
    acts = sorted(card.state.acts, key=lambda act: act.at)
    if any(act.kind == "adjust" for act in acts) or not acts:
        clock = service_clock(policy)
        if card.due is not None and clock:
            first |= {"clock": clock, "until": end_of(policy, card.due).isoformat()}
        if policy.charges:
            first["balance_minor"] = card.glance.balances_minor.get("main", 0)
        yield "keep", first
        return
    first["begins"] = acts[0].at.isoformat()
    yield "keep", first
    for act in acts:
        if act.kind in RECORDED - STARTS:
            yield "record", _told(act)
    for reading in card.state.readings:
        yield "observe", _read(reading)


def _told(act: Act) -> Json:
    """Return an act as `record` takes it."""
    return {
        "act": act.id,
        "kind": act.kind,
        "at": act.at.isoformat(),
        "amount_minor": act.amount_minor,
        "paid_minor": act.paid_minor,
        "net_minor": act.net_minor,
        "credited_minor": act.credited_minor,
        "spend_minor": act.spend_minor or None,
        "sku": act.sku,
        "term": None if act.term is None else str(act.term),
        "used": dict(act.used) or None,
        "where": act.channel,
        "actor": act.actor,
        "tags": sorted(act.tags),
    }


def _read(reading: Reading) -> Json:
    """Return a reading as `observe` takes it."""
    is_clock = reading.until is not None
    return {
        "clock" if is_clock else "balance": reading.name,
        "at": reading.at.isoformat(),
        "until": None if reading.until is None else reading.until.isoformat(),
        "amount_minor": reading.amount_minor,
        "evidence": reading.evidence,
    }
