"""Events: what became true of a subject, in the order in which it was taken down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from baohao.core.line.acts import Act
from baohao.core.line.standing import Settled
from baohao.core.line.state import Card, Reading, Sold, Tenure

#: Plain JSON: text, whole numbers, true, false, null, lists, objects. Instants as ISO text.
Json = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that became true of a subject; the journal's row."""

    #: One of `EVENT_KINDS`.
    kind: str
    effective_at: datetime
    #: acted: what happened.
    act: Act | None = None
    #: acted: what was paid for it.
    sold: Sold | None = None
    #: settled and unsettled: what fell due, or no longer does since a late fact.
    settled: Settled | None = None
    #: acted, registered, transferred: the tenure as it is from now on.
    tenure: Tenure | None = None
    #: stocked, acted, card_replaced: the card as it is from now on.
    card: Card | None = None
    #: observed: what the operator said.
    reading: Reading | None = None
    data: Json = field(default_factory=dict)


EVENT_KINDS = frozenset(
    {
        "stocked",
        "allotted",
        "acted",
        "undone",
        "settled",
        "unsettled",
        "observed",
        "registered",
        "transferred",
        "card_replaced",
        "card_lost",
        "card_found",
        "ordered",
        "order_owed",
        "order_told",
        "order_charged",
        "order_failed",
        "order_given_up",
        "order_stopped",
        "closed",
        "opened",
        "funded",
        "withdrawn",
        "commission_paid",
        "shift_opened",
        "dropped",
        "counted",
        "shift_closed",
    }
)
