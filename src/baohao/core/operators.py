"""
Operators: who runs a network or a brand on one, and who is master of the truth of its lines.

Read from `policies/operators/*.toml`; the keys are those of docs/rules/operators.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo

from baohao.core.policy.findings import Finding
from baohao.core.policy.model import Source
from baohao.core.policy.parse_head import read_country, read_currency, read_sources, read_zone
from baohao.core.policy.table import Reading, Table

_NETWORK = re.compile(r"\d{3}-\d{2,3}", re.ASCII)
_HEAD = re.compile(r"89\d{3,6}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One operator or brand of the installation."""

    key: str
    name: str
    #: language -> name.
    names: Mapping[str, str] = field(default_factory=dict)
    country: str
    #: Where its days begin.
    zone: tzinfo
    zone_name: str
    currency: str
    #: In the order in which they are offered.
    languages: tuple[str, ...]
    #: "here": this installation is master of its lines' truth · "there": its own systems are.
    authority: str
    #: What its lines are unless said otherwise: "issued" or "external".
    custody: str
    #: Mobile networks, "MCC-MNC".
    networks: frozenset[str] = frozenset()
    #: How the ICCIDs of its cards begin.
    iccid_heads: frozenset[str] = frozenset()
    phone: str = ""
    page: str = ""
    #: Its short messages have no addresses in them: whoever gets one with an address knows it for a
    #: forgery.
    linkless: bool = False
    sources: tuple[Source, ...] = ()
    invented: bool = False


def parse_operator(
    document: Mapping[str, object], zone_of: Callable[[str], tzinfo]
) -> tuple[Operator | None, tuple[Finding, ...]]:
    """Read a document; `zone_of` gives the zone of an IANA name or raises `KeyError`."""
    reading = Reading(zone_of, "the operator")
    operator = _operator(reading.open(document, ()))
    reading.close()
    found = tuple(reading.findings)
    return (None if found else operator), found


def _operator(table: Table) -> Operator:
    zone_name, zone = read_zone(table)
    names, contact = table.table("names"), table.table("contact")
    if "languages" not in table:
        table.missing("languages", 'a list of languages, as in ["zh-Hant", "pt", "en"]')
    return Operator(
        key=table.name("operator"),
        name=table.text("name", need=True),
        names={} if names is None else {name: names.text(name) for name in names.free_names()},
        country=read_country(table),
        zone=zone,
        zone_name=zone_name,
        currency=read_currency(table, or_none=True),
        languages=table.words("languages"),
        authority=table.word("authority", ("here", "there")),
        custody=table.word("custody", ("issued", "external")),
        networks=_shaped(table, "networks", _NETWORK, 'networks, as in "455-01"'),
        iccid_heads=_shaped(table, "iccid_heads", _HEAD, 'issuers, as in "8985301"'),
        phone="" if contact is None else contact.text("phone"),
        page="" if contact is None else contact.text("page"),
        linkless=table.flag("linkless"),
        sources=read_sources(table),
        invented=table.flag("invented"),
    )


def _shaped(table: Table, key: str, shape: re.Pattern[str], expected: str) -> frozenset[str]:
    words = table.words(key)
    for word in words:
        if not shape.fullmatch(word):
            table.wrong(key, f"a list of {expected}", word)
    return frozenset(words)
