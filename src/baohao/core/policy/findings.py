"""
What is wrong with a policy: where, and why.

A finding is a place in the document and a refusal; a contradiction names a second place. Whoever
read the document from a file turns places into line numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from baohao.core.refusals import Refusal

#: A place in a document: keys, and indexes into lists.
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One reason why a policy is refused."""

    place: Place
    refusal: Refusal
    #: The other half of a contradiction.
    against: Place | None = None

    @property
    def code(self) -> str:
        """The refusal's stable code."""
        return self.refusal.code

    @property
    def message(self) -> str:
        """The English sentence."""
        return self.refusal.message

    @property
    def path(self) -> str:
        """The place, dotted."""
        return dotted(self.place)


def dotted(place: Place) -> str:
    """
    Write a place as people write it.

    >>> dotted(("events", 0, "extend", 1, "base"))
    'events.0.extend.1.base'
    """
    return ".".join(map(str, place))


class PolicyFault(Refusal):
    """The policy is wrong."""

    code = "policy"


# --- the document does not say a policy ----------------------------------------------------------


class KeyUnknown(PolicyFault):
    """The key {key!r} is not known in {where}; the nearest known are {nearest}."""

    code = "policy.key.unknown"


class KeyMissing(PolicyFault):
    """The key {key!r} is missing in {where}: it takes {expected}."""

    code = "policy.key.missing"


class TypeWrong(PolicyFault):
    """{key!r} takes {expected}, not {found}."""

    code = "policy.type"


class WordUnknown(PolicyFault):
    """{key!r} cannot be {value!r}; it is one of: {allowed}."""

    code = "policy.word"


class NameMalformed(PolicyFault):
    """{value!r} is no name for {key!r}: use letters, digits, "_" and "-"{also}."""

    code = "policy.name"


class ListEmpty(PolicyFault):
    """{key!r} is an empty list and would match nothing: leave it out to let everything through."""

    code = "policy.list.empty"


class KeysTogether(PolicyFault):
    """{first!r} and {second!r} cannot stand together: {why}."""

    code = "policy.keys.together"


class ZoneUnknown(PolicyFault):
    """{value!r} is not a time zone known here: write its IANA name, as in "Asia/Macau"."""

    code = "policy.zone"


class DayImpossible(PolicyFault):
    """{value} is not a day of the calendar."""

    code = "policy.day"


class SpanNotInDays(PolicyFault):
    """{key!r} is {value!r}: it is counted in civil days, so write days or weeks, at least one."""

    code = "policy.span.days"


class AmountNegative(PolicyFault):
    """{key!r} is {value}: an amount in a policy is never negative."""

    code = "policy.amount.negative"


class NumberOutOfRange(PolicyFault):
    """{key!r} is {value}: it must be from {least} to {most}."""

    code = "policy.number"


class StartUnknown(PolicyFault):
    """Nothing starts at {value!r}: write {allowed}, event:ID, charge_failed:ID or stage:NAME."""

    code = "policy.start"


# --- what is not known ---------------------------------------------------------------------------


class WorldsTooMany(PolicyFault):
    """The unknowns allow {count} worlds, more than {most}: leave the less important ones out."""

    code = "policy.unknown.worlds"


class UnknownPathWrong(PolicyFault):
    """The unknown {path!r} leads nowhere: there is no {part!r} in {where}."""

    code = "policy.unknown.path"


class UnknownPathTwice(PolicyFault):
    """The unknown {path!r} asks for what another unknown decides: {other!r}."""

    code = "policy.unknown.twice"


class AlternativesTooFew(PolicyFault):
    """The unknown {path!r} needs at least two different alternatives."""

    code = "policy.unknown.alternatives"


class AlternativesDisagree(PolicyFault):
    """The document says {value} where the unknown {path!r} allows only {alternatives}."""

    code = "policy.unknown.disagrees"
