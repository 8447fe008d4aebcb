"""
Bringing: the cards of a file come under watch, some hundred at a time.

Each card is asked for by itself, under a key of the file and its row: the same file again changes
nothing. What cannot be taken is told, and the rest goes in. A card that is kept already gets what
the file knows more of it, and what its keeper said of it stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import zip_longest
from uuid import UUID

from baohao.app.brought.model import Brought, Numbering, Taken
from baohao.app.brought.wrong import Wrong
from baohao.app.door import Answered, KeyReused
from baohao.app.kept import about as notes
from baohao.app.kept.planned import Choices, Payload, Plan, Planner, about_of
from baohao.app.ports import Vault
from baohao.app.shell import Shell
from baohao.core.asks import Ask
from baohao.core.refusals import Refusal
from baohao.store import clock
from baohao.store import kept as store
from baohao.store.sql import Connection

#: Cards that are looked at and asked for at once: a second's work.
AT_ONCE = 300
#: Where asks come from that a file makes.
CHANNEL = "app"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one card of a file."""

    card: Brought
    #: "kept", "more" (kept before, and now something is known more of it), "same", or "refused".
    what: str
    wrong: tuple[Wrong, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bringing:
    """Brings the cards of one file to one keeper."""

    shell: Shell
    vault: Vault
    numbering: Numbering
    new_id: Callable[[], UUID]
    keeper: str
    #: What the file is known by.
    digest: str
    choices: Choices

    def part(self, cards: Sequence[Brought]) -> list[Outcome]:
        """Bring some cards, `AT_ONCE` at most; return what became of each."""
        planner = self.shell.run(self._planner)
        plans: list[Plan | Outcome] = []
        for card in cards:
            try:
                plans.append(planner.plan(card))
            except Refusal as refusal:
                plans.append(_refused(card, refusal))
        live = self._asked([plan for plan in plans if isinstance(plan, Plan)], planner)
        return [live[id(plan)] if isinstance(plan, Plan) else plan for plan in plans]

    def _planner(self, conn: Connection) -> Planner:
        return Planner(
            rules=self.shell.terms.rules,
            numbering=self.numbering,
            keeper=self.keeper,
            choices=self.choices,
            now=clock.now(conn),
            kept={each.state.number: each.state for each in store.of_keepers(conn, [self.keeper])},
            lives=store.lives(conn, self.keeper),
        )

    def _asked(self, plans: Sequence[Plan], planner: Planner) -> dict[int, Outcome]:
        """Ask, and return what became of each plan, by its identity."""
        keeps = [plan for plan in plans if plan.keep is not None]
        answers = self.shell.answer([self._ask(planner, p, "keep", p.keep or {}, 0) for p in keeps])
        failed = {
            id(plan): answer
            for plan, answer in zip(keeps, answers, strict=True)
            if isinstance(answer, Refusal)
        }
        fresh = {
            id(plan)
            for plan, answer in zip(keeps, answers, strict=True)
            if isinstance(answer, Answered) and not answer.is_repeat
        }
        more = self._follow(planner, [plan for plan in plans if id(plan) not in failed])
        said = {p.subject: about_of(p) for p in keeps if id(p) in fresh}
        self.shell.run(lambda conn: notes.write_new(conn, self.vault, self.keeper, said))
        return {
            id(plan): _refused(plan.card, failed[id(plan)], plan.wrong)
            if id(plan) in failed
            else Outcome(
                card=plan.card,
                what="kept" if id(plan) in fresh else "more" if id(plan) in more else "same",
                wrong=tuple(plan.wrong),
            )
            for plan in plans
        }

    def _follow(self, planner: Planner, plans: Sequence[Plan]) -> set[int]:
        """Take down what follows, a round of all cards at a time; return whose was new."""
        new: set[int] = set()
        queues = [[(plan, n, each) for n, each in enumerate(plan.rest, 1)] for plan in plans]
        for round_ in zip_longest(*queues):
            asked = [each for each in round_ if each is not None]
            asks = [self._ask(planner, plan, verb, said, n) for plan, n, (verb, said) in asked]
            for (plan, _, (verb, said)), answer in zip(asked, self.shell.answer(asks), strict=True):
                if isinstance(answer, Answered):
                    new |= set() if answer.is_repeat else {id(plan)}
                elif not isinstance(answer, KeyReused) and answer.code != "act.known":
                    plan.warn(verb, said.get("at", ""), answer)
        return new

    def _ask(self, planner: Planner, plan: Plan, verb: str, said: Payload, number: int) -> Ask:
        # A life that is over may be kept anew by the same file.
        lives = planner.lives.get(plan.subject, 0)
        life = lives if plan.keep is not None else max(0, lives - 1)
        key = f"bring:{self.digest}:{plan.card.row}:{life}:{number}"
        return Ask(
            id=self.new_id(),
            verb=verb,
            subject=plan.subject,
            key=key,
            principal=self.keeper,
            channel=CHANNEL,
            payload=said,
        )


def digest_of(data: bytes) -> str:
    """Return what a file is known by."""
    return sha256(data).hexdigest()[:32]


def parts(taken: Taken) -> Iterator[Sequence[Brought]]:
    """Cut a file's cards into parts."""
    for first in range(0, len(taken.rows), AT_ONCE):
        yield taken.rows[first : first + AT_ONCE]


def _refused(card: Brought, why: Refusal, beside: Sequence[Wrong] = ()) -> Outcome:
    wrong = Wrong(row=card.row, column="", value=card.number, refusal=why)
    return Outcome(card=card, what="refused", wrong=(wrong, *beside))
