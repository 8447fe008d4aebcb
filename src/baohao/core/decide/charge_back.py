"""Charge-backs: a payer's bank takes money back, gives it back, or keeps it; and who bears it."""

from __future__ import annotations

from datetime import datetime

from baohao.core.asks import Ask, Decision, Facts
from baohao.core.books import chargebacks
from baohao.core.books.chart import Account, AccountKind, account
from baohao.core.books.entry import Entry
from baohao.core.books.sale import refund_account
from baohao.core.decide import payload
from baohao.core.decide.selling import MoneyShort, PayerUnknown
from baohao.core.line.event import Event


def charge_back(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Take down that a payer's bank took money of a payment back.

    Fields: `amount_minor`, `bank` (the gateway), `reference` (the case).
    Refuses with `PayerUnknown` or `AccountMalformed`.
    """
    payload.only(ask, "amount_minor", "bank", "reference")
    advance, amount = _advance(ask), _amount(ask)
    entries = chargebacks.taken(advance, _bank(ask, advance), amount)
    return _decided("charged_back", ask, now, entries, _claimed(facts, advance) + amount)


def win_back(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Take down that money which was taken back has come back; what had been given up is given back.

    Fields: as of `charge_back`. Refuses with `PayerUnknown` or `AccountMalformed`.
    """
    payload.only(ask, "amount_minor", "bank", "reference")
    advance, amount = _advance(ask), _amount(ask)
    claimed = _claimed(facts, advance)
    entries = chargebacks.came_back(advance, _bank(ask, advance), amount, claimed)
    return _decided("won_back", ask, now, entries, max(0, claimed - amount))


def set_off(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Set a refund that is owed against what the payer's bank has given them already.

    Fields: `amount_minor`, `reference` (the refund). Refuses with `PayerUnknown`,
    `AccountMalformed`, or `MoneyShort` beyond what is owed or was taken.
    """
    payload.only(ask, "amount_minor", "reference")
    advance, amount = _advance(ask), _amount(ask)
    owed, claimed = refund_account(advance), _claimed(facts, advance)
    _enough(owed, facts.owed.get(str(owed), 0), amount)
    _enough(chargebacks.claims_account(advance), claimed, amount)
    entries = chargebacks.set_off(advance, owed, amount)
    return _decided("refund_set_off", ask, now, entries, claimed - amount)


def close_claim(ask: Ask, facts: Facts, now: datetime) -> Decision:
    """
    Close what is claimed of a payer: they have paid it into one of our accounts, or we give it up.

    Fields: `amount_minor`, `bank` (where they paid; empty: it is given up), `reason`,
    `approved_by`. Refuses with `PayerUnknown`, `AccountMalformed`, or `MoneyShort` beyond what is
    claimed.
    """
    payload.only(ask, "amount_minor", "bank", "reason", "approved_by")
    advance, amount = _advance(ask), _amount(ask)
    claimed = _claimed(facts, advance)
    _enough(chargebacks.claims_account(advance), claimed, amount)
    bank = _bank(ask, advance) if payload.text(ask, "bank", "") else None
    entries = chargebacks.made_good(advance, bank, amount)
    kind = "claim_given_up" if bank is None else "claim_paid"
    return _decided(kind, ask, now, entries, claimed - amount)


def _decided(
    kind: str, ask: Ask, now: datetime, entries: tuple[Entry, ...], claimed_minor: int
) -> Decision:
    names = ("reference", "reason", "approved_by")
    said = {name: text for name in names if (text := payload.text(ask, name, ""))}
    data: dict[str, object] = {"amount_minor": _amount(ask), **said}
    event = Event(kind=kind, effective_at=now, data=data)
    return Decision(state=None, events=(event,), entries=entries, answer={"claimed": claimed_minor})


def _claimed(facts: Facts, advance: Account) -> int:
    # What is owed is counted as owed by us: a claim is below zero there.
    return -facts.owed.get(str(chargebacks.claims_account(advance)), 0)


def _enough(held: Account, available_minor: int, needed_minor: int) -> None:
    if available_minor < needed_minor:
        raise MoneyShort(
            account=str(held), available_minor=available_minor, needed_minor=needed_minor
        )


def _advance(ask: Ask) -> Account:
    subject = Account.parse(ask.subject)
    if subject.kind is not AccountKind.ADVANCE:
        raise PayerUnknown(account=ask.subject)
    return subject


def _bank(ask: Ask, advance: Account) -> Account:
    return account(AccountKind.BANK, payload.text(ask, "bank"), advance.currency)


def _amount(ask: Ask) -> int:
    return payload.whole(ask, "amount_minor", least=1)
