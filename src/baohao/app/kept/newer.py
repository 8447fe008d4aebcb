"""
Newer: when a newer version of a product's rules comes into force, the cards under it move along.

Nobody asks for it, and nobody loses by it: what was reached stays, what was done before stays under
the rules of then, and where those of today would end sooner both dates are told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from uuid import UUID

from baohao.app.shell import Shell
from baohao.core.asks import Ask
from baohao.core.civil import civil_day
from baohao.core.line.fold import Rules
from baohao.core.line.state import LineState
from baohao.core.newer import next_version
from baohao.core.refusals import Refusal
from baohao.store import clock
from baohao.store import kept as store

#: Who asks, and where.
PRINCIPAL, CHANNEL = "daily", "operator"
#: As many as a batch of the door holds.
AT_ONCE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What became of the cards whose rules have a newer version."""

    #: Moves, of which a card may have several.
    moved: int
    #: The refusal's code -> how many.
    refused: Mapping[str, int]


def move(shell: Shell, new_id: Callable[[], UUID]) -> Moved:
    """Move each kept card to the newer versions of its rules, one after another."""
    rules, now = shell.terms.rules, shell.run(clock.now)
    old = _followed(rules, now)
    moved, refused = 0, Counter[str]()
    last: LineState | None = None
    while old and (cards := shell.run(partial(store.under, pins=old, after=last, limit=AT_ONCE))):
        last, under = cards[-1], {card.number: card.pin for card in cards}
        while asks := list(_asks(rules, cards, under, now, new_id)):
            under = {}
            for ask, answer in zip(asks, shell.answer(asks), strict=True):
                if isinstance(answer, Refusal):
                    refused[answer.code] += 1
                else:
                    moved += 1
                    under[ask.subject] = str(ask.payload["pin"])
    return Moved(moved=moved, refused=dict(refused))


def _asks(
    rules: Rules,
    cards: Sequence[LineState],
    under: Mapping[str, str],
    now: datetime,
    new_id: Callable[[], UUID],
) -> Iterator[Ask]:
    """Yield the moves of cards to what follows the policy that each is under."""
    for card in cards:
        pin = under.get(card.number)
        to = next_version(rules, card, pin, now) if pin else None
        if to is not None:
            yield Ask(
                id=new_id(),
                verb="repin",
                subject=card.number,
                # A life of the card moves to a version once.
                key=f"{to.pin}:{card.number}:{card.epoch}",
                principal=PRINCIPAL,
                channel=CHANNEL,
                payload={"pin": to.pin},
            )


def _followed(rules: Rules, now: datetime) -> frozenset[str]:
    """Return the policies that a newer version of the same name has come to follow."""
    newest_: dict[str, date] = {}
    for policy in rules.values():
        if policy.effective_from <= civil_day(now, policy.zone):
            known = newest_.get(policy.name, policy.effective_from)
            newest_[policy.name] = max(known, policy.effective_from)
    return frozenset(
        policy.pin
        for policy in rules.values()
        if policy.effective_from < newest_.get(policy.name, policy.effective_from)
    )
