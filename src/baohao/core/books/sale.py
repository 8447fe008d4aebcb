"""
What a paid act on an issued line posts: the sale, its reversal, and the payer's side of a batch.

    line's bucket    clearing                 total    debit
                     deferred:plan            price   credit   released month by month
                     credit:plan              credit  credit   a top-up's credit
                     fees:operator            fee     credit
                     government:operator      fee     credit   passed on
                     discounts:promotion      off      debit   against list_price:plan
                     promotion:promotion      gift     debit   against credit:plan
    payer's bucket   float, wallet, till ...  total    debit   once per payer and batch
                     clearing                 total   credit

A line's own credit is in the line's bucket: it pays without clearing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from baohao.core.books.chart import Account, AccountKind, account, clearing
from baohao.core.books.entry import Entry, EntryKind, EntryRefused, entry_of

#: Promotion id and minor units, for each promotion that gave some.
Shares = tuple[tuple[str, int], ...]


class GivenBackTooMuch(EntryRefused):
    """A reversal of {what} would give back {back_minor} minor units of {given_minor}."""

    code = "books.entry.given_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One paid act on an issued line: what was paid for what, and from where."""

    operator: str
    plan: str
    currency: str
    #: Paid for time, after promotions; deferred over the paid days.
    price_minor: int = 0
    #: Paid for credit on the line; the holder's until it is used.
    credit_minor: int = 0
    #: Paid for the act itself; earned at once.
    fee_minor: int = 0
    #: Paid to a government through us.
    government_minor: int = 0
    #: What promotions took off the list price.
    discounts: Shares = ()
    #: Credit that promotions gave on top.
    gifts: Shares = ()
    #: What pays: a guarded account, or the line's own credit.
    payer: Account
    #: Shared by all entries of one payer's batch; not needed when the line's own credit pays.
    transfer: UUID | None = None

    @property
    def total_minor(self) -> int:
        """What the payer pays."""
        return self.price_minor + self.credit_minor + self.fee_minor + self.government_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """How much of a sale is undone, part by part; each at most what the sale had."""

    price_minor: int = 0
    #: Price of time that is neither served nor given back: breakage.
    forgone_minor: int = 0
    credit_minor: int = 0
    fee_minor: int = 0
    government_minor: int = 0
    discounts: Shares = ()
    gifts: Shares = ()

    @property
    def total_minor(self) -> int:
        """What the payer gets."""
        return self.price_minor + self.credit_minor + self.fee_minor + self.government_minor


def sell(sale: Sale) -> tuple[Entry, ...]:
    """
    Return the line bucket's entry of a sale; nothing when neither money nor a promotion moved.

    Money taken into accounts that the payer's bucket holds: see `batch_transfer`.
    Raises `EntryClearing` when another account than the line's own credit pays without a transfer.
    """
    amounts = [(far_end(sale.payer), sale.total_minor)]
    amounts += [(owner, -minor) for owner, minor in _parts(sale, sale)]
    bought_time = sale.price_minor or not sale.credit_minor
    return entry_of(
        EntryKind.SALE if bought_time else EntryKind.TOP_UP,
        sale.currency,
        amounts,
        transfer=sale.transfer,
        payer=sale.payer,
    )


def reverse(
    sale: Sale, back: GivenBack, *, transfer: UUID | None = None, reason: str = ""
) -> tuple[Entry, ...]:
    """
    Return the line bucket's entry that undoes a sale as far as `back` says.

    `transfer` is the reversal's own. The money goes to `refund_account(sale.payer)`. Time that was
    served stays in the books: its revenue is released, or will be. Raises `GivenBackTooMuch`.
    """
    _check(sale, back)
    payer = refund_account(sale.payer)
    forgone = back.forgone_minor
    amounts = [(far_end(payer), -back.total_minor)]
    amounts += _parts(sale, back)
    amounts += [
        (account(AccountKind.DEFERRED, sale.plan, sale.currency), forgone),
        (account(AccountKind.BREAKAGE, sale.plan, sale.currency), -forgone),
    ]
    return entry_of(
        EntryKind.REVERSAL, sale.currency, amounts, transfer=transfer, payer=payer, reason=reason
    )


def batch_transfer(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """
    Return the payers' side of a batch: one entry for each payer and transfer, however many lines it
    paid, and one for what it gets back.

    `entries` are those of the other buckets (`sell`, `reverse`, `funds.receive`). Posted in the
    payers' buckets, the two sides net to zero in clearing by transfer. In the order of the payers'
    text, which is the order of locks.
    """
    known = tuple(entries)
    paying, getting = [e for e in known if _pays(e)], [e for e in known if not _pays(e)]
    sides = [*owed(paying).items(), *owed(getting).items()]
    return tuple(
        entry
        for (payer, transfer), total in sorted(sides, key=_by_payer)
        for entry in entry_of(
            EntryKind.TRANSFER,
            payer.currency,
            [(payer, total), (clearing(payer.currency), -total)],
            transfer=transfer,
            payer=payer,
        )
    )


def _pays(entry: Entry) -> bool:
    return any(
        p.account.kind is AccountKind.CLEARING and p.amount_minor > 0 for p in entry.postings
    )


def _by_payer(side: tuple[tuple[Account, UUID], int]) -> tuple[str, UUID, bool]:
    """Order what payers pay and get: by account, what is paid first."""
    (payer, transfer), total = side
    return payer.text, transfer, total < 0


def owed(entries: Iterable[Entry]) -> Mapping[tuple[Account, UUID], int]:
    """Return what is posted to each payer in its own bucket, by transfer: debits are positive."""
    sums: defaultdict[tuple[Account, UUID], int] = defaultdict(int)
    for entry in entries:
        if entry.transfer is None or entry.payer is None:
            continue
        for posting in entry.postings:
            if posting.account.kind is AccountKind.CLEARING:
                sums[entry.payer, entry.transfer] += posting.amount_minor
    return sums


def refund_account(payer: Account) -> Account:
    """
    Return where money goes back to: a payment's by its own route, any other to where it came from.
    """
    if payer.kind is AccountKind.ADVANCE:
        return account(AccountKind.REFUNDS, payer.owner, payer.currency)
    return payer


def far_end(payer: Account) -> Account:
    """Return what stands for the payer in the line's bucket."""
    return payer if payer.kind is AccountKind.CREDIT else clearing(payer.currency)


def _parts(sale: Sale, part: Sale | GivenBack) -> Iterator[tuple[Account, int]]:
    """
    Yield the accounts of a sale with the amounts of all or a part of it; credits are positive here.
    """

    def of(kind: AccountKind, owner: str) -> Account:
        return account(kind, owner, sale.currency)

    if part.price_minor:
        yield of(AccountKind.DEFERRED, sale.plan), part.price_minor
    if part.credit_minor:
        yield of(AccountKind.CREDIT, sale.plan), part.credit_minor
    if part.fee_minor:
        yield of(AccountKind.FEES, sale.operator), part.fee_minor
    if part.government_minor:
        yield of(AccountKind.GOVERNMENT, sale.operator), part.government_minor
    for promotion, minor in part.discounts:
        yield of(AccountKind.LIST_PRICE, sale.plan), minor
        yield of(AccountKind.DISCOUNTS, promotion), -minor
    for promotion, minor in part.gifts:
        yield of(AccountKind.CREDIT, sale.plan), minor
        yield of(AccountKind.PROMOTION, promotion), -minor


def _check(sale: Sale, back: GivenBack) -> None:
    parts = [
        ("the price", back.price_minor + back.forgone_minor, sale.price_minor),
        ("what was not refunded", back.forgone_minor, sale.price_minor),
        ("the refund", back.price_minor, sale.price_minor),
        ("the credit", back.credit_minor, sale.credit_minor),
        ("the fee", back.fee_minor, sale.fee_minor),
        ("the government's fee", back.government_minor, sale.government_minor),
    ]
    for shares, given in ((back.discounts, sale.discounts), (back.gifts, sale.gifts)):
        parts += [(promotion, minor, dict(given).get(promotion, 0)) for promotion, minor in shares]
    for what, back_minor, given_minor in parts:
        if not 0 <= back_minor <= given_minor:
            raise GivenBackTooMuch(
                kind=EntryKind.REVERSAL, what=what, back_minor=back_minor, given_minor=given_minor
            )
