"""The agent's customers: whose number is lost soon, one line, and renewing it from the float."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from baohao.app import cards, glance, portrait
from baohao.app.agents import customers, floats, stock
from baohao.app.bulk import files
from baohao.app.csv_files import write_rows
from baohao.core.refusals import Refusal
from baohao.web import selling
from baohao.web.accounts.doors import signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.agent import own, rights
from baohao.web.agent.selling import Buying, promise_page, promised, service_fee_max
from baohao.web.desk import desk
from baohao.web.wording import said

#: How far ahead the list of customers may look; the last is all of them.
AHEAD_DAYS = (30, 90, 365, 36_500)
PAGE = 50
#: Customers that are shown first.
NEXT = 8
#: Microseconds of a time that calendars have, and a number's digits.
_CURSOR = re.compile(r"(\d{1,17})-(\d{1,15})", re.ASCII)
_BEGINS = datetime(1970, 1, 1, tzinfo=UTC)


class Find(forms.Form):
    """A number, or the ICCID on a card."""

    what = forms.CharField(
        max_length=60,
        label=gettext_lazy("Number, or ICCID of the card"),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )


@workers(Act.SELL)
def home(request: HttpRequest) -> HttpResponse:
    """Show what wants doing: who is due, how the float stands, which files wait."""
    agent, account = own.agent_of(request), signed_in(request)
    until = desk().now() + timedelta(days=AHEAD_DAYS[-1])
    next_due = desk().read(partial(customers.due, agent=agent.key, until=until, limit=NEXT))
    seller = rights.of(account)
    sent = desk().read(partial(files.listed, principal=agent.key, limit=3))
    page = {
        "agent": agent,
        "due": _seen(next_due),
        "stock": sum(desk().read(partial(stock.counted, agent=agent.key)).values()),
        "files": sent if rights.may_send_files(request) else (),
        "form": Find(),
        "seller": seller,
        "spent_minor": rights.spent_minor(account, rights.today(agent)),
    }
    if own.sees_money(request):
        page["float"] = desk().read(partial(floats.float_now, agent=agent))
    return render(request, "agent/home.html", page)


@workers(Act.SELL)
def due(request: HttpRequest) -> HttpResponse:
    """List customers by the day on which their number is lost; or find one."""
    agent = own.agent_of(request)
    form = Find(request.GET if "what" in request.GET else None)
    if form.is_bound and form.is_valid():
        try:
            number = desk().read(partial(cards.number_of, text=form.cleaned_data["what"]))
            own.own(request, number)
            return redirect("agent_line", number=number)
        except Refusal as refusal:
            form.add_error("what", said(refusal))
        except Http404:
            form.add_error("what", gettext_lazy("There is no line of yours by that."))
    days = _days(request)
    until, after = desk().now() + timedelta(days=days), _place(request.GET.get("after", ""))
    found = desk().read(
        partial(customers.due, agent=agent.key, until=until, after=after, limit=PAGE + 1)
    )
    page = {
        "form": form,
        "rows": _seen(found[:PAGE]),
        "days": days,
        "choices": AHEAD_DAYS[:-1],
        "all": AHEAD_DAYS[-1],
        "next": _cursor(found[PAGE - 1].place) if len(found) > PAGE else "",
        "is_first": after is None,
    }
    return render(request, "agent/customers.html", page)


@workers(Act.SELL)
def due_export(request: HttpRequest) -> HttpResponse:
    """Give the list as a table."""
    agent, out = own.agent_of(request), StringIO()
    rows = partial(customers.due_list, rules=desk().terms.rules, agent=agent.key)
    desk().read(lambda conn: write_rows(out, customers.COLUMNS, rows(conn, days=_days(request))))
    return table(out.getvalue(), "customers.csv")


def table(text: str, name: str) -> HttpResponse:
    """Return a table to be kept; spreadsheets know its encoding by the mark that it begins with."""
    response = HttpResponse(f"\ufeff{text}", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@workers(Act.SELL)
def line(request: HttpRequest, number: str) -> HttpResponse:
    """Show a line of the agent's, and promise a term."""
    found, agent = own.own(request, number), own.agent_of(request)
    if found.kind == "stock":
        return redirect("agent_card", number=number)
    form, refused = Buying(found.currency, request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            quote = promised(found, agent, "renew", request.POST.get("term", ""), form)
            return redirect("agent_promise", number=number, quote=quote)
        except Refusal as refusal:
            refused = own.told(request, refusal)
    told = desk().read(
        partial(portrait.history, terms=desk().terms, number=number, principal=agent.key)
    )
    offers = [each for each in found.offers if each.what == "renew"]
    page = {
        "line": found,
        "form": form,
        "offers": [(each, selling.term(each.term)) for each in offers],
        "fee_max": service_fee_max(found),
        "history": told[::-1],
        "refused": refused,
    }
    return render(request, "agent/line.html", page, status=409 if refused else 200)


@workers(Act.SELL)
def promise(request: HttpRequest, number: str, quote: UUID) -> HttpResponse:
    """Show what is promised; paid from the float, it is sold, once."""
    found = own.own(request, number)
    return promise_page(request, found, quote, reverse("agent_line", args=[number]), {})


# --- how ------------------------------------------------------------------------------------------


def _days(request: HttpRequest) -> int:
    wanted = request.GET.get("days", "")
    return next((days for days in AHEAD_DAYS if str(days) == wanted), AHEAD_DAYS[0])


def _seen(rows: list[customers.Customer]) -> list[glance.Glance]:
    """Return the lines of customers, in their order."""
    numbers = [each.number for each in rows]
    found = desk().read(partial(glance.many, terms=desk().terms, numbers=numbers))
    by_number = {each.number: each for each in found}
    return [by_number[number] for number in numbers if number in by_number]


def _cursor(place: customers.Place) -> str:
    at, number = place
    micros = (at - _BEGINS) // timedelta(microseconds=1)
    return f"{micros}-{number.removeprefix('+')}"


def _place(after: str) -> customers.Place | None:
    """Read a cursor; one that is none begins the list anew."""
    found = _CURSOR.fullmatch(after)
    if found is None:
        return None
    return _BEGINS + timedelta(microseconds=int(found[1])), f"+{found[2]}"
