"""
The client: what a partner's Python programs ask the API with.

    from baohao.client import Client

    with Client("https://keep.example", "bh_live_...") as keep:
        line = keep.line("+85366123456")
        sold = keep.renew(line.number, "12 months", expect_version=line.version)
        print(sold.id, sold.until)

A write is sent again under the same idempotency key until it is answered, so it is done once. What
is refused raises `Refused`, with a code; what stays unanswered raises `OutcomeUnknown`, with the
key to ask again with. It stands alone: the standard library, httpx, and nothing else of baohao.
"""

from baohao.client.answers import (
    Between,
    Clock,
    Deadline,
    Deposit,
    Exchange,
    Line,
    Offer,
    Outcome,
    Quote,
    Receipt,
    Reversed,
    Safety,
    Share,
    Sold,
    Stay,
)
from baohao.client.failures import Failure, OutcomeUnknown, Refused
from baohao.client.pages import Buying, Client, Holding, Row

__all__ = [
    "Between",
    "Buying",
    "Client",
    "Clock",
    "Deadline",
    "Deposit",
    "Exchange",
    "Failure",
    "Holding",
    "Line",
    "Offer",
    "Outcome",
    "OutcomeUnknown",
    "Quote",
    "Receipt",
    "Refused",
    "Reversed",
    "Row",
    "Safety",
    "Share",
    "Sold",
    "Stay",
]
