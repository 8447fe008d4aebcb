"""Adding a card: which product, which number, and what was done with it last."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext

from baohao.app.kept import about, adding
from baohao.app.kept.about import About, Noted
from baohao.core.civil import civil_day
from baohao.core.decide.stock import LineExists
from baohao.core.kept import kept_key
from baohao.core.policy.model import Policy
from baohao.core.refusals import Refusal
from baohao.web import formats
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.cards import choices, words
from baohao.web.cards.forms import Adding
from baohao.web.cards.own import own_card
from baohao.web.desk import desk, made
from baohao.web.household import people

#: What is kept by cycle alone, for operators that nobody wrote down; listed last.
GENERIC = "zz"
#: So many products are shown without folding.
NARROW = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Land:
    """A country, and its products."""

    code: str
    name: str
    products: Sequence[Policy]


@holders
def add(request: HttpRequest) -> HttpResponse:
    """Choose a product; then say the number and the last act."""
    now = desk().now()
    known = offered(now.date())
    name = (request.POST or request.GET).get("product", "")
    policy = next((each for each in known if each.name == name), None)
    if policy is None:
        page = choosing(request, known, first=request.GET.get("country", "")[:2])
        only = page["exact"]
        if only is not None:
            return redirect(f"{request.path}?product={only.name}")
        return render(request, "cards/choose.html", page)
    timezone.activate(policy.zone)
    form = Adding(
        request.POST or None,
        policy=policy,
        today=civil_day(now, policy.zone),
        number=request.GET.get("number", "")[:40],
    )
    form.for_whom(people.kept_for(signed_in(request)))
    if request.method == "POST" and form.is_valid():
        try:
            return _kept(request, form, now)
        except Refusal as refusal:
            form.refuse(refusal)
    page = {"form": form, "policy": policy, "asking": choices.asking(policy)}
    return render(request, "cards/new.html", page, status=409 if form.is_bound else 200)


def offered(on: date) -> list[Policy]:
    """Return what a card may be of: products of operators that sell nothing here."""
    house = desk().house.library.operators
    return [
        each
        for each in adding.products(desk().terms.rules, on)
        if each.operator not in house or house[each.operator].custody == "external"
    ]


# --- which product --------------------------------------------------------------------------------


def choosing(request: HttpRequest, known: Sequence[Policy], *, first: str) -> dict[str, Any]:
    """Return what the page shows on which a product is chosen, one country first."""
    wanted = request.GET.get("q", "").strip()[:80]
    found = [each for each in known if _is_meant(each, wanted)]
    exact = [each for each in found if words.product(each) == wanted]
    return {
        "lands": sorted(_by_country(found), key=lambda each: each.code != first),
        "open": first,
        "q": wanted,
        "known": known,
        "is_narrow": bool(wanted) and len(found) <= NARROW,
        "exact": exact[0] if len(exact) == 1 else None,
    }


def _is_meant(policy: Policy, wanted: str) -> bool:
    texts = (policy.title, *policy.titles.values(), policy.brand, policy.operator, policy.country)
    found = any(wanted.casefold() in text.casefold() for text in texts)
    return found or wanted.casefold() in formats.country(policy.country).casefold()


def _by_country(known: Sequence[Policy]) -> list[Land]:
    """Return products by country in the order of the reader's alphabet, those of none last."""
    codes = {each.country: _is_generic(each) for each in known}
    lands = [
        Land(
            code=code,
            name=gettext("My operator is not in the list") if generic else formats.country(code),
            products=sorted(
                (each for each in known if each.country == code),
                key=lambda each: _alphabetical(words.product(each)),
            ),
        )
        for code, generic in codes.items()
    ]
    return sorted(lands, key=lambda each: (codes[each.code], each.name))


def _alphabetical(text: str) -> list[tuple[int, str]]:
    """Return what texts are sorted by: 30 days are before 120."""
    parts = re.split(r"(\d+)", text.casefold())
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]


def _is_generic(policy: Policy) -> bool:
    return policy.name.partition(".")[0] == GENERIC


# --- keeping it -----------------------------------------------------------------------------------


def _kept(request: HttpRequest, form: Adding, now: datetime) -> HttpResponse:
    """Have a card kept, once for each time that the form was shown; raises the refusal."""
    by = signed_in(request).holder
    keeper = form.cleaned_data.get("keeper") or by
    subject = kept_key(form.cleaned_data["number"], keeper)
    payload = adding.asked(desk().terms.rules, form.wanted, keeper, now)
    key = f"keep:{form.cleaned_data['key']}"
    try:
        desk().ask(made("keep", subject, payload, by=by, channel="app", key=key))
    except LineExists:
        messages.info(request, gettext("You keep this number already: here it is."))
        return redirect("cards_card", card=subject)
    name = form.cleaned_data["name"].strip()
    if name:
        desk().shell.run(partial(_named, keeper=keeper, subject=subject, name=name))
    _tell(request, subject)
    return redirect("cards_card", card=subject)


def _tell(request: HttpRequest, subject: str) -> None:
    """Say until when a card is good, now that it is kept."""
    card = own_card(request, subject).card
    if card.is_over:
        text = gettext(
            "Kept, but by its rules the number is lost already. If the card still works, keep it"
            " anew: say until when its operator says it is good."
        )
        messages.warning(request, text)
        return
    if card.due is None:
        messages.success(request, gettext("Kept. No end of it is in sight."))
        return
    text = gettext("Kept. It is good until {day}; you are told in time what keeps it.")
    messages.success(request, text.format(day=formats.day(card.due)))


def _named(conn: Any, keeper: str, subject: str, name: str) -> None:
    """Give a card its name, unless something was said of it before."""
    try:
        noted = replace(Noted(), about=About(name=name))
        about.write(conn, desk().house.vault, keeper, subject, noted)
    except about.NotesMoved:
        return
