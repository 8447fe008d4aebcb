"""
The facts of a receipt: what the journal and the books say of one ask that money moved for.

    sale       time was bought: the proof of keeping
    top_up     credit was bought
    fee        a verb's own fee was paid
    reversal   a sale was undone, as far as the policy gives back, or a deposit
    deposit    money was put into a wallet or a float (app/receipts/deposits)

Law 9/2021 of Macau, article 11, names what a trader must tell: who it is and how to reach it, the
price, discounts, fees, how it was paid. So they stand on every receipt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any
from uuid import UUID

from baohao.app.receipts import sold as sales
from baohao.app.receipts.changed import changed
from baohao.core.asks import Terms
from baohao.core.books.chart import AccountKind
from baohao.core.books.entry import EntryKind
from baohao.core.bucket import bucket_of
from baohao.core.decide.case import safe_until
from baohao.core.line.fold import policy_of
from baohao.core.line.state import LineState, Tenure
from baohao.core.operators import Operator
from baohao.core.refusals import Refusal
from baohao.store import journal, receipts
from baohao.store.journal import Kept
from baohao.store.sql import Connection

Json = dict[str, Any]

#: On which side the accounts of an entry stand, by its kind: the amounts of a receipt are positive.
_SIGNS = {EntryKind.SALE: -1, EntryKind.REVERSAL: 1}


class NothingPaid(Refusal):
    """No money moved for {ask}, or it is no ask of a line: there is nothing to certify."""

    code = "receipt.nothing_paid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What a receipt is given for."""

    line: str
    epoch: int
    holder: str
    #: The operator's.
    zone: tzinfo
    #: All but the receipt's own number and time.
    facts: Json


def happened(
    conn: Connection,
    terms: Terms,
    operators: Mapping[str, Operator],
    ask: UUID,
    number: str,
) -> Happened:
    """
    Return what an ask did to a line and what was paid for it.

    Raises `NothingPaid`.
    """
    chain = journal.of_subject(conn, bucket_of(number), number)
    places = _places(chain, ask)
    after = sales.replayed(chain[: places[-1] + 1], terms) if places else None
    if after is None:
        raise NothingPaid(ask=str(ask))
    operator = operators[after.operator]
    facts = _what(conn, terms, chain, places)
    paid_from, is_back = facts["paid_from"], facts["kind"] == "reversal"
    facts |= {
        "exchange": changed(conn, paid_from, facts["total_minor"], is_back=is_back),
        # With what fell due right after it.
        "until": _until(after, policy_of(terms.rules, after.pin).zone),
        "zone": operator.zone_name,
        "issuer": issuer_of(operator),
        "titles": _titles(terms, after, facts),
        # There is none on telecommunications in Macau; the field is there for whom it concerns.
        "tax_minor": 0,
        "chain": _head(chain[places[-1]]),
    }
    tenure = after.tenure or _tenure_before(chain[: places[0]], terms)
    return Happened(
        line=after.number,
        epoch=tenure.epoch if tenure else 0,
        holder=tenure.holder if tenure else "",
        zone=operator.zone,
        facts=facts,
    )


def _places(chain: Sequence[Kept], ask: UUID) -> range:
    """Return where the events of an ask's decision are, with what fell due right after them."""
    asked = [n for n, kept in enumerate(chain) if kept.recorded.asker.ask == ask]
    if not asked:
        return range(0)
    end, at = asked[-1] + 1, chain[asked[-1]].recorded.recorded_at
    while end < len(chain):
        follows = chain[end].recorded
        if follows.asker.ask is not None or follows.recorded_at != at:
            break
        end += 1
    return range(asked[0], end)


def _what(conn: Connection, terms: Terms, chain: Sequence[Kept], places: range) -> Json:
    """Return the facts of the kind that it is; raises `NothingPaid`."""
    for place in places:
        event = chain[place].recorded.event
        if event.sold is not None:
            told = sales.told(conn, terms, chain, place, event.sold)
            told.pop("reversed_at")
            agent = terms.agents.get(event.sold.agent)
            kind = "top_up" if told["what"] == "top_up" else "sale"
            name = event.sold.agent if agent is None else agent.name
            return told | {"kind": kind, "agent": {"key": event.sold.agent, "name": name}}
    for place in places:
        event = chain[place].recorded.event
        if event.kind == "undone":
            return _reversal(conn, terms, chain, places, str(event.data["of"]))
    return _fee(conn, terms, chain, places)


def _reversal(
    conn: Connection, terms: Terms, chain: Sequence[Kept], places: range, of: str
) -> Json:
    first = chain[places[0]].recorded
    undone = receipts.of_ask(conn, of)
    return _common(terms, chain, places) | {
        "kind": "reversal",
        "what": "reverse",
        "of": of,
        "of_receipt": None if undone is None else undone.facts["receipt"],
        "reason": str(first.event.data.get("reason", "")),
        **_amounts(conn, chain, places, EntryKind.REVERSAL),
    }


def _fee(conn: Connection, terms: Terms, chain: Sequence[Kept], places: range) -> Json:
    """Return a verb's own fee; raises `NothingPaid` where it was free."""
    asked = chain[places[0]].recorded
    amounts = _amounts(conn, chain, places, EntryKind.SALE)
    if not amounts["total_minor"]:
        raise NothingPaid(ask=str(asked.asker.ask))
    what = asked.event.kind if asked.event.act is None else asked.event.act.kind
    return _common(terms, chain, places) | {"kind": "fee", "what": what, **amounts}


def _common(terms: Terms, chain: Sequence[Kept], places: range) -> Json:
    """Return what a fee and a reversal have in common with a sale."""
    before = sales.replayed(chain[: places[0]], terms)
    after = sales.replayed(chain[: places[-1] + 1], terms)
    recorded = chain[places[0]].recorded
    if before is None or after is None:
        raise NothingPaid(ask=str(recorded.asker.ask))
    zone = policy_of(terms.rules, after.pin).zone
    return {
        "id": str(recorded.asker.ask),
        "number": after.number,
        "operator": after.operator,
        "plan": after.plan,
        "policy": after.pin,
        "sold_at": recorded.recorded_at.astimezone(zone).isoformat(),
        "channel": recorded.asker.channel,
        "before": _until(before, zone),
    }


def _amounts(conn: Connection, chain: Sequence[Kept], places: range, wanted: EntryKind) -> Json:
    """Return what a decision's entries of a kind moved, part by part, from or to where."""
    parts, currency, payer = Counter[str](), "", ""
    first, last = chain[places[0]].recorded, chain[places[-1]].recorded
    entries = receipts.posted(conn, first.subject, first.seq, last.seq, last.recorded_at)
    for kind, entry_currency, via, accounts, amounts in entries:
        if kind != wanted:
            continue
        currency, payer = entry_currency, via or payer
        for account, minor in zip(accounts, amounts, strict=True):
            parts[account.partition(":")[0]] += _SIGNS[wanted] * minor
    price = parts[AccountKind.DEFERRED] + parts[AccountKind.BREAKAGE]
    credit = parts[AccountKind.CREDIT] + parts[AccountKind.PROMOTION]
    fee, government = parts[AccountKind.FEES], parts[AccountKind.GOVERNMENT]
    return {
        "price_minor": price + credit,
        "fee_minor": fee,
        "government_minor": government,
        "total_minor": price + credit + fee + government,
        "currency": currency,
        "paid_from": payer,
    }


def issuer_of(operator: Operator) -> Json:
    """Return who sells and how to reach it, as it is now."""
    return {
        "name": operator.name,
        "names": dict(operator.names),
        "country": operator.country,
        "phone": operator.phone,
        "page": operator.page,
    }


def _titles(terms: Terms, line: LineState, facts: Json) -> Json:
    """Return what the plan and the promotions are called today, by language; "" is the usual."""
    shares = [each for name in ("bonus", "discounts", "gifts") for each in facts.get(name, ())]
    given = {each["promotion"] for each in shares}
    policy = policy_of(terms.rules, line.pin)
    called = [(line.plan, policy.title, policy.titles)]
    called += [(each.id, each.title, each.titles) for each in terms.promotions if each.id in given]
    return {id_: {"": title, **titles} for id_, title, titles in called}


def _head(kept: Kept) -> Json:
    """Return the chain's head that the ask left: whoever has it on paper sees a cut tail."""
    return {"seq": kept.recorded.seq, "head": kept.hash.hex()}


def _until(line: LineState, zone: tzinfo) -> str | None:
    at = safe_until(line)
    return None if at is None else at.astimezone(zone).isoformat()


def _tenure_before(chain: Sequence[Kept], terms: Terms) -> Tenure | None:
    before = sales.replayed(chain, terms)
    return None if before is None else before.tenure
