"""Receipts: where the time of a signed one goes, from the journal to a file."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

from baohao.app.door import Answered, Door
from baohao.app.library import read_library
from baohao.app.policies import shipped
from baohao.app.ports import Page
from baohao.app.receipts.desk import Desk
from baohao.app.shell import Shell, connect
from baohao.core.asks import Ask
from baohao.outside.ids import new_id
from baohao.outside.paper.typesetter import Typesetter
from baohao.outside.signing import IssuerOfHouse
from baohao.store import clock, partitions
from bench.figures import Figure
from bench.machine import Slice, measured, median_load
from bench.models import FLOAT_MINOR, OPERATOR, PIN, PLAN, SELLER, terms_of
from bench.server import Server

DATABASE = "receipts"
#: Each is renewed so often, and has that many receipts: as many years as anybody keeps a number.
RENEWALS = 10
NUMBER = "+8536615{:04}"


class Clocked:
    """How long each part has taken (seconds)."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.spent[name] += time.perf_counter() - began  # type: ignore[assignment]


class ClockedCompiler:
    """typst's own compiler, with a watch: words, codes and JSON are ours, and not in it."""

    def __init__(self, compiler: Any, watch: Clocked) -> None:
        self._compiler, self._watch = compiler, watch

    def compile(self, **what: Any) -> Any:
        with self._watch.part("typst"):
            return self._compiler.compile(**what)


class ClockedTypesetter(Typesetter):
    """The product's, with a watch on typst, and on the whole page."""

    def __init__(self, watch: Clocked) -> None:
        super().__init__()
        self._watch = watch
        self.__dict__["_compiler"] = ClockedCompiler(self._compiler, watch)

    def pdf(self, page: Page) -> bytes:
        with self._watch.part("page"):
            return super().pdf(page)


class ClockedIssuer(IssuerOfHouse):
    """The product's, with a watch on signatures of PDFs and of tokens."""

    watch: Clocked

    def sign(self, pdf: bytes) -> bytes:
        with self.watch.part("signature"):
            return super().sign(pdf)

    def token(self, said: bytes) -> str:
        with self.watch.part("signature"):
            return super().token(said)


def receipts(server: Server, count: int, *, rounds: int) -> Iterator[Figure]:
    """Yield which part of a signed receipt's time is in typst and the signature, paper by paper."""
    server.make(DATABASE)
    conninfo = server.running.conninfo(DATABASE)
    acts = _sold(conninfo, count)
    watch = Clocked()
    issuer = ClockedIssuer(server.folder, "the bench")
    issuer.watch = watch
    shell = Shell(Door(terms_of(conninfo)), partial(connect, conninfo))
    operators = read_library(shipped()).accepted().operators
    desk = Desk(shell, terms_of(conninfo)(), operators, issuer, ClockedTypesetter(watch))
    given = measured(partial(_given, desk, shell, acts))
    yield _figure("numbers given", [given], f"receipts a second, {count:,} of them")
    for paper in ("a5", "80mm"):
        watch.spent.clear()
        slices = [measured(partial(_printed, desk, acts, paper)) for _ in range(rounds)]
        yield from _shares(paper, slices, watch.spent)
    shell.close()


def _shares(paper: str, slices: list[Slice], spent: Counter[str]) -> Iterator[Figure]:
    """Say where the time went: one run, so that whatever disturbed one part disturbed all."""
    whole, load = sum(each.seconds for each in slices), round(median_load(slices), 2)
    theirs = spent["typst"] + spent["signature"]
    yield Figure(
        name=f"receipt, {paper}: time inside typst and the signature",
        ours=round(theirs / whole, 3),
        theirs=None,
        ratio=None,
        goal="at least 0.6",
        unit="of all the time",
        load=load,
    )
    parts = {
        "typst": spent["typst"],
        "signature": spent["signature"],
        "words and codes": spent["page"] - spent["typst"],
        "database and journal": whole - spent["page"] - spent["signature"],
    }
    done = sum(each.done for each in slices)
    for part, seconds in parts.items():
        yield Figure(
            name=f"receipt, {paper}: {part}",
            ours=round(1e3 * seconds / done, 2),
            theirs=round(1e3 * whole / done, 2),
            ratio=round(seconds / whole, 3),
            goal="",
            unit="milliseconds of a receipt",
            load=load,
        )


def _figure(name: str, slices: list[Slice], unit: str) -> Figure:
    (only,) = slices
    load = round(only.load, 2)
    return Figure(
        name=f"receipt: {name}",
        ours=round(only.rate, 1),
        theirs=None,
        ratio=None,
        goal="",
        unit=unit,
        load=load,
    )


def _given(desk: Desk, shell: Shell, acts: list[UUID]) -> int:
    """Give all that are owed, as the worker does."""
    given = desk.catch_up()
    assert given >= len(acts)
    return given


def _printed(desk: Desk, acts: list[UUID], paper: str) -> int:
    """Look each receipt up, print it and sign it."""
    for act in acts:
        desk.pdf(desk.issue(act), language="zh-Hant", paper=paper)
    return len(acts)


def _sold(conninfo: str, count: int) -> list[UUID]:
    """Sell renewals of a few cards, and return them."""
    shell = Shell(Door(terms_of(conninfo)), partial(connect, conninfo))
    now = shell.run(clock.now)
    shell.run(lambda conn: partitions.make(conn, partitions.month_of(now), 2))
    numbers = [NUMBER.format(n) for n in range(-(-count // RENEWALS))]
    _granted(shell, [_ask("fund", SELLER, amount_minor=FLOAT_MINOR)])
    kind = {"operator": OPERATOR, "plan": PLAN, "pin": PIN}
    _granted(shell, [_ask("stock", number, **kind) for number in numbers])
    sold = {"document": "bir", "term": "12 months", "paid": SELLER}
    _granted(shell, [_ask("activate", n, holder=f"h{n}", **sold) for n in numbers])
    acts: list[UUID] = []
    versions = dict.fromkeys(numbers, 2)
    for _ in range(RENEWALS):
        asks = [_ask("renew", n, versions[n], term="12 months", paid=SELLER) for n in numbers]
        for ask, answer in zip(asks, _granted(shell, asks), strict=True):
            versions[ask.subject] = answer.seq
        acts += [ask.id for ask in asks]
    shell.close()
    return acts[:count]


def _granted(shell: Shell, asks: list[Ask]) -> list[Answered]:
    answers = shell.answer(asks)
    refused = [answer for answer in answers if not isinstance(answer, Answered)]
    if refused:
        raise RuntimeError(f"the bench was refused: {refused[0]}")
    return [answer for answer in answers if isinstance(answer, Answered)]


def _ask(verb: str, subject: str, version: int | None = None, **payload: Any) -> Ask:
    id_ = new_id()
    return Ask(
        id=id_,
        verb=verb,
        subject=subject,
        key=str(id_),
        principal="bench",
        channel="operator" if verb in ("fund", "stock") else "counter",
        payload=payload,
        expect_version=version,
    )
