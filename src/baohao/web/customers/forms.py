"""What a keeper fills in: customers, themself, cards, and what they did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy

from baohao.app.kept import adding
from baohao.app.kept.customers import LONG_MAX, TEXT_MAX, Customer, Fee, Practice
from baohao.app.kept.listing import Card
from baohao.core.line.acts import COUNTING
from baohao.core.money import EXPONENTS, format_minor, parse_minor
from baohao.core.policy.model import Policy
from baohao.core.refusals import Refusal
from baohao.core.upkeep.means import PAID as BOUGHT
from baohao.core.upkeep.means import Means, Option, options
from baohao.outside.ids import new_id
from baohao.web import formats
from baohao.web.customers import words
from baohao.web.customers.words import Price
from baohao.web.vocabulary import HAPPENED
from baohao.web.wording import said

#: What chat resellers take most; the others after them.
USUAL = ("CNY", "HKD", "MOP", "TWD", "USD", "EUR", "GBP", "SGD", "MYR", "JPY")
CURRENCIES = (*USUAL, *sorted(set(EXPONENTS) - set(USUAL)))
AMOUNT_MAX = 20
#: Nobody pastes more numbers of one product at once.
NUMBERS_MAX = 200
_AMOUNT = {"inputmode": "decimal", "autocomplete": "off"}
_DAY = {"type": "date"}


class AmountMissing(Refusal):
    """Say for how much it was: {product} looks at the amount."""

    code = "customers.amount"


class Charging(forms.Form):
    """Something with a fee."""

    fee = forms.CharField(
        required=False,
        max_length=AMOUNT_MAX,
        label=gettext_lazy("Your fee for one renewal"),
        widget=forms.TextInput(attrs=_AMOUNT),
    )
    fee_currency = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Currency"),
        choices=[(each, each) for each in CURRENCIES],
    )

    def clean(self) -> dict[str, Any]:
        """Read the fee."""
        data = super().clean() or {}
        text, currency = data.get("fee", "").strip(), data.get("fee_currency") or USUAL[0]
        data["taken"] = None
        if text:
            try:
                data["taken"] = Fee(minor=parse_minor(text, currency), currency=currency)
            except Refusal as refusal:
                self.add_error("fee", said(refusal))
        return data


def charged(fee: Fee | None, usual: Fee | None = None) -> dict[str, str]:
    """Return a fee as a form has it; where there is none, the usual currency alone."""
    if fee is None:
        return {"fee": "", "fee_currency": usual.currency if usual else USUAL[0]}
    return {"fee": format_minor(fee.minor, fee.currency), "fee_currency": fee.currency}


class AboutCustomer(Charging):
    """What is said of a customer."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    name = forms.CharField(max_length=TEXT_MAX, label=gettext_lazy("Name of the customer"))
    contact = forms.CharField(
        required=False,
        max_length=TEXT_MAX,
        label=gettext_lazy("How you reach them: WeChat, Telegram, a number"),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of your messages"), choices=lambda: settings.LANGUAGES
    )
    note = forms.CharField(
        required=False,
        max_length=LONG_MAX,
        label=gettext_lazy("Note, for you alone"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def customer(self, *, has_left: bool = False) -> Customer:
        """Return what was filled in; raises what is wrong with it."""
        data = self.cleaned_data
        return Customer(
            name=" ".join(data["name"].split()),
            contact=data["contact"].strip(),
            language=data["language"],
            note=data["note"].strip(),
            fee=data["taken"],
            has_left=has_left,
        )


class AboutMe(Charging):
    """What a keeper says of themself."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    name = forms.CharField(
        required=False, max_length=TEXT_MAX, label=gettext_lazy("Your name, as receipts have it")
    )
    contact = forms.CharField(
        required=False, max_length=TEXT_MAX, label=gettext_lazy("How customers reach you")
    )
    pay = forms.CharField(
        required=False,
        max_length=LONG_MAX,
        label=gettext_lazy("How customers pay you"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    is_all_in = forms.BooleanField(
        required=False, label=gettext_lazy("What the operator takes is in my fee")
    )

    def practice(self) -> Practice:
        """Return what was filled in."""
        data = self.cleaned_data
        return Practice(
            name=data["name"].strip(),
            contact=data["contact"].strip(),
            pay=data["pay"].strip(),
            fee=data["taken"],
            is_all_in=data["is_all_in"],
        )


class Adding(forms.Form):
    """Cards of one product that are taken under watch for a customer."""

    product = forms.ChoiceField(label=gettext_lazy("Product"))
    numbers = forms.CharField(
        max_length=NUMBERS_MAX * 30,
        label=gettext_lazy("Numbers, with their country, one on each line"),
        widget=forms.Textarea(
            attrs={"rows": 3, "inputmode": "tel", "placeholder": "+447700900123"}
        ),
    )
    act = forms.ChoiceField(
        required=False, label=gettext_lazy("What was last done"), choices=lambda: _kinds()
    )
    on = forms.DateField(
        required=False,
        label=gettext_lazy("On which day"),
        widget=forms.DateInput(attrs=_DAY),
    )
    amount = forms.CharField(
        required=False,
        max_length=AMOUNT_MAX,
        label=gettext_lazy("For how much, if it has an amount"),
        widget=forms.TextInput(attrs=_AMOUNT),
    )
    until = forms.DateField(
        required=False,
        label=gettext_lazy("Last good day, as the operator says; if you know it"),
        widget=forms.DateInput(attrs=_DAY),
    )
    balance = forms.CharField(
        required=False,
        max_length=AMOUNT_MAX,
        label=gettext_lazy("Credit on the card, if you know it"),
        widget=forms.TextInput(attrs=_AMOUNT),
    )

    def __init__(self, data: Any, products: Sequence[Policy]) -> None:
        super().__init__(data)
        shown = [(each.name, _product(each)) for each in products]
        self.fields["product"].choices = sorted(shown, key=lambda each: each[1])  # type: ignore[attr-defined]

    def wanted(self) -> adding.Wanted:
        """Return what was filled in, of one card."""
        data = self.cleaned_data
        return adding.Wanted(
            product=data["product"],
            act=data["act"],
            on=data["on"],
            amount=data["amount"].strip(),
            until=data["until"],
            balance=data["balance"].strip(),
        )


def _kinds() -> list[tuple[str, str]]:
    named = [(kind, str(HAPPENED[kind])) for kind in sorted(COUNTING) if kind in HAPPENED]
    return [("activate", str(HAPPENED["activate"])), *sorted(named, key=lambda each: each[1])]


def _product(policy: Policy) -> str:
    return formats.in_language({"": policy.title, **policy.titles}) or policy.name


# --- what was done --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An act that may have been done."""

    kind: str
    #: Its face value, and what is paid for it, in minor units; `None`: nobody knows.
    amount_minor: int | None = None
    cost_minor: int | None = None
    sku: str = ""

    @property
    def value(self) -> str:
        """As a form has it."""
        amount = "" if self.amount_minor is None else str(self.amount_minor)
        return f"{self.kind}|{amount}|{self.sku}"

    def said(self, currency: str) -> str:
        """As people read it."""
        parts = [str(HAPPENED.get(self.kind, self.kind)), self.sku]
        if self.cost_minor is not None:
            parts.append(formats.money(self.cost_minor, currency))
        return " · ".join(each for each in parts if each)


def acts(policy: Policy, price: Price | None) -> dict[str, Choice]:
    """Return what may have been done for a card: what was planned first, then the cheapest."""
    found = [] if price is None or price.step is None else [_choice(price.step.option)]
    found += [_choice(option) for option in options(policy, Means()).known]
    found += [Choice(kind=kind) for kind in adding.counts(policy)]
    choices: dict[str, Choice] = {}
    for each in found:
        choices.setdefault(each.value, each)
    return choices


def _choice(option: Option) -> Choice:
    return Choice(
        kind=option.kind,
        amount_minor=option.amount_minor,
        cost_minor=option.cost_minor,
        sku=option.sku,
    )


class Doing(forms.Form):
    """What was done for cards of one product."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    act = forms.ChoiceField(label=gettext_lazy("What you did"))
    on = forms.DateField(
        label=gettext_lazy("On which day"), widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d")
    )
    amount = forms.CharField(
        required=False,
        max_length=AMOUNT_MAX,
        label=gettext_lazy("For how much; empty: as above"),
        widget=forms.TextInput(attrs=_AMOUNT),
    )
    cost = forms.CharField(
        required=False,
        max_length=AMOUNT_MAX,
        label=gettext_lazy("What the operator took; empty: as above"),
        widget=forms.TextInput(attrs=_AMOUNT),
    )
    paid = forms.ChoiceField(required=False, label=gettext_lazy("How the customer paid"))

    def __init__(
        self, data: Any, policy: Policy, choices: Mapping[str, Choice], today: date, **more: Any
    ) -> None:
        super().__init__(data, initial={"key": new_id(), "on": today}, **more)
        self.policy, self.acts = policy, choices
        currency = policy.currency
        self.fields["act"].choices = [  # type: ignore[attr-defined]
            (value, each.said(currency)) for value, each in choices.items()
        ]
        owes = ("", gettext_lazy("Not yet: they owe it"))
        self.fields["paid"].choices = [owes, *words.PAID.items()]  # type: ignore[attr-defined]
        for name in ("amount", "cost"):
            label = self.fields[name].label
            self.fields[name].label = f"{label} ({currency})"

    def clean(self) -> dict[str, Any]:
        """Read the amounts, in the product's currency."""
        data = super().clean() or {}
        chosen = self.acts.get(data.get("act", ""))
        if chosen is None:
            return data
        currency = self.policy.currency
        given, cost = self._minor("amount", data), self._minor("cost", data)
        amount = chosen.amount_minor if given is None else given
        if chosen.kind in BOUGHT and amount is None and not chosen.sku:
            title = formats.in_language({"": self.policy.title, **self.policy.titles})
            self.add_error("amount", said(AmountMissing(product=title)))
        if cost is None:
            cost = chosen.cost_minor if given is None else given
        data |= {
            "kind": chosen.kind,
            "sku": chosen.sku,
            "face": "" if amount is None else format_minor(amount, currency),
            "cost_minor": cost or amount or 0,
        }
        return data

    def _minor(self, name: str, data: Mapping[str, Any]) -> int | None:
        """Read an amount, which is none below nothing; empty: `None`."""
        text = str(data.get(name, "")).strip()
        if not text:
            return None
        currency = self.policy.currency
        try:
            return Fee(minor=parse_minor(text, currency), currency=currency).minor
        except Refusal as refusal:
            self.add_error(name, said(refusal))
            return None


class DoingOne(Charging, Doing):
    """What was done for one card, and what is taken for it."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, data: Any, card: Card, price: Price, today: date) -> None:
        Doing.__init__(self, data, card.policy, acts(card.policy, price), today)
        self.initial.update({"version": card.state.version, **charged(price.fee)})


class CardFee(Charging):
    """What is taken for one card."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
