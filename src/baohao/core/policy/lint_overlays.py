"""Refuse policies that break a law: each rule holds one limit of a regulator's overlay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from baohao.core.civil import Span
from baohao.core.money import format_minor
from baohao.core.policy.barred import barred_stages, parked_days, worst_year_days
from baohao.core.policy.findings import Finding, Place, PolicyFault
from baohao.core.policy.lint_clocks import every_extension
from baohao.core.policy.model import Policy, Stage
from baohao.core.policy.overlays import Overlay
from baohao.core.policy.spans import shortest_days, shortest_term, surely_longer

#: Clocks whose time a holder pays for.
_PAID_FOR = frozenset({"service", "credit", "number", "outgoing"})


class OverlayUnknown(PolicyFault):
    """There is no overlay {name!r}; there is: {known}."""

    code = "policy.overlay.unknown"


class BrokenLaw(PolicyFault):
    """{law} is broken."""

    code = "policy.overlay"


class BarredTooLong(BrokenLaw):
    """
    {law} allows {limit} barred days in a calendar year; here there can be
    {days}, of which {parked} are parked.
    """

    code = "policy.overlay.barred_days"


class TransferWithoutCause(BrokenLaw):
    """{law} lets a number move to another holder only for causes: name them in `causes`."""

    code = "policy.overlay.transfer"


class TooShort(BrokenLaw):
    """{law} asks for {what} of at least {limit}; here it is {span}."""

    code = "policy.overlay.too_short"


class TooLong(BrokenLaw):
    """{law} allows {what} of at most {limit}; here it is {span}."""

    code = "policy.overlay.too_long"


class TooDear(BrokenLaw):
    """{law} allows {what} of at most {limit}; here it is {amount}."""

    code = "policy.overlay.too_dear"


class TermNotOffered(BrokenLaw):
    """{law} asks that {span} be on offer; nothing here gives as long."""

    code = "policy.overlay.must_offer"


class BalanceForfeited(BrokenLaw):
    """{law} does not let a balance be forfeited in the stage {stage!r}: {why}."""

    code = "policy.overlay.balance"


class QuotaTooHigh(BrokenLaw):
    """{law} allows {limit} cards for one {who}; here it is {quota}."""

    code = "policy.overlay.quota"


class DocumentTaken(BrokenLaw):
    """{law} does not accept {document!r}, which is taken here from a {who}."""

    code = "policy.overlay.document"


class IdentityNotAsked(BrokenLaw):
    """{law} asks for the holder's identity; what is sold here names no `documents`."""

    code = "policy.overlay.identity"


class MinorTooYoung(BrokenLaw):
    """{law} protects holders below {limit} years; here it is below {years}."""

    code = "policy.overlay.minor"


def overlays(policy: Policy, known: Mapping[str, Overlay]) -> Iterator[Finding]:
    """Refuse overlays that are not there, and limits of those in force that the policy breaks."""
    for index, name in enumerate(policy.overlays):
        if name not in known:
            refusal = OverlayUnknown(name=name, known=", ".join(sorted(known)) or "none")
            yield Finding(place=("overlays", index), refusal=refusal)
    for overlay in known.values():
        if _binds(overlay, policy):
            for rule in _RULES:
                yield from rule(policy, overlay)


def _binds(overlay: Overlay, policy: Policy) -> bool:
    """Whether a law holds: it is named, or the country's and in force when the policy began."""
    if overlay.name in policy.overlays:
        return True
    ended = overlay.effective_to is not None and overlay.effective_to <= policy.effective_from
    began = overlay.effective_from <= policy.effective_from
    return overlay.country == policy.country and began and not ended


# --- time barred, and who may have the number ----------------------------------------------------


def _barred(policy: Policy, overlay: Overlay) -> Iterator[Finding]:
    limit = overlay.limits.max_barred_days_per_calendar_year
    days = worst_year_days(policy)
    if limit is None or days <= limit:
        return
    parked = 0 if policy.park is None else parked_days(policy.park)
    refusal = BarredTooLong(law=overlay.title, limit=limit, days=days, parked=parked)
    place, named = _longest_barred(policy), ("overlays",)
    if overlay.name not in policy.overlays:
        named = ("country",)
    yield Finding(place=place, refusal=refusal, against=named)


def _longest_barred(policy: Policy) -> Place:
    """Where the policy says for how long a line is barred."""
    barred = barred_stages(policy)
    if not barred:
        return ("park",)
    stage = max(barred, key=lambda each: each.lasts.longest_days() if each.lasts else 366)
    return ("stages", policy.stages.index(stage), "for" if stage.lasts else "barred")


def _transfer(policy: Policy, overlay: Overlay) -> Iterator[Finding]:
    permission = policy.permissions.get("transfer")
    if overlay.limits.transferable or permission is None or not permission.allowed:
        return
    if permission.causes is None:
        place = ("permissions", "transfer")
        yield Finding(place=place, refusal=TransferWithoutCause(law=overlay.title))


# --- terms ---------------------------------------------------------------------------------------


def _validity(policy: Policy, overlay: Overlay) -> Iterator[Finding]:
    least = overlay.limits.min_validity
    if least is None:
        return
    for place, extension in every_extension(policy):
        clock = policy.clocks.get(extension.clock)
        span = shortest_term(policy, extension.term)
        if clock is not None and clock.kind in _PAID_FOR and span is not None:
            yield from _too_short(overlay, "validity", least, span, (*place, "term"))


def _offer(policy: Policy, overlay: Overlay) -> Iterator[Finding]:
    given = [shortest_term(policy, extension.term) for _, extension in every_extension(policy)]
    given += [offer.term for offer in policy.offers]
    for span in overlay.limits.must_offer:
        if not any(term is not None and not surely_longer(span, term) for term in given):
            yield Finding(place=(), refusal=TermNotOffered(law=overlay.title, span=str(span)))


def _inactivity(policy: Policy, overlay: Overlay) -> Iterator[Finding]:
    least = overlay.limits.min_inactivity
    for name, clock in policy.clocks.items():
        if least is not None and clock.kind == "inactivity" and clock.term is not None:
            place = ("clocks", name, "term")
            yield from _too_short(overlay, "disuse", least, clock.term, place)


def _too_short(
    overlay: Overlay, what: str, least: Span, span: Span, place: Place
) -> Iterator[Finding]:
    if surely_longer(least, span):
        refusal = TooShort(law=overlay.title, what=what, limit=str(least), span=str(span))
        yield Finding(place=place, refusal=refusal)


# --- after the loss ------------------------------------------------------------------------------


def _quarantine(policy: Policy, overlay: Overlay) -> Iterator[Finding]:
    least, classes = overlay.limits.min_quarantine, policy.quarantine.classes
    bounds: dict[Place, Span | None] = {("quarantine", "min"): policy.quarantine.min}
    for name, (shortest, _) in classes.items():
        if name not in overlay.limits.quarantine_exempt:
            bounds["quarantine", "classes", name, "min"] = shortest
    for index, stage in enumerate(policy.stages):
        exempt = stage.number_class in overlay.limits.quarantine_exempt
        if stage.kind == "quarantined" and not exempt:
            bounds["stages", index, "for"] = stage.lasts
    for place, span in bounds.items():
        if least is not None and span is not None:
            yield from _too_short(overlay, "a quarantine", least, span, place)
    yield from _longest_quarantine(policy, overlay)


def _longest_quarantine(policy: Policy, overlay: Overlay) -> Iterator[Finding]:
    limits = overlay.limits.max_quarantine
    if not limits:
        return
    # A number of no class may be of the class that is kept longest.
    widest = max(limits.values(), key=shortest_days)
    rules = policy.quarantine
    spans: list[tuple[Place, Span | None, Span]] = [(("quarantine", "max"), rules.max, widest)]
    for name, (_, longest) in rules.classes.items():
        most: Place = ("quarantine", "classes", name, "max")
        spans.append((most, longest, limits.get(name, widest)))
    for index, stage in enumerate(policy.stages):
        if stage.kind == "quarantined":
            limit = limits.get(stage.number_class, widest)
            spans.append((("stages", index, "for"), stage.lasts, limit))
    for place, span, limit in spans:
        if span is not None and surely_longer(span, limit):
            refusal = TooLong(
                law=overlay.title, what="a quarantine", limit=str(limit), span=str(span)
            )
            yield Finding(place=place, refusal=refusal)


def _donor(policy: Policy, overlay: Overlay) -> Iterator[Finding]:
    working, span = overlay.limits.max_donor_return_working_days, policy.quarantine.donor_return
    if working is None or span is None:
        return
    # Where no day is a holiday, every five working days have one week-end between them.
    days = working + 2 * (max(working - 1, 0) // 5)
    if span.longest_days() > days:
        limit, what = f"{working} working days", "a return to the donor"
        refusal = TooLong(law=overlay.title, what=what, limit=limit, span=str(span))
        yield Finding(place=("quarantine", "donor_return"), refusal=refusal)


# --- money ---------------------------------------------------------------------------------------


def _balance(policy: Policy, overlay: Overlay) -> Iterator[Finding]:
    limits = overlay.limits
    for index, stage in enumerate(policy.stages):
        here: Place = ("stages", index, "balance")
        forfeits = stage.balance.kind in ("forfeit", "forfeit_after")
        if limits.balance_after_expiry == "revalidate" and stage.keeping and forfeits:
            why = "new credit must bring it back"
            yield _forfeited(overlay, stage, why, here)
        if limits.min_refundable is not None and forfeits:
            why = f"it must be paid out on request for {limits.min_refundable}"
            yield _forfeited(overlay, stage, why, here)
        if limits.min_refundable is not None and stage.balance.kind == "refundable_until":
            span = stage.balance.span
            if span is not None:
                least = limits.min_refundable
                yield from _too_short(overlay, "a time for refunds", least, span, here)
        yield from _too_dear(
            policy,
            overlay,
            "a fee for refunds",
            limits.max_refund_fee_minor,
            stage.balance.fee_minor,
            here,
        )


def _forfeited(overlay: Overlay, stage: Stage, why: str, place: Place) -> Finding:
    refusal = BalanceForfeited(law=overlay.title, stage=stage.name, why=why)
    return Finding(place=place, refusal=refusal)


def _too_dear(
    policy: Policy, overlay: Overlay, what: str, most: int | None, fee: int, place: Place
) -> Iterator[Finding]:
    if most is None or overlay.currency != policy.currency or fee <= most:
        return
    limit = f"{overlay.currency} {format_minor(most, overlay.currency)}"
    amount = f"{policy.currency} {format_minor(fee, policy.currency)}"
    refusal = TooDear(law=overlay.title, what=what, limit=limit, amount=amount)
    yield Finding(place=place, refusal=refusal)


def _keeping_fee(policy: Policy, overlay: Overlay) -> Iterator[Finding]:
    most, every = overlay.limits.max_keeping_fee_minor, overlay.limits.max_keeping_fee_every
    if most is None or every is None:
        return
    for index, charge in enumerate(policy.charges):
        if charge.kind == "inactivity":
            # How often the charge can fall due within the span of the limit.
            times = max(1, every.longest_days() // max(1, shortest_days(charge.every)))
            fee = charge.amount_minor * times
            place = ("charges", index, "amount")
            yield from _too_dear(policy, overlay, f"a fee per {every}", most, fee, place)


def _way_back(policy: Policy, overlay: Overlay) -> Iterator[Finding]:
    limits = overlay.limits
    for index, stage in enumerate(policy.stages):
        here: Place = ("stages", index)
        if stage.restore is not None:
            most, fee = limits.max_restore_fee_minor, stage.restore.fee_minor
            place = (*here, "restore")
            yield from _too_dear(policy, overlay, "a fee to come back", most, fee, place)
    open_for = [s.lasts for s in policy.stages if s.restore is not None and s.kind != "live"]
    if limits.min_restore is None or None in open_for:
        return
    days = sum(span.longest_days() for span in open_for if span is not None)
    if days < shortest_days(limits.min_restore):
        what, span = "a way back", f"{days} days"
        refusal = TooShort(law=overlay.title, what=what, limit=str(limits.min_restore), span=span)
        yield Finding(place=("stages",), refusal=refusal)


# --- people --------------------------------------------------------------------------------------


def _people(policy: Policy, overlay: Overlay) -> Iterator[Finding]:
    limits, people = overlay.limits, policy.people
    sells = any(offer.verb == "activate" for offer in policy.offers)
    if limits.identity_required and sells and not people.documents:
        yield Finding(place=("people",), refusal=IdentityNotAsked(law=overlay.title))
    quotas = (
        ("person", limits.quota_person, people.quota_person),
        ("organisation", limits.quota_organisation, people.quota_organisation),
    )
    for who, limit, quota in quotas:
        if limit is not None and quota is not None and quota > limit:
            refusal = QuotaTooHigh(law=overlay.title, limit=limit, who=who, quota=quota)
            yield Finding(place=("people", "quota", who), refusal=refusal)
    for who, documents in people.documents.items():
        for document in sorted(documents & limits.refused_documents):
            refused = DocumentTaken(law=overlay.title, document=document, who=who)
            yield Finding(place=("people", "documents", who), refusal=refused)
    limit, years = limits.minor_below_years, people.minor_below_years
    if limit is not None and years is not None and years < limit:
        too_young = MinorTooYoung(law=overlay.title, limit=limit, years=years)
        yield Finding(place=("people", "minor_below"), refusal=too_young)


_RULES: tuple[Callable[[Policy, Overlay], Iterator[Finding]], ...] = (
    _barred,
    _transfer,
    _validity,
    _offer,
    _inactivity,
    _quarantine,
    _donor,
    _balance,
    _keeping_fee,
    _way_back,
    _people,
)
