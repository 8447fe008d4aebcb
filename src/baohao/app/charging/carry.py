"""
Carry: what was sold here is done in the operator's own charging system too, each exactly once.

    owed ── sent ──> done ────> read back, observed ────────> forgotten
              │ └──> refused ─> taken back here ────────────> forgotten
              └────> unknown ─> put off; then asked for by its reference, before anything is sent

Each arrow is a transaction of its own, and their system is called between two of them. Whatever
ends in between, the next run takes up where the last arrow led. See docs/rules/charging.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from baohao.app.door import Answer, HouseClosed
from baohao.app.house import house
from baohao.app.ports import (
    Absent,
    ChargingSystem,
    Declined,
    Done,
    Outcome,
    Readings,
    TopUp,
    Unknown,
)
from baohao.app.readings import ClockUnclear, clock_of
from baohao.app.shell import OutcomeUnknown, Shell
from baohao.core.asks import Ask
from baohao.core.charging import NAMED, Products
from baohao.core.civil import Span
from baohao.core.line.fold import Rules, policy_of
from baohao.core.line.state import LineState
from baohao.core.refusals import Refusal
from baohao.store import charges, clock, effects, lines, parked
from baohao.store.charges import DONE, REFUSED, STUCK, UNKNOWN, Charge
from baohao.store.effects import Owed
from baohao.store.sql import Connection

#: Who asks for what follows, who has looked at it, and where it comes from.
PRINCIPAL, APPROVER, CHANNEL = "charging", "charging.refused", "operator"
#: Nobody else takes a charge up for so long; the longest that three calls may take, and then some.
LEASE = timedelta(minutes=5)
#: After the first try, and at most; each pause is twice the one before.
PAUSE, PAUSE_MAX = timedelta(seconds=1), timedelta(minutes=15)
#: How often a read-back is tried; after that the daily file must do.
READS_MAX = 10
#: Enough to know it by.
CODE_MAX = 100
#: Codes of our own: nothing connects to that system · the tenure that bought it is over · the sale
#: was taken back here · nobody said what they call it · they did another amount than was sent.
NOT_CONNECTED, TENURE_OVER, TAKEN_BACK = "not_connected", "tenure_over", "taken_back"
NO_PRODUCT, AMOUNT_DIFFERS = "no_product", "amount_differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What is so before their system is called."""

    charge: Charge
    line: LineState | None
    #: The tenure that bought it is the open one, and the sale stands; else why not.
    why_not: str
    #: It was claimed before, or the house has been restored to a time before it was: whoever had it
    #: may have sent it, whatever is noted here.
    may_be_sent: bool


class Carrier:
    """Carries charges, one at a time, to those systems that are connected."""

    def __init__(
        self,
        shell: Shell,
        rules: Rules,
        systems: Mapping[str, ChargingSystem],
        products: Mapping[str, Products],
        new_id: Callable[[], UUID],
    ) -> None:
        self._shell = shell
        self._rules = rules
        self._systems = systems
        self._products = products
        self._new_id = new_id

    def run(self) -> Mapping[str, int]:
        """Carry until nothing is due; return how many went how."""
        ran: Counter[str] = Counter()
        while owed := self._shell.run(_claim):
            ran[self.carry(owed[0]).state] += 1
        return ran

    def carry(self, owed: Owed) -> Charge:
        """
        Take one charge as far as it goes, and return what has become of it.

        Raises `OutcomeUnknown` where our own database stayed away, and `HouseClosed`: it is taken
        up again.
        """
        look = self._shell.run(partial(_look, owed=owed))
        if look.charge.state not in (DONE, REFUSED, STUCK):
            outcome = self._outcome(owed, look)
            charge = self._shell.run(partial(_note, owed=owed, look=look, outcome=outcome))
            look = replace(look, charge=charge)
        if look.charge.state == DONE:
            return self._read_back(owed, look)
        if look.charge.state == REFUSED:
            return self._take_back(owed, look)
        return look.charge

    # --- their system -----------------------------------------------------------------------------

    def _outcome(self, owed: Owed, look: _Look) -> Outcome:
        system = self._systems.get(look.charge.operator)
        if system is None:
            return Unknown(code=NOT_CONNECTED)
        wanted = self._wanted(owed)
        if look.may_be_sent:
            found = system.find(wanted)
            if not isinstance(found, Absent):
                return found
        if look.why_not:
            return Declined(code=look.why_not)
        if owed.data["verb"] in NAMED and not wanted.product:
            return Declined(code=NO_PRODUCT)
        return system.top_up(wanted)

    def _wanted(self, owed: Owed) -> TopUp:
        data = owed.data
        products, product = self._products.get(data["operator"]), None
        if data["verb"] in NAMED and products is not None:
            term = Span.parse(data["term"]) if data["term"] else None
            product = products.name(data["plan"], data["verb"], term)
        return TopUp(
            reference=data["act"],
            number=owed.subject,
            product=product or "",
            amount_minor=data["amount_minor"],
            currency=data["currency"],
            channel=data["channel"],
        )

    # --- what follows -----------------------------------------------------------------------------

    def _read_back(self, owed: Owed, look: _Look) -> Charge:
        """Observe what their system says of the number now."""
        charge, line = look.charge, look.line
        if line is not None and not look.why_not:
            system = self._systems.get(charge.operator)
            read: Readings | Unknown = Unknown(code=NOT_CONNECTED)
            if system is not None:
                read = system.read(line.number, owed.data["currency"])
            if isinstance(read, Readings):
                # What is refused here says nothing of the charge: it is done.
                asks = list(self._observing(owed, line, read, charge.their_id))
                _heard(self._shell.answer(asks))
            elif owed.tries < READS_MAX:
                self._shell.run(partial(_put_off, owed=owed))
                return charge
        self._shell.run(partial(_finish, owed=owed))
        return charge

    def _observing(
        self, owed: Owed, line: LineState, read: Readings, evidence: str
    ) -> Iterator[Ask]:
        clock_id = self._clock(line)
        if read.until is not None and clock_id:
            said: dict[str, Any] = {"clock": clock_id, "until": read.until.isoformat()}
            yield self._ask(owed, "observe", "clock", {**said, "evidence": evidence})
        if read.amount_minor is not None:
            said = {"balance": "main", "amount_minor": read.amount_minor}
            yield self._ask(owed, "observe", "balance", {**said, "evidence": evidence})

    def _clock(self, line: LineState) -> str:
        try:
            return clock_of(policy_of(self._rules, line.pin))
        except ClockUnclear:
            return ""

    def _take_back(self, owed: Owed, look: _Look) -> Charge:
        """Give the money back here; where that is refused, a person looks."""
        charge = look.charge
        if look.why_not == TAKEN_BACK:
            self._shell.run(partial(_finish, owed=owed))
            return charge
        said = {
            "of": owed.data["act"],
            "mistake": True,
            "approved_by": APPROVER,
            "reason": f"refused by the operator: {charge.code}",
        }
        ask = self._ask(owed, "reverse", "reverse", said)
        (answer,) = _heard(self._shell.answer([ask]))
        return self._shell.run(partial(_end, owed=owed, charge=charge, ask=ask, answer=answer))

    def _ask(self, owed: Owed, verb: str, what: str, said: dict[str, Any]) -> Ask:
        return Ask(
            id=self._new_id(),
            verb=verb,
            subject=owed.subject,
            key=f"charge:{owed.data['act']}:{what}",
            principal=PRINCIPAL,
            channel=CHANNEL,
            payload=said,
        )


# --- transactions ---------------------------------------------------------------------------------


def _claim(conn: Connection) -> tuple[Owed, ...]:
    now = clock.now(conn)
    return effects.claim_charges(conn, now, now + LEASE, 1)


def _look(conn: Connection, owed: Owed) -> _Look:
    charge = charges.find(conn, owed.subject, UUID(owed.data["act"]))
    if charge is None:
        raise LookupError(f"effect {owed.id} without its charge")
    found = lines.find(conn, owed.subject)
    line = found.state if found is not None else None
    return _Look(
        charge=charge,
        line=line,
        why_not=_why_not(line, owed),
        may_be_sent=owed.tries > 1 or house(conn).epoch > 1,
    )


def _why_not(line: LineState | None, owed: Owed) -> str:
    if line is None or line.epoch != owed.epoch:
        return TENURE_OVER
    act = next((act for act in line.acts if act.id == owed.data["act"]), None)
    return TAKEN_BACK if act is None or act.cut is not None else ""


def _note(conn: Connection, owed: Owed, look: _Look, outcome: Outcome) -> Charge:
    """Note what their system said; what it did not say is asked again later."""
    now = clock.now(conn)
    charge = replace(look.charge, tries=owed.tries, last_at=now)
    if isinstance(outcome, Done):
        charge = replace(
            charge,
            state=DONE,
            their_id=outcome.their_id,
            their_at=outcome.at,
            code=_differs(owed, look, outcome),
        )
    elif isinstance(outcome, Declined):
        charge = replace(charge, state=REFUSED, code=outcome.code[:CODE_MAX])
    else:
        is_sent = outcome.code != NOT_CONNECTED
        state = UNKNOWN if is_sent else charge.state
        charge = replace(charge, state=state, code=outcome.code[:CODE_MAX])
        _put_off(conn, owed)
    charges.move(conn, charge)
    return charge


def _differs(owed: Owed, look: _Look, done: Done) -> str:
    """Say what a person has to put right between their books and ours."""
    if look.why_not == TAKEN_BACK:
        return TAKEN_BACK
    if done.amount_minor not in (None, owed.data["amount_minor"]):
        return AMOUNT_DIFFERS
    return ""


def _put_off(conn: Connection, owed: Owed) -> None:
    effects.postpone(conn, [(owed, clock.now(conn) + pause(owed.tries))])


def pause(tries: int) -> timedelta:
    """Return how long to wait after so many tries."""
    doublings = min(tries - 1, 20)
    return min(PAUSE_MAX, PAUSE * (1 << doublings))


def _finish(conn: Connection, owed: Owed) -> None:
    effects.finish(conn, [owed])


def _end(conn: Connection, owed: Owed, charge: Charge, ask: Ask, answer: Answer) -> Charge:
    """End what was refused there: taken back here, or put aside for a person."""
    if isinstance(answer, Refusal):
        charge = replace(charge, state=STUCK, last_at=clock.now(conn))
        charges.move(conn, charge)
        parked.put(conn, ask, f"{answer.code}: {answer.message}")
    effects.finish(conn, [owed])
    return charge


def _heard(answers: Sequence[Answer]) -> Sequence[Answer]:
    """Return answers; raises `OutcomeUnknown` and `HouseClosed`, which say nothing of an ask."""
    for answer in answers:
        if isinstance(answer, OutcomeUnknown | HouseClosed):
            raise answer
    return answers
