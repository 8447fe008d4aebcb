"""What a keeper fills in: a new card, and what was done with one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from baohao.app.kept.adding import Wanted
from baohao.core.identifiers.number import MalformedNumber
from baohao.core.money import format_minor, parse_minor
from baohao.core.policy.ending import service_clock
from baohao.core.policy.model import Policy
from baohao.core.refusals import Malformed, Refusal
from baohao.core.upkeep.plan import Step
from baohao.outside import numbering
from baohao.outside.ids import new_id
from baohao.web.cards import choices, words
from baohao.web.wording import said

MONEY = {"inputmode": "decimal", "autocomplete": "off"}
#: Refusals of the door and the field that they are about.
FIELDS = {
    "kept.day_ahead": "on",
    "kept.product_gone": "on",
    "record.before_it_began": "on",
    "line.not_yet": "on",
    "kept.act_other": "act",
    "kept.credit_needed": "balance",
    "kept.balance": "balance",
    "kept.nothing_known": "until",
    "line.exists": "number",
}


def day_input() -> forms.DateInput:
    """Return a field of a day, which browsers read in this form alone, whatever the language."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _as_planned(policy: Policy, step: Step) -> dict[str, Any]:
    """Return what is done where a plan is followed."""
    option = step.option
    minor = option.amount_minor
    amount = format_minor(minor, policy.currency) if minor and option.times == 1 else ""
    return {"act": option.kind, "amount": amount, "sku": option.sku}


class Said(forms.Form):
    """What both have: an act, its day, its amount."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    act = forms.ChoiceField(required=False, widget=forms.RadioSelect)
    on = forms.DateField(required=False, label=gettext_lazy("On which day"), widget=day_input())
    amount = forms.CharField(
        required=False,
        max_length=20,
        label=gettext_lazy("How much"),
        widget=forms.TextInput(attrs=MONEY),
    )
    sku = forms.ChoiceField(required=False, label=gettext_lazy("What was bought"))

    def __init__(
        self, data: Any, *, policy: Policy, today: date, first: Step | None = None
    ) -> None:
        initial: dict[str, Any] = {"key": new_id(), "on": today}
        if first is not None:
            initial |= _as_planned(policy, first)
        super().__init__(data, initial=initial)
        self.policy = policy
        self.money = words.with_money(policy)
        #: The usual amounts, as people type them.
        self.usual = choices.usual(policy)
        self.fields["on"].widget.attrs["max"] = today.isoformat()
        self.fields["amount"].widget.attrs |= {"list": "usual-amounts"} if self.usual else {}
        skus = choices.skus(policy)
        if skus:
            self.fields["sku"].choices = [("", "—"), *((each, each) for each in skus)]  # type: ignore[attr-defined]
        else:
            del self.fields["sku"]

    def clean_amount(self) -> str:
        """Return an amount that can be one, in the policy's currency."""
        return self._money("amount")

    def clean(self) -> None:
        """Ask for an amount where the rules look at it."""
        data = self.cleaned_data
        act = data.get("act") or ""
        if (
            act in self.money
            and data.get("amount") == ""
            and choices.looks_at_amount(self.policy, act)
        ):
            text = gettext("Say for how much it was: {product} looks at the amount.")
            self.add_error("amount", text.format(product=words.product(self.policy)))

    def _money(self, name: str) -> str:
        text: str = self.cleaned_data[name].strip()
        if text:
            try:
                parse_minor(text, self.policy.currency)
            except Malformed as malformed:
                raise forms.ValidationError(said(malformed)) from None
        return text

    def refuse(self, refusal: Refusal) -> None:
        """Say a refusal beside the field that it is about."""
        name = FIELDS.get(refusal.code, "")
        self.add_error(name if name in self.fields else None, said(refusal))

    @property
    def chosen(self) -> list[tuple[Any, bool]]:
        """The acts, each with whether it is told with an amount."""
        return [(box, box.data["value"] in self.money) for box in self["act"]]


class Adding(Said):
    """A card that is new here."""

    number = forms.CharField(
        max_length=40,
        label=gettext_lazy("Number"),
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"}),
    )
    name = forms.CharField(
        required=False, max_length=80, label=gettext_lazy("What you call it (if you like)")
    )
    until = forms.DateField(
        required=False,
        label=gettext_lazy("The operator says that it is good until"),
        widget=day_input(),
    )
    balance = forms.CharField(
        required=False,
        max_length=20,
        label=gettext_lazy("Credit that is on it now"),
        widget=forms.TextInput(attrs=MONEY),
    )

    def __init__(self, data: Any, *, policy: Policy, today: date, number: str = "") -> None:
        super().__init__(data, policy=policy, today=today)
        self.initial["number"] = number
        self.fields["act"].choices = [  # type: ignore[attr-defined]
            *words.acts(policy),
            ("activate", words.did("activate")),
            (choices.NOBODY_KNOWS, choices.UNKNOWN),
        ]
        self.fields["act"].required = True
        if not service_clock(policy):
            # There is no date that an operator would say.
            del self.fields["until"]
            del self.fields["act"].choices[-1]  # type: ignore[attr-defined]
        self.fields["balance"].required = bool(policy.charges)
        if not choices.hangs_on_credit(policy):
            del self.fields["balance"]

    def for_whom(self, keepers: Sequence[tuple[str, str, bool]]) -> None:
        """Ask whose card it is, where it may be somebody's who is looked after."""
        if len(keepers) > 1:
            choices_ = [(holder, name) for holder, name, _ in keepers]
            self.fields["keeper"] = forms.ChoiceField(
                label=gettext_lazy("Whose card it is"), choices=choices_, required=False
            )

    def clean_number(self) -> str:
        """Return a number as it is kept: written as in the product's country, or as from abroad."""
        try:
            return numbering.parse(self.cleaned_data["number"], self.policy.country)
        except MalformedNumber as malformed:
            raise forms.ValidationError(said(malformed)) from None

    def clean_balance(self) -> str:
        """Return credit that can be an amount."""
        return self._money("balance")

    def clean(self) -> None:
        """Hold an act, its day and its amount together."""
        super().clean()
        data = self.cleaned_data
        if (
            data.get("act") not in (None, choices.NOBODY_KNOWS)
            and "on" in data
            and data["on"] is None
        ):
            self.add_error("on", gettext("Say on which day, or about when."))

    @property
    def wanted(self) -> Wanted:
        """What is said of the card."""
        data = self.cleaned_data
        act = "" if data["act"] == choices.NOBODY_KNOWS else data["act"]
        return Wanted(
            product=self.policy.name,
            act=act,
            on=data["on"] if act else None,
            amount=data["amount"] if act in self.money else "",
            sku=data.get("sku", ""),
            until=data.get("until"),
            balance=data.get("balance", ""),
        )


class Done(Said):
    """What was done with a card that is here."""

    evidence = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("A note, if you like: a receipt's number, who said so"),
    )
    accept_shorter = forms.BooleanField(required=False)

    def __init__(self, data: Any, *, policy: Policy, today: date, first: Step | None) -> None:
        super().__init__(data, policy=policy, today=today, first=first)
        self.fields["act"].choices = words.acts(policy)  # type: ignore[attr-defined]
        self.fields["act"].required = True
        self.fields["on"].required = True
