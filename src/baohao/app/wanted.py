"""
What a batch asks to be found and locked, in one order.

Lines by bucket and number, quotes, accounts, holdings, promotions; then used keys are found, and
the clock is read. A key is looked up under the lock of its subject: whoever came first has
committed by then, and its answer is there. What is owed of commission moves only under the lock of
its agent's float, a refund under that of its payment's advance; both are summed up after it. Where
a lock depends on what a line says (a reversal pays back its payer, a promotion counts its holder),
the lines come first, in a trip of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from baohao.core.asks import Ask, Terms
from baohao.core.books.chargebacks import claims_account
from baohao.core.books.chart import Account
from baohao.core.books.sale import refund_account
from baohao.core.bucket import bucket_of
from baohao.core.decide.pay_commission import owed_account
from baohao.core.line.ordered import CARD
from baohao.core.promotions.model import Promotion
from baohao.store import books, keys, lines, promotions, quotes
from baohao.store.sql import Call, call

#: Verbs whose money, and whose uses of promotions, go back where they came from.
PAYS_BACK = frozenset({"reverse", "correct"})
#: Verbs that move what is owed, or claimed, beside a guarded account, and where that stands.
PAYS_OUT = {
    "pay_commission": (owed_account,),
    "pay_refund": (refund_account,),
    "charge_back": (claims_account,),
    "win_back": (claims_account,),
    "set_off": (refund_account, claims_account),
    "close_claim": (claims_account,),
}
#: Fields that name what must be on one line alone.
IDENTIFIERS = ("iccid", "imsi")


class Wanted:
    """The calls of trip 1."""

    def __init__(self, asks: Sequence[Ask], terms: Terms) -> None:
        self._asks = asks
        verbs = {_priced(ask) for ask in asks}
        pays_back = not verbs.isdisjoint(PAYS_BACK)
        #: Whom the asks would give lines to.
        self.holders = sorted({holder for ask in asks if (holder := holder_of(ask))})
        #: Those that the batch may take or give back.
        self.promotions: tuple[Promotion, ...] = tuple(
            promotion
            for promotion in terms.promotions
            if pays_back or not verbs.isdisjoint(promotion.verbs)
        )
        self._per_holder = any(p.per_holder is not None for p in self.promotions)
        self._per_number = any(p.per_number is not None for p in self.promotions)
        #: Whether a lock depends on what a line says.
        self.looks_into_lines = self._per_holder or pays_back

    def of_asks(self) -> list[Call]:
        """Return what the asks name themselves: their lines, quotes and cards."""
        asks = self._asks
        numbers = sorted({ask.subject for ask in asks if ":" not in ask.subject})
        quoted = {
            (bucket_of(ask.subject), id_) for ask in asks if (id_ := quote_of(ask)) is not None
        }
        calls = [lines.lock(numbers)] if numbers else []
        calls += [call("lock_quotes", sorted(quoted))] if quoted else []
        return calls + _by_bucket("find_cards", (name for ask in asks for name in _cards(ask)))

    def of_lines(self, locked: Mapping[str, lines.Line]) -> list[Call]:
        """Return what else is locked, then the asks' keys and the clock."""
        asks = self._asks
        accounts = {name for ask in asks for name in _accounts(ask, locked.get(ask.subject))}
        # What quotes keep that have ended is free again, whether or not the daily run came by.
        calls = [quotes.lock_ended()] if any(map(_counts, self.promotions)) else []
        calls += [books.lock(accounts)] if accounts else []
        # Its shift moves under the lock of a till.
        calls += _by_bucket("find_shifts", (name for name in accounts if name.startswith("till:")))
        calls += _by_bucket("sum_owed", (name for ask in asks for name in owed_of(ask)))
        calls += _by_bucket("lock_holdings", self.holders)
        limited = (p.id for p in self.promotions if promotions.is_limited(p))
        calls += _by_bucket("lock_promotion_totals", limited)
        calls += _by_bucket("lock_promotion_uses", self._counted(locked))
        places = [(bucket_of(ask.subject), ask.principal, ask.key) for ask in asks if ask.key]
        calls += [keys.find(places)] if places else []
        return [*calls, Call("read_clock")]

    def _counted(self, locked: Mapping[str, lines.Line]) -> Iterator[str]:
        """Yield the numbers and holders whose uses of promotions are counted."""
        if self._per_number:
            yield from (ask.subject for ask in self._asks if ":" not in ask.subject)
        if self._per_holder:
            tenures = (line.state.tenure for line in locked.values())
            yield from (tenure.holder for tenure in tenures if tenure is not None and tenure.holder)


def quote_of(ask: Ask) -> UUID | None:
    """Return the quote that an ask refers to."""
    value = ask.payload.get("quote")
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def owed_of(ask: Ask) -> Iterator[str]:
    """Yield where it stands what an ask may move: commission, a refund, a charge-back."""
    if ":" in ask.subject:
        for account_of in PAYS_OUT.get(ask.verb, ()):
            yield str(account_of(Account.parse(ask.subject)))


def holder_of(ask: Ask) -> str:
    """Return the holder that an ask would give a line to; empty: none."""
    holder = ask.payload.get("holder")
    return holder if isinstance(holder, str) else ""


def _counts(promotion: Promotion) -> bool:
    """Whether its uses are counted at all."""
    per_subject = promotion.per_number is not None or promotion.per_holder is not None
    return per_subject or promotions.is_limited(promotion)


def _priced(ask: Ask) -> str:
    """Return the verb that promotions know: a quote's is what it is for."""
    if ask.verb == "keep_order":
        return "renew"
    return str(ask.payload.get("what", "renew")) if ask.verb == "quote" else ask.verb


def _cards(ask: Ask) -> Iterator[str]:
    named = (ask.payload.get(field) for field in IDENTIFIERS)
    yield from (name for name in named if isinstance(name, str) and name)


def _accounts(ask: Ask, line: lines.Line | None) -> Iterator[str]:
    """Yield the guarded accounts whose money an ask may move."""
    if ":" in ask.subject:
        yield ask.subject
    paid = ask.payload.get("paid")
    if isinstance(paid, str) and not paid.startswith(CARD):
        yield paid
    if ask.verb in PAYS_BACK and line is not None:
        of = ask.payload.get("of")
        yield from (str(sold.sale.payer) for sold in line.state.sold if sold.act == of)


def _by_bucket(statement: str, names: Iterable[str]) -> list[Call]:
    """Return the call for these keys in their order; none for no keys."""
    wanted = sorted({(bucket_of(name), name) for name in names})
    return [call(statement, wanted)] if wanted else []
