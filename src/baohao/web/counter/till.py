"""
The till: open a shift with a counted float, take cash to the safe, count blind, close.

What must be in the drawer is not told before it was counted; a difference needs a second person.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from baohao.app import tills
from baohao.core.books.chart import Account
from baohao.core.money import parse_minor
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.outside.terminal import CardTerminal
from baohao.web import selling
from baohao.web.accounts.doors import signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.counter.cash import faces
from baohao.web.counter.enquiries import counted
from baohao.web.counter.paper import gaps
from baohao.web.counter.room import CHANNEL, drawer
from baohao.web.counter.second import approver, not_done
from baohao.web.desk import desk, made
from baohao.web.wording import said

#: What a clerk does at the till, each with what it says.
VERBS = ("open_shift", "drop", "count", "close_shift")


@workers(Act.COUNTER)
def till(request: HttpRequest) -> HttpResponse:
    """Show the shift as far as its clerk may know it, and do what is next."""
    account = drawer(request)
    refused = None
    if request.method == "POST":
        try:
            _do(request, account)
            return redirect("till")
        except Refusal as refusal:
            refused = said(refusal)
    shift = desk().read(partial(tills.last_shift, till=account.text))
    page = {
        "till": account,
        "shift": shift,
        "opened_at": shift and shift.opened_at.astimezone(_zone(request)),
        "is_mine": shift is not None and shift.clerk == signed_in(request).principal,
        "faces": faces(account.currency),
        "key": new_id(),
        "refused": refused,
        "gaps": gaps(request),
        "enquiries": counted(request),
        "has_terminal": CardTerminal.name in selling.connected(),
    }
    return render(request, "counter/till.html", page, status=409 if refused else 200)


def _zone(request: HttpRequest) -> tzinfo:
    """Return the zone by whose clock the hall works."""
    return desk().house.library.operators[signed_in(request).operator].zone


def _do(request: HttpRequest, account: Account) -> None:
    verb = request.POST.get("verb", "")
    if verb not in VERBS:
        raise Http404
    key = f"{verb}:{request.POST.get('key', '')}"
    of = {"verb": verb, "subject": account.text, "currency": account.currency}
    asked = {
        **_amounts(request, verb, account),
        "approved_by": approver(request, **of, minor=_differs(verb, account), key=key),
        "reason": request.POST.get("reason", "").strip(),
    }
    by = signed_in(request).principal
    try:
        desk().ask(made(verb, account.text, asked, by=by, channel=CHANNEL, key=key))
    except Refusal as refusal:
        not_done(request, key, refusal)
        raise


def _differs(verb: str, account: Account) -> int:
    """Return by how much the counted drawer differs, where its shift is being closed."""
    if verb != "close_shift":
        return 0
    shift = desk().read(partial(tills.last_shift, till=account.text))
    return abs(shift.difference_minor or 0) if shift is not None else 0


def _amounts(request: HttpRequest, verb: str, account: Account) -> Mapping[str, Any]:
    """Return what was typed, in minor units; raises what is wrong with it."""
    if verb == "count":
        typed = {face: request.POST.get(f"face-{face}", "") for face, _ in faces(account.currency)}
        return {"pieces": {str(f): int(n) for f, n in typed.items() if n.strip().isdecimal()}}
    name = {"open_shift": "float_minor", "drop": "amount_minor", "close_shift": "leave_minor"}[verb]
    return {name: parse_minor(request.POST.get("amount", "").strip() or "0", account.currency)}
