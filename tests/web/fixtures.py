"""
The pages for tests: Django on one installation, with a small shop in the same database.

    pages    the installation; Django is configured for it, once a session
    counter  a shop of the demo operator over its database
    browser  a test client, not signed in
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from tests.database import cloned, made_data_dir
from tests.shop import Shop

from baohao.config import settings
from baohao.store.embedded import Running
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

_numbers = itertools.count(100)
#: Shops of one database must not make the same ids, for an id is a key.
_ids = itertools.count(1_000, 1_000)


@pytest.fixture(scope="session")
def pages(server: Running, template: str) -> Iterator[Installation]:
    # Django is loaded by tests of pages alone.
    from baohao.web import start

    with ExitStack() as stack:
        conninfo = stack.enter_context(cloned(server, template))
        data = stack.enter_context(made_data_dir())
        data.mkdir()
        said = {"BAOHAO_DATABASE_URL": url(conninfo), "BAOHAO_DEMO": "1", "BAOHAO_TERMINALS": "1"}
        found = settings(said, data=data)
        house = Installation(settings=found)
        start.migrate(house)
        yield house
        from django.db import connections

        from baohao.web.desk import desk

        desk().close()
        connections.close_all()


@pytest.fixture
def counter(pages: Installation) -> Iterator[Shop]:
    shop = Shop(conninfo=pages.conninfo, _numbers=itertools.count(next(_ids)))
    shop.fund(10_000_000)
    yield shop
    shop.shell.close()


@pytest.fixture
def number() -> str:
    """A number that no other test has."""
    return f"+8536699{next(_numbers):04}"


@pytest.fixture
def browser(pages: Installation) -> Client:
    from django.core.cache import cache
    from django.test import Client

    # No test uses up what another may ask.
    cache.clear()
    return Client(SERVER_NAME="localhost")


def entered(browser: Client, holder: str) -> None:
    """Sign a holder in without a code: those that are sent to numbers are few in a minute."""
    from baohao.web.accounts.models import Account

    account = Account.objects.of_holder(holder)
    browser.force_login(account, "allauth.account.auth_backends.AuthenticationBackend")


def url(conninfo: str) -> str:
    """Conninfo as a setting has it."""
    from urllib.parse import quote

    from psycopg.conninfo import conninfo_to_dict

    named = {key: quote(str(value), safe="") for key, value in conninfo_to_dict(conninfo).items()}
    rest = "&".join(f"{k}={v}" for k, v in named.items() if k not in ("dbname", "user"))
    return f"postgresql://{named.get('user', '')}@/{named['dbname']}?{rest}"
