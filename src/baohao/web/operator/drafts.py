"""What product managers write: drafts, judged and played before another person approves them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from baohao.app import brochure, publishing, rehearsal, trial
from baohao.app.documents_written import differences, fees_text, promotion_text, wish_of
from baohao.app.drawing_svg import as_svg
from baohao.app.library import Library
from baohao.app.policies import Located, read_text, zone_of
from baohao.app.publishing import Publication, PublicationUnknown
from baohao.core.civil import civil_day, midnight
from baohao.core.line.life import life
from baohao.core.policy.model import Policy
from baohao.core.promotions.parse import parse_promotion
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import may, signed_in, workers
from baohao.web.accounts.roles import Act
from baohao.web.desk import desk
from baohao.web.operator.policies import PICTURE, said_of
from baohao.web.operator.promotion_form import PromotionForm, typed
from baohao.web.operator.room import noted, operator_of
from baohao.web.operator.words import REASONS
from baohao.web.wording import said

#: The longest text that is taken; a policy is a page or two.
LONGEST = 100_000


@workers(Act.PRODUCT)
def promotion(request: HttpRequest, draft: UUID | None = None) -> HttpResponse:
    """Fill in a promotion: a new one, one that is a draft, or one to take another's place."""
    operator = operator_of(request)
    kept = None if draft is None else _draft(request, draft)
    form = PromotionForm(request.POST or None, operator=operator, initial=_filled(request, kept))
    if request.method == "POST" and form.is_valid():
        id_ = draft or _key(request)
        text = promotion_text(form.wish(), operator)
        written = _written(request, id_, "promotions", text)
        found = desk().read(partial(publishing.judged, folder=folder(), text=written))
        if not form.refused(found):
            return redirect("console_draft", draft=id_)
    page = {
        "form": form,
        "key": request.POST.get("key") or draft or new_id(),
        "currency": operator.currency,
    }
    return render(request, "operator/promotion.html", page)


@workers(Act.PRODUCT)
def text(request: HttpRequest, name: str) -> HttpResponse:
    """Write a policy or fees as they are written in files, from what is in force."""
    if name not in ("policies", "fees"):
        raise Http404
    if request.method == "POST":
        return _kept_text(request, _key(request), name)
    page = {"body": _begun(request, name), "key": new_id(), "folder": name}
    return render(request, "operator/draft_text.html", page)


@workers(Act.PRODUCT)
def rewrite(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Change the text of a draft."""
    kept = _draft(request, draft)
    if request.method == "POST":
        return _kept_text(request, draft, kept.folder)
    page = {"body": kept.body, "key": draft, "folder": kept.folder, "draft": kept}
    return render(request, "operator/draft_text.html", page)


@workers(Act.CONSOLE)
def one(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Show a text: its faults, what it would do, and who wrote and approved it; move it on."""
    kept, refused = own(request, draft), None
    if request.method == "POST":
        try:
            _moved(request, kept)
            return redirect("console_draft", draft=draft)
        except Refusal as refusal:
            refused = said(refusal)
    library, faults = desk().read(partial(publishing.tried, folder=folder(), text=kept))
    is_kept = kept.state in ("draft", "proposed")
    zone = operator_of(request).zone
    page = {
        "draft": kept,
        "made_at": kept.made_at.astimezone(zone),
        "approved_at": kept.approved_at and kept.approved_at.astimezone(zone),
        "ended_at": kept.ended_at and kept.ended_at.astimezone(zone),
        "faults": _faults(faults) if is_kept else [],
        "may_write": may(signed_in(request), Act.PRODUCT),
        "may_approve": _may_approve(request, kept),
        "refused": refused,
        **_shown(kept, library if not faults or not is_kept else None),
    }
    return render(request, "operator/draft.html", page, status=409 if refused else 200)


@workers(Act.CONSOLE)
@require_safe
def drawing(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Give the drawing of a policy that is a draft."""
    kept = own(request, draft)
    library, _ = desk().read(partial(publishing.tried, folder=folder(), text=kept))
    policy = library.policies.get(kept.name)
    if kept.folder != "policies" or policy is None:
        raise Http404
    lived = life(policy, brochure.morning(policy, policy.effective_from))
    response = HttpResponse(as_svg(policy, lived), content_type="image/svg+xml")
    response._csp_config = PICTURE  # type: ignore[attr-defined]
    return response


# --- how ------------------------------------------------------------------------------------------


def _moved(request: HttpRequest, kept: Publication) -> None:
    """Do with a text what was asked for; raises the refusal, `Http404` for whoever may not."""
    what, by = request.POST.get("what", ""), signed_in(request).name
    why = request.POST.get("why", "").strip()[:200]
    key, id_, is_writer = kept.operator, kept.id, may(signed_in(request), Act.PRODUCT)
    work: Callable[[Any], object]
    if what == "publish" and _may_approve(request, kept):
        work = partial(publishing.publish, folder=folder(), operator=key, id_=id_, by=by)
    elif what == "back" and (_may_approve(request, kept) or is_writer):
        work = partial(publishing.take_back, operator=key, id_=id_, why=why)
    elif not is_writer:
        raise Http404
    elif what == "propose":
        work = partial(publishing.propose, folder=folder(), operator=key, id_=id_)
    elif what == "drop":
        work = partial(publishing.drop, operator=key, id_=id_, by=by)
    elif what == "withdraw":
        work = partial(publishing.withdraw, operator=key, id_=id_, by=by, why=why)
    else:
        raise Http404
    desk().shell.run(work)
    noted(request, what, kept.name, why)
    if what in ("publish", "withdraw"):
        desk().house.forget_library()
        messages.success(request, gettext("It is in force for everybody now, or out of force."))


def _may_approve(request: HttpRequest, kept: Publication) -> bool:
    me = signed_in(request)
    return kept.made_by != me.name and (may(me, Act.APPROVE) or may(me, Act.PRODUCT))


def _kept_text(request: HttpRequest, id_: UUID, folder: str) -> HttpResponse:
    """Keep what was typed as it was typed, however wrong it is."""
    body = request.POST.get("body", "").replace("\r\n", "\n")
    if len(body) > LONGEST or "\0" in body:
        refused = gettext("The text is longer than a policy can be, or holds a NUL character.")
        page = {"body": body[:LONGEST], "key": id_, "folder": folder, "refused": refused}
        return render(request, "operator/draft_text.html", page, status=409)
    _written(request, id_, folder, body)
    return redirect("console_draft", draft=id_)


def _written(request: HttpRequest, id_: UUID, folder: str, body: str) -> Publication:
    me = signed_in(request)
    write = partial(publishing.write, operator=me.operator, by=me.name)
    written = desk().shell.run(partial(write, id_=id_, folder=folder, body=body))
    noted(request, "write", written.name)
    return written


def own(request: HttpRequest, draft: UUID) -> Publication:
    """Return a text of the reader's operator; raises `Http404` for any other."""
    key = operator_of(request).key
    try:
        return desk().read(partial(publishing.find, operator=key, id_=draft))
    except PublicationUnknown:
        raise Http404 from None


def _draft(request: HttpRequest, draft: UUID) -> Publication:
    """Return a text that may be written still; raises `Http404` for any other."""
    kept = own(request, draft)
    if kept.state != "draft":
        raise Http404
    return kept


def _key(request: HttpRequest) -> UUID:
    """Return the key that was made with the form: sent twice, it is one draft."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        raise Http404 from None


def folder() -> Path:
    return desk().house.settings.policies


def _faults(found: Sequence[Located]) -> list[tuple[int, str, str]]:
    """Return line, what is wrong with it, and how it is written."""
    quoted = [" · ".join(text for _, text in each.quoted) for each in found]
    both = zip(found, quoted, strict=True)
    return [(each.line, said(each.finding.refusal), text) for each, text in both]


def _filled(request: HttpRequest, kept: Publication | None) -> dict[str, Any]:
    """Return what the form of a promotion begins with."""
    operator, today = operator_of(request), civil_day(desk().now(), operator_of(request).zone)
    if kept is not None:
        found = parse_promotion(read_text(kept.name, kept.body)[0].document, zone_of).promotion
    else:
        named = request.GET.get("from", "")
        ours = [p for p in desk().house.library.promotions if p.operator == operator.key]
        found = next((p for p in ours if p.id == named), None)
    if found is None:
        return {"first_day": today, "gives": "time", "much": "6 months", "group": "time"}
    return typed(wish_of(found), operator)


def _begun(request: HttpRequest, folder: str) -> str:
    """Return the text that a new one begins with: what is in force."""
    operator, library = operator_of(request), desk().house.library
    if folder == "policies":
        pin = request.GET.get("from", "")
        policy = library.policies.get(pin)
        return library.texts[pin] if policy and policy.operator == operator.key else ""
    schedule = desk().terms.fees.get(operator.key)
    tomorrow = civil_day(desk().now(), operator.zone) + timedelta(days=1)
    return fees_text(schedule, tomorrow) if schedule else ""


def _shown(kept: Publication, library: Library | None) -> dict[str, Any]:
    """Return what a text would do; nothing where it is faulty."""
    if library is None:
        return {}
    if kept.folder == "promotions":
        return _promised(kept, library)
    return _played(kept, library) if kept.folder == "policies" else {}


def _promised(kept: Publication, library: Library) -> dict[str, Any]:
    found = next((each for each in library.promotions if each.id == kept.name), None)
    if found is None:
        return {}
    at = max(desk().now(), midnight(found.starts, found.zone))
    rows = [(each, REASONS.get(each.reason, "")) for each in trial.tried(library, found, at)]
    return {"trial": rows, "trial_at": at.astimezone(found.zone)}


def _played(kept: Publication, library: Library) -> dict[str, Any]:
    """Play a policy on sample lines, beside the version that it follows."""
    policy = library.policies.get(kept.name)
    if policy is None:
        return {}
    before = followed(policy, library)
    begins = policy.effective_from
    old = {} if before is None else _safe(before, begins)
    samples = [
        (said_of(each), each, old.get(each.name)) for each in rehearsal.rehearsed(policy, begins)
    ]
    changed = [] if before is None else differences(library.texts[before.pin], kept.body)
    return {"policy": policy, "before": before, "samples": samples, "changed": changed}


def followed(policy: Policy, library: Library) -> Policy | None:
    """Return the version that one follows; `None`: it is the first."""
    earlier = [
        each
        for each in library.policies.values()
        if each.name == policy.name and each.effective_from < policy.effective_from
    ]
    return max(earlier, key=lambda each: each.effective_from, default=None)


def _safe(policy: Policy, begins: date) -> dict[str, date | None]:
    return {each.name: each.safe_until for each in rehearsal.rehearsed(policy, begins)}
