"""
Grants: who else may see, pay for or act on a tenure, and until when.

A child pays for a parent, an organisation's administrator looks after fifty lines, an agent renews
for regulars. A grant is of one tenure: when the number gets another holder, it is dead, whatever it
says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from baohao.core.refusals import Refusal

#: What paying is: it spends the grantee's money and can only give the line more time.
PAYING = frozenset({"quote", "renew", "top_up"})


class NotGranted(Refusal):
    """Nobody allowed you to {act} on this line, or it has ended."""

    code = "grants.none"


class GrantMalformed(Refusal):
    """The grant cannot be given: {reason}."""

    code = "grants.malformed"


class Scope(StrEnum):
    """What a grant is for; none holds another."""

    #: Until when the line is safe, and what happened in this tenure.
    SEE = "see"
    #: Quote, renew, top up.
    PAY = "pay"
    #: The verbs that the grant lists.
    ACT = "act"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """
    One permission of a holder for somebody else, on one tenure.

    Raises `GrantMalformed` when it would never allow anything.
    """

    number: str
    #: The tenure's; a later tenure of the number has a higher one.
    epoch: int
    #: Who is allowed: a holder's random id, an agent or a member of staff.
    grantee: str
    scopes: frozenset[Scope]
    #: With ACT: each verb by name, so that a new verb is never granted by an old consent.
    verbs: frozenset[str] = frozenset()
    #: Half-open; without an end it lasts as long as the tenure.
    since: datetime
    until: datetime | None = None

    def __post_init__(self) -> None:
        if not self.scopes:
            raise GrantMalformed(reason="it names nothing that it is for")
        if (Scope.ACT in self.scopes) != bool(self.verbs):
            raise GrantMalformed(reason='verbs and the scope "act" go together')
        if self.until is not None and self.until <= self.since:
            raise GrantMalformed(reason="it ends before it begins")


def allows(grant: Grant, act: str, at: datetime, *, epoch: int | None) -> bool:
    """
    Tell whether `grant` covers `act` at `at`.

    `act` is "see" or a verb; `epoch` is the number's open tenure then, None when nobody holds it.
    """
    if epoch is None or grant.epoch != epoch or at < grant.since:
        return False
    if grant.until is not None and at >= grant.until:
        return False
    if act == "see":
        return Scope.SEE in grant.scopes
    if act in PAYING and Scope.PAY in grant.scopes:
        return True
    return act in grant.verbs


def granted(
    grants: Iterable[Grant], grantee: str, act: str, at: datetime, *, epoch: int | None
) -> Grant:
    """Return a grant that covers `act`, the one that lasts longest; raises `NotGranted`."""
    good = [g for g in grants if g.grantee == grantee and allows(g, act, at, epoch=epoch)]
    if not good:
        raise NotGranted(act=act)
    endless = [g for g in good if g.until is None]
    return endless[0] if endless else max(good, key=lambda g: (g.until or at, g.since))


def withdraw(grant: Grant, at: datetime) -> Grant | None:
    """
    Return the grant ended at `at`; None when nothing of it is left. It never lasts longer for it.
    """
    if at <= grant.since:
        return None
    return grant if grant.until is not None and grant.until <= at else replace(grant, until=at)
