"""What happened to a line, what comes next and how it comes back, in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext, gettext_lazy

from baohao.app.life import Happened, Life
from baohao.core.line import ordered
from baohao.core.way_back import RESTORE, WayBack
from baohao.web import selling, wording
from baohao.web.templatetags.saying import grouped, money

#: What people did, or others did for them. {term}, {bonus} and {amount} are filled in.
ACTS = {
    "activate": gettext_lazy("The card was activated."),
    "renewal": gettext_lazy("The number was renewed."),
    "restore": gettext_lazy("The number was given back to you."),
    "topup": gettext_lazy("Credit was topped up."),
    "voucher": gettext_lazy("Credit was topped up by voucher."),
    "gift": gettext_lazy("Credit was given."),
    "pack": gettext_lazy("A pack was bought."),
    "validity_pack": gettext_lazy("A pack of time was bought."),
    "charge": gettext_lazy("A charge was taken."),
    "refund": gettext_lazy("Credit was given back."),
    "park": gettext_lazy("The number was parked at your wish."),
    "resume": gettext_lazy("The park was ended."),
    "hold": gettext_lazy("The number was put on hold: no deadline passes until it is lifted."),
    "lift": gettext_lazy("The hold was lifted; deadlines moved on by its length."),
    "adjust": gettext_lazy("The operator put a date or a balance right."),
    "repin": gettext_lazy("Newer terms of the plan apply from here on."),
    "purchase": gettext_lazy("The card was bought."),
    "first_use": gettext_lazy("The card was used for the first time."),
    "identity": gettext_lazy("Your identity was verified."),
    "port_in": gettext_lazy("The number came from another operator."),
    "port_out": gettext_lazy("The number went to another operator."),
    "terminate": gettext_lazy("The contract of the number was ended."),
    "return": gettext_lazy("The number went back to the operator."),
    "recycle": gettext_lazy("The number was given free for others."),
}
#: Using a line is told as that, whatever it was.
USED = gettext_lazy("The number was used.")
#: What came by itself: a new kind of stage.
ENTERED = {
    "live": gettext_lazy("The number was active again."),
    "grace": gettext_lazy("The time that was paid for ended; the number could still be renewed."),
    "suspended": gettext_lazy("The number was suspended."),
    "lost": gettext_lazy("The number was lost."),
    "quarantined": gettext_lazy("The number was lost."),
    "recycled": gettext_lazy("The number was free for others."),
    "stock": gettext_lazy("The card went back to stock."),
}
SETTLED = {
    "charged": gettext_lazy("A charge was taken from the balance."),
    "charge_failed": gettext_lazy("A charge could not be taken: the balance was too small."),
    "charge_stopped": gettext_lazy("A charge is not tried any more."),
    "forfeited": gettext_lazy("Credit was lost, because its time had ended."),
    "resumed": gettext_lazy("The park ended by itself."),
    "extended": gettext_lazy("Time that had been waiting began."),
}
EVENTS = {
    "undone": gettext_lazy("A sale was taken back, and the money returned."),
    "observed": gettext_lazy("The operator told how the number stands."),
    "registered": gettext_lazy("The number was registered to you."),
    "transferred": gettext_lazy("The number was transferred to you."),
    "card_replaced": gettext_lazy("The card was replaced by a new one."),
    "card_lost": gettext_lazy("The card was reported lost: nothing works on it."),
    "card_found": gettext_lazy("The card was found, and works again."),
    "closed": gettext_lazy("You were given another number."),
    ordered.ORDERED: gettext_lazy("Automatic renewal was agreed to."),
    ordered.OWED: gettext_lazy("It was time to tell you of an automatic renewal."),
    ordered.TOLD: gettext_lazy("You were told of an automatic renewal."),
    ordered.CHARGED: gettext_lazy("The number was renewed automatically."),
    ordered.FAILED: gettext_lazy("An automatic renewal failed."),
    ordered.GAVE_UP: gettext_lazy("Automatic renewal gave up for this deadline."),
    ordered.STOPPED: gettext_lazy("Automatic renewal was stopped."),
}
#: What a purchase gives; others are called by their own name.
ALLOWANCES = {
    "voice_minutes": gettext_lazy("Minutes of calls"),
    "sms": gettext_lazy("SMS"),
    "data_mb": gettext_lazy("Data (MB)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing that happened, as it is shown."""

    at: datetime
    said: str
    #: Time, bonus, amount.
    facts: tuple[str, ...]
    where: str
    is_own: bool
    #: The ask that a receipt is of; empty: it has none.
    sold: str
    #: The ask of a renewal that the reader paid and may call a mistake; empty: none.
    fresh: str
    #: A class of the style sheet: the kind of the stage that began.
    look: str


def happened(each: Happened, currency: str) -> Told:
    """Say what happened."""
    facts = []
    if each.term is not None:
        facts.append(selling.term(str(each.term)))
    facts += [
        gettext("{time} on top, free").format(time=selling.term(str(span))) for span in each.bonus
    ]
    if each.amount_minor:
        facts.append(money(each.amount_minor, currency))
    return Told(
        at=each.at,
        said=_sentence(each),
        facts=tuple(facts),
        where=wording.channel(each.channel) if each.channel else "",
        is_own=each.is_own,
        sold=each.sold,
        fresh=each.sold if each.is_fresh else "",
        look=each.kind if each.event == "settled" else "",
    )


def _sentence(each: Happened) -> str:
    if each.event == "acted":
        return str(ACTS.get(each.what, USED))
    if each.event == "settled" and each.what == "stage":
        return str(ENTERED.get(each.kind, ENTERED["live"]))
    if each.event == "settled":
        return str(SETTLED.get(each.what, each.what))
    return str(EVENTS.get(each.event, each.event))


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What is left of an allowance, of how much."""

    name: str
    said: str
    units: int
    of: int


def allowances(left: Mapping[str, tuple[int, int]]) -> list[Left]:
    """Return what is left of each allowance, those that are known first."""
    order = [name for name in ALLOWANCES if name in left]
    order += [name for name in sorted(left) if name not in ALLOWANCES]
    return [_left(name, *left[name]) for name in order]


def _left(name: str, units: int, of: int) -> Left:
    said = gettext("{left} of {all}").format(left=grouped(units), all=grouped(of))
    return Left(name=str(ALLOWANCES.get(name, name)), said=said, units=units, of=of)


# --- what comes next, and the way back ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A stage that the number is in, or comes to if nothing happens, and the way out of it."""

    kind: str
    begins: datetime
    is_now: bool
    #: The last day on which the way back is open; `None`: there is none, or no end.
    last: datetime | None
    #: The ways: what to do where, at which fee beside the price.
    ways: tuple[str, ...]
    #: The holder shows a document.
    identity: bool


def ahead(life: Life) -> list[Step]:
    """Return the stages ahead with their ways back, the one of now first."""
    return [_step(life, way, n == 0) for n, way in enumerate(life.ways)]


def _step(life: Life, way: WayBack, is_now: bool) -> Step:
    last = None
    if way.until is not None and way.verb:
        last = way.until - timedelta(microseconds=1)
    return Step(
        kind=way.kind,
        begins=way.begins,
        is_now=is_now,
        last=last,
        ways=_ways(way, life.glance.currency),
        identity=way.identity,
    )


def _ways(way: WayBack, currency: str) -> tuple[str, ...]:
    """Say where a number comes back, and for which fee; channels of one fee go together."""
    by_fee: dict[int, list[str]] = {}
    for place in way.places:
        by_fee.setdefault(place.fee_minor, []).append(wording.channel(place.channel))
    return tuple(_way(way, names, fee, currency) for fee, names in sorted(by_fee.items()))


def _way(way: WayBack, names: Sequence[str], fee: int, currency: str) -> str:
    where = gettext(", ").join(names)
    if way.verb == RESTORE:
        said = gettext("Ask for it back: {where}.")
    elif way.verb == "top_up":
        said = gettext("Top up: {where}.")
    else:
        said = gettext("Renew: {where}.")
    told = [said.format(where=where)]
    if way.least_minor:
        least = money(way.least_minor, currency)
        told.append(gettext("At least {amount}.").format(amount=least))
    if fee:
        amount = money(fee, currency)
        told.append(gettext("Fee: {amount}, beside the price.").format(amount=amount))
    elif way.kind != "live":
        told.append(gettext("No fee beside the price."))
    return " ".join(told)
