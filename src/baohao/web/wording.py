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

#: The kinds of accounts that pay, as people know them.
MEANS = {
    "till": gettext_lazy("Cash"),
    "advance": gettext_lazy("Card or code"),
    "wallet": gettext_lazy("Wallet"),
    "float": gettext_lazy("Agent's float"),
}

#: What may be bought.
VERBS = {
    "renew": gettext_lazy("Renewal"),
    "activate": gettext_lazy("Activation"),
    "restore": gettext_lazy("Restoring"),
    "top_up": gettext_lazy("Top-up"),
    "replace_card": gettext_lazy("New card"),
    "reverse": gettext_lazy("Reversal"),
    "transfer": gettext_lazy("Another holder"),
    "correct": gettext_lazy("Put right"),
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
