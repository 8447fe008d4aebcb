"""What a holder fills in to let others see or pay, or to ask them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy

from baohao.core.civil import midnight
from baohao.core.grants import Scope
from baohao.core.identifiers.number import MalformedNumber, parse_number
from baohao.outside.ids import new_id
from baohao.web.wording import said

SCOPES = (
    (Scope.SEE.value, gettext_lazy("See until when it is safe, and when it was renewed")),
    (Scope.PAY.value, gettext_lazy("Renew it with their own money")),
)


class Sharing(forms.Form):
    """Which number of mine, with whom, for what."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    mine = forms.ChoiceField(label=gettext_lazy("My number"))
    number = forms.CharField(
        max_length=40,
        label=gettext_lazy("The other person's number"),
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What for"), choices=SCOPES, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any, mine: Sequence[str], shown: Sequence[str]) -> None:
        super().__init__(data, initial={"key": new_id(), "scopes": [Scope.SEE, Scope.PAY]})
        self.fields["mine"].choices = list(zip(mine, shown, strict=True))  # type: ignore[attr-defined]

    def clean_number(self) -> str:
        """Return a number as it is kept."""
        try:
            return parse_number(self.cleaned_data["number"])
        except MalformedNumber as malformed:
            raise forms.ValidationError(said(malformed)) from None

    @property
    def wanted(self) -> frozenset[Scope]:
        """What it is for."""
        return frozenset(Scope(each) for each in self.cleaned_data["scopes"])

    @property
    def id(self) -> UUID:
        """What it is kept under, however often it is sent."""
        found: UUID = self.cleaned_data["key"]
        return found


class Giving(Sharing):
    """The same, with a last day."""

    last = forms.DateField(
        required=False,
        label=gettext_lazy("Last day; empty: for as long as the number is mine"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def until(self, zone: tzinfo) -> datetime | None:
        """Return when it ends, after its last day."""
        last: date | None = self.cleaned_data["last"]
        return None if last is None else midnight(last + timedelta(days=1), zone)
