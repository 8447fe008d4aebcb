"""
The holder's app: what its pages cost, by a plain view that makes the same queries.

The rival is a view of the same Django, behind the same middleware: it sends the statements that the
page sent, all on one connection, reads their rows, and renders the page's template with the page's
own context, made once. So the difference is what the rules, the doors and the desk cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import tuple_row

from baohao.core.asks import Ask
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.wiring import Installation, installation
from bench.figures import Figure
from bench.machine import cpu, median_load, median_rate, median_ratio
from bench.models import FLOAT_MINOR, PIN, PLAN, SELLER
from bench.server import Server

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.test import Client

DATABASE = "holding"
#: A person's, and as many as an organisation has.
HOLDERS = {"h-3": 3, "h-20": 20}
#: Pages a slice.
PAGES = 30


@dataclass(slots=True)
class Recorded:
    """What a page sent and rendered."""

    statements: list[tuple[Any, Any]]
    template: str = ""
    context: dict[str, Any] | None = None


def holding(server: Server, *, rounds: int) -> Iterator[Figure]:
    """Yield the CPU of pages of the holder's app, by that of a plain view of the same."""
    server.make(DATABASE)
    running = server.running
    url = f"postgresql:///{DATABASE}?host={running.socket_dir}&port={running.port}&user=baohao"
    house = installation(server.folder, {"BAOHAO_DATABASE_URL": url, "BAOHAO_DEMO": "1"})
    from baohao.web import start

    start.migrate(house)
    numbers = {holder: _opened(house, holder, count) for holder, count in HOLDERS.items()}
    recorded: dict[str, Recorded] = {}
    _serve_plainly(recorded)
    for holder, mine in numbers.items():
        browser = signed_in(holder, mine[0])
        pages = {"its numbers": "/my/"}
        if holder == next(iter(HOLDERS)):
            one = f"/my/{mine[0].removeprefix('+')}/"
            pages |= {"one number": one, "terms": f"{one}renew/"}
        for name, address in pages.items():
            recorded["page"] = sent_by(browser, address)
            _alike(browser.get(address).content, browser.get("/plain/").content)
            ours, theirs = partial(visited, browser, address), partial(visited, browser, "/plain/")
            yield _figure(f"holder: {name}, {len(mine)} lines", ours, theirs, rounds)
    from baohao.web.desk import desk

    desk().close()


def _opened(house: Installation, holder: str, count: int) -> list[str]:
    """Put lines in stock and activate them for a holder; return their numbers."""
    begin = 6_610_0000 + sum(HOLDERS.values()) * list(HOLDERS).index(holder)
    numbers = [f"+853{begin + n}" for n in range(count)]
    asked = {"holder": holder, "holder_kind": "organisation", "document": "bir", "paid": SELLER}
    asks = [ask_of("fund", SELLER, {"amount_minor": FLOAT_MINOR})]
    for number in numbers:
        asks.append(ask_of("stock", number, {"operator": "demo", "plan": PLAN, "pin": PIN}))
        asks.append(ask_of("activate", number, {"term": "12 months", **asked}))
    with house.shell() as shell:
        for answer in shell.answer(asks):
            if isinstance(answer, Refusal):
                raise answer
    return numbers


def ask_of(verb: str, subject: str, said: dict[str, Any]) -> Ask:
    """Return an ask of the bench's own."""
    id_ = new_id()
    return Ask(
        id=id_,
        verb=verb,
        subject=subject,
        key=str(id_),
        principal="bench",
        channel="operator",
        payload=said,
    )


def signed_in(holder: str, number: str = "") -> Client:
    """Return the browser of a holder, who came in by a number of theirs if there is one."""
    from django.test import Client

    from baohao.web.accounts.models import Account
    from baohao.web.accounts.signing_in import TENURE

    browser = Client(SERVER_NAME="localhost")
    account = Account.objects.of_holder(holder)
    browser.force_login(account, "allauth.account.auth_backends.AuthenticationBackend")
    if number:
        session = browser.session
        session[TENURE] = (number, 1)
        session.save()
    return browser


# --- the rival ------------------------------------------------------------------------------------


def sent_by(browser: Client, address: str) -> Recorded:
    """Open a page, and note what it sent on our own connections, and what it rendered."""
    from django.db import connection
    from django.template import engines
    from django.test.utils import setup_test_environment, teardown_test_environment

    found = Recorded([])
    execute = psycopg.Cursor.execute

    def noted(self: Any, query: Any, parameters: Any = None, **more: Any) -> Any:
        if query and self.connection is not connection.connection:
            found.statements.append((query, parameters))
        return execute(self, query, parameters, **more)

    setup_test_environment()
    psycopg.Cursor.execute = noted  # type: ignore[method-assign,assignment]
    try:
        answer: Any = browser.get(address)
    finally:
        psycopg.Cursor.execute = execute  # type: ignore[method-assign]
        teardown_test_environment()
    # What every page is given it is given again.
    given = {"True", "False", "None"}
    django: Any = engines["django"]
    for processor in django.engine.template_context_processors:
        given |= set(processor(answer.wsgi_request))
    told = answer.context[0].flatten()
    found.template = answer.templates[0].name
    found.context = {name: value for name, value in told.items() if name not in given}
    # The middleware asks whose the session is on both sides, and first.
    del found.statements[0]
    return found


def _alike(page: bytes, plain: bytes) -> None:
    """Make sure that both are the same page, but for the address and the tokens in it."""
    if abs(len(page) - len(plain)) > 100:
        raise RuntimeError(f"{len(page)} bytes and {len(plain)}: it is another page")


def _serve_plainly(recorded: dict[str, Recorded]) -> None:
    """Serve what was recorded at an address of its own."""
    from django.contrib.auth.decorators import login_required
    from django.shortcuts import render
    from django.urls import path

    from baohao.web import urls
    from baohao.web.desk import desk

    def send(conn: psycopg.Connection[Any]) -> None:
        with conn.cursor(row_factory=tuple_row) as cursor:
            for query, parameters in recorded["page"].statements:
                cursor.execute(query, parameters).fetchall()

    @login_required
    def plain(request: HttpRequest) -> HttpResponse:
        desk().read(send)
        return render(request, recorded["page"].template, recorded["page"].context)

    urls.urlpatterns.append(path("plain/", plain))


# --- measuring ------------------------------------------------------------------------------------


def visited(browser: Client, address: str, times: int = PAGES) -> int:
    """Open a page some times."""
    for _ in range(times):
        answer = browser.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
    return times


def _figure(name: str, ours: Callable[[], int], theirs: Callable[[], int], rounds: int) -> Figure:
    """Measure both in turns, by the CPU time of this process: the database is the same."""
    cpu(ours), cpu(theirs)
    pairs = [(cpu(ours), cpu(theirs)) for _ in range(rounds)]
    mine, other = [a for a, _ in pairs], [b for _, b in pairs]
    return Figure(
        name=name,
        ours=round(1e3 / median_rate(mine), 2),
        theirs=round(1e3 / median_rate(other), 2),
        # Of costs, not of rates.
        ratio=round(median_ratio(other, mine), 2),
        goal="at most 1.5",
        unit="milliseconds of CPU a page",
        load=round(median_load(mine, other), 2),
    )
