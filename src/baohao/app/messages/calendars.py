"""
Calendars: a holder's deadlines at an address that only they know, and may take back.

    AAEBkG...(56 letters)
    bucket · a random id · MAC

The address is the key. It is made anew or taken away by its holder, and it is kept as an id: who
reads the database without the house's key cannot write it. It shows the numbers that the holder has
today, in part, and nothing of one whose tenure has ended.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from baohao.app.messages import preferences, remind
from baohao.app.messages.teller import Teller
from baohao.app.messages.wording import EMAIL, Words
from baohao.app.ports import Appointment
from baohao.app.show import reminders_of, viewed
from baohao.core.bucket import bucket_of
from baohao.core.kept import is_kept, number_of
from baohao.core.reminders import Reminder
from baohao.store import clock, lines, messages, tenures
from baohao.store.lines import Line
from baohao.store.sql import Connection
from baohao.store.tenures import Held

#: An appointment ends with the deadline, and takes so long.
LENGTH = timedelta(hours=1)
#: What a card of another operator's is called in the texts.
CARD = "card"
BUCKET_BYTES, ID_BYTES, MAC_BYTES = 2, 16, 24
_BODY = BUCKET_BYTES + ID_BYTES
#: What is signed begins with it, so that no other use of the house's key makes an address.
_PURPOSE = b"calendar\0"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{56}", re.ASCII)

#: Returns the HMAC-SHA256 of a text under a key of the house.
Sign = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a holder's calendar is."""

    id: UUID
    token: str
    made_at: datetime


def address(conn: Connection, sign: Sign, holder: str) -> Address | None:
    """Return where a holder's calendar is; `None`: nowhere."""
    found = messages.calendar(conn, holder)
    if found is None:
        return None
    id_, made_at = found
    body = bucket_of(holder).to_bytes(BUCKET_BYTES) + id_.bytes
    token = urlsafe_b64encode(body + _mac(body, sign)).decode()
    return Address(id=id_, token=token, made_at=made_at)


def make(conn: Connection, holder: str, instead_of: UUID | None, id_: UUID) -> None:
    """
    Give a holder's calendar an address, in place of the one that the holder saw.

    Asked a second time it does nothing: the one that was seen is gone by then.
    """
    found = messages.calendar(conn, holder)
    if (None if found is None else found[0]) == instead_of:
        messages.put_calendar(conn, holder, id_, clock.now(conn))


def revoke(conn: Connection, holder: str) -> None:
    """Take the address of a holder's calendar away."""
    messages.revoke_calendar(conn, holder)


def holder_of(conn: Connection, sign: Sign, token: str) -> str | None:
    """Return whose calendar is at an address; `None`: nobody's, whatever it looks like."""
    if _TOKEN.fullmatch(token) is None:
        return None
    whole = urlsafe_b64decode(token)
    body, mac = whole[:_BODY], whole[_BODY:]
    if not compare_digest(_mac(body, sign), mac):
        return None
    bucket, id_ = int.from_bytes(body[:BUCKET_BYTES]), UUID(bytes=body[BUCKET_BYTES:])
    return messages.holder_of_calendar(conn, bucket, id_)


def appointments(conn: Connection, teller: Teller, holder: str) -> list[Appointment]:
    """Return the deadlines of the numbers that a holder has today."""
    now = clock.now(conn)
    found: list[Appointment] = []
    for held in tenures.of_holder(conn, holder):
        line = lines.find(conn, held.number)
        if line is not None and line.state.epoch == held.epoch:
            found += _of_line(conn, teller, line, held, now)
    return sorted(found, key=lambda each: (each.ends, each.uid))


def _of_line(
    conn: Connection, teller: Teller, line: Line, held: Held, now: datetime
) -> Iterator[Appointment]:
    state = line.state
    policy, views = viewed(teller.terms.rules, state, max(now, state.standing.at or now))
    said = teller.preferences(conn, held.holder)
    wishes, operator = said.wishes(policy.zone), teller.operators[state.operator]
    words = Words(
        language=preferences.language_of(said, operator.languages),
        channel=EMAIL,
        operator=operator,
        zone=policy.zone,
        reader_zone=wishes.zone,
        pages=teller.pages,
    )
    since, until = now - remind.AHEAD, now + remind.AHEAD
    of_subject: dict[str, list[Reminder]] = {}
    for each in reminders_of(policy, views, state, since, until, wishes):
        if each.deadline > now:
            of_subject.setdefault(each.subject, []).append(each)
    for subject, found in of_subject.items():
        last = found[-1]
        facts = remind.facts_of(policy, views, state, last, title="soon")
        if is_kept(state.number):
            # Nothing is renewed here: what counts is on the card's own page.
            number = number_of(state.number)
            facts = replace(facts, title=CARD, text=CARD, number=number, asks=False)
        written = words.of_appointment(facts)
        name = f"deadline\0{held.number}\0{held.epoch}\0{subject}"
        ends = last.deadline.astimezone(policy.zone)
        yield Appointment(
            uid=f"{teller.seals.sign(name.encode()).hex()[:32]}@baohao",
            sequence=state.version,
            changed_at=line.recorded_at,
            starts=ends - LENGTH,
            ends=ends,
            title=written.title,
            text=written.text,
            url=f"{teller.pages}/{_path(state.number)}" if teller.pages else "",
            alarms=tuple(sorted({each.due_at for each in found})),
        )


def _path(subject: str) -> str:
    """Return where a line's page is; of the reader's own lines, where all are."""
    return f"my/cards/{subject.removeprefix('+')}/" if is_kept(subject) else "my/"


def _mac(body: bytes, sign: Sign) -> bytes:
    return sign(_PURPOSE + body)[:MAC_BYTES]
