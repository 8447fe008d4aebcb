"""Adjust: a clock or a balance is put right by hand, with a reason and a second person's eyes."""

from __future__ import annotations

from baohao.core.asks import Decision
from baohao.core.decide import payload
from baohao.core.decide.case import Case, SecondPersonMissing, act_on, conclude, message
from baohao.core.decide.observe import ClockUnknown
from baohao.core.line.acts import Act


def adjust(case: Case) -> Decision:
    """
    Set a clock to an instant, or a balance to an amount.

    Fields: `clock` with `until`, or `balance` with `amount_minor`; `reason`, `approved_by`.
    Refuses with `VerbNotAllowed`, `SecondPersonMissing` and `ClockUnknown`.
    """
    ask, policy = case.ask, case.policy
    payload.only(ask, "clock", "until", "balance", "amount_minor")
    case.permit()
    approved = ask.payload.get("approved_by")
    if not approved or approved == ask.principal:
        raise SecondPersonMissing(verb="adjust")
    of_clock = "clock" in ask.payload
    name = payload.text(ask, "clock" if of_clock else "balance")
    known = {*policy.clocks} if of_clock else {"main", *policy.balances}
    if name not in known:
        raise ClockUnknown(name=name, known=", ".join(sorted(known)))
    act = Act(
        id=case.id,
        kind="adjust",
        at=case.now,
        clock=name if of_clock else "",
        until=payload.instant(ask, "until") if of_clock else None,
        balance="" if of_clock else name,
        amount_minor=None if of_clock else payload.whole(ask, "amount_minor"),
        why=payload.reason(ask),
    )
    done = act_on(case, act, data={"approved_by": str(approved)})
    return conclude(
        case,
        done.state,
        done.events,
        entries=done.entries,
        effects=[message(case, "adjusted")],
        cause="by_hand",
    )
