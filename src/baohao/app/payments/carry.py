"""
Carry: the janitor. Whatever was paid ends as what was quoted, a refund, or before a person.

    created, unknown, payable ─ the gateway is asked ─> captured, closed, failed
    captured ─ the door: its money into its advance, then what was quoted, paid from it ──> used
         │ └─ a deposit: its money on into the wallet or float that it is for ──────────────> used
         │ └─ the line moved: quoted anew, and bought if that is not worse for the holder ─> used
         │ └─ a basket: each of its lines like that, and the money of what is not bought goes back
         │ └─ it cannot be used: all of it is set apart ─────────────────────────────────> refunding
         └─── what came is not what was asked for ───────────────────────────> an exception is open
    a refund ─ the gateway gives it back, under one number for ever ──> returned, in the books too
    a charge-back ─ the books: taken, and won back or claimed (app/payments/claims) ──> chargeback

Each arrow is a transaction of its own, and gateways are asked between two of them. Every ask has a
key that follows from the payment, so that whoever takes up a payment in the middle repeats nothing.
See docs/rules/payments.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from baohao.app.door import Answer, Answered, AskParked, KeyReused
from baohao.app.payments import bought, claims, exceptions, returning, velocity
from baohao.app.payments.asking import Ports, Silence, look
from baohao.app.payments.learn import CODE_MAX, PRINCIPAL, is_held, note
from baohao.app.payments.returning import heard
from baohao.app.shell import Shell
from baohao.core import payments as rules
from baohao.core.asks import Ask
from baohao.core.bucket import bucket_of
from baohao.core.payments import Basket, Deposit, Part, State, Wanted, pause
from baohao.core.refusals import Refusal
from baohao.store import clock, lines, payments
from baohao.store.payments import Kept
from baohao.store.sql import Connection, rows

#: Nobody else takes a payment up for so long: the longest that its calls may take, and then some.
LEASE = timedelta(minutes=5)
#: As many as are bought in one batch: beyond that the door gains little.
AT_ONCE = 300
#: As many as gateways are asked about in one turn; each call may take half a minute.
ASKED_AT_ONCE = 10
#: Why a basket's money goes back whole.
NOTHING_BOUGHT = "basket.nothing_bought"
#: Where the line is lost but may be had back, renewing it is having it again.
INSTEAD = {"renew": ("renew", "restore")}


class Carrier:
    """Carries payments and refunds as far as they go."""

    def __init__(self, shell: Shell, ports: Ports, new_id: Callable[[], UUID]) -> None:
        self._shell = shell
        self._ports = ports
        self._new_id = new_id
        self._silence = Silence()

    def run(self) -> Mapping[str, int]:
        """
        Carry until nothing is due; return how many went how.

        What has come goes first: a gateway that says nothing keeps nobody's money waiting.
        """
        ran: Counter[str] = Counter()
        self._silence = Silence()
        while True:
            adopted = self._shell.run(partial(returning.adopt, new_id=self._new_id))
            cases = claims.book_due(self._shell, self._new_id)
            due = self._shell.run(partial(_claim, captured=True, limit=AT_ONCE))
            due = due or self._shell.run(partial(_claim, captured=False, limit=ASKED_AT_ONCE))
            ran.update(kept.payment.state.value for kept in self.carry(due))
            returned = returning.send_due(self._shell, self._ports, self._silence, self._new_id)
            ran.update(f"refund {refund.state}" for refund in returned)
            ran.update(f"chargeback {each.case.outcome}" for each in cases)
            if not (adopted or cases or due or returned):
                self._shell.run(partial(velocity.forget, limits=self._ports.limits))
                return ran

    def carry(self, ids: Sequence[UUID]) -> list[Kept]:
        """
        Take payments as far as they go, and return what has become of them.

        Raises `OutcomeUnknown` where our own database stayed away, and `HouseClosed`: they are
        taken up again.
        """
        now, found = self._shell.run(partial(_read, ids=ids))
        known = [self._asked(kept, now) for kept in found]
        captured = [kept for kept in known if kept.payment.state is State.CAPTURED]
        used = {kept.payment.id: kept for kept in self._used(captured)}
        return [used.get(kept.payment.id, kept) for kept in known]

    def _asked(self, kept: Kept, now: datetime) -> Kept:
        """Ask what became of a payment."""
        if kept.payment.state is State.CAPTURED:
            return kept
        if kept.payment.capture is not None:
            # What it bought was reversed before that was noted: all of it goes back already.
            return self._shell.run(partial(_hold, id_=kept.payment.id))
        question = partial(look, self._ports, kept, now)
        outcome = self._silence.ask(kept.payment.gateway, question)
        work = partial(note, id_=kept.payment.id, outcome=outcome, new_id=self._new_id)
        return self._shell.run(work)

    # --- what was quoted --------------------------------------------------------------------------

    def _used(self, captured: Sequence[Kept]) -> Iterator[Kept]:
        """Fund the advances of captured payments and buy with them what was quoted."""
        if not captured:
            return
        money = [returning.funding(kept.payment, self._new_id()) for kept in captured]
        heard(self._shell.answer(money))
        for kept in captured:
            if is_held(kept.payment):
                yield self._shell.run(partial(_hold, id_=kept.payment.id))
        free = []
        for kept in captured:
            if is_held(kept.payment):
                continue
            if isinstance(kept.payment.wanted, Basket):
                yield self._filled(kept, kept.payment.wanted)
            else:
                free.append(kept)
        asks = [self._using(kept) for kept in free]
        answers = list(zip(free, heard(self._shell.answer(asks)), strict=True))
        whole = [kept.payment.id for kept, answer in answers if _is_whole(kept, answer)]
        yield from self._shell.run(partial(_use_whole, ids=whole))
        for kept, answer in answers:
            if _is_whole(kept, answer):
                continue
            if not isinstance(answer, Refusal) or isinstance(answer, KeyReused | AskParked):
                yield self._bought(kept, answer)
            elif isinstance(kept.payment.wanted, Wanted):
                yield self._quoted_anew(kept, kept.payment.wanted, answer)
            else:
                yield self._give_back(kept, answer.code)

    def _quoted_anew(self, kept: Kept, wanted: Wanted, refusal: Refusal) -> Kept:
        """Buy by a new quote that is not worse for the holder; else the money goes back."""
        buying = partial(self._buying, kept)
        answer = self._anew(kept, wanted, kept.payment.own_minor, buying)
        return self._give_back(kept, refusal.code) if answer is None else self._bought(kept, answer)

    def _anew(
        self, kept: Kept, wanted: Wanted, paid_minor: int, buying: Callable[[Wanted, UUID], Ask]
    ) -> Answer | None:
        """Return what buying by a new quote was answered; `None`: none was good enough."""
        for verb in INSTEAD.get(wanted.verb, (wanted.verb,)):
            said = {name: wanted.said[name] for name in QUOTED if name in wanted.said}
            ask = self._ask(kept, "quote", wanted.number, "", {"what": verb, **said})
            (answer,) = heard(self._shell.answer([ask]))
            if isinstance(answer, Refusal):
                continue
            quote = UUID(str(answer.answer["quote"]))
            look_at = partial(
                _fitting, wanted=wanted, paid_minor=paid_minor, quote=quote, verb=verb
            )
            anew = self._shell.run(look_at)
            if anew is None:
                continue
            (answer,) = heard(self._shell.answer([buying(anew, quote)]))
            if not isinstance(answer, Refusal) or isinstance(answer, KeyReused):
                return answer
        return None

    def _filled(self, kept: Kept, basket: Basket) -> Kept:
        """Buy each line of a basket; what is left over goes back."""
        asks = [self._parting(kept, part, part.wanted, part.quote) for part in basket.parts]
        for part, answer in zip(basket.parts, heard(self._shell.answer(asks)), strict=True):
            if isinstance(answer, AskParked):
                return self._bought(kept, answer)
            if isinstance(answer, Refusal) and not isinstance(answer, KeyReused):
                buying = partial(self._parting, kept, part)
                self._anew(kept, part.wanted, part.total_minor, buying)
        # By their keys: whoever had it before may have bought some by other quotes.
        told = self._shell.run(partial(bought.of_payment, kept=kept))
        if not told:
            return self._give_back(kept, NOTHING_BOUGHT)
        return self._spent(kept, sum(each.total_minor for each in told.values()))

    def _bought(self, kept: Kept, answer: Answer) -> Kept:
        """Note what was bought; what is left over of a better price goes back."""
        payment = kept.payment
        if isinstance(answer, AskParked):
            said = {"act": str(payment.act)}
            work = partial(_defect, id_=payment.id, said=said, new_id=self._new_id)
            return self._shell.run(work)
        spent = answer.answer.get("total") if isinstance(answer, Answered) else None
        if not isinstance(spent, int):
            # It was bought under this key by whoever had the payment before: by another quote.
            spent = payment.own_minor - self._shell.run(
                partial(returning.balance, account=str(payment.advance))
            )
        return self._spent(kept, spent)

    def _spent(self, kept: Kept, spent: int) -> Kept:
        """Note what was spent; the rest is set apart, and owed to the payer."""
        payment = kept.payment
        rest = payment.own_minor - spent
        if rest:
            ask = returning.setting_apart(payment, rest, "rest", self._new_id())
            (apart,) = heard(self._shell.answer([ask]))
            if isinstance(apart, Refusal):
                raise apart
        work = partial(_use, id_=payment.id, spent_minor=spent, new_id=self._new_id)
        return self._shell.run(work)

    def _give_back(self, kept: Kept, code: str) -> Kept:
        """Set all of a payment apart that cannot be used, and owe it to the payer."""
        payment = kept.payment
        ask = returning.setting_apart(payment, payment.own_minor, "whole", self._new_id())
        (answer,) = heard(self._shell.answer([ask]))
        if isinstance(answer, Refusal):
            # Somebody bought with it meanwhile: the next turn finds out what.
            return self._shell.run(partial(_put_off, id_=payment.id, code=answer.code))
        work = partial(_owe_whole, id_=payment.id, code=code, new_id=self._new_id)
        return self._shell.run(work)

    # --- asks -------------------------------------------------------------------------------------

    def _using(self, kept: Kept) -> Ask:
        """Return the ask that uses a payment's money for what it is for."""
        payment, wanted = kept.payment, kept.payment.wanted
        if isinstance(wanted, Wanted):
            return self._buying(kept, wanted)
        assert isinstance(wanted, Deposit)  # noqa: S101 - who wants nothing is held
        said = {"amount_minor": payment.own_minor, "paid": str(payment.advance)}
        return replace(self._ask(kept, "deposit", wanted.account, "buy", said), id=payment.act)

    def _buying(self, kept: Kept, wanted: Wanted, quote: UUID | None = None) -> Ask:
        said = {
            **wanted.said,
            "quote": str(quote or kept.payment.id),
            "paid": str(kept.payment.advance),
        }
        ask = self._ask(kept, wanted.verb, wanted.number, "buy", said)
        return replace(ask, id=kept.payment.act, expect_version=wanted.version)

    def _parting(self, kept: Kept, part: Part, wanted: Wanted, quote: UUID) -> Ask:
        """Return the ask that buys one line of a basket."""
        said = {**wanted.said, "quote": str(quote), "paid": str(kept.payment.advance)}
        ask = self._ask(kept, wanted.verb, wanted.number, f"buy:{part.quote}", said)
        return replace(ask, id=part.act, expect_version=wanted.version)

    def _ask(self, kept: Kept, verb: str, number: str, what: str, said: dict[str, Any]) -> Ask:
        id_ = self._new_id()
        return Ask(
            id=id_,
            verb=verb,
            subject=number,
            key=f"payment:{kept.payment.id}:{what}" if what else str(id_),
            principal=PRINCIPAL,
            channel=kept.asked.channel,
            payload=said,
            point=kept.asked.point,
        )


#: What a quote is asked by.
QUOTED = ("term", "amount_minor", "codes")


# --- transactions ---------------------------------------------------------------------------------


def _claim(conn: Connection, *, captured: bool, limit: int) -> list[UUID]:
    now = clock.now(conn)
    return payments.claim(conn, now, now + LEASE, limit, captured=captured)


def _read(conn: Connection, ids: Sequence[UUID]) -> tuple[datetime, list[Kept]]:
    found = payments.find_all(conn, ids)
    return clock.now(conn), [found[id_] for id_ in ids if id_ in found]


def _fitting(
    conn: Connection, wanted: Wanted, paid_minor: int, quote: UUID, verb: str
) -> Wanted | None:
    """Return what a new quote promises; `None`: it is worse, or for somebody else by now."""
    found = rows(conn, "read_quote_whole", bucket_of(wanted.number), quote)
    line = lines.find(conn, wanted.number)
    if not found or line is None:
        return None
    ((_, version, _, _, terms),) = found
    if (line.state.epoch, line.state.version) != (wanted.epoch, version):
        return None
    if rules.is_worse(wanted, paid_minor, terms):
        return None
    return replace(wanted, verb=verb, version=version)


def _locked(conn: Connection, id_: UUID) -> Kept:
    kept = payments.lock(conn, id_)
    if kept is None:
        raise LookupError(f"no payment {id_}")
    return kept


def _hold(conn: Connection, id_: UUID) -> Kept:
    """Do nothing more about a payment by itself: a person has it, or it has ended."""
    kept = replace(_locked(conn, id_), next_at=None)
    payments.move(conn, kept)
    return kept


def _defect(
    conn: Connection, id_: UUID, said: Mapping[str, Any], new_id: Callable[[], UUID]
) -> Kept:
    exceptions.put(conn, new_id(), exceptions.DEFECT, str(id_), said, clock.now(conn))
    return _hold(conn, id_)


def _put_off(conn: Connection, id_: UUID, code: str) -> Kept:
    kept, now = _locked(conn, id_), clock.now(conn)
    if kept.payment.state is State.CAPTURED:
        kept = replace(kept, code=code[:CODE_MAX], next_at=now + pause(kept.tries))
        payments.move(conn, kept)
    return kept


def _use(conn: Connection, id_: UUID, spent_minor: int, new_id: Callable[[], UUID]) -> Kept:
    kept = _locked(conn, id_)
    if kept.payment.state not in (State.CAPTURED, State.CHARGEBACK):
        return kept
    rest = kept.payment.own_minor - spent_minor
    kept = replace(kept, payment=rules.used(kept.payment, spent_minor), next_at=None, code="")
    if rest:
        return returning.owe(conn, kept, new_id(), rest, "more came than it cost", PRINCIPAL)
    payments.move(conn, kept)
    return kept


def _use_whole(conn: Connection, ids: Sequence[UUID]) -> list[Kept]:
    """Note of payments that were used up, to the last unit, what they bought."""
    found = payments.lock_all(conn, ids)
    done = {
        id_: replace(
            kept,
            payment=rules.used(kept.payment, kept.payment.own_minor),
            next_at=None,
            code="",
        )
        for id_, kept in found.items()
        if kept.payment.state in (State.CAPTURED, State.CHARGEBACK)
    }
    payments.move_all(conn, done.values())
    return [done.get(id_, kept) for id_, kept in found.items()]


def _owe_whole(conn: Connection, id_: UUID, code: str, new_id: Callable[[], UUID]) -> Kept:
    kept = _locked(conn, id_)
    payment = kept.payment
    if payment.state not in (State.CAPTURED, State.CHARGEBACK) or not payment.unspent_minor:
        return kept
    # What was changed is ours; else a part of it may be going back already.
    whole = payment.unspent_minor if payment.changed is None else payment.own_minor
    kept = replace(kept, next_at=None, code=code[:CODE_MAX])
    return returning.owe(conn, kept, new_id(), whole, "it could not be used", PRINCIPAL)


def _is_whole(kept: Kept, answer: Answer) -> bool:
    """Say whether a payment bought what was quoted for all that has come, as nearly all do."""
    return isinstance(answer, Answered) and (answer.answer.get("total") == kept.payment.own_minor)
