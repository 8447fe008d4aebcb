"""Taking one's cards along, and having them forgotten."""

from __future__ import annotations

from functools import partial
from io import StringIO
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext

from baohao.app.kept import leaving, listing
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.bringing import files
from baohao.web.customers.models import Pass
from baohao.web.desk import desk


@holders
def whole(request: HttpRequest) -> HttpResponse:
    """Give everything that is kept of the reader's cards, to be brought elsewhere."""
    given = desk().read(partial(leaving.everything, **_of(request)))
    answer = HttpResponse(leaving.written(given), content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="baohao-cards.json"'
    return answer


@holders
def sheet(request: HttpRequest) -> HttpResponse:
    """Give the reader's cards as a spreadsheet."""
    out = StringIO()
    desk().read(partial(leaving.table, **_of(request), out=out))
    answer = HttpResponse(f"\ufeff{out.getvalue()}", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="baohao-cards.csv"'
    return answer


@holders
def erase(request: HttpRequest) -> HttpResponse:
    """Say what would be forgotten, and forget it once the word was typed."""
    keeper = signed_in(request).holder
    word = gettext("ERASE")
    is_wrong = False
    if request.method == "POST":
        typed = request.POST.get("word", "").strip().casefold()
        if typed == word.casefold():
            files.drop(keeper)
            # Links that were given to customers lead nowhere from now on.
            Pass.objects.filter(keeper=keeper).delete()
            done = leaving.erase(desk().shell, desk().house.vault, new_id, keeper)
            told = ngettext("{n} card was erased.", "{n} cards were erased.", done.cards)
            messages.success(request, told.format(n=done.cards))
            return redirect("cards")
        is_wrong = True
    terms, vault = desk().terms, desk().house.vault
    found = desk().read(partial(listing.of_keepers, terms=terms, vault=vault, keepers=[keeper]))
    page = {
        "cards": found,
        "word": word,
        "hangs": sum(len(card.noted.about.hangs) for card in found),
        "wrong": gettext("That is not the word.") if is_wrong else "",
    }
    return render(request, "bringing/erase.html", page, status=409 if is_wrong else 200)


def _of(request: HttpRequest) -> dict[str, Any]:
    keeper = signed_in(request).holder
    return {"terms": desk().terms, "vault": desk().house.vault, "keeper": keeper}
