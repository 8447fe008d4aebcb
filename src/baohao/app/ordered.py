"""What is told of a line's standing order: the consent, what was done, and what happens next."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from baohao.core.decide.ordering import next_of
from baohao.core.line.fold import Rules, policy_of
from baohao.core.line.ordered import Ordered
from baohao.core.line.state import LineState
from baohao.core.standing_orders import Progress, StepKind

Json = dict[str, Any]

#: What each step is to a person.
STEPS = {
    StepKind.NOTIFY: "the holder is owed a notice",
    StepKind.HAND_OVER: "the notice is handed over; nothing is charged before",
    StepKind.CHARGE: "charged",
    StepKind.GIVE_UP: "given up, and the holder is told",
}


def facts(line: LineState, rules: Rules) -> Json | None:
    """Return what is told of a line's order; `None`: it has none."""
    ordered = line.order
    if ordered is None:
        return None
    zone = policy_of(rules, line.pin).zone
    following = next_of(line, rules)
    done = Progress(deadline=ordered.consented_at)
    if following is not None:
        done = ordered.at(following[0])
    return {
        **_consent(ordered, zone),
        "deadline": None if following is None else _local(following[0], zone),
        "next": None
        if following is None
        else {
            "step": following[1].kind.value,
            "what": STEPS[following[1].kind],
            "at": _local(following[1].at, zone),
        },
        "notice_owed_at": _local(done.owed_at, zone),
        "told_at": _local(done.noticed_at, zone),
        "failed_at": [_local(at, zone) for at in done.failed_at],
        "code": ordered.code or None,
        "paid_for": _local(ordered.charged, zone),
    }


def _consent(ordered: Ordered, zone: tzinfo) -> Json:
    return {
        "order": ordered.id,
        "plan": ordered.plan,
        "term": str(ordered.term),
        "payer": ordered.payer,
        "limit_minor": ordered.limit_minor,
        "currency": ordered.currency,
        "lead": str(ordered.lead),
        "notice": str(ordered.notice),
        "cure": str(ordered.cure),
        "consent": ordered.consent,
        "channel": ordered.channel,
        "consented_at": _local(ordered.consented_at, zone),
        "granted_until": _local(ordered.granted_until, zone),
        "stopped_at": _local(ordered.stopped_at, zone),
    }


def _local(at: datetime | None, zone: tzinfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat()
