"""
Cards: where a card that was kept pays, its gateway charges it, and what came buys the term.

    due ── quote ──> payment begun ── charge ──> captured ── keep_order ──> renewed, order charged
                          │   │ └──> unknown: the janitor asks what became of it
                          │   └────> declined ──> the order's charge failed
                          └────────> captured, and the order is stopped or the line moved: refunded

A payment like others, under the same state machine: its id, and so its order number, follows from
the order, the deadline and the try, so that whoever takes it up in the middle charges nobody twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from baohao.app.door import HouseClosed
from baohao.app.orders import keep
from baohao.app.payments.asking import CHARGED, Ports, create
from baohao.app.payments.carry import Carrier
from baohao.app.payments.learn import note
from baohao.app.shell import OutcomeUnknown, Shell
from baohao.core.asks import Ask
from baohao.core.books.chart import AccountKind
from baohao.core.bucket import bucket_of
from baohao.core.ids import following
from baohao.core.line.ordered import CARD, Ordered
from baohao.core.line.state import LineState
from baohao.core.payments import PAUSE, Payment, State, Wanted
from baohao.core.refusals import Refusal
from baohao.core.standing_orders import StepKind
from baohao.store import clock, lines, payments, standing_orders
from baohao.store.payments import Asked, Kept
from baohao.store.sql import Connection, rows
from baohao.store.standing_orders import Standing

#: Codes of our own: the card was not kept by this tenure · the price is above the limit.
NOT_KEPT, OVER_LIMIT = "standing_orders.not_kept", "standing_orders.over_limit"
#: What payers read on their statement.
DESCRIPTION = "保號 standing order"
#: Tries of one deadline; their ids lie side by side.
TRIES_MAX = 512


@dataclass(frozen=True, slots=True)
class _Due:
    """An order whose card is to be charged, and the payment of this try, once it has begun."""

    standing: Standing
    line: LineState
    ordered: Ordered
    id: UUID
    kept: Kept | None


def run(shell: Shell, ports: Ports, new_id: Callable[[], UUID]) -> Mapping[str, int]:
    """Charge the cards that are due; return how many went how. Raises as `keep.run` does."""
    ran: Counter[str] = Counter()
    last: Standing | None = None
    now = shell.run(clock.now)
    while found := shell.run(partial(standing_orders.due, now=now, limit=keep.AT_ONCE, after=last)):
        last = found[-1]
        for each in found:
            if each.step == StepKind.CHARGE.value and each.payer.startswith(CARD):
                due = shell.run(partial(_look, standing=each))
                if due is not None:
                    ran[_Charging(shell, ports, new_id, due).done()] += 1
    return ran


class _Charging:
    """One try of one order."""

    def __init__(self, shell: Shell, ports: Ports, new_id: Callable[[], UUID], due: _Due) -> None:
        self._shell, self._ports, self._new_id, self._due = shell, ports, new_id, due

    def done(self) -> str:
        """Take the try as far as it goes, and return how it went."""
        kept = self._due.kept
        if kept is None:
            begun = self._begun()
            if isinstance(begun, str):
                return self._failed(begun)
            outcome = create(self._ports, begun)
            work = partial(note, id_=self._due.id, outcome=outcome, new_id=self._new_id)
            kept = self._shell.run(work)
        if kept.payment.state is State.CAPTURED:
            (kept,) = Carrier(self._shell, self._ports, self._new_id).carry([self._due.id])
        state = kept.payment.state
        if state is State.USED:
            return StepKind.CHARGE.value
        if state in (State.FAILED, State.CLOSED, State.REFUNDING, State.REFUNDED):
            return self._failed(kept.code or f"payment.{state}")
        # Nobody knows yet, or it has come and is not used: the janitor goes on.
        return state.value

    def _begun(self) -> Kept | str:
        """Quote the term and begin its payment; or say why not."""
        due = self._due
        standing, number = due.standing, due.line.number
        ask = Ask(
            id=due.id,
            verb="quote",
            subject=number,
            key=f"order:{standing.id}:quote:{due.id}",
            principal=keep.PRINCIPAL,
            channel=standing.channel,
            payload={"what": "renew", "term": str(due.ordered.term)},
        )
        (answer,) = self._shell.answer([ask])
        if isinstance(answer, Refusal):
            return _heard(answer).code
        return self._shell.run(partial(_begin, due=due, act=self._new_id()))

    def _failed(self, code: str) -> str:
        standing = self._due.standing
        ask = keep.asking(standing, self._new_id())
        ask = replace(ask, payload={**ask.payload, "failed": code[:100]})
        (answer,) = self._shell.answer([ask])
        if isinstance(answer, Refusal):
            return _heard(answer).code
        return "failed"


def _heard(refusal: Refusal) -> Refusal:
    if isinstance(refusal, OutcomeUnknown | HouseClosed):
        raise refusal
    return refusal


# --- transactions ---------------------------------------------------------------------------------


def _look(conn: Connection, standing: Standing) -> _Due | None:
    """Return what is so before anything is asked; `None`: the line has moved on."""
    found = lines.find(conn, standing.number)
    line = None if found is None else found.state
    if line is None or line.version != standing.version or standing.deadline is None:
        return None
    ordered = line.order
    if ordered is None or ordered.id != str(standing.id):
        return None
    tries = len(ordered.at(standing.deadline).failed_at)
    id_ = following(standing.id, int(standing.deadline.timestamp()) * TRIES_MAX + tries + 1)
    return _Due(standing, line, ordered, id_, payments.find(conn, id_))


def _begin(conn: Connection, due: _Due, act: UUID) -> Kept | str:
    """Begin the payment of a quote by the card that was kept; or say why not."""
    now, ordered, line = clock.now(conn), due.ordered, due.line
    mandate, gateway = _mandate(conn, ordered, line)
    if not mandate:
        return NOT_KEPT
    found = rows(conn, "read_quote_whole", bucket_of(line.number), due.id)
    if not found or now >= found[0][3]:
        return "quote.over"
    ((_, version, _, until, terms),) = found
    if terms["total"] > ordered.limit_minor:
        return OVER_LIMIT
    wanted = Wanted(
        number=line.number,
        epoch=line.epoch,
        verb="keep_order",
        said={"order": ordered.id},
        version=version,
    )
    payment = Payment(
        id=due.id,
        gateway=gateway,
        amount_minor=terms["total"],
        currency=terms["currency"],
        wanted=wanted,
        act=act,
    )
    asked = Asked(
        description=DESCRIPTION,
        way=CHARGED,
        payer=mandate,
        by=keep.PRINCIPAL,
        channel=ordered.channel,
    )
    kept = Kept(payment=payment, asked=asked, ends_at=until, created_at=now, next_at=now + PAUSE)
    payments.begin(conn, kept)
    return payments.find(conn, due.id) or kept


def _mandate(conn: Connection, ordered: Ordered, line: LineState) -> tuple[str, str]:
    """
    Return what lets the card be charged, and by which gateway; empty where this tenure did not keep
    it by a payment for this line.
    """
    id_ = UUID(ordered.payer[len(CARD) :])
    kept = payments.find(conn, id_)
    if kept is None or line.tenure is None:
        return "", ""
    since, act = line.tenure.since, str(kept.payment.act)
    if not any(sold.act == act and sold.at >= since for sold in line.sold):
        return "", ""
    return payments.mandate(conn, id_), kept.payment.gateway


def kept(conn: Connection, line: LineState) -> list[Kept]:
    """Return the payments by which this tenure has had cards kept, the last first."""
    since = line.tenure.since if line.tenure is not None else None
    ids = [
        UUID(sold.sale.payer.owner)
        for sold in line.sold
        if sold.sale.payer.kind is AccountKind.ADVANCE and since is not None and sold.at >= since
    ]
    found = payments.find_all(conn, ids)
    return [found[id_] for id_ in reversed(ids) if id_ in found and payments.mandate(conn, id_)]
