"""
What a keeper of others' cards took and is owed: their own ledger, none of the house's books.

Customers are named by random ids; what a receipt says is sealed under the keeper's own key.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import models
from django.db.models import Q


class Deed(models.Model):
    """Something that was done for a customer's card, what it cost, and what is taken for it."""

    #: It is known whether it was recorded only once the door has answered.
    BEGUN, DONE, UNDONE = "begun", "done", "undone"

    #: Made with the form, so that a form that is sent twice is one deed; the ask's key holds it.
    id: models.UUIDField[UUID, UUID] = models.UUIDField(primary_key=True)
    #: The keeper's random id, and the customer's.
    keeper: models.CharField[str, str] = models.CharField(max_length=80)
    customer: models.UUIDField[UUID, UUID] = models.UUIDField(db_index=True)
    #: The key of the kept line, and its version as it was shown.
    card: models.CharField[str, str] = models.CharField(max_length=120, db_index=True)
    version: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()
    #: The policy that it is under.
    pin: models.CharField[str, str] = models.CharField(max_length=120)
    state: models.CharField[str, str] = models.CharField(max_length=10, default=BEGUN)
    #: The act, as `record` takes it.
    kind: models.CharField[str, str] = models.CharField(max_length=20)
    at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    amount_minor: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(null=True)
    sku: models.CharField[str, str] = models.CharField(max_length=80, blank=True)
    #: Of the act, in the card's journal; its place there; until when the card is safe with it.
    act: models.CharField[str, str] = models.CharField(max_length=80, blank=True)
    seq: models.PositiveIntegerField[int | None, int | None] = models.PositiveIntegerField(
        null=True
    )
    until: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)
    #: By the keeper's clock.
    day: models.DateField[date, date] = models.DateField()
    #: What the operator took, in the policy's currency.
    cost_minor: models.BigIntegerField[int, int] = models.BigIntegerField()
    cost_currency: models.CharField[str, str] = models.CharField(max_length=3)
    #: The keeper's own.
    fee_minor: models.BigIntegerField[int, int] = models.BigIntegerField()
    fee_currency: models.CharField[str, str] = models.CharField(max_length=3)
    #: Whether the cost is in the fee; else the customer pays both.
    is_all_in: models.BooleanField[bool, bool] = models.BooleanField()
    #: How it was paid, as in `words.PAID`; empty: it is owed, or need not be paid.
    paid_by: models.CharField[str, str] = models.CharField(max_length=20, blank=True)
    paid_day: models.DateField[date | None, date | None] = models.DateField(null=True)
    #: Whether it need not be paid.
    is_waived: models.BooleanField[bool, bool] = models.BooleanField(default=False)

    class Meta:
        indexes = (models.Index(fields=["keeper", "day"], name="deeds_of_a_day"),)

    def __str__(self) -> str:
        return str(self.id)

    @property
    def due(self) -> dict[str, int]:
        """What the customer pays for it: currency -> minor units."""
        found = {self.fee_currency: self.fee_minor}
        if not self.is_all_in:
            found[self.cost_currency] = found.get(self.cost_currency, 0) + self.cost_minor
        return {currency: minor for currency, minor in found.items() if minor}

    @property
    def is_owed(self) -> bool:
        """Whether the customer is still to pay."""
        return self.state == self.DONE and not self.paid_by and not self.is_waived

    @property
    def number(self) -> str:
        """The card's number."""
        return self.card.partition("~")[0]


class Numbering(models.Model):
    """How many receipts a keeper has given in a year; its row is locked while one is numbered."""

    keeper: models.CharField[str, str] = models.CharField(max_length=80)
    year: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()
    last: models.PositiveIntegerField[int, int] = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["keeper", "year"], name="numberings_of_a_year"),
        )

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Receipt(models.Model):
    """A keeper's receipt, or one that takes another back; never changed, never deleted."""

    id: models.UUIDField[UUID, UUID] = models.UUIDField(primary_key=True)
    keeper: models.CharField[str, str] = models.CharField(max_length=80)
    year: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()
    n: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()
    day: models.DateField[date, date] = models.DateField()
    deed: models.ForeignKey[Deed, Deed] = models.ForeignKey(
        Deed, on_delete=models.PROTECT, related_name="receipts"
    )
    deed_id: UUID
    customer: models.UUIDField[UUID, UUID] = models.UUIDField(db_index=True)
    #: Currency -> minor units; less than nothing where it takes another back.
    totals: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField()
    #: The receipt that it takes back.
    voids: models.OneToOneField[Receipt | None, Receipt | None] = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="voided"
    )
    voids_id: UUID | None
    #: Whether it stands: it takes none back, and was not taken back.
    is_live: models.BooleanField[bool, bool] = models.BooleanField(default=True)
    #: What it says, as in `papers.Said`.
    sealed: models.TextField[str, str] = models.TextField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["keeper", "year", "n"], name="receipts_without_gaps"),
            models.UniqueConstraint(
                fields=["deed"], condition=Q(is_live=True), name="receipts_one_of_a_deed"
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """As it is printed."""
        return f"{self.year}-{self.n:04}"


class Pass(models.Model):
    """A link that a keeper gives to a customer."""

    #: To look at the cards, or to take them over.
    LOOK, TAKE = "look", "take"

    id: models.UUIDField[UUID, UUID] = models.UUIDField(primary_key=True)
    kind: models.CharField[str, str] = models.CharField(max_length=10)
    keeper: models.CharField[str, str] = models.CharField(max_length=80)
    customer: models.UUIDField[UUID, UUID] = models.UUIDField(db_index=True)
    made_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    #: Half-open.
    until: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    is_revoked: models.BooleanField[bool, bool] = models.BooleanField(default=False)
    #: Who took the cards over; empty: nobody.
    used_by: models.CharField[str, str] = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes = (models.Index(fields=["keeper", "kind"], name="passes_of_a_keeper"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
