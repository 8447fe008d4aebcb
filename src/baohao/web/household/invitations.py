"""Links by which one person joins a household, or gets in again; each is good once."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from baohao.core.refusals import Refusal
from baohao.web.accounts.models import Account
from baohao.web.desk import desk
from baohao.web.household import people
from baohao.web.household.models import ADULT, CARED, Household, Invitation, Member

#: For how long a link is good.
GOOD_FOR = timedelta(days=7)
#: A link that nobody reads from the table: 32 random bytes.
TOKEN_BYTES = 32


class InvitationOver(Refusal):
    """This link was used, or its time is over: ask for a new one."""

    code = "household.invitation_over"


class NameTaken(Refusal):
    """Somebody signs in by the name {name} already: choose another."""

    code = "household.name_taken"


def invite(
    household: Household, name: str, *, may_act: bool = False, member: Member | None = None
) -> str:
    """Return what stands in a new link; an earlier one of the same person is over."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    if member is not None:
        Invitation.objects.filter(member=member).delete()
    Invitation.objects.create(
        household=household,
        digest=_digest(token),
        name=name,
        may_act=may_act,
        member=member,
        ends_at=desk().now() + GOOD_FOR,
    )
    return token


def find(token: str) -> Invitation | None:
    """Return the invitation of a link; `None`: it was used, is over, or never was one."""
    found = Invitation.objects.select_related("household", "member__account")
    return found.filter(digest=_digest(token), ends_at__gt=desk().now()).first()


def waiting(household: Household, now: datetime) -> list[Invitation]:
    """Return the invitations that nobody has used yet."""
    made = Invitation.objects.filter(household=household, ends_at__gt=now)
    return list(made.order_by("-id"))


def accept(token: str, account: Account) -> Member:
    """Let an account join; raises `InvitationOver` and `InAnother`."""
    with transaction.atomic():
        found = _taken(token)
        if found.member is not None:
            raise InvitationOver()
        return people.join(found.household, account, found.name, may_act=found.may_act)


def sign_up(token: str, login: str, password: str) -> Account:
    """
    Make the account of whoever was asked in, or give theirs a new password.

    Raises `InvitationOver` and `NameTaken`.
    """
    with transaction.atomic():
        found = _taken(token)
        known = found.member.account if found.member is not None else None
        if known is not None:
            known.is_active = True
            known.set_password(password)
            known.save()
            return known
        if Account.objects.filter(name__iexact=login).exists():
            raise NameTaken(name=login)
        holder = found.member.holder if found.member is not None else ""
        made = Account.objects.at_home(login, password, title=found.name, holder=holder)
        if found.member is None:
            people.join(found.household, made, found.name, may_act=found.may_act)
        else:
            # Whoever was looked after signs in from now on, and keeps their own cards.
            Member.objects.filter(pk=found.member.pk, kind=CARED).update(account=made, kind=ADULT)
        return made


def _taken(token: str) -> Invitation:
    """Use up a link; of two at one time one finds it."""
    held = Invitation.objects.select_for_update().filter(digest=_digest(token)).first()
    if held is None or held.ends_at <= desk().now():
        raise InvitationOver()
    found = Invitation.objects.select_related("household", "member__account").get(pk=held.pk)
    held.delete()
    return found


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
