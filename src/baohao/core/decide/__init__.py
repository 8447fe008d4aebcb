"""
Decide: what becomes true of an ask, or a refusal. One verb, one file; each verb lists its refusals.

    stock take_over keep allot activate renew top_up                          a line's life
    quote record unrecord observe reverse correct adjust                      what it has
    change_plan repin park resume hold lift terminate port_in port_out        its course
    register transfer replace_card change_number carry_over                   its holder and card
    report_loss report_found                                                  its card is away
    restore return recycle                                                    its number's next life
    order keep_order tell_order stop_order                                    its standing order
    fund withdraw pay_commission owe_refund pay_refund deposit undo_deposit   money
    hold_unknown assign return_unknown                                        money in suspense
    charge_back win_back set_off close_claim                                  taken back
    keep_fees hand_over                                                       a gateway's account
    open_shift drop count close_shift                                         a till's shift
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from baohao.core.asks import Ask, Decision, Facts, Terms
from baohao.core.decide.activate import activate
from baohao.core.decide.adjust import adjust
from baohao.core.decide.allot import allot
from baohao.core.decide.case import Case, expected
from baohao.core.decide.change_number import carry_over, change_number
from baohao.core.decide.charge_back import charge_back, close_claim, set_off, win_back
from baohao.core.decide.correct import correct
from baohao.core.decide.deposit import deposit, undo_deposit
from baohao.core.decide.fund import fund, withdraw
from baohao.core.decide.gateway import hand_over, keep_fees
from baohao.core.decide.hold import hold, lift
from baohao.core.decide.keep import keep
from baohao.core.decide.keep_order import keep_order
from baohao.core.decide.observe import observe
from baohao.core.decide.order import order
from baohao.core.decide.park import park, resume
from baohao.core.decide.pay_commission import pay_commission
from baohao.core.decide.port import port_in, port_out
from baohao.core.decide.quote import quote
from baohao.core.decide.record import record
from baohao.core.decide.recycle import recycle, return_to_stock
from baohao.core.decide.refund import owe_refund, pay_refund
from baohao.core.decide.register import register
from baohao.core.decide.renew import renew
from baohao.core.decide.repin import change_plan, repin
from baohao.core.decide.replace_card import replace_card
from baohao.core.decide.report_loss import report_found, report_loss
from baohao.core.decide.restore import restore
from baohao.core.decide.reverse import reverse
from baohao.core.decide.settle_up import settle_up
from baohao.core.decide.shift import close_shift, count, drop, open_shift
from baohao.core.decide.stock import stock
from baohao.core.decide.stop_order import stop_order
from baohao.core.decide.suspense import assign, hold_unknown, return_unknown
from baohao.core.decide.take_over import take_over
from baohao.core.decide.tell_order import tell_order
from baohao.core.decide.telling import told
from baohao.core.decide.terminate import terminate
from baohao.core.decide.top_up import top_up
from baohao.core.decide.transfer import transfer
from baohao.core.decide.unrecord import unrecord
from baohao.core.line.evolve import settle
from baohao.core.line.state import LineState
from baohao.core.refusals import Refusal


class VerbUnknown(Refusal):
    """There is no verb "{verb}"."""

    code = "verb.unknown"


#: What may be asked of a line.
LINE_VERBS: Mapping[str, Callable[[Case], Decision]] = {
    "stock": stock,
    "take_over": take_over,
    "keep": keep,
    "allot": allot,
    "activate": activate,
    "renew": renew,
    "top_up": top_up,
    "quote": quote,
    "record": record,
    "unrecord": unrecord,
    "observe": observe,
    "reverse": reverse,
    "correct": correct,
    "adjust": adjust,
    "change_plan": change_plan,
    "repin": repin,
    "park": park,
    "resume": resume,
    "hold": hold,
    "lift": lift,
    "terminate": terminate,
    "port_in": port_in,
    "port_out": port_out,
    "register": register,
    "transfer": transfer,
    "replace_card": replace_card,
    "report_loss": report_loss,
    "report_found": report_found,
    "change_number": change_number,
    "carry_over": carry_over,
    "restore": restore,
    "return": return_to_stock,
    "recycle": recycle,
    "settle": settle_up,
    "order": order,
    "keep_order": keep_order,
    "tell_order": tell_order,
    "stop_order": stop_order,
}
#: What may be asked of a holder of money.
MONEY_VERBS: Mapping[str, Callable[[Ask, Facts, datetime], Decision]] = {
    "fund": fund,
    "withdraw": withdraw,
    "pay_commission": pay_commission,
    "owe_refund": owe_refund,
    "pay_refund": pay_refund,
    "hold_unknown": hold_unknown,
    "assign": assign,
    "return_unknown": return_unknown,
    "charge_back": charge_back,
    "win_back": win_back,
    "set_off": set_off,
    "close_claim": close_claim,
    "keep_fees": keep_fees,
    "hand_over": hand_over,
    "open_shift": open_shift,
    "drop": drop,
    "count": count,
    "close_shift": close_shift,
}
#: What moves money from one holder of it to another.
MOVING_VERBS: Mapping[str, Callable[[Ask, Facts, Terms, datetime], Decision]] = {
    "deposit": deposit,
    "undo_deposit": undo_deposit,
}


def decide(
    state: LineState | None, facts: Facts, ask: Ask, terms: Terms, now: datetime
) -> Decision | Refusal:
    """
    Return what becomes true of an ask at `now`, or why nothing does.

    The line is settled first; what fell due is the first part of the decision. A refusal changes
    nothing. Each verb lists its own refusals; any refuses a payload that it cannot read
    (`FieldMalformed` and its kind), a line that is not here (`LineUnknown`) or not as it was shown
    (`LineMoved`), and an act that it has (`ActKnown`).
    """
    try:
        if ask.verb in MONEY_VERBS:
            return MONEY_VERBS[ask.verb](ask, facts, now)
        if ask.verb in MOVING_VERBS:
            return MOVING_VERBS[ask.verb](ask, facts, terms, now)
        verb = LINE_VERBS.get(ask.verb)
        if verb is None:
            raise VerbUnknown(verb=ask.verb[:40])
        if state is None:
            return verb(Case(None, (), facts, ask, terms, now))
        settled, due = settle(state, terms.rules, now)
        case = Case(settled, due, facts, ask, terms, now, state)
        expected(case)
        decision = verb(case)
        events = told(decision, state, ask, terms, now)
        return replace(decision, effects=(*decision.effects, *events)) if events else decision
    except Refusal as refusal:
        return refusal
