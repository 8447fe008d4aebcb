"""
Consents: that somebody else may see or pay for a number, asked for or given.

What one allows is the core's to say (`core/grants.py`). It is of one tenure: when the number gets
another holder it is dead, whatever its row says.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import models

from baohao.core.grants import Grant, Scope


class Consent(models.Model):
    """One person's wish, or leave, to see or pay for another's number."""

    ASKED, GIVEN, DECLINED = "asked", "given", "declined"

    #: Made with the form, so that a form that is sent twice is one consent.
    id: models.UUIDField[UUID, UUID] = models.UUIDField(primary_key=True)
    number: models.CharField[str, str] = models.CharField(max_length=20, db_index=True)
    #: The tenure's; 0: nobody held the number, and nothing ever comes of it.
    epoch: models.IntegerField[int, int] = models.IntegerField()
    #: A holder's random id; empty: nobody's here.
    grantee: models.CharField[str, str] = models.CharField(max_length=80, blank=True, db_index=True)
    #: The number that they are known by to the other.
    grantee_number: models.CharField[str, str] = models.CharField(max_length=20)
    may_see: models.BooleanField[bool, bool] = models.BooleanField(default=False)
    may_pay: models.BooleanField[bool, bool] = models.BooleanField(default=False)
    state: models.CharField[str, str] = models.CharField(max_length=10)
    asked_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    #: Half-open; until then, or without an end for as long as the tenure.
    since: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)
    until: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)
    #: How the holder said so: "page", "code", or "counter:" and who was shown the document.
    how: models.CharField[str, str] = models.CharField(max_length=100, blank=True)
    #: A keyed digest of the code that was sent to the number, and how often others were tried.
    code: models.CharField[str, str] = models.CharField(max_length=64, blank=True)
    tries: models.IntegerField[int, int] = models.IntegerField(default=0)

    def __str__(self) -> str:
        return str(self.id)

    @property
    def grant(self) -> Grant | None:
        """What it allows; `None`: nothing, it was not given."""
        if self.state != self.GIVEN or self.since is None or not self.grantee:
            return None
        scopes = {Scope.SEE: self.may_see, Scope.PAY: self.may_pay}
        return Grant(
            number=self.number,
            epoch=self.epoch,
            grantee=self.grantee,
            scopes=frozenset(scope for scope, is_given in scopes.items() if is_given),
            since=self.since,
            until=self.until,
        )
