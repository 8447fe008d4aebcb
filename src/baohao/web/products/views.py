"""The library's pages: every product, what keeps its numbers, and what that costs a year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext

from baohao.app.brochure import morning
from baohao.app.drawing import day_of, days_of
from baohao.app.products import Product, products, standing
from baohao.app.yearly import BEGINS, Yearly
from baohao.core.civil import civil_day
from baohao.core.line.life import Life, Stretch, life
from baohao.core.policy.model import How, Policy
from baohao.web import formats, selling
from baohao.web.accounts.doors import everybody
from baohao.web.desk import desk
from baohao.web.products import drawing, words
from baohao.web.products.known import YEARLIES
from baohao.web.products.vocabulary import ACTS, CONFIDENCE, ERRANDS, PLACES
from baohao.web.wording import SERVICES, VERBS, stage_name
from baohao.web.wording import listed as joined


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One product of the list."""

    product: Product
    title: str
    operator: str
    confidence: str
    #: `None`: nobody asked yet.
    yearly: Yearly | None


@everybody
def listed(request: HttpRequest) -> HttpResponse:
    """List the products by country; one may look for words, a country, and what works abroad."""
    every = [_row(each) for each in _products().values()]
    text = request.GET.get("q", "").strip()[:80]
    country, is_abroad = request.GET.get("country", ""), request.GET.get("abroad") == "1"
    found = [
        row
        for row in every
        if (not country or row.product.policy.country == country)
        and (not is_abroad or row.product.from_abroad is True)
        and all(word in _words(row) for word in text.lower().split())
    ]
    page = {
        "countries": _by_country(found),
        "every": sorted(
            ((code, _country(code)) for code in {r.product.policy.country for r in every}),
            key=lambda each: each[1],
        ),
        "count": len(found),
        "q": text,
        "country": country,
        "is_abroad": is_abroad,
    }
    return render(request, "products/listed.html", page)


@everybody
def one(request: HttpRequest, name: str) -> HttpResponse:
    """Show a product: its drawing, what keeps it, how that is done, and what is not known."""
    product = _found(name)
    policy = product.policy
    lived = life(policy, morning(policy, BEGINS))
    page = {
        **_head(product),
        "is_kept": _is_kept(policy),
        "drawing": drawing.drawn(lived),
        "begun": _begun(policy, lived),
        "stages": [_stage(policy, lived, each) for each in lived.stretches],
        "keeps": words.keeps(policy),
        "charges": words.charges(policy),
        "quarantine": words.quarantine(policy),
        "offers": [(VERBS[o.verb], str(o.term or ""), o.price_minor) for o in policy.offers],
        "ways": [_way(policy, how) for how in sorted(policy.how, key=partial(_errand, policy))],
        "unknowns": [(*words.unknown(each), each.why) for each in policy.unknowns],
        "versions": [(each, _standing(each)) for each in product.versions],
        **words.told_year(policy, YEARLIES.known(_text(policy))),
    }
    return render(request, "products/product.html", page)


@everybody
def year(request: HttpRequest, name: str) -> HttpResponse:
    """Say the cheapest way to keep a number for a year; it is searched for where nobody has."""
    product = _found(name)
    found = YEARLIES.of(product.policy, _text(product.policy))
    page = {**_head(product), **words.told_year(product.policy, found)}
    is_part = bool(request.headers.get("HX-Request"))
    return render(request, "products/year_part.html" if is_part else "products/year.html", page)


# --- products -------------------------------------------------------------------------------------


def _products() -> dict[str, Product]:
    return dict(products(desk().house.library.policies.values(), desk().now()))


def _found(name: str) -> Product:
    """Return the product of a name; raises `Http404`."""
    policies = [p for p in desk().house.library.policies.values() if p.name == name]
    if not policies:
        raise Http404
    return products(policies, desk().now())[name]


def _text(policy: Policy) -> str:
    return desk().house.library.texts[policy.pin]


def _row(product: Product) -> Row:
    policy = product.policy
    return Row(
        product=product,
        title=selling.title({"": policy.title, **policy.titles}),
        operator=_operator(policy),
        confidence=str(CONFIDENCE.get(policy.confidence, policy.confidence)),
        yearly=YEARLIES.known(_text(policy)),
    )


def _is_kept(policy: Policy) -> bool:
    """Whether a holder keeps such a card by themselves, for its operator sells nothing here."""
    operator = desk().house.library.operators.get(policy.operator)
    return operator is None or operator.custody == "external"


def _operator(policy: Policy) -> str:
    found = desk().house.library.operators.get(policy.operator)
    if found is None:
        return policy.brand or policy.operator
    return selling.title({"": found.name, **found.names})


def _words(row: Row) -> str:
    """Return all that may be looked for in a product, in every language."""
    policy = row.product.policy
    operator = desk().house.library.operators.get(policy.operator)
    said: list[str] = [policy.name, policy.title, *policy.titles.values(), policy.brand]
    said += [row.operator, _country(policy.country), policy.country]
    said += [] if operator is None else [operator.name, *operator.names.values()]
    return " ".join(said).lower()


def _country(code: str) -> str:
    """Say a country in the reader's language."""
    return formats.country(code) or gettext("My operator is not in the list")


def _by_country(found: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    rows: dict[str, list[Row]] = {}
    for row in sorted(found, key=lambda each: (each.operator.lower(), each.title.lower())):
        rows.setdefault(_country(row.product.policy.country), []).append(row)
    return sorted(rows.items())


# --- one product ----------------------------------------------------------------------------------


def _head(product: Product) -> dict[str, Any]:
    policy = product.policy
    return {
        "product": product,
        "policy": policy,
        "title": selling.title({"": policy.title, **policy.titles}),
        "operator": _operator(policy),
        "country_name": _country(policy.country),
        "confidence": str(CONFIDENCE.get(policy.confidence, policy.confidence)),
    }


def _begun(policy: Policy, lived: Life) -> str:
    """Say what the life that is drawn begins with, where activation is not enough."""
    if lived.purchase is None:
        return ""
    minor = lived.purchase.amount_minor
    what = str(ACTS.get(lived.purchase.kind, lived.purchase.kind))
    return joined([what, words.amount(policy, minor)] if minor else [what])


def _stage(policy: Policy, lived: Life, stretch: Stretch) -> dict[str, Any]:
    stage = stretch.stage
    return {
        "kind": stage.kind,
        "name": capfirst(stage_name(stage.name)),
        "when": _when(lived, stretch),
        "is_sure": stretch.is_sure,
        "services": [
            (str(said), service in stage.services.get("home", frozenset()))
            for service, said in SERVICES.items()
        ]
        if stage.keeping
        else [],
        "abroad": stage.services.get("elsewhere") == stage.services.get("home"),
        "balance": words.balance(policy, stage),
        "back": words.way_back(policy, stage),
        "is_keeping": stage.keeping,
    }


def _when(lived: Life, stretch: Stretch) -> str:
    """Say on which days a line is in a stage, as far as they are known."""
    first, ends = days_of(lived, stretch.begins), stretch.ends
    if ends is None:
        return gettext("From day {day}").format(day=first)
    if stretch.begins.is_known and ends.is_known:
        # What ends at midnight has the day before as its last.
        last = day_of(lived, ends.earliest - timedelta(microseconds=1))
        return gettext("Day {first} to {last}").format(first=first, last=last)
    return gettext("From day {day}, for {time}").format(day=first, time=_lasts(lived, stretch))


def _lasts(lived: Life, stretch: Stretch) -> str:
    ends, begins = stretch.ends, stretch.begins
    if ends is None:
        return ""
    first = day_of(lived, ends.earliest) - day_of(lived, begins.earliest)
    if ends.latest is None or begins.latest is None:
        return gettext("{time} or more").format(time=formats.term(f"{first} days"))
    last = day_of(lived, ends.latest) - day_of(lived, begins.latest)
    low, high = sorted((first, last))
    if low == high:
        return formats.term(f"{low} days")
    return gettext("{low} to {time}").format(low=low, time=formats.term(f"{high} days"))


def _errand(policy: Policy, how: How) -> bool:
    """Whether a way is for something else than keeping the number: such come last."""
    return not any(how.act in (rule.id, *rule.kinds) for rule in policy.events)


def _way(policy: Policy, how: How) -> dict[str, Any]:
    rules = {rule.id: rule for rule in policy.events}
    what = str(ERRANDS.get(how.act, ""))
    if not what:
        what = words.acts(rules[how.act].kinds) if how.act in rules else how.act.replace("_", " ")
    return {
        "what": what,
        "where": str(PLACES.get(how.channel, how.channel)),
        "how": how,
        "steps": {"": how.steps, **how.steps_in},
    }


def _standing(policy: Policy) -> str:
    return standing(policy, civil_day(desk().now(), policy.zone))
