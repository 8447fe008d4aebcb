"""Pay commission: what an agent has earned goes into its own float."""

from __future__ import annotations

from datetime import datetime

from baohao.core.asks import Ask, Decision, Facts
from baohao.core.books import income
from baohao.core.books.chart import Account, AccountKind, account
from baohao.core.decide import payload
from baohao.core.line.event import Event
from baohao.core.refusals import Refusal


class NotAFloat(Refusal):
    """Commission is paid into an agent's float, and {account} is none."""

    code = "commission.float"


class NothingOwed(Refusal):
    """The agent {agent} is owed no commission that could be paid now."""

    code = "commission.nothing_owed"


def pay_commission(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Pay commission into the float that the ask is about, and never more than is owed.

    Fields: `amount_minor` (the most), `month` (whose statement it settles, as in 2026-11).
    Refuses with `NotAFloat`, `AccountMalformed` or `NothingOwed`.
    """
    payload.only(ask, "amount_minor", "month")
    into = Account.parse(ask.subject)
    if into.kind is not AccountKind.FLOAT:
        raise NotAFloat(account=ask.subject)
    most_minor = payload.whole(ask, "amount_minor", least=1)
    month = payload.text(ask, "month", "")
    paid_minor = min(most_minor, facts.owed.get(str(owed_account(into)), 0))
    if paid_minor <= 0:
        raise NothingOwed(agent=into.owner)
    event = Event(
        kind="commission_paid",
        effective_at=now,
        data={"amount_minor": paid_minor, "most_minor": most_minor, "month": month},
    )
    held_minor = facts.available.get(str(into), 0) + paid_minor
    return Decision(
        state=None,
        events=(event,),
        entries=income.pay_commission(into.owner, into.currency, paid_minor),
        answer={"paid": paid_minor, "balance": held_minor},
    )


def owed_account(into: Account) -> Account:
    """Return where what is owed to a float's agent stands."""
    return account(AccountKind.COMMISSION_OWED, into.owner, into.currency)
