"""
Freshness: when the rules of a product were last read at their sources.

Operators change their terms without telling; a rule that nobody has looked at for a year is worth
less than it says, so whoever relies on it is warned earlier.
"""

from __future__ import annotations

from datetime import date, timedelta

from baohao.core.policy.model import Policy

#: For how long a rule is trusted as it was read.
FRESH = timedelta(days=365)


def checked_on(policy: Policy) -> date | None:
    """Return the last day on which a source was looked at; `None`: the policy names none."""
    return max((source.checked for source in policy.sources), default=None)


def stale_from(policy: Policy) -> date | None:
    """Return the first day on which the last check is more than a year ago; `None`: no source."""
    checked = checked_on(policy)
    return None if checked is None else checked + FRESH + timedelta(days=1)


def is_stale(policy: Policy, on: date) -> bool:
    """Return whether the rules were last checked more than a year before a day."""
    since = stale_from(policy)
    return since is not None and on >= since
