"""The words of the library's pages that are no whole sentences."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from baohao.core.civil import Unit
from baohao.core.policy.terms import Base
from baohao.web.vocabulary import HAPPENED
from baohao.web.wording import CHANNELS, VERBS, WAYS

#: What may count, as things that people do.
ACTS = {
    **HAPPENED,
    "gift": gettext_lazy("Gift"),
    "other": gettext_lazy("Other use"),
    "pack": gettext_lazy("Pack"),
    "renewal": VERBS["renew"],
    "topup": VERBS["top_up"],
    "validity_pack": gettext_lazy("Validity pack"),
    "voucher": gettext_lazy("Voucher"),
}
#: What the ways of an operator are for, beside acts that count.
ERRANDS = {
    **ACTS,
    "activate": VERBS["activate"],
    "balance": gettext_lazy("Look at the balance"),
    "change_number": VERBS["change_number"],
    "number": gettext_lazy("Look up your number"),
    "park": VERBS["park"],
    "port_out": VERBS["port_out"],
    "reactivation": gettext_lazy("Bringing it back"),
    "read": gettext_lazy("Ask the operator"),
    "replace_card": VERBS["replace_card"],
    "restore": VERBS["restore"],
}
#: Where one does it: an operator's own app is not this one.
PLACES = {
    **CHANNELS,
    **WAYS,
    "app": gettext_lazy("In the operator's app"),
    "phone": gettext_lazy("From the phone itself"),
}
#: What marks an act, for rules that look at that.
TAGS = {
    "allowance": gettext_lazy("use of what a pack includes"),
    "charged": gettext_lazy("what is paid for"),
    "emergency": gettext_lazy("emergency calls"),
    "member_services": gettext_lazy("the operator's own free numbers"),
    "paid": gettext_lazy("what is paid for"),
    "port_in_credit": gettext_lazy("credit for bringing a number"),
    "promo": gettext_lazy("gifts of a promotion"),
    "roaming": gettext_lazy("use abroad"),
    "transfer": gettext_lazy("credit sent by others"),
}
#: How new time is counted.
COUNTED = {
    Base.RESET: gettext_lazy("counted from that day"),
    Base.STACK: gettext_lazy("on top of what is left"),
    Base.STACK_STRICT: gettext_lazy("on top of the date before, even where that is over"),
    Base.LONGEST: gettext_lazy("counted from that day, unless the date is later already"),
    Base.ANCHOR: gettext_lazy("to the next date of the cycle"),
    Base.AFTER_PRODUCT: gettext_lazy("counted from the end of what was bought"),
}
#: What becomes of time beyond the most there may be.
EXCESS = {
    "truncate": gettext_lazy("the rest is lost"),
    "reject": gettext_lazy("more is refused"),
    "queue": gettext_lazy("the rest waits"),
}
#: What the operator takes for.
CHARGES = {
    "rental": gettext_lazy("Rental"),
    "pause": gettext_lazy("While the number is parked"),
    "shortfall": gettext_lazy("Least spend"),
    "validity": gettext_lazy("For more time"),
}
#: How often, where it is once in each.
EACH = {
    Unit.YEAR: gettext_lazy("each year"),
    Unit.MONTH: gettext_lazy("each month"),
    Unit.WEEK: gettext_lazy("each week"),
    Unit.DAY: gettext_lazy("each day"),
    Unit.HOUR: gettext_lazy("each hour"),
    Unit.MINUTE: gettext_lazy("each minute"),
}
#: How far a source can be trusted.
CONFIDENCE = {
    "S": gettext_lazy("the operator's own pages"),
    "P": gettext_lazy("the press or users"),
    "L": gettext_lazy("a source of little weight"),
    "M": gettext_lazy("memory"),
    "NC": gettext_lazy("not confirmed"),
    "X": gettext_lazy("invented"),
    "U": gettext_lazy("its keeper's own word"),
}
#: What is not known, by the end of its path.
QUESTIONS = {
    "base": gettext_lazy("From which day the new time is counted"),
    "extend": gettext_lazy("How much time it gives"),
    "kind": gettext_lazy("What counts"),
    "min": gettext_lazy("The least amount that counts"),
    "max": gettext_lazy("How long at most"),
    "term": gettext_lazy("How much time there is"),
    "count": gettext_lazy("Whether the day itself counts"),
    "then": gettext_lazy("What becomes of the date after a pause"),
    "for": gettext_lazy("How long that stage lasts"),
}
