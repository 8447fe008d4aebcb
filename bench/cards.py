"""Cards of other operators': what the page of fifty costs, by the page of one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import partial

from baohao.app.kept import adding
from baohao.app.kept.adding import ProductGone, Wanted
from baohao.core.asks import Ask
from baohao.core.kept import kept_key
from baohao.core.money import format_minor
from baohao.core.policy.model import Policy
from baohao.core.refusals import Refusal
from baohao.store import clock
from baohao.wiring import Installation, installation
from bench.figures import Figure
from bench.holding import ask_of, sent_by, signed_in, visited
from bench.machine import cpu, median_load, median_rate, median_ratio
from bench.server import Server

DATABASE = "cards"
#: Keepers, and how many cards each has.
KEEPERS = {"k-1": 1, "k-50": 50}
#: Days ago that the last thing was done with each, in turns.
AGO = (0, 10, 25)
ADDRESS = "/my/cards/"
#: Pages a slice.
PAGES = 20


def keeping(server: Server, *, rounds: int) -> Iterator[Figure]:
    """Yield the statements and the CPU of the list of fifty cards, by those of the list of one."""
    server.make(DATABASE)
    running = server.running
    url = f"postgresql:///{DATABASE}?host={running.socket_dir}&port={running.port}&user=baohao"
    house = installation(server.folder, {"BAOHAO_DATABASE_URL": url, "BAOHAO_DEMO": "1"})
    from baohao.web import start

    start.migrate(house)
    for keeper, count in KEEPERS.items():
        _keep(house, keeper, count)
    one, many = (signed_in(keeper) for keeper in KEEPERS)
    ours, theirs = (partial(visited, each, ADDRESS, PAGES) for each in (many, one))
    cpu(ours), cpu(theirs)
    # Once a connection is there.
    sent_one, sent_many = (len(sent_by(each, ADDRESS).statements) for each in (one, many))
    pairs = [(cpu(ours), cpu(theirs)) for _ in range(rounds)]
    mine, other = [a for a, _ in pairs], [b for _, b in pairs]
    load = round(median_load(mine, other), 2)
    yield Figure(
        name="cards: statements of the page of 50, by those of the page of 1",
        ours=sent_many,
        theirs=sent_one,
        ratio=round(sent_many / sent_one, 2),
        goal=f"at most {(sent_one + 1) / sent_one:.2f}",
        unit="statements",
        load=load,
    )
    yield Figure(
        name="cards: the page of 50, by the page of 1",
        ours=round(1e3 / median_rate(mine), 2),
        theirs=round(1e3 / median_rate(other), 2),
        # Of costs, not of rates.
        ratio=round(median_ratio(other, mine), 2),
        goal="",
        unit="milliseconds of CPU a page",
        load=load,
    )
    from baohao.web.desk import desk

    desk().close()


def _keep(house: Installation, keeper: str, count: int) -> None:
    """Keep cards of the library's products, one after another."""
    with house.shell() as shell:
        now, rules = shell.run(clock.now), house.library.policies
        known = itertools.cycle(adding.products(rules, now.date()))
        asks: list[Ask] = []
        while len(asks) < count:
            n = len(asks)
            wanted = _wanted(next(known), now.date() - timedelta(days=AGO[n % len(AGO)]))
            try:
                said: Mapping[str, object] = adding.asked(rules, wanted, keeper, now)
            except ProductGone:
                continue
            asks.append(ask_of("keep", kept_key(f"+8526{n:07}", keeper), dict(said)))
        for answer in shell.answer(asks):
            if isinstance(answer, Refusal):
                raise answer


def _wanted(policy: Policy, on: date) -> Wanted:
    plenty = format_minor(1_000 * 10**policy.exponent, policy.currency)
    credit = plenty if policy.charges else ""
    return Wanted(product=policy.name, act="activate", on=on, balance=credit)
