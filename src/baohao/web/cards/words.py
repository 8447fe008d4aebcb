"""Acts as their doer says them: what was done, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext, gettext_lazy

from baohao.app.kept import adding
from baohao.app.kept.story import Told
from baohao.core.money import NO_CURRENCY
from baohao.core.policy.model import How, Policy
from baohao.core.upkeep.means import PAID
from baohao.core.upkeep.plan import Step
from baohao.web import formats
from baohao.web.holder import saying
from baohao.web.templatetags.saying import titled

#: What happens to a card without its keeper: nobody says that they did it.
BEFALL = frozenset({"charge", "port_in"})
#: What somebody did.
DID = {
    "activate": gettext_lazy("I began to use it"),
    "call_in": gettext_lazy("I took a call"),
    "call_out": gettext_lazy("I made a call"),
    "data": gettext_lazy("I used data"),
    "gift": gettext_lazy("Somebody gave me credit"),
    "login": gettext_lazy("I signed in"),
    "mms_out": gettext_lazy("I sent a picture message"),
    "other": gettext_lazy("I did something else that counts"),
    "pack": gettext_lazy("I bought a pack"),
    "read": gettext_lazy("I asked for the balance"),
    "renewal": gettext_lazy("I paid for another term"),
    "sms_in": gettext_lazy("I received a text message"),
    "sms_out": gettext_lazy("I sent a text message"),
    "topup": gettext_lazy("I topped up credit"),
    "usage": gettext_lazy("I used it"),
    "validity_pack": gettext_lazy("I bought more days"),
    "voucher": gettext_lazy("I topped up with a voucher"),
}
#: What most people do to keep a card, in the order in which they do.
_USUAL = ("topup", "sms_out", "call_out", "data", "renewal", "pack", "validity_pack", "voucher")
#: What somebody is to do.
DO = {
    "call_in": gettext_lazy("Take a call"),
    "call_out": gettext_lazy("Make a call"),
    "data": gettext_lazy("Use some data"),
    "gift": gettext_lazy("Have somebody give you credit"),
    "login": gettext_lazy("Sign in"),
    "mms_out": gettext_lazy("Send a picture message"),
    "other": gettext_lazy("Do something that counts"),
    "pack": gettext_lazy("Buy a pack"),
    "read": gettext_lazy("Ask for the balance"),
    "renewal": gettext_lazy("Pay for another term"),
    "sms_in": gettext_lazy("Receive a text message"),
    "sms_out": gettext_lazy("Send a text message"),
    "topup": gettext_lazy("Top up credit"),
    "usage": gettext_lazy("Use it"),
    "validity_pack": gettext_lazy("Buy more days"),
    "voucher": gettext_lazy("Top up with a voucher"),
}
#: How a card's life here ended.
ENDED = {"terminate": gettext_lazy("It was let go"), "port_out": gettext_lazy("Its number left")}


def acts(policy: Policy) -> list[tuple[str, str]]:
    """Return what somebody may have done that counts for a product, what is usual first."""
    known = [kind for kind in adding.counts(policy) if kind not in BEFALL]
    known.sort(key=lambda kind: _USUAL.index(kind) if kind in _USUAL else len(_USUAL))
    return [(kind, did(kind)) for kind in known]


def with_money(policy: Policy) -> frozenset[str]:
    """Return the acts of a product that are told with an amount."""
    if policy.currency == NO_CURRENCY:
        return frozenset()
    return frozenset(kind for kind, _ in acts(policy) if kind in PAID)


def did(kind: str) -> str:
    """Say what somebody did."""
    return str(DID.get(kind, kind.replace("_", " ")))


def do(kind: str) -> str:
    """Say what somebody is to do."""
    return str(DO.get(kind, kind.replace("_", " ")))


def to_do(policy: Policy, step: Step, *, is_priced: bool) -> str:
    """Say a step of a plan, with its amount where that is known."""
    option = step.option
    said = do(option.kind)
    if option.sku:
        said = f"{said} ({option.sku})"
    if option.times > 1:
        said = gettext("{what}, {times} times").format(what=said, times=option.times)
    if not is_priced:
        return gettext("{what} (price not known)").format(what=said)
    if option.cost_minor:
        price = formats.money(option.cost_minor, policy.currency)
        return gettext("{what}: {price}").format(what=said, price=price)
    return said


def told(entry: Told) -> str:
    """Say what happened to a card."""
    if entry.product is not None:
        return gettext("Kept here, as {product}").format(product=product(entry.product))
    if entry.what == "acted":
        return str(ENDED.get(entry.kind) or did(entry.kind))
    if entry.what == "observed":
        return gettext("The operator said")
    if entry.what == "undone":
        return gettext("A record was taken back")
    if entry.kind == "stage":
        return str(saying.ENTERED.get(entry.stage, saying.ENTERED["live"]))
    return str(saying.SETTLED.get(entry.kind, entry.kind))


def steps(how: How | None) -> tuple[str, ...]:
    """Return what a person does for an act, in the reader's language where somebody wrote it."""
    if how is None:
        return ()
    told: Mapping[str, tuple[str, ...]] = {"": how.steps, **how.steps_in}
    return formats.in_language(told) or ()


def product(policy: Policy) -> str:
    """Say what a product is called."""
    return titled(policy)
