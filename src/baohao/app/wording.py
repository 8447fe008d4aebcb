"""A policy's rules in words: what works in a stage, what leads back, what counts, what is taken."""

from __future__ import annotations

from collections.abc import Mapping

from baohao.core.civil import Span
from baohao.core.line.acts import Act
from baohao.core.line.life import Between
from baohao.core.money import format_minor
from baohao.core.policy.model import (
    PLACES,
    SERVICES,
    Charge,
    Clock,
    EventRule,
    Policy,
    Restore,
    Stage,
    Tally,
    Unknown,
)
from baohao.core.policy.parse_stages import SERVICE_WORDS
from baohao.core.policy.terms import (
    Base,
    Bought,
    BySku,
    CalendarEnd,
    Cap,
    Extension,
    Fixed,
    PerUnit,
    Term,
    Tiers,
    UntilDate,
)

_SERVICES = {
    "voice_out": "calls out",
    "voice_in": "calls in",
    "sms_out": "SMS out",
    "sms_in": "SMS in",
    "mms_out": "MMS out",
    "data": "data",
    "roaming": "roaming",
    "emergency": "emergency calls",
    "topup": "top-up",
    "port_out": "leaving with the number",
    "balance_use": "use of the balance",
}
_WHOLE = {"full": "everything", "incoming": "incoming only", "emergency": "emergency calls only"}
_ACTS = {
    "topup": "top-up",
    "validity_pack": "validity pack",
    "call_out": "call made",
    "sms_out": "SMS sent",
    "mms_out": "MMS sent",
    "data": "data session",
    "call_in": "call received",
    "sms_in": "SMS received",
    "read": "message read",
    "charge": "charge taken",
    "port_in": "number brought in",
}
_BASES = {
    Base.RESET: "from the act, even where that is sooner",
    Base.STACK: "on top of the deadline, or from the act once it has passed",
    Base.STACK_STRICT: "on top of the deadline, even once it has passed",
    Base.LONGEST: "from the act, unless the deadline is later already",
    Base.ANCHOR: "to the next date of the cycle",
    Base.AFTER_PRODUCT: "from the end of the product",
}
_BALANCES = {
    "keep": "",
    "freeze": "balance frozen",
    "forfeit": "balance lost",
    "revalidate": "balance comes back with a top-up",
}


def money(policy: Policy, amount_minor: int) -> str:
    """Write an amount with its currency: "MOP 50.00"."""
    return f"{policy.currency} {format_minor(amount_minor, policy.currency)}"


def between(range_: Between, policy: Policy) -> str:
    """Write an instant as its day in the policy's zone; a range as two."""
    first = str(range_.earliest.astimezone(policy.zone).date())
    if range_.latest is None:
        return f"{first} or never"
    last = str(range_.latest.astimezone(policy.zone).date())
    return first if first == last else f"{first} … {last}"


def services(of: Mapping[str, frozenset[str]]) -> str:
    """Say what works, and where that differs from home."""
    said = {place: _services(of.get(place, frozenset())) for place in PLACES}
    if len(set(said.values())) == 1:
        return said["home"]
    if said["neighbouring"] == said["elsewhere"]:
        return f"{said['home']}; abroad {said['elsewhere']}"
    return f"{said['home']}; next door {said['neighbouring']}; elsewhere {said['elsewhere']}"


def _services(works: frozenset[str]) -> str:
    if not works:
        return "nothing"
    for word, said in _WHOLE.items():
        if SERVICE_WORDS[word] == works:
            return said
    missing = [_SERVICES[name] for name in SERVICES if name not in works]
    if len(missing) <= 2:
        return "everything but " + " and ".join(missing)
    return ", ".join(_SERVICES[name] for name in SERVICES if name in works)


def way_back(policy: Policy, stage: Stage) -> str:
    """Say how a line comes back; empty for stages from which it need not or cannot."""
    if stage.restore is None:
        return ""
    return "back by " + _restore(policy, stage.restore)


def _restore(policy: Policy, restore: Restore) -> str:
    events = {event.id: event for event in policy.events}
    said = [" or ".join(_acts(events[name]) if name in events else name for name in restore.by)]
    least = max([restore.min_minor, *(events[n].min_minor or 0 for n in restore.by if n in events)])
    if least:
        said.append(f"{money(policy, least)} or more")
    if restore.fee_minor:
        said.append(f"fee {money(policy, restore.fee_minor)}")
    if restore.channels:
        said.append("only by " + _or(restore.channels))
    if restore.identity:
        said.append("with proof of identity")
    return ", ".join(said)


def balance(policy: Policy, stage: Stage) -> str:
    """Say what a stage does to the balance; empty where it keeps it."""
    effect = stage.balance
    if effect.kind == "forfeit_after":
        return f"balance lost after {effect.span}"
    if effect.kind == "refundable_until":
        fee = f", fee {money(policy, effect.fee_minor)}" if effect.fee_minor else ""
        return f"balance paid out on request for {effect.span}{fee}"
    return _BALANCES[effect.kind]


def event(policy: Policy, rule: EventRule) -> str:
    """Say which acts an event is."""
    said = [_acts(rule)]
    if rule.min_minor:
        said.append(f"of {money(policy, rule.min_minor)} or more")
    if rule.above_minor is not None:
        said.append(f"of more than {money(policy, rule.above_minor)}")
    if rule.max_minor is not None:
        said.append(f"of {money(policy, rule.max_minor)} at most")
    if rule.below_minor is not None:
        said.append(f"of less than {money(policy, rule.below_minor)}")
    if rule.sum is not None:
        said.append(f"summing to {_more(money(policy, rule.sum.at_least), rule.sum)}")
    if rule.count is not None:
        said.append(f"counting {_more(str(rule.count.at_least), rule.count)}")
    for words, label in ((rule.skus, ""), (rule.channels, "by "), (rule.actors, "made by ")):
        if words:
            said.append(label + _or(words))
    if rule.not_tags:
        said.append(f"(not {_or(rule.not_tags)})")
    if rule.stages is not None:
        said.append("while " + _or(rule.stages))
    return " ".join(said)


def _acts(rule: EventRule) -> str:
    return _or(frozenset(_ACTS.get(kind, kind.replace("_", " ")) for kind in rule.kinds))


def _more(limit: str, tally: Tally) -> str:
    over = f"in a {tally.over}" if tally.over in ("day", "month", "year") else f"in {tally.over}"
    if isinstance(tally.over, str) and tally.over.startswith("clock:"):
        over = f"since {tally.over.removeprefix('clock:')} last moved"
    return f"more than {limit} {over}" if tally.strict else f"{limit} or more {over}"


def extension(policy: Policy, rule: Extension) -> str:
    """Say what an extension gives."""
    said = f"{rule.clock}: {term(policy, rule.term)} {_BASES[rule.base]}"
    if rule.cap is not None:
        said += "; " + _cap(rule.cap)
    if rule.never_shorten:
        said += "; never sooner than before"
    return said


def term(policy: Policy, of: Term) -> str:
    """Say how much time a term gives."""
    if isinstance(of, Fixed):
        return str(of.span)
    if isinstance(of, Bought):
        return "as long as was bought"
    if isinstance(of, UntilDate):
        return f"until {of.last_day}"
    if isinstance(of, CalendarEnd):
        return f"to the end of the {of.of}"
    if isinstance(of, PerUnit):
        return f"{of.gives} for each {money(policy, of.unit_minor)}"
    if isinstance(of, BySku):
        return ", ".join(f"{sku} {span}" for sku, span in of.spans)
    return _tiers(policy, of)


def _tiers(policy: Policy, of: Tiers) -> str:
    steps = [f"from {money(policy, m)} {_step(policy, gives)}" for m, gives in of.steps]
    by = "" if of.by == "amount" else f" by {of.by.replace('_', ' ')}"
    return ", ".join(steps) + by


def _step(policy: Policy, gives: Span | PerUnit) -> str:
    return str(gives) if isinstance(gives, Span) else term(policy, gives)


def _cap(cap: Cap) -> str:
    limits = []
    if cap.max is not None:
        limits.append(f"{cap.max} ahead of the {'act' if cap.origin == 'event' else cap.origin}")
    if cap.until is not None:
        limits.append(str(cap.until))
    if cap.per_event is not None:
        limits.append(f"{cap.per_event} at a time")
    rest = {"truncate": "the rest is lost", "reject": "else refused", "queue": "the rest waits"}
    return f"at most {' and '.join(limits)}, {rest[cap.excess]}"


def clock(rule: Clock) -> str:
    """Say what starts a clock and how long it runs."""
    if rule.accumulates is not None:
        return f"more than {rule.accumulates.limit_days} barred days of a calendar year"
    if rule.term is None or rule.starts == ("never",):
        return "set by what counts"
    if rule.below is not None:
        return f"{rule.term} from the {rule.below.balance} balance running low"
    starts = _or(frozenset(start.replace(":", " ") for start in rule.starts))
    return f"{rule.term} from {starts}"


def charge(policy: Policy, rule: Charge) -> str:
    """Say what is taken, and how often."""
    if rule.kind == "shortfall":
        return (
            f"what a spend of {money(policy, rule.minimum_spend_minor)} lacks, {_every(rule.every)}"
        )
    said = f"{money(policy, rule.amount_minor)} {_every(rule.every)}"
    if rule.unless_within is not None:
        said += f", if nothing was done for {rule.unless_within}"
    return said


def purchase(policy: Policy, act: Act) -> str:
    """Say what was bought: "top-up of MOP 50.00"."""
    said = _ACTS.get(act.kind, act.kind.replace("_", " "))
    return f"{said} of {money(policy, act.amount_minor or 0)}"


def unknown(of: Unknown) -> str:
    """Say what may be true, and why it is not known."""
    why = f" ({of.why})" if of.why else ""
    return " or ".join(as_written(value) for value in of.alternatives) + why


def as_written(value: object) -> str:
    """Write a value of a document much as the document does."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        pairs = (f"{key} = {as_written(inner)}" for key, inner in value.items())
        return "{ " + ", ".join(pairs) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(as_written(inner) for inner in value) + "]"
    return str(value)


def _every(span: Span) -> str:
    return f"every {span.unit if span.count == 1 else span}"


def _or(words: frozenset[str]) -> str:
    *most, last = sorted(word.replace("_", " ") for word in words)
    return f"{', '.join(most)} or {last}" if most else last
