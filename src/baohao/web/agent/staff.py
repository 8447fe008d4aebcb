"""The agent's people: the owner adds sellers, says what each may do, and takes them away."""

from __future__ import annotations

import re
import secrets
from typing import Any

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from baohao.core.agents import Agent
from baohao.core.money import format_minor
from baohao.web.accounts.doors import confirmed, signed_in, workers
from baohao.web.accounts.models import Account
from baohao.web.accounts.roles import Act, Role
from baohao.web.agent import own, rights
from baohao.web.agent.models import Seller
from baohao.web.agent.selling import AMOUNT_MAX, amount

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,19}", re.ASCII)
#: Characters of a password that its seller is handed, and may change.
PASSWORD_BYTES = 9


class Rights(forms.Form):
    """What a seller may do."""

    limit = forms.CharField(
        max_length=AMOUNT_MAX,
        required=False,
        label=gettext_lazy("At most so much a day; empty: any amount"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    may_activate = forms.BooleanField(
        required=False, initial=True, label=gettext_lazy("May activate cards from the stock")
    )
    may_send_files = forms.BooleanField(
        required=False, label=gettext_lazy("May send files of renewals")
    )

    def __init__(self, currency: str, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._currency = currency

    def clean_limit(self) -> int | None:
        """Return minor units; `None`: no limit."""
        text = self.cleaned_data["limit"]
        return amount(text, self._currency) if text.strip() else None


class Adding(Rights):
    """A new seller."""

    title = forms.CharField(
        max_length=80,
        label=gettext_lazy("Who it is"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(
        max_length=20,
        label=gettext_lazy("Short name to sign in with, as in ana"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("title", "name", "limit", "may_activate", "may_send_files")

    def clean_title(self) -> str:
        """Refuse signs that nobody sees, which hide what a name says."""
        found: str = self.cleaned_data["title"].strip()
        if not found.isprintable():
            raise forms.ValidationError(
                gettext_lazy("The name has signs that cannot be seen; type it anew.")
            )
        return found

    def clean_name(self) -> str:
        """Return a name as it is kept."""
        found: str = self.cleaned_data["name"].strip().lower()
        if _NAME.fullmatch(found) is None:
            raise forms.ValidationError(
                gettext_lazy("Write at most 20 of a-z, 0-9, _ and -, as in ana.")
            )
        return found


@workers(Act.AGENCY)
@confirmed
def people(request: HttpRequest) -> HttpResponse:
    """List the agent's people, and add a seller."""
    agent = own.agent_of(request)
    form, added, password = Adding(agent.currency, request.POST or None), None, ""
    if request.method == "POST" and form.is_valid():
        added, password = _added(agent, form)
        if added is None:
            form.add_error("name", gettext_lazy("Somebody of yours has that name already."))
        else:
            form = Adding(agent.currency)
    page = {
        "agent": agent,
        "people": [_told(agent, each) for each in _people(agent)],
        "form": form,
        "added": added,
        "password": password,
        "me": signed_in(request),
    }
    return render(request, "agent/staff.html", page, status=201 if added else 200)


@workers(Act.AGENCY)
@confirmed
def person(request: HttpRequest, person: int) -> HttpResponse:
    """Change what a seller may do."""
    agent, seller = own.agent_of(request), _seller(request, person)
    limit = seller.limit_minor
    shown = "" if limit is None else format_minor(limit, agent.currency)
    initial = {
        "limit": shown,
        "may_activate": seller.may_activate,
        "may_send_files": seller.may_send_files,
    }
    form = Rights(agent.currency, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        _allow(seller, form)
        return redirect("agent_staff")
    return render(request, "agent/person.html", {"seller": seller, "form": form, "agent": agent})


@workers(Act.AGENCY)
@confirmed
@require_POST
def away(request: HttpRequest, person: int) -> HttpResponse:
    """Take a seller's rights away, or give them back; whoever is signed in is out at once."""
    seller = _seller(request, person)
    seller.account.is_active = request.POST.get("back") == "1"
    seller.account.save(update_fields=["is_active"])
    return redirect("agent_staff")


# --- how ------------------------------------------------------------------------------------------


def _added(agent: Agent, form: Adding) -> tuple[Account | None, str]:
    """Make a seller with a password that is shown once; `None`: the name is taken."""
    said, password = form.cleaned_data, secrets.token_urlsafe(PASSWORD_BYTES)
    # Under the agent's own key: nobody learns which names others have.
    name = f"{agent.key}.{said['name']}"
    with transaction.atomic():
        if Account.objects.filter(name=name).exists():
            return None, ""
        more = {"agent": agent.key, "title": said["title"]}
        made = Account.objects.staff(name, "", Role.SELLER, password, **more)
        _allow(Seller(account=made), form)
    return made, password


def _allow(seller: Seller, form: Rights) -> None:
    seller.limit_minor = form.cleaned_data["limit"]
    seller.may_activate = form.cleaned_data["may_activate"]
    seller.may_send_files = form.cleaned_data["may_send_files"]
    seller.save()


def _people(agent: Agent) -> list[Account]:
    found = Account.objects.filter(agent=agent.key, role__in=[Role.OWNER, Role.SELLER])
    return list(found.order_by("role", "name"))


def _told(agent: Agent, account: Account) -> dict[str, Any]:
    return {
        "account": account,
        "is_owner": account.role == Role.OWNER,
        "seller": rights.of(account),
        "spent_minor": rights.spent_minor(account, rights.today(agent)),
    }


def _seller(request: HttpRequest, person: int) -> Seller:
    """Return a seller of the agent's; raises `Http404` for anybody else."""
    agent = own.agent_of(request)
    found = Seller.objects.filter(
        account_id=person, account__agent=agent.key, account__role=Role.SELLER
    ).first()
    if found is None:
        raise Http404
    return found
