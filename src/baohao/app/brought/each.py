"""Going through a file's cards, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace
from datetime import date

from baohao.app.brought.days import order_of
from baohao.app.brought.fields import Fields
from baohao.app.brought.model import Brought, Done, Given, Said, Taken
from baohao.app.brought.wrong import VersionUnknown, Wrong

#: What a word of a tracker's own says of an act, where it says anything.
_WORDS = (
    ("sms_out", ("sms", "短信", "簡訊", "短訊", "text")),
    ("topup", ("top", "recharge", "充值", "增值", "充話費", "recarga", "carregamento")),
    ("call_out", ("call", "電話", "电话", "通话", "通話", "chamada")),
    ("data", ("data", "流量", "上网", "上網", "數據", "数据", "dados")),
    ("pack", ("pack", "套餐", "bundle", "pacote")),
)


def each(
    format_: str,
    items: Iterable[tuple[int, Mapping[str, object]]],
    given: Given,
    read: Callable[[Fields], Brought],
    passed_over: tuple[str, ...] = (),
) -> Taken:
    """Read every card of a file; one with a fatal finding is left out, and its finding is told."""
    rows: list[Brought] = []
    wrong: list[Wrong] = []
    for row, said in items:
        fields = Fields(row, said, given)
        card = read(fields)
        if fields.is_good:
            rows.append(card)
        wrong += fields.wrong
    return Taken(format=format_, rows=tuple(rows), wrong=tuple(wrong), passed_over=passed_over)


def of_version(taken: Taken, said: object, known: Container[object]) -> Taken:
    """Tell that a file is of a version that nobody looked at here; it is read as far as it goes."""
    if said in known:
        return taken
    value = str(said)[:20]
    other = Wrong(row=0, column="version", value=value, refusal=VersionUnknown(), is_fatal=False)
    return replace(taken, wrong=(other, *taken.wrong))


def counted(items: Iterable[Mapping[str, object]]) -> Iterable[tuple[int, Mapping[str, object]]]:
    """Number the cards of a list from 1."""
    return enumerate(items, start=1)


def done(on: date | None, kind: str = "") -> tuple[Done, ...]:
    """Return an act of a day; none without a day. An empty kind: whatever it was, it counted."""
    return () if on is None else (Done(kind=kind, at=on),)


def until(day: date | None) -> tuple[Said, ...]:
    """Return what an operator, or a tracker for it, said of the last day."""
    return () if day is None else (Said(until=day),)


def kind_of(words: str) -> str:
    """Return the kind of act that a tracker's words mean; empty: they do not say."""
    plain = words.casefold()
    return next((kind for kind, said in _WORDS if any(word in plain for word in said)), "")


def order_in(given: Given, texts: Iterable[str]) -> str:
    """Return which of day and month comes first in a file: as was said, or as its days tell."""
    return given.order or order_of(texts)
