"""
What an agent's sellers may do, and what each has sold today.

At the door the agent asks, whoever sits there; who that was, and how much they may sell, is a
matter of the agent's own.
"""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models

from baohao.web.accounts.models import Account


class Seller(models.Model):
    """What somebody may do who sells for an agent; its owner has no such row, and all rights."""

    account: models.OneToOneField[Account, Account] = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="seller"
    )
    #: What they may sell in a day, in minor units of the float; `None`: any amount.
    limit_minor: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(
        null=True, blank=True
    )
    may_activate: models.BooleanField[bool, bool] = models.BooleanField(default=True)
    may_send_files: models.BooleanField[bool, bool] = models.BooleanField(default=False)

    def __str__(self) -> str:
        return str(self.account)


class Spent(models.Model):
    """What one of an agent's people took from the float by one sale, or one file."""

    account: models.ForeignKey[Account, Account] = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="spent"
    )
    #: Of the ask: "quote:ID" or "file:ID".
    key: models.CharField[str, str] = models.CharField(max_length=80, unique=True)
    amount_minor: models.BigIntegerField[int, int] = models.BigIntegerField()
    #: By the zone of the agent's operator.
    day: models.DateField[date, date] = models.DateField()

    class Meta:
        indexes = (models.Index(fields=["account", "day"]),)

    def __str__(self) -> str:
        return self.key
