"""Halls, as everybody may find them: where they are, when they are open, what is done there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from baohao.app.policies import zone_of
from baohao.core.fees import FeeSchedule
from baohao.core.opening import Opening, opening
from baohao.core.points import Point
from baohao.store import clock, days
from baohao.store.sql import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """One hall."""

    point: Point
    zone: tzinfo
    opening: Opening
    #: Verbs that are done there.
    does: Sequence[str]


def found(conn: Connection, fees: Mapping[str, FeeSchedule]) -> list[Hall]:
    """Return the halls that everybody may find, by their operators and keys."""
    now = clock.now(conn)
    listed = [each for each in days.points(conn).values() if each.told.listed]
    halls = []
    for point in sorted(listed, key=lambda each: (each.operator, each.key)):
        zone = zone_of(point.zone)
        halls.append(
            Hall(
                point=point,
                zone=zone,
                opening=opening(point.told, zone, now),
                does=done_at(point, fees.get(point.operator)),
            )
        )
    return halls


def of_operator(conn: Connection, operator: str) -> list[Point]:
    """Return all halls of an operator by their keys."""
    every = days.points(conn).values()
    return sorted((p for p in every if p.operator == operator), key=lambda each: each.key)


def done_at(point: Point, schedule: FeeSchedule | None) -> Sequence[str]:
    """Return the verbs that a hall does of those that its operator offers at counters."""
    offered = () if schedule is None else offered_at_counters(schedule)
    return [verb for verb in offered if not point.told.does or verb in point.told.does]


def offered_at_counters(schedule: FeeSchedule) -> Sequence[str]:
    """Return the verbs that holders come to counters for."""
    return [verb for verb in FOR_HOLDERS if (verb, "counter") in schedule.fees]


#: What holders come for; the rest is between the operator and itself.
FOR_HOLDERS = (
    *("renew", "activate", "top_up", "register", "replace_card", "change_plan"),
    *("change_number", "transfer", "port_in", "port_out", "park", "terminate"),
)
