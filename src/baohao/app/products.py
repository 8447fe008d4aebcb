"""
Products: the library as a person looks for a card in it, one entry for each policy's name.

Of several versions the one in force is shown, else the next to come, else the last that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from baohao.core.civil import civil_day
from baohao.core.policy.model import Policy

#: A rule that was checked longer ago may have changed.
FRESH = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product of an operator."""

    #: The version that is shown.
    policy: Policy
    #: All of them, the latest first.
    versions: tuple[Policy, ...]
    #: "in_force", "to_come" or "over".
    standing: str
    #: When its sources were last looked at; `None`: it has none.
    checked: date | None
    #: That was over a year ago.
    is_stale: bool
    #: Whether what keeps it is known to work from abroad; `None`: nobody said.
    from_abroad: bool | None

    @property
    def name(self) -> str:
        """Return the name of its policy."""
        return self.policy.name


def products(policies: Iterable[Policy], now: datetime) -> Mapping[str, Product]:
    """Return the products of a library, by the names of their policies."""
    versions: dict[str, list[Policy]] = {}
    for policy in policies:
        versions.setdefault(policy.name, []).append(policy)
    return {name: _product(found, now) for name, found in sorted(versions.items())}


def standing(policy: Policy, day: date) -> str:
    """Say whether a version is in force on a day of its zone, is to come, or is over."""
    if policy.effective_from > day:
        return "to_come"
    return "in_force" if policy.is_in_force(day) else "over"


def _product(found: list[Policy], now: datetime) -> Product:
    found.sort(key=lambda policy: policy.effective_from, reverse=True)
    day = civil_day(now, found[0].zone)
    by_standing = {standing(policy, day): policy for policy in reversed(found)}
    # Of those to come the first is meant, of those that are over the last.
    to_come = [policy for policy in reversed(found) if policy.effective_from > day]
    shown = by_standing.get("in_force") or next(iter(to_come), found[0])
    checked = max((source.checked for source in shown.sources), default=None)
    return Product(
        policy=shown,
        versions=tuple(found),
        standing=standing(shown, day),
        checked=checked,
        is_stale=checked is not None and day - checked > FRESH,
        from_abroad=_from_abroad(shown),
    )


def _from_abroad(policy: Policy) -> bool | None:
    keeping = {kind for rule in policy.events for kind in rule.kinds}
    keeping |= {rule.id for rule in policy.events}
    said = {how.abroad for how in policy.how if how.act in keeping}
    return True if True in said else False if False in said else None
