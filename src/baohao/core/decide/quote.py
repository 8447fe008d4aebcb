"""Quote: a promise of price, promotions, bonus time and the exact new deadline, for a while."""

from __future__ import annotations

from datetime import timedelta

from baohao.core.asks import Decision, Quote
from baohao.core.decide import commission, payload
from baohao.core.decide.case import Case
from baohao.core.decide.offered import Offered, offer_for, quoted
from baohao.core.decide.restore import has_priority

#: Long enough to find the money, short enough that a promotion is not held up by it.
GOOD_FOR = timedelta(minutes=15)
#: What can be bought.
SOLD = ("renew", "top_up", "activate", "restore")


def quote(case: Case) -> Decision:
    """
    Promise what an act would cost and bring; uses of promotions are kept for it until it ends.

    Fields: `what` ("renew", "top_up", "activate", "restore"), `term` or `amount_minor`, `codes`,
    `service_fee_minor` (what an agent that asks for itself will take on top).
    Refuses with `ExternalNotSold`, `VerbNotAllowed`, `NotOffered`, `NotSellable`,
    `NothingGained`, `RefusedByCap`, `BalanceFull`, `VerbNotOffered`, `AgentInactive`,
    `AgentElsewhere`, `ServiceFeeRefused`, `ServiceFeeTooHigh`, `NotQuarantined` or
    `PriorityOver`.
    """
    ask, line = case.ask, case.state
    payload.only(ask, "what", "term", "amount_minor", "codes", commission.SERVICE_FEE)
    case.sells()
    verb = payload.text(ask, "what", "renew", among=SOLD)
    case.permit(verb)
    if verb == "restore":
        has_priority(case)
    term = payload.span(ask, "term") if "term" in ask.payload else None
    amount = payload.whole(ask, "amount_minor") if "amount_minor" in ask.payload else None
    offer = offer_for(case.policy, line.plan, verb, term, amount)
    codes = frozenset(payload.texts(ask, "codes"))
    offered = quoted(case, verb, offer, codes=codes, at=case.now)
    fee_minor = commission.quoted_fee(case)
    promise = Quote(
        id=ask.id,
        number=line.number,
        version=(case.stored or line).version,
        now=case.now,
        until=case.now + GOOD_FOR,
        terms=_terms(verb, offered, case.policy.currency, fee_minor),
    )
    # A promise changes nothing: what fell due is left to whoever changes the line.
    answer: dict[str, object] = {"quote": case.id, "good_until": promise.until.isoformat()}
    return Decision(
        state=case.stored,
        events=(),
        quote=promise,
        uses=offered.applied.uses,
        answer=answer,
    )


def _terms(verb: str, offered: Offered, currency: str, service_fee_minor: int) -> dict[str, object]:
    """Write down what is promised."""
    applied = offered.applied
    return {
        "verb": verb,
        "plan": offered.offer.plan,
        "term": str(offered.offer.term) if offered.offer.term else "",
        "list": applied.list_minor,
        "price": applied.price_minor,
        "discounts": [[name, minor] for name, minor in applied.discounts],
        "bonus": [[b.promotion, str(b.span)] for b in applied.bonuses],
        "gifts": [[name, minor] for name, minor in applied.gifts],
        "fee": offered.fee_minor,
        "government": offered.government_minor,
        "total": offered.total_minor,
        # Beside the total: the agent's own money.
        "service_fee": service_fee_minor,
        "currency": currency,
        "before": offered.before.isoformat() if offered.before else "",
        "until": offered.until.isoformat() if offered.until else "",
        "lost_days": offered.lost_days,
        "shortened_days": offered.shortened_days,
    }
