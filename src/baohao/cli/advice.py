"""What to do next about a refusal, as a command to type."""

from __future__ import annotations

from collections.abc import Mapping

from baohao.core.refusals import Refusal

#: By code; what the message itself says is not said again.
_NEXT: Mapping[str, str] = {
    "line.moved": "Look at it again: baohao lines show NUMBER",
    "line.unknown": "Import it first: baohao lines import FILE",
    "quote.moved": "Ask for a new one: baohao quote NUMBER --term 12m",
    "quote.over": "Ask for a new one: baohao quote NUMBER --term 12m",
    "quote.unknown": "Ask for one: baohao quote NUMBER --term 12m",
    "money.short": "Pay money in: baohao fund ACCOUNT --amount 1000.00",
    "payment.refund_moved": "Look at it: baohao payments show PAYMENT",
    "money.price_moved": "Ask what it costs now: baohao quote NUMBER --term 12m",
    "line.date_moved": "Ask until when it would be paid now: baohao quote NUMBER --term 12m",
    "offer.unknown": "See what is on offer: baohao lines show NUMBER",
    "stock.not_yours": "The operator allots it: baohao agents allot AGENT NUMBER",
    "till.no_shift": "Count the float and open one: baohao till open TILL --float 500.00",
    "till.shift_open": "Count it, then close it: baohao till count TILL 100.00x5",
    "till.not_counted": "Count it first: baohao till count TILL 100.00x5",
    "till.counted": "Close the shift: baohao till close TILL",
    "day.unfinished": "Count and close it: baohao till count TILL 100.00x5",
    "day.before": "Close that day first: baohao day close POINT DAY",
    "key.reused": "Use another --key, or none.",
    "line.would_shorten": "If that is meant, ask with accept_shorter: baohao ask --help",
    "house.closed": "Check it, then open it: baohao doctor && baohao db resume",
    "ask.parked": "See what waits for a person: baohao doctor",
    "outcome.unknown": "Run the same command again; nothing is done twice with the same --key.",
}


def advice(refusal: Refusal, number: str = "") -> str:
    """Return what to do next; empty where there is nothing to add."""
    code = refusal.code
    while code:
        if code in _NEXT:
            said = _NEXT[code]
            account = str(refusal.facts.get("account", "ACCOUNT"))
            return said.replace("NUMBER", number or "NUMBER").replace("ACCOUNT", account)
        code = code.rpartition(".")[0]
    return ""
