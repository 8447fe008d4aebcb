"""Read the ladder: stages, what works in them, the ways back, and what comes after the loss."""

from __future__ import annotations

from collections.abc import Mapping

from baohao.core.civil import Span
from baohao.core.policy import findings
from baohao.core.policy.findings import Place
from baohao.core.policy.model import (
    CHANNELS,
    PLACES,
    SERVICES,
    STAGE_KINDS,
    BalanceEffect,
    Quarantine,
    Restore,
    Stage,
    Until,
)
from baohao.core.policy.table import Table

#: Words that stand for several services.
SERVICE_WORDS = {
    "full": frozenset(SERVICES),
    "incoming": frozenset({"voice_in", "sms_in", "emergency", "topup"}),
    "emergency": frozenset({"emergency"}),
    "none": frozenset[str](),
}

#: What works where a stage does not say it; grace and suspension must say.
_WORKS = {
    "live": "full",
    "stock": "none",
    "lost": "none",
    "quarantined": "none",
    "recycled": "none",
}

_COMBINED = {
    "earliest_of": "earliest_of",
    "latest_of": "latest_of",
    "any_of": "latest_of",
    "all_of": "earliest_of",
}
_UNTIL = "a clock, or { earliest_of = [..] } or { latest_of = [..] }"
_BALANCE_WORDS = ("keep", "freeze", "forfeit", "revalidate")


def stages(document: Table) -> tuple[Stage, ...]:
    """Read `[[stages]]` in order."""
    tables = document.tables("stages")
    if not tables:
        document.missing("stages", "at least one stage")
    return tuple(_stage(table) for table in tables)


def _stage(table: Table) -> Stage:
    if "until" in table and "for" in table:
        why = "a stage ends with a clock or after a span"
        table.refuse("until", findings.KeysTogether(first="until", second="for", why=why), "for")
    if "from" in table and "for" not in table:
        table.missing("for", "how long after that clock's deadline the stage lasts")
    value = table.take("until")
    kind = table.word("kind", STAGE_KINDS)
    return Stage(
        name=table.name("name"),
        kind=kind,
        until=None if value is None else _until(table, value, table.at("until")),
        lasts=table.span("for"),
        origin=table.name("from", need=False) or None,
        services=services(table, "services", _WORKS.get(kind)),
        barred=table.flag("barred"),
        balance=_balance(table),
        restore=_restore(table),
        number_class=table.name("class", need=False),
    )


def _until(table: Table, value: object, place: Place) -> Until | None:
    if isinstance(value, str):
        return Until(clock=value)
    if not isinstance(value, Mapping):
        table.wrong("until", _UNTIL, value, place)
        return None
    combined = table.reading.open(value, place)
    how = [key for key in _COMBINED if key in combined]
    if len(how) != 1:
        for key in _COMBINED:
            combined.take(key)
        combined.missing("earliest_of", "exactly one of: " + ", ".join(_COMBINED))
        return None
    parts = combined.take(how[0])
    if not isinstance(parts, list) or not parts:
        combined.wrong(how[0], "a list of clocks that is not empty", parts)
        return None
    read = [_until(table, part, (*place, how[0], i)) for i, part in enumerate(parts)]
    return Until(how=_COMBINED[how[0]], parts=tuple(part for part in read if part is not None))


def services(table: Table, key: str, default: str | None) -> dict[str, frozenset[str]]:
    """
    Read what works where.

    It must be said where there is no default. One word holds everywhere. In a table of places a
    place that is not named has nothing, but for a neighbouring network's land, which is as good as
    elsewhere.
    """
    value = table.take(key)
    if not isinstance(value, Mapping):
        word = table.word(key, tuple(SERVICE_WORDS), default)
        return dict.fromkeys(PLACES, SERVICE_WORDS.get(word, frozenset()))
    places = table.reading.open(value, table.at(key))
    read = {place: _in_place(places, place) for place in PLACES}
    if "neighbouring" not in places:
        read["neighbouring"] = read["elsewhere"]
    return read


def _in_place(table: Table, place: str) -> frozenset[str]:
    value = table.take(place)
    if isinstance(value, list):
        # An empty list is how a table says "nothing here"; it is not a filter that matches nothing.
        return table.word_set(place, SERVICES) or frozenset() if value else frozenset()
    return SERVICE_WORDS.get(table.word(place, tuple(SERVICE_WORDS), "none"), frozenset())


def _balance(table: Table) -> BalanceEffect:
    value = table.take("balance")
    if not isinstance(value, Mapping):
        return BalanceEffect(kind=table.word("balance", _BALANCE_WORDS, "keep"))
    effect = table.reading.open(value, table.at("balance"))
    if "forfeit_after" in effect:
        return BalanceEffect(kind="forfeit_after", span=effect.need_span("forfeit_after"))
    return BalanceEffect(
        kind="refundable_until",
        span=effect.need_span("refundable_until"),
        fee_minor=effect.money("fee") or 0,
    )


def _restore(table: Table) -> Restore | None:
    value = table.take("restore")
    if value is None or value is False:
        return None
    restore = table.table("restore")
    if restore is None:
        return None
    if "by" not in restore:
        restore.missing("by", "a list of events that lead back")
    return Restore(
        by=restore.words("by"),
        min_minor=restore.money("min") or 0,
        fee_minor=restore.money("fee") or 0,
        channels=restore.word_set("channels", CHANNELS),
        identity=restore.flag("identity"),
    )


def quarantine(document: Table) -> Quarantine:
    """Read `[quarantine]`."""
    table = document.table("quarantine")
    if table is None:
        return Quarantine()
    former = table.table("former_holder")
    return Quarantine(
        min=table.span("min"),
        max=table.span("max"),
        classes={name: _bounds(bounds) for name, bounds in table.named("classes")},
        former_holder_fee_minor=None if former is None else former.money("fee") or 0,
        former_holder_within=None if former is None else former.span("within"),
        donor_return=table.span("donor_return"),
    )


def _bounds(table: Table) -> tuple[Span | None, Span | None]:
    return table.span("min"), table.span("max")
