"""
Farewells: what a holder has moved away from a number, and that they let it go.

A wish and no more: a number goes when its time ends, reminders and standing orders go on as they
are, and a renewal keeps it after all.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models


class Farewell(models.Model):
    """What a holder has prepared in one tenure of a number."""

    number: models.CharField[str, str] = models.CharField(max_length=20)
    epoch: models.IntegerField[int, int] = models.IntegerField()
    #: What is done of the list, by its keys.
    moved: models.JSONField[Any, Any] = models.JSONField(default=list)
    #: When they said that they let it go; `None`: they have not, or have changed their mind.
    said_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True
    )

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["number", "epoch"], name="farewells_once")
        ]

    def __str__(self) -> str:
        return self.number
