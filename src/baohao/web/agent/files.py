"""
Files of renewals: sent, looked at row by row, and confirmed; nothing happens before that.

The form's own key is the file's: sent twice it is one file, and one that was confirmed stays so.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from baohao.app.bulk import checking, files, sheets
from baohao.app.bulk.checking import Foreseen
from baohao.app.bulk.files import File, FileUnknown, Usual
from baohao.app.bulk.part import OUTCOME, cells_in
from baohao.app.csv_files import append_rows
from baohao.app.wishes import MAIN_TILL
from baohao.core.civil import Span
from baohao.core.decide.selling import MoneyShort
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import workers
from baohao.web.accounts.roles import Act
from baohao.web.agent import own, rights
from baohao.web.agent.lines import table
from baohao.web.agent.rights import RightMissing
from baohao.web.desk import desk
from baohao.web.selling import title as _titled
from baohao.web.wording import said

log = logging.getLogger(__name__)

#: Two hundred thousand rows of a hundred bytes.
MOST_BYTES = 20 * 2**20
KINDS = (".csv", ".xlsx", ".xls")
#: Files that are listed.
LISTED = 30
#: Parts that are read at once where only rows that go wrong are shown.
PARTS = 10
EXAMPLE = "number,term,code\n+85366123456,12 months,\n66123457,12,\n"
_MESSAGE, _CODE = OUTCOME.index("message"), OUTCOME.index("code")


class Sending(forms.Form):
    """A spreadsheet, and the term of rows that say none."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    sheet = forms.FileField(
        label=gettext_lazy("The file, .csv or .xlsx"),
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(KINDS)}),
    )
    months = forms.IntegerField(
        min_value=1,
        max_value=120,
        initial=12,
        label=gettext_lazy("Months, for rows that say none"),
    )

    def clean_sheet(self) -> UploadedFile[bytes]:
        """Refuse what cannot be one of ours before it is read."""
        found: UploadedFile[bytes] = self.cleaned_data["sheet"]
        if Path(str(found.name)).suffix.lower() not in KINDS:
            raise forms.ValidationError(gettext_lazy("Send a .csv or .xlsx file."))
        if (found.size or 0) > MOST_BYTES:
            raise forms.ValidationError(
                gettext_lazy("The file is too long: send at most 200,000 rows at a time.")
            )
        return found


@workers(Act.SELL)
def sent(request: HttpRequest) -> HttpResponse:
    """List the files, and take one in to be looked at."""
    agent, refused = own.agent_of(request), None
    _may(request)
    form = Sending(request.POST or None, request.FILES or None, initial={"key": new_id()})
    if request.method == "POST" and form.is_valid():
        try:
            taken = _taken(request, form)
            _wake(taken)
            return redirect("agent_file", file=taken.id)
        except Refusal as refusal:
            refused = said(refusal)
    listed = desk().read(partial(files.listed, principal=agent.key, limit=LISTED))
    page = {"form": form, "files": listed, "refused": refused, "agent": agent}
    return render(request, "agent/files.html", page, status=409 if refused else 200)


@workers(Act.SELL)
def example(request: HttpRequest) -> HttpResponse:
    """Give a file as one may look."""
    return table(EXAMPLE, "renewals.csv")


@workers(Act.SELL)
def file(request: HttpRequest, file: UUID) -> HttpResponse:
    """Show what would become of each row, how far the file is, or what became of it."""
    return render(request, "agent/file.html", _page(request, file))


@workers(Act.SELL)
def state(request: HttpRequest, file: UUID) -> HttpResponse:
    """Show the part of that page that changes."""
    return render(request, "agent/file_state.html", _page(request, file))


@workers(Act.SELL)
@require_POST
def confirm(request: HttpRequest, file: UUID) -> HttpResponse:
    """Let what was shown happen; a second time changes nothing."""
    agent, found = own.agent_of(request), _found(request, file)
    try:
        with rights.counted(request, agent, f"file:{file}", found.total_minor):
            _wake(desk().shell.run(partial(files.confirm, principal=agent.key, id_=file)))
    except Refusal as refusal:
        page = {**_page(request, file), "refused": own.told(request, refusal)}
        return render(request, "agent/file.html", page, status=409)
    return redirect("agent_file", file=file)


@workers(Act.SELL)
@require_POST
def again(request: HttpRequest, file: UUID) -> HttpResponse:
    """Look at the rows once more."""
    agent, _ = own.agent_of(request), _found(request, file)
    _wake(desk().shell.run(partial(files.check_again, principal=agent.key, id_=file)))
    return redirect("agent_file", file=file)


@workers(Act.SELL)
@require_POST
def stop(request: HttpRequest, file: UUID) -> HttpResponse:
    """Put a file away, or stop one that is under way after the rows at hand."""
    agent, _ = own.agent_of(request), _found(request, file)
    desk().shell.run(partial(files.stop, principal=agent.key, id_=file))
    return redirect("agent_file", file=file)


@workers(Act.SELL)
def preview(request: HttpRequest, file: UUID) -> StreamingHttpResponse:
    """Give what would become of each row as a table."""
    found = _found(request, file)

    def rows() -> Iterator[list[object]]:
        read, part = partial(files.foreseen, principal=found.principal, id_=file), 0
        while parts := desk().read(partial(read, part=part, limit=PARTS)):
            part = parts[-1][0] + 1
            yield from (list(checking.cells(each)) for _, shown in parts for each in shown)

    return _streamed(request, rows(), f"preview-{file}.csv")


@workers(Act.SELL)
def outcome(request: HttpRequest, file: UUID) -> StreamingHttpResponse:
    """Give what became of each row so far as a table."""
    found = _found(request, file)

    def rows() -> Iterator[list[object]]:
        read, after = partial(files.result, principal=found.principal, id_=file), -1
        while parts := desk().read(partial(read, after_part=after)):
            after = parts[-1][0]
            yield from (list(cells) for _, text in parts for cells in cells_in(text))

    return _streamed(request, rows(), f"outcome-{file}.csv")


# --- how ------------------------------------------------------------------------------------------


def _may(request: HttpRequest) -> None:
    if not rights.may_send_files(request):
        raise RightMissing()


def _found(request: HttpRequest, file: UUID) -> File:
    """Return a file of the agent's; raises `Http404` for any other, and `RightMissing`."""
    agent = own.agent_of(request)
    try:
        found = desk().read(partial(files.progress, principal=agent.key, id_=file))
    except FileUnknown:
        raise Http404 from None
    _may(request)
    return found


def _taken(request: HttpRequest, form: Sending) -> File:
    """Take a spreadsheet in; raises what is wrong with it as a whole."""
    agent, upload = own.agent_of(request), form.cleaned_data["sheet"]
    usual = Usual(
        term=Span.parse(f"{form.cleaned_data['months']} months"),
        paid=agent.float_account,
        till=MAIN_TILL,
        principal=agent.key,
        channel=own.CHANNEL,
        is_bound=True,
        checks=agent.key,
    )
    name = Path(str(upload.name)).name
    with TemporaryDirectory() as folder:
        # Under its own name: that is what a refusal calls it.
        kept = Path(folder) / name
        with kept.open("wb") as out:
            out.writelines(upload.chunks())
        key = f"portal:{form.cleaned_data['key']}"
        return sheets.take(desk().shell, kept, name, usual, key=key, new_id=new_id)


def _wake(file: File) -> None:
    try:
        desk().house.wake("work_file", principal=file.principal, file=str(file.id))
    except Refusal as refusal:
        # The file is there: a worker that nobody wakes looks within a minute.
        log.warning("no worker was woken: %s", refusal.code)


def _page(request: HttpRequest, id_: UUID) -> dict[str, Any]:
    """Return everything that is shown of a file."""
    found = _found(request, id_)
    wrong, part = request.GET.get("wrong") == "1", _part(request)
    read = partial(files.foreseen, principal=found.principal, id_=id_)
    parts = desk().read(partial(read, part=part, limit=PARTS if wrong else 1, wrong=wrong))
    rows = [each for _, shown in parts for each in shown]
    if wrong:
        rows = [each for each in rows if each.outcome == "refused"]
    last = parts[-1][0] if parts else part
    return {
        "file": found,
        "agent": own.agent_of(request),
        "rows": [_row(request, each) for each in rows],
        "wrong": wrong,
        "part": part,
        "earlier": part - 1 if not wrong and part > 0 else None,
        "later": last + 1 if last + 1 < found.parts and found.wrong + found.good else None,
        "is_under_way": found.is_open,
        "is_shown": found.is_checked_first and found.state not in ("checking", "arriving"),
        "percent": 100 * found.at // max(found.parts, 1),
        "sent_before": desk().read(partial(files.sent_before, file=found))
        if found.state == "checked"
        else None,
        "refused": None,
    }


def _row(request: HttpRequest, shown: Foreseen) -> dict[str, Any]:
    is_wrong = shown.outcome == "refused"
    return {
        "shown": shown,
        "why": own.why(request, shown.why, shown.sentence, shown.facts) if is_wrong else "",
        "promotions": [_title(name) for name in shown.promotions],
    }


def _title(name: str) -> str:
    """Return what a promotion is called in the reader's language."""
    known = {each.id: each for each in desk().terms.promotions}
    if name not in known:
        return name
    return _titled({"": known[name].title, **known[name].titles})


def _part(request: HttpRequest) -> int:
    text = request.GET.get("part", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _streamed(
    request: HttpRequest, rows: Iterator[list[object]], name: str
) -> StreamingHttpResponse:
    """Return a long table as it is read; sellers learn nothing of the float from it."""
    is_owner = own.sees_money(request)
    short = "" if is_owner else own.short(request, {})

    def text() -> Iterator[str]:
        out = StringIO("\ufeff")
        out.seek(1)
        append_rows(out, [OUTCOME])
        for row in rows:
            if row[_CODE] == MoneyShort.code and not is_owner:
                row[_MESSAGE] = short
            append_rows(out, [row])
            if out.tell() > 2**16:
                yield out.getvalue()
                out.seek(0)
                out.truncate()
        yield out.getvalue()

    response = StreamingHttpResponse(text(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
