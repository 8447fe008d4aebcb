"""What is earned and owed as time goes by: charges, released revenue, breakage, commission."""

from __future__ import annotations

from baohao.core.books.chart import AccountKind, account
from baohao.core.books.entry import Entry, EntryKind, entry_of


def charge(plan: str, currency: str, amount_minor: int) -> tuple[Entry, ...]:
    """
    Return the entry for what the operator took from a line's credit: rental, usage; 0 posts
    nothing.
    """
    return _between(
        EntryKind.CHARGE, AccountKind.CREDIT, AccountKind.REVENUE, plan, currency, amount_minor
    )


def release(plan: str, currency: str, amount_minor: int) -> tuple[Entry, ...]:
    """
    Return the entry for one month's revenue of a plan in a bucket.

    `amount_minor` is the month's total by `deferral`; negative when later reversals undid what was
    released.
    """
    return _between(
        EntryKind.RELEASE, AccountKind.DEFERRED, AccountKind.REVENUE, plan, currency, amount_minor
    )


def expire_credit(plan: str, currency: str, amount_minor: int) -> tuple[Entry, ...]:
    """Return the entry for credit that a line forfeited: income without service."""
    return _between(
        EntryKind.BREAKAGE, AccountKind.CREDIT, AccountKind.BREAKAGE, plan, currency, amount_minor
    )


def forgo_time(plan: str, currency: str, amount_minor: int) -> tuple[Entry, ...]:
    """
    Return the entry for paid time that can never be served: the number was lost or left early.
    """
    return _between(
        EntryKind.BREAKAGE, AccountKind.DEFERRED, AccountKind.BREAKAGE, plan, currency, amount_minor
    )


def commission(agent: str, currency: str, amount_minor: int) -> tuple[Entry, ...]:
    """
    Return the entry for commission that an agent earned, in the agent's bucket; one for all that it
    earned in a batch, and one for all that it lost.
    """
    kind = EntryKind.COMMISSION if amount_minor >= 0 else EntryKind.CLAWBACK
    return _between(
        kind, AccountKind.COMMISSION, AccountKind.COMMISSION_OWED, agent, currency, amount_minor
    )


def claw_back(agent: str, currency: str, amount_minor: int) -> tuple[Entry, ...]:
    """Return the entry for commission lost again by a reversal: `commission`'s mirror."""
    return commission(agent, currency, -amount_minor)


def pay_commission(agent: str, currency: str, amount_minor: int) -> tuple[Entry, ...]:
    """Return the entry that pays commission into the agent's own float."""
    return _between(
        EntryKind.PAYOUT,
        AccountKind.COMMISSION_OWED,
        AccountKind.FLOAT,
        agent,
        currency,
        amount_minor,
    )


def commission_of(paid_minor: int, basis_points: int) -> int:
    """
    Return the commission on what was paid, rounded towards zero to the minor unit.

    10,000 basis points are all of it. What a reversal takes back is `clawback_of`.
    """
    sign = -1 if paid_minor < 0 else 1
    return sign * (abs(paid_minor) * basis_points // 10_000)


def clawback_of(commission_minor: int, paid_minor: int, back_minor: int) -> int:
    """
    Return what of a commission is lost when some of what it was earned on is given back.

    It is the same share, rounded up: what is left is never above the commission on what is kept,
    and less than it by one minor unit at most.
    """
    if paid_minor == 0:
        return 0
    return commission_minor - commission_minor * (paid_minor - back_minor) // paid_minor


def _between(
    kind: EntryKind,
    debit: AccountKind,
    credit: AccountKind,
    owner: str,
    currency: str,
    amount_minor: int,
) -> tuple[Entry, ...]:
    return entry_of(
        kind,
        currency,
        [
            (account(debit, owner, currency), amount_minor),
            (account(credit, owner, currency), -amount_minor),
        ],
    )
