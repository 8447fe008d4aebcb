"""Halls: where they are, when they are open, what is done there, and which tills stand there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy

from baohao.app import days, halls
from baohao.core.books.chart import Account
from baohao.core.operators import Operator
from baohao.core.points import WEEK, Particulars, Point
from baohao.core.refusals import Refusal
from baohao.web.accounts import models
from baohao.web.accounts.doors import workers
from baohao.web.accounts.roles import Act
from baohao.web.desk import desk
from baohao.web.operator.room import exported, noted, operator_of
from baohao.web.wording import DAYS, VERBS, said

HEADINGS = ("hall", "name", "tills", "address", "phone", "hours")
#: (part of the form, language): names, addresses and districts are told in several.
_LANGUAGES = (("", ""), ("_zh", "zh-Hant"), ("_pt", "pt"))


def _text(label: Any, *, required: bool = False, most: int = 300) -> forms.CharField:
    return forms.CharField(label=label, required=required, max_length=most)


class HallForm(forms.Form):
    """A hall as somebody fills it in."""

    name = _text(gettext_lazy("Name, as on receipts"), required=True, most=120)
    name_zh = _text(gettext_lazy("Name in Chinese"))
    name_pt = _text(gettext_lazy("Name in Portuguese"))
    district = _text(gettext_lazy("Part of the town"))
    district_zh = _text(gettext_lazy("Part of the town in Chinese"))
    district_pt = _text(gettext_lazy("Part of the town in Portuguese"))
    address = _text(gettext_lazy("Address"))
    address_zh = _text(gettext_lazy("Address in Chinese"))
    address_pt = _text(gettext_lazy("Address in Portuguese"))
    phone = _text(gettext_lazy("Telephone"))
    email = _text(gettext_lazy("E-mail"))
    tills = _text(
        gettext_lazy('Tills that stand there, as in "hall-1 hall-2"'), required=True, most=400
    )
    closed = _text(gettext_lazy('Days on which it is closed, as in "2027-02-06 2027-02-07"'))
    does = forms.MultipleChoiceField(
        label=gettext_lazy("What is done there (none: all that counters do)"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    listed = forms.BooleanField(label=gettext_lazy("Everybody may find it"), required=False)

    def __init__(self, *args: Any, operator: Operator, **more: Any) -> None:
        super().__init__(*args, **more)
        schedule = desk().terms.fees.get(operator.key)
        does = self.fields["does"]
        assert isinstance(does, forms.MultipleChoiceField)  # noqa: S101 - made so above
        offered = halls.offered_at_counters(schedule) if schedule else ()
        does.choices = [(verb, VERBS[verb]) for verb in offered]
        for day in WEEK:
            self.fields[f"hours_{day}"] = _text(DAYS[day])

    def point(self, was: Point) -> Point:
        """Return the hall as it was filled in; raises `PointRefusal`."""
        found = self.cleaned_data
        hours = {day: _spans(found[f"hours_{day}"]) for day in WEEK if found[f"hours_{day}"]}
        told = replace(
            was.told,
            names=self._told("name", usual=False),
            districts=self._told("district"),
            addresses=self._told("address"),
            phone=found["phone"],
            email=found["email"],
            hours=hours,
            closed=tuple(sorted(found["closed"].replace(",", " ").split())),
            does=tuple(found["does"]),
            listed=found["listed"],
        )
        currency = desk().house.library.operators[was.operator].currency
        tills = {f"till:{till}:{currency}" for till in found["tills"].replace(",", " ").split()}
        return replace(was, name=found["name"], tills=tuple(sorted(tills)), told=told)

    def _told(self, part: str, *, usual: bool = True) -> Mapping[str, str]:
        """Return a part by language, without those that were left out."""
        said = {language: self.cleaned_data[part + end].strip() for end, language in _LANGUAGES}
        return {key: text for key, text in said.items() if text and (key or usual)}


class NewHall(HallForm):
    """A hall that is not there yet."""

    key = _text(gettext_lazy('Short name for the books, as in "taipa"'), required=True, most=32)
    field_order = ("key",)


@workers(Act.STAFF)
def listed(request: HttpRequest) -> HttpResponse:
    """List an operator's halls, with who works there."""
    operator = operator_of(request)
    found = desk().read(partial(halls.of_operator, operator=operator.key))
    staff = models.Account.objects.filter(operator=operator.key, is_active=True)
    people = {point.key: [str(a) for a in staff if _is_at(a, point)] for point in found}
    page = {"halls": [(point, _tills(point), people[point.key]) for point in found]}
    return render(request, "operator/halls.html", page)


@workers(Act.STAFF)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the list as a file."""
    noted(request, "export", "halls")
    found = desk().read(partial(halls.of_operator, operator=operator_of(request).key))
    rows = (
        (p.key, p.name, " ".join(_tills(p)), p.told.addresses.get("", ""), p.told.phone, _week(p))
        for p in found
    )
    return exported("halls", HEADINGS, rows)


@workers(Act.STAFF)
def new(request: HttpRequest) -> HttpResponse:
    """Open a hall."""
    operator = operator_of(request)
    form = NewHall(request.POST or None, operator=operator, initial={"listed": True})
    if request.method == "POST" and form.is_valid():
        try:
            point = form.point(_blank(form.cleaned_data["key"], operator))
            known = desk().house.library.operators
            desk().shell.run(partial(days.add, point=point, operators=known))
            noted(request, "add", point.key)
            return redirect("console_halls")
        except Refusal as refusal:
            form.add_error(None, said(refusal))
    return render(request, "operator/hall.html", {"form": form})


@workers(Act.STAFF)
def one(request: HttpRequest, hall: str) -> HttpResponse:
    """Change a hall."""
    point = _own(request, hall)
    form = HallForm(request.POST or None, operator=operator_of(request), initial=_typed(point))
    if request.method == "POST" and form.is_valid():
        try:
            changed = form.point(point)
            desk().shell.run(partial(days.change, point=changed))
            noted(request, "change", point.key)
            return redirect("console_halls")
        except Refusal as refusal:
            form.add_error(None, said(refusal))
    return render(request, "operator/hall.html", {"form": form, "point": point})


def _own(request: HttpRequest, hall: str) -> Point:
    """Return a hall of the reader's operator; raises `Http404` for any other."""
    key = operator_of(request).key
    found = desk().read(partial(halls.of_operator, operator=key))
    for point in found:
        if point.key == hall:
            return point
    raise Http404


def _blank(key: str, operator: Operator) -> Point:
    # Its till is what is typed next; every point has one.
    till = f"till:{key}:{operator.currency}"
    told = Particulars()
    zone = operator.zone_name
    return Point(key=key, operator=operator.key, name=key, zone=zone, tills=(till,), told=told)


def _typed(point: Point) -> dict[str, Any]:
    """Return what the form begins with."""
    told = point.told
    found: dict[str, Any] = {
        "name": point.name,
        "tills": " ".join(_tills(point)),
        "phone": told.phone,
        "email": told.email,
        "closed": " ".join(told.closed),
        "does": told.does,
        "listed": told.listed,
    }
    parts = (("name", told.names), ("district", told.districts), ("address", told.addresses))
    for part, texts in parts:
        for end, language in _LANGUAGES:
            if language in texts:
                found[part + end] = texts[language]
    return found | {f"hours_{day}": ", ".join(spans) for day, spans in told.hours.items()}


def _tills(point: Point) -> list[str]:
    return [Account.parse(till).owner for till in point.tills]


def _week(point: Point) -> str:
    return "; ".join(f"{day} {','.join(spans)}" for day, spans in point.told.hours.items())


def _is_at(account: models.Account, point: Point) -> bool:
    return account.point == point.key or account.till in _tills(point)


def _spans(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.replace("–", "-").split(",") if each.strip())
