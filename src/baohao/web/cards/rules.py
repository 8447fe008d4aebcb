"""What keeps a product's cards, in words: which acts count, and how much time each gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext

from baohao.core.civil import Span
from baohao.core.line.acts import COUNTING
from baohao.core.policy.model import EventRule, Policy
from baohao.core.policy.terms import (
    Base,
    Bought,
    BySku,
    CalendarEnd,
    Extension,
    Fixed,
    PerUnit,
    Tiers,
    UntilDate,
)
from baohao.web import formats, wording
from baohao.web.cards import words
from baohao.web.formats import money

#: Counted from the date that it replaces, and not from the day of the act.
_ON_TOP = frozenset({Base.STACK, Base.STACK_STRICT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What some acts do."""

    acts: str
    gives: tuple[str, ...]


def rules(policy: Policy) -> list[Rule]:
    """Return what counts for a product, in the order of its rules."""
    return [
        Rule(acts=_acts(policy, rule), gives=tuple(_gives(policy, rule)))
        for rule in policy.events
        if rule.extends and rule.kinds & COUNTING - words.BEFALL
    ]


def _acts(policy: Policy, rule: EventRule) -> str:
    named = wording.listed(words.do(kind) for kind in sorted(rule.kinds - words.BEFALL))
    least = rule.min_minor if rule.min_minor is not None else rule.above_minor
    if not least:
        return named
    amount = money(least, policy.currency)
    said = gettext("{acts} (at least {amount})")
    if rule.min_minor is None:
        said = gettext("{acts} (more than {amount})")
    return said.format(acts=named, amount=amount)


def _gives(policy: Policy, rule: EventRule) -> Iterator[str]:
    for extension in rule.extends:
        yield from _of(policy, extension)


def _of(policy: Policy, extension: Extension) -> Iterator[str]:
    term, is_on_top = extension.term, extension.base in _ON_TOP
    match term:
        case Fixed(span):
            yield _time(span, is_on_top=is_on_top)
        case Tiers(steps):
            for least, worth in steps:
                given = worth.gives if isinstance(worth, PerUnit) else worth
                said = gettext("from {amount}: {time}")
                yield said.format(
                    amount=money(least, policy.currency), time=_time(given, is_on_top=is_on_top)
                )
        case PerUnit(unit, gives):
            said = gettext("for each {amount}: {time}")
            amount = money(unit, policy.currency)
            yield said.format(amount=amount, time=_time(gives, is_on_top=is_on_top))
        case BySku(spans):
            for sku, span in spans:
                yield f"{sku}: {_time(span, is_on_top=is_on_top)}"
        case Bought():
            yield gettext("as long as what was bought")
        case UntilDate(last):
            yield gettext("until {day}").format(day=formats.day(last))
        case CalendarEnd(of):
            yield (
                gettext("to the end of the year")
                if of == "year"
                else gettext("to the end of the month")
            )


def _time(span: Span, *, is_on_top: bool) -> str:
    said = gettext("{time} more") if is_on_top else gettext("{time} from that day on")
    return said.format(time=formats.term(str(span)))
