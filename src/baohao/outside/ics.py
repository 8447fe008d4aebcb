"""Calendars as RFC 5545 has them: the same bytes for the same appointments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, timedelta

from icalendar import Alarm, Calendar, Event

from baohao.app.ports import Appointment

#: How often a calendar is to be read again.
REFRESH = timedelta(hours=6)


def written(name: str, appointments: Iterable[Appointment]) -> bytes:
    """Write a calendar, with the zones that its appointments are in."""
    calendar = Calendar()
    calendar.add("prodid", "-//baohao//deadlines of numbers//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    # RFC 7986, and the names under which older programs know the same.
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    for each in appointments:
        calendar.add_component(_event(each))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(of: Appointment) -> Event:
    event = Event()
    event.add("uid", of.uid)
    event.add("sequence", of.sequence)
    event.add("dtstamp", of.changed_at.astimezone(UTC))
    event.add("last-modified", of.changed_at.astimezone(UTC))
    event.add("dtstart", of.starts)
    event.add("dtend", of.ends)
    event.add("summary", of.title)
    event.add("description", of.text)
    if of.url:
        event.add("url", of.url)
    # Nobody is busy by it.
    event.add("transp", "TRANSPARENT")
    for at in of.alarms:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", of.title)
        alarm.add("trigger", at.astimezone(UTC), parameters={"VALUE": "DATE-TIME"})
        event.add_component(alarm)
    return event
