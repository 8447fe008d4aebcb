"""Record: something that happened elsewhere, with its own time, amount and evidence."""

from __future__ import annotations

from datetime import datetime

from baohao.core.asks import Decision
from baohao.core.decide import payload
from baohao.core.decide.case import Case, act_on, conclude
from baohao.core.kept import is_kept
from baohao.core.line.acts import COUNTING, Act
from baohao.core.refusals import Refusal


class BeforeItBegan(Refusal):
    """
    The card is kept since {since}; what was before that is not known here. Keep it from earlier on.
    """

    code = "record.before_it_began"


#: What may be recorded: acts that may count, and starts that happened elsewhere.
RECORDED = COUNTING | {"activate", "purchase", "first_use", "identity"}


def record(case: Case) -> Decision:
    """
    Record an act that happened elsewhere: usage, a top-up at the operator's own shop, a call.

    Fields: `kind`, `at`, `act` (its own id, if it has one), `amount_minor`, `paid_minor`,
    `net_minor`, `credited_minor`, `spend_minor`, `term`, `sku`, `where`, `actor`, `tags`, `used`,
    `evidence`.
    Refuses with `VerbNotAllowed`, `BeforeItBegan`, `ActKnown`, `NotYetTrue` and `WouldShorten`.
    """
    case.permit()
    act = act_of(case)
    known_then(case, act.at)
    done = act_on(case, act, data=_evidence(case))
    return conclude(case, done.state, done.events, entries=done.entries, cause="elsewhere")


def known_then(case: Case, at: datetime) -> None:
    """Refuse what a kept card did before it is known here; raises `BeforeItBegan`."""
    begun = case.standing.begun.get("activation")
    if is_kept(case.ask.subject) and begun is not None and at < begun:
        raise BeforeItBegan(since=begun.isoformat())


def act_of(case: Case) -> Act:
    """Return the act that an ask says; raises `FieldUnknown` and `FieldMalformed`."""
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
