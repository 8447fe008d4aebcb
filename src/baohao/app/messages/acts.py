"""
Acts: each act on a line is told to its holder by the operator itself, whoever did it.

A decision owes the message as an effect. It is taken, worded and written down in one transaction,
so that it is told once however often a worker dies; what then sends it is the outbox. Who has lost
the number by the act is told of that, and of nothing that comes after.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import psycopg

from baohao.app.messages.teller import Event, Teller
from baohao.app.messages.wording import TEXTS, Facts
from baohao.app.orders import links
from baohao.core.civil import civil_day
from baohao.core.decide.case import safe_until
from baohao.core.ids import following
from baohao.core.kept import is_kept
from baohao.core.line.fold import policy_of
from baohao.core.line.ordered import ORDERED, OWED
from baohao.core.line.state import LineState
from baohao.core.policy.model import Policy
from baohao.store import clock, lines, messages
from baohao.store.messages import Owed
from baohao.store.sql import Connection

log = logging.getLogger(__name__)

#: Taken in one transaction.
AT_ONCE = 100
#: What is older is not told any more: it would be taken for news. A charge that is announced waits
#: for its message, whatever its age.
NEWS = timedelta(days=3)

#: When a message is taken up again that a defect of ours kept from being written.
DEFECT = timedelta(hours=1)

#: Acts that end the tenure of whoever is told.
ENDING = frozenset({"number_changed", "ported_out", "transferred", "terminated", "unmade"})
#: Acts that a thief would do: told by every way that there is.
GRAVE = ENDING | {"card_replaced", "card_lost", "card_found", "registered", ORDERED}
#: Acts that move what is paid for, and those that somebody paid for.
_MOVING = frozenset(
    {"renewal", "activate", "topup", "restore", "reversed", "received", "lifted", "adjusted"}
)
_PAID = frozenset({"renewal", "activate", "topup", "restore"})
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Somebody who is told of an act."""

    what: str
    holder: str
    epoch: int
    #: Where short messages go; empty: none do.
    handset: str


def take(conn: Connection, teller: Teller) -> int:
    """Write down the messages that decisions owe, in the caller's transaction; return how many."""
    now = clock.now(conn)
    owed = messages.take_owed(conn, now, AT_ONCE)
    for each in owed:
        is_news = each.at > now - NEWS or each.data.get("what") == OWED
        found = lines.find(conn, each.subject) if is_news else None
        if found is None:
            continue
        try:
            with conn.transaction():
                _write(conn, teller, each, found.state, now)
        except psycopg.Error:
            raise
        except Exception as defect:  # noqa: BLE001 - whatever it is, the others must not suffer
            # Its kind alone: what it says of a line is not for a log.
            log.error("a message was put off by a %s", type(defect).__name__)  # noqa: TRY400
            messages.owe_again(conn, each, now + DEFECT)
    return len(owed)


def _write(conn: Connection, teller: Teller, owed: Owed, line: LineState, now: datetime) -> None:
    policy = policy_of(teller.terms.rules, line.pin)
    for n, reader in enumerate(_readers(conn, owed)):
        event = Event(
            # Of each reader some ids: one for each channel.
            id=following(owed.id, 8 * (n + 1)),
            what=reader.what,
            key=f"act:{owed.id}",
            holder=reader.holder,
            epoch=reader.epoch,
            facts=_facts(teller, policy, line, owed, reader),
            deadline=_instant(owed.data.get("deadline")),
            by_all=reader.what in GRAVE,
            handset=reader.handset,
        )
        teller.write(conn, line, event, now)


def _readers(conn: Connection, owed: Owed) -> Iterator[_Reader]:
    """Yield whom an act is told to: of a number that went to another, the one and the other."""
    what, number = str(owed.data.get("what")), owed.subject
    held = messages.tenure(conn, number, owed.epoch)
    if held is None or is_kept(number):
        # What is done with a kept card its keeper has said themselves.
        return
    holder, is_open = held
    if what == "reversed" and not is_open:
        # It was the activation.
        what = "unmade"
    if what == "transferred":
        yield _Reader(what="received", holder=holder, epoch=owed.epoch, handset=number)
        before = messages.tenure(conn, number, owed.epoch - 1)
        if before is not None:
            # The card is the new holder's by now, and what it shows is for them.
            yield _Reader(what=what, holder=before[0], epoch=owed.epoch - 1, handset="")
    elif what in ENDING:
        to = str(owed.data.get("to", "")) if what == "number_changed" else ""
        handset = to or (number if _is_nobodys(conn, number, owed.epoch) else "")
        yield _Reader(what=what, holder=holder, epoch=owed.epoch, handset=handset)
    elif is_open:
        yield _Reader(what=what, holder=holder, epoch=owed.epoch, handset=number)


def _is_nobodys(conn: Connection, number: str, epoch: int) -> bool:
    """Whether nobody has got a number since a tenure of it."""
    return messages.tenure(conn, number, epoch + 1) is None


def _facts(teller: Teller, policy: Policy, line: LineState, owed: Owed, reader: _Reader) -> Facts:
    what, data = reader.what, owed.data
    known = what if what in TEXTS["en"]["text"] else "changed"
    until, paid = None, None
    if what in _MOVING and line.epoch == reader.epoch:
        at = safe_until(line)
        until = None if at is None else civil_day(at - _MICROSECOND, policy.zone)
    if what in _PAID:
        # What a quote sold was sold at the quote's own instant.
        sold = [each for each in line.sold if each.at <= owed.at]
        paid = max(sold, key=lambda each: each.at).sale.total_minor if sold else None
    is_charge = what == OWED
    return Facts(
        text=known,
        title=known,
        number=owed.subject,
        to=str(data.get("to", "")) if what == "number_changed" else "",
        day=_day(data.get("charged_from"), policy),
        until=until,
        paid_minor=paid,
        total_minor=data.get("total_minor") if is_charge else None,
        limit_minor=data.get("limit_minor") if is_charge and "total_minor" not in data else None,
        currency=str(data.get("currency", policy.currency)),
        would_fail=is_charge and "code" in data,
        stop=links.link(owed.subject, data["order"], teller.seals.sign) if is_charge else "",
        is_grave=what in GRAVE,
        asks=what in ("order_failed", "order_given_up"),
    )


def _instant(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _day(text: object, policy: Policy) -> date | None:
    at = _instant(text)
    return None if at is None else civil_day(at, policy.zone)
