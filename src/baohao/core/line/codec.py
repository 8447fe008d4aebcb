"""
A line's state and its events as plain JSON, and back.

Lists by position, whole numbers for instants (microseconds since 1970, UTC), days (proleptic
ordinal) and spans: a third of the size of named fields, and a door reads and writes it for each
ask. What an act or a line seldom has is named. `FORMAT` stands first; what is written in one format
is read for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from baohao.core.books.chart import Account
from baohao.core.books.sale import Sale
from baohao.core.civil import Span, Unit
from baohao.core.ids import text_of
from baohao.core.line import ordered
from baohao.core.line.acts import Act
from baohao.core.line.event import Event
from baohao.core.line.lost import Lost
from baohao.core.line.standing import (
    Benefit,
    ChargeState,
    ClockState,
    Queued,
    Settled,
    Standing,
)
from baohao.core.line.state import Card, LineState, Reading, Sold, Tenure
from baohao.core.promotions.model import Use

FORMAT = 1

T = TypeVar("T")

#: Plain JSON by position. `Any`: each function below knows the shape of what it is given.
Row = list[Any]
#: A state and what was written of it.
Known = tuple[LineState, Row]
#: Where they stand in a line's row.
_ACTS, _SOLD = 11, 14

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UNITS = tuple(Unit)
_UNIT_NUMBER = {unit: number for number, unit in enumerate(_UNITS)}

# --- the state ------------------------------------------------------------------------------------


def encode(state: LineState, known: Known | None = None) -> Row:
    """
    Return a line's state as plain JSON.

    `known` is the state that it came from with what was written of that: acts and sales that are
    still the same values are not written anew.
    """
    tenure = state.tenure
    before, row = known if known is not None else (state, None)
    written: Row = [
        FORMAT,
        state.number,
        state.operator,
        state.plan,
        state.first_pin,
        state.pin if state.pin != state.first_pin else 0,
        state.custody,
        _card(state.card),
        state.batch,
        None if tenure is None else _tenure(tenure),
        state.epochs,
        _anew(state.acts, before.acts, row[_ACTS] if row else (), _act),
        [_standing(standing, state.pin) for standing in state.standings],
        [_reading(reading) for reading in state.readings],
        _anew(state.sold, before.sold, row[_SOLD] if row else (), _sold),
        state.version,
    ]
    seldom: dict[str, Any] = {"agent": state.agent} if state.agent else {}
    if state.order is not None:
        seldom["order"] = ordered.written(state.order)
    if state.lost is not None:
        seldom["lost"] = [state.lost.since.isoformat(), state.lost.id]
    if seldom:
        written.append(seldom)
    return written


def _anew(
    values: Sequence[T], before: Sequence[T], rows: Sequence[Row], write: Callable[[T], Row]
) -> list[Row]:
    """Return the rows of values, of which the first ones may be written already."""
    same = 0
    for value, old, _ in zip(values, before, rows, strict=False):
        if value is not old:
            break
        same += 1
    return [*rows[:same], *[write(value) for value in values[same:]]]


def decode(row: Row) -> LineState:
    """Return the state that `encode` wrote; ValueError for a format of the future."""
    if row[0] != FORMAT:
        raise ValueError(f"a line is written in format {row[0]}, which this baohao cannot read")
    (
        _,
        number,
        operator,
        plan,
        first_pin,
        pin,
        custody,
        card,
        batch,
        tenure,
        epochs,
        acts,
        standings,
        readings,
        sold,
        version,
        *seldom,
    ) = row
    pin = first_pin if pin == 0 else pin
    rest = seldom[0] if seldom else {}
    return LineState(
        number=number,
        operator=operator,
        plan=plan,
        first_pin=first_pin,
        pin=pin,
        custody=custody,
        card=_card_of(card),
        batch=batch,
        tenure=None if tenure is None else _tenure_of(tenure),
        epochs=epochs,
        acts=tuple([_act_of(act) for act in acts]),
        standings=tuple([_standing_of(standing, pin) for standing in standings]),
        readings=tuple([_reading_of(reading) for reading in readings]),
        sold=tuple([_sold_of(each) for each in sold]),
        version=version,
        agent=rest.get("agent", ""),
        order=ordered.read(rest["order"]) if "order" in rest else None,
        lost=_lost_of(rest["lost"]) if "lost" in rest else None,
    )


def _lost_of(row: Row) -> Lost:
    since, id_ = row
    return Lost(datetime.fromisoformat(since), id_)


# --- events ---------------------------------------------------------------------------------------


def encode_event(event: Event) -> dict[str, Any]:
    """Return what the journal keeps of an event beside its kind and `effective_at`."""
    parts: dict[str, Any] = {"v": FORMAT}
    if event.act is not None:
        parts["act"] = _act(event.act)
    if event.sold is not None:
        parts["sold"] = _sold(event.sold)
    if event.settled is not None:
        parts["settled"] = _settled(event.settled)
    if event.tenure is not None:
        parts["tenure"] = _tenure(event.tenure)
    if event.card is not None:
        parts["card"] = _card(event.card)
    if event.reading is not None:
        parts["reading"] = _reading(event.reading)
    if event.data:
        parts["data"] = event.data
    return parts


def decode_event(kind: str, effective_at: datetime, parts: Mapping[str, Any]) -> Event:
    """Return the event that `encode_event` wrote; ValueError for a format of the future."""
    if parts["v"] != FORMAT:
        raise ValueError(
            f"an event is written in format {parts['v']}, which this baohao cannot read"
        )
    return Event(
        kind=kind,
        effective_at=effective_at,
        act=_act_of(parts["act"]) if "act" in parts else None,
        sold=_sold_of(parts["sold"]) if "sold" in parts else None,
        settled=_settled_of(parts["settled"]) if "settled" in parts else None,
        tenure=_tenure_of(parts["tenure"]) if "tenure" in parts else None,
        card=_card_of(parts["card"]) if "card" in parts else None,
        reading=_reading_of(parts["reading"]) if "reading" in parts else None,
        data=parts.get("data", {}),
    )


# --- instants, days, spans ------------------------------------------------------------------------


def micros(at: datetime) -> int:
    """Return an instant as microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


# Kept: the instant of an act stands in half a dozen places of its line, midnights in most lines.
@lru_cache(maxsize=65536)
def instant(value: int) -> datetime:
    """Return the instant of `micros`, in UTC."""
    return _EPOCH + timedelta(0, 0, value)


def _micros(at: datetime | None) -> int | None:
    return None if at is None else (at - _EPOCH) // _MICROSECOND


def _instant(value: int | None) -> datetime | None:
    return None if value is None else instant(value)


def _ordinal(day: date | None) -> int | None:
    return None if day is None else day.toordinal()


def _day(value: int | None) -> date | None:
    return None if value is None else date.fromordinal(value)


def _span(span: Span) -> int:
    return span.count * len(_UNITS) + _UNIT_NUMBER[span.unit]


@lru_cache(maxsize=1024)
def _span_of(value: int) -> Span:
    count, unit = divmod(value, len(_UNITS))
    return Span(count, _UNITS[unit])


# --- acts -----------------------------------------------------------------------------------------


def _act(act: Act) -> Row:
    term = act.term
    row: Row = [
        act.id,
        act.kind,
        (act.at - _EPOCH) // _MICROSECOND,
        act.amount_minor,
        act.credited_minor,
        None if term is None else _span(term),
        [_span(span) for span in act.bonus],
        [list(pair) for pair in act.gives],
        act.channel,
    ]
    rare = {
        name: write(value)
        for name, default, write, _ in _RARE
        if (value := getattr(act, name)) != default
    }
    if rare:
        row.append(rare)
    return row


def _act_of(row: Row) -> Act:
    id_, kind, at, amount_minor, credited_minor, term, bonus, gives, channel = row[:9]
    rare = {name: _READ_RARE[name](value) for name, value in row[9].items()} if row[9:] else {}
    return Act(
        id=id_,
        kind=kind,
        at=instant(at),
        amount_minor=amount_minor,
        credited_minor=credited_minor,
        term=None if term is None else _span_of(term),
        bonus=tuple([_span_of(span) for span in bonus]),
        gives=tuple([(name, units) for name, units in gives]),
        channel=channel,
        **rare,
    )


def _same(value: Any) -> Any:
    return value


#: What few acts have: name, default, how it is written, how it is read.
_RARE: tuple[tuple[str, Any, Any, Any], ...] = (
    ("paid_minor", None, _same, _same),
    ("net_minor", None, _same, _same),
    ("spend_minor", 0, _same, _same),
    ("cut", None, _ordinal, _day),
    ("used", (), lambda pairs: [list(p) for p in pairs], lambda rows: tuple(map(tuple, rows))),
    ("sku", "", _same, _same),
    ("actor", "", _same, _same),
    ("tags", frozenset(), sorted, frozenset),
    ("requested_at", None, _micros, _instant),
    ("paid_at", None, _micros, _instant),
    ("used_at", None, _micros, _instant),
    ("clock", "", _same, _same),
    ("until", None, _micros, _instant),
    ("balance", "", _same, _same),
    ("pin", "", _same, _same),
    ("why", "", _same, _same),
)
_READ_RARE = {name: read for name, _, _, read in _RARE}

# --- what was sold --------------------------------------------------------------------------------


def _sold(sold: Sold) -> Row:
    row: Row = [
        sold.act,
        micros(sold.at),
        sold.channel,
        _sale(sold.sale),
        sold.kept_minor,
        [[u.promotion, u.number, u.holder, u.cost_minor] for u in sold.uses],
    ]
    by_agent = [sold.agent, sold.commission_minor, sold.service_fee_minor]
    # Nothing where nobody sold it: rows of before there were agents stay as they are.
    return row + by_agent if any(by_agent) else row


def _sold_of(row: Row) -> Sold:
    act, at, channel, sale, kept_minor, uses = row[:6]
    agent, commission_minor, service_fee_minor = row[6:] or ("", 0, 0)
    return Sold(
        act=act,
        at=instant(at),
        channel=channel,
        sale=_sale_of(sale),
        kept_minor=kept_minor,
        uses=tuple([use_of(use) for use in uses]),
        agent=agent,
        commission_minor=commission_minor,
        service_fee_minor=service_fee_minor,
    )


def use_of(row: Row) -> Use:
    """Return one use of a promotion."""
    promotion, number, holder, cost_minor = row
    return Use(promotion=promotion, number=number, holder=holder, cost_minor=cost_minor)


def _sale(sale: Sale) -> Row:
    return [
        sale.operator,
        sale.plan,
        sale.currency,
        sale.price_minor,
        sale.credit_minor,
        sale.fee_minor,
        sale.government_minor,
        [list(share) for share in sale.discounts],
        [list(share) for share in sale.gifts],
        str(sale.payer),
        None if sale.transfer is None else text_of(sale.transfer),
    ]


def _sale_of(row: Row) -> Sale:
    operator, plan, currency, price, credit, fee, government, discounts, gifts, payer, transfer = (
        row
    )
    return Sale(
        operator=operator,
        plan=plan,
        currency=currency,
        price_minor=price,
        credit_minor=credit,
        fee_minor=fee,
        government_minor=government,
        discounts=tuple([(name, minor) for name, minor in discounts]),
        gifts=tuple([(name, minor) for name, minor in gifts]),
        payer=_account_of(payer),
        transfer=None if transfer is None else UUID(transfer),
    )


#: A few agents, tills and wallets pay for most of what is sold.
_account_of = lru_cache(maxsize=16384)(Account.parse)

# --- card, tenure, readings -----------------------------------------------------------------------


def _card(card: Card) -> Row:
    return [card.iccid, card.imsi, card.eid]


def _card_of(row: Row) -> Card:
    iccid, imsi, eid = row
    return Card(iccid=iccid, imsi=imsi, eid=eid)


def _tenure(tenure: Tenure) -> Row:
    return [
        tenure.epoch,
        tenure.holder,
        micros(tenure.since),
        tenure.identity,
        _ordinal(tenure.identity_until),
        tenure.locked,
        tenure.guardian,
    ]


def _tenure_of(row: Row) -> Tenure:
    epoch, holder, since, identity, identity_until, locked, guardian = row
    return Tenure(
        epoch=epoch,
        holder=holder,
        since=instant(since),
        identity=identity,
        identity_until=_day(identity_until),
        locked=locked,
        guardian=guardian,
    )


def _reading(reading: Reading) -> Row:
    at, until = micros(reading.at), _micros(reading.until)
    return [reading.name, at, until, reading.amount_minor, reading.evidence]


def _reading_of(row: Row) -> Reading:
    name, at, until, amount_minor, evidence = row
    return Reading(
        name=name,
        at=instant(at),
        until=_instant(until),
        amount_minor=amount_minor,
        evidence=evidence,
    )


# --- standings ------------------------------------------------------------------------------------


def _standing(standing: Standing, pin: str) -> Row:
    return [
        _micros(standing.at),
        standing.pin if standing.pin != pin else 0,
        {name: _clock(clock) for name, clock in standing.clocks.items()},
        dict(standing.balances),
        {name: _charge(charge) for name, charge in standing.charges.items()},
        standing.stage,
        _micros(standing.stage_since),
        {name: micros(at) for name, at in standing.begun.items()},
        _micros(standing.parked_since),
        [micros(at) for at in standing.parks],
        _micros(standing.held_since),
        [[micros(since), micros(until)] for since, until in standing.frozen],
        [[year, days] for year, days in standing.barred_days.items()],
        _ordinal(standing.barred_since),
        _ordinal(standing.barred_through),
        None if standing.forced is None else [standing.forced[0], micros(standing.forced[1])],
        standing.ended,
        [_benefit(benefit) for benefit in standing.benefits],
        {name: micros(at) for name, at in standing.moved.items()},
    ]


def _standing_of(row: Row, line_pin: str) -> Standing:
    (
        at,
        pin,
        clocks,
        balances,
        charges,
        stage,
        stage_since,
        begun,
        parked_since,
        parks,
        held_since,
        frozen,
        barred_days,
        barred_since,
        barred_through,
        forced,
        ended,
        benefits,
        moved,
    ) = row
    return Standing(
        at=_instant(at),
        pin=line_pin if pin == 0 else pin,
        clocks={name: _clock_of(clock) for name, clock in clocks.items()},
        balances=balances,
        charges={name: _charge_of(charge) for name, charge in charges.items()},
        stage=stage,
        stage_since=_instant(stage_since),
        begun={name: instant(value) for name, value in begun.items()},
        parked_since=_instant(parked_since),
        parks=tuple([instant(value) for value in parks]),
        held_since=_instant(held_since),
        frozen=tuple([(instant(since), instant(until)) for since, until in frozen]),
        barred_days=dict(barred_days),
        barred_since=_day(barred_since),
        barred_through=_day(barred_through),
        forced=None if forced is None else (forced[0], instant(forced[1])),
        ended=ended,
        benefits=tuple([_benefit_of(benefit) for benefit in benefits]),
        moved={name: instant(value) for name, value in moved.items()},
    )


def _clock(clock: ClockState) -> Row:
    row: Row = [
        micros(clock.deadline),
        clock.day.toordinal(),
        micros(clock.since),
        clock.grid.toordinal(),
        clock.anchor.toordinal(),
        clock.months,
    ]
    if clock.queued:
        row.append([[q.act, q.kind, q.days] for q in clock.queued])
    return row


def _clock_of(row: Row) -> ClockState:
    deadline, day, since, grid, anchor, months = row[:6]
    return ClockState(
        deadline=instant(deadline),
        day=date.fromordinal(day),
        since=instant(since),
        grid=date.fromordinal(grid),
        anchor=date.fromordinal(anchor),
        months=months,
        queued=tuple([Queued(*queued) for queued in row[6]]) if row[6:] else (),
    )


def _charge(charge: ChargeState) -> Row:
    return [charge.start.toordinal(), charge.periods, _micros(charge.due), charge.owed_minor]


def _charge_of(row: Row) -> ChargeState:
    start, periods, due, owed_minor = row
    return ChargeState(
        start=date.fromordinal(start), periods=periods, due=_instant(due), owed_minor=owed_minor
    )


def _benefit(benefit: Benefit) -> Row:
    span = benefit.span
    return [
        benefit.act,
        benefit.clock,
        benefit.kind,
        None if span is None else _span(span),
        micros(benefit.start),
        micros(benefit.end),
    ]


def _benefit_of(row: Row) -> Benefit:
    act, clock, kind, span, start, end = row
    return Benefit(
        act=act,
        clock=clock,
        kind=kind,
        span=None if span is None else _span_of(span),
        start=instant(start),
        end=instant(end),
    )


def _settled(settled: Settled) -> Row:
    return [settled.what, micros(settled.at), settled.id, settled.amount_minor, settled.origin]


def _settled_of(row: Row) -> Settled:
    what, at, id_, amount_minor, origin = row
    return Settled(what=what, at=instant(at), id=id_, amount_minor=amount_minor, origin=origin)
