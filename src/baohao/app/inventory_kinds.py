"""
Kinds of line: all that the lines of an inventory share, whatever their number and card.

A file of a million lines has a few thousand kinds (an operator, a plan, a policy, a lot, a day of
activation, a deadline), so each is worked out once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from baohao.core.civil import aware, civil_day, midnight
from baohao.core.money import parse_minor
from baohao.core.operators import Operator
from baohao.core.policy.ending import service_clock
from baohao.core.policy.model import Policy
from baohao.core.policy.versions import Member, VersionMissing, version_for
from baohao.core.refusals import Refusal

_IN_STOCK = ("stock", "in stock", "new", "庫存", "库存", "未啟用", "未激活", "estoque")
_IN_USE = ("active", "in use", "live", "使用中", "已啟用", "已激活", "在用", "正常", "ativo")
STATUSES = {**dict.fromkeys(_IN_STOCK, "stock"), **dict.fromkeys(_IN_USE, "active")}
CUSTODIES = ("issued", "external")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_WITH_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:.*", re.ASCII)
#: What an account's owner may be called: what a plan earns is an account's.
_PLAN = re.compile(r"[A-Za-z0-9_.@+-]{1,80}")
#: Years that a date may be of; others are slips of the hand.
_FIRST_YEAR, _LAST_YEAR = 1990, 2199
_MOST_BATCH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What the lines of one kind share."""

    operator: str
    plan: str
    #: "name@version".
    pin: str
    custody: str
    batch: str = ""
    #: When its life began, as far as it is known; `None`: it is in stock.
    begins: datetime | None = None
    #: The clock that `until` is of.
    clock: str = ""
    #: The deadline that its operator gave it; `None`: what the policy makes of the beginning.
    until: datetime | None = None
    #: The holder's credit; `None`: none was said.
    balance_minor: int | None = None

    @property
    def verb(self) -> str:
        """What is asked for each line of the kind."""
        return "stock" if self.begins is None else "take_over"

    @property
    def payload(self) -> dict[str, object]:
        """What every such ask says, but for the card."""
        said: dict[str, object] = {
            "operator": self.operator,
            "plan": self.plan,
            "pin": self.pin,
            "custody": self.custody,
        }
        if self.batch:
            said["batch"] = self.batch
        if self.begins is not None:
            said["begins"] = self.begins.isoformat()
        if self.until is not None:
            said |= {"clock": self.clock, "until": self.until.isoformat()}
        if self.balance_minor is not None:
            said["balance_minor"] = self.balance_minor
        return said


class Words(NamedTuple):
    """The cells that make a kind, as they are written."""

    operator: str = ""
    plan: str = ""
    policy: str = ""
    custody: str = ""
    batch: str = ""
    status: str = ""
    activated: str = ""
    until: str = ""
    balance: str = ""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A cell that cannot be meant."""

    column: str
    reason: str
    #: Stable, for machines.
    code: str


@dataclass(frozen=True, slots=True)
class Found:
    """A kind, or everything that is wrong with it."""

    kind: Kind | None
    wrong: tuple[Wrong, ...] = ()


class Kinds:
    """Reads kinds against what there is to sell, each once."""

    def __init__(
        self, policies: Mapping[str, Policy], operators: Mapping[str, Operator], now: datetime
    ) -> None:
        self._policies, self._now = policies, now
        self._operators = {
            name.casefold(): operator
            for operator in operators.values()
            for name in (*operator.names.values(), operator.name, operator.key)
        }
        self._keys = tuple(operators)
        self._ours: defaultdict[str, list[Policy]] = defaultdict(list)
        for policy in policies.values():
            self._ours[policy.operator].append(policy)
        self._known: dict[Words, Found] = {}

    def read(self, words: Words) -> Found:
        """Return the kind that the cells mean."""
        found = self._known.get(words)
        if found is None:
            wrong: list[Wrong] = []
            kind = self._kind(words, wrong)
            found = self._known[words] = Found(None if wrong else kind, tuple(wrong))
        return found

    def _kind(self, words: Words, wrong: list[Wrong]) -> Kind | None:
        operator = self._operator(words, wrong)
        if operator is None:
            return None
        zone = operator.zone
        begins = _instant(words.activated, "activated", zone, wrong)
        until = _instant(words.until, "until", zone, wrong, last_day=True)
        member = Member(
            activated=civil_day(begins, zone) if begins else None,
            plan=words.plan,
            batch=words.batch,
        )
        policy = self._policy(words, operator, member, wrong)
        if len(words.batch) > _MOST_BATCH or not words.batch.isprintable():
            reason = f"a lot's name is at most {_MOST_BATCH} printable characters"
            wrong.append(Wrong("batch", reason, "inventory.batch"))
        return Kind(
            operator=operator.key,
            plan="" if policy is None else _plan(words, policy, wrong),
            pin="" if policy is None else policy.pin,
            custody=_custody(words, operator, wrong),
            batch=words.batch,
            begins=self._life(words, begins, until, wrong),
            clock="" if until is None or policy is None else _clock(policy, wrong),
            until=until,
            balance_minor=None if policy is None else _balance(words, policy, wrong),
        )

    def _operator(self, words: Words, wrong: list[Wrong]) -> Operator | None:
        wanted = words.operator
        if not wanted and words.policy:
            named = (p for p in self._policies.values() if words.policy in (p.pin, p.name))
            wanted = min((p.operator for p in named), default="")
        operator = self._operators.get(wanted.casefold()) if wanted else None
        if operator is not None:
            return operator
        reason = f"no such operator; there is {_some(self._keys)}"
        if not wanted:
            reason = "whose line it is is not said: add the column, or say --operator"
        wrong.append(Wrong("operator", reason, "inventory.operator"))
        return None

    def _policy(
        self, words: Words, operator: Operator, member: Member, wrong: list[Wrong]
    ) -> Policy | None:
        ours = self._ours[operator.key]
        names = {p.name for p in ours}
        pinned = self._policies.get(words.policy)
        if pinned is not None and pinned.operator == operator.key:
            return pinned
        name = words.policy
        if not name:
            selling = {p.name for p in ours if words.plan in {o.plan for o in p.offers}}
            sold = {offer.plan for policy in ours for offer in policy.offers}
            if words.plan and sold and not selling:
                reason = f"{operator.key} has no such plan; it has {_some(sold)}"
                wrong.append(Wrong("plan", reason, "inventory.plan"))
                return None
            name = min(selling or names, default="") if len(selling or names) == 1 else ""
        if name not in names:
            reason = f"{operator.key} has no such policy; it has {_some(names)}"
            if not words.policy:
                reason = f"add the column, or say --policy: {operator.key} has {_some(names)}"
            wrong.append(Wrong("policy", reason, "inventory.policy"))
            return None
        try:
            return version_for(ours, name, civil_day(self._now, operator.zone), member)
        except VersionMissing as missing:
            wrong.append(Wrong("policy", missing.message, missing.code))
            return None

    def _life(
        self, words: Words, begins: datetime | None, until: datetime | None, wrong: list[Wrong]
    ) -> datetime | None:
        """Return when the life of a line in use began; `None` for one in stock."""
        given = STATUSES.get(words.status.casefold()) if words.status else None
        if words.status and given is None:
            reason = "write stock or active; how late an active line is follows from its dates"
            wrong.append(Wrong("status", reason, "inventory.status"))
        dated = bool(words.activated or words.until)
        if given != "active" and words.balance and not dated:
            reason = "a card in stock has no balance: empty it, or say when the line was activated"
            wrong.append(Wrong("balance", reason, "inventory.status_balance"))
        if given == "stock" and dated:
            reason = "a card in stock has no dates: write active, or empty them"
            wrong.append(Wrong("status", reason, "inventory.status_dates"))
        if given == "active" and not dated:
            reason = "a line in use needs the day of its activation, or its deadline"
            wrong.append(Wrong("activated", reason, "inventory.date_missing"))
        if begins is not None and begins > self._now:
            wrong.append(Wrong("activated", "it lies ahead", "inventory.date_ahead"))
        if begins is not None and until is not None and until <= begins:
            reason = "the deadline comes before the activation"
            wrong.append(Wrong("until", reason, "inventory.date_order"))
        if begins is None and until is not None:
            # Nobody knows since when: its life begins here, or where it ended before.
            return min(self._now, until)
        return begins


def _instant(
    text: str, column: str, zone: tzinfo, wrong: list[Wrong], *, last_day: bool = False
) -> datetime | None:
    if not text:
        return None
    instant = _read_instant(text, zone, last_day)
    if isinstance(instant, str):
        wrong.append(Wrong(column, instant, "inventory.date"))
        return None
    return instant


@lru_cache(maxsize=65536)
def _read_instant(text: str, zone: tzinfo, last_day: bool) -> datetime | str:
    """
    Read a day, or an instant; one without an offset is by the operator's clocks. Or say why not.

    A deadline is written as its last good day, and is the midnight after it.
    """
    matched, timed = _DAY.fullmatch(text), _WITH_TIME.fullmatch(text)
    if matched is None and timed is None:
        return "it is no date; write it as 2026-02-28"
    try:
        if matched is not None:
            day = date(*map(int, matched.groups()))
            instant = midnight(day + timedelta(days=1) if last_day else day, zone)
        else:
            given = datetime.fromisoformat(text)
            instant = aware(given if given.tzinfo else given.replace(tzinfo=zone))
    except (ValueError, OverflowError) as error:
        return f"{error}; write it as 2026-02-28"
    if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        return f"the year is not between {_FIRST_YEAR} and {_LAST_YEAR}"
    return instant


def _plan(words: Words, policy: Policy, wrong: list[Wrong]) -> str:
    sold = sorted({offer.plan for offer in policy.offers})
    if not words.plan and len(sold) <= 1:
        # Nothing is sold to a card that is only watched: its product is the plan.
        return sold[0] if sold else policy.name.rsplit(".", 1)[-1]
    if not words.plan:
        reason = f"{policy.name} has several plans; say which: {_some(sold)}"
        wrong.append(Wrong("plan", reason, "inventory.plan"))
    elif sold and words.plan not in sold:
        reason = f"{policy.name} has no such plan; it has {_some(sold)}"
        wrong.append(Wrong("plan", reason, "inventory.plan"))
    elif _PLAN.fullmatch(words.plan) is None:
        reason = "a plan's key is at most 80 letters, digits and _ . @ + -"
        wrong.append(Wrong("plan", reason, "inventory.plan"))
    return words.plan


def _custody(words: Words, operator: Operator, wrong: list[Wrong]) -> str:
    custody = words.custody.casefold() or operator.custody
    if custody not in CUSTODIES:
        wrong.append(Wrong("custody", "write issued or external", "inventory.custody"))
    return custody


def _clock(policy: Policy, wrong: list[Wrong]) -> str:
    """Return the clock that ends the service: the one that people mean by a line's deadline."""
    if clock := service_clock(policy):
        return clock
    reason = f"{policy.name} has no clock that ends the service: leave it empty"
    wrong.append(Wrong("until", reason, "inventory.clock"))
    return ""


def _balance(words: Words, policy: Policy, wrong: list[Wrong]) -> int | None:
    if policy.charges and (words.activated or words.until):
        names = _some(charge.id for charge in policy.charges)
        reason = (
            f"{policy.name} takes money by itself ({names}), so its lines cannot be taken over "
            "without their history: put the card in stock, and record what happened"
        )
        wrong.append(Wrong("policy", reason, "inventory.charges"))
    if not words.balance:
        return None
    try:
        minor = parse_minor(words.balance, policy.currency)
    except Refusal as malformed:
        wrong.append(Wrong("balance", str(malformed.facts["reason"]), malformed.code))
        return None
    if minor < 0:
        wrong.append(Wrong("balance", "it is below zero", "inventory.balance"))
    return minor


def _some(names: Iterable[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:8]) + (" ..." if len(listed) > 8 else "") or "none"
