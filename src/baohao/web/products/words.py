"""A policy's rules in the reader's words: what keeps a number, what is taken, the way back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from baohao.app import wording as plain
from baohao.app.yearly import Deed, Yearly
from baohao.core.civil import Span
from baohao.core.policy.model import Charge, EventRule, Policy, Restore, Stage, Tally, Unknown
from baohao.core.policy.terms import (
    Base,
    Bought,
    BySku,
    CalendarEnd,
    Cap,
    Extension,
    Fixed,
    PerUnit,
    Tiers,
    UntilDate,
    Window,
)
from baohao.core.upkeep.means import PAID
from baohao.web.formats import day, grouped, money, term
from baohao.web.products.vocabulary import (
    ACTS,
    CHARGES,
    COUNTED,
    EACH,
    EXCESS,
    PLACES,
    QUESTIONS,
    TAGS,
)
from baohao.web.wording import listed, stage_name, thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Gives:
    """What an act does to one date."""

    #: Which date is meant; empty where the policy has one alone.
    clock: str
    said: str
    #: (amount or what is bought, its time), where it depends on that.
    steps: tuple[tuple[str, str], ...] = ()
    #: What there is not more of than, and when it must be done.
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeps:
    """One kind of act that counts."""

    acts: str
    #: What the act must be, in parts.
    conditions: tuple[str, ...]
    gives: tuple[Gives, ...]
    #: The stages in which it counts.
    stages: str
    #: It fills a balance, out of which the number lives.
    fills: bool


def keeps(policy: Policy) -> list[Keeps]:
    """Say what keeps a number; what counts and moves no date comes last."""
    found = [_keeps(policy, rule) for rule in policy.events]
    return sorted(found, key=lambda each: not each.gives)


def acts(kinds: Collection[str]) -> str:
    """Say kinds of acts, the usual first."""
    order = sorted(kinds, key=lambda kind: (PAID.index(kind) if kind in PAID else len(PAID), kind))
    return listed(dict.fromkeys(str(ACTS.get(kind, kind)) for kind in order))


def amount(policy: Policy, minor: int) -> str:
    """Say an amount of the policy's currency."""
    return money(minor, policy.currency)


def _keeps(policy: Policy, rule: EventRule) -> Keeps:
    stages = [name for name in _stages(policy) if rule.stages is None or name in rule.stages]
    return Keeps(
        acts=acts(rule.kinds),
        conditions=tuple(_conditions(policy, rule)),
        gives=tuple(_gives(policy, rule, index) for index in range(len(rule.extends))),
        stages=listed(stage_name(name) for name in stages),
        fills=bool(policy.charges)
        and rule.credit != "none"
        and bool(rule.kinds & {"topup", "voucher"}),
    )


def _stages(policy: Policy) -> list[str]:
    return [stage.name for stage in policy.stages if stage.keeping]


def _conditions(policy: Policy, rule: EventRule) -> Iterator[str]:
    bounds = (
        (rule.min_minor, gettext("{amount} or more")),
        (rule.above_minor, gettext("more than {amount}")),
        (rule.max_minor, gettext("{amount} at most")),
        (rule.below_minor, gettext("less than {amount}")),
    )
    for minor, said in bounds:
        if minor is not None:
            yield said.format(amount=amount(policy, minor))
    if rule.sum is not None:
        yield _tally(rule.sum, amount(policy, rule.sum.at_least))
    if rule.count is not None:
        yield _tally(rule.count, gettext("{n} times").format(n=grouped(rule.count.at_least)))
    if rule.skus:
        yield gettext("only: {words}").format(words=listed(sorted(rule.skus)))
    if rule.channels:
        words = listed(sorted(str(PLACES.get(each, each)) for each in rule.channels))
        yield gettext("only: {words}").format(words=words)
    if rule.tags:
        yield gettext("only: {words}").format(words=_tags(rule.tags))
    if rule.not_tags:
        yield gettext("not: {words}").format(words=_tags(rule.not_tags))


def _tags(tags: Collection[str]) -> str:
    return listed(sorted(dict.fromkeys(str(TAGS.get(each, each)) for each in tags)))


def _tally(tally: Tally, least: str) -> str:
    over = str(tally.over)
    if over.startswith("clock:"):
        said = gettext("{least} or more in all since the date last moved")
        return said.format(least=least)
    words = {"day": "1 day", "month": "1 month", "year": "1 year"}
    said = gettext("{least} or more in all within {time}")
    if tally.strict:
        said = gettext("more than {least} in all within {time}")
    return said.format(least=least, time=term(words.get(over, over)))


def _gives(policy: Policy, event: EventRule, index: int) -> Gives:
    rule = event.extends[index]
    steps = tuple(_steps(policy, rule))
    time = _time(policy, rule)
    counted = str(COUNTED[rule.base])
    open_ = {u.path for u in policy.unknowns if u.path.startswith(f"events.{event.id}.extend")}
    if f"events.{event.id}.extend.{index}.base" in open_:
        counted = gettext("from which day is not known")
    said = gettext("{time}, {counted}").format(time=time, counted=counted)
    if isinstance(rule.term, UntilDate | CalendarEnd):
        said = time
    elif rule.base is Base.ANCHOR and not steps:
        said = counted
    limits = [*_cap(rule.cap), *_window(rule.window)]
    limits += [gettext("The sources leave this open: see “What is not known”.")] if open_ else []
    clock = thing(rule.clock) if len(policy.clocks) > 1 else ""
    return Gives(clock=clock, said=said, steps=steps, limits=tuple(limits))


def _time(policy: Policy, rule: Extension) -> str:
    """Say how much time there is; that of steps is in their table."""
    match rule.term:
        case UntilDate(last_day):
            return gettext("until {day}").format(day=day(last_day))
        case CalendarEnd("month"):
            return gettext("to the end of the month")
        case CalendarEnd():
            return gettext("to the end of the year")
        case PerUnit():
            return _for_each(policy, rule.term)
        case Bought():
            return gettext("as long as was bought")
        case Fixed(span):
            return term(str(span))
        case Tiers() | BySku():
            return gettext("time by the table")


def _steps(policy: Policy, rule: Extension) -> Iterator[tuple[str, str]]:
    if isinstance(rule.term, BySku):
        for sku, span in rule.term.spans:
            yield sku, term(str(span))
    if isinstance(rule.term, Tiers):
        of_balance = rule.term.by != "amount"
        for least, worth in rule.term.steps:
            said = gettext("from {amount}")
            if of_balance:
                said = gettext("from {amount} in the balance")
            time = term(str(worth)) if isinstance(worth, Span) else _for_each(policy, worth)
            yield said.format(amount=amount(policy, least)), time


def _for_each(policy: Policy, worth: PerUnit) -> str:
    said = gettext("{time} for each {amount}")
    return said.format(time=term(str(worth.gives)), amount=amount(policy, worth.unit_minor))


def _cap(cap: Cap | None) -> Iterator[str]:
    if cap is None:
        return
    rest = str(EXCESS[cap.excess])
    if cap.max is not None:
        said = gettext("at most {time} ahead; {rest}")
        yield said.format(time=term(str(cap.max)), rest=rest)
    if cap.until is not None:
        yield gettext("at most until {day}; {rest}").format(day=day(cap.until), rest=rest)
    if cap.per_event is not None:
        yield gettext("at most {time} at once").format(time=term(str(cap.per_event)))


def _window(window: Window | None) -> Iterator[str]:
    if window is None:
        return
    if window.earliest is not None:
        said = gettext("not earlier than {time} before the date")
        yield said.format(time=term(str(window.earliest)))
    if window.latest is not None:
        said = gettext("not later than {time} before the date")
        yield said.format(time=term(str(window.latest)))


# --- stages ---------------------------------------------------------------------------------------


def way_back(policy: Policy, stage: Stage) -> str:
    """Say how a line comes back from a stage; empty: it need not, or cannot."""
    if stage.restore is None:
        return ""
    return listed(_way_back(policy, stage.restore))


def _way_back(policy: Policy, restore: Restore) -> Iterator[str]:
    events = {event.id: event for event in policy.events}
    kinds = {kind for name in restore.by if name in events for kind in events[name].kinds}
    if kinds:
        yield acts(kinds)
    yield from (str(ACTS.get(name, name)) for name in restore.by if name not in events)
    least = max([restore.min_minor, *(events[n].min_minor or 0 for n in restore.by if n in events)])
    if least:
        yield gettext("{amount} or more").format(amount=amount(policy, least))
    if restore.fee_minor:
        yield gettext("for a fee of {amount}").format(amount=amount(policy, restore.fee_minor))
    if restore.channels:
        words = listed(sorted(str(PLACES.get(each, each)) for each in restore.channels))
        yield gettext("only: {words}").format(words=words)
    if restore.identity:
        yield gettext("with proof of who you are")


def balance(policy: Policy, stage: Stage) -> str:
    """Say what a stage does to the balance; empty: it is kept."""
    effect = stage.balance
    time = "" if effect.span is None else term(str(effect.span))
    said = {
        "freeze": gettext("The balance cannot be used."),
        "forfeit": gettext("The balance is lost."),
        "forfeit_after": gettext("The balance is lost after {time}."),
        "refundable_until": gettext("The balance is paid out on request for {time}."),
        "revalidate": gettext("The balance comes back with a top-up."),
    }
    return said.get(effect.kind, "").format(time=time)


# --- what is taken, and what is not known ---------------------------------------------------------


def charges(policy: Policy) -> list[tuple[str, str]]:
    """Say what the operator takes by itself: what for, and how much how often."""
    return [
        (str(CHARGES.get(charge.kind) or thing(charge.id)), _charge(policy, charge))
        for charge in policy.charges
    ]


def _charge(policy: Policy, charge: Charge) -> str:
    is_lacking = charge.kind == "shortfall"
    much = amount(policy, charge.minimum_spend_minor if is_lacking else charge.amount_minor)
    if is_lacking:
        much = gettext("what is missing to a spend of {amount}").format(amount=much)
    said = str(EACH[charge.every.unit]) if charge.every.count == 1 else gettext("every {time}")
    told = f"{much} {said.format(time=term(str(charge.every)))}"
    if charge.unless_within is None:
        return told
    spared = gettext("not where something was done within {time}")
    return listed((told, spared.format(time=term(str(charge.unless_within)))))


def quarantine(policy: Policy) -> list[str]:
    """Say what becomes of a number that was lost."""
    rests, found = policy.quarantine, []
    if rests.min is not None:
        said = gettext("The number rests for {time} at least before others get it.")
        found.append(said.format(time=term(str(rests.min))))
    if rests.max is not None:
        said = gettext("It rests for {time} at most.")
        found.append(said.format(time=term(str(rests.max))))
    if rests.former_holder_fee_minor is not None:
        said = gettext("Who held it may have it back for {amount}.")
        found.append(said.format(amount=amount(policy, rests.former_holder_fee_minor)))
    return found


def unknown(of: Unknown) -> tuple[str, list[str]]:
    """Say what is not known, and what it may be."""
    parts = of.path.split(".")
    asked = str(QUESTIONS.get(parts[-1], of.path))
    if parts[0] == "stages" and parts[-1] == "for" and len(parts) > 2:
        asked = gettext("How long the stage “{stage}” lasts").format(stage=stage_name(parts[1]))
    if parts[0] == "quarantine":
        asked = gettext("How long a lost number rests before others get it")
    return asked, [_alternative(parts[-1], value) for value in of.alternatives]


def _alternative(name: str, value: object) -> str:
    if name == "base" and isinstance(value, str) and value in set(Base):
        return str(COUNTED[Base(value)])
    if isinstance(value, str):
        return term(value)
    if isinstance(value, Mapping) and isinstance(value.get("tiers"), list):
        return ", ".join(f"{least}: {term(str(time))}" for least, time in value["tiers"])
    return plain.as_written(value)


# --- the cheapest year ----------------------------------------------------------------------------


def told_year(policy: Policy, found: Yearly | None) -> dict[str, Any]:
    """Return what a page says of the cheapest year; `None`: nobody has searched for it yet."""
    if found is None:
        return {"yearly": None}
    return {
        "yearly": found,
        "deeds": [_deed(policy, each) for each in found.deeds],
        "unpriced": listed(str(ACTS.get(each, each)) for each in found.unpriced),
    }


def _deed(policy: Policy, deed: Deed) -> dict[str, Any]:
    ways = [how for how in policy.how if how.act in (deed.kind, deed.rule)]
    there = [how for how in ways if how.channel == deed.channel]
    return {
        "deed": deed,
        "what": str(ACTS.get(deed.kind, deed.kind)),
        "bought": term(deed.bought),
        "where": str(PLACES.get(deed.channel, deed.channel)) if deed.channel else "",
        "dial": next((how.dial for how in there if how.dial), ""),
    }
