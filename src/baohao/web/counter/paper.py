"""
Sheets of paper, for when the system cannot be reached: numbered, entered once, gaps shown.

A pad is printed ahead, and its numbers belong to the hall. What a sheet says was sold counts from
then; the cash goes into the shift of whoever enters it.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext, gettext_lazy

from baohao.app import cards
from baohao.app.door import KeyReused
from baohao.core.money import parse_minor
from baohao.core.refusals import Refusal
from baohao.web.accounts.doors import signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.counter.models import Pad, Sheet
from baohao.web.counter.room import CHANNEL, drawer, own, page, stamp, told
from baohao.web.counter.sell import to_sold
from baohao.web.desk import desk, made

#: Sheets of a pad: two leaves of A4 on either side.
PAD = 20
SOLD, VOID = "sold", "void"


class SheetUnknown(Refusal):
    """No pad of this hall has a sheet {n}; look at the number again."""

    code = "sheet.unknown"


class SheetEntered(Refusal):
    """The sheet {n} has been entered already."""

    code = "sheet.entered"


class Entry(forms.Form):
    """What stands on a sheet."""

    n = forms.IntegerField(
        min_value=1,
        max_value=9_999_999,
        label=gettext_lazy("Number of the sheet"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autofocus": True}),
    )
    number = forms.CharField(
        max_length=60, required=False, label=gettext_lazy("Number, or ICCID of the card")
    )
    sold_at = forms.DateTimeField(
        required=False,
        label=gettext_lazy("When it was sold, as on the sheet"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    months = forms.IntegerField(
        min_value=1, max_value=120, required=False, label=gettext_lazy("Months")
    )
    total = forms.CharField(
        max_length=20, required=False, label=gettext_lazy("What was paid, as on the sheet")
    )
    reason = forms.CharField(
        max_length=300,
        required=False,
        label=gettext_lazy("Crossed out or lost: why (then nothing else)"),
    )


@workers(Act.COUNTER)
def paper(request: HttpRequest) -> HttpResponse:
    """Print pads, enter sheets, and show which are missing."""
    form, refused = Entry(request.POST if request.POST.get("what") == "enter" else None), None
    if request.method == "POST":
        try:
            if request.POST.get("what") == "pad":
                return redirect("counter_pad", first=_printed(request).first)
            if form.is_valid():
                return _entered(request, form.cleaned_data)
        except Refusal as refusal:
            refused = told(refusal)
    shown = {
        "form": form,
        "pads": _of_hall(request, Pad).order_by("-first")[:10],
        "sheets": _of_hall(request, Sheet).order_by("-n")[:20],
        "gaps": gaps(request),
        "last": _of_hall(request, Pad).aggregate(last=Max("last"))["last"],
    }
    return page(request, "counter/paper.html", shown, refused)


@workers(Act.COUNTER)
def pad(request: HttpRequest, first: int) -> HttpResponse:
    """Show a pad as it is printed."""
    found = get_object_or_404(_of_hall(request, Pad), first=first)
    numbers = range(found.first, found.last + 1)
    return page(request, "counter/pad.html", {"pad": found, "numbers": numbers})


def gaps(request: HttpRequest) -> list[int]:
    """Return the sheets that were passed over: below the last that was entered, and not there."""
    entered = set(_of_hall(request, Sheet).values_list("n", flat=True))
    last = max(entered, default=0)
    pads = _of_hall(request, Pad).filter(first__lte=last).values_list("first", "last")
    known = {n for first, end in pads for n in range(first, min(end, last) + 1)}
    return sorted(known - entered)


def _of_hall(request: HttpRequest, kind: type[Pad] | type[Sheet]):  # type: ignore[no-untyped-def]
    """Return what belongs to the clerk's hall."""
    me = signed_in(request)
    return kind._default_manager.filter(operator=me.operator, point=me.point)


def _printed(request: HttpRequest) -> Pad:
    """Reserve the next numbers; of two who print at once, each has numbers of its own."""
    while True:
        last = _of_hall(request, Pad).aggregate(last=Max("last"))["last"] or 0
        try:
            with transaction.atomic():
                return Pad.objects.create(**stamp(request), first=last + 1, last=last + PAD)
        except IntegrityError:
            continue


def _entered(request: HttpRequest, said: dict[str, object]) -> HttpResponse:
    """Enter a sheet, or note that it is void; raises `SheetUnknown`, `SheetEntered`."""
    n = int(str(said["n"]))
    if not _of_hall(request, Pad).filter(first__lte=n, last__gte=n).exists():
        raise SheetUnknown(n=n)
    if str(said["reason"]).strip():
        _note(request, n, state=VOID, reason=str(said["reason"]).strip())
        messages.success(request, gettext("Noted: sheet {n} is void.").format(n=n))
        return redirect("counter_paper")
    return _sold(request, n, said)


def _sold(request: HttpRequest, n: int, said: dict[str, object]) -> HttpResponse:
    """Sell what a sheet says as of then; what is on it is compared with what it costs."""
    me = signed_in(request)
    if _of_hall(request, Sheet).filter(n=n, state=VOID).exists():
        raise SheetEntered(n=n)
    number = desk().read(partial(cards.number_of, text=str(said["number"])))
    line = own(request, number)
    zone = desk().house.library.operators[me.operator].zone
    at = said["sold_at"]
    local = at.replace(tzinfo=zone) if isinstance(at, datetime) else desk().now()
    sheet = f"{me.point or me.operator}/{n:06}"
    asked = {
        "term": f"{said['months'] or 12} months",
        "paid": drawer(request).text,
        "sold_at": local.isoformat(),
        "sheet": sheet,
    }
    if str(said["total"]).strip():
        asked["total_minor"] = parse_minor(str(said["total"]).strip(), line.currency)  # type: ignore[assignment]
    # By the sheet: whoever enters it again enters nothing twice.
    ask = made(
        "renew",
        number,
        asked,
        by=me.principal,
        channel=CHANNEL,
        key=f"sheet:{sheet}",
        expect_version=line.version,
    )
    try:
        with transaction.atomic():
            # First the number, which is there once; it goes again if the sale is refused.
            _note(request, n, state=SOLD, number=number, sold_at=local, ask=str(ask.id))
            answer = desk().ask(ask)
    except KeyReused:
        # It was sold, and whoever did that was stopped before the number was kept.
        _note(request, n, state=SOLD, number=number, sold_at=local)
        return redirect("counter_line", number=number)
    return to_sold(number, UUID(str(answer.answer["id"])))


def _note(request: HttpRequest, n: int, **said: object) -> None:
    """Note a sheet; raises `SheetEntered`."""
    try:
        with transaction.atomic():
            Sheet.objects.create(**stamp(request), n=n, **said)
    except IntegrityError:
        raise SheetEntered(n=n) from None
