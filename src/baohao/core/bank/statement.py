"""
Statements: what a bank says came and went, kept once for ever, and whether anything is missing.

    Refusal
    └── Unbalanced    what was at the beginning and its rows do not make what is at the end
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import blake2b
from uuid import UUID

from baohao.core.money import format_minor
from baohao.core.refusals import Refusal


class Unbalanced(Refusal):
    """
    The statement does not add up: {opening} and its rows make {sum}, and it says {closing}. Nothing
    of it was kept; get the whole file from the bank.
    """

    code = "bank.unbalanced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a statement."""

    #: Where it stands in the file.
    line: int
    #: The bank's own id of it, the same in every file; empty: the bank gives none.
    ref: str = ""
    booked_on: date
    value_on: date | None = None
    #: What came is positive, what went is negative.
    amount_minor: int
    currency: str
    #: What the payer wrote, who they are, and from which account.
    text: str = ""
    name: str = ""
    account: str = ""
    #: What was there after it, where the bank says so.
    balance_minor: int | None = None

    @property
    def content(self) -> str:
        """A digest of all that it says: alike in every file that has it unchanged."""
        said = (self.booked_on, self.value_on, self.amount_minor, self.currency, self.balance_minor)
        return _digest(*map(str, said), self.text, self.name, self.account).hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of one account."""

    #: The bank's own id of it; empty: it gives none.
    id: str = ""
    #: The account as the bank writes it; empty: the file does not say.
    account: str = ""
    currency: str
    from_on: date
    to_on: date
    opening_minor: int | None = None
    closing_minor: int | None = None
    rows: tuple[Row, ...]
    #: Rows that were announced and not booked: they come again once they are.
    pending: int = 0


class Place(StrEnum):
    """What a row is to those that are known."""

    NEW = "new"
    KNOWN = "known"
    #: It was known, and says something else now.
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A row, and the id that it has for ever."""

    id: UUID
    row: Row
    place: Place


def folded(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return rows without those that the bank wrote twice: of one id, and alike to the letter."""
    first: dict[tuple[str, str], Row] = {}
    for at, row in enumerate(rows):
        first.setdefault((row.ref, row.content) if row.ref else (str(at), ""), row)
    return tuple(first.values())


def balanced(statement: Statement) -> None:
    """Refuse a statement whose rows do not make its balances; raises `Unbalanced`."""
    opening, closing = statement.opening_minor, statement.closing_minor
    if opening is None or closing is None:
        return
    total = opening + sum(row.amount_minor for row in statement.rows)
    if total != closing:
        said = {"opening": opening, "sum": total, "closing": closing}
        raise Unbalanced(**{n: format_minor(m, statement.currency) for n, m in said.items()})


def placed(
    account: str, rows: Sequence[Row], known: Mapping[str, Sequence[tuple[UUID, str]]]
) -> list[Placed]:
    """
    Return each row with its id; whatever file it stands in, the same row has the same.

    `known` has what was kept of each of the bank's ids: our id, and the content. A bank that gives
    none tells rows alike apart by their number alone; whether those are known, the keeper sees.
    """
    seen: dict[str, list[tuple[UUID, str]]] = {}
    alike: Counter[str] = Counter()
    found = []
    for row in rows:
        content, place = row.content, Place.NEW
        if not row.ref:
            alike[content] += 1
            id_ = _id(account, "row", content, str(alike[content]))
        else:
            before = known.get(row.ref, ())
            mine = seen.setdefault(row.ref, [])
            same = next((each for each, other in (*before, *mine) if other == content), None)
            id_ = same or _id(account, "ref", row.ref, str(len(mine)))
            if same is not None:
                place = Place.KNOWN
            elif before:
                id_, place = before[0][0], Place.CHANGED
            else:
                mine.append((id_, content))
        found.append(Placed(id=id_, row=row, place=place))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Where a statement begins and ends, to see whether one is missing between two."""

    id: UUID
    from_on: date
    to_on: date
    opening_minor: int
    closing_minor: int


def gaps(statements: Sequence[Ends]) -> frozenset[UUID]:
    """
    Return the statements before which something is missing: none ends with what it begins with.

    The first has nothing before it. One that overlaps an earlier one joins it by its rows.
    """
    first = min((each.from_on for each in statements), default=None)
    return frozenset(
        each.id for each in statements if each.from_on != first and not _joins(each, statements)
    )


def _joins(each: Ends, known: Sequence[Ends]) -> bool:
    for other in known:
        if other.id == each.id or other.from_on > each.from_on:
            continue
        if other.from_on < each.from_on <= other.to_on:
            return True
        if other.to_on <= each.from_on and other.closing_minor == each.opening_minor:
            return True
    return False


def _id(*parts: str) -> UUID:
    # Version 8: made by a rule of our own (RFC 9562).
    made = bytearray(_digest(*parts))
    made[6], made[8] = 0x80 | made[6] & 0x0F, 0x80 | made[8] & 0x3F
    return UUID(bytes=bytes(made))


def _digest(*parts: str) -> bytes:
    # Lengths keep apart what would run together.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
