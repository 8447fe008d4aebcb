"""How refusals, stages and services are said in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_lazy

from baohao.core.refusals import Refusal

#: The services of a line, in the order in which they are shown.
SERVICES = {
    "voice_in": gettext_lazy("Calls in"),
    "voice_out": gettext_lazy("Calls out"),
    "sms_in": gettext_lazy("SMS in"),
    "sms_out": gettext_lazy("SMS out"),
    "data": gettext_lazy("Data"),
}
#: The kinds of stages.
STAGES = {
    "stock": gettext_lazy("Not activated"),
    "live": gettext_lazy("Active"),
    "grace": gettext_lazy("Renew now"),
    "suspended": gettext_lazy("Suspended"),
    "lost": gettext_lazy("Number lost"),
    "quarantined": gettext_lazy("Number lost"),
    "recycled": gettext_lazy("Given to others"),
}
#: Where asks come from.
CHANNELS = {
    "counter": gettext_lazy("Counter"),
    "app": gettext_lazy("App"),
    "web": gettext_lazy("Web"),
    "wechat": gettext_lazy("WeChat"),
    "telegram": gettext_lazy("Telegram"),
    "sms": gettext_lazy("SMS"),
    "agent": gettext_lazy("Agents"),
    "api": gettext_lazy("Machines"),
    "operator": gettext_lazy("Operator"),
    "": gettext_lazy("By itself"),
}

#: Where a person renews; those of operators that do not run this, too.
WAYS = {
    "app": gettext_lazy("Here, in the app"),
    "wechat": gettext_lazy("In WeChat"),
    "counter": gettext_lazy("At a counter"),
    "agent": gettext_lazy("At an agent"),
    "ussd": gettext_lazy("By a code to dial"),
    "phone": gettext_lazy("By a call"),
    "hotline": gettext_lazy("By a call"),
    "sms": gettext_lazy("By SMS"),
    "web": gettext_lazy("On the operator's website"),
    "voucher": gettext_lazy("With a voucher"),
    "kiosk": gettext_lazy("At a machine"),
    "chat": gettext_lazy("By chat"),
    "sim_toolkit": gettext_lazy("In the menu of the SIM card"),
}
#: Days of the week, as issuing points have them.
WEEKDAYS = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}

#: What may be bought.
VERBS = {
    "renew": gettext_lazy("Renewal"),
    "activate": gettext_lazy("Activation"),
    "restore": gettext_lazy("Restoring"),
    "top_up": gettext_lazy("Top-up"),
    "replace_card": gettext_lazy("New card"),
    "reverse": gettext_lazy("Reversal"),
}


def said(refusal: Refusal) -> str:
    """Say a refusal: its sentence is a message of the catalogue, filled with the same facts."""
    template = " ".join((type(refusal).__doc__ or refusal.code).split())
    try:
        return gettext(template).format(**refusal.facts)
    except (KeyError, IndexError, ValueError):
        return refusal.message


def channel(name: str) -> str:
    """Say a channel."""
    return str(CHANNELS.get(name, name))
