"""Sales: what stands behind the figures of money and of renewals, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from baohao.app.console import sales
from baohao.app.console.sales import Key, Wanted
from baohao.core.civil import civil_day, midnight
from baohao.core.money import format_minor
from baohao.core.operators import Operator
from baohao.web.accounts.doors import workers
from baohao.web.accounts.roles import Act
from baohao.web.desk import desk
from baohao.web.operator.room import begins, day_in, exported, is_over, noted, operator_of
from baohao.web.operator.words import SOLD
from baohao.web.wording import CHANNELS, channel

HEADINGS = ("at", "number", "what", "channel", "by", "amount", "currency", "ask")


@workers(Act.CONSOLE)
def listed(request: HttpRequest) -> HttpResponse:
    """List sales, the latest first."""
    operator = operator_of(request)
    wanted = _wanted(request, operator)
    page = desk().read(partial(sales.page, wanted=wanted))
    asked = request.GET.copy()
    asked.pop("before", None)
    shown = {
        "rows": [
            (
                row,
                row.at.astimezone(operator.zone),
                SOLD.get(row.what, row.what),
                channel(row.channel),
            )
            for row in page.rows
        ],
        "next": "" if page.next is None else _text(page.next),
        "asked": asked.urlencode(),
        "filters": request.GET,
        "first": wanted.since.astimezone(operator.zone).date(),
        "last": (wanted.until - timedelta(seconds=1)).astimezone(operator.zone).date(),
        "channels": [each for each in CHANNELS.items() if each[0]],
    }
    return render(request, "operator/sales.html", shown)


@workers(Act.CONSOLE)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the list as a file."""
    operator = operator_of(request)
    noted(request, "export", "sales", request.GET.urlencode())
    return exported("sales", HEADINGS, _rows(_wanted(request, operator), operator))


def _rows(wanted: Wanted, operator: Operator) -> Iterator[tuple[object, ...]]:
    while True:
        page = desk().read(partial(sales.page, wanted=wanted, size=sales.EXPORTED))
        for row in page.rows:
            at = row.at.astimezone(operator.zone).isoformat(timespec="seconds")
            amount = format_minor(row.minor, row.currency)
            yield (
                at,
                row.number,
                row.what,
                row.channel,
                row.principal,
                amount,
                row.currency,
                row.ask,
            )
        if page.next is None:
            return
        wanted = replace(wanted, before=page.next)


def _wanted(request: HttpRequest, operator: Operator) -> Wanted:
    today = civil_day(desk().now(), operator.zone)
    usual = midnight(today - timedelta(days=27), operator.zone)
    return Wanted(
        operator=operator.key,
        since=begins(operator, day_in(request, "first")) or usual,
        until=is_over(operator, day_in(request, "last") or today) or desk().now(),
        channel=request.GET.get("channel") or None,
        renewals=bool(request.GET.get("renewals")),
        before=_key(request.GET.get("before", "")),
    )


def _text(key: Key) -> str:
    return f"{key[0].isoformat()}_{key[1]}_{key[2]}"


def _key(text: str) -> Key | None:
    try:
        at, bucket, id_ = text.split("_")
        found = datetime.fromisoformat(at)
        return (found, int(bucket), UUID(id_)) if found.tzinfo else None
    except ValueError:
        return None
