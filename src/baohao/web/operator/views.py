"""The dashboard: prepared figures as drawings, each of which opens the list behind it."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from baohao.app.console import overview
from baohao.app.console.overview import Made, Overview
from baohao.app.payments import exceptions
from baohao.core.money import exponent_of
from baohao.core.operators import Operator
from baohao.core.policy.model import STAGE_KINDS
from baohao.web.accounts.doors import workers
from baohao.web.accounts.roles import Act
from baohao.web.desk import desk
from baohao.web.operator import charts
from baohao.web.operator.charts import Mark
from baohao.web.operator.room import operator_of
from baohao.web.templatetags.saying import compact, money, short_day
from baohao.web.wording import STAGES, channel

WEEKS, AT_RISK_DAYS, MONEY_DAYS = 12, 30, 14


@workers(Act.CONSOLE)
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show the figures that were made last."""
    operator = operator_of(request)
    made = desk().read(partial(overview.read, operator=operator.key)) or _made(operator)
    waiting = desk().read(partial(exceptions.of_operator, operator=operator.key))
    now = desk().now()
    figures = made.figures
    page = {
        "operator": operator,
        "made_at": made.at.astimezone(operator.zone),
        "all_lines": sum(figures.stages.values()),
        "risks": _risks(figures),
        "waiting": len(waiting),
        "late": sum(each.due_at < now for each in waiting),
        "charts": [
            _stages(figures),
            _weeks(figures),
            _channels(figures),
            _money(figures, operator),
        ],
    }
    return render(request, "operator/dashboard.html", page)


@workers(Act.CONSOLE)
@require_POST
def refresh(request: HttpRequest) -> HttpResponse:
    """Make the figures anew."""
    _made(operator_of(request))
    return redirect("console")


def _made(operator: Operator) -> Made:
    rules = desk().house.library.policies
    return desk().shell.run(partial(overview.make, rules=rules, operator=operator))


def _url(name: str, **asked: object) -> str:
    return f"{reverse(name)}?{urlencode(asked)}"


def _risks(figures: Overview) -> list[tuple[str, int, str]]:
    """Return what is at risk in the next days: what it is, how many lines, where they are."""
    end = figures.day + timedelta(days=AT_RISK_DAYS)
    said = {
        "live": gettext("run out"),
        "grace": gettext("are suspended"),
        "suspended": gettext("lose their number"),
    }
    return [
        (words, figures.leaving_between(kind, figures.day, end), _leaving(kind, figures.day, end))
        for kind, words in said.items()
    ]


def _leaving(kind: str, first: date, end: date) -> str:
    return _url("console_lines", stage=kind, first=first, last=end - timedelta(days=1))


def _chart(drawn: Any, name: str, title: str, marks: list[Mark], **more: Any) -> dict[str, Any]:
    said = more.pop("said")
    svg = drawn(name, title, said, marks)
    return {"name": name, "title": title, "said": said, "svg": svg, "marks": marks} | more


def _stages(figures: Overview) -> dict[str, Any]:
    marks = [
        Mark(
            label=str(STAGES[kind]),
            said=_lines(str(STAGES[kind]), figures.stages[kind]),
            value=figures.stages[kind],
            written=f"{figures.stages[kind]:,}",
            url=_url("console_lines", stage=kind),
            look=kind,
        )
        for kind in STAGE_KINDS
        if figures.stages.get(kind)
    ]
    return _chart(
        charts.rows,
        "stages",
        gettext("Lines by stage"),
        marks,
        said=gettext("How many lines stand in each stage."),
        of=gettext("Stage"),
    )


def _weeks(figures: Overview) -> dict[str, Any]:
    marks = []
    for week in range(WEEKS):
        first = figures.day + timedelta(weeks=week)
        end = first + timedelta(weeks=1)
        lines = figures.leaving_between("live", first, end)
        marks.append(
            Mark(
                label=short_day(first),
                said=_lines(gettext("Week from {day}").format(day=short_day(first)), lines),
                value=lines,
                written=f"{lines:,}",
                url=_leaving("live", first, end),
                look="grace" if week < AT_RISK_DAYS // 7 else "live",
                short_label="" if week % 2 else short_day(first),
                short_value=compact(lines) if lines else "",
            )
        )
    return _chart(
        charts.columns,
        "weeks",
        gettext("Running out by week"),
        marks,
        said=gettext("How many active lines run out in each of the next 12 weeks."),
        of=gettext("Week from"),
    )


def _channels(figures: Overview) -> dict[str, Any]:
    since = figures.day - timedelta(days=overview.BACK_DAYS - 1)
    found = sorted(figures.renewals.items(), key=lambda each: -each[1])
    marks = [
        Mark(
            label=channel(name),
            said=gettext("{channel}: {count} renewals").format(channel=channel(name), count=count),
            value=count,
            written=f"{count:,}",
            url=_url("console_sales", channel=name, renewals=1, first=since, last=figures.day),
            look="live",
        )
        for name, count in found
    ]
    return _chart(
        charts.rows,
        "channels",
        gettext("Renewals by channel"),
        marks,
        said=gettext("How many renewals came through each channel in the last 28 days."),
        of=gettext("Channel"),
    )


def _money(figures: Overview, operator: Operator) -> dict[str, Any]:
    taken = {each.day: each for each in figures.money if each.currency == operator.currency}
    exponent = exponent_of(operator.currency)
    marks = []
    for back in range(MONEY_DAYS - 1, -1, -1):
        day = figures.day - timedelta(days=back)
        found = taken.get(day)
        minor = found.taken_minor - found.returned_minor if found else 0
        written = money(minor, operator.currency)
        marks.append(
            Mark(
                label=short_day(day),
                said=f"{short_day(day)}: {written}",
                value=max(minor, 0),
                written=written,
                url=_url("console_sales", first=day, last=day),
                look="live",
                short_label=str(day.day),
                short_value=compact(minor // 10**exponent) if minor > 0 else "",
            )
        )
    return _chart(
        charts.columns,
        "money",
        gettext("Money by day"),
        marks,
        said=gettext("What was paid on each of the last 14 days, less what was given back."),
        of=gettext("Day"),
    )


def _lines(what: str, count: int) -> str:
    return ngettext("{what}: {count} line", "{what}: {count} lines", count).format(
        what=what, count=f"{count:,}"
    )
