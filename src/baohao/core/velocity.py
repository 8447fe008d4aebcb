"""
How often cards are tried: limits by payer, number, address and card, over windows of time.

Who tries stolen cards tries many, and is declined often; whose bank took money back pays otherwise.
A limit counts what has happened before, within its window and up to now; refused tries count for
nothing, so that nobody is locked out by their own waiting. The rule is of cards alone: a wallet's
code or a counter's cash is not limited.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from baohao.core.refusals import Malformed, Refusal


class TooManyTries(Refusal):
    """
    Too many card payments of this {what}: at most {most} {kind} within {within}. Wait, or pay in
    another way.
    """

    code = "payment.too_many_tries"


class CardsRefused(Refusal):
    """No card payments are taken of this {what}: a bank took money back. Pay in another way."""

    code = "payment.cards_refused"


class LimitMalformed(Malformed):
    """{value!r} is no limit of card payments: write one as in "declined payer 5/1h"."""

    code = "malformed.limit"


#: What is counted: orders that were begun, tries that were declined, cards that were used, and
#: payments that a bank took back.
KINDS = ("begun", "declined", "cards", "charged_back")
#: By whom or what.
WHATS = ("payer", "number", "address", "card")
#: What is so by default: far above what people do who keep a few numbers.
DEFAULT = (
    "begun payer 10/1h, begun payer 30/1d, begun number 6/1h, begun address 30/1h,"
    " declined payer 5/1h, declined payer 10/1d, declined number 5/1d, declined address 15/1h,"
    " declined card 4/1d, begun card 10/1d, cards payer 4/1d, cards number 4/1d,"
    " charged_back payer 1/365d, charged_back number 1/365d, charged_back card 1/365d"
)

_LIMIT = re.compile(
    rf"({'|'.join(KINDS)}) ({'|'.join(WHATS)}) ([1-9][0-9]{{0,4}})/([1-9][0-9]{{0,3}})([mhd])"
)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many of what are allowed, of whom, within which time."""

    kind: str
    what: str
    most: int
    within: timedelta
    #: As it was written, for people.
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """Something that happened: an order was begun, paid, declined, or charged back."""

    kind: str
    at: datetime
    #: The gateway's name of the card; empty: it is not known.
    card: str = ""


def limits(text: str) -> tuple[Limit, ...]:
    """Read limits, as `DEFAULT` is written; "off" or nothing: none. Raises `LimitMalformed`."""
    if text.strip() in ("", "off"):
        return ()
    return tuple(_limit(each.strip()) for each in text.split(","))


def judge(
    limits: Iterable[Limit], tried: Mapping[str, Sequence[Sequence[Try]]], now: datetime
) -> None:
    """
    Refuse one more card payment where a limit is reached; `tried`: for each of `WHATS` what each of
    its kind has tried.

    Raises `CardsRefused` or `TooManyTries`.
    """
    for limit in limits:
        for tries in tried.get(limit.what, ()):
            if _count(limit, tries, now) < limit.most:
                continue
            if limit.kind == "charged_back":
                raise CardsRefused(what=limit.what)
            within = limit.text.rpartition("/")[2]
            raise TooManyTries(what=limit.what, most=limit.most, kind=limit.kind, within=within)


def longest(limits: Iterable[Limit]) -> timedelta:
    """Return for how long what was tried has to be kept."""
    return max((limit.within for limit in limits), default=timedelta())


def _count(limit: Limit, tries: Sequence[Try], now: datetime) -> int:
    near = [each for each in tries if now - limit.within < each.at]
    if limit.kind == "cards":
        return len({each.card for each in near if each.card})
    # A card is known only once it was used.
    kinds = ("begun", "paid") if limit.what == "card" else ("begun",)
    wanted = kinds if limit.kind == "begun" else (limit.kind,)
    return sum(each.kind in wanted for each in near)


def _limit(text: str) -> Limit:
    found = _LIMIT.fullmatch(text)
    if found is None:
        raise LimitMalformed(value=text[:80])
    kind, what, most, count, unit = found.groups()
    return Limit(kind=kind, what=what, most=int(most), within=int(count) * _UNITS[unit], text=text)
