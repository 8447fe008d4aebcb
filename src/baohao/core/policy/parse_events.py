"""Read which acts count, the balances, and what is charged."""

from __future__ import annotations

from baohao.core.civil import Span
from baohao.core.policy import findings
from baohao.core.policy.model import CHANNELS, BalanceRule, Charge, EventRule, Tally
from baohao.core.policy.parse_clocks import starts
from baohao.core.policy.parse_extensions import extensions
from baohao.core.policy.table import Table

EVENT_KINDS = (
    "topup",
    "pack",
    "validity_pack",
    "renewal",
    "voucher",
    "gift",
    "call_out",
    "sms_out",
    "mms_out",
    "data",
    "call_in",
    "sms_in",
    "read",
    "login",
    "charge",
    "port_in",
    "usage",
    "other",
)
ACTORS = ("holder", "anyone", "agent")
CHARGE_KINDS = ("rental", "inactivity", "shortfall", "validity", "pause")

_FIRST = ("at_start", "after_period")


def events(document: Table) -> tuple[EventRule, ...]:
    """Read `[[events]]` in the order of the document."""
    return tuple(_event(table) for table in document.tables("events"))


def _event(table: Table) -> EventRule:
    kinds = table.word_set("kind", EVENT_KINDS)
    if kinds is None:
        table.missing("kind", "a list of kinds of act, as in [" + '"topup"]')
    _not_both(table, "min", "above")
    _not_both(table, "max", "below")
    return EventRule(
        id=table.name("id"),
        kinds=kinds or frozenset(),
        stages=table.word_set("stages"),
        channels=table.word_set("channels", CHANNELS),
        actors=table.word_set("actors", ACTORS),
        skus=table.word_set("skus"),
        tags=table.word_set("tags") or frozenset(),
        not_tags=table.word_set("not_tags") or frozenset(),
        min_minor=table.money("min"),
        above_minor=table.money("above"),
        max_minor=table.money("max"),
        below_minor=table.money("below"),
        measure=table.word("measure", ("face", "paid", "net", "credited"), "face"),
        sum=_tally(table, "sum"),
        count=_tally(table, "count"),
        at=table.word("at", ("requested", "paid", "posted", "used"), "posted"),
        also=table.flag("also"),
        credit=table.name("credit", need=False),
        extends=extensions(table, "extend"),
    )


def _not_both(table: Table, first: str, second: str) -> None:
    if first in table and second in table:
        why = "one includes the amount itself, the other does not"
        table.refuse(first, findings.KeysTogether(first=first, second=second, why=why), second)


def _tally(table: Table, key: str) -> Tally | None:
    tally = table.table(key)
    if tally is None:
        return None
    _not_both(tally, "at_least", "above")
    if "above" not in tally and "at_least" not in tally:
        tally.missing("at_least", "the threshold (or `above`)")
    read = tally.money if key == "sum" else tally.whole
    at_least, above = read("at_least"), read("above")
    least = at_least if above is None else above
    return Tally(over=_over(tally), at_least=least or 0, strict=above is not None)


def _over(table: Table) -> Span | str:
    value = table.text("over", need=True)
    if value in ("day", "month", "year") or value.startswith("clock:"):
        return value
    if not value:
        return "day"
    return table.need_span("over")


def balances(document: Table) -> dict[str, BalanceRule]:
    """Read `[balances.*]`."""
    return {
        name: BalanceRule(
            id=name,
            max_minor=table.money("max"),
            excess=table.word("excess", ("truncate", "reject"), "truncate"),
            expires=table.name("expires", need=False) or None,
        )
        for name, table in document.named("balances")
    }


def charges(document: Table) -> tuple[Charge, ...]:
    """Read `[[charges]]` in the order of the document."""
    return tuple(_charge(table) for table in document.tables("charges"))


def _charge(table: Table) -> Charge:
    kind = table.word("kind", CHARGE_KINDS)
    unless = _only_for(table, kind, "inactivity", "unless_activity")
    spared = table.table("unless_activity") if unless else None
    spending = _only_for(table, kind, "shortfall", "minimum_spend")
    _only_for(table, kind, "validity", "extend")
    return Charge(
        id=table.name("id"),
        kind=kind,
        amount_minor=(table.money("amount") or 0) if spending else table.need_money("amount"),
        every=table.need_span("every"),
        starts=starts(table, ("activation",)),
        first_at_start=table.word("first", _FIRST, "after_period") == "at_start",
        balance=table.name("balance", need=False) or "main",
        stages=table.word_set("stages"),
        order=table.whole("order") or 0,
        partial=table.flag("partial"),
        on_failure=table.word("on_failure", ("skip", "retry", "stop"), "skip"),
        unless_kinds=frozenset() if spared is None else _spared_kinds(spared),
        unless_within=None if spared is None else spared.need_span("within"),
        minimum_spend_minor=table.money("minimum_spend") or 0,
        extends=extensions(table, "extend"),
    )


def _spared_kinds(table: Table) -> frozenset[str]:
    kinds = table.word_set("kind", EVENT_KINDS)
    if kinds is None:
        table.missing("kind", "a list of kinds of act")
    return kinds or frozenset()


def _only_for(table: Table, kind: str, its_kind: str, key: str) -> bool:
    """Whether `key` is there; refused in a charge of another kind."""
    if key in table and kind != its_kind:
        why = f"only a charge of kind {its_kind!r} has it"
        table.refuse(key, findings.KeysTogether(first=key, second="kind", why=why), "kind")
    return key in table
