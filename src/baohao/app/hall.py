"""
What a business hall must know of a line before it changes its card or its holder.

Nothing personal is in it: whether somebody holds the line, never who.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from baohao.app import show
from baohao.core.asks import Ask, Facts, Terms
from baohao.core.civil import after
from baohao.core.decide import people
from baohao.core.decide.case import Case
from baohao.core.fees import Fee, VerbNotOffered
from baohao.core.line.fold import policy_of
from baohao.core.line.state import LineState
from baohao.core.policy.model import People, Permission, Policy
from baohao.core.refusals import Refusal
from baohao.store import clock
from baohao.store.sql import Connection

CHANNEL = "counter"
#: What changes a line's card or holder: what thieves of numbers come for.
MOVING = ("replace_card", "transfer")


class CardCooling(Refusal):
    """The card was replaced; the number goes to another holder from {until} on."""

    code = "line.cooling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A verb as a counter may do it."""

    fee: Fee
    #: Only for one of these; empty: for any.
    causes: tuple[str, ...]
    needs_second: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """What a counter may do with a line, and what stands against it."""

    is_locked: bool
    is_held: bool
    #: When the card was replaced last, and until when that keeps it from another holder.
    card_since: datetime | None
    cooling_until: datetime | None
    #: By verb; what is not offered here is missing.
    services: Mapping[str, Service]
    #: Whose documents are taken, and how many cards a person may have.
    people: People


def hall(conn: Connection, terms: Terms, number: str, stage: str) -> Hall:
    """Return what a hall must know of a line in a stage; raises `LineUnknown`, `PolicyMissing`."""
    state = show.find(conn, number)
    policy = policy_of(terms.rules, state.pin)
    since = _card_since(conn, number)
    cooling = policy.permissions.get("replace_card", Permission()).cooling
    until = None
    if since is not None and cooling is not None:
        until = after(since, cooling, policy.zone)
        until = until if until > clock.now(conn) else None
    return Hall(
        is_locked=state.tenure is not None and state.tenure.locked,
        is_held=state.tenure is not None,
        card_since=since if since is None else since.astimezone(policy.zone),
        cooling_until=until if until is None else until.astimezone(policy.zone),
        services=_services(terms, policy, state, stage),
        people=policy.people,
    )


def admit(
    conn: Connection, terms: Terms, number: str, said: Mapping[str, Any], holder_lines: int
) -> None:
    """
    Hold the document of whoever is to have a number against its product, before anybody pays.

    Raises `DocumentRefused`, `DocumentExpired`, `GuardianMissing` and `QuotaReached`, as the act
    itself would.
    """
    state = show.find(conn, number)
    ask = Ask(
        id=UUID(int=0),
        verb="activate",
        subject=number,
        key="",
        principal="",
        channel=CHANNEL,
        payload={name: value for name, value in said.items() if value},
    )
    facts = Facts(holder_cards=holder_lines)
    people.tenure_from(Case(state, (), facts, ask, terms, clock.now(conn)), epoch=1)


def not_cooling(found: Hall) -> None:
    """Keep a number whose card was just replaced with its holder; raises `CardCooling`."""
    if found.cooling_until is not None:
        raise CardCooling(until=found.cooling_until.isoformat(timespec="minutes"))


def _card_since(conn: Connection, number: str) -> datetime | None:
    chain = show.chain_of(conn, number)
    replaced = [each.recorded.event for each in chain]
    times = [event.effective_at for event in replaced if event.kind == "card_replaced"]
    return max(times, default=None)


def _services(terms: Terms, policy: Policy, state: LineState, stage: str) -> dict[str, Service]:
    schedule, found = terms.fees.get(state.operator), {}
    for verb in (*MOVING, "reverse", "correct"):
        rule = policy.permissions.get(verb, Permission())
        stages = rule.stages is None or stage in rule.stages
        channels = rule.channels is None or CHANNEL in rule.channels
        # A product that says nothing of transfers permits none.
        is_said = verb != "transfer" or verb in policy.permissions
        if not (rule.allowed and stages and channels and is_said):
            continue
        try:
            fee = Fee() if schedule is None else schedule.fee(verb, CHANNEL)
        except VerbNotOffered:
            continue
        causes = tuple(sorted(rule.causes or ()))
        found[verb] = Service(fee=fee, causes=causes, needs_second=rule.second_person)
    return found
