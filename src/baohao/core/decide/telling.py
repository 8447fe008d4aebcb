"""
Telling: what a decision has to say to those who listen.

An agent hears of a line that it sold something on in the holder's current tenure; an operator's own
systems hear of all its lines. Nobody hears of the next holder, and who paid how much is said to
whoever paid, and to the operator.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from baohao.core.asks import Ask, Decision, Effect, Terms
from baohao.core.books.chart import Account, AccountKind
from baohao.core.decide.case import safe_until
from baohao.core.ids import text_of
from baohao.core.line.ordered import CHARGED, FAILED, GAVE_UP, ORDERED, OWED, STOPPED, TOLD, Ordered
from baohao.core.line.state import LineState

#: The kind of the effects.
KIND = "event"
#: What each verb is told as; what other verbs bring about is told by what it changed.
TYPES: Mapping[str, str] = {
    "activate": "line.activated",
    "port_in": "line.ported_in",
    "renew": "line.renewed",
    "top_up": "line.topped_up",
    "restore": "line.restored",
    "reverse": "line.reversed",
    "correct": "line.corrected",
    "change_plan": "line.plan_changed",
    "replace_card": "line.card_replaced",
    "report_loss": "line.card_lost",
    "report_found": "line.card_found",
    "change_number": "line.number_changed",
    "transfer": "line.transferred",
    "park": "line.parked",
    "resume": "line.resumed",
    "hold": "line.held",
    "lift": "line.lifted",
    "terminate": "line.terminated",
    "port_out": "line.ported_out",
}
#: What becomes of a standing order, told to whoever pays by it and to the operator.
ORDERS: Mapping[str, str] = {
    ORDERED: "order.started",
    OWED: "order.notice_owed",
    TOLD: "order.notified",
    CHARGED: "order.charged",
    FAILED: "order.failed",
    GAVE_UP: "order.given_up",
    STOPPED: "order.stopped",
}
#: It stands in another stage; else: its deadline is another.
STAGE, UNTIL = "line.stage", "line.until"
#: An agent's float went below its alarm.
FLOAT_LOW = "float.low"


def operators_key(operator: str) -> str:
    """Return what an operator's own systems listen as; no agent's key has a colon."""
    return f"operator:{operator}"


def told(
    decision: Decision, before: LineState | None, ask: Ask, terms: Terms, now: datetime
) -> tuple[Effect, ...]:
    """Return the events that a decision owes, one for each listener; none of a line that is new."""
    after = decision.state
    if not terms.listeners or before is None or after is None or not decision.events:
        return ()
    return (
        *_of_line(decision, before, after, ask, terms, now),
        *_of_order(decision, before, after, terms, now),
    )


def _of_line(
    decision: Decision, before: LineState, after: LineState, ask: Ask, terms: Terms, now: datetime
) -> tuple[Effect, ...]:
    kind = _kind(decision, before, after, ask)
    if not kind:
        return ()
    had, has = _sellers(before), _sellers(after)
    operator = operators_key(after.operator)
    goes_on = before.epoch == after.epoch
    paid = _paid(decision, ask) if kind in TYPES.values() else {}
    payers = {operator, *_payers(before, after, ask)}
    found: list[Effect] = []
    for listener in sorted({operator, *had, *has} & terms.listeners):
        facts: dict[str, object] = {"listener": listener, "type": kind, "version": after.version}
        if goes_on or listener in has or listener == operator:
            facts |= _standing(decision, after)
        if listener in payers:
            facts |= paid
        if "to" in decision.answer:
            facts["to"] = decision.answer["to"]
        found.append(Effect(kind=KIND, due_at=now, data=facts))
    return tuple(found)


def _of_order(
    decision: Decision, before: LineState, after: LineState, terms: Terms, now: datetime
) -> tuple[Effect, ...]:
    """Return what became of the line's standing order; it is over when the tenure is."""
    ordered = after.order or before.order
    if ordered is None:
        return ()
    told = [(ORDERS[e.kind], e.data) for e in decision.events if e.kind in ORDERS]
    if after.order is None and ordered.is_live:
        told.append((ORDERS[STOPPED], {"order": ordered.id}))
    found: list[Effect] = []
    for listener in sorted({operators_key(after.operator), *_payer(ordered)} & terms.listeners):
        for kind, data in told:
            facts = {name: data[name] for name in ("deadline", "code") if data.get(name)}
            facts |= {"listener": listener, "type": kind, "version": after.version}
            found.append(Effect(kind=KIND, due_at=now, data={"order": ordered.id, **facts}))
    return tuple(found)


def _payer(ordered: Ordered) -> set[str]:
    """Return the agent that pays by an order, if it is one."""
    if ordered.is_by_card:
        return set()
    payer = Account.parse(ordered.payer)
    return {payer.owner} if payer.kind is AccountKind.FLOAT else set()


def _kind(decision: Decision, before: LineState, after: LineState, ask: Ask) -> str:
    """Return what it is told as; empty: there is nothing to tell."""
    if ask.verb in TYPES:
        return TYPES[ask.verb]
    if any(event.kind == CHARGED for event in decision.events):
        return TYPES["renew"]
    if before.standing.stage != after.standing.stage:
        return STAGE
    return UNTIL if safe_until(before) != safe_until(after) else ""


def _sellers(line: LineState) -> set[str]:
    """Return the agents that sold something in the line's tenure."""
    tenure = line.tenure
    if tenure is None:
        return set()
    return {
        sold.sale.payer.owner
        for sold in line.sold
        if sold.sale.payer.kind is AccountKind.FLOAT and sold.at >= tenure.since
    }


def _payers(before: LineState, after: LineState, ask: Ask) -> set[str]:
    """Return the agents who paid for what was done, or for what was undone."""
    acts = {text_of(ask.id), ask.payload.get("of")}
    sold = {each.act: each.sale.payer for each in (*before.sold, *after.sold) if each.act in acts}
    return {payer.owner for payer in sold.values() if payer.kind is AccountKind.FLOAT}


def _standing(decision: Decision, after: LineState) -> dict[str, object]:
    return {"stage": after.standing.stage, "until": decision.answer.get("until")}


def _paid(decision: Decision, ask: Ask) -> dict[str, object]:
    """Return the receipt and the money: what it cost, and what went back."""
    answer = decision.answer
    money = {"total_minor": "total", "back_minor": "back", "currency": "currency"}
    paid = {name: answer[key] for name, key in money.items() if key in answer}
    return {"ask": text_of(ask.id), **paid}
