"""Bringing a file of cards: sent, looked at, its products chosen, and then taken in parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from io import StringIO
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from baohao.app.brought import own_csv
from baohao.app.brought.model import BYTES_MAX
from baohao.app.brought.numbers import read_number
from baohao.app.brought.products import Called
from baohao.app.brought.wrong import FileRefused, Wrong
from baohao.app.csv_files import write_rows
from baohao.app.kept.bringing import AT_ONCE, Bringing, Outcome, digest_of
from baohao.core.refusals import Refusal
from baohao.outside import numbering
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.bringing import files
from baohao.web.bringing.files import File
from baohao.web.desk import desk
from baohao.web.wording import said

#: So many rows and findings are shown; the rest is in the file.
SHOWN = 50
#: An example, with numbers that nobody has.
EXAMPLE = (
    ("+447700900123", "GB", "giffgaff", "London", "", "HSBC UK; WhatsApp", "2024-05-01"),
    ("+85366123456", "MO", "CTM", "Mum", "Mother", "", ""),
)
_MORE = (("sms_out", "2026-10-01"), ("topup", "2026-09-15", "50.00", "MOP", "", "", "30.00"))
FEATURES = (
    "SIMKeeper",
    "SIMHub",
    "BaoHaoTong",
    "eSIM Keeper",
    "giffgaff reminder",
    "Wallos",
    "Renewlet",
    "Prepaid Balance",
)


class Sending(forms.Form):
    """A file of cards."""

    file = forms.FileField(
        label=gettext_lazy("Your file"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.json,.xlsx,.zip"}),
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse what is too large before it is read."""
        found: UploadedFile[bytes] = self.cleaned_data["file"]
        if (found.size or 0) > BYTES_MAX:
            raise forms.ValidationError(gettext("The file is larger than 8 MB; send it in parts."))
        return found


@holders
def send(request: HttpRequest) -> HttpResponse:
    """Take a file in to be looked at; nothing is kept of it yet."""
    form = Sending(request.POST or None, request.FILES or None)
    refused = None
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        name = PurePath(str(sent.name)).name[:80]
        try:
            return redirect("cards_file", file=files.put(request, name, sent.read()).id)
        except FileRefused as refusal:
            refused = said(refusal)
    page = {"form": form, "refused": refused, "trackers": FEATURES}
    status = 409 if refused or form.errors else 200
    return render(request, "bringing/send.html", page, status=status)


@holders
def example(request: HttpRequest) -> HttpResponse:
    """Give a file as one may look."""
    headings = [names[0] for names in own_csv.HEADINGS.values()]
    rows = [[*row, *more] for row, more in zip(EXAMPLE, _MORE, strict=True)]
    return _table(headings, rows, "cards.csv")


@holders
def look(request: HttpRequest, file: UUID) -> HttpResponse:
    """Show what would be taken of a file, and ask what it does not say; or how far it is."""
    found = files.found(request, file)
    if found.upload.done is not None:
        return render(request, "bringing/going.html", _going(found))
    refused: list[str] = []
    if request.method == "POST":
        order = request.POST.get("order", "")
        if order in ("dmy", "mdy") and order != found.upload.order:
            found.upload.order = order
            found.upload.save(update_fields=["order"])
            return redirect("cards_file", file=file)
        refused = _chosen(request, found)
        if not refused:
            found.upload.done = 0
            found.upload.save(update_fields=["done"])
            return redirect("cards_file", file=file)
    page = _looked(request, found) | {"refused": refused}
    return render(request, "bringing/look.html", page, status=409 if refused else 200)


@holders
@require_POST
def go_on(request: HttpRequest, file: UUID) -> HttpResponse:
    """Take the next cards of a file, some hundred of them."""
    found = files.found(request, file)
    begun = found.upload.done
    if begun is not None and begun < len(found.taken.rows):
        work = Bringing(
            shell=desk().shell,
            vault=desk().house.vault,
            numbering=numbering,
            new_id=new_id,
            keeper=signed_in(request).holder,
            digest=digest_of(found.data),
            choices=found.choices,
        )
        outcomes = work.part(found.taken.rows[begun : begun + AT_ONCE])
        counts = Counter(found.upload.counts) + Counter(each.what for each in outcomes)
        # Whoever sends the same step twice asks for the same things twice, which changes nothing,
        # and what came of it is told once.
        files.advance(found, begun, len(outcomes), counts, _told(outcomes))
    if not request.headers.get("HX-Request"):
        return redirect("cards_file", file=file)
    return render(request, "bringing/state.html", _going(found))


@holders
def left_out(request: HttpRequest, file: UUID) -> HttpResponse:
    """Give what was left out as a file, with the reason beside, to be mended and brought again."""
    found = files.found(request, file)
    taken = found.taken
    rows = [_line(wrong) for wrong in taken.wrong] + files.told(found)
    fatal = [row for row in rows if row[4]]
    if not taken.headings:
        told = [[row, column, value, why] for row, column, value, why, _ in fatal]
        return _table(("row", "column", "value", "why"), told, "left-out.csv")
    why: dict[int, list[str]] = {}
    for row, column, _, reason, _ in fatal:
        why.setdefault(row, []).append(f"{column}: {reason}" if column else reason)
    lines = [
        [*(taken.cells.get(row, {}).get(name, "") for name in taken.headings), row, " ".join(told)]
        for row, told in sorted(why.items())
    ]
    return _table((*taken.headings, "row", "why"), lines, "left-out.csv")


# --- looking --------------------------------------------------------------------------------------


def _looked(request: HttpRequest, found: File) -> dict[str, Any]:
    taken, (names, known) = found.taken, files.names(found.taken)
    titles = {policy.name: policy for policy in known}
    asked = [
        {
            "at": index,
            "match": match,
            "chosen": request.POST.get(f"product-{index}", match.chosen),
            "likely": [titles[name] for name in match.likely if name in titles],
        }
        for index, match in enumerate(names)
    ]
    return {
        "file": found,
        "taken": taken,
        "asked": asked,
        "known": sorted(known, key=lambda each: (each.country == "ZZ", each.country, each.title)),
        "unsure": sum(not each["chosen"] for each in asked),
        "rows": taken.rows[:SHOWN],
        "more": max(0, len(taken.rows) - SHOWN),
        "wrong": [_line(wrong) for wrong in taken.wrong[:SHOWN]],
        "wrong_more": max(0, len(taken.wrong) - SHOWN),
        "number": request.POST.get("number", ""),
    }


def _chosen(request: HttpRequest, found: File) -> list[str]:
    """Keep what was chosen; return what is wrong with it."""
    names, known = files.names(found.taken)
    there = {policy.name for policy in known}
    chosen: dict[Called, str] = {}
    for index, match in enumerate(names):
        name = request.POST.get(f"product-{index}", match.chosen)
        chosen[match.called] = name if name in there else ""
    number = ""
    if found.taken.asks_number:
        try:
            number = read_number(numbering, request.POST.get("number", ""))
        except Refusal as refusal:
            return [said(refusal)]
    files.choose(found, number, chosen)
    return []


# --- taking ---------------------------------------------------------------------------------------


def _going(found: File) -> dict[str, Any]:
    rows, done = len(found.taken.rows), found.upload.done or 0
    told = [_line(wrong) for wrong in found.taken.wrong] + files.told(found)
    told.sort(key=lambda each: int(each[0]))
    left = len({row for row, _, _, _, fatal in told if fatal})
    return {
        "file": found,
        "rows": rows,
        "done": done,
        "percent": 100 * done // rows if rows else 100,
        "is_over": done >= rows,
        "counts": found.upload.counts,
        "left": left,
        "wrong": told[:SHOWN],
        "wrong_more": max(0, len(told) - SHOWN),
    }


def _told(outcomes: Sequence[Outcome]) -> list[list[Any]]:
    return [_line(wrong) for outcome in outcomes for wrong in outcome.wrong]


def _line(wrong: Wrong) -> list[Any]:
    return [wrong.row, wrong.column, wrong.value, said(wrong.refusal), wrong.is_fatal]


def _table(headings: Any, rows: Any, name: str) -> HttpResponse:
    out = StringIO()
    write_rows(out, headings, rows)
    # Spreadsheets know the encoding by the mark that it begins with.
    answer = HttpResponse(f"\ufeff{out.getvalue()}", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
