"""Promotions and fees written as the library reads them, from what somebody filled in."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import unified_diff

from baohao.core.fees import CHANNELS, FeeSchedule
from baohao.core.money import format_minor
from baohao.core.operators import Operator
from baohao.core.promotions.model import (
    AmountOff,
    CreditGift,
    ExtraTime,
    PercentOff,
    Promotion,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A promotion as a product manager fills it in: text as it was typed, checked by nobody yet."""

    name: str
    title: str
    #: language -> title.
    titles: Mapping[str, str] = field(default_factory=dict)
    first_day: date
    #: The last day on which it is given; `None`: until it is withdrawn.
    last_day: date | None = None
    plans: Sequence[str] = ()
    terms: Sequence[str] = ()
    channels: Sequence[str] = ()
    #: "time", "percent", "amount" or "credit", and how much of it.
    gives: str
    much: str
    per_number: int | None = None
    per_holder: int | None = None
    uses: int | None = None
    budget: str = ""
    code: str = ""
    first_time: bool = False
    group: str = ""
    exclusive: bool = False


def promotion_text(wish: Wish, operator: Operator) -> str:
    """Return the document of a promotion."""
    return "\n".join(_lines(wish, operator)) + "\n"


def wish_of(promotion: Promotion) -> Wish:
    """Return a promotion as it would be filled in; of several gifts, the first."""
    gives, much = _give(promotion)
    last = None if promotion.ends is None else promotion.ends - timedelta(days=1)
    budget = promotion.budget_minor
    return Wish(
        name=promotion.id,
        title=promotion.title,
        titles=promotion.titles,
        first_day=promotion.starts,
        last_day=last,
        plans=sorted(promotion.plans or ()),
        terms=sorted(map(str, promotion.terms or ())),
        channels=[each for each in CHANNELS if each in (promotion.channels or ())],
        gives=gives,
        much=much,
        per_number=promotion.per_number,
        per_holder=promotion.per_holder,
        uses=promotion.uses,
        budget="" if budget is None else format_minor(budget, promotion.currency),
        code=promotion.code,
        first_time=promotion.first_time,
        group=promotion.group,
        exclusive=promotion.exclusive,
    )


def fees_text(schedule: FeeSchedule, begins: date) -> str:
    """Return the document of a schedule of fees that begins on another day."""
    alike: defaultdict[tuple[int, int, tuple[str, ...]], list[str]] = defaultdict(list)
    for verb in dict.fromkeys(verb for verb, _ in schedule.fees):
        by_fee: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
        for channel in schedule.channels(verb):
            fee = schedule.fees[verb, channel]
            by_fee[fee.fee_minor, fee.government_minor].append(channel)
        for (fee_minor, government_minor), channels in by_fee.items():
            alike[fee_minor, government_minor, tuple(channels)].append(verb)
    lines = [f"operator  = {_text(schedule.operator)}", f"currency  = {_text(schedule.currency)}"]
    lines.append(f"effective = {{ from = {begins.isoformat()} }}")
    for (fee_minor, government_minor, channels_), verbs in alike.items():
        lines += ["", "[[fees]]", f"verbs    = {_list(verbs)}", f"channels = {_list(channels_)}"]
        for key, minor in (("fee", fee_minor), ("government", government_minor)):
            if minor:
                lines.append(f"{key} = {_text(format_minor(minor, schedule.currency))}")
    return "\n".join(lines) + "\n"


def differences(before: str, after: str) -> list[tuple[str, str]]:
    """Return what changed from one text to another: "+", "-" or " ", and the line."""
    found = list(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2))[2:]
    return [("@", "") if line.startswith("@@") else (line[:1], line[1:]) for line in found]


def _lines(wish: Wish, operator: Operator) -> Iterator[str]:
    yield f"promotion = {_text(wish.name)}"
    yield f"title     = {_text(wish.title)}"
    titles = ", ".join(f"{key} = {_text(text)}" for key, text in wish.titles.items() if text)
    if titles:
        yield f"titles    = {{ {titles} }}"
    yield f"operator  = {_text(operator.key)}"
    yield f"zone      = {_text(operator.zone_name)}"
    yield f"currency  = {_text(operator.currency)}"
    window = f"from = {wish.first_day.isoformat()}"
    if wish.last_day is not None:
        window += f", to = {(wish.last_day + timedelta(days=1)).isoformat()}"
    yield f"window    = {{ {window} }}"
    yield 'verbs     = ["renew"]'
    for key, words in (("plans", wish.plans), ("terms", wish.terms), ("channels", wish.channels)):
        if words:
            yield f"{key} = {_list(words)}"
    yield from _limits(wish)
    yield ""
    yield "[[gives]]"
    yield f"{wish.gives} = {_text(wish.much)}"


def _limits(wish: Wish) -> Iterator[str]:
    counts = (("per_number", wish.per_number), ("per_holder", wish.per_holder), ("uses", wish.uses))
    for key, count in counts:
        if count is not None:
            yield f"{key} = {count}"
    for key, text in (("budget", wish.budget), ("code", wish.code), ("group", wish.group)):
        if text:
            yield f"{key} = {_text(text)}"
    for key, flag in (("first_time", wish.first_time), ("exclusive", wish.exclusive)):
        if flag:
            yield f"{key} = true"


def _give(promotion: Promotion) -> tuple[str, str]:
    match promotion.gives[0]:
        case ExtraTime(span):
            return "time", str(span)
        case PercentOff(points):
            return "percent", f"{points // 100}.{points % 100:02}".removesuffix(".00")
        case AmountOff(minor):
            return "amount", format_minor(minor, promotion.currency)
        case CreditGift(minor):
            return "credit", format_minor(minor, promotion.currency)


def _text(text: str) -> str:
    """Write a text as TOML has it: as JSON has it, but that DEL is escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(words: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, words))}]"
