"""The least that a holder pays under a draft policy, beside the version that it follows."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from baohao.app import publishing
from baohao.core.policy.model import Policy
from baohao.web.accounts.doors import workers
from baohao.web.accounts.roles import Act
from baohao.web.desk import desk
from baohao.web.operator.drafts import folder, followed, own
from baohao.web.products.known import YEARLIES
from baohao.web.products.words import told_year


@workers(Act.CONSOLE)
@require_safe
def least(request: HttpRequest, draft: UUID) -> HttpResponse:
    """Say what keeping a number a year costs under both; a part of the draft's page."""
    kept = own(request, draft)
    library, _ = desk().read(partial(publishing.tried, folder=folder(), text=kept))
    policy = library.policies.get(kept.name)
    if kept.folder != "policies" or policy is None:
        raise Http404
    before = followed(policy, library)
    both = [policy] if before is None else [policy, before]

    def told(each: Policy) -> dict[str, object]:
        return told_year(each, YEARLIES.of(each, library.texts[each.pin]))

    is_part = bool(request.headers.get("HX-Request"))
    page = {"draft": kept, "both": [(each, told(each)) for each in both], "is_part": is_part}
    return render(request, "operator/least_part.html" if is_part else "operator/least.html", page)
