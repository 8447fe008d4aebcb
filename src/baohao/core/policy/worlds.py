"""
Worlds: the readings of a document that its unknowns allow.

What a source does not say stands in the document as finite alternatives; every combination of them
is a world, and an answer that differs between worlds is a range. Worlds are made of documents,
before anything is read: so an alternative can be anything that the language can say.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from baohao.core.policy import findings
from baohao.core.policy.findings import Finding, Place, dotted
from baohao.core.policy.model import Policy

#: More would make every answer too wide to be of use, and every fold too slow.
MOST_WORLDS = 16

Document = dict[str, Any]

_WHY_BATCH = "the deadline lies somewhere between the two times"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An unknown that leads somewhere: a place and what may stand there."""

    place: Place
    #: As the document writes it.
    path: str
    alternatives: tuple[object, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """A document without holes, and every world of it; no worlds where nothing is unknown."""

    base: Document
    worlds: tuple[Document, ...]
    questions: tuple[Question, ...]
    findings: tuple[Finding, ...]


def worlds_of(policy: Policy) -> tuple[Policy, ...]:
    """Return the worlds of a policy; of one without unknowns, itself alone."""
    return policy.worlds or (policy,)


def readings(document: Mapping[str, object]) -> Readings:
    """
    Return the readings that a document allows.

    The base is the document as it stands, and first alternatives where it says nothing.
    """
    found: list[Finding] = []
    base = deepcopy(dict(document))
    questions = [*_questions(base, found), *_batches(base)]
    _refuse_overlaps(questions, found)
    count = prod(len(question.alternatives) for question in questions)
    if count > MOST_WORLDS:
        refusal = findings.WorldsTooMany(count=count, most=MOST_WORLDS)
        found.append(Finding(place=("unknown",), refusal=refusal))
    for question in () if found else questions:
        if not _stands(base, question.place):
            _put(base, question.place, question.alternatives[0])
    worlds: tuple[Document, ...] = ()
    if questions and not found:
        combinations = product(*(question.alternatives for question in questions))
        worlds = tuple(_world(base, questions, chosen) for chosen in combinations)
    return Readings(base=base, worlds=worlds, questions=tuple(questions), findings=tuple(found))


def _world(base: Document, questions: list[Question], chosen: tuple[object, ...]) -> Document:
    world = deepcopy(base)
    for question, value in zip(questions, chosen, strict=True):
        _put(world, question.place, value)
    return world


def _questions(base: Document, found: list[Finding]) -> list[Question]:
    """Read the unknowns that are whole enough; the rest is the reader's to refuse."""
    unknowns = base.get("unknown")
    questions = []
    for index, unknown in enumerate(unknowns if isinstance(unknowns, list) else []):
        if not isinstance(unknown, Mapping):
            continue
        path, alternatives = unknown.get("path"), unknown.get("alternatives")
        if not isinstance(path, str) or not isinstance(alternatives, list):
            continue
        here: Place = ("unknown", index)
        if len({repr(item) for item in alternatives}) < max(2, len(alternatives)):
            refusal = findings.AlternativesTooFew(path=path)
            found.append(Finding(place=(*here, "alternatives"), refusal=refusal))
            continue
        place = _resolve(base, path, here, found)
        if place is None:
            continue
        why = unknown.get("why")
        question = Question(
            place=place,
            path=path,
            alternatives=tuple(alternatives),
            why=why if isinstance(why, str) else "",
        )
        questions.append(question)
        _refuse_disagreement(base, question, path, here, found)
    return questions


def _refuse_disagreement(
    base: Document, question: Question, path: str, here: Place, found: list[Finding]
) -> None:
    if not _stands(base, question.place):
        return
    value = _get(base, question.place)
    if value not in question.alternatives:
        listed = ", ".join(map(repr, question.alternatives))
        refusal = findings.AlternativesDisagree(path=path, value=repr(value), alternatives=listed)
        place = (*here, "alternatives")
        found.append(Finding(place=place, refusal=refusal, against=question.place))


def _refuse_overlaps(questions: list[Question], found: list[Finding]) -> None:
    """Refuse unknowns whose places are the same, or one within the other."""
    for index, question in enumerate(questions):
        for other in questions[:index]:
            shared = min(len(question.place), len(other.place))
            if question.place[:shared] == other.place[:shared]:
                path, first = dotted(question.place), dotted(other.place)
                refusal = findings.UnknownPathTwice(path=path, other=first)
                found.append(Finding(place=question.place, refusal=refusal, against=other.place))


def _batches(base: Document) -> list[Question]:
    """Turn each `ends = { between = [first, last] }` into a question about `ends`."""
    clocks = base.get("clocks")
    questions = []
    for name, clock in clocks.items() if isinstance(clocks, dict) else ():
        ends = clock.get("ends") if isinstance(clock, dict) else None
        between = ends.get("between") if isinstance(ends, dict) and len(ends) == 1 else None
        if isinstance(between, list) and len(between) == 2:
            place: Place = ("clocks", name, "ends")
            del clock["ends"]
            question = Question(
                place=place, path=dotted(place), alternatives=tuple(between), why=_WHY_BATCH
            )
            questions.append(question)
    return questions


# --- places in a document ------------------------------------------------------------------------


def _resolve(base: Document, path: str, here: Place, found: list[Finding]) -> Place | None:
    """
    Turn a dotted path into a place: list items by `id` or `name`, else by index.

    Tables that are not there yet are fine, items of lists must be there.
    """
    node: object = base
    place: list[str | int] = []
    for part in path.split("."):
        step: str | int | None = part
        if isinstance(node, list):
            step = _item(node, part)
            node = None if step is None else node[step]
        elif isinstance(node, Mapping) or node is None:
            node = None if node is None else node.get(part)
        else:
            step = None
        if step is None or not part:
            where = dotted(tuple(place)) or "the policy"
            refusal = findings.UnknownPathWrong(path=path, part=part, where=where)
            found.append(Finding(place=(*here, "path"), refusal=refusal))
            return None
        place.append(step)
    return tuple(place)


def _item(items: list[Any], part: str) -> int | None:
    """Return the index of the list item that `part` names, `None` where there is none."""
    for index, item in enumerate(items):
        if isinstance(item, Mapping) and part in (item.get("id"), item.get("name")):
            return index
    if part.isascii() and part.isdigit() and int(part) < len(items):
        return int(part)
    return None


def _get(document: Document, place: Place) -> object:
    node: Any = document
    for step in place:
        node = node[step]
    return node


def _stands(document: Document, place: Place) -> bool:
    try:
        _get(document, place)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _put(document: Document, place: Place, value: object) -> None:
    """Set the value at a place, making the tables on the way there."""
    node: Any = document
    for step in place[:-1]:
        node = node.setdefault(step, {}) if isinstance(node, dict) else node[step]
    node[place[-1]] = deepcopy(value)
