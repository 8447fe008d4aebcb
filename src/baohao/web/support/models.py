"""
Talks: what a holder asks of the operator, and what is answered.

One that is about a number is of one tenure, and nobody sees it on the holder's side once that has
ended. Whoever answers is not named to the holder.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import QuerySet

from baohao.web.desk import desk

#: What a message may be long.
LONGEST = 4_000


class Talk(models.Model):
    """One question with its answers."""

    #: Made with the form, so that a form that is sent twice is one talk; they are in order of time.
    id: models.UUIDField[UUID, UUID] = models.UUIDField(primary_key=True)
    operator: models.CharField[str, str] = models.CharField(max_length=40)
    #: The holder's random id.
    holder: models.CharField[str, str] = models.CharField(max_length=80, db_index=True)
    #: What it is about, and the tenure of that; empty and 0: in general.
    number: models.CharField[str, str] = models.CharField(max_length=20, blank=True)
    epoch: models.IntegerField[int, int] = models.IntegerField(default=0)
    #: In which the holder writes, so that they are told in it.
    language: models.CharField[str, str] = models.CharField(max_length=10)
    #: Whether the operator is to answer.
    waits: models.BooleanField[bool, bool] = models.BooleanField(default=True)
    #: Whether there is an answer that the holder has not seen.
    is_news: models.BooleanField[bool, bool] = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["operator", "waits", "id"], name="talks_waiting")
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def zone(self) -> tzinfo:
        """By whose clock it is shown: the operator's."""
        return desk().house.library.operators[self.operator].zone

    @property
    def said(self) -> QuerySet[Message]:
        """What was said, the first first."""
        found: QuerySet[Message] = self.messages.all()  # type: ignore[attr-defined]
        return found


class Message(models.Model):
    """Something that one side said; never changed."""

    id: models.UUIDField[UUID, UUID] = models.UUIDField(primary_key=True)
    talk: models.ForeignKey[Talk, Talk] = models.ForeignKey(
        Talk, on_delete=models.CASCADE, related_name="messages"
    )
    at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    #: The name that they sign in by who answered; empty: the holder wrote it.
    by: models.CharField[str, str] = models.CharField(max_length=80, blank=True)
    text: models.TextField[str, str] = models.TextField()

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "id"]

    def __str__(self) -> str:
        return self.text[:80]
