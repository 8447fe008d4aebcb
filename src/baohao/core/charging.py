"""
How an operator whose own charging system is master calls what is sold here.

Read from `policies/charging/*.toml`. Plain credit needs no name: it is an amount.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from baohao.core.civil import Span
from baohao.core.policy.findings import Finding, PolicyFault
from baohao.core.policy.table import Reading, Table

#: What must have a name there. Who has a number again buys what renews; a top-up is an amount.
NAMED = ("activate", "renew")

#: A plan, a verb, and a length: a year and twelve months are the same; `None`: it has no term.
Bought = tuple[str, str, tuple[int, int, int] | None]


class ProductTwice(PolicyFault):
    """What {plan} is called there when it is bought for {term} ("{verb}") is said twice."""

    code = "charging.product_twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """One operator's own names."""

    operator: str
    names: Mapping[Bought, str]

    def name(self, plan: str, verb: str, term: Span | None) -> str | None:
        """Return the id of their product; `None`: nobody said."""
        return self.names.get(_bought(plan, verb, term))


def _bought(plan: str, verb: str, term: Span | None) -> Bought:
    length = None if term is None else (term.months, term.days, term.seconds)
    return plan, verb, length


def parse_products(
    document: Mapping[str, object], zone_of: Callable[[str], tzinfo]
) -> tuple[Products | None, tuple[Finding, ...]]:
    """Read a document: the names, or what is wrong with it."""
    reading = Reading(zone_of, "the products")
    products = _products(reading.open(document, ()))
    reading.close()
    found = tuple(reading.findings)
    return (None if found else products), found


def _products(table: Table) -> Products:
    names: dict[Bought, str] = {}
    if "products" not in table:
        table.missing("products", "at least one [[products]]")
    for each in table.tables("products"):
        plan, verb = each.name("plan"), each.word("verb", NAMED)
        term = each.span("term")
        bought = _bought(plan, verb, term)
        if bought in names:
            each.refuse("plan", ProductTwice(plan=plan, verb=verb, term=str(term or "no term")))
        names[bought] = each.text("product", need=True)
    return Products(operator=table.name("operator"), names=names)
