"""
Evolve and settle: from one state of a line to the next.

`evolve` folds one event in; replaying a line's journal through it gives the line's row. `settle`
says what fell due by itself, and leaves the state alone when nothing did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from baohao.core.altered import altered
from baohao.core.kept import is_kept
from baohao.core.line import lost, ordered
from baohao.core.line.acts import BEGINNINGS, Act, order
from baohao.core.line.codec import decode
from baohao.core.line.event import Event
from baohao.core.line.fold import Folded, Rules, fold, fold_on
from baohao.core.line.ladder import RETURNED, STOCK
from baohao.core.line.standing import Settled, Standing
from baohao.core.line.state import Card, LineState, Reading, Tenure

#: Readings that are no further apart stand side by side where they differ.
_TOGETHER = timedelta(days=1)


def evolve(state: LineState | None, event: Event, rules: Rules) -> LineState:
    """
    Return the state after an event.

    `state` is `None` only for a line's first event, which is "stocked" or "opened". Raises
    `ValueError` for an event that cannot follow; the door never writes one.
    """
    if state is None:
        return _born(event, rules)
    return altered(_evolved(state, event, rules), version=state.version + 1)


def settle(state: LineState, rules: Rules, now: datetime) -> tuple[LineState, tuple[Event, ...]]:
    """
    Return what fell due by itself up to `now`, in order, and the state with it.

    A line whose policy has several readings settles nothing: what is not known is not booked.
    """
    if len(state.standings) != 1:
        return state, ()
    (folded,) = fold_on(rules, state.pin, state.standings, state.acts, until=now)
    if not folded.settled:
        return state, ()
    last = folded.settled[-1].at
    if last != now:
        (folded,) = fold_on(rules, state.pin, state.standings, state.acts, until=last)
    settled = altered(
        state, standings=(folded.standing,), version=state.version + len(folded.settled)
    )
    return settled, settlements(folded.settled)


def settlements(settled: Sequence[Settled], kind: str = "settled") -> tuple[Event, ...]:
    """Return settlements as events."""
    return tuple(Event(kind=kind, effective_at=s.at, settled=s) for s in settled)


def is_late(state: LineState, act: Act) -> bool:
    """Say whether an act comes before something that has been folded already."""
    if state.acts and order(act) < order(state.acts[-1]):
        return True
    return any(s.at is not None and act.at < s.at for s in state.standings)


def acted(state: LineState, act: Act, rules: Rules) -> tuple[LineState, tuple[Folded, ...]]:
    """Return the state with one more act, and the fold that brought it there."""
    if is_late(state, act):
        acts = tuple(sorted((*state.acts, act), key=order))
        folded = refolded(state, acts, rules)
    else:
        acts = (*state.acts, act)
        folded = fold_on(rules, state.pin, state.standings, state.acts, (act,))
    pin = state.pin
    if act.kind == "repin":
        # Of one instant it comes before what counts, so that it need not be the last.
        pin = next(known.pin for known in reversed(acts) if known.kind == "repin")
    standings = tuple([f.standing for f in folded])
    agent = state.agent
    if agent and (act.kind in BEGINNINGS or not _in_stock(standings)):
        agent = ""
    return altered(state, acts=acts, pin=pin, standings=standings, agent=agent), folded


def _in_stock(standings: Sequence[Standing]) -> bool:
    return all((s.stage or STOCK.name) in (STOCK.name, RETURNED.name) for s in standings)


def undone(
    state: LineState, act_id: str, rules: Rules, *, cut: date | None = None, kept_minor: int = 0
) -> tuple[LineState, tuple[Folded, ...]]:
    """
    Return the state as if an act had never been, or had given nothing from the day `cut` on.

    `kept_minor` is what of its price stays. Without the act that began it a life has no tenure.
    """
    tenure = state.tenure
    if cut is None:
        acts = tuple(a for a in state.acts if a.id != act_id)
        sold = tuple(s for s in state.sold if s.act != act_id)
        if any(a.id == act_id and a.kind in BEGINNINGS for a in state.acts):
            tenure = None
    else:
        acts = tuple(altered(a, cut=cut) if a.id == act_id else a for a in state.acts)
        sold = tuple(
            replace(s, kept_minor=kept_minor) if s.act == act_id else s for s in state.sold
        )
    folded = refolded(state, acts, rules)
    standings = tuple(f.standing for f in folded)
    kept = {} if tenure is not None else {"order": None, "lost": None}
    return altered(state, acts=acts, standings=standings, sold=sold, tenure=tenure, **kept), folded


def refolded(state: LineState, acts: Sequence[Act], rules: Rules) -> tuple[Folded, ...]:
    """
    Fold acts from the beginning, up to where the line is settled or its last act, whichever is
    later.
    """
    return fold(rules, state.first_pin, acts, until=_reached(state, acts))


def _reached(state: LineState, acts: Sequence[Act]) -> datetime | None:
    instants = [s.at for s in state.standings if s.at is not None] + [a.at for a in acts]
    return max(instants, default=None)


def resettled(before: LineState, acts: Sequence[Act], rules: Rules) -> tuple[Event, ...]:
    """
    Return what a change among a line's past acts unsettles, and what it settles instead.

    `before` is the line as it was settled, `acts` are those that stand now. Only a line with one
    reading of its rules has settled anything.
    """
    if len(before.standings) != 1:
        return ()
    until = _reached(before, (*before.acts, *acts))
    (old,) = fold(rules, before.first_pin, before.acts, until=until)
    (new,) = fold(rules, before.first_pin, acts, until=until)
    # Counted: two settlements may be alike, as two fees of one minute.
    was, now = Counter(old.settled), Counter(new.settled)
    gone, come = list((was - now).elements()), list((now - was).elements())
    return settlements(gone, "unsettled") + settlements(sorted(come, key=lambda s: s.at))


def _born(event: Event, rules: Rules) -> LineState:
    if event.kind not in ("stocked", "opened") or event.card is None:
        raise ValueError(f"a line does not begin with {event.kind!r}")
    if event.kind == "opened":
        return _opened(event, None)
    data = event.data
    state = LineState(
        number=str(data["number"]),
        operator=str(data["operator"]),
        plan=str(data["plan"]),
        first_pin=str(data["pin"]),
        pin=str(data["pin"]),
        custody=str(data.get("custody", "issued")),
        card=event.card,
        batch=str(data.get("batch", "")),
        version=1,
    )
    folded = fold(rules, state.pin, ())
    return replace(state, standings=tuple(f.standing for f in folded))


def _opened(event: Event, stock: LineState | None) -> LineState:
    """Return the line of a new number, with the acts of the one that its holder had."""
    row = event.data["line"]
    if event.card is None or event.tenure is None or not isinstance(row, list):
        raise ValueError("a line is opened with a card, a tenure and what it carries over")
    return altered(
        decode(row),
        number=str(event.data["number"]),
        card=event.card,
        tenure=event.tenure,
        epochs=event.tenure.epoch,
        agent="",
        order=None,
        lost=None,
        version=1 if stock is None else stock.version,
    )


def _evolved(state: LineState, event: Event, rules: Rules) -> LineState:
    match event.kind:
        case "acted" if event.act is not None:
            state, _ = acted(state, event.act, rules)
            if event.sold is not None:
                state = replace(state, sold=(*state.sold, event.sold))
            if "plan" in event.data:
                state = replace(state, plan=str(event.data["plan"]))
            return _held_by(state, event.tenure) if event.tenure else ended(state, event.act)
        case "undone":
            cut = event.data.get("cut")
            return undone(
                state,
                str(event.data["of"]),
                rules,
                cut=date.fromisoformat(str(cut)) if cut else None,
                kept_minor=int(str(event.data.get("kept_minor", 0))),
            )[0]
        case "settled" if event.settled is not None:
            return _settled(state, event.settled, rules)
        case "observed" if event.reading is not None:
            read = _read_on if is_kept(state.number) else _with_reading
            return replace(state, readings=read(state.readings, event.reading))
        case "registered" | "transferred" if event.tenure is not None:
            return _held_by(state, event.tenure)
        case "allotted":
            return altered(state, agent=str(event.data["agent"]))
        case kind if kind in ordered.KINDS:
            order = ordered.moved_on(state.order, kind, event.effective_at, event.data)
            return altered(state, order=order)
        case "card_replaced" if event.card is not None:
            return replace(state, card=event.card, lost=None)
        case lost.LOST:
            return altered(state, lost=lost.Lost(event.effective_at, str(event.data["id"])))
        case lost.FOUND:
            return altered(state, lost=None)
        case "unsettled":
            return state
        case "closed" if event.act is not None:
            return _closed(state, event.act, rules)
        case "opened":
            return _opened(event, state)
        case "stocked":
            # A number that had gone is put in stock anew; its tenures are counted on.
            return altered(_born(event, rules), epochs=state.epochs, version=state.version)
        case _:
            raise ValueError(f"{event.kind!r} cannot follow, or lacks a part")


def ended(state: LineState, act: Act) -> LineState:
    """
    Return a line whose life an act has ended: nobody's, and a next life knows nothing of the last.
    """
    if act.kind == "port_out":
        return altered(state, tenure=None, order=None, lost=None)
    if act.kind in ("return", "recycle"):
        nobody = {"tenure": None, "agent": "", "order": None, "lost": None}
        return altered(state, **nobody, acts=(act,), sold=(), readings=(), first_pin=state.pin)
    return state


def _closed(state: LineState, act: Act, rules: Rules) -> LineState:
    """Return what is left of a line whose holder has another number: a number that rests."""
    (*folded,) = fold(rules, state.pin, (act,), until=act.at)
    return altered(
        state,
        first_pin=state.pin,
        card=Card(),
        tenure=None,
        order=None,
        lost=None,
        acts=(act,),
        standings=tuple(f.standing for f in folded),
        sold=(),
        readings=(),
    )


def _settled(state: LineState, settled: Settled, rules: Rules) -> LineState:
    """Move on to a settlement; one that a refold has passed already is in the standing."""
    reached = state.standing.at
    if reached is not None and settled.at <= reached:
        return state
    folded = fold_on(rules, state.pin, state.standings, state.acts, until=settled.at)
    return replace(state, standings=tuple(f.standing for f in folded))


def _with_reading(readings: tuple[Reading, ...], reading: Reading) -> tuple[Reading, ...]:
    """Keep the latest reading of each clock and balance, in order of name."""
    kept = {r.name: r for r in readings}
    old = kept.get(reading.name)
    # Of two readings of one instant the same one is kept, whichever was heard of first.
    if old is None or _rank(old) <= _rank(reading):
        kept[reading.name] = reading
    return tuple(kept[name] for name in sorted(kept))


def _read_on(readings: tuple[Reading, ...], reading: Reading) -> tuple[Reading, ...]:
    """Keep the latest of each source, as long as they are of one day: a keeper asks several."""
    kept: dict[tuple[str, str], Reading] = {}
    for each in sorted((*readings, reading), key=_rank):
        kept[each.name, each.evidence] = each
    last = {each.name: each.at for each in sorted(kept.values(), key=_rank)}
    return tuple(
        kept[place] for place in sorted(kept) if kept[place].at > last[place[0]] - _TOGETHER
    )


def _rank(reading: Reading) -> tuple[datetime, str, int, str]:
    return (reading.at, str(reading.until), reading.amount_minor or 0, reading.evidence)


def _held_by(state: LineState, tenure: Tenure) -> LineState:
    order = state.order if tenure.epoch == state.epoch else None
    return altered(state, tenure=tenure, order=order, epochs=max(state.epochs, tenure.epoch))
