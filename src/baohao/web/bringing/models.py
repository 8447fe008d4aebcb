"""
Uploads: a file of cards between being sent and being taken, sealed, for a day at most.

Each holder has one; the next takes its place.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models


class Upload(models.Model):
    """A file that a holder brought."""

    id: models.UUIDField[UUID, UUID] = models.UUIDField(primary_key=True)
    holder: models.CharField[str, str] = models.CharField(max_length=64, db_index=True)
    sent_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(db_index=True)
    #: The file's name and bytes, and later what became of its cards; sealed under `key`.
    key: models.TextField[str, str] = models.TextField()
    sealed: models.TextField[str, str] = models.TextField()
    outcome: models.TextField[str, str] = models.TextField(default="")
    #: Which of day and month comes first, where its holder was asked.
    order: models.CharField[str, str] = models.CharField(max_length=3, default="", blank=True)
    #: What its holder chose: the number that it is about, and products by what the file calls them.
    chosen: models.TextField[str, str] = models.TextField(default="")
    #: How many cards were asked for so far; `None`: it is only looked at.
    done: models.IntegerField[int | None, int | None] = models.IntegerField(null=True)
    counts: models.JSONField[Any, Any] = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.id)
