"""
Leaving: all that is kept of somebody's cards, to take along, and to be forgotten.

What is written out can be brought to another house, and gives the same cards there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TextIO
from uuid import UUID

from baohao.app.brought.own_csv import HEADINGS
from baohao.app.brought.own_json import FORMAT, MORE, VERSION
from baohao.app.csv_files import write_rows
from baohao.app.door import Answered
from baohao.app.kept import customers, listing, robots
from baohao.app.kept.listing import Card
from baohao.app.messages import preferences
from baohao.app.messages.preferences import Preferences
from baohao.app.ports import SealBroken, Vault
from baohao.app.shell import Shell
from baohao.core.asks import Ask, Terms
from baohao.core.bucket import bucket_of
from baohao.core.civil import civil_day
from baohao.core.line.acts import COUNTING, STARTS, Act
from baohao.core.line.codec import encode_event
from baohao.core.line.state import Reading
from baohao.core.money import format_minor
from baohao.core.policy.model import Policy
from baohao.store import clock, journal, messages
from baohao.store import kept as store
from baohao.store.sql import Connection

#: The columns of the CSV; those that are brought again have the names that they are known by.
COLUMNS = tuple(HEADINGS)
COMPUTED = "safe until, as computed"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure took."""

    #: Cards that were let go.
    ended: int
    #: Cards that nobody is shown any more.
    cards: int


# --- to take along --------------------------------------------------------------------------------


def everything(conn: Connection, terms: Terms, vault: Vault, keeper: str) -> Json:
    """Return all that is kept of somebody's cards: as it was told, and as it was written down."""
    found = listing.of_keepers(conn, terms, vault, [keeper])
    book = customers.names(conn, vault, keeper)
    return {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": clock.now(conn).isoformat(),
        "reminders": asdict(_wishes(conn, vault, keeper)),
        "customers": [asdict(entry.customer) for entry in book.entries],
        "practice": asdict(book.practice),
        "cards": [_card(card, list(_events(conn, card.subject))) for card in found],
    }


def written(said: Json) -> str:
    """Return that as a text."""
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def table(conn: Connection, terms: Terms, vault: Vault, keeper: str, out: TextIO) -> int:
    """Write a line for each card, as a spreadsheet has it; return how many."""
    found = listing.of_keepers(conn, terms, vault, [keeper])
    headings = (*(HEADINGS[column][0] for column in COLUMNS), COMPUTED)
    return write_rows(out, headings, [_line(card) for card in found if not card.is_over])


def _wishes(conn: Connection, vault: Vault, keeper: str) -> Preferences:
    try:
        return preferences.read(conn, vault, keeper)
    except SealBroken:
        return Preferences()


def _card(card: Card, history: Sequence[journal.Kept]) -> Json:
    acts, policy = card.state.acts, card.policy
    begins = next((act.at for act in acts if act.kind in ("activate", "port_in")), None)
    life = [kept for kept in history if kept.recorded.seq >= _first(history)]
    said = [k.recorded.event.reading for k in life if k.recorded.event.kind == "observed"]
    about = {k: v for k, v in asdict(card.noted.about).items() if v not in ("", (), None)}
    return {
        "number": card.number,
        "product": policy.name,
        "pin": card.state.pin,
        "title": policy.title,
        "operator": policy.operator,
        "country": policy.country,
        "safe_until": None if card.due is None else card.due.isoformat(),
        "begins": None if begins is None else begins.isoformat(),
        "ended": card.state.standing.ended or None,
        "about": about,
        "opening": [_opening(act) for act in acts if act.kind == "adjust"],
        "done": [_done(act, policy) for act in acts if _is_done(act, begins)],
        "said": [_said(reading, policy) for reading in said if reading is not None],
        "history": [_happened(kept) for kept in history],
    }


def _is_done(act: Act, begins: datetime | None) -> bool:
    # What begins a life is made anew where the card is kept.
    return act.kind in COUNTING or (act.kind in STARTS - {"repin"} and act.at != begins)


def _opening(act: Act) -> Json:
    if act.clock:
        return {"clock": act.clock, "until": None if act.until is None else act.until.isoformat()}
    return {"balance": act.balance, "amount_minor": act.amount_minor}


def _done(act: Act, policy: Policy) -> Json:
    said: Json = {"kind": act.kind, "at": act.at.isoformat(), "act": act.id}
    if act.amount_minor is not None:
        said["amount"] = format_minor(act.amount_minor, policy.currency)
        said["currency"] = policy.currency
    more: Mapping[str, Any] = {
        "paid_minor": act.paid_minor,
        "net_minor": act.net_minor,
        "credited_minor": act.credited_minor,
        "spend_minor": act.spend_minor or None,
        "term": None if act.term is None else str(act.term),
        "sku": act.sku,
        "where": act.channel,
        "actor": act.actor,
        "tags": sorted(act.tags),
        "used": dict(act.used),
    }
    return said | {name: more[name] for name in MORE if more.get(name) not in (None, "", [], {})}


def _said(reading: Reading, policy: Policy) -> Json:
    said: Json = {"name": reading.name, "at": reading.at.isoformat()}
    if reading.until is not None:
        said["until"] = reading.until.isoformat()
    if reading.amount_minor is not None:
        said["amount"] = format_minor(reading.amount_minor, policy.currency)
        said["currency"] = policy.currency
    return said


def _happened(kept: journal.Kept) -> Json:
    """Return an event with both its times, as the journal has it."""
    recorded = kept.recorded
    return {
        "seq": recorded.seq,
        "happened_at": recorded.event.effective_at.isoformat(),
        "written_down_at": recorded.recorded_at.isoformat(),
        "by": recorded.asker.channel,
        **encode_event(recorded.event),
        "kind": recorded.event.kind,
    }


def _events(conn: Connection, subject: str) -> Iterator[journal.Kept]:
    yield from journal.of_subject(conn, bucket_of(subject), subject)


def _first(history: Sequence[journal.Kept]) -> int:
    """Return where the card's present life begins."""
    return max((k.recorded.seq for k in history if k.recorded.event.kind == "stocked"), default=0)


def _line(card: Card) -> list[object]:
    about, policy = card.noted.about, card.policy
    last = max((a for a in card.state.acts if a.kind in COUNTING), key=_at, default=None)
    begun = min((a for a in card.state.acts if a.kind in STARTS), key=_at, default=None)
    until = None if card.reading is None else card.reading.until
    credit = next((r for r in card.state.readings if r.amount_minor is not None), None)
    day = None if last is None else civil_day(last.at, policy.zone)
    cells: Mapping[str, object] = {
        "number": card.number,
        "country": policy.country if policy.country != "ZZ" else "",
        "product": policy.name,
        "name": about.name,
        "whose": about.whose,
        "hangs": "; ".join(about.hangs),
        "begins": None if begun is None else civil_day(begun.at, policy.zone),
        "act": None if last is None else last.kind,
        "day": day,
        "amount": _money(None if last is None else last.amount_minor, policy),
        "currency": "" if last is None or last.amount_minor is None else policy.currency,
        "until": None if until is None else civil_day(until - timedelta(seconds=1), policy.zone),
        "balance": _money(None if credit is None else credit.amount_minor, policy),
        "note": about.note,
    }
    return [*(cells.get(column) for column in COLUMNS), card.due]


def _at(act: Act) -> datetime:
    return act.at


def _money(minor: int | None, policy: Policy) -> str:
    return "" if minor is None else format_minor(minor, policy.currency)


# --- to be forgotten ------------------------------------------------------------------------------


def erase(shell: Shell, vault: Vault, new_id: Callable[[], UUID], keeper: str) -> Erased:
    """
    Let all cards of a keeper go, and destroy the key to what was said of them and of customers.

    The journal stays whole, under a random id; what was told to the keeper by messages cannot be
    read any more either. How they want to be told of other numbers stays.
    """
    found = shell.run(lambda conn: store.of_keepers(conn, [keeper]))
    states = [each.state for each in found]
    asks = [
        Ask(
            id=new_id(),
            verb="terminate",
            subject=state.number,
            key=f"erase:{state.epochs}:{state.version}",
            principal=keeper,
            channel="app",
            payload={"cause": "holder", "reason": "erased"},
        )
        for state in states
        if not state.standing.ended
    ]
    answers = shell.answer(asks)
    shell.run(lambda conn: _forget(conn, vault, keeper, [(s.number, s.epochs) for s in states]))
    ended = sum(isinstance(answer, Answered) for answer in answers)
    return Erased(ended=ended, cards=len(states))


def _forget(conn: Connection, vault: Vault, keeper: str, cards: Sequence[tuple[str, int]]) -> None:
    wishes = _wishes(conn, vault, keeper)
    store.forget(conn, keeper, cards)
    robots.end_keys(conn, keeper)
    messages.destroy_key(conn, keeper)
    if wishes != Preferences():
        preferences.keep(conn, vault, keeper, wishes)
