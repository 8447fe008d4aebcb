"""Lines: found, listed page by page, exported; the life of one, holds, adjustments, its journal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from baohao.app import cards, show
from baohao.app.cards import CardUnknown
from baohao.app.console import lines
from baohao.app.console.lines import Wanted
from baohao.core.civil import midnight
from baohao.core.decide.hold import CAUSES as HOLDS
from baohao.core.line.fold import policy_of
from baohao.core.money import parse_minor
from baohao.core.operators import Operator
from baohao.core.policy.model import STAGE_KINDS, Policy
from baohao.core.refusals import Malformed, Refusal
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import confirmed, signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.desk import desk, made
from baohao.web.formats import PAPER
from baohao.web.operator.alone import AFTERWARDS, approved, waits
from baohao.web.operator.room import begins, day_in, exported, is_over, noted, operator_of, own
from baohao.web.operator.words import CAUSES
from baohao.web.wording import STAGES, said

#: The columns of the export.
HEADINGS = ("number", "plan", "policy", "iccid", "stage", "stage_ends", "number_safe_until")


@workers(Act.CONSOLE)
def listed(request: HttpRequest) -> HttpResponse:
    """List lines behind a key."""
    operator = operator_of(request)
    wanted = _wanted(request, operator)
    page = desk().read(partial(lines.page, wanted=wanted))
    asked = request.GET.copy()
    asked.pop("after", None)
    shown = {
        "rows": [_row(operator, row) for row in page.rows],
        "next": "" if page.next is None else f"{page.next[0]}.{page.next[1].removeprefix('+')}",
        "asked": asked.urlencode(),
        "filters": request.GET,
        "is_first": "after" not in request.GET,
        "stages": [(kind, STAGES[kind]) for kind in STAGE_KINDS],
        "plans": _plans(operator),
    }
    return render(request, "operator/lines.html", shown)


@workers(Act.CONSOLE)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the list as a file, however long it is."""
    operator = operator_of(request)
    wanted = _wanted(request, operator)
    noted(request, "export", "lines", request.GET.urlencode())
    return exported("lines", HEADINGS, (_row(operator, row) for row in _every(wanted)))


@workers(Act.CONSOLE)
def find(request: HttpRequest) -> HttpResponse:
    """Find a line by its number, its card or its holder's id."""
    text = request.GET.get("q", "").strip()
    me = signed_in(request)
    held = desk().read(partial(lines.of_holder, operator=me.operator, holder=text))
    if len(held) == 1:
        return redirect("console_line", number=held[0])
    refused = ""
    if not held and text:
        try:
            number = desk().read(partial(cards.number_of, text=text))
            own(request, number)
            return redirect("console_line", number=number)
        except Malformed as malformed:
            refused = said(malformed)
        except (CardUnknown, Http404):
            refused = gettext("There is no line of yours by that.")
    page = {"q": text, "held": held, "refused": refused}
    return render(request, "operator/found.html", page)


def _every(wanted: Wanted) -> Any:
    """Yield all lines, each page by a connection of its own."""
    while True:
        page = desk().read(partial(lines.page, wanted=wanted, size=lines.EXPORTED))
        yield from page.rows
        if page.next is None:
            return
        wanted = replace(wanted, after=page.next)


def _wanted(request: HttpRequest, operator: Operator) -> Wanted:
    kind = request.GET.get("stage", "")
    return Wanted(
        operator=operator.key,
        plan=request.GET.get("plan") or None,
        kind=kind if kind in STAGE_KINDS else None,
        since=begins(operator, day_in(request, "first")),
        until=is_over(operator, day_in(request, "last")),
        after=key_of(request.GET.get("after", "")),
    )


def key_of(text: str) -> tuple[int, str]:
    """Return the key of a line that an address goes on behind."""
    bucket, _, number = text.partition(".")
    if not (bucket.isdecimal() and len(bucket) <= 4 and number.isdecimal()):
        return lines.START
    return int(bucket), f"+{number}"


def _row(operator: Operator, row: Any) -> tuple[str, ...]:
    return (
        *(row.number, row.plan, row.pin, row.iccid, row.kind),
        *(_last_day(operator, row.leaves_at), _last_day(operator, row.safe_until)),
    )


def _last_day(operator: Operator, at: datetime | None) -> str:
    """Return the last good day before an instant."""
    if at is None:
        return ""
    return (at - timedelta(microseconds=1)).astimezone(operator.zone).date().isoformat()


def _plans(operator: Operator) -> list[str]:
    policies = desk().house.library.policies.values()
    found = {offer.plan for p in policies if p.operator == operator.key for offer in p.offers}
    return sorted(found)


# --- one line -------------------------------------------------------------------------------------


@workers(Act.CONSOLE)
def line(request: HttpRequest, number: str) -> HttpResponse:
    """Show a line's life, and who did what."""
    found = own(request, number)
    told = desk().read(partial(show.show, terms=desk().terms, number=number))
    page = {
        "line": found,
        "told": told,
        "history": told["history"][::-1],
        "receipts": {each["id"] for each in told["sold"]},
        "causes": [(cause, CAUSES[cause]) for cause in HOLDS],
        "key": new_id(),
    }
    return render(request, "operator/line.html", page)


@workers(Act.CONSOLE)
def receipt(request: HttpRequest, number: str, ask: UUID) -> HttpResponse:
    """Give a copy of the receipt for what was sold on a line."""
    own(request, number)
    giving = desk().house.desk(desk().shell)
    issued = giving.issue(ask)
    if issued.line != number:
        raise Http404
    pdf = giving.copy(issued, language=PAPER[get_language() or "en"], paper="a5")
    return HttpResponse(pdf, content_type="application/pdf")


@workers(Act.MEND)
@confirmed
@require_POST
def hold(request: HttpRequest, number: str) -> HttpResponse:
    """Put a line on hold, or lift the hold."""
    own(request, number)
    verb = "lift" if request.POST.get("verb") == "lift" else "hold"
    reason = request.POST.get("reason", "").strip()
    asked = {"reason": reason, "cause": request.POST.get("cause") if verb == "hold" else ""}
    _asked(request, verb, number, asked)
    noted(request, verb, number, reason)
    return redirect("console_line", number=number)


@workers(Act.MEND)
@confirmed
def adjust(request: HttpRequest, number: str) -> HttpResponse:
    """Put a clock or a balance right, with a reason and a second person."""
    found, refused = own(request, number), None
    policy = _policy(number)
    if request.method == "POST":
        try:
            asked = _adjustment(request, policy)
            worth = asked.get("amount_minor")
            asked |= {"approved_by": approved(request, worth, policy.currency)}
            _asked(request, "adjust", number, asked)
        except (Refusal, ValueError) as wrong:
            refused = said(wrong) if isinstance(wrong, Refusal) else gettext("Give a day.")
        else:
            noted(request, "adjust", number, _told(request, asked))
            if worth is not None and asked["approved_by"] == AFTERWARDS:
                waits(request, "adjust", number, _told(request, asked), worth)
            messages.success(request, gettext("The line was put right."))
            return redirect("console_line", number=number)
    page = {
        "line": found,
        "clocks": sorted(policy.clocks),
        "balances": sorted({"main", *policy.balances}),
        "refused": refused,
        "posted": request.POST,
        "key": request.POST.get("key") or new_id(),
    }
    return render(request, "operator/adjust.html", page, status=409 if refused else 200)


@workers(Act.CONSOLE)
@require_POST
def verify(request: HttpRequest, number: str) -> HttpResponse:
    """Hold the journal of a line against itself and its row."""
    found = own(request, number)
    rules = desk().house.library.policies
    audited = desk().read(partial(lines.verified, rules=rules, number=number))
    noted(request, "verify", number, f"{len(audited.faults)}")
    chain = desk().read(partial(show.chain_of, number=number))
    page = {"line": found, "faults": audited.faults, "events": len(chain)}
    page["head"] = chain[-1].hash.hex() if chain else ""
    return render(request, "operator/verified.html", page)


def _policy(number: str) -> Policy:
    state = desk().read(partial(show.find, number=number))
    return policy_of(desk().house.library.policies, state.pin)


def _adjustment(request: HttpRequest, policy: Policy) -> dict[str, Any]:
    """Return what was typed as the door takes it; raises what is wrong with it."""
    what, _, name = request.POST.get("what", "").partition(":")
    asked: dict[str, Any] = {"reason": request.POST.get("reason", "").strip()}
    if what == "clock":
        last = date.fromisoformat(request.POST.get("until", ""))
        until = midnight(last + timedelta(days=1), policy.zone)
        return asked | {"clock": name, "until": until.isoformat()}
    amount = parse_minor(request.POST.get("amount", "").strip(), policy.currency)
    return asked | {"balance": name, "amount_minor": amount}


def _told(request: HttpRequest, asked: dict[str, Any]) -> str:
    """Say an adjustment as the trail has it: what, to what, why, by whose approval."""
    value = request.POST.get("until" if "clock" in asked else "amount", "")
    parts = (request.POST.get("what", ""), value, asked["reason"], f"+ {asked['approved_by']}")
    return " · ".join(parts)


def _asked(request: HttpRequest, verb: str, number: str, asked: dict[str, Any]) -> None:
    """Ask, once for each time that the form was shown."""
    by = signed_in(request).principal
    key = f"{verb}:{request.POST.get('key', '')}"
    desk().ask(made(verb, number, asked, by=by, channel="operator", key=key))
