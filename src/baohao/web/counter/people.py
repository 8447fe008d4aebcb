"""Documents at the counter: who gets a number, and whether somebody is who holds it."""

from __future__ import annotations

from functools import partial

from django import forms
from django.utils.translation import gettext_lazy

from baohao.app import people, tenures
from baohao.core.people import WORDS, Person, read_person
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web.desk import desk
from baohao.web.vocabulary import DOCUMENTS


class NotTheHolder(Refusal):
    """That document is not the one that this number is registered to."""

    code = "holder.document_other"


class Shown(forms.Form):
    """A document that somebody shows."""

    document = forms.ChoiceField(
        label=gettext_lazy("Document"), choices=[(word, DOCUMENTS[word]) for word in WORDS]
    )
    number = forms.CharField(
        max_length=40,
        label=gettext_lazy("Its number"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    country = forms.CharField(
        max_length=3, required=False, label=gettext_lazy("Country of a passport (three letters)")
    )

    def person(self) -> Person:
        """Return who shows it, without a name of their own; raises what is malformed."""
        said = self.cleaned_data
        return read_person(
            name=said.get("name") or "-",
            document=said["document"],
            number=said["number"],
            country=said["country"],
            expires_on=said.get("expires_on"),
        )


class Registered(Shown):
    """Who is to hold a number."""

    name = forms.CharField(max_length=400, label=gettext_lazy("Name as on the document"))
    expires_on = forms.DateField(
        required=False,
        label=gettext_lazy("Good until"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    residency = forms.ChoiceField(
        label=gettext_lazy("Lives here?"),
        choices=[
            ("resident", gettext_lazy("Resident")),
            ("visitor", gettext_lazy("Visitor")),
        ],
    )
    field_order = ("name", "document", "number", "country", "expires_on", "residency")


def registered(person: Person) -> str:
    """Keep who somebody is, and return the random id that the journal is to know."""
    house = desk().house
    work = partial(people.enter, seals=house.seals, vault=house.vault, person=person, new_id=new_id)
    return desk().shell.run(work)


def is_holder(number: str, person: Person) -> None:
    """Compare a document with the holder of a number; raises `NotTheHolder`."""
    held = desk().read(partial(tenures.open_one, number=number))
    seals = desk().house.seals
    found = desk().read(partial(people.holder_of, seals=seals, person=person))
    if held is None or found is None or held.holder != found:
        raise NotTheHolder()
