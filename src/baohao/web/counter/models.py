"""
What a business hall keeps beside lines and money: who approves, papers, slips, cards in drawers.

No number's holder stands here in the clear: an authority is sealed under a key of its own, and an
enquiry knows no number at all.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import models


class OfHall(models.Model):
    """Something that happened at an issuing point of an operator, done by somebody."""

    operator: models.CharField[str, str] = models.CharField(max_length=40)
    #: The issuing point; empty: the operator has named none.
    point: models.CharField[str, str] = models.CharField(max_length=40, blank=True)
    at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    by: models.CharField[str, str] = models.CharField(max_length=80)

    class Meta:
        abstract = True


class Rules(models.Model):
    """How an issuing point works; where there is no row, as it is by default."""

    operator: models.CharField[str, str] = models.CharField(max_length=40)
    point: models.CharField[str, str] = models.CharField(max_length=40, blank=True)
    #: What one person may give back alone, to be looked at afterwards (minor units); 0: nothing.
    alone_minor: models.BigIntegerField[int, int] = models.BigIntegerField(default=0)
    #: How often one person may act for others in a year.
    proxy_most: models.PositiveIntegerField[int, int] = models.PositiveIntegerField(default=5)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["operator", "point"], name="rules_of_a_point"),
        )

    def __str__(self) -> str:
        return f"{self.operator}/{self.point}"


class Review(OfHall):
    """Something that one person did alone, to be looked at by another afterwards."""

    #: Of the ask; the same key is the same act.
    key: models.CharField[str, str] = models.CharField(max_length=120, unique=True)
    verb: models.CharField[str, str] = models.CharField(max_length=20)
    #: A number, or a till.
    subject: models.CharField[str, str] = models.CharField(max_length=80)
    amount_minor: models.BigIntegerField[int, int] = models.BigIntegerField()
    currency: models.CharField[str, str] = models.CharField(max_length=3)
    reason: models.CharField[str, str] = models.CharField(max_length=300, blank=True)
    seen_by: models.CharField[str, str] = models.CharField(max_length=80, blank=True)
    seen_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    #: Whether it was as it should be; `None`: nobody has looked yet.
    is_right: models.BooleanField[bool | None, bool | None] = models.BooleanField(null=True)
    note: models.CharField[str, str] = models.CharField(max_length=300, blank=True)


class Wish(OfHall):
    """A clerk's wish that a sale be taken back, which a second person grants or not."""

    id: models.UUIDField[UUID, UUID] = models.UUIDField(primary_key=True)
    number: models.CharField[str, str] = models.CharField(max_length=20)
    #: The sale.
    of: models.CharField[str, str] = models.CharField(max_length=40)
    reason: models.CharField[str, str] = models.CharField(max_length=300)
    #: Whether it was the wrong line or term, so that everything goes back.
    is_mistake: models.BooleanField[bool, bool] = models.BooleanField(default=False)
    #: "asked", "granted", "declined" or "done".
    state: models.CharField[str, str] = models.CharField(max_length=10, default="asked")
    decided_by: models.CharField[str, str] = models.CharField(max_length=80, blank=True)
    note: models.CharField[str, str] = models.CharField(max_length=300, blank=True)


class Authority(OfHall):
    """The paper by which somebody acts for a holder, or that a cause is shown by."""

    id: models.UUIDField[UUID, UUID] = models.UUIDField(primary_key=True)
    number: models.CharField[str, str] = models.CharField(max_length=20)
    verb: models.CharField[str, str] = models.CharField(max_length=20)
    #: The keyed digest of the document of who acts; empty: nobody acts for anybody.
    proxy: models.CharField[str, str] = models.CharField(max_length=64, blank=True, db_index=True)
    #: Of what is sealed; the journal has it, too.
    digest: models.CharField[str, str] = models.CharField(max_length=64)
    key: models.TextField[str, str] = models.TextField()
    sealed: models.TextField[str, str] = models.TextField()


class Enquiry(OfHall):
    """Somebody who asked, and did not buy."""

    #: By the zone of the operator.
    day: models.DateField[date, date] = models.DateField()
    kind: models.CharField[str, str] = models.CharField(max_length=20)
    till: models.CharField[str, str] = models.CharField(max_length=40)

    class Meta:
        indexes = (models.Index(fields=["operator", "day"], name="enquiries_of_a_day"),)


class Slip(OfHall):
    """A slip of a card terminal: one payment, by its approval code."""

    till: models.CharField[str, str] = models.CharField(max_length=40)
    #: By the zone of the operator; a terminal's codes are its own for a day.
    day: models.DateField[date, date] = models.DateField()
    code: models.CharField[str, str] = models.CharField(max_length=20)
    payment: models.UUIDField[UUID, UUID] = models.UUIDField(unique=True)
    amount_minor: models.BigIntegerField[int, int] = models.BigIntegerField()
    currency: models.CharField[str, str] = models.CharField(max_length=3)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["till", "day", "code"], name="slips_are_used_once"),
        )


class SlipTotal(OfHall):
    """What a card terminal said of a day, held against its slips."""

    till: models.CharField[str, str] = models.CharField(max_length=40)
    day: models.DateField[date, date] = models.DateField()
    count: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()
    total_minor: models.BigIntegerField[int, int] = models.BigIntegerField()
    #: By the slips, when it was held against them.
    slips: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()
    slips_minor: models.BigIntegerField[int, int] = models.BigIntegerField()
    reason: models.CharField[str, str] = models.CharField(max_length=300, blank=True)
    approved_by: models.CharField[str, str] = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["till", "day"], name="slips_of_a_day"),)


class Pad(OfHall):
    """A pad of numbered sheets that was printed for a hall."""

    first: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()
    last: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["operator", "point", "first"], name="pads_in_order"),
        )


class Sheet(OfHall):
    """One sheet of paper that was entered, or crossed out."""

    n: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()
    #: "sold" or "void".
    state: models.CharField[str, str] = models.CharField(max_length=10)
    #: As the sheet says.
    sold_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    number: models.CharField[str, str] = models.CharField(max_length=20, blank=True)
    ask: models.CharField[str, str] = models.CharField(max_length=40, blank=True)
    reason: models.CharField[str, str] = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["operator", "point", "n"], name="sheets_once"),
        )


class Place(models.Model):
    """In which hall a card in stock lies."""

    iccid: models.CharField[str, str] = models.CharField(max_length=20, primary_key=True)
    number: models.CharField[str, str] = models.CharField(max_length=20)
    operator: models.CharField[str, str] = models.CharField(max_length=40)
    point: models.CharField[str, str] = models.CharField(max_length=40)

    class Meta:
        indexes = (models.Index(fields=["operator", "point"], name="cards_of_a_hall"),)

    def __str__(self) -> str:
        return self.iccid


class StockTake(OfHall):
    """The cards in a drawer, counted."""

    expected: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()
    counted: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()
    #: ICCIDs.
    missing: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    extra: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    reason: models.CharField[str, str] = models.CharField(max_length=300, blank=True)
    approved_by: models.CharField[str, str] = models.CharField(max_length=80, blank=True)


class Handover(OfHall):
    """Cards on their way from one hall to another: `point` sends them."""

    id: models.UUIDField[UUID, UUID] = models.UUIDField(primary_key=True)
    to: models.CharField[str, str] = models.CharField(max_length=40)
    #: ICCIDs, as they were scanned on either side.
    sent: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    received: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    received_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    received_by: models.CharField[str, str] = models.CharField(max_length=80, blank=True)
    reason: models.CharField[str, str] = models.CharField(max_length=300, blank=True)
    approved_by: models.CharField[str, str] = models.CharField(max_length=80, blank=True)

    @property
    def missing(self) -> list[str]:
        """What was sent and did not come."""
        return sorted(set(self.sent) - set(self.received))

    @property
    def extra(self) -> list[str]:
        """What came and was not sent."""
        return sorted(set(self.received) - set(self.sent))


class Waiting(OfHall):
    """Somebody who waits, with a ticket; an invented queue, in the demo alone."""

    ticket: models.CharField[str, str] = models.CharField(max_length=8)
    name: models.CharField[str, str] = models.CharField(max_length=80)
    wants: models.CharField[str, str] = models.CharField(max_length=200)
    #: What is typed to find the line: a number or an ICCID; empty: they only ask.
    find: models.CharField[str, str] = models.CharField(max_length=30, blank=True)
    done_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
