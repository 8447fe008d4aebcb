"""What holders are told of campaigns that their lines are in: holds in force, moves to come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from baohao.app import campaigns
from baohao.app.glance import Glance
from baohao.core.campaigns import MORATORIUM, Campaign
from baohao.outside.kept import Kept
from baohao.web.desk import desk

#: For how long campaigns are taken as they were read (seconds): pages ask about each line.
KEPT_S = 5.0
_read: Kept[Sequence[Campaign]] = Kept(KEPT_S)


def about(line: Glance) -> list[tuple[str, str, datetime | None]]:
    """Return (kind, words, last good moment before it goes on) of what concerns a line."""
    zone = desk().house.library.operators[line.operator].zone
    found = _read.get(lambda: desk().read(campaigns.shown))
    return [
        (each.kind, each.plan.words, _local(each, zone))
        for each in found
        if each.is_about(line.operator, line.number, line.plan, line.pin)
    ]


def forget() -> None:
    """Read anew next time."""
    _read.forget()


def _local(campaign: Campaign, zone: tzinfo) -> datetime | None:
    at = campaign.goes_on_at
    if at is None:
        return None
    # A hold is lifted after its last day; a move begins on the day itself.
    moment = at - timedelta(microseconds=1) if campaign.kind == MORATORIUM else at
    return moment.astimezone(zone)
