"""Campaigns and their lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from baohao.core.bucket import bucket_of
from baohao.core.campaigns import MORATORIUM, Campaign, Plan
from baohao.core.line import codec
from baohao.core.line.state import LineState
from baohao.store.sql import Connection, Row, call, rows, run, trip

#: Behind no line.
START = (-1, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One line of a campaign, and what became of it."""

    number: str
    outcome: str
    code: str = ""
    days: int | None = None
    was: date | None = None
    will: date | None = None
    told_at: datetime | None = None


def insert(conn: Connection, new: Campaign) -> None:
    """Write a new campaign; the same id again changes nothing."""
    place = (bucket_of(new.operator), new.operator, new.id, new.kind)
    plan = msgspec.json.encode(new.plan).decode()
    run(conn, "insert_campaign", *place, plan, new.made_by, new.made_at, new.goes_on_at)


def move(conn: Connection, moved: Campaign, was: str) -> bool:
    """Write how a campaign stands; false where it was not in the state `was`."""
    said = (moved.state, moved.approved_by, moved.approved_at, moved.ended_by)
    more = (moved.goes_on_at, moved.told_at, *moved.at)
    place = (bucket_of(moved.operator), moved.operator, moved.id, was)
    return run(conn, "move_campaign", *said, *more, *place) == 1


def find(conn: Connection, operator: str, id_: UUID) -> Campaign | None:
    """Return one of an operator's; `None`: it has none by that id."""
    found = rows(conn, "read_campaign", bucket_of(operator), operator, id_)
    return next(map(_campaign, found), None)


def of_operator(conn: Connection, operator: str) -> list[Campaign]:
    """Return an operator's, the latest first."""
    return list(map(_campaign, rows(conn, "list_campaigns", bucket_of(operator), operator)))


def open_(conn: Connection) -> list[Campaign]:
    """Return all that are under way or planned."""
    return list(map(_campaign, rows(conn, "list_open_campaigns")))


def lines(
    conn: Connection, campaign: Campaign, after: tuple[int, str], limit: int
) -> list[LineState]:
    """Return lines that a campaign is for, behind a key."""
    found = rows(conn, "page_campaign_states", *after, campaign.operator, *_asked(campaign), limit)
    return [codec.decode(state) for (state,) in found]


def count(conn: Connection, campaign: Campaign, until: datetime | None) -> tuple[int, int]:
    """Return how many lines it is for, and how many of them leave their stage before an instant."""
    asked = _asked(campaign)
    [(every, leaving)] = rows(conn, "count_campaign_lines", until, campaign.operator, *asked)
    return int(every), int(leaving)


def _asked(campaign: Campaign) -> Row:
    plan, like = campaign.plan, [f"{prefix}%" for prefix in campaign.plan.prefixes] or ["%"]
    is_of_holders = campaign.kind == MORATORIUM
    return (plan.pin or None, plan.pin, plan.plan or None, plan.plan, like, is_of_holders)


def put(conn: Connection, campaign: UUID, members: Sequence[Member], at: datetime) -> None:
    """Write what became of lines."""
    written: list[Row] = [
        (bucket_of(m.number), m.number, m.outcome, m.code, m.days, m.was, m.will, m.told_at)
        for m in members
    ]
    if written:
        trip(conn, [call("put_campaign_lines", written, campaign, at)])


def members(
    conn: Connection,
    campaign: UUID,
    after: tuple[int, str],
    limit: int,
    outcomes: Sequence[str] = (),
) -> list[Member]:
    """Return lines of a campaign behind a key, all or those of some outcomes."""
    asked = (campaign, *after, list(outcomes) or None, list(outcomes), limit)
    return [_member(row) for row in rows(conn, "page_campaign_lines", *asked)]


def outcomes(conn: Connection, campaign: UUID) -> list[tuple[str, str, int, int, int]]:
    """Return (outcome, code, lines, most days gained, most days lost)."""
    return [tuple(row) for row in rows(conn, "count_campaign_outcomes", campaign)]


def _member(row: Row) -> Member:
    number, outcome, code, days, was, will, told_at = row
    return Member(
        number=number, outcome=outcome, code=code, days=days, was=was, will=will, told_at=told_at
    )


def _campaign(row: Row) -> Campaign:
    operator, id_, kind, plan, state, made_by, made_at, *rest = row
    approved_by, approved_at, ended_by, goes_on_at, told_at, bucket, number = rest
    told: dict[str, Any] = {**plan, "prefixes": tuple(plan["prefixes"])}
    return Campaign(
        operator=operator,
        id=id_,
        kind=kind,
        plan=Plan(**told),
        state=state,
        made_by=made_by,
        made_at=made_at,
        approved_by=approved_by,
        approved_at=approved_at,
        ended_by=ended_by,
        goes_on_at=goes_on_at,
        told_at=told_at,
        at=(bucket, number),
    )
