"""
Which product of the library a file means by what it calls an operator or a product.

A name that is one product's is taken for it and shown; where it is none's, or several's, whoever
brings the file says which. Where only "every so many days" is known, that is a product, too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from baohao.app.brought.model import Brought, Numbering
from baohao.core.civil import Span, SpanMalformed
from baohao.core.operators import Operator
from baohao.core.policy.model import Policy

#: What the products of nobody are called, before their days.
GENERIC = "zz.generic.every"
#: Shorter names stand in too many others.
_LEAST_LATIN = 2
_WORD = re.compile(r"[a-z0-9+]+|[^\W\d_a-z]+")


@dataclass(frozen=True, slots=True)
class Called:
    """What cards are called alike: their product is asked once for all of them."""

    product: str
    #: ISO 3166, or the first country of their numbers' country code.
    country: str
    every: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a name can mean."""

    called: Called
    #: How many cards are called so.
    count: int
    #: A policy's name; empty: nobody but the person can say.
    chosen: str
    #: Policies' names, the likeliest first.
    likely: tuple[str, ...]


def called(card: Brought, numbering: Numbering) -> Called:
    """Return what a card is called."""
    regions = _regions(card, numbering)
    country = card.country or (regions[0] if regions else "")
    return Called(card.policy or card.product, country, card.every)


def _regions(card: Brought, numbering: Numbering) -> Sequence[str]:
    return numbering.regions(card.number) if card.number else ()


def matches(
    cards: Iterable[Brought],
    numbering: Numbering,
    products: Sequence[Policy],
    operators: Mapping[str, Operator],
) -> list[Match]:
    """Return each name of a file with what it can mean, in the order in which they come."""
    names = {policy.name: frozenset(_names(policy, operators)) for policy in products}
    counts: dict[Called, int] = {}
    regions: dict[Called, frozenset[str]] = {}
    for card in cards:
        name = called(card, numbering)
        counts[name] = counts.get(name, 0) + 1
        its = [card.country] if card.country else _regions(card, numbering)
        regions.setdefault(name, frozenset(its))
    return [_match(name, count, regions[name], products, names) for name, count in counts.items()]


def _match(
    name: Called,
    count: int,
    regions: frozenset[str],
    products: Sequence[Policy],
    names: Mapping[str, frozenset[str]],
) -> Match:
    of_name = [p for p in products if name.product in (p.name, p.pin)]
    if of_name:
        return Match(called=name, count=count, chosen=of_name[0].name, likely=(of_name[0].name,))
    near = [p for p in products if not regions or p.country in regions]
    scored = [(_score(name.product, names[p.name]), p.name) for p in near]
    best = max((score for score, _ in scored), default=0)
    likely = tuple(each for score, each in scored if score and score == best)
    others = tuple(each for score, each in sorted(scored, reverse=True) if 0 < score < best)
    generic = generic_of(name.every, products)
    chosen = likely[0] if len(likely) == 1 else "" if likely else generic
    rest = (generic,) if generic else ()
    return Match(called=name, count=count, chosen=chosen, likely=(*likely, *others, *rest))


def generic_of(every: str, products: Iterable[Policy]) -> str:
    """Return the product of nobody for a cycle: the same, or the next shorter; empty: none."""
    try:
        days = Span.parse(every).about_days if every else 0
    except SpanMalformed:
        return ""
    known = {
        int(policy.name.removeprefix(GENERIC)): policy.name
        for policy in products
        if policy.name.startswith(GENERIC)
    }
    shorter = [count for count in known if count <= days]
    return known[max(shorter)] if shorter else ""


def _names(policy: Policy, operators: Mapping[str, Operator]) -> Iterator[str]:
    operator = operators.get(policy.operator)
    said = [policy.title, *policy.titles.values(), policy.brand, policy.operator]
    if operator is not None:
        said += [operator.name, *operator.names.values()]
    for text in said:
        if plain := _plain(text):
            yield plain


def _score(text: str, names: Iterable[str]) -> int:
    """Return how well a text fits names: the longest that it has in it counts, a whole one most."""
    plain = _plain(text)
    if not plain:
        return 0
    return max((_fit(plain, name) for name in names), default=0)


def _fit(plain: str, name: str) -> int:
    if plain == name:
        return 1000 + len(name)
    if f" {name} " in f" {plain} ":
        return 100 + len(name)
    if len(plain) > _LEAST_LATIN and f" {plain} " in f" {name} ":
        return len(plain)
    # Chinese has no blanks between words.
    if not name.isascii() and len(name) >= _LEAST_LATIN and name in plain:
        return 100 + len(name)
    return 0


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_WORD.findall(folded))
