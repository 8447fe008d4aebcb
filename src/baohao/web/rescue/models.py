"""Rescues: what a payer says of a payment for the wrong number, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import models


class Rescue(models.Model):
    """One payment that its payer wants back, because it was for the wrong number."""

    ASKED, DONE, DECLINED = "asked", "done", "declined"

    #: The payment's, or the ask's that a wallet paid: it is asked of once.
    payment: models.UUIDField[UUID, UUID] = models.UUIDField(primary_key=True)
    operator: models.CharField[str, str] = models.CharField(max_length=40)
    number: models.CharField[str, str] = models.CharField(max_length=20)
    right: models.CharField[str, str] = models.CharField(max_length=20)
    asked_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    state: models.CharField[str, str] = models.CharField(max_length=10, default=ASKED)
    #: Whose wallet paid; empty: a gateway was paid, by whoever proves it.
    holder: models.CharField[str, str] = models.CharField(max_length=80, blank=True)
    #: Who looked at it, the second person, and why not.
    by: models.CharField[str, str] = models.CharField(max_length=80, blank=True)
    approved_by: models.CharField[str, str] = models.CharField(max_length=80, blank=True)
    why: models.CharField[str, str] = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["operator", "state", "payment"], name="rescues_waiting")
        ]

    def __str__(self) -> str:
        return str(self.payment)
