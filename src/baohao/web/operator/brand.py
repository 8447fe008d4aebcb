"""The brand: what holders see of an operator; what its books depend on is only shown."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy

from baohao.core.operators import Operator
from baohao.web import brands, colours
from baohao.web.accounts.doors import workers
from baohao.web.accounts.roles import Act
from baohao.web.house.models import Brand
from baohao.web.operator.room import noted, operator_of

_NAMES = (("name_zh", "zh-Hant"), ("name_pt", "pt"), ("name_en", "en"))
_GROUNDS = {"light": colours.LIGHT, "dark": colours.DARK}
_COLOUR = forms.TextInput(attrs={"type": "color"})
#: The look of the pages where nobody chose another.
FIRST = {"light": "#0b6e4f", "dark": "#5fd3a8"}


class BrandForm(forms.Form):
    """A brand as somebody fills it in."""

    logo = forms.CharField(max_length=24, label=gettext_lazy("Text in the place of a logo"))
    name_zh = forms.CharField(max_length=80, required=False, label=gettext_lazy("Name in Chinese"))
    name_pt = forms.CharField(
        max_length=80, required=False, label=gettext_lazy("Name in Portuguese")
    )
    name_en = forms.CharField(max_length=80, required=False, label=gettext_lazy("Name in English"))
    light = forms.CharField(
        max_length=7, widget=_COLOUR, label=gettext_lazy("Colour on light grounds")
    )
    dark = forms.CharField(
        max_length=7, widget=_COLOUR, label=gettext_lazy("Colour on dark grounds")
    )
    languages = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=settings.LANGUAGES,
        label=gettext_lazy("Languages that are offered (none: all)"),
    )

    def clean_light(self) -> str:
        """Return the colour on light grounds, where it can be read."""
        return self._read("light")

    def clean_dark(self) -> str:
        """Return the colour on dark grounds, where it can be read."""
        return self._read("dark")

    def _read(self, name: str) -> str:
        colour = str(self.cleaned_data[name]).lower()
        if not colours.is_colour(colour):
            raise forms.ValidationError(gettext('Write a colour as in "#0b6e4f".'))
        found = colours.least(colour, _GROUNDS[name])
        if found < colours.AA:
            template = gettext(
                "Its contrast with the ground is {found}, and text needs {needed} to be read."
            )
            said = template.format(found=f"{found:.1f}", needed=colours.AA)
            raise forms.ValidationError(said)
        return colour


@workers(Act.STAFF)
def edit(request: HttpRequest) -> HttpResponse:
    """Show and change an operator's brand."""
    operator = operator_of(request)
    found = Brand.objects.filter(operator=operator.key).first()
    form = BrandForm(request.POST or None, initial=_typed(operator, found))
    if request.method == "POST" and form.is_valid():
        _kept(operator, found, form.cleaned_data)
        noted(request, "brand", operator.key, form.cleaned_data["logo"])
        messages.success(request, gettext("Holders see it with their next page."))
        return redirect("console_brand")
    return render(request, "operator/brand.html", {"form": form, "operator": operator})


def _typed(operator: Operator, found: Brand | None) -> dict[str, Any]:
    names = {**operator.names, **(found.names if found else {})}
    typed: dict[str, Any] = {name: names.get(language, "") for name, language in _NAMES}
    if found is None:
        return typed | FIRST | {"logo": operator.name[:24]}
    same = ("logo", "light", "dark", "languages")
    return typed | {name: getattr(found, name) for name in same}


def _kept(operator: Operator, found: Brand | None, said: dict[str, Any]) -> None:
    brand = found or Brand(operator=operator.key, version=0)
    brand.logo, brand.light, brand.dark = said["logo"], said["light"], said["dark"]
    brand.names = {language: said[name] for name, language in _NAMES if said[name]}
    brand.languages = said["languages"]
    brand.version += 1
    brand.save()
    brands.forget()
