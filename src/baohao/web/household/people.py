"""
Who belongs to a household, and whose cards somebody sees.

The pages of cards ask `keepers_seen_by`. Of a card of anybody else's they show what its notes say
is shared; of somebody who is looked after there is nobody to keep anything from those who do.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from baohao.core.refusals import Refusal
from baohao.web.accounts.models import Account
from baohao.web.desk import desk
from baohao.web.household.models import ADULT, CARED, OWNER, Household, Member


class MemberMoved(Refusal):
    """
    Somebody else has changed this meanwhile; it says {name} now. What you typed is below: keep it
    in place of that, or go back.
    """

    code = "household.moved"


class OwnerStays(Refusal):
    """Whoever asks others in cannot go while others are here: let another take that over first."""

    code = "household.owner_stays"


class InAnother(Refusal):
    """You belong to a household already: leave that one first."""

    code = "household.in_another"


class Seen(NamedTuple):
    """Somebody whose cards are seen."""

    #: The holder's random id.
    holder: str
    #: What the household calls them; empty: whoever looks, who belongs to none.
    name: str
    #: Whether whoever looks may say "I did it" on their cards.
    may_act: bool


def member(account: Account) -> Member | None:
    """Return as whom an account belongs to a household; `None`: to none."""
    return Member.objects.filter(account_id=account.pk).select_related("household").first()


def keepers_seen_by(account: Account) -> list[Seen]:
    """Return whose cards an account sees, its own first; of the others' only what is shared."""
    together = _together(account)
    me = next((each for each in together if each.holder == account.holder), None)
    if me is None:
        return [Seen(account.holder, "", True)]
    others = [each for each in together if each is not me]
    return [Seen(me.holder, me.name, True)] + [
        Seen(each.holder, each.name, me.may_act) for each in others
    ]


def looked_after_by(account: Account) -> frozenset[str]:
    """Return the holders of whom an account sees every card, for they do not sign in."""
    return frozenset(each.holder for each in _together(account) if each.kind == CARED)


def kept_for(account: Account) -> list[Seen]:
    """Return for whom an account may keep cards: itself, and whoever is looked after."""
    mine, *others = keepers_seen_by(account)
    cared = looked_after_by(account)
    return [mine, *(each for each in others if each.may_act and each.holder in cared)]


def _together(account: Account) -> list[Member]:
    """Return everybody of an account's household, asked for once a page; none: it has none."""
    found: list[Member] | None = account.__dict__.get("_together")
    if found is None:
        mine = Member.objects.filter(account_id=account.pk).values("household")
        found = list(Member.objects.filter(household__in=mine).order_by("pk"))
        account.__dict__["_together"] = found
    return found


def begin(account: Account, name: str) -> Member:
    """Make a household of one person, who owns it; raises `InAnother`."""
    with transaction.atomic():
        household = Household.objects.create(made_at=desk().now())
        return _joined(household, account, name=name, kind=OWNER, may_act=True)


def join(household: Household, account: Account, name: str, *, may_act: bool) -> Member:
    """Let an account belong to a household; raises `InAnother`."""
    return _joined(household, account, name=name, kind=ADULT, may_act=may_act)


def look_after(household: Household, name: str, key: UUID) -> Member:
    """Add somebody who does not sign in; under the same key, nobody else."""
    # Follows from the key and is not it: nobody chooses under whose id they keep cards.
    text = f"looked after:{household.pk}:{key}"
    holder = desk().house.seals.sign(text.encode()).hex()[:32]
    found, _ = Member.objects.get_or_create(
        holder=holder, household=household, defaults={"name": name, "kind": CARED}
    )
    return found


def change(found: Member, *, name: str, may_act: bool, seen_version: int) -> None:
    """Change what somebody is called and may do; raises `MemberMoved` if it was changed since."""
    changed = Member.objects.filter(pk=found.pk, version=seen_version).update(
        name=name, may_act=may_act, version=F("version") + 1
    )
    if not changed:
        found.refresh_from_db()
        raise MemberMoved(name=found.name)


def hand_over(owner: Member, to: Member) -> None:
    """Let another member ask people in, in place of the one who did."""
    with transaction.atomic():
        list(Member.objects.select_for_update().filter(household=owner.household).order_by("pk"))
        is_still = Member.objects.filter(pk=owner.pk, kind=OWNER).update(kind=ADULT)
        if is_still:
            Member.objects.filter(pk=to.pk).update(kind=OWNER, may_act=True)


def leave(found: Member) -> None:
    """
    Let somebody go; what they kept stays theirs, and nobody here sees it any more.

    Raises `OwnerStays`. With the last one the household is gone.
    """
    with transaction.atomic():
        rest = Member.objects.select_for_update().filter(household=found.household)
        others = [each for each in rest.order_by("pk") if each.pk != found.pk]
        if found.kind == OWNER and others:
            raise OwnerStays()
        if others:
            found.delete()
        else:
            found.household.delete()


def _joined(
    household: Household, account: Account, *, name: str, kind: str, may_act: bool
) -> Member:
    try:
        with transaction.atomic():
            return Member.objects.create(
                household=household,
                account=account,
                holder=account.holder,
                name=name,
                kind=kind,
                may_act=may_act,
            )
    except IntegrityError:
        raise InAnother() from None
