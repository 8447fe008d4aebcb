"""What every page of the console shares: whose it is, what is noted of it, and how it exports."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

from django.http import Http404, HttpRequest, StreamingHttpResponse

from baohao.app.csv_files import guarded
from baohao.app.glance import Glance
from baohao.core.civil import midnight
from baohao.core.operators import Operator
from baohao.web import selling
from baohao.web.accounts.doors import signed_in
from baohao.web.accounts.models import Deed
from baohao.web.desk import desk

#: Told by spreadsheets from other encodings by the mark that it begins with.
_MARK = "\ufeff"
#: Rows of a file that are sent at once.
_AT_ONCE = 500


def operator_of(request: HttpRequest) -> Operator:
    """Return the operator that the reader works for; raises `Http404` where there is none."""
    found = desk().house.library.operators.get(signed_in(request).operator)
    if found is None:
        raise Http404
    return found


def own(request: HttpRequest, number: str) -> Glance:
    """Return a line of the reader's operator; raises `Http404` for any other."""
    found = selling.look(number)
    if found.operator != signed_in(request).operator:
        raise Http404
    return found


def noted(request: HttpRequest, what: str, subject: str, said: str = "") -> None:
    """Note for the auditor what the reader did."""
    me = signed_in(request)
    Deed.objects.create(
        at=desk().now(),
        operator=me.operator,
        by=me.name,
        what=what,
        subject=subject[:120],
        said=said[:400],
    )


def day_in(request: HttpRequest, name: str) -> date | None:
    """Return a day of the address; `None` where there is none, or it is none."""
    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None


def begins(operator: Operator, day: date | None) -> datetime | None:
    """Return when a civil day of an operator begins."""
    return None if day is None else midnight(day, operator.zone)


def is_over(operator: Operator, day: date | None) -> datetime | None:
    """Return when a civil day of an operator is over."""
    return None if day is None else midnight(day + timedelta(days=1), operator.zone)


def exported(
    name: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """Return a table as a file, sent while it is read."""
    response = StreamingHttpResponse(_lines(headings, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _lines(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    out.write(_MARK)
    writer.writerow(headings)
    for n, row in enumerate(rows, 1):
        writer.writerow(["" if cell is None else guarded(str(cell)) for cell in row])
        if n % _AT_ONCE == 0:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()
