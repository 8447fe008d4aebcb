"""The operator's console over the same lines: its first page, and a page of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from baohao.app.console import lines, overview
from baohao.app.console.lines import Wanted
from baohao.wiring import installation
from bench.figures import Figure
from bench.machine import interleaved, median_load, median_rate
from bench.server import Server

OPERATOR = "demo"


def console(server: Server, database: str, *, rounds: int) -> Iterator[Figure]:
    """Yield what the console's pages take, in milliseconds, for one reader."""
    running = server.running
    url = f"postgresql:///{database}?host={running.socket_dir}&port={running.port}&user=baohao"
    house = installation(server.folder, {"BAOHAO_DATABASE_URL": url, "BAOHAO_DEMO": "1"})
    # Django is loaded by this suite alone.
    from baohao.web import start

    start.migrate(house)
    from django.test import Client

    from baohao.web.accounts.models import Account
    from baohao.web.accounts.roles import Role
    from baohao.web.desk import desk

    browser = Client(SERVER_NAME="localhost")
    account = Account.objects.staff("bench", OPERATOR, Role.FINANCE, "bench")
    browser.force_login(account, "allauth.account.auth_backends.AuthenticationBackend")
    operator, rules = house.library.operators[OPERATOR], house.library.policies
    made = partial(overview.make, rules=rules, operator=operator)
    soon = desk().now() + timedelta(days=40)
    middle = Wanted(operator=OPERATOR, kind="live", until=soon, after=(2048, ""))

    def opened() -> int:
        return int(browser.get("/operator/").status_code == 200)

    def figures() -> int:
        desk().shell.run(made)
        return 1

    def page() -> int:
        return int(bool(desk().read(partial(lines.page, wanted=middle)).rows))

    ways: dict[str, Callable[[], int]] = {
        "console: its first page, from prepared figures": opened,
        "console: a page of lines from the middle of a list": page,
        "console: making the figures anew": figures,
    }
    for work in reversed(ways.values()):
        work()
    for name, slices in interleaved(ways, rounds).items():
        yield Figure(
            name=name,
            ours=round(1e3 / median_rate(slices), 1),
            theirs=None,
            ratio=None,
            goal="" if "making" in name else "at most 1000",
            unit="milliseconds",
            load=round(median_load(slices, slices), 2),
        )
    desk().close()
