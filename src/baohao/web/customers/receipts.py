"""Receipts to print and to hand on, taking one back, and the statement of a month."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy

from baohao.app import csv_files
from baohao.core.civil import add_months
from baohao.core.money import format_minor
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.customers import ledger, papers, words
from baohao.web.customers.models import Deed, Receipt
from baohao.web.customers.papers import Paper
from baohao.web.customers.room import book_of, owed
from baohao.web.customers.views import given

#: Papers that a receipt may be printed on.
PAPERS = (("a5", gettext_lazy("A5")), ("slip", gettext_lazy("Roll of 80 mm")))
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)
#: Months that are offered: this one and a year before it.
MONTHS = 13


class Voiding(forms.Form):
    """Why a receipt is taken back, and what becomes of the money."""

    reason = forms.CharField(max_length=200, label=gettext_lazy("Why"))
    money = forms.ChoiceField(
        label=gettext_lazy("The money"),
        choices=(
            ("back", gettext_lazy("I gave it back; nothing is owed")),
            ("owed", gettext_lazy("It was written down by mistake; it is still owed")),
        ),
        widget=forms.RadioSelect,
    )


def own_paper(request: HttpRequest, receipt: UUID) -> Paper:
    """Return a receipt of the reader's; raises `Http404` for any other."""
    found = papers.own(signed_in(request).holder, receipt)
    if found is None:
        raise Http404
    (paper,) = papers.opened(found.keeper, [found])
    return paper


@holders
def receipt(request: HttpRequest, receipt: UUID) -> HttpResponse:
    """Show a receipt to be printed, in its customer's language."""
    paper = own_paper(request, receipt)
    kind = request.GET.get("paper", "a5")
    page = {
        **_papered(paper),
        "paper": kind if kind in dict(PAPERS) else "a5",
        "papers": PAPERS,
        "text": papers.text(paper),
    }
    return render(request, "customers/receipt.html", page)


def _papered(paper: Paper) -> dict[str, Any]:
    receipt, said = paper.receipt, paper.said
    return {
        "receipt": receipt,
        "said": said,
        "totals": {currency: abs(minor) for currency, minor in sorted(receipt.totals.items())},
        "voided": Receipt.objects.filter(voids=receipt).first(),
        "tongue": said.language if said else None,
    }


@holders
def void(request: HttpRequest, receipt: UUID) -> HttpResponse:
    """Take a receipt back by another; nothing is deleted."""
    paper = own_paper(request, receipt)
    if paper.receipt.voids_id is not None:
        raise Http404
    form = Voiding(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = papers.void(paper, data["reason"], data["money"] == "owed")
        return redirect("customer_receipt", receipt=made.id)
    page = {"form": form, **_papered(paper)}
    return render(request, "customers/void.html", page)


# --- a month --------------------------------------------------------------------------------------


@holders
def months(request: HttpRequest) -> HttpResponse:
    """Lead to this month."""
    today = ledger.today(signed_in(request).holder)
    return redirect("customers_month", month=f"{today:%Y-%m}")


@holders
def month(request: HttpRequest, month: str) -> HttpResponse:
    """Show what was taken in a month, what it cost, and who owes."""
    first, last = _days(month)
    keeper = signed_in(request).holder
    book = book_of(request)
    deeds, receipts = _of_month(keeper, first, last)
    taken = words.summed(each.totals for each in receipts)
    costs = words.summed({each.cost_currency: each.cost_minor} for each in deeds)
    debts = owed(keeper)
    page = {
        "month": month,
        "first": first,
        "months": _months(ledger.today(keeper)),
        "sums": [
            (each, taken.get(each, 0), costs.get(each, 0), taken.get(each, 0) - costs.get(each, 0))
            for each in sorted(set(taken) | set(costs))
            if taken.get(each) or costs.get(each)
        ],
        "deeds": len(deeds),
        "receipts": papers.opened(keeper, receipts),
        "debts": [
            (book.by_id.get(customer), len(found), words.summed(deed.due for deed in found))
            for customer, found in debts.items()
        ],
        "owed": words.summed(deed.due for found in debts.values() for deed in found),
    }
    return render(request, "customers/month.html", page)


@holders
def month_table(request: HttpRequest, month: str) -> HttpResponse:
    """Give a month as a table: what was done and what it cost, and each receipt."""
    first, last = _days(month)
    keeper, book = signed_in(request).holder, book_of(request)
    deeds, receipts = _of_month(keeper, first, last)
    names = {id_: entry.customer.name for id_, entry in book.by_id.items()}
    lines: list[list[str]] = []
    for deed in deeds:
        cost = format_minor(-deed.cost_minor, deed.cost_currency)
        who = names.get(str(deed.customer), "")
        lines.append(
            [
                deed.day.isoformat(),
                "cost",
                "",
                who,
                deed.number,
                deed.kind,
                cost,
                deed.cost_currency,
            ]
        )
    for paper in papers.opened(keeper, receipts):
        each, said = paper.receipt, paper.said
        kind = "receipt" if each.voids_id is None else "taken back"
        who, number = (said.customer, said.number) if said else ("", "")
        for currency, minor in sorted(each.totals.items()):
            amount = format_minor(minor, currency)
            lines.append(
                [each.day.isoformat(), kind, each.number, who, number, "", amount, currency]
            )
    for customer, found in owed(keeper).items():
        for currency, minor in sorted(words.summed(deed.due for deed in found).items()):
            amount = format_minor(minor, currency)
            lines.append(["", "owed now", "", names.get(customer, ""), "", "", amount, currency])
    out = io.StringIO()
    head = ["day", "what", "receipt", "customer", "number", "act", "amount", "currency"]
    lines.sort(key=_by_day)
    csv_files.write_rows(out, head, lines)
    return given(out.getvalue(), f"customers-{month}.csv")


def _by_day(line: Sequence[str]) -> str:
    """What is owed now, whenever it came about, comes last."""
    return line[0] or "~"


def _of_month(keeper: str, first: date, last: date) -> tuple[list[Deed], list[Receipt]]:
    deeds = Deed.objects.filter(keeper=keeper, state=Deed.DONE, day__range=(first, last))
    receipts = Receipt.objects.filter(keeper=keeper, day__range=(first, last))
    return list(deeds.order_by("day", "id")), list(receipts.order_by("year", "n"))


def _days(month: str) -> tuple[date, date]:
    """Return a month's first and last day; raises `Http404` where it is none."""
    if _MONTH.fullmatch(month) is None:
        raise Http404
    first = date.fromisoformat(f"{month}-01")
    return first, add_months(first, 1) - timedelta(days=1)


def _months(today: date) -> list[str]:
    first = today.replace(day=1)
    return [f"{add_months(first, -n):%Y-%m}" for n in range(MONTHS)]
