"""
Regulators' overlays: limits that no policy of a country may break.

Read from `policies/overlays/*.toml`; the keys are those of docs/rules/overlays.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, tzinfo

from baohao.core.civil import Span
from baohao.core.policy.findings import Finding
from baohao.core.policy.model import Source
from baohao.core.policy.parse_head import (
    read_confidence,
    read_country,
    read_currency,
    read_effective,
    read_sources,
    read_titles,
)
from baohao.core.policy.table import Reading, Table

_WORKING_DAYS = re.compile(r"(\d{1,3}) working days?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a law holds policies to; `None` and empty: it says nothing about that."""

    #: The most civil days of deactivation in one calendar year, consecutive or not.
    max_barred_days_per_calendar_year: int | None = None
    #: False: a number moves to another holder only for causes.
    transferable: bool = True
    #: The least time that a paid act gives.
    min_validity: Span | None = None
    #: Terms that must be on offer.
    must_offer: tuple[Span, ...] = ()
    #: "revalidate": new credit brings expired credit back, so none may be forfeited while it can.
    balance_after_expiry: str = ""
    #: How long what is left of a balance must be paid out on request.
    min_refundable: Span | None = None
    max_refund_fee_minor: int | None = None
    identity_required: bool = False
    quota_person: int | None = None
    quota_organisation: int | None = None
    refused_documents: frozenset[str] = frozenset()
    minor_below_years: int | None = None
    #: The least time of disuse after which a line may be cut.
    min_inactivity: Span | None = None
    #: What keeping an unused line may cost at most, and per which span.
    max_keeping_fee_minor: int | None = None
    max_keeping_fee_every: Span | None = None
    #: How long a way back must stay open, and what it may cost.
    min_restore: Span | None = None
    max_restore_fee_minor: int | None = None
    min_quarantine: Span | None = None
    #: Classes of numbers that the least quarantine does not bind.
    quarantine_exempt: frozenset[str] = frozenset()
    #: class of numbers -> the longest quarantine.
    max_quarantine: Mapping[str, Span] = field(default_factory=dict)
    max_donor_return_working_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """One law, as far as it binds policies."""

    name: str
    title: str
    titles: Mapping[str, str] = field(default_factory=dict)
    country: str
    regulator: str
    #: In which its amounts are written; empty: it names none.
    currency: str = ""
    effective_from: date
    effective_to: date | None = None
    confidence: str
    sources: tuple[Source, ...] = ()
    limits: Limits


def parse_overlay(
    document: Mapping[str, object], zone_of: Callable[[str], tzinfo]
) -> tuple[Overlay | None, tuple[Finding, ...]]:
    """Read a document; `zone_of` gives the zone of an IANA name or raises `KeyError`."""
    reading = Reading(zone_of, "the overlay")
    overlay = _overlay(reading.open(document, ()))
    reading.close()
    found = tuple(reading.findings)
    return (None if found else overlay), found


def _overlay(table: Table) -> Overlay:
    currency = read_currency(table) if "currency" in table else table.text("currency")
    effective_from, effective_to = read_effective(table)
    limits = table.table("limits")
    if limits is None and "limits" not in table:
        table.missing("limits", "what the law holds policies to")
    return Overlay(
        name=table.name("overlay", dots=True),
        title=table.text("title", need=True),
        titles=read_titles(table),
        country=read_country(table),
        regulator=table.text("regulator", need=True),
        currency=currency,
        effective_from=effective_from,
        effective_to=effective_to,
        confidence=read_confidence(table),
        sources=read_sources(table),
        limits=Limits() if limits is None else _limits(limits, currency),
    )


def _limits(table: Table, currency: str) -> Limits:
    for key in ("max_refund_fee", "max_keeping_fee", "max_restore_fee"):
        if key in table and not currency:
            table.missing("currency", "the currency of its amounts, at the head")
    quota, keeping = table.table("quota"), table.table("max_keeping_fee")
    return Limits(
        max_barred_days_per_calendar_year=table.whole("max_barred_days_per_calendar_year", 0, 366),
        transferable=table.flag("transferable", default=True),
        min_validity=table.span("min_validity"),
        must_offer=table.spans("must_offer"),
        balance_after_expiry=table.word("balance_after_expiry", ("", "revalidate"), ""),
        min_refundable=table.span("min_refundable"),
        max_refund_fee_minor=table.money("max_refund_fee"),
        identity_required=table.flag("identity_required"),
        quota_person=None if quota is None else quota.whole("person"),
        quota_organisation=None if quota is None else _quota_organisation(quota),
        refused_documents=table.word_set("refused_documents") or frozenset(),
        minor_below_years=table.whole("minor_below", 0, 150),
        min_inactivity=table.span("min_inactivity"),
        max_keeping_fee_minor=None if keeping is None else keeping.need_money("amount"),
        max_keeping_fee_every=None if keeping is None else keeping.need_span("every"),
        min_restore=table.span("min_restore"),
        max_restore_fee_minor=table.money("max_restore_fee"),
        min_quarantine=table.span("min_quarantine"),
        quarantine_exempt=table.word_set("quarantine_exempt") or frozenset(),
        max_quarantine=_per_class(table, "max_quarantine"),
        max_donor_return_working_days=_working_days(table, "max_donor_return"),
    )


def _quota_organisation(quota: Table) -> int | None:
    # Whether cards are counted per operator or in total does not change the limit of one policy.
    quota.word("per", ("operator", "total"), "operator")
    return quota.whole("organisation")


def _per_class(table: Table, key: str) -> dict[str, Span]:
    classes = table.table(key)
    return {} if classes is None else {c: classes.need_span(c) for c in classes.free_names()}


def _working_days(table: Table, key: str) -> int | None:
    value = table.take(key)
    if value is None:
        return None
    found = _WORKING_DAYS.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        table.wrong(key, 'working days, as in "7 working days"', value)
        return None
    return int(found[1])
