"""The second person: signs with a name and a password of their own, at the clerk's screen."""

from __future__ import annotations

from allauth.core import ratelimit
from django.http import HttpRequest

from baohao.core.refusals import Refusal
from baohao.web.accounts.doors import may, signed_in
from baohao.web.accounts.models import Account
from baohao.web.accounts.roles import Act


class ApprovalRefused(Refusal):
    """The second person's name and password do not go together, or they may not approve this."""

    code = "approval.refused"


class ApprovalTooOften(Refusal):
    """Too many wrong approvals; wait a minute."""

    code = "approval.too_often"


def second_person(request: HttpRequest) -> str:
    """
    Return who approves, by the fields `approver` and `approver_password`; empty: nobody signed.

    Raises `ApprovalRefused` and `ApprovalTooOften`. Nobody approves for themselves.
    """
    name = request.POST.get("approver", "").strip()
    if not name:
        return ""
    me = signed_in(request)
    if not ratelimit.consume(request, action="approval", key=me.name):
        raise ApprovalTooOften()
    found = Account.objects.filter(name=name, operator=me.operator).first()
    known = found is not None and found.check_password(request.POST.get("approver_password", ""))
    # Whoever gave a password that was not changed yet knows it too.
    if found is None or not known or found.must_change:
        raise ApprovalRefused()
    if found.pk == me.pk or not may(found, Act.APPROVE):
        raise ApprovalRefused()
    return found.principal
