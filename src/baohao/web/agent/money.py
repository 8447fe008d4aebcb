"""The agency's money: the float and its forecast, the statement of each month, commissions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from baohao.app.agents import floats, registry, statement, statement_file
from baohao.core.agents import Agent
from baohao.core.civil import add_months
from baohao.core.money import format_minor
from baohao.web.accounts.doors import workers
from baohao.web.accounts.roles import Act
from baohao.web.agent import chart, own
from baohao.web.agent.selling import AMOUNT_MAX, amount
from baohao.web.desk import desk

_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)
_CURSOR = re.compile(r"(\d{1,17})-([0-9a-f]{32})-(\d{1,4})", re.ASCII)
#: Months that are offered: this one and a year before it.
MONTHS = 13
PAGE = 50
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: The words of a statement's lines, as `statement_file.lines` has them.
LINES = {
    "commission owed before": gettext_lazy("Commission owed before"),
    "earned": gettext_lazy("Earned"),
    "lost by reversals": gettext_lazy("Lost by reversals"),
    "paid out": gettext_lazy("Paid out"),
    "commission owed": gettext_lazy("Commission owed"),
    "float before": gettext_lazy("Float before"),
    "paid in": gettext_lazy("Paid in"),
    "spent": gettext_lazy("Spent on sales"),
    "given back": gettext_lazy("Given back"),
    "withdrawn": gettext_lazy("Withdrawn"),
    "commission paid in": gettext_lazy("Commission paid in"),
    "float": gettext_lazy("Float"),
    "service fees, its own": gettext_lazy("Service fees, your own money"),
}
_TOTALS = ("commission owed", "float")


class Alarm(forms.Form):
    """Below which amount the float is called low."""

    alarm = forms.CharField(
        max_length=AMOUNT_MAX,
        required=False,
        label=gettext_lazy("Tell me when the float is below"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(self, currency: str, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._currency = currency

    def clean_alarm(self) -> int | None:
        """Return minor units; `None`: never."""
        text = self.cleaned_data["alarm"]
        return amount(text, self._currency) if text.strip() else None


@workers(Act.AGENCY)
def float_(request: HttpRequest) -> HttpResponse:
    """Show the float, when it runs out, and the months."""
    agent = own.agent_of(request)
    return render(request, "agent/money.html", _float_page(agent, None))


@workers(Act.AGENCY)
@require_POST
def alarm(request: HttpRequest) -> HttpResponse:
    """Set the float's alarm."""
    agent = own.agent_of(request)
    form = Alarm(agent.currency, request.POST)
    if not form.is_valid():
        return render(request, "agent/money.html", _float_page(agent, form), status=400)
    changed = replace(agent, float_alarm_minor=form.cleaned_data["alarm"])
    operators = desk().house.library.operators
    desk().shell.run(partial(registry.change, agent=changed, operators=operators))
    desk().house.meet(changed)
    return redirect("agent_money")


@workers(Act.AGENCY)
def month(request: HttpRequest, month: str) -> HttpResponse:
    """Show the statement of a month, as far as it has come."""
    agent, day = own.agent_of(request), _first_of(month)
    told = desk().read(
        partial(statement.statement, agent=agent, month=day, zone=own.zone_of(agent))
    )
    lines = [(LINES[name], minor, name in _TOTALS) for name, minor in statement_file.lines(told)]
    ends = [n for n, (_, _, is_total) in enumerate(lines, start=1) if is_total]
    page = {
        "agent": agent,
        "told": told,
        "month": month,
        "commission": lines[: ends[0]],
        "float": lines[ends[0] : ends[1]],
        "fees": lines[ends[1] :],
    }
    return render(request, "agent/month.html", page)


@workers(Act.AGENCY)
def month_export(request: HttpRequest, month: str, format: str) -> HttpResponse:
    """Give the statement of a month as a table, or as a workbook with its summary."""
    agent, day = own.agent_of(request), _first_of(month)
    if format not in FORMATS:
        raise Http404
    zone = own.zone_of(agent)

    def written(conn: Any) -> bytes:
        told = statement.statement(conn, agent, day, zone)
        sales = statement.detail(conn, agent, day, zone)
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"statement.{format}"
            statement_file.write(path, told, sales, zone)
            return path.read_bytes()

    response = HttpResponse(desk().read(written), content_type=FORMATS[format])
    response["Content-Disposition"] = f'attachment; filename="statement-{month}.{format}"'
    return response


@workers(Act.AGENCY)
def commissions(request: HttpRequest) -> HttpResponse:
    """List what each sale earned, and what was lost again when it was taken back."""
    agent, wanted = own.agent_of(request), request.GET.get("month", "")
    months = _months(agent)
    wanted = wanted if _MONTH.fullmatch(wanted) else months[0]
    zone = own.zone_of(agent)
    rows = desk().read(
        partial(
            statement.sales_page,
            agent=agent,
            month=_first_of(wanted),
            zone=zone,
            after=_place(request.GET.get("after", "")),
            limit=PAGE + 1,
        )
    )
    page = {
        "agent": agent,
        "month": wanted,
        "months": months,
        "rows": [(each.recorded_at.astimezone(zone), each) for each in rows[:PAGE]],
        "next": _cursor(rows[PAGE - 1].place) if len(rows) > PAGE else "",
    }
    return render(request, "agent/commissions.html", page)


# --- how ------------------------------------------------------------------------------------------


def _float_page(agent: Agent, form: Alarm | None) -> dict[str, Any]:
    set_ = agent.float_alarm_minor
    shown = "" if set_ is None else format_minor(set_, agent.currency)
    found = desk().read(partial(floats.float_now, agent=agent))
    zone = own.zone_of(agent)
    days = desk().read(partial(floats.days_of, agent=agent, zone=zone, count=chart.BEHIND))
    return {
        "agent": agent,
        "float": found,
        "chart": chart.drawn(days, found.spent_28_minor, set_),
        "months": _months(agent),
        "form": form or Alarm(agent.currency, initial={"alarm": shown}),
    }


def _months(agent: Agent) -> list[str]:
    """Return the months that statements are offered of, the last first."""

    def back() -> Iterator[str]:
        day = desk().now().astimezone(own.zone_of(agent)).date().replace(day=1)
        for n in range(MONTHS):
            yield statement.name_of(add_months(day, -n))

    return list(back())


def _first_of(month: str) -> date:
    """Return the first day of a month; raises `Http404` where it is none."""
    if _MONTH.fullmatch(month) is None:
        raise Http404
    return date.fromisoformat(f"{month}-01")


def _cursor(place: tuple[datetime, UUID, int]) -> str:
    at, ask, n = place
    micros = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return f"{micros}-{ask.hex}-{n}"


def _place(after: str) -> tuple[datetime, UUID, int] | None:
    """Read a cursor; one that is none begins the list anew."""
    found = _CURSOR.fullmatch(after)
    if found is None:
        return None
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(found[1]))
    return at, UUID(found[2]), int(found[3])
