"""Promotions: what they have given in all, and to each number and holder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from baohao.core.bucket import bucket_of
from baohao.core.promotions.model import Promotion, PromotionFacts, Use
from baohao.store.sql import Cursor
from baohao.store.writes import Writes


def is_limited(promotion: Promotion) -> bool:
    """Whether it has a limit over all: a number of uses, or a budget."""
    return promotion.uses is not None or promotion.budget_minor is not None


@dataclass(slots=True, kw_only=True)
class Given:
    """What was locked of promotions, and by how much a batch changes it."""

    promotions: Mapping[str, Promotion]
    #: promotion -> uses and cost; only those with a limit over all.
    totals: dict[str, tuple[int, int]]
    #: (subject, promotion) -> uses.
    had: dict[tuple[str, str], int]
    _totals: dict[str, tuple[int, int]] = field(default_factory=dict)
    _had: dict[tuple[str, str], int] = field(default_factory=dict)
    #: Of promotions that the batch knows nothing of: uses and cost that are given back.
    _others: dict[str, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def read(
        cls, promotions: Iterable[Promotion], totals: Cursor | None, uses: Cursor | None
    ) -> Given:
        """Return what `lock_totals` and `lock_uses` found."""
        return cls(
            promotions={promotion.id: promotion for promotion in promotions},
            totals={name: (n, cost) for name, n, cost in totals.fetchall()} if totals else {},
            had={(subject, name): n for subject, name, n in uses.fetchall()} if uses else {},
        )

    def facts(self) -> PromotionFacts:
        """Return what is left, and who has had what."""
        uses_left: dict[str, int] = {}
        budget_left_minor: dict[str, int] = {}
        for promotion in self.promotions.values():
            used, cost_minor = self.totals.get(promotion.id, (0, 0))
            if promotion.uses is not None:
                uses_left[promotion.id] = promotion.uses - used
            if promotion.budget_minor is not None:
                budget_left_minor[promotion.id] = promotion.budget_minor - cost_minor
        by = {(promotion, subject): n for (subject, promotion), n in self.had.items()}
        return PromotionFacts(
            uses_left=uses_left, budget_left_minor=budget_left_minor, by_number=by, by_holder=by
        )

    def count(self, uses: Iterable[Use], sign: int) -> None:
        """Count uses that were taken (1) or given back (-1)."""
        for use in uses:
            promotion = self.promotions.get(use.promotion)
            if promotion is None:
                continue
            if is_limited(promotion):
                used, cost_minor = self._totals.get(use.promotion, (0, 0))
                self._totals[use.promotion] = used + sign, cost_minor + sign * use.cost_minor
            if promotion.per_number is not None:
                self._count(use.number, use.promotion, sign)
            if promotion.per_holder is not None and use.holder:
                self._count(use.holder, use.promotion, sign)

    def give_back(self, uses: Iterable[Use]) -> None:
        """Count what quotes kept that ended; some of it may be of promotions that are over."""
        for use in uses:
            if use.promotion in self.promotions:
                self.count((use,), -1)
                continue
            used, cost_minor = self._others.get(use.promotion, (0, 0))
            self._others[use.promotion] = used + 1, cost_minor + use.cost_minor
            for subject in (use.number, use.holder):
                if subject:
                    self._count(subject, use.promotion, -1)

    def _count(self, subject: str, promotion: str, sign: int) -> None:
        self._had[subject, promotion] = self._had.get((subject, promotion), 0) + sign

    def write(self, writes: Writes) -> None:
        """Add the rows of what changed."""
        for name, (uses, cost_minor) in sorted(self._totals.items()):
            promotion, row = self.promotions[name], (bucket_of(name), name)
            limits = (promotion.uses, promotion.budget_minor)
            if name in self.totals and (uses or cost_minor):
                writes.add("update_promotion_totals", *row, uses, cost_minor, *limits)
            elif uses > 0:
                writes.add("insert_promotion_totals", *row, uses, max(cost_minor, 0), *limits)
        for name, (uses, cost_minor) in sorted(self._others.items()):
            writes.add("give_back_totals", bucket_of(name), name, uses, cost_minor)
        for (subject, name), change in sorted(self._had.items()):
            place = (bucket_of(subject), subject, name)
            if change < 0:
                # Of a holder of before, perhaps, whose row was not locked, or whom nobody counted.
                writes.add("give_back_uses", *place, -change)
            elif change > 0:
                known = (subject, name) in self.had
                statement = "update_promotion_uses" if known else "insert_promotion_uses"
                writes.add(statement, *place, change)
