"""Order: the holder consents that the line renews by itself."""

from __future__ import annotations

import re

from baohao.core.altered import altered
from baohao.core.asks import Decision
from baohao.core.books.chart import AccountKind
from baohao.core.decide import payload
from baohao.core.decide.case import Case, conclude, message
from baohao.core.decide.commission import agent_of
from baohao.core.decide.offered import offer_for
from baohao.core.decide.register import NobodyHolds
from baohao.core.decide.selling import CurrencyOther, PayerUnknown
from baohao.core.line.event import Event
from baohao.core.line.ordered import CARD, ORDERED, Ordered, written
from baohao.core.refusals import Refusal
from baohao.core.standing_orders import A_WEEK, TWO_WEEKS

#: Whose money a standing order may spend: what is there before the charge, and is somebody's.
PAYERS = (AccountKind.WALLET, AccountKind.FLOAT)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class OrderThere(Refusal):
    """The line has a standing order, since {since}: stop it before another one is given."""

    code = "standing_orders.there"


def order(case: Case) -> Decision:
    """
    Let a line renew by itself for as long as its holder has it.

    Fields: `term`, `payer` (a wallet, a float, or "card:" and the payment that kept the card),
    `limit_minor` (the most at once), `consent` (how
    the holder said so), `lead`, `notice`, `cure` (spans), `granted_until` (of a payer who is not
    the holder: until when it pays; else for as long as the holder has the line).
    Refuses with `NobodyHolds`, `ExternalNotSold`, `VerbNotAllowed`, `OrderThere`, `NotSellable`,
    `NotOffered`, `PayerUnknown`, `CurrencyOther`, `AgentInactive`, `AgentElsewhere`,
    `NoticeTooShort`, `StandingOrderMalformed` or `GrantMalformed`.
    """
    ask, line = case.ask, case.state
    payload.only(
        ask, *("term", "payer", "limit_minor", "consent", "lead", "notice", "cure", "granted_until")
    )
    case.sells()
    case.permit()
    if line.tenure is None or not case.stage.keeping:
        raise NobodyHolds(stage=case.stage.name)
    if line.order is not None and line.order.is_live:
        raise OrderThere(since=line.order.consented_at.isoformat())
    ordered = _ordered(case, line.tenure.holder)
    # What the rules do not take is refused now, not when it falls due.
    ordered.terms(line.number, line.epoch, case.policy.zone)
    ordered.grant(line.number, line.epoch)
    event = Event(kind=ORDERED, effective_at=case.now, data=written(ordered))
    return conclude(
        case,
        altered(line, order=ordered),
        (event,),
        effects=[message(case, "ordered")],
    )


def _ordered(case: Case, holder: str) -> Ordered:
    ask = case.ask
    payer, is_own = _payer(case, holder)
    until = payload.instant(ask, "granted_until") if "granted_until" in ask.payload else None
    if is_own and until is not None:
        reason = "the holder's own money pays, without a grant"
        raise payload.FieldMalformed(field="granted_until", reason=reason)
    offer = offer_for(case.policy, case.state.plan, "renew", payload.span(ask, "term"), None)
    if offer.term is None:
        raise payload.FieldMalformed(field="term", reason="what is bought has no term")
    consent = payload.text(ask, "consent").strip()
    if not 0 < len(consent) <= 200:
        raise payload.FieldMalformed(field="consent", reason="say how, in 1 to 200 letters")
    return Ordered(
        id=case.id,
        plan=case.state.plan,
        term=offer.term,
        payer=payer,
        currency=case.policy.currency,
        limit_minor=payload.whole(ask, "limit_minor"),
        lead=payload.span(ask, "lead") if "lead" in ask.payload else TWO_WEEKS,
        notice=payload.span(ask, "notice") if "notice" in ask.payload else A_WEEK,
        cure=payload.span(ask, "cure") if "cure" in ask.payload else A_WEEK,
        channel=ask.channel,
        consent=consent,
        consented_at=case.now,
        is_granted=not is_own,
        granted_until=until,
    )


def _payer(case: Case, holder: str) -> tuple[str, bool]:
    """Return who pays, and whether it is the holder."""
    text = payload.text(case.ask, "payer")
    if text.startswith(CARD):
        # Whether it was kept, and by this tenure, is seen when it is charged.
        if _UUID.fullmatch(text[len(CARD) :]) is None:
            raise payload.FieldMalformed(field="payer", reason="a card is named by its payment")
        return text, True
    payer = payload.account(case.ask, "payer")
    if payer.kind not in PAYERS:
        raise PayerUnknown(account=str(payer))
    if payer.currency != case.policy.currency:
        raise CurrencyOther(price=case.policy.currency, account=str(payer))
    agent_of(case, payer)
    return str(payer), payer.kind is AccountKind.WALLET and payer.owner == holder
