"""
The queue that wakes workers and runs schedules: procrastinate, in a schema of its own.

Nothing rests on it: what there is to do stands in our own tables, and a job only says "look there".
A job that is lost is made again, and one that is done twice finds nothing to do.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector, exceptions
from procrastinate.schema import SchemaManager
from procrastinate.tasks import ConfigureTaskOptions
from psycopg.conninfo import conninfo_to_dict, make_conninfo

log = logging.getLogger(__name__)

#: Nobody could be woken.
Silent = exceptions.ConnectorException
#: Where its tables, functions and triggers are; ours are in `public`.
SCHEMA = "procrastinate"


def app(conninfo: str) -> App:
    """Return the queue of a database, closed."""
    given = conninfo_to_dict(conninfo).get("options") or ""
    there = make_conninfo(conninfo, options=f"{given} -c search_path={SCHEMA}".strip())
    return App(connector=PsycopgConnector(conninfo=there, min_size=1, max_size=4))


def wake(queue: App, task: str, arguments: Mapping[str, str], *, in_s: int = 0) -> None:
    """
    Have an open queue's workers do a task, now or after some seconds.

    Of jobs with the same arguments one runs at a time and one more may wait: to wake who is awake
    changes nothing, and who is at work looks once more.
    """
    name = " ".join((task, *arguments.values()))
    how: ConfigureTaskOptions = {"lock": name, "queueing_lock": name}
    if in_s:
        how["schedule_in"] = {"seconds": in_s}
    try:
        queue.configure_task(task, **how).defer(**arguments)
    except exceptions.AlreadyEnqueued:
        log.debug("%s is awake already", task)


# --- its schema -----------------------------------------------------------------------------------


def migrate(conn: psycopg.Connection[Any]) -> None:
    """
    Bring its schema up to date; `conn` is in autocommit, and others may do the same at once.

    The name of the last change that it has stands in the schema's comment.
    """
    changes = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    while _version(conn) != changes[-1].name and _change(conn, changes):
        continue


def _change(conn: psycopg.Connection[Any], changes: Sequence[Path]) -> bool:
    """
    Make the schema, or change it once, and return whether there was something to change.

    A transaction each: a change may need that the one before was committed.
    """
    with conn.transaction():
        # Whoever comes second waits here, and finds it done.
        conn.execute("LOCK TABLE schema_versions IN EXCLUSIVE MODE")
        version = _version(conn)
        if version is None:
            conn.execute(f"CREATE SCHEMA {SCHEMA}")
            script, name = str(SchemaManager.get_schema()), changes[-1].name
        else:
            change = next((each for each in changes if each.name > version), None)
            if change is None:
                return False
            script, name = change.read_text(encoding="utf-8"), change.name
        conn.execute(f"SET LOCAL search_path = {SCHEMA}")
        conn.execute(script.encode())
        conn.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{name}'")
    return True


def _version(conn: psycopg.Connection[Any]) -> str | None:
    found = conn.execute(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s", [SCHEMA]
    ).fetchone()
    return None if found is None else str(found[0])
