"""
Planned: what is asked for a card of a file, so that it comes under watch as the file knows it.

What cannot be used of it is told, and the rest is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any

from baohao.app.brought.model import Brought, Done, Numbering, Said
from baohao.app.brought.products import Called, called
from baohao.app.brought.wrong import RowRefused, Wrong
from baohao.app.kept.about import NOTE_MAX, TEXT_MAX, THINGS_MAX, About
from baohao.app.kept.adding import (
    ActOther,
    CreditNeeded,
    DayAhead,
    NothingKnown,
    counts,
    end_of,
    product,
)
from baohao.core.civil import civil_day, midnight
from baohao.core.kept import kept_key
from baohao.core.line.acts import STARTS
from baohao.core.line.fold import Rules, policy_of
from baohao.core.line.state import LineState, Reading
from baohao.core.money import NO_CURRENCY, MoneyMalformed, parse_minor
from baohao.core.policy.ending import service_clock
from baohao.core.policy.model import EventRule, Policy
from baohao.core.refusals import Refusal

Payload = dict[str, Any]


class ProductNotChosen(RowRefused):
    """Nobody said which product this is; choose one, or one of nobody's: every so many days."""

    code = "brought.row.product"


class BeganEarlier(RowRefused):
    """Something was done before the card's life began; it is taken to have begun then."""

    code = "brought.row.began_earlier"


class ActAssumed(RowRefused):
    """What was done is not said, or not for how much; it is taken as the least that counts."""

    code = "brought.row.act_assumed"


class FileCurrencyOther(RowRefused):
    """The amount is in {currency}, and the product's are in {wanted}: it is left out."""

    code = "brought.row.currency"


class ClockNone(RowRefused):
    """The product has no last day that an operator could name; that day is left out."""

    code = "brought.row.clock"


class OlderLeftOut(RowRefused):
    """What was done earlier is left out: the credit of today is known already."""

    code = "brought.row.older"


class NoteCut(RowRefused):
    """A text was too long; its end is left out."""

    code = "brought.row.note_cut"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What somebody said of a file before its cards are asked for."""

    #: Policies' names, by what the file calls them.
    products: Mapping[Called, str]
    #: Whose card it is where the file does not say; E.164.
    number: str = ""


@dataclass(slots=True, kw_only=True)
class Plan:
    """What is asked for one card."""

    card: Brought
    subject: str
    #: Taking it under watch; `None`: it is kept already.
    keep: Payload | None = None
    #: Verb and payload of what follows.
    rest: list[tuple[str, Payload]] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)

    def warn(self, column: str, value: object, why: Refusal) -> None:
        row, text = self.card.row, str(value)
        self.wrong.append(Wrong(row=row, column=column, value=text, refusal=why, is_fatal=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Plans the cards of a file for one keeper."""

    rules: Rules
    numbering: Numbering
    keeper: str
    choices: Choices
    now: datetime
    #: What the keeper has already, by key.
    kept: Mapping[str, LineState]
    #: How many lives each of their cards has had, those they had erased, too.
    lives: Mapping[str, int]

    def plan(self, card: Brought) -> Plan:
        """Return what is asked for a card; raises why nothing can be."""
        number = card.number or self.choices.number
        plan = Plan(card=card, subject=kept_key(number, self.keeper))
        known = self.kept.get(plan.subject)
        if known is not None and not known.standing.ended:
            self._more(plan, known, policy_of(self.rules, known.pin))
        else:
            self._anew(plan, self._policy(card))
        return plan

    def _policy(self, card: Brought) -> Policy:
        if card.policy in self.rules:
            return self.rules[card.policy]
        name = self.choices.products.get(called(card, self.numbering), "")
        if not name:
            raise ProductNotChosen()
        days = [at for at in (card.begins, *(done.at for done in card.done)) if at is not None]
        first = min((_day(at) for at in days), default=self.now.date())
        return product(self.rules, name, min(first, self.now.date()))

    def _anew(self, plan: Plan, policy: Policy) -> None:
        """Ask that a card be kept, with what was done and said."""
        card = plan.card
        acts = self._acts(plan, policy)
        opening = card.more.get("opening")
        begins = None if card.begins is None else _instant(card.begins, policy)
        if begins is not None and begins > self.now:
            raise DayAhead(day=_day(begins).isoformat())
        if acts and begins is not None and acts[0][0] < begins:
            plan.warn("", _day(acts[0][0]), BeganEarlier())
            begins = acts[0][0]
        elif acts and begins is None and len(acts) > 1:
            begins = acts[0][0]
        said = self._said(plan, policy)
        plan.keep = _identity(policy, self.keeper) | said
        if begins is not None:
            plan.keep["begins"] = begins.isoformat()
        if isinstance(opening, list):
            plan.keep["opening"] = opening
        elif policy.charges and "balance_minor" not in said:
            raise CreditNeeded(product=policy.title)
        if begins is None and not acts and "until" not in said:
            raise NothingKnown()
        if acts and not isinstance(opening, list):
            plan.keep["last"] = acts.pop()[1]
        if policy.charges and acts and "balance_minor" in said:
            plan.warn("", len(acts), OlderLeftOut())
            acts = []
        plan.rest = [("record", act) for _, act in acts] + plan.rest

    def _more(self, plan: Plan, known: LineState, policy: Policy) -> None:
        """Ask that what is not known of a card be taken down."""
        begun = known.standing.begun.get("activation")
        done = {(act.kind, civil_day(act.at, policy.zone)) for act in known.acts}
        acts: list[tuple[str, Payload]] = []
        for at, act in self._acts(plan, policy):
            day = civil_day(at, policy.zone)
            is_new = (act["kind"], day) not in done and ("activate", day) not in done
            if is_new and (begun is None or at >= begun):
                acts.append(("record", act))
        now = self._said(plan, policy)
        if "clock" in now:
            plan.rest.append(("observe", {"clock": now["clock"], "until": now["until"]}))
        if "balance_minor" in now:
            plan.rest.append(("observe", {"balance": "main", "amount_minor": now["balance_minor"]}))
        readings = {reading.name: reading for reading in known.readings}
        plan.rest = [
            *acts,
            *(each for each in plan.rest if _is_news(each[1], readings)),
        ]

    def _acts(self, plan: Plan, policy: Policy) -> list[tuple[datetime, Payload]]:
        """Return what was done, in order, as records have it; what cannot be is told."""
        found: list[tuple[datetime, Payload]] = []
        for done in plan.card.done:
            at = _instant(done.at, policy)
            if at > self.now:
                plan.warn("", _day(done.at), DayAhead(day=_day(done.at).isoformat()))
                continue
            try:
                act = _act(plan, policy, done, at)
            except Refusal as refusal:
                plan.warn("", done.kind, refusal)
                continue
            found.append((at, act))
        found.sort(key=lambda each: each[0])
        if plan.card.done and not found and not plan.card.said and plan.card.begins is None:
            # The only thing that is known of it cannot be used.
            raise plan.wrong[-1].refusal
        return found

    def _said(self, plan: Plan, policy: Policy) -> Payload:
        """Return what the operator says now; what it said earlier follows as observations."""
        now: Payload = {}
        name = service_clock(policy)
        for said in sorted(plan.card.said, key=lambda each: (each.at is not None, str(each.at))):
            if said.until is not None:
                which = said.name or name
                if not which or which not in policy.clocks:
                    plan.warn("", said.until, ClockNone())
                    continue
                until = said.until
                if not isinstance(until, datetime):
                    until = end_of(policy, until)
                reading: Payload = {"clock": which, "until": until.isoformat()}
            elif (minor := _minor(plan, policy, said.amount, said.currency)) is not None:
                reading = {"balance": said.name or "main", "amount_minor": minor}
            else:
                continue
            self._placed(plan, policy, said, reading, now)
        return now

    def _placed(
        self, plan: Plan, policy: Policy, said: Said, reading: Payload, now: Payload
    ) -> None:
        """Put a reading where it belongs: into the keeping itself, or behind it."""
        at = None if said.at is None else min(_instant(said.at, policy), self.now)
        if at is not None:
            plan.rest.append(("observe", reading | {"at": at.isoformat()}))
        elif "clock" in reading:
            now |= reading
        elif policy.charges:
            now["balance_minor"] = reading["amount_minor"]
        else:
            plan.rest.append(("observe", reading))


def _identity(policy: Policy, keeper: str) -> Payload:
    plan = policy.name.rsplit(".", 1)[-1]
    return {"operator": policy.operator, "plan": plan, "pin": policy.pin, "holder": keeper}


def _act(plan: Plan, policy: Policy, done: Done, at: datetime) -> Payload:
    """Return an act as `record` takes it; raises `ActOther`."""
    amount = _minor(plan, policy, done.amount, done.currency)
    kind = done.kind
    if "act" in done.more:
        # Of our own file: as it was taken down.
        act: Payload = {"kind": kind, "at": at.isoformat()} | dict(done.more)
    else:
        if kind not in STARTS:
            rule = _rule(policy, kind)
            if rule is None:
                known = ", ".join(counts(policy)) or "–"
                raise ActOther(kind=kind or "–", product=policy.title, counts=known)
            least = _least(rule)
            if not kind or (least and amount is None):
                plan.warn("", _day(at), ActAssumed())
                kind, amount = kind or min(rule.kinds & {*counts(policy)}), amount or least
        act = {"kind": kind, "at": at.isoformat()}
    if amount is not None:
        act["amount_minor"] = amount
    return act


def _rule(policy: Policy, kind: str) -> EventRule | None:
    """Return the easiest rule under which an act of a kind counts; of no kind, of any."""
    known = {*counts(policy)}
    rules = [r for r in policy.events if (kind in r.kinds if kind else r.kinds & known)]
    return min(rules, key=lambda r: (bool(r.skus or r.tags), _least(r) or 0), default=None)


def _least(rule: EventRule) -> int | None:
    if rule.above_minor is not None:
        return rule.above_minor + 1
    return rule.min_minor


def _minor(plan: Plan, policy: Policy, amount: Any, currency: str) -> int | None:
    """Return an amount in the policy's currency; `None`, and why, where it is in another."""
    if amount is None:
        return None
    if currency not in ("", policy.currency) and policy.currency != NO_CURRENCY:
        plan.warn("", amount, FileCurrencyOther(currency=currency, wanted=policy.currency))
        return None
    try:
        minor = parse_minor(f"{amount:f}", policy.currency)
    except MoneyMalformed as refusal:
        plan.warn("", amount, refusal)
        return None
    return minor if minor >= 0 else None


def _instant(at: date | datetime, policy: Policy) -> datetime:
    # The same whenever the file comes: of a day, its beginning.
    return at if isinstance(at, datetime) else midnight(at, policy.zone)


def _day(at: date | datetime) -> date:
    return at.date() if isinstance(at, datetime) else at


def _is_news(said: Payload, readings: Mapping[str, Reading]) -> bool:
    """Whether a reading says something else than the last one did, and is no older."""
    last = readings.get(said.get("clock") or said["balance"])
    if last is None:
        return True
    if "at" in said and datetime.fromisoformat(said["at"]) <= last.at:
        return False
    if "until" in said:
        return last.until is None or datetime.fromisoformat(said["until"]) != last.until
    return bool(last.amount_minor != said["amount_minor"])


def about_of(plan: Plan) -> About:
    """Return what a file says of a card for its keeper's eyes; texts too long are cut, and told."""
    card = plan.card
    said = {"name": card.name, "whose": card.whose, "note": card.note}
    cut = {k: v[: NOTE_MAX if k == "note" else TEXT_MAX] for k, v in said.items()}
    hangs = tuple(each[:TEXT_MAX] for each in card.hangs[:THINGS_MAX])
    if cut != said or hangs != card.hangs:
        plan.warn("", "", NoteCut())
    about = About(name=cut["name"], whose=cut["whose"], note=cut["note"], hangs=hangs)
    own = {f.name: type(getattr(about, f.name)) for f in fields(About)} | {"fee_minor": int}
    more = {k: v for k, v in card.more.items() if k in own and isinstance(v, own[k])}
    return replace(about, **more)
