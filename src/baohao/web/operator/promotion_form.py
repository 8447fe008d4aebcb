"""The form of a promotion: what is filled in, and at which field a fault of the linter is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from baohao.app.documents_written import Wish
from baohao.app.policies import Located
from baohao.core.fees import CHANNELS
from baohao.core.operators import Operator
from baohao.web import selling
from baohao.web.desk import desk
from baohao.web.wording import channel, said

GIVES = {
    "time": gettext_lazy('Extra time, as in "6 months"'),
    "percent": gettext_lazy('A share off the price in per cent, as in "10"'),
    "amount": gettext_lazy('An amount off the price, as in "20.00"'),
    "credit": gettext_lazy('Credit on the line, as in "10.00"'),
}
#: Where in the document a fault is -> the field that says it.
FIELDS = {
    "promotion": "name",
    "window": "last_day",
    "gives": "much",
    "titles": "title",
    "operator": "name",
}
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
_TICKS = forms.CheckboxSelectMultiple


def _whole(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=10_000_000)


class PromotionForm(forms.Form):
    """A promotion, as somebody fills it in."""

    title = forms.CharField(max_length=80, label=gettext_lazy("Title, as holders read it"))
    title_zh = forms.CharField(
        max_length=80, required=False, label=gettext_lazy("Title in Chinese")
    )
    title_pt = forms.CharField(
        max_length=80, required=False, label=gettext_lazy("Title in Portuguese")
    )
    name = forms.SlugField(
        max_length=40,
        label=gettext_lazy('Short name for the books, as in "twelve-get-six"'),
        help_text=gettext_lazy("A promotion by the name of one in force takes its place."),
    )
    gives = forms.ChoiceField(label=gettext_lazy("What it gives"), choices=list(GIVES.items()))
    much = forms.CharField(max_length=20, label=gettext_lazy("How much of it"))
    plans = forms.MultipleChoiceField(
        label=gettext_lazy("For these plans (none: all)"), required=False, widget=_TICKS
    )
    terms = forms.MultipleChoiceField(
        label=gettext_lazy("When this is bought (none: any term)"), required=False, widget=_TICKS
    )
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("In these places (none: everywhere)"), required=False, widget=_TICKS
    )
    first_day = forms.DateField(label=gettext_lazy("First day"), widget=_DAY)
    last_day = forms.DateField(
        label=gettext_lazy("Last day (none: until it is withdrawn)"), required=False, widget=_DAY
    )
    per_number = _whole(gettext_lazy("At most so often for a number"))
    per_holder = _whole(gettext_lazy("At most so often for a person"))
    uses = _whole(gettext_lazy("At most so often in all"))
    budget = forms.CharField(
        max_length=20, required=False, label=gettext_lazy("At most so much money off in all")
    )
    code = forms.CharField(
        max_length=40, required=False, label=gettext_lazy("Only with this code (none: for all)")
    )
    first_time = forms.BooleanField(
        required=False, label=gettext_lazy("Only with the first renewal of a number")
    )
    group = forms.SlugField(
        max_length=20,
        required=False,
        label=gettext_lazy("Group: of each, the best one for the holder is given"),
    )
    exclusive = forms.BooleanField(
        required=False, label=gettext_lazy("Never together with another promotion")
    )

    def __init__(self, *args: Any, operator: Operator, **more: Any) -> None:
        super().__init__(*args, **more)
        self._operator = operator
        policies = desk().house.library.policies.values()
        offers = [o for p in policies if p.operator == operator.key for o in p.offers]
        self._choose("plans", {each.plan: each.plan for each in offers})
        terms = {str(o.term): selling.term(str(o.term)) for o in offers if o.term}
        self._choose("terms", terms)
        self._choose("channels", {each: channel(each) for each in CHANNELS[:4]})

    def _choose(self, name: str, known: dict[str, str]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - made so above
        field.choices = sorted(known.items())

    def clean(self) -> dict[str, Any]:
        """Refuse what no promotion can have: it would be lost when it is written."""
        found = super().clean() or {}
        for name in ("title", "title_zh", "title_pt", "code"):
            if re.search(r"[\x00-\x1f\x7f]", found.get(name, "")):
                self.add_error(name, gettext("Write it in one line."))
        return found

    def wish(self) -> Wish:
        """Return what was filled in."""
        found = dict(self.cleaned_data)
        titles = {"zh-Hant": found.pop("title_zh"), "pt": found.pop("title_pt")}
        return Wish(**found | {"name": f"{self._operator.key}.{found['name']}", "titles": titles})

    def refused(self, found: Sequence[Located]) -> bool:
        """Tell each fault of the linter at its field; false where there is none."""
        for each in found:
            place = str(each.finding.place[0]) if each.finding.place else ""
            name = FIELDS.get(place, place)
            is_start = each.finding.place[:2] == ("window", "from")
            field = "first_day" if is_start else name if name in self.fields else None
            self.add_error(field, said(each.finding.refusal))
        return bool(found)


def typed(wish: Wish, operator: Operator) -> dict[str, Any]:
    """Return what the form begins with for a promotion that is there."""
    return {
        "name": wish.name.removeprefix(f"{operator.key}."),
        "title": wish.title,
        "title_zh": wish.titles.get("zh-Hant", ""),
        "title_pt": wish.titles.get("pt", ""),
        **{name: getattr(wish, name) for name in _SAME},
    }


_SAME = (
    *("first_day", "last_day", "plans", "terms", "channels", "gives", "much", "per_number"),
    *("per_holder", "uses", "budget", "code", "first_time", "group", "exclusive"),
)
