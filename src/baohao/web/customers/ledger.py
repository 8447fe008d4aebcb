"""
The ledger: what was done for customers' cards, what it cost, and what is taken for it.

A deed is written down before the door is asked, under the key that the door is asked by, and is
done once that has answered: whatever stops in between, the same form, or a button, carries it on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from baohao.app.door import Answer, KeyReused
from baohao.app.kept import adding
from baohao.app.kept.adding import DayAhead
from baohao.app.kept.customers import Entry, Fee
from baohao.app.kept.listing import Card
from baohao.app.messages import preferences
from baohao.app.shell import OutcomeUnknown
from baohao.core.asks import Ask
from baohao.core.civil import civil_day
from baohao.core.refusals import Refusal
from baohao.web.customers.models import Deed
from baohao.web.desk import desk, made


class ForNothing(Refusal):
    """Say what you take for it: 0 or more, with its currency; or set a fee for this customer."""

    code = "customers.no_fee"


class StillPaid(Refusal):
    """A receipt was given for it; take that back first."""

    code = "customers.still_paid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a keeper says that they did for one card."""

    card: Card
    #: Of the card, as it was shown.
    version: int
    entry: Entry
    kind: str
    on: date
    #: Its face value, as people write it; empty: it has none.
    amount: str = ""
    sku: str = ""
    cost_minor: int
    fee: Fee | None
    is_all_in: bool
    #: As in `words.PAID`; empty: it is owed.
    paid_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one."""

    done: Done
    deed: Deed | None = None
    refusal: Refusal | None = None


def zone_of(keeper: str) -> tzinfo:
    """Return the clock that a keeper lives by: theirs, or that of the house's first operator."""
    house = desk().house
    said = desk().read(partial(preferences.read, vault=house.vault, holder=keeper))
    usual = next(iter(house.library.operators.values())).zone
    return said.wishes(usual).zone


def today(keeper: str) -> date:
    """Return what day it is for a keeper."""
    return desk().now().astimezone(zone_of(keeper)).date()


def do(keeper: str, key: UUID, wanted: Sequence[Done]) -> list[Outcome]:
    """Record what was done for cards, each with an outcome of its own; the key is of the form."""
    now, day = desk().now(), today(keeper)
    begun: list[Deed | Refusal] = []
    for each in wanted:
        try:
            begun.append(_begun(keeper, uuid5(key, each.card.subject), each, now, day))
        except Refusal as wrong:
            begun.append(wrong)
    carried = carry([each for each in begun if isinstance(each, Deed)])
    outcomes = []
    for each, deed in zip(wanted, begun, strict=True):
        came = carried[deed.id] if isinstance(deed, Deed) else deed
        refusal = came if isinstance(came, Refusal) else None
        kept = came if isinstance(came, Deed) else None
        outcomes.append(Outcome(done=each, deed=kept, refusal=refusal))
    return outcomes


def carry(deeds: Sequence[Deed]) -> dict[UUID, Deed | Refusal]:
    """Ask for what was begun, and write down what came of it."""
    asked = [deed for deed in deeds if deed.state == Deed.BEGUN]
    found: dict[UUID, Deed | Refusal] = {deed.id: deed for deed in deeds}
    answers = desk().ask_all([_ask(deed) for deed in asked])
    for deed, answer in zip(asked, answers, strict=True):
        found[deed.id] = _answered(deed, answer)
    return found


def paid(deed: Deed, how: str, day: date) -> None:
    """Write down that a customer has paid; what was said before stays."""
    Deed.objects.filter(id=deed.id, state=Deed.DONE, paid_by="", is_waived=False).update(
        paid_by=how, paid_day=day
    )
    deed.refresh_from_db()


def waive(deed: Deed) -> None:
    """Write down that a customer need not pay."""
    Deed.objects.filter(id=deed.id, state=Deed.DONE, paid_by="").update(is_waived=True)


def undo(deed: Deed) -> None:
    """Take back what was never done, as long as no receipt stands; raises why it cannot be."""
    if deed.state != Deed.DONE or deed.paid_by:
        raise StillPaid()
    said = {"of": deed.act, "reason": "it was written down by mistake"}
    key = f"customers:undo:{deed.id}"
    desk().ask(made("unrecord", deed.card, said, by=deed.keeper, channel="app", key=key))
    Deed.objects.filter(id=deed.id, state=Deed.DONE, paid_by="").update(state=Deed.UNDONE)


# --- how ------------------------------------------------------------------------------------------


def _begun(keeper: str, id_: UUID, each: Done, now: datetime, day: date) -> Deed:
    """Write down what is about to be asked; raises what is wrong with it, and `KeyReused`."""
    policy = each.card.policy
    if each.fee is None:
        raise ForNothing()
    if each.on > civil_day(now, policy.zone):
        raise DayAhead(day=each.on.isoformat())
    said = adding.Wanted(product=policy.name, amount=each.amount, sku=each.sku)
    act = adding.last(policy, each.kind, each.on, said, now)
    facts: dict[str, Any] = {
        "keeper": keeper,
        "customer": UUID(each.entry.id),
        "card": each.card.subject,
        "kind": each.kind,
        "amount_minor": act.get("amount_minor"),
        "sku": each.sku,
        "day": each.on,
        "cost_minor": each.cost_minor,
        "cost_currency": policy.currency,
        "fee_minor": each.fee.minor,
        "fee_currency": each.fee.currency,
        "is_all_in": each.is_all_in,
    }
    more = {
        "version": each.version,
        "pin": policy.pin,
        "at": datetime.fromisoformat(act["at"]) if "at" in act else now,
        "paid_by": each.paid_by,
        "paid_day": day if each.paid_by else None,
    }
    deed, is_new = Deed.objects.get_or_create(id=id_, defaults={**facts, **more})
    if not is_new and any(getattr(deed, name) != value for name, value in facts.items()):
        raise KeyReused()
    return deed


def _ask(deed: Deed) -> Ask:
    said = {
        "kind": deed.kind,
        "at": deed.at.isoformat(),
        "amount_minor": deed.amount_minor,
        "sku": deed.sku,
    }
    return made(
        "record",
        deed.card,
        said,
        by=deed.keeper,
        channel="app",
        key=f"customers:{deed.id}",
        expect_version=deed.version,
    )


def _answered(deed: Deed, answer: Answer) -> Deed | Refusal:
    if isinstance(answer, OutcomeUnknown):
        # It may have been recorded: it stays as it is, and is asked for again.
        return answer
    if isinstance(answer, Refusal):
        Deed.objects.filter(id=deed.id, state=Deed.BEGUN).delete()
        return answer
    until = answer.answer.get("until")
    deed.state, deed.seq = Deed.DONE, answer.seq
    deed.until = None if until is None else datetime.fromisoformat(until)
    deed.act = str(answer.answer.get("id", ""))
    deed.save(update_fields=["state", "act", "seq", "until"])
    return deed
