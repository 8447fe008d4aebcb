"""Applying: an act does to a line what its policy says. The stage is judged before it."""

from __future__ import annotations

from datetime import datetime

from baohao.core.line import charges, counts, granting, ladder, pauses, purse
from baohao.core.line.acts import BEGINNINGS, COUNTING, ENDINGS, STARTS, USES, Act
from baohao.core.line.barred_days import BarredDays
from baohao.core.line.dues import advance
from baohao.core.line.extend import day_of
from baohao.core.line.run import Run
from baohao.core.line.staging import force, restage
from baohao.core.line.standing import ClockState, Settled, Warning_
from baohao.core.policy.model import EventRule
from baohao.core.policy.terms import Base, Extension, Fixed

#: What a start brings to an end: a card that is activated waits for it no longer.
_WAITED_FOR = {"activation": "activate_by", "identity": "register_by"}
#: Acts that bring money to the main balance unless a rule says otherwise.
_MONEY = ("topup", "voucher")


def apply(run: Run, act: Act) -> None:
    """Settle up to an act, let it do what the policy says, and settle what falls due at once."""
    advance(run, act.at)
    run.history.append(act)
    at, kind = act.at, act.kind
    if kind in BEGINNINGS:
        if kind == "port_in":
            begin(run, "port_in", at)
        _activate(run, act)
    elif kind in ENDINGS:
        _end(run, act)
    elif kind in STARTS and kind != "repin":
        begin(run, kind, at)
    elif kind not in COUNTING:
        _steer(run, act)
    if kind in USES and "activation" in run.begun:
        begin(run, "first_use", at)
    if kind in COUNTING:
        _count(run, act)
    run.at = at
    purse.watch_floors(run, at)
    restage(run, at)
    advance(run, at)


# -- beginning -------------------------------------------------------------------------------------


def begin(run: Run, start: str, at: datetime) -> None:
    """Start what starts with `start`, the first time it happens."""
    if start in run.begun:
        return
    run.begun[start] = at
    waited_for = _WAITED_FOR.get(start)
    if waited_for is not None:
        for clock in run.policy.clocks.values():
            if clock.kind == waited_for:
                run.clocks.pop(clock.id, None)
    for clock in run.course.clocks_from.get(start, ()):
        if clock.kind != waited_for and clock.id not in run.clocks and clock.term is not None:
            granting.start(run, clock, at)
    for charge in run.course.charges_from.get(start, ()):
        if charge.id not in run.charges:
            run.charges[charge.id] = charges.begun(run.policy, charge, at)
    if start == "activation" and run.stage.kind == "stock":
        restage(run, at)


def enter(run: Run, at: datetime) -> None:
    """Come into a policy half-way through a life: start what would be running under it."""
    for start in tuple(run.begun):
        for clock in run.course.clocks_from.get(start, ()):
            if clock.id not in run.clocks and clock.term is not None:
                granting.start(run, clock, at)
        for charge in run.course.charges_from.get(start, ()):
            if charge.id not in run.charges:
                run.charges[charge.id] = charges.begun(run.policy, charge, at)


def _activate(run: Run, act: Act) -> None:
    """Begin a life; what was bought with it is time like any other."""
    if "activation" in run.begun:
        return
    run.ended = ""
    begin(run, "activation", act.at)
    if act.term is not None or act.amount_minor is not None:
        _buy_afresh(run, act)


def _buy_afresh(run: Run, act: Act) -> None:
    """Count what an act bought from its own day on, whatever was before; and take its credit."""
    for clock in run.course.bought:
        span = act.term or clock.term
        if span is None:
            continue
        term = Fixed(span)
        grants = counts.grants_of(term, act, amount_minor=0, balance_minor=0, clock=clock)
        run.clocks.pop(clock.id, None)
        ext = Extension(clock=clock.id, base=Base.RESET, term=term)
        granting.grant(run, ext, act.id, act.at, grants)
    if act.credited_minor:
        purse.credit(run, act, purse.MAIN, act.credited_minor)


# -- steering and ending ---------------------------------------------------------------------------


def _steer(run: Run, act: Act) -> None:
    match act.kind:
        case "park":
            pauses.park(run, act)
        case "resume":
            pauses.resume(run, act.at, by_itself=False)
        case "hold":
            pauses.hold(run, act)
        case "lift":
            pauses.lift(run, act.at)
        case "adjust":
            _adjust(run, act)
        case "refund":
            purse.spend(run, act.spend_minor)
        case "restore":
            run.forced, run.ended = None, ""
            _buy_afresh(run, act)
        case _:
            # A repin has been seen to by the fold, which goes on in another policy.
            pass


def _adjust(run: Run, act: Act) -> None:
    if act.clock and act.until is not None:
        clock, old = run.policy.clocks[act.clock], run.clocks.get(act.clock)
        last = day_of(clock, act.until)
        run.clocks[act.clock] = ClockState(
            deadline=act.until,
            day=last,
            since=old.since if old else act.at,
            grid=old.grid if old else last,
            anchor=last,
        )
    if act.balance:
        run.balances[act.balance] = act.amount_minor or 0


def _end(run: Run, act: Act) -> None:
    """End a life, or hand its number on."""
    run.ended = act.kind
    if act.kind == "terminate":
        force(run, run.course.first_lost.name, act.at)
    elif act.kind == "port_out":
        force(run, ladder.PORTED_OUT.name, act.at)
    else:
        _forget(run, act)


def _forget(run: Run, act: Act) -> None:
    """Leave nothing of a life to the next one: the number goes back to stock, or to its pool."""
    purse.forfeit(run, run.balances, act.at)
    run.clocks, run.balances, run.charges, run.begun, run.moved = {}, {}, {}, {}, {}
    run.parked_since, run.parks, run.held_since, run.frozen = None, (), None, ()
    run.barred, run.benefits, run.history = BarredDays({}), [], [act]
    recycled = act.kind == "recycle"
    run.stage = run.course.recycled if recycled else ladder.RETURNED
    run.forced = (run.stage.name, act.at) if recycled else None
    run.stage_since = act.at


# -- acts that may count ---------------------------------------------------------------------------


def _count(run: Run, act: Act) -> None:
    """Apply the event rules to an act: money first, then time."""
    here = counts.Circumstance(
        policy=run.policy, stage=run.stage, history=run.history, moved=run.moved
    )
    reasons: list[str] = []
    matched: list[EventRule] = []
    for rule in run.course.rules_for.get(act.kind, ()):
        why = counts.why_not(rule, act, here)
        if why is not None:
            reasons.append(why)
            continue
        matched.append(rule)
        if not rule.also:
            break
    before = run.balances.get(purse.MAIN, 0)
    _money(run, act, matched)
    for rule in matched:
        _extend_by(run, rule, act, before)
    if not matched:
        why = reasons[0] if reasons else "kind"
        run.warnings.append(Warning_(act=act.id, code="did_not_count", why=why))


def _money(run: Run, act: Act, matched: list[EventRule]) -> None:
    """Take and credit what an act costs and brings."""
    if act.spend_minor:
        purse.spend(run, act.spend_minor)
    bucket = matched[0].credit if matched else ""
    brings = act.kind in _MONEY or bool(act.credited_minor)
    if not bucket and brings and (matched or run.stage.kind == "live"):
        bucket = purse.MAIN
    if bucket in ("", "none"):
        return
    amount, restore = act.credit_minor, run.stage.restore
    if matched and restore is not None and run.stage.kind != "live" and act.kind != "renewal":
        # Of a renewal the fee is asked for beside its price.
        fee = min(amount, restore.fee_minor)
        if fee:
            amount -= fee
            settled = Settled(what="charged", at=act.at, id="restore", amount_minor=fee)
            run.settled.append(settled)
    purse.credit(run, act, bucket, amount)
    if act.kind in _MONEY:
        begin(run, "first_topup", act.at)
    charges.pay_owed(run, act.at)


def _extend_by(run: Run, rule: EventRule, act: Act, balance_before_minor: int) -> None:
    at = act.effective(rule.at)
    extended: set[str] = set()
    for ext in rule.extends:
        grants = counts.grants_of(
            ext.term,
            act,
            amount_minor=act.measured(rule.measure) or 0,
            balance_minor=balance_before_minor,
            clock=run.policy.clocks[ext.clock],
        )
        if grants and granting.in_window(run, ext, at, act):
            granting.grant(run, ext, act.id, at, grants, is_cut=act.cut is not None)
            extended.add(ext.clock)
    for clock in run.course.clocks_from.get(f"event:{rule.id}", ()):
        if clock.id not in extended and not act.is_void(clock.zone):
            granting.start(run, clock, at)
