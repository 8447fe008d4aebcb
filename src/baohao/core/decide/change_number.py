"""
Change number: a holder leaves a number for another one, with all that the line has.

Two lines change, so there are two asks, sent together in one transaction: `change_number` closes
the old line, and `carry_over` opens the new one with what was closed. `carried` makes the second
from the first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from baohao.core.altered import altered
from baohao.core.asks import Ask, Decision, Effect
from baohao.core.books.chart import AccountKind, account, clearing
from baohao.core.books.entry import Entry, EntryKind, entry_of
from baohao.core.decide import payload
from baohao.core.decide.activate import NotInStock, yours
from baohao.core.decide.case import Case, conclude
from baohao.core.decide.register import NobodyHolds
from baohao.core.decide.repin import PlanElsewhere
from baohao.core.decide.replace_card import LineLocked
from baohao.core.decide.selling import take_fee
from baohao.core.line.acts import Act
from baohao.core.line.codec import decode, encode
from baohao.core.line.event import Event
from baohao.core.line.evolve import evolve
from baohao.core.line.fold import policy_of
from baohao.core.line.state import LineState
from baohao.core.refusals import Refusal


class NumberSame(Refusal):
    """The line has the number {number} already."""

    code = "number.same"


def change_number(case: Case) -> Decision:
    """
    Close a line whose holder gets another number; the old one rests.

    Fields: `to` (the new number), `paid`, `approved_by`. The event carries the line for
    `carry_over`. Refuses with `ExternalNotSold`, `VerbNotAllowed`, `SecondPersonMissing`,
    `NobodyHolds`, `LineLocked`, `NumberSame`, `VerbNotOffered`, `PayerUnknown`, `CurrencyOther`,
    `NoShift`, `ShiftCounted`, `OtherClerk`, `AgentInactive`, `AgentElsewhere` or `MoneyShort`.
    """
    payload.only(case.ask, "to", "paid")
    case.sells()
    case.permit()
    line = case.state
    if line.tenure is None or not case.stage.keeping:
        raise NobodyHolds(stage=case.stage.name)
    if line.tenure.locked:
        raise LineLocked()
    to = payload.text(case.ask, "to")
    if to == line.number:
        raise NumberSame(number=to)
    fee = take_fee(case)
    event = Event(
        kind="closed",
        effective_at=case.now,
        act=Act(id=case.id, kind="terminate", at=case.now, why=f"number changed to {to}"),
        data={"to": to, "transfer": str(case.terms.transfer), "line": encode(line)},
    )
    told = Effect(kind="message", due_at=case.now, data={"what": "number_changed", "to": to})
    return conclude(
        case,
        evolve(line, event, case.terms.rules),
        (event,),
        entries=(*fee.entries, *_moved(case, line, case.terms.transfer, sign=1)),
        effects=[told],
        earned=fee.earned,
        answer=fee.answer | {"to": to},
    )


def carried(ask: Ask, closed: Event, id_: UUID) -> Ask:
    """
    Return the second ask of a number change, from the first and the event that it brought about.
    """
    data: Mapping[str, object] = closed.data
    return Ask(
        id=id_,
        verb="carry_over",
        subject=str(data["to"]),
        key=f"{ask.key}/to",
        principal=ask.principal,
        channel=ask.channel,
        payload={"from": ask.subject, "line": data["line"], "transfer": data["transfer"]},
    )


def carry_over(case: Case) -> Decision:
    """
    Open a line with what another number's line had: card, acts, clocks, credit, what was sold.

    Fields: `from`, `line` and `transfer`, as `carried` writes them. The number is new here, or in
    stock. Refuses with `NotInStock`, `NotYours`, `PlanElsewhere`, `PolicyMissing` and
    `FieldMalformed`.
    """
    ask, stock = case.ask, case.line
    payload.only(ask, "from", "line", "transfer")
    if stock is not None and (case.stage.kind != "stock" or stock.tenure is not None):
        raise NotInStock(stage=case.stage.name)
    if stock is not None:
        yours(case)
    old, transfer = _line(case), UUID(payload.text(ask, "transfer"))
    if old.tenure is None:
        raise payload.FieldMalformed(field="line", reason="nobody held it")
    policy_of(case.terms.rules, old.pin)
    if stock is not None and stock.operator != old.operator:
        raise PlanElsewhere(pin=old.pin)
    epochs = stock.epochs if stock is not None else 0
    event = Event(
        kind="opened",
        effective_at=case.now,
        card=old.card,
        tenure=altered(old.tenure, epoch=epochs + 1, since=case.now),
        data={
            "number": ask.subject,
            "from": payload.text(ask, "from"),
            "line": ask.payload["line"],
        },
    )
    state = evolve(stock, event, case.terms.rules)
    works = Effect(kind="network", due_at=case.now, data={"stage": state.standing.stage})
    return conclude(
        case,
        state,
        (event,),
        entries=_moved(case, old, transfer, sign=-1),
        effects=[works] if stock is None else [],
    )


def _line(case: Case) -> LineState:
    row = case.ask.payload.get("line")
    if not isinstance(row, list):
        raise payload.FieldMalformed(field="line", reason="it must be a line as it was closed")
    try:
        return decode(row)
    except (ValueError, TypeError, KeyError, IndexError) as wrong:
        reason = "it cannot be read as a line"
        raise payload.FieldMalformed(field="line", reason=reason) from wrong


def _moved(case: Case, line: LineState, transfer: UUID, *, sign: int) -> tuple[Entry, ...]:
    """
    Return the entry that takes a line's credit and deferred revenue out of a bucket, or into it.
    """
    currency = policy_of(case.terms.rules, line.pin).currency
    deferred: defaultdict[str, int] = defaultdict(int)
    for sold in line.sold:
        deferred[sold.sale.plan] += sold.kept_minor
    amounts = [
        (account(AccountKind.DEFERRED, plan, currency), sign * minor)
        for plan, minor in sorted(deferred.items())
    ]
    credit = sign * sum(line.standing.balances.values())
    amounts.append((account(AccountKind.CREDIT, line.plan, currency), credit))
    amounts.append((clearing(currency), -sum(minor for _, minor in amounts)))
    return entry_of(EntryKind.TRANSFER, currency, amounts, transfer=transfer)
