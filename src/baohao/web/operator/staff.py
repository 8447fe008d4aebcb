"""Staff: who signs in for the operator, as what, and where they work."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from functools import partial
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy

from baohao.app import halls
from baohao.web.accounts.doors import confirmed, signed_in, workers
from baohao.web.accounts.models import Account
from baohao.web.accounts.roles import Act
from baohao.web.desk import desk
from baohao.web.operator.room import exported, noted, operator_of
from baohao.web.operator.words import ROLES

#: Nobody reads one of these for another; twelve are 59 bits.
_LETTERS, _LONG = "abcdefghjkmnpqrstuvwxyz23456789", 12
HEADINGS = ("signs_in_by", "name", "role", "hall", "till", "is_active", "last_sign_in")
_KEY = RegexValidator(
    r"\A[a-z0-9][a-z0-9.-]{0,31}\Z",
    gettext_lazy('At most 32 small letters, digits, . and -, as in "hall-1".'),
)


class Work(forms.ModelForm):  # type: ignore[type-arg]
    """As what somebody works, and where."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=list(ROLES.items()))
    point = forms.ChoiceField(required=False, label=gettext_lazy("Hall"))
    till = forms.CharField(
        max_length=32, required=False, validators=[_KEY], label=gettext_lazy("Till")
    )

    class Meta:
        model = Account
        fields = ("title", "role", "point", "till")
        labels = {"title": gettext_lazy("Name")}  # noqa: RUF012 - as Django writes it

    def __init__(self, *args: Any, operator: str, **more: Any) -> None:
        super().__init__(*args, **more)
        if self.instance.by_directory:
            # What the directory says is said there.
            self.fields["title"].disabled = self.fields["role"].disabled = True
        found = desk().read(partial(halls.of_operator, operator=operator))
        known = {"": "—", **{each.key: each.name for each in found}}
        # A hall of before stays with whoever works there until somebody changes it.
        known.setdefault(self.instance.point, self.instance.point)
        point = self.fields["point"]
        assert isinstance(point, forms.ChoiceField)  # noqa: S101 - made so above
        point.choices = list(known.items())


class New(Work):
    """Somebody new."""

    class Meta:
        model = Account
        fields = ("name", "title", "role", "point", "till")
        labels = {  # noqa: RUF012
            "name": gettext_lazy("Name to sign in by"),
            "title": gettext_lazy("Name"),
        }

    def clean_name(self) -> str:
        """Return the name in small letters; holders' accounts have a colon in theirs."""
        name = str(self.cleaned_data["name"]).strip().lower()
        if ":" in name:
            raise forms.ValidationError(gettext_lazy("A name to sign in by has no colon."))
        if Account.objects.filter(name=name).exists():
            raise forms.ValidationError(gettext_lazy("Somebody signs in by that name already."))
        return name


@workers(Act.STAFF)
@confirmed
def listed(request: HttpRequest) -> HttpResponse:
    """List staff, and add somebody; their password is shown once."""
    form = New(request.POST or None, operator=operator_of(request).key)
    if request.method == "POST" and form.is_valid():
        account = form.save(commit=False)
        account.operator = operator_of(request).key
        word = given(account)
        noted(request, "add", account.name, _said(account))
        return render(request, "operator/password.html", {"account": account, "word": word})
    zone = operator_of(request).zone
    staff = [
        (each, ROLES[each.role], each.last_login and each.last_login.astimezone(zone))
        for each in _staff(request)
    ]
    return render(request, "operator/staff.html", {"staff": staff, "form": form})


@workers(Act.STAFF)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the list as a file."""
    noted(request, "export", "staff")
    rows = (
        (a.name, a.title, a.role, a.point, a.till, a.is_active, a.last_login)
        for a in _staff(request)
    )
    return exported("staff", HEADINGS, rows)


@workers(Act.STAFF)
@confirmed
def one(request: HttpRequest, account: int) -> HttpResponse:
    """Change what somebody does, give a new password, or take the sign-in away."""
    found = _own(request, account)
    what = request.POST.get("what", "")
    is_me = found.pk == signed_in(request).pk
    typed = request.POST if what == "change" else None
    form = Work(typed, instance=found, operator=found.operator)
    if what == "password" and not is_me and not found.by_directory:
        word = given(found)
        noted(request, "password", found.name)
        return render(request, "operator/password.html", {"account": found, "word": word})
    if what in ("end", "return") and not is_me:
        found.is_active = what == "return"
        found.save(update_fields=["is_active"])
        noted(request, what, found.name)
        return redirect("console_staff")
    if what == "change" and not is_me and form.is_valid():
        form.save()
        noted(request, "change", found.name, _said(found))
        return redirect("console_staff")
    page = {"account": found, "form": form, "is_me": is_me}
    return render(request, "operator/one_of_staff.html", page)


def given(account: Account) -> str:
    """Give a password that is to be changed at once; whoever was signed in is out."""
    letters = [secrets.choice(_LETTERS) for _ in range(_LONG)]
    word = "-".join("".join(letters[n : n + 4]) for n in range(0, _LONG, 4))
    account.set_password(word)
    account.must_change = True
    account.save()
    return word


def _said(account: Account) -> str:
    return " · ".join(filter(None, (account.role, account.point, account.till)))


def _staff(request: HttpRequest) -> Iterable[Account]:
    key = operator_of(request).key
    return Account.objects.filter(operator=key, role__in=ROLES).order_by("-is_active", "name")


def _own(request: HttpRequest, account: int) -> Account:
    """Return somebody who works for the reader's operator; raises `Http404` for anybody else."""
    for each in _staff(request):
        if each.pk == account:
            return each
    raise Http404
