"""What promotions give and for what alone, in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from baohao.web import selling
from baohao.web.desk import desk
from baohao.web.templatetags.saying import money, percent
from baohao.web.wording import channel


def gives(promotion: Mapping[str, Any]) -> str:
    """Say what a promotion gives."""
    said = []
    for give in promotion["gives"]:
        if give["what"] == "time":
            said.append(gettext("{time} more").format(time=selling.term(give["time"])))
        elif give["what"] == "percent_off":
            said.append(gettext("{share} off").format(share=percent(give["basis_points"])))
        else:
            amount = money(give["minor"], promotion["currency"])
            is_off = give["what"] == "amount_off"
            words = gettext("{amount} off") if is_off else gettext("{amount} of credit")
            said.append(words.format(amount=amount))
    return " · ".join(said)


def limits(promotion: Mapping[str, Any]) -> str:
    """Say for what alone a promotion is given; empty: for all."""
    said = [_plan(promotion["operator"], each) for each in promotion["plans"] or ()]
    said += [selling.term(each) for each in promotion["terms"] or ()]
    said += [channel(each) for each in promotion["channels"] or ()]
    said += [gettext("first renewal")] if promotion["first_time"] else []
    said += [gettext("with a code")] if promotion["needs_code"] else []
    return " · ".join(said)


def _plan(operator: str, plan: str) -> str:
    """Return the title of a plan; one that is sold no longer is called by its key."""
    for policy in desk().house.library.policies.values():
        if policy.operator == operator and any(offer.plan == plan for offer in policy.offers):
            return selling.title({"": policy.title, **policy.titles})
    return plan
