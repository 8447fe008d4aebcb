"""
What an agent's people may do, and how much of it in a day.

    Refusal
    └── RightMissing      whoever owns the agency has not allowed it
        └── LimitReached  not so much in one day

Whatever a sale may take is counted before it is asked for, under its key: two sales at once cannot
both take what is left for one of them. One that is refused is counted no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.db import transaction
from django.db.models import Sum
from django.http import HttpRequest

from baohao.app.shell import OutcomeUnknown
from baohao.core.agents import Agent
from baohao.core.money import format_minor
from baohao.core.refusals import Refusal
from baohao.web.accounts.doors import signed_in
from baohao.web.accounts.models import Account
from baohao.web.agent.models import Seller, Spent
from baohao.web.agent.own import zone_of
from baohao.web.desk import desk


class RightMissing(Refusal):
    """You may not do that: whoever owns the agency can allow it."""

    code = "seller.right_missing"


class LimitReached(RightMissing):
    """You may sell for {left} {currency} more today, and this costs {needed} {currency}."""

    code = "seller.limit"


def of(account: Account) -> Seller | None:
    """Return the rights of a seller; `None`: an owner, who has all."""
    return Seller.objects.filter(account=account).first()


def may_activate(request: HttpRequest) -> bool:
    """Whether somebody may activate cards."""
    found = of(signed_in(request))
    return found is None or found.may_activate


def may_send_files(request: HttpRequest) -> bool:
    """Whether somebody may send files."""
    found = of(signed_in(request))
    return found is None or found.may_send_files


def today(agent: Agent) -> date:
    """Return the day that limits are counted by."""
    return desk().now().astimezone(zone_of(agent)).date()


def spent_minor(account: Account, day: date) -> int:
    """Return what somebody has sold for on a day."""
    found = Spent.objects.filter(account=account, day=day).aggregate(sum=Sum("amount_minor"))
    return int(found["sum"] or 0)


@contextmanager
def counted(request: HttpRequest, agent: Agent, key: str, amount_minor: int) -> Iterator[None]:
    """Count a sale against its seller's day, unless it is refused; raises `LimitReached`."""
    is_new = _count(signed_in(request), agent, key, amount_minor)
    try:
        yield
    except OutcomeUnknown:
        # It may have been sold: the next look finds out, and until then it counts.
        raise
    except Refusal:
        if is_new:
            Spent.objects.filter(key=key).delete()
        raise


def _count(account: Account, agent: Agent, key: str, amount_minor: int) -> bool:
    """Count a sale, once under its key, and say whether it is new."""
    day = today(agent)
    with transaction.atomic():
        # Of one seller one sale at a time is counted.
        seller = Seller.objects.select_for_update().filter(account=account).first()
        if Spent.objects.filter(key=key).exists():
            return False
        if seller is not None and seller.limit_minor is not None:
            left = max(0, seller.limit_minor - spent_minor(account, day))
            if amount_minor > left:
                shown = {"left": left, "needed": amount_minor}
                told = {name: format_minor(n, agent.currency) for name, n in shown.items()}
                raise LimitReached(currency=agent.currency, **told)
        made = Spent.objects.get_or_create(
            key=key, defaults={"account": account, "amount_minor": amount_minor, "day": day}
        )
        return made[1]
