"""What every paid act shares: the payer, the price that was shown, the entry, and what is sold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from baohao.core.altered import altered
from baohao.core.asks import Decision, Effect
from baohao.core.books import sale as sales
from baohao.core.books.chart import Account, AccountKind
from baohao.core.books.entry import Entry
from baohao.core.charging import NAMED
from baohao.core.civil import Span
from baohao.core.commissions import Earned
from baohao.core.decide import commission, payload
from baohao.core.decide.case import (
    Case,
    NotYetTrue,
    aftermath,
    conclude,
    fresh,
    message,
    not_shorter,
    of_settlement,
)
from baohao.core.decide.offered import Offered, offer_for, quoted
from baohao.core.line.event import Event
from baohao.core.line.state import Sold, Tenure
from baohao.core.refusals import Refusal
from baohao.core.shifts import at_work

#: A sale that was written on paper while we could not be reached: when, and on which sheet.
SOLD_AT, SHEET = "sold_at", "sheet"
#: A sheet that is older has been forgotten, and is for the operator to put right.
SHEETS_KEEP = timedelta(days=7)
#: Who may pay for an act: accounts that are guarded against overspending.
PAYERS = (AccountKind.FLOAT, AccountKind.WALLET, AccountKind.TILL, AccountKind.ADVANCE)
#: A till takes cash in: it is debited, and never runs short by a sale.
TAKES_IN = AccountKind.TILL


class PayerUnknown(Refusal):
    """{account} cannot pay: give a float, a wallet, a till or a captured payment."""

    code = "money.payer"


class MoneyShort(Refusal):
    """{account} has {available_minor} minor units, and {needed_minor} are needed."""

    code = "money.short"


class CurrencyOther(Refusal):
    """The price is in {price}, and {account} holds another currency."""

    code = "money.currency"


class IdentityMissing(Refusal):
    """A line that is {stage} comes back only for a holder whose identity is verified."""

    code = "holder.identity_missing"


class SheetMalformed(Refusal):
    """A sheet of paper has its number, and what was sold at a counter within {days} days."""

    code = "sheet.malformed"


class PriceMoved(Refusal):
    """The price is {total_minor} minor units, not the {shown_minor} that were shown."""

    code = "money.price_moved"


class DateMoved(Refusal):
    """The number would be paid for until {until}, and not until {shown}, as was shown."""

    code = "line.date_moved"


class QuoteOver(Refusal):
    """The quote ended at {until}; ask for a new one."""

    code = "quote.over"


class QuoteMoved(Refusal):
    """
    The line has moved since the quote was made, and what it promised no longer fits; ask again.
    """

    code = "quote.moved"


class QuoteUnknown(Refusal):
    """There is no quote {quote} for this line."""

    code = "quote.unknown"


def sell(
    case: Case,
    verb: str,
    term: Span | None,
    *,
    amount_minor: int | None = None,
    tenure: Tenure | None = None,
) -> Decision:
    """
    Sell an act on a line, for a term or an amount: price it, take the money, fold it in.

    Raises what `offer_for`, `quoted` and `commission.credited` raise, and `ExternalNotSold`,
    `VerbNotAllowed`, `WouldShorten`, `PayerUnknown`, `MoneyShort`, `CurrencyOther`, `PriceMoved`,
    `DateMoved`, `QuoteOver`, `QuoteMoved`, `QuoteUnknown`, and for a till `NoShift`,
    `ShiftCounted`, `OtherClerk`.
    """
    case.sells()
    moment = _moment(case, verb)
    if moment != case.now:
        case = replace(case, judged_at=moment)
    case.permit(verb)
    _verified(case)
    line = case.state
    offer = offer_for(case.policy, line.plan, verb, term, amount_minor)
    codes = frozenset(payload.texts(case.ask, "codes"))
    offered = quoted(case, verb, offer, codes=codes, at=moment)
    fresh(case, offered.act)
    not_shorter(case, offered.act, offered.folded)
    _as_shown(case, offered)
    payer = _payer(case, offered.total_minor)
    sale = sales.Sale(
        operator=line.operator,
        plan=line.plan,
        currency=case.policy.currency,
        price_minor=0 if verb == "top_up" else offered.applied.price_minor,
        credit_minor=offered.applied.price_minor if verb == "top_up" else 0,
        fee_minor=offered.fee_minor,
        government_minor=offered.government_minor,
        discounts=() if verb == "top_up" else offered.applied.discounts,
        gifts=offered.applied.gifts_of_credit if verb == "top_up" else offered.applied.gifts,
        payer=payer,
        transfer=case.terms.transfer,
    )
    return _sold(case, verb, offered, sale, tenure)


def _verified(case: Case) -> None:
    """Ask for the holder's identity where the way back does; raises `IdentityMissing`."""
    restore, tenure = case.stage.restore, case.state.tenure
    if restore is None or not restore.identity or case.stage.kind == "live":
        return
    if tenure is None or tenure.identity != "registered":
        raise IdentityMissing(stage=case.stage.name)


def _sold(
    case: Case, verb: str, offered: Offered, sale: sales.Sale, tenure: Tenure | None
) -> Decision:
    sold = Sold(
        act=offered.act.id,
        at=offered.act.at,
        channel=case.ask.channel,
        sale=sale,
        kept_minor=sale.price_minor,
        uses=offered.applied.uses,
    )
    sold = commission.credited(case, verb, sold)
    event = Event(
        kind="acted",
        effective_at=offered.act.at,
        act=offered.act,
        sold=sold,
        tenure=tenure,
        data=_evidence(case),
    )
    settled = aftermath(case, offered.act, offered.state, offered.folded)
    held_by = offered.state.tenure if tenure is None else tenure
    state = altered(
        offered.state,
        sold=(*offered.state.sold, sold),
        tenure=held_by,
        epochs=max(offered.state.epochs, held_by.epoch if held_by is not None else 0),
    )
    entries = [
        *sales.sell(sale),
        *(e for s in settled for e in of_settlement(case.terms.rules, state, s)),
    ]
    answer: dict[str, object] = {"total": sale.total_minor, "currency": sale.currency}
    if offered.lost_days:
        answer["lost_days"] = offered.lost_days
    return conclude(
        case,
        state,
        (event, *settled),
        entries=entries,
        effects=[
            message(case, offered.act.kind),
            *_charge(case, offered),
        ],
        uses=offered.applied.uses,
        earned=commission.earned(verb, sold),
        answer=answer,
    )


def _evidence(case: Case) -> dict[str, object]:
    """Return by which papers it is sold: an authority, and the sheet that it was written on."""
    return {
        name: value
        for name in ("authority", SHEET)
        if (value := payload.text(case.ask, name, "").strip())
    }


def _charge(case: Case, offered: Offered) -> tuple[Effect, ...]:
    """Return what is owed to an operator whose own charging system is master: the same, there."""
    line, offer = case.state, offered.offer
    if line.operator not in case.terms.authority_there:
        return ()
    # Credit arrives there with its gifts; of time they know the price on their own list.
    is_credit = offer.verb not in NAMED
    amount = offered.act.credit_minor if is_credit else offer.price_minor
    data: dict[str, object] = {
        "act": offered.act.id,
        "operator": line.operator,
        "plan": line.plan,
        "verb": offer.verb,
        "term": str(offer.term) if offer.term is not None else "",
        "amount_minor": amount,
        "currency": case.policy.currency,
        "channel": case.ask.channel,
    }
    return (Effect(kind="charge", due_at=case.now, data=data),)


def _moment(case: Case, verb: str) -> datetime:
    """
    Return the instant at which the stage is judged: a quote's own while the line is as it was, or
    now.

    Raises `SheetMalformed`, `QuoteUnknown` and `QuoteOver`.
    """
    wanted = case.ask.payload.get("quote")
    if SOLD_AT in case.ask.payload or SHEET in case.ask.payload:
        return _on_paper(case)
    if wanted is None:
        return case.now
    quote = case.facts.quote
    promised = quote is not None and (quote.terms.get("verb"), quote.terms.get("plan"))
    if quote is None or str(quote.id) != str(wanted) or promised != (verb, case.state.plan):
        raise QuoteUnknown(quote=str(wanted)[:36])
    if case.now >= quote.until:
        raise QuoteOver(until=quote.until.isoformat())
    unmoved = (case.stored or case.state).version == quote.version
    return quote.now if unmoved else case.now


def _on_paper(case: Case) -> datetime:
    """Return when a sheet of paper says that it was sold; raises `SheetMalformed`, `NotYetTrue`."""
    is_named = bool(payload.text(case.ask, SHEET).strip())
    at = payload.instant(case.ask, SOLD_AT)
    if at > case.now:
        raise NotYetTrue(at=at.isoformat())
    is_free = case.ask.channel == "counter" and "quote" not in case.ask.payload
    if not (is_named and is_free) or case.now - at > SHEETS_KEEP:
        raise SheetMalformed(days=SHEETS_KEEP.days)
    return at


def _as_shown(case: Case, offered: Offered) -> None:
    """
    Hold the price and the deadline against what was shown; a quote binds unless it got better.
    """
    shown = payload.whole(case.ask, "total_minor", -1, least=-1)
    if shown not in (-1, offered.total_minor):
        raise PriceMoved(total_minor=offered.total_minor, shown_minor=shown)
    if "shown_until" in case.ask.payload:
        least = payload.instant(case.ask, "shown_until")
        if offered.until is None or offered.until < least:
            would_be = "" if offered.until is None else offered.until.isoformat()
            raise DateMoved(until=would_be, shown=least.isoformat())
    quote = case.facts.quote
    if quote is None or "quote" not in case.ask.payload:
        return
    total, until = quote.terms.get("total"), quote.terms.get("until")
    dearer = isinstance(total, int) and offered.total_minor > total
    promised = datetime.fromisoformat(str(until)) if until else None
    sooner = promised is not None and (offered.until is None or offered.until < promised)
    if dearer or sooner:
        raise QuoteMoved()


def _payer(case: Case, needed: int) -> Account:
    """Return the account that pays; raises when it cannot."""
    payer = payload.account(case.ask, "paid")
    if payer.kind not in PAYERS:
        raise PayerUnknown(account=str(payer))
    if payer.currency != case.policy.currency:
        raise CurrencyOther(price=case.policy.currency, account=str(payer))
    if payer.kind is TAKES_IN:
        at_work(case.facts.shifts, payer, case.ask.principal)
    available = case.facts.available.get(str(payer), 0)
    if payer.kind is not TAKES_IN and available < needed:
        raise MoneyShort(account=str(payer), available_minor=available, needed_minor=needed)
    return payer


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeTaken:
    """What the fee of a verb brings into its decision."""

    entries: tuple[Entry, ...] = ()
    earned: tuple[Earned, ...] = ()
    answer: dict[str, object] = field(default_factory=dict)


def take_fee(case: Case) -> FeeTaken:
    """
    Take a verb's own fee; nothing where it is free. An agent may pay it, and earns nothing by it.

    Raises `VerbNotOffered`, `PayerUnknown`, `CurrencyOther`, `MoneyShort`, `AgentInactive`,
    `AgentElsewhere`, and for a till `NoShift`, `ShiftCounted`, `OtherClerk`.
    """
    fee, line = case.fee(), case.state
    total = fee.fee_minor + fee.government_minor
    if not total:
        return FeeTaken()
    sale = sales.Sale(
        operator=line.operator,
        plan=line.plan,
        currency=case.policy.currency,
        fee_minor=fee.fee_minor,
        government_minor=fee.government_minor,
        payer=_payer(case, total),
        transfer=case.terms.transfer,
    )
    return FeeTaken(
        entries=sales.sell(sale),
        earned=commission.paid(case, sale),
        answer={"total": total, "currency": sale.currency},
    )
