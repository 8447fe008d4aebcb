"""
Receipts of keepers: numbered without gaps for each keeper and year, sealed, never changed.

A number is given in a transaction of its own that locks the keeper's year, so that of two who ask
at once one waits. Who wrote one wrongly takes it back by another, with the next number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils.translation import gettext, override

from baohao.app.kept import customers
from baohao.app.kept.customers import Book, Customer
from baohao.core.line.fold import policy_of
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web import formats, selling
from baohao.web.customers import ledger, words
from baohao.web.customers.models import Deed, Numbering, Receipt
from baohao.web.desk import desk
from baohao.web.vocabulary import HAPPENED


class PaymentUnwritten(Refusal):
    """A receipt says that money was paid; write that down first."""

    code = "customers.not_paid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a receipt says, beside its number, day and totals."""

    seller: str
    contact: str
    customer: str
    #: The customer's.
    language: str
    number: str
    #: language -> what the product is called; "" is the usual.
    product: dict[str, str]
    kind: str
    day: date
    #: The last day that the card is safe with it.
    until: date | None
    cost_minor: int
    cost_currency: str
    fee_minor: int
    fee_currency: str
    is_all_in: bool
    paid_by: str
    #: Why it takes another back; empty: it does not.
    reason: str = ""

    @property
    def act(self) -> str:
        """Say what was done."""
        return str(HAPPENED.get(self.kind, self.kind))

    @property
    def title(self) -> str:
        """Say what the card is."""
        return selling.title(self.product)

    @property
    def means(self) -> str:
        """Say how it was paid."""
        return str(words.PAID.get(self.paid_by, self.paid_by))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A receipt with what it says; `None`: the keeper's key was destroyed."""

    receipt: Receipt
    said: Said | None


def give(deed: Deed, book: Book) -> Receipt:
    """Give the receipt of a deed that was paid, once; raises `PaymentUnwritten`."""
    standing = Receipt.objects.filter(deed=deed, is_live=True).first()
    if standing is not None:
        return standing
    if deed.state != Deed.DONE or not deed.paid_by:
        raise PaymentUnwritten()
    entry, practice = book.by_id.get(str(deed.customer)), book.practice
    customer = entry.customer if entry is not None else Customer(name="—")
    policy = policy_of(desk().terms.rules, deed.pin)
    said = Said(
        seller=practice.name,
        contact=practice.contact,
        customer=customer.name,
        language=words.language(customer),
        number=deed.number,
        product={"": policy.title, **policy.titles},
        kind=deed.kind,
        day=deed.day,
        until=safe_until(deed),
        cost_minor=deed.cost_minor,
        cost_currency=deed.cost_currency,
        fee_minor=deed.fee_minor,
        fee_currency=deed.fee_currency,
        is_all_in=deed.is_all_in,
        paid_by=deed.paid_by,
    )
    sealed, day = _sealed(deed.keeper, said), ledger.today(deed.keeper)
    with transaction.atomic():
        numbering = _numbering(deed.keeper, day.year)
        # Whoever waited for the lock may find that another was given meanwhile.
        standing = Receipt.objects.filter(deed=deed, is_live=True).first()
        if standing is not None:
            return standing
        return _next(numbering, deed, day, deed.due, sealed)


def void(paper: Paper, reason: str, is_owed_again: bool) -> Receipt:
    """Take a receipt back by another; whoever comes second is given that one."""
    receipt = paper.receipt
    said = paper.said and replace(paper.said, reason=reason)
    sealed = _sealed(receipt.keeper, said) if said else receipt.sealed
    day = ledger.today(receipt.keeper)
    with transaction.atomic():
        numbering = _numbering(receipt.keeper, day.year)
        kept = Receipt.objects.get(id=receipt.id)
        if not kept.is_live:
            return Receipt.objects.get(voids=kept)
        Receipt.objects.filter(id=kept.id).update(is_live=False)
        Deed.objects.filter(id=kept.deed_id).update(
            paid_by="", paid_day=None, is_waived=not is_owed_again
        )
        back = {currency: -minor for currency, minor in kept.totals.items()}
        return _next(numbering, kept.deed, day, back, sealed, voids=kept)


def opened(keeper: str, receipts: Sequence[Receipt]) -> list[Paper]:
    """Return receipts with what they say."""
    texts = desk().read(
        partial(
            customers.unseal,
            vault=desk().house.vault,
            keeper=keeper,
            sealed=[each.sealed for each in receipts],
        )
    )
    return [
        Paper(receipt=each, said=msgspec.json.decode(text, type=Said) if text else None)
        for each, text in zip(receipts, texts, strict=True)
    ]


def text(paper: Paper) -> str:
    """Write a receipt in a few lines, to be handed on, in the customer's language."""
    receipt, said = paper.receipt, paper.said
    if said is None:
        return receipt.number
    with override(said.language):
        total = {currency: abs(minor) for currency, minor in receipt.totals.items()}
        facts = {
            "n": receipt.number,
            "day": formats.day(receipt.day),
            "amounts": words.amounts(total),
            "means": said.means,
        }
        if receipt.voids_id is not None:
            lines = [gettext("Receipt {n} of {day}: {amounts} taken back.").format(**facts)]
        else:
            lines = [gettext("Receipt {n} of {day}: {amounts} received.").format(**facts)]
        lines.append(f"{formats.number(said.number)} · {said.title} · {said.act}")
        if said.until is not None and receipt.voids_id is None:
            lines.append(gettext("Safe until {day}.").format(day=formats.day(said.until)))
        lines.append(" · ".join(each for each in (said.seller, said.contact) if each))
    return "\n".join(each for each in lines if each)


def safe_until(deed: Deed) -> date | None:
    """Return the last day that a card is safe with what was done; `None`: no end is in sight."""
    if deed.until is None:
        return None
    zone = policy_of(desk().terms.rules, deed.pin).zone
    return (deed.until - timedelta(microseconds=1)).astimezone(zone).date()


# --- how ------------------------------------------------------------------------------------------


def _sealed(keeper: str, said: Said) -> str:
    plain = msgspec.json.encode(said).decode()
    vault = desk().house.vault
    return desk().shell.run(partial(customers.seal, vault=vault, keeper=keeper, plain=plain))


def _numbering(keeper: str, year: int) -> Numbering:
    """Lock a keeper's year until the end of the transaction."""
    Numbering.objects.get_or_create(keeper=keeper, year=year)
    return Numbering.objects.select_for_update().get(keeper=keeper, year=year)


def _next(
    numbering: Numbering,
    deed: Deed,
    day: date,
    totals: dict[str, int],
    sealed: str,
    voids: Receipt | None = None,
) -> Receipt:
    n = numbering.last + 1
    Numbering.objects.filter(id=numbering.pk).update(last=n)
    return Receipt.objects.create(
        id=new_id(),
        keeper=deed.keeper,
        year=numbering.year,
        n=n,
        day=day,
        deed=deed,
        customer=deed.customer,
        totals=totals,
        voids=voids,
        is_live=voids is None,
        sealed=sealed,
    )


def own(keeper: str, id_: UUID) -> Receipt | None:
    """Return a keeper's receipt; `None`: it is none of theirs."""
    return Receipt.objects.filter(id=id_, keeper=keeper).first()
