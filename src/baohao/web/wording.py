"""How refusals, stages and services are said in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, gettext, gettext_lazy

from baohao.core.refusals import Refusal
from baohao.web.formats import day, minute, money, number, term, zone
from baohao.web.vocabulary import (
    ASKED,
    CAMPAIGNS,
    CAUSES,
    DOCUMENTS,
    DRAFTS,
    FILES,
    GATEWAYS,
    HAPPENED,
    MISFITS,
    PAYMENTS,
    RESIDENCIES,
    STAGE_NAMES,
    THINGS,
)

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
    "correct": gettext_lazy("Put right"),
    "register": gettext_lazy("Registering the holder"),
    "change_plan": gettext_lazy("Change of plan"),
    "change_number": gettext_lazy("Change of number"),
    "transfer": gettext_lazy("Transfer to another person"),
    "port_in": gettext_lazy("Bringing a number from elsewhere"),
    "port_out": gettext_lazy("Taking a number elsewhere"),
    "park": gettext_lazy("Parking"),
    "terminate": gettext_lazy("Giving a number up"),
}
#: The days of the week.
DAYS = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}


#: Sentences for people, where a refusal's own is for machines; those of money need its currency.
PLAIN = {
    "ask.expectation_missing": gettext_lazy("Load the page again, to see the date as it is now."),
    "holder.guardian": gettext_lazy(
        "A holder of {age} years is a minor below {limit}: a guardian has to answer for the line."
    ),
    "key.reused": gettext_lazy(
        "This form was sent before, with something else in it. Load the page again."
    ),
    "line.moved": gettext_lazy(
        "The line has changed since it was shown to you: its deadline is {until} now. Load the"
        " page again."
    ),
    "line.would_shorten": gettext_lazy("This would bring a deadline {days} days nearer."),
    "money.short": gettext_lazy(
        "There is {available_minor} in {account}, and {needed_minor} is needed."
    ),
    "payment.deposit.too_large": gettext_lazy(
        "Put in {most_minor} at most; pay the rest by another deposit."
    ),
    "payment.deposit.too_small": gettext_lazy("Put in {least_minor} at least."),
    "quote.unknown": gettext_lazy("That offer is no longer there; begin again."),
    "repin.notice": gettext_lazy("The holder must be told {notice} before."),
    "till.unknown": gettext_lazy("{account} is no till."),
}


def said(refusal: Refusal) -> str:
    """Say a refusal: its sentence is a message of the catalogue, filled with the same facts."""
    template = " ".join((type(refusal).__doc__ or refusal.code).split())
    return sentence(refusal.code, template, refusal.facts)


def sentence(code: str, template: str, facts: Mapping[str, object]) -> str:
    """Say a refusal of which its code, its sentence and its facts are known."""
    currency, plain = _currency(facts), PLAIN.get(code)
    if plain is not None and "_minor}" in str(plain) and not currency:
        plain = None
    # A refusal's own sentence speaks of minor units, and amounts in it would be wrong.
    unit = "" if plain is None else currency
    filled = {name: _worded(name, value, unit) for name, value in facts.items()}
    try:
        return str(gettext(template) if plain is None else plain).format(**filled)
    except (KeyError, IndexError, ValueError):
        return template


def channel(name: str) -> str:
    """Say a channel."""
    return str(CHANNELS.get(name, name))


def stage_name(name: str) -> str:
    """Say what a policy calls a stage."""
    return str(STAGE_NAMES.get(name, name.replace("_", " ")))


def thing(name: str) -> str:
    """Say what a policy calls a clock, a balance or a charge."""
    return str(THINGS.get(name, name.replace("_", " ")))


def listed(words: Iterable[str]) -> str:
    """Join words as the reader's script does."""
    return ("、" if (get_language() or "").startswith("zh") else ", ").join(words)


def happened(event: Mapping[str, Any]) -> str:
    """Say what an event of a line's journal brought, from what the app tells of it in parts."""
    parts = event["parts"]
    kind = str(parts["kind"])
    is_stage = kind == "settled.stage"
    name = str(parts.get("name", ""))
    words = {
        "name": stage_name(name) if is_stage else thing(name),
        "origin": stage_name(str(parts.get("origin", ""))),
    }
    what = str(HAPPENED.get(kind, kind.replace("_", " "))).format(**words)
    terms = [term(parts["term"])] if parts.get("term") else []
    terms += [term(each) for each in parts.get("bonus", ())]
    return f"{what} · {' + '.join(terms)}" if terms else what


# --- the facts of a refusal -----------------------------------------------------------------------


def _worded(name: str, value: object, currency: str) -> str:
    """Say a fact as its reader knows it: a date, an amount, a word of the domain."""
    if isinstance(value, date):
        return _when(value)
    text = str(value)
    if name.endswith("_minor") and currency and text.lstrip("-").isdecimal():
        return money(int(text), currency)
    if name in _ONE:
        return str(_ONE[name].get(text, text))
    if name in _SEVERAL:
        table = _SEVERAL[name]
        return listed(str(table.get(each, term(each))) for each in text.split(", "))
    if name in ("account", "till", "payer"):
        return _account(text)
    if name in ("reason", "hint", "why"):
        return str(MISFITS.get(text) or (gettext(text) if text else ""))
    if name in ("number", "to"):
        return number(text)
    if name in ("notice", "span", "term", "within"):
        return term(text)
    if name in _INSTANTS:
        try:
            return _when(datetime.fromisoformat(text))
        except ValueError:
            return text
    return text


def _when(value: date) -> str:
    if not isinstance(value, datetime):
        return day(value)
    if value.tzinfo is None:
        return minute(value)
    at = value.astimezone(timezone.get_current_timezone())
    return f"{minute(at)} {zone(at)}"


def _account(text: str) -> str:
    """Say an account by what it is: a till by its name, a purse by whose it is."""
    kind, _, rest = text.partition(":")
    if kind == "till":
        return rest.rpartition(":")[0] or text
    purses = {"float": gettext("the float"), "wallet": gettext("the wallet")}
    return purses.get(kind, text)


def _currency(facts: Mapping[str, object]) -> str:
    """Return what amounts are in: said beside them, or in the account that they are of."""
    told = str(facts.get("currency") or str(facts.get("account", "")).rpartition(":")[2])
    return told if told.isascii() and told.isupper() and len(told) == 3 else ""


#: Facts that are one word, and of what.
_ONE: Mapping[str, Mapping[str, object]] = {
    "channel": CHANNELS,
    "document": DOCUMENTS,
    "gateway": GATEWAYS,
    "residency": RESIDENCIES,
    "stage": STAGE_NAMES,
    "state": {**PAYMENTS, **FILES, **DRAFTS, **CAMPAIGNS},
    "verb": ASKED,
    "act": ASKED,
}
#: Facts that are several, each after a comma.
_SEVERAL: Mapping[str, Mapping[str, object]] = {
    "causes": CAUSES,
    "channels": CHANNELS,
    "offered": {},
    "taken": DOCUMENTS,
    "wanted": {},
}
_INSTANTS = frozenset({"after", "at", "before", "day", "last", "now", "shown", "since", "until"})
