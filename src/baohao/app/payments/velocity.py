"""
Velocity: how often cards were tried, by payer, number, address and card, from our own tables.

An order is counted when it is begun, under locks, so that a hundred at once count as a hundred; a
declined try, a card and a charge-back when their gateway tells of them, in whatever order.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from baohao.core import velocity
from baohao.core.payments import Wanted
from baohao.core.velocity import Limit
from baohao.store import card_tries, clock
from baohao.store.payments import Asked, Kept
from baohao.store.sql import Connection

#: Channels in which who asks is who pays; in others one clerk or agent pays for many.
OF_PAYERS = frozenset({"app", "wechat", "telegram", "sms"})
#: So many old ones are forgotten at a time.
FORGET_MAX = 1_000


def admit(
    conn: Connection,
    asked: Asked,
    number: str,
    payment: UUID,
    limits: Sequence[Limit],
    now: datetime,
) -> None:
    """Count an order that is about to be begun; raises what `core.velocity.judge` raises."""
    if not limits:
        return
    mine = _subjects(asked, number)
    card_tries.lock(conn, mine.values(), now)
    since = now - velocity.longest(limits)
    tried = {what: [card_tries.read(conn, each, since)] for what, each in mine.items()}
    cards = {each.card for all_ in tried.values() for tries in all_ for each in tries if each.card}
    tried["card"] = [card_tries.read(conn, f"card:{each}", since) for each in sorted(cards)]
    velocity.judge(limits, tried, now)
    card_tries.add(conn, mine.values(), f"begun:{payment}", "begun", "", now)


def tried(conn: Connection, kept: Kept, what: str, kind: str, card: str, now: datetime) -> None:
    """Count a try that a gateway told of, with the card where it says which."""
    mine = _of(kept) | ({"card": f"card:{card}"} if card else {})
    if kind == "declined" or card:
        card_tries.add(conn, mine.values(), f"{kind}:{what}", kind, card, now)


def charged_back(conn: Connection, kept: Kept, case: str, now: datetime, *, is_won: bool) -> None:
    """Count a charge-back, or no longer where the money came back."""
    mine, come = _of(kept), kept.payment.capture
    known = {
        card_tries.card_of(conn, each, f"paid:{come.payment}") if come is not None else ""
        for each in mine.values()
    }
    subjects = [*mine.values(), *(f"card:{each}" for each in known if each)]
    event = f"charged_back:{case}"
    if is_won:
        card_tries.remove(conn, subjects, event)
    else:
        card_tries.add(conn, subjects, event, "charged_back", "", now)


def forget(conn: Connection, limits: Sequence[Limit]) -> None:
    """Forget what no limit looks back to."""
    if limits:
        card_tries.forget(conn, clock.now(conn) - velocity.longest(limits), FORGET_MAX)


def _of(kept: Kept) -> dict[str, str]:
    wanted = kept.payment.wanted
    return _subjects(kept.asked, wanted.number if isinstance(wanted, Wanted) else "")


def _subjects(asked: Asked, number: str) -> dict[str, str]:
    payer = asked.payer or (asked.by if asked.channel in OF_PAYERS else "")
    found = {"payer": payer, "number": number, "address": asked.address}
    return {what: f"{what}:{each}" for what, each in found.items() if each}
