"""
Publishing: policies, promotions and fees that product managers write beside the library's files.

A draft is judged as the library judges its files, among all that is in force. Who made it proposes
it, another person approves it, and from then on every process has it within a second. A policy
begins on a later day than it is published, so that no process meets a line under rules that it does
not know. What lines were sold under stays; a promotion can be withdrawn at any time, and a quote
that it gave still binds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from baohao.app.library import Beside, Library, read_library
from baohao.app.policies import Located, Source, read_text
from baohao.core.civil import civil_day
from baohao.core.policy.findings import Finding, PolicyFault
from baohao.core.refusals import Refusal
from baohao.store import clock, publications
from baohao.store.publications import Publication as Publication
from baohao.store.sql import Connection


class PublicationUnknown(Refusal):
    """There is no such text of {operator}."""

    code = "publishing.unknown"


class PublicationMoved(Refusal):
    """Somebody else was quicker: the text is {state} now. Look at it again."""

    code = "publishing.moved"


class PublicationFaulty(Refusal):
    """The text has {count} faults, the first is {first}"""

    code = "publishing.faulty"


class SamePerson(Refusal):
    """Whoever wrote a text does not approve it: somebody else looks at it."""

    code = "publishing.same_person"


class StaysInForce(Refusal):
    """Lines may be under this policy, so it stays; publish a version that follows it."""

    code = "publishing.stays"


class OperatorOther(PolicyFault):
    """This is for the operator {operator!r}, and you write for {own!r}."""

    code = "publishing.operator"


class BeginsTooSoon(PolicyFault):
    """It begins on {begins}: let it begin after {today}, so that everybody knows it by then."""

    code = "publishing.begins"


def beside(published: Iterable[Publication]) -> Beside:
    """Return published texts as the library reads them."""
    found: defaultdict[str, list[Source]] = defaultdict(list)
    for each in published:
        found[each.folder].append(read_text(_called(each), each.body)[0])
    return found


def in_force(conn: Connection, folder: Path) -> Library:
    """Return the library with all that was published beside its files."""
    return read_library(folder, beside(publications.published(conn)))


def find(conn: Connection, operator: str, id_: UUID) -> Publication:
    """Return one of an operator's texts; raises `PublicationUnknown`."""
    found = publications.find(conn, operator, id_)
    if found is None:
        raise PublicationUnknown(operator=operator)
    return found


def listed(conn: Connection, operator: str) -> Sequence[Publication]:
    """Return an operator's texts, the latest first."""
    return publications.of_operator(conn, operator)


def write(
    conn: Connection, operator: str, id_: UUID, folder: str, body: str, by: str
) -> Publication:
    """Write a draft, or write it anew; raises `PublicationMoved` where it is no draft any more."""
    new = Publication(
        operator=operator,
        id=id_,
        folder=folder,
        name=_name(folder, body),
        body=body,
        state="draft",
        made_by=by,
        made_at=clock.now(conn),
    )
    publications.insert(conn, new)
    if not publications.rewrite(conn, new):
        raise PublicationMoved(state=find(conn, operator, id_).state)
    return new


def judged(conn: Connection, folder: Path, text: Publication) -> tuple[Located, ...]:
    """Return what is wrong with a text among all that is in force."""
    return tried(conn, folder, text)[1]


def tried(conn: Connection, folder: Path, text: Publication) -> tuple[Library, tuple[Located, ...]]:
    """Return the library as it would be with a text, and what is wrong with the text then."""
    source, fault = read_text(_called(text), text.body)
    others = [each for each in publications.published(conn) if each.id != text.id]
    library = read_library(folder, beside([*others, text]))
    if fault is not None:
        return library, (fault,)
    now = clock.now(conn)
    ours = [source.locate(each) for each in _of_ours(source, library, text, now)]
    return library, (*library.findings, *ours)


def propose(conn: Connection, folder: Path, operator: str, id_: UUID) -> None:
    """Have a draft looked at by another; raises `PublicationFaulty`."""
    found = find(conn, operator, id_)
    _refuse_faults(judged(conn, folder, found))
    _move(conn, replace(found, state="proposed"), "draft")


def take_back(conn: Connection, operator: str, id_: UUID, why: str) -> None:
    """Make a proposal a draft again."""
    found = find(conn, operator, id_)
    _move(conn, replace(found, state="draft", why=why), "proposed")


def drop(conn: Connection, operator: str, id_: UUID, by: str) -> None:
    """Put a draft away."""
    found, now = find(conn, operator, id_), clock.now(conn)
    _move(conn, replace(found, state="dropped", ended_by=by, ended_at=now), "draft")


def publish(conn: Connection, folder: Path, operator: str, id_: UUID, by: str) -> Publication:
    """
    Put a proposal in force, by another person than who wrote it.

    Raises `SamePerson`, `PublicationFaulty` and `PublicationMoved`.
    """
    publications.lock(conn)
    found = find(conn, operator, id_)
    if found.made_by == by:
        raise SamePerson()
    _refuse_faults(judged(conn, folder, found))
    new = replace(found, state="published", approved_by=by, approved_at=clock.now(conn))
    _move(conn, new, "proposed")
    return new


def withdraw(conn: Connection, operator: str, id_: UUID, by: str, why: str) -> None:
    """Take a promotion out of force at once; raises `StaysInForce` for all else."""
    publications.lock(conn)
    found = find(conn, operator, id_)
    if found.folder != "promotions":
        raise StaysInForce()
    ended = replace(found, state="withdrawn", ended_by=by, ended_at=clock.now(conn), why=why)
    _move(conn, ended, "published")


def _move(conn: Connection, moved: Publication, was: str) -> None:
    if not publications.move(conn, moved, was):
        raise PublicationMoved(state=find(conn, moved.operator, moved.id).state)


def _refuse_faults(found: Sequence[Located]) -> None:
    if found:
        raise PublicationFaulty(count=len(found), first=str(found[0]))


def _of_ours(
    source: Source, library: Library, text: Publication, now: datetime
) -> Iterable[Finding]:
    said = source.document.get("operator")
    if said != text.operator:
        refusal = OperatorOther(operator=str(said), own=text.operator)
        yield Finding(place=("operator",), refusal=refusal)
    begins, operator = _begins(source.document), library.operators.get(text.operator)
    if text.folder == "promotions" or operator is None or begins is None:
        return
    today = civil_day(now, operator.zone)
    if begins <= today:
        too_soon = BeginsTooSoon(begins=begins.isoformat(), today=today.isoformat())
        yield Finding(place=("effective", "from"), refusal=too_soon)


def _begins(document: Any) -> Any:
    effective = document.get("effective")
    begins = effective.get("from") if isinstance(effective, dict) else None
    return begins if hasattr(begins, "isoformat") and not isinstance(begins, datetime) else None


def _called(text: Publication) -> str:
    """Return what findings call a text."""
    return text.name or text.folder


def _name(folder: str, body: str) -> str:
    document = read_text(folder, body)[0].document
    if folder == "policies":
        return f"{document.get('policy', '?')}@{document.get('version', '?')}"[:120]
    if folder == "promotions":
        return str(document.get("promotion", "?"))[:120]
    return str(_begins(document) or "?")
