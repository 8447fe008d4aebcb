"""Holders at the desk: whose documents a product takes, and how many cards a person may have."""

from __future__ import annotations

from baohao.core.decide import payload
from baohao.core.decide.case import Case
from baohao.core.line.state import Tenure
from baohao.core.refusals import Refusal

HOLDER_KINDS = ("person", "organisation")


class DocumentRefused(Refusal):
    """A holder who is {residency} cannot register with {document}; taken are: {taken}."""

    code = "holder.document"


class DocumentExpired(Refusal):
    """The document ran out on {day}."""

    code = "holder.document_expired"


class QuotaReached(Refusal):
    """The holder has {cards} cards with this operator; {quota} is the most there may be."""

    code = "holder.quota"


class GuardianMissing(Refusal):
    """
    A holder of {age} years is a minor below {limit}; say in `guardian` who answers for the line.
    """

    code = "holder.guardian"


#: What is said of a holder.
FIELDS = (
    *("holder", "holder_kind", "document", "residency", "identity_until"),
    *("age_years", "guardian"),
)


def tenure_from(case: Case, *, epoch: int, is_new: bool = True) -> Tenure:
    """
    Return the tenure that an ask begins; `is_new`: the holder has one card more by it.

    Raises `DocumentRefused`, `DocumentExpired`, `GuardianMissing` and `QuotaReached`.
    """
    ask, people = case.ask, case.policy.people
    guardian = _guardian(case)
    document = payload.text(ask, "document", "")
    residency = payload.text(ask, "residency", "resident")
    taken = people.documents.get(residency)
    if document in people.refused or (document and taken is not None and document not in taken):
        raise DocumentRefused(
            residency=residency, document=document, taken=", ".join(sorted(taken or ())) or "none"
        )
    until = payload.day(ask, "identity_until") if "identity_until" in ask.payload else None
    if until is not None and until < case.now.astimezone(case.policy.zone).date():
        raise DocumentExpired(day=until.isoformat())
    kind = payload.text(ask, "holder_kind", "person", among=HOLDER_KINDS)
    quota = people.quota_person if kind == "person" else people.quota_organisation
    if is_new and quota is not None and case.facts.holder_cards >= quota:
        raise QuotaReached(cards=case.facts.holder_cards, quota=quota)
    return Tenure(
        epoch=epoch,
        holder=payload.text(ask, "holder", ""),
        since=case.now,
        identity="registered" if document else "",
        identity_until=until,
        guardian=guardian,
    )


def _guardian(case: Case) -> str:
    """Return who answers for a holder; a minor must have somebody, where the age is said."""
    guardian, limit = payload.text(case.ask, "guardian", ""), case.policy.people.minor_below_years
    if "age_years" in case.ask.payload and limit is not None and not guardian:
        age = payload.whole(case.ask, "age_years")
        if age < limit:
            raise GuardianMissing(age=age, limit=limit)
    return guardian
