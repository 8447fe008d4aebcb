"""
Read a policy document into values.

A document is what a TOML parser gives: plain tables and lists, dates as dates. Nothing is ever
ignored: what is not understood is a finding, and one reading collects them all. The language is
docs/rules/policy-language.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo

from baohao.core.money import EXPONENTS
from baohao.core.policy import parse_clocks, parse_events, parse_selling, parse_stages
from baohao.core.policy.examples import examples
from baohao.core.policy.findings import Finding
from baohao.core.policy.model import Policy, Unknown
from baohao.core.policy.parse_head import (
    read_cohort,
    read_confidence,
    read_country,
    read_currency,
    read_effective,
    read_sources,
    read_titles,
    read_zone,
)
from baohao.core.policy.table import Reading, Table
from baohao.core.policy.worlds import Question, readings


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A policy with all its worlds, or what is wrong with the document."""

    policy: Policy | None
    findings: tuple[Finding, ...]


def parse(document: Mapping[str, object], zone_of: Callable[[str], tzinfo]) -> Parsed:
    """
    Read a document; `zone_of` gives the zone of an IANA name or raises `KeyError`.

    Without findings there is a policy, and its `worlds` hold every reading that its unknowns allow
    (none where nothing is unknown). With findings there is none.
    """
    read = readings(document)
    base, found = _world(read.base, zone_of)
    members = [_world(world, zone_of) for world in read.worlds]
    every = [*read.findings, *found, *(finding for _, more in members for finding in more)]
    faults = tuple(_once(every))
    if faults:
        return Parsed(policy=None, findings=faults)
    unknowns = tuple(_unknown(question) for question in read.questions)
    worlds = tuple(replace(policy, unknowns=unknowns) for policy, _ in members)
    return Parsed(policy=replace(base, unknowns=unknowns, worlds=worlds), findings=())


def _once(every: list[Finding]) -> list[Finding]:
    """Drop what several worlds found alike."""
    return list({(f.place, f.code, f.message): f for f in every}.values())


def _unknown(question: Question) -> Unknown:
    return Unknown(path=question.path, alternatives=question.alternatives, why=question.why)


def _world(
    document: Mapping[str, object], zone_of: Callable[[str], tzinfo]
) -> tuple[Policy, list[Finding]]:
    """Read one document, in which nothing is unknown any more."""
    reading = Reading(zone_of)
    policy = _policy(reading.open(document, ()))
    reading.close()
    return policy, reading.findings


def _policy(table: Table) -> Policy:
    currency = read_currency(table, or_none=True)
    zone_name, zone = read_zone(table)
    effective_from, effective_to = read_effective(table)
    balances = parse_events.balances(table)
    repin_on_renewal, repin_notice = parse_selling.repin(table)
    _unknowns(table)
    return Policy(
        name=table.name("policy", dots=True),
        version=table.name("version", dots=True),
        title=table.text("title", need=True),
        titles=read_titles(table),
        country=read_country(table),
        operator=table.name("operator"),
        brand=table.text("brand"),
        zone=zone,
        zone_name=zone_name,
        currency=currency,
        exponent=EXPONENTS.get(currency, 2),
        invented=table.flag("invented"),
        effective_from=effective_from,
        effective_to=effective_to,
        cohort=read_cohort(table),
        overlays=table.words("overlays"),
        confidence=read_confidence(table),
        contractual_only=table.flag("contractual_only"),
        observed=table.text("observed"),
        sources=read_sources(table),
        clocks=parse_clocks.clocks(table, zone),
        events=parse_events.events(table),
        balances=balances,
        charges=parse_events.charges(table),
        stages=parse_stages.stages(table),
        quarantine=parse_stages.quarantine(table),
        offers=parse_selling.offers(table),
        reversal=parse_selling.reversal(table),
        late_payment=parse_selling.late_payment(table),
        permissions=parse_selling.permissions(table),
        park=parse_selling.park(table),
        people=parse_selling.people(table),
        repin_on_renewal=repin_on_renewal,
        repin_notice=repin_notice,
        reminders=parse_selling.reminders(table),
        operator_notices=parse_selling.operator_notices(table),
        how=parse_selling.how(table),
        examples=examples(table),
    )


def _unknowns(table: Table) -> None:
    """Check the form of `[[unknown]]`; `worlds` has read what it says."""
    for unknown in table.tables("unknown"):
        unknown.text("path", need=True)
        unknown.text("why")
        alternatives = unknown.take("alternatives")
        if alternatives is None:
            unknown.missing("alternatives", "a list of at least two values")
        elif not isinstance(alternatives, list):
            unknown.wrong("alternatives", "a list of at least two values", alternatives)
