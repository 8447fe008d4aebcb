"""
Promotions as frozen values, what they are held against, and what they gave.

Money is in minor units of the promotion's currency; windows are half-open in its zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from enum import StrEnum

from baohao.core.civil import Span
from baohao.core.policy.model import Cohort

#: What 10,000 of are the whole.
WHOLE_BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class ExtraTime:
    """Time on top of what was bought; it has no price."""

    span: Span


@dataclass(frozen=True, slots=True)
class AmountOff:
    """Money off the price, never more than the price."""

    amount_minor: int


@dataclass(frozen=True, slots=True)
class PercentOff:
    """A share off the price that is left, rounded down to the minor unit."""

    basis_points: int


@dataclass(frozen=True, slots=True)
class CreditGift:
    """Credit on the line, on top of what was bought."""

    amount_minor: int


Give = ExtraTime | AmountOff | PercentOff | CreditGift


class Choice(StrEnum):
    """How one installation's operator picks among promotions that may not stand together."""

    #: The set that is worth most to the holder.
    BEST = "best"
    #: In order of priority; each that still fits.
    FIRST = "first"


class Reason(StrEnum):
    """Why a promotion does not apply."""

    OPERATOR = "operator"
    CURRENCY = "currency"
    VERB = "verb"
    PLAN = "plan"
    TERM = "term"
    CHANNEL = "channel"
    PRICE = "price"
    NOT_YET = "not_yet"
    OVER = "over"
    COHORT = "cohort"
    NOT_FIRST = "not_first"
    CODE = "code"
    #: It counts uses per holder, and the holder is not known.
    HOLDER_UNKNOWN = "holder_unknown"
    NUMBER_LIMIT = "number_limit"
    HOLDER_LIMIT = "holder_limit"
    USED_UP = "used_up"
    BUDGET = "budget"
    #: It would have given nothing: the price was down to zero already.
    NOTHING = "nothing"
    #: It may not stand beside what was chosen.
    OUTDONE = "outdone"
    #: The holder gave a code that no promotion has.
    CODE_UNKNOWN = "code_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A rule that gives something more. A `None` filter lets everything through."""

    id: str
    title: str
    titles: Mapping[str, str] = field(default_factory=dict)
    operator: str
    zone: tzinfo
    currency: str
    #: Half-open civil days in `zone`; no end: until it is taken out.
    starts: date
    ends: date | None = None
    gives: tuple[Give, ...]
    verbs: frozenset[str] = frozenset({"renew"})
    plans: frozenset[str] | None = None
    #: What must be bought: "12 months" and "1 year" are the same length, "365 days" are not.
    terms: frozenset[Span] | None = None
    channels: frozenset[str] | None = None
    #: The least list price.
    min_price_minor: int = 0
    cohort: Cohort = field(default_factory=Cohort)
    #: Only for a number that never had a paid act.
    first_time: bool = False
    per_number: int | None = None
    per_holder: int | None = None
    #: How many uses there are in all.
    uses: int | None = None
    #: How much money off and credit there is in all.
    budget_minor: int | None = None
    #: What the holder must say; compared without case. Empty: it applies by itself.
    code: str = ""
    #: Higher first.
    priority: int = 0
    #: Never beside another.
    exclusive: bool = False
    #: At most one of a stacking group applies. All without a group are one group: they do not
    #: stack.
    group: str = ""
    invented: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What is about to be bought, by whom, where and when."""

    operator: str
    currency: str
    verb: str
    plan: str
    term: Span | None
    #: The list price.
    price_minor: int
    channel: str
    at: datetime
    number: str
    #: The random id; None while nobody is registered.
    holder: str | None = None
    activated: date | None = None
    batch: str = ""
    identity: str = ""
    #: No paid act on this number before, in this tenure.
    first_time: bool = False
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionFacts:
    """
    What is left of promotions, and who used them: outside the line, read under the locks.

    A promotion with a limit whose facts are missing has nothing left: limits fail closed.
    """

    #: promotion -> uses; only those with `uses`.
    uses_left: Mapping[str, int] = field(default_factory=dict)
    #: promotion -> minor units; only those with `budget_minor`.
    budget_left_minor: Mapping[str, int] = field(default_factory=dict)
    #: (promotion, number) -> uses; absent: none.
    by_number: Mapping[tuple[str, str], int] = field(default_factory=dict)
    #: (promotion, holder) -> uses; absent: none.
    by_holder: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @classmethod
    def unused(cls, promotions: Iterable[Promotion]) -> PromotionFacts:
        """Return the facts of promotions that nobody has used yet."""
        listed = tuple(promotions)
        return cls(
            uses_left={p.id: p.uses for p in listed if p.uses is not None},
            budget_left_minor={p.id: p.budget_minor for p in listed if p.budget_minor is not None},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One use of one promotion: what counters count."""

    promotion: str
    number: str
    holder: str | None
    #: Money off and credit; time costs nothing.
    cost_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bonus:
    """Extra time, and the promotion that gave it."""

    promotion: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What became of one promotion, or of one code."""

    #: Empty for a code that no promotion has.
    promotion: str
    #: None: it was applied.
    reason: Reason | None
    #: Only with `CODE_UNKNOWN`.
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What promotions made of a price."""

    list_minor: int
    #: What is to be paid: the list price less `discounts`, never negative.
    price_minor: int
    #: (promotion, minor units off), in the order in which they were taken off.
    discounts: tuple[tuple[str, int], ...] = ()
    bonuses: tuple[Bonus, ...] = ()
    #: (promotion, minor units of credit).
    gifts: tuple[tuple[str, int], ...] = ()
    uses: tuple[Use, ...] = ()
    explanations: tuple[Explanation, ...] = ()

    @property
    def off_minor(self) -> int:
        """What all promotions took off."""
        return self.list_minor - self.price_minor

    @property
    def credit_minor(self) -> int:
        """What all promotions gave as credit."""
        return sum(minor for _, minor in self.gifts)

    @property
    def gifts_of_credit(self) -> tuple[tuple[str, int], ...]:
        """
        (promotion, minor units of credit that were not paid for), where credit is what is bought.

        Money off a top-up is credit given: the line gets its face value whatever was paid.
        """
        given: dict[str, int] = {}
        for promotion, minor in (*self.gifts, *self.discounts):
            given[promotion] = given.get(promotion, 0) + minor
        return tuple(given.items())
