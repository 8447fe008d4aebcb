"""What was sold by one paid act, as the journal has it for ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from baohao.core.asks import Terms
from baohao.core.bucket import bucket_of
from baohao.core.civil import Span
from baohao.core.decide.case import safe_until
from baohao.core.decide.reverse import ActUnknown
from baohao.core.line.acts import Act
from baohao.core.line.evolve import evolve
from baohao.core.line.fold import policy_of
from baohao.core.line.state import LineState, Sold
from baohao.core.promotions.model import ExtraTime, Promotion
from baohao.core.refusals import Refusal
from baohao.store import journal, lines, receipts
from baohao.store.journal import Kept
from baohao.store.sql import Connection

Json = dict[str, Any]

#: What each kind of paid act is called where it is asked for.
_VERBS = {"renewal": "renew", "topup": "top_up", "activate": "activate", "restore": "restore"}


class ReceiptNotYours(Refusal):
    """There is no receipt {id} of yours."""

    code = "receipt.unknown"


def line_of(conn: Connection, act: UUID, number: str | None, payer: str) -> str:
    """
    Return the line with a paid act that an account paid for; raises `ActUnknown`.

    With a number, an act that was carried over to it is found too, which began on another.
    """
    number = number or _line_of(conn, act)
    line = None if number is None else lines.find(conn, number)
    if number is None or line is None:
        raise ActUnknown(act=str(act))
    sales = [sold for sold in line.state.sold if sold.act == str(act)]
    if not sales:
        # It may have been reversed: whoever asks again is told what became of it.
        sales = [sold for _, sold in sales_in(journal.of_subject(conn, bucket_of(number), number))]
    if not any(sold.act == str(act) and str(sold.sale.payer) == payer for sold in sales):
        raise ActUnknown(act=str(act))
    return number


def receipt(conn: Connection, terms: Terms, act: UUID, number: str | None, payer: str) -> Json:
    """
    Return what was sold by an act that an account paid for, in whole minor units.

    Raises `ReceiptNotYours`, also for another payer's.
    """
    number = number or _line_of(conn, act)
    chain = () if number is None else journal.of_subject(conn, bucket_of(number), number)
    for place, sold in sales_in(chain):
        if sold.act == str(act) and str(sold.sale.payer) == payer:
            return told(conn, terms, chain, place, sold)
    raise ReceiptNotYours(id=str(act))


def _line_of(conn: Connection, act: UUID) -> str | None:
    place = receipts.place(conn, str(act))
    return None if place is None else place.line


def sales_in(chain: Sequence[Kept]) -> list[tuple[int, Sold]]:
    """Return the sales among events, each with its place."""
    events = [kept.recorded.event for kept in chain]
    return [(n, event.sold) for n, event in enumerate(events) if event.sold is not None]


def told(conn: Connection, terms: Terms, chain: Sequence[Kept], place: int, sold: Sold) -> Json:
    """Return what was sold by the event at a place of its line's chain."""
    recorded, sale = chain[place].recorded, sold.sale
    act = recorded.event.act
    before = replayed(chain[:place], terms)
    if act is None or before is None:
        raise ReceiptNotYours(id=sold.act)
    after = evolve(before, recorded.event, terms.rules)
    policy = policy_of(terms.rules, before.pin)

    def local(at: datetime | None) -> str | None:
        return None if at is None else at.astimezone(policy.zone).isoformat()

    return {
        "id": sold.act,
        "number": recorded.subject,
        "operator": before.operator,
        "plan": sale.plan,
        "policy": policy.pin,
        "what": _VERBS[act.kind],
        "term": None if act.term is None else str(act.term),
        "bonus": _bonus(act, sold, terms.promotions),
        "discounts": [{"promotion": name, "minor": minor} for name, minor in sale.discounts],
        "gifts": [{"promotion": name, "minor": minor} for name, minor in sale.gifts],
        "price_minor": sale.price_minor + sale.credit_minor,
        "fee_minor": sale.fee_minor,
        "government_minor": sale.government_minor,
        # No sale has one yet.
        "service_fee_minor": sold.service_fee_minor,
        "total_minor": sale.total_minor,
        "currency": sale.currency,
        "paid_from": str(sale.payer),
        "sold_at": local(sold.at),
        "channel": sold.channel,
        "before": local(safe_until(before)),
        "until": local(safe_until(after)),
        "reversed_at": local(reversed_at(conn, chain[place + 1 :], sold.act)),
    }


def replayed(chain: Sequence[Kept], terms: Terms) -> LineState | None:
    """Return the line that events make."""
    state: LineState | None = None
    for kept in chain:
        state = evolve(state, kept.recorded.event, terms.rules)
    return state


def _bonus(act: Act, sold: Sold, promotions: Sequence[Promotion]) -> list[Json]:
    """Return extra time with the promotion that gave it, where the library still has it so."""
    known: Mapping[str, Promotion] = {promotion.id: promotion for promotion in promotions}
    given: list[tuple[str, Span]] = [
        (use.promotion, give.span)
        for use in sold.uses
        if use.promotion in known
        for give in known[use.promotion].gives
        if isinstance(give, ExtraTime)
    ]
    if tuple(span for _, span in given) != act.bonus:
        return [{"promotion": None, "time": str(span)} for span in act.bonus]
    return [{"promotion": name, "time": str(span)} for name, span in given]


def reversed_at(conn: Connection, chain: Sequence[Kept], act: str) -> datetime | None:
    """Return when an act was undone; one whose line was given another number is followed there."""
    for kept in chain:
        event = kept.recorded.event
        if event.kind == "undone" and event.data.get("of") == act:
            return kept.recorded.recorded_at
        if event.kind == "closed":
            to = str(event.data["to"])
            return reversed_at(conn, _since(conn, to, kept.recorded.recorded_at), act)
    return None


def _since(conn: Connection, number: str, at: datetime) -> list[Kept]:
    """Return what happened to a number from an instant on."""
    chain = journal.of_subject(conn, bucket_of(number), number)
    return [kept for kept in chain if kept.recorded.recorded_at >= at]
