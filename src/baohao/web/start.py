"""
Django for one installation: its settings are made from it, and its own tables are brought up to
date.

Django keeps accounts and sessions alone, in a schema of their own of the same database; lines,
money and journal are asked of `app`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django
import psycopg
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from psycopg.conninfo import conninfo_to_dict

from baohao.web import desk, logs
from baohao.web.settings import SCHEMA, values
from baohao.wiring import Installation


def configure(house: Installation, hosts: Sequence[str] = ()) -> None:
    """
    Make Django ready for an installation; of one process there is one.

    `hosts` are names and addresses that people type, beside those of the settings.
    """
    if not settings.configured:
        settings.configure(**values(house, _database(house), hosts))
        django.setup()
        logs.keep_keys_out()
    desk.use(house)


def migrate(house: Installation, hosts: Sequence[str] = ()) -> None:
    """Bring Django's own tables up to date; any number of processes may."""
    configure(house, hosts)
    with psycopg.connect(house.conninfo, autocommit=True) as conn:
        conn.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    call_command("migrate", verbosity=0, interactive=False)


def application(house: Installation, hosts: Sequence[str] = ()) -> WSGIHandler:
    """Return the WSGI application of an installation."""
    migrate(house, hosts)
    return WSGIHandler()


def _database(house: Installation) -> dict[str, Any]:
    """Return Django's way to the database of an installation."""
    named = {key: str(value) for key, value in conninfo_to_dict(house.conninfo).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": named.pop("dbname", ""),
        "USER": named.pop("user", ""),
        "PASSWORD": named.pop("password", ""),
        "HOST": named.pop("host", ""),
        "PORT": named.pop("port", ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**named, "options": f"-c search_path={SCHEMA}"},
    }
