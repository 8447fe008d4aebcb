"""
A line's state: what it is, the acts that made it, and where they have brought it.

`evolve` is the only way from one state to the next. Everything derived (standings) is recomputed
from the acts when an act arrives late; otherwise it is folded on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from baohao.core.books.sale import Sale
from baohao.core.line.acts import Act
from baohao.core.line.lost import Lost
from baohao.core.line.ordered import Ordered
from baohao.core.line.standing import Standing
from baohao.core.promotions.model import Use


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The SIM or eSIM profile that carries the number."""

    iccid: str = ""
    imsi: str = ""
    #: eSIM only.
    eid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the operator last said of a clock or a balance."""

    name: str
    at: datetime
    until: datetime | None = None
    amount_minor: int | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """A paid act: what a reversal must know of it."""

    #: The act that it brought about.
    act: str
    at: datetime
    channel: str
    sale: Sale
    #: What of its price stays after a partial reversal; spread over its paid days.
    kept_minor: int
    uses: tuple[Use, ...] = ()
    #: Who sold it, from the register of agents; empty: nobody in it.
    agent: str = ""
    #: What that earned the agent.
    commission_minor: int = 0
    #: What the agent asked of its customer on top; its own money, in no books.
    service_fee_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """One holder's time with the number."""

    #: Counted from 1 for each number.
    epoch: int
    #: A random id; names and documents live elsewhere.
    holder: str
    since: datetime
    #: "" (not needed), "registered", "pending" or "lapsed".
    identity: str = ""
    #: When the document runs out; `None`: not known.
    identity_until: date | None = None
    #: The holder has locked the line against changes of card and number.
    locked: bool = False
    #: A random id: who answers for a holder who is a minor.
    guardian: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """The whole of one line."""

    number: str
    operator: str
    plan: str
    #: The policy that its acts begin under, and the one that it is under now.
    first_pin: str
    pin: str
    #: "issued" or "external".
    custody: str = "issued"
    card: Card = Card()
    #: The lot that the card came in, for cohorts and stock.
    batch: str = ""
    #: `None` before activation and between lives.
    tenure: Tenure | None = None
    #: How many tenures the number has had on this row.
    epochs: int = 0
    #: Every act that stands, in the order of `acts.order`.
    acts: tuple[Act, ...] = ()
    #: One for each world of the policy.
    standings: tuple[Standing, ...] = ()
    readings: tuple[Reading, ...] = ()
    sold: tuple[Sold, ...] = ()
    #: Who has the card in stock; empty: the operator, or nobody any more.
    agent: str = ""
    #: The tenure's standing order; it is over when the tenure is.
    order: Ordered | None = None
    #: The card was reported lost: nothing works until it is found or replaced.
    lost: Lost | None = None
    #: How many events have made it; the next one's sequence number is one more.
    version: int = 0

    @property
    def standing(self) -> Standing:
        """Where it stands in the first world; the only one of a line that may be sold to."""
        return self.standings[0]

    @property
    def epoch(self) -> int:
        """The tenure's number; 0 while there is none."""
        return self.tenure.epoch if self.tenure is not None else 0
