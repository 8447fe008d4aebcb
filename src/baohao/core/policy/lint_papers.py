"""Refuse policies whose truth is in doubt: no source, an unmarked invention, promised unknowns."""

from __future__ import annotations

from collections.abc import Iterator

from baohao.core.policy.findings import Finding, PolicyFault
from baohao.core.policy.model import Policy
from baohao.core.policy.parse_head import CONFIDENCES


class SourceMissing(PolicyFault):
    """A policy of a real operator names at least one source, with the date it was checked."""

    code = "policy.source.missing"


class InventionUnmarked(PolicyFault):
    """Confidence X means invented: write `invented = true`, or a source."""

    code = "policy.invented.unmarked"


class InventionTrusted(PolicyFault):
    """An invented policy has confidence X, not {confidence}."""

    code = "policy.invented.trusted"


class ConfidenceTooHigh(PolicyFault):
    """The policy claims confidence {claimed}, but its best source has {best}."""

    code = "policy.confidence"


class OfferOnWord(PolicyFault):
    """Confidence U is a keeper's own word: such a policy can be tracked, not sold."""

    code = "policy.offer.word"


class DatesCrossed(PolicyFault):
    """{first} is not before {last}: no day lies between."""

    code = "policy.dates"


class ObservationMissing(PolicyFault):
    """Enforcement is said to differ from the contract: write in `observed` what was seen."""

    code = "policy.observed"


class OfferOnUnknown(PolicyFault):
    """The extension {path} is not known, so nothing can be promised: this policy cannot be sold."""

    code = "policy.offer.unknown"


class OfferWithoutTerm(PolicyFault):
    """An offer to {verb} says for how long: it needs a `term`."""

    code = "policy.offer.term"


def papers(policy: Policy) -> Iterator[Finding]:
    """Refuse what cannot be believed."""
    if not policy.sources and not policy.invented and policy.confidence != "U":
        yield Finding(place=(), refusal=SourceMissing())
    if policy.invented and policy.confidence != "X":
        refusal = InventionTrusted(confidence=policy.confidence)
        yield Finding(place=("confidence",), refusal=refusal, against=("invented",))
    if policy.confidence == "X" and not policy.invented:
        yield Finding(place=("confidence",), refusal=InventionUnmarked())
    if policy.sources and not policy.invented:
        best = min((source.confidence for source in policy.sources), key=CONFIDENCES.index)
        if CONFIDENCES.index(policy.confidence) < CONFIDENCES.index(best):
            too_high = ConfidenceTooHigh(claimed=policy.confidence, best=best)
            against = ("sources", 0, "confidence")
            yield Finding(place=("confidence",), refusal=too_high, against=against)
    if policy.contractual_only and not policy.observed:
        yield Finding(place=("contractual_only",), refusal=ObservationMissing())
    yield from _dates(policy)


def _dates(policy: Policy) -> Iterator[Finding]:
    spans = (
        ("effective", policy.effective_from, policy.effective_to),
        ("cohort", policy.cohort.activated_from, policy.cohort.activated_to),
    )
    for key, first, last in spans:
        if first is not None and last is not None and first >= last:
            place = (key,) if key == "effective" else (key, "activated")
            refusal = DatesCrossed(first=str(first), last=str(last))
            yield Finding(place=(*place, "from"), refusal=refusal, against=(*place, "to"))


def offers(policy: Policy) -> Iterator[Finding]:
    """Refuse to sell what is not known, or without saying for how long."""
    for index, offer in enumerate(policy.offers):
        if offer.verb == "renew" and offer.term is None:
            place = ("offers", index)
            yield Finding(place=place, refusal=OfferWithoutTerm(verb=offer.verb))
    if policy.offers and policy.confidence == "U":
        yield Finding(place=("offers", 0), refusal=OfferOnWord(), against=("confidence",))
    if policy.offers and not policy.sellable:
        for number, unknown in enumerate(policy.unknowns):
            if ".extend" in unknown.path:
                refusal = OfferOnUnknown(path=unknown.path)
                against = ("unknown", number, "path")
                yield Finding(place=("offers", 0), refusal=refusal, against=against)
