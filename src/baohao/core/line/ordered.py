"""
A line's standing order: what was consented to, what was done for the next deadline, as events say.

It is its tenure's: whatever ends the tenure takes it off the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from baohao.core.civil import Span
from baohao.core.grants import Grant, Scope
from baohao.core.standing_orders import Progress, StandingOrder

#: How the payer begins where a card that was kept pays.
CARD = "card:"
#: What becomes of an order; the events carry the deadline that they are about.
ORDERED, STOPPED = "ordered", "order_stopped"
OWED, TOLD, CHARGED = "order_owed", "order_told", "order_charged"
FAILED, GAVE_UP = "order_failed", "order_given_up"
KINDS = frozenset({ORDERED, OWED, TOLD, CHARGED, FAILED, GAVE_UP, STOPPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """A standing order on its line."""

    #: The id of the ask that began it.
    id: str
    plan: str
    term: Span
    #: The account that pays, a wallet or a float; or "card:" and the payment that kept the card.
    payer: str
    currency: str
    limit_minor: int
    lead: Span
    notice: Span
    cure: Span
    #: Where it was consented to; what it buys is bought there, too.
    channel: str
    #: How the holder said so: words, a form's number.
    consent: str
    consented_at: datetime
    #: The payer is somebody else, whom the holder lets pay: until then, or for the tenure.
    is_granted: bool = False
    granted_until: datetime | None = None
    stopped_at: datetime | None = None
    progress: Progress | None = None
    #: Why the last charge failed.
    code: str = ""
    #: The latest deadline that it has paid for; it never pays for one twice.
    charged: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Whether it was not stopped."""
        return self.stopped_at is None

    @property
    def is_by_card(self) -> bool:
        """Whether a gateway charges a card that was kept."""
        return self.payer.startswith(CARD)

    def terms(self, number: str, epoch: int, zone: tzinfo) -> StandingOrder:
        """Return it as the rules have it; raises what they raise."""
        return StandingOrder(
            number=number,
            epoch=epoch,
            plan=self.plan,
            term=self.term,
            means=self.payer,
            currency=self.currency,
            limit_minor=self.limit_minor,
            lead=self.lead,
            notice=self.notice,
            cure=self.cure,
            zone=zone,
            consented_at=self.consented_at,
            stopped_at=self.stopped_at,
        )

    def grant(self, number: str, epoch: int) -> Grant | None:
        """Return the grant by which somebody else pays; raises `GrantMalformed`."""
        if not self.is_granted:
            return None
        return Grant(
            number=number,
            epoch=epoch,
            grantee=self.payer.split(":")[1],
            scopes=frozenset({Scope.PAY}),
            since=self.consented_at,
            until=self.granted_until,
        )

    def at(self, deadline: datetime) -> Progress:
        """Return what was done for a deadline."""
        if self.progress is not None and self.progress.deadline == deadline:
            return self.progress
        return Progress(deadline=deadline)


def moved_on(
    ordered: Ordered | None, kind: str, at: datetime, data: Mapping[str, object]
) -> Ordered:
    """Return an order as an event leaves it; ValueError for one that cannot follow."""
    if kind == ORDERED:
        return read(data)
    if ordered is None:
        raise ValueError(f"{kind!r} without an order")
    if kind == STOPPED:
        return replace(ordered, stopped_at=at)
    deadline = datetime.fromisoformat(str(data["deadline"]))
    if kind == CHARGED:
        return replace(ordered, progress=None, code="", charged=deadline)
    done = ordered.at(deadline)
    if kind == OWED:
        return replace(ordered, progress=replace(done, owed_at=at), code="")
    if kind == TOLD:
        return replace(ordered, progress=replace(done, noticed_at=at))
    if kind == FAILED:
        failed = replace(done, failed_at=(*done.failed_at, at))
        return replace(ordered, progress=failed, code=str(data["code"]))
    return replace(ordered, progress=replace(done, gave_up=True))


# --- as plain JSON --------------------------------------------------------------------------------

_SPANS = ("term", "lead", "notice", "cure")
_INSTANTS = ("consented_at", "granted_until", "stopped_at", "charged")
_PLAIN = (
    *("id", "plan", "payer", "currency", "limit_minor", "channel", "consent"),
    *("is_granted", "code"),
)


def written(ordered: Ordered) -> dict[str, object]:
    """Return an order as plain JSON; `read` reads it."""
    said: dict[str, object] = {name: getattr(ordered, name) for name in _PLAIN}
    said |= {name: str(getattr(ordered, name)) for name in _SPANS}
    instants = ((name, getattr(ordered, name)) for name in _INSTANTS)
    said |= {name: value.isoformat() for name, value in instants if value is not None}
    done = ordered.progress
    if done is not None:
        said["progress"] = [
            done.deadline.isoformat(),
            done.owed_at.isoformat() if done.owed_at else None,
            done.noticed_at.isoformat() if done.noticed_at else None,
            [at.isoformat() for at in done.failed_at],
            done.gave_up,
        ]
    return said


def read(said: Mapping[str, object]) -> Ordered:
    """Return the order that `written` wrote."""
    values: dict[str, object] = {name: said[name] for name in _PLAIN}
    values |= {name: Span.parse(str(said[name])) for name in _SPANS}
    values |= {name: _instant(said[name]) for name in _INSTANTS if name in said}
    done = said.get("progress")
    if isinstance(done, list):
        deadline, owed_at, noticed_at, failed_at, gave_up = done
        values["progress"] = Progress(
            deadline=datetime.fromisoformat(deadline),
            owed_at=_instant(owed_at) if owed_at else None,
            noticed_at=_instant(noticed_at) if noticed_at else None,
            failed_at=tuple(map(_instant, failed_at)),
            gave_up=gave_up,
        )
    return Ordered(**values)  # type: ignore[arg-type]


def _instant(text: object) -> datetime:
    return datetime.fromisoformat(str(text))
