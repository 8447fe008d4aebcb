"""
Households: who belongs to one, as what, and who was asked to join.

Which cards are shared is no row here: each card's notes say so, sealed under its keeper's own key.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from baohao.web.accounts.models import Account

#: As what somebody belongs: the one who asks others in, others who sign in, and whoever is looked
#: after and does not.
OWNER, ADULT, CARED = "owner", "adult", "cared"
KINDS = ((OWNER, OWNER), (ADULT, ADULT), (CARED, CARED))


class Household(models.Model):
    """Some people who share cards."""

    made_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()

    @property
    def members(self) -> models.QuerySet[Member]:
        """Who belongs to it, in the order in which they came."""
        return Member.objects.filter(household=self).order_by("pk")


class Member(models.Model):
    """One person of a household."""

    household: models.ForeignKey[Household, Household] = models.ForeignKey(
        Household, on_delete=models.CASCADE, related_name="+"
    )
    #: `None`: they are looked after, and do not sign in.
    account: models.OneToOneField[Account | None, Account | None] = models.OneToOneField(
        Account, on_delete=models.CASCADE, null=True
    )
    #: The random id under which their cards are kept.
    holder: models.CharField[str, str] = models.CharField(max_length=80, unique=True)
    name: models.CharField[str, str] = models.CharField(max_length=40)
    kind: models.CharField[str, str] = models.CharField(max_length=10, choices=KINDS)
    #: Whether they may say "I did it" on cards that others share.
    may_act: models.BooleanField[bool, bool] = models.BooleanField(default=False)
    #: Counts changes: whoever changes them says what they saw.
    version: models.IntegerField[int, int] = models.IntegerField(default=1)

    def __str__(self) -> str:
        return self.name


class Invitation(models.Model):
    """A link that lets one person join, or in again, once."""

    household: models.ForeignKey[Household, Household] = models.ForeignKey(
        Household, on_delete=models.CASCADE, related_name="+"
    )
    #: Of what stands in the link: whoever reads this table joins nothing.
    digest: models.CharField[str, str] = models.CharField(max_length=64, unique=True)
    name: models.CharField[str, str] = models.CharField(max_length=40)
    may_act: models.BooleanField[bool, bool] = models.BooleanField(default=False)
    #: Who gets a sign-in, or a new password, by it; `None`: somebody new.
    member: models.ForeignKey[Member | None, Member | None] = models.ForeignKey(
        Member, on_delete=models.CASCADE, null=True, related_name="+"
    )
    ends_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["household", "-id"], name="invitations_latest")
        ]
