"""Read what may be bought, who may do what, and how holders are told."""

from __future__ import annotations

from datetime import time

from baohao.core.civil import Span
from baohao.core.policy import findings
from baohao.core.policy.model import (
    CHANNELS,
    STAGE_KINDS,
    How,
    Offer,
    Park,
    People,
    Permission,
    ReminderRule,
    Reversal,
)
from baohao.core.policy.parse_stages import services
from baohao.core.policy.table import Table

#: What can be asked of a line, and so be permitted or not.
VERBS = (
    "stock",
    "activate",
    "renew",
    "top_up",
    "change_plan",
    "record",
    "observe",
    "reverse",
    "correct",
    "replace_card",
    "report_loss",
    "report_found",
    "change_number",
    "register",
    "transfer",
    "park",
    "resume",
    "hold",
    "lift",
    "port_in",
    "port_out",
    "terminate",
    "restore",
    "return",
    "recycle",
    "repin",
    "adjust",
    "order",
)


_QUOTA_PER = ("operator", "total")


def offers(document: Table) -> tuple[Offer, ...]:
    """Read `[[offers]]`."""
    return tuple(_offer(table) for table in document.tables("offers"))


def _offer(table: Table) -> Offer:
    return Offer(
        plan=table.name("plan"),
        title=table.text("title", need=True),
        verb=table.word("verb", ("renew", "top_up", "activate")),
        term=table.span("term"),
        price_minor=table.need_money("price"),
        allowances=_allowances(table),
    )


def _allowances(table: Table) -> dict[str, int]:
    allowances = table.table("allowances")
    if allowances is None:
        return {}
    return {name: allowances.whole(name) or 0 for name in allowances.free_names()}


def reversal(document: Table) -> Reversal:
    """Read `[reversal]`."""
    table = document.table("reversal")
    if table is None:
        return Reversal()
    paid = ("pro_rata_days", "pro_rata_months", "none", "full")
    return Reversal(
        bonus=table.word("bonus", ("first", "pro_rata"), "first"),
        paid=table.word("paid", paid, "pro_rata_days"),
        within=table.span("within"),
        promotion_steps=table.word("promotion_steps", ("one", "two"), "one"),
    )


def late_payment(document: Table) -> dict[str, str]:
    """Read `[late_payment]`: stage kind -> what becomes of money that comes too late."""
    table = document.table("late_payment")
    if table is None:
        return {}
    answers = ("restore", "restore_with_fee", "refund")
    found = [kind for kind in STAGE_KINDS if table.take(kind) is not None]
    return {kind: table.word(kind, answers) for kind in found}


def permissions(document: Table) -> dict[str, Permission]:
    """Read `[permissions.*]`."""
    table = document.table("permissions")
    if table is None:
        return {}
    read = {verb: table.table(verb) for verb in VERBS}
    return {verb: _permission(found) for verb, found in read.items() if found is not None}


def _permission(table: Table) -> Permission:
    return Permission(
        allowed=table.flag("allowed", default=True),
        channels=table.word_set("channels", CHANNELS),
        stages=table.word_set("stages"),
        causes=table.word_set("causes"),
        second_person=table.flag("second_person"),
        cooling=table.span("cooling"),
    )


def park(document: Table) -> Park | None:
    """Read `[park]`; `None` where a line cannot be parked."""
    table = document.table("park")
    if table is None:
        return None
    return Park(
        max=table.span("max"),
        per_year=table.whole("per_year", 1, 366),
        resumes=table.word("resumes", ("by_itself", "on_request"), "by_itself"),
        services=services(table, "services", "none"),
        clocks=table.word("clocks", ("run", "wait"), "run"),
    )


def people(document: Table) -> People:
    """Read `[people]`."""
    table = document.table("people")
    if table is None:
        return People()
    quota = table.table("quota")
    papers = table.table("documents")
    return People(
        documents={} if papers is None else _documents(papers),
        refused=table.word_set("refused") or frozenset(),
        quota_person=None if quota is None else quota.whole("person"),
        quota_organisation=None if quota is None else quota.whole("organisation"),
        quota_per=quota.word("per", _QUOTA_PER, "operator") if quota else "operator",
        minor_below_years=table.whole("minor_below", 0, 150),
    )


def _documents(table: Table) -> dict[str, frozenset[str]]:
    return {who: table.word_set(who) or frozenset() for who in table.free_names()}


def repin(document: Table) -> tuple[bool, Span | None]:
    """Read `[repin]`: whether a renewal moves the line to a newer version, and the notice."""
    table = document.table("repin")
    return (False, None) if table is None else (table.flag("on_renewal"), table.span("notice"))


def reminders(document: Table) -> tuple[ReminderRule, ...]:
    """Read `[[reminders]]`."""
    return tuple(_reminder(table) for table in document.tables("reminders"))


def _reminder(table: Table) -> ReminderRule:
    if ("clock" in table) == ("stage" in table):
        if "clock" in table:
            why = "a reminder is about one of the two"
            refusal = findings.KeysTogether(first="clock", second="stage", why=why)
            table.refuse("clock", refusal, "stage")
        else:
            table.missing("clock", "a clock (or `stage`, a stage)")
    if "leads" not in table:
        table.missing("leads", "a list of spans")
    escalate = table.table("escalate")
    return ReminderRule(
        clock=table.name("clock", need=False) or None,
        stage=table.name("stage", need=False) or None,
        leads=table.spans("leads"),
        margin=table.span("margin"),
        escalate_from=None if escalate is None else escalate.need_span("from"),
        escalate_per_day=1 if escalate is None else escalate.whole("per_day", 1, 24) or 1,
        quiet=_quiet(table),
        fallback=table.words("fallback", CHANNELS),
    )


def _quiet(table: Table) -> tuple[time, time] | None:
    value = table.take("quiet")
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:
        table.wrong("quiet", 'two times, as in ["22:00", "08:00"]', value)
        return None
    walls = [table.as_wall("quiet", item, (*table.at("quiet"), i)) for i, item in enumerate(value)]
    first, last = walls
    return None if first is None or last is None else (first, last)


def operator_notices(document: Table) -> tuple[tuple[str, Span], ...]:
    """Read `[[operator_notice]]`: what the operator itself sends before a clock's deadline."""
    tables = document.tables("operator_notice")
    return tuple((table.name("clock"), table.need_span("lead")) for table in tables)


def how(document: Table) -> tuple[How, ...]:
    """Read `[[how]]`."""
    return tuple(_how(table) for table in document.tables("how"))


def _how(table: Table) -> How:
    others = table.table("steps_in")
    return How(
        act=table.name("act"),
        channel=table.word("channel", CHANNELS),
        dial=table.text("dial"),
        page=table.text("page"),
        steps=table.words("steps"),
        steps_in={} if others is None else {n: others.words(n) for n in others.free_names()},
        price_minor=table.money("price"),
        abroad=table.flag("abroad") if "abroad" in table else None,
        checked=table.day("checked"),
    )
