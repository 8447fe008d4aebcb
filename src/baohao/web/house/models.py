"""How an operator looks to its holders, and what one person may do alone for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models


class Brand(models.Model):
    """One operator's brand."""

    operator: models.CharField[str, str] = models.CharField(max_length=40, unique=True)
    #: What stands where a logo would.
    logo: models.CharField[str, str] = models.CharField(max_length=24)
    #: As "#0b6e4f": on light and on dark grounds.
    light: models.CharField[str, str] = models.CharField(max_length=7)
    dark: models.CharField[str, str] = models.CharField(max_length=7)
    #: language -> what it is called there; what is missing is as the library has it.
    names: models.JSONField[Any, Any] = models.JSONField(default=dict)
    #: In the order in which they are offered; none: all that the pages have.
    languages: models.JSONField[Any, Any] = models.JSONField(default=list)
    #: Counts changes, so that no browser shows an earlier one.
    version: models.IntegerField[int, int] = models.IntegerField(default=1)


class Safety(models.Model):
    """What one person may do alone, because there is nobody else: it is looked at afterwards."""

    operator: models.CharField[str, str] = models.CharField(max_length=40, unique=True)
    #: Up to which amount, in minor units of the operator's currency; 0: nothing.
    alone_minor: models.BigIntegerField[int, int] = models.BigIntegerField(default=0)


class Review(models.Model):
    """Something that one person did alone, and what another said of it afterwards."""

    at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    operator: models.CharField[str, str] = models.CharField(max_length=40)
    by: models.CharField[str, str] = models.CharField(max_length=80)
    what: models.CharField[str, str] = models.CharField(max_length=20)
    subject: models.CharField[str, str] = models.CharField(max_length=120)
    said: models.CharField[str, str] = models.CharField(max_length=400)
    amount_minor: models.BigIntegerField[int, int] = models.BigIntegerField()
    currency: models.CharField[str, str] = models.CharField(max_length=3)
    #: Empty: nobody has looked at it yet.
    reviewed_by: models.CharField[str, str] = models.CharField(max_length=80, blank=True)
    reviewed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True
    )
    is_right: models.BooleanField[bool | None, bool | None] = models.BooleanField(null=True)
    remark: models.CharField[str, str] = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["operator", "reviewed_by", "-id"], name="reviews_waiting")
        ]
