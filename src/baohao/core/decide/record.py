"""Record: something that happened elsewhere, with its own time, amount and evidence."""

from __future__ import annotations

from baohao.core.asks import Decision
from baohao.core.books import funds
from baohao.core.books.chart import AccountKind, account
from baohao.core.books.entry import Entry
from baohao.core.decide import payload
from baohao.core.decide.case import Acted, Case, act_on, conclude
from baohao.core.line.acts import COUNTING, Act
from baohao.core.refusals import Refusal

#: What may be recorded: acts that may count, and starts that happened elsewhere.
RECORDED = COUNTING | {"activate", "purchase", "first_use", "identity"}


class ActKnown(Refusal):
    """An act with the id {act} has been recorded on this line."""

    code = "act.known"


def record(case: Case) -> Decision:
    """
    Record an act that happened elsewhere: usage, a top-up at the operator's own shop, a call.

    Fields: `kind`, `at`, `act` (its own id, if it has one), `amount_minor`, `paid_minor`, `net_minor`,
    `credited_minor`, `spend_minor`, `term`, `sku`, `where`, `actor`, `tags`, `used`, `evidence`.
    Refuses with `ActKnown`, `NotYetTrue` and `WouldShorten`.
    """
    act = _act(case)
    if any(known.id == act.id for known in case.state.acts):
        raise ActKnown(act=act.id)
    done = act_on(case, act, data=_evidence(case))
    entries = (*done.entries, *_booked(case, act, done))
    return conclude(case, done.state, done.events, entries=entries)


def _act(case: Case) -> Act:
    ask = case.ask
    money = ("amount_minor", "paid_minor", "net_minor", "credited_minor")
    payload.only(
        ask,
        *("kind", "at", "act", "spend_minor", "term", "sku", "where", "actor", "tags"),
        *("used", "evidence", *money),
    )
    amounts = {name: payload.whole(ask, name) for name in money if name in ask.payload}
    return Act(
        id=payload.text(ask, "act", case.id),
        kind=payload.text(ask, "kind", among=RECORDED),
        at=payload.instant(ask, "at", case.now),
        amount_minor=amounts.get("amount_minor"),
        paid_minor=amounts.get("paid_minor"),
        net_minor=amounts.get("net_minor"),
        credited_minor=amounts.get("credited_minor"),
        spend_minor=payload.whole(ask, "spend_minor", 0),
        term=payload.span(ask, "term") if "term" in ask.payload else None,
        used=_used(case),
        sku=payload.text(ask, "sku", ""),
        channel=payload.text(ask, "where", ""),
        actor=payload.text(ask, "actor", ""),
        tags=frozenset(payload.texts(ask, "tags")),
    )


def _used(case: Case) -> tuple[tuple[str, int], ...]:
    used = payload.part(case.ask, "used")
    for name, units in used.items():
        if type(units) is not int or units < 0:
            raise payload.FieldMalformed(field=f"used.{name}", reason="it must be a whole number")
    return tuple(sorted((name, int(str(units))) for name, units in used.items()))


def _evidence(case: Case) -> dict[str, object]:
    evidence = payload.text(case.ask, "evidence", "")
    return {"evidence": evidence} if evidence else {}


def _booked(case: Case, act: Act, done: Acted) -> tuple[Entry, ...]:
    """
    Return what the record means for the line's credit in our books; nothing for external lines.

    It is the change of the balances that the settlements, which have entries of their own, do not explain.
    """
    line = case.state
    if line.custody != "issued":
        return ()
    change = sum(done.state.standing.balances.values()) - sum(line.standing.balances.values())
    for event in done.events:
        if event.settled is not None and event.settled.what in ("charged", "forfeited"):
            taken = event.settled.amount_minor
            change += taken if event.kind == "settled" else -taken
    credit = account(AccountKind.CREDIT, line.plan, case.policy.currency)
    return funds.adjust(credit, change, cause="elsewhere", reason=act.kind)
