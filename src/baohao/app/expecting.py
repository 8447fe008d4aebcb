"""
What an asker was shown: the line's version, read for those who do not say it.

An ask that is sent again must be the same ask. One without an expectation was sent with the version
of then, so what has a key that was used is asked with that version, and the door gives the first
answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from baohao.app.soundness import body_of
from baohao.core.asks import Ask
from baohao.core.bucket import bucket_of
from baohao.core.refusals import Refusal
from baohao.store import keys, reports
from baohao.store.keys import Place, Used
from baohao.store.sql import Connection, trip

#: What falls due before an act is counted before it: more events than this come with no one act.
EVENTS_MAX = 64


def expecting(conn: Connection, asks: Sequence[Ask]) -> list[Ask]:
    """Return asks, each with the deadline or the version that it expects."""
    silent = [ask for ask in asks if _is_silent(ask) and _is_sound(ask)]
    if not silent:
        return list(asks)
    # Versions first: what another asks meanwhile under the same key is found with its own then.
    versions = reports.versions(conn, [ask.subject for ask in silent])
    used = _used(conn, silent)
    return [_with(ask, used, versions) if _is_silent(ask) else ask for ask in asks]


def _is_silent(ask: Ask) -> bool:
    return ask.expect_until is None and ask.expect_version is None


def _is_sound(ask: Ask) -> bool:
    """Whether the database can be asked about it; the door says why not."""
    try:
        body_of(ask)
    except Refusal:
        return False
    return True


def _with(ask: Ask, used: Mapping[Place, Used], versions: Mapping[str, tuple[int, str]]) -> Ask:
    before = used.get((bucket_of(ask.subject), ask.principal, ask.key))
    if before is not None:
        for version in range(before.seq - 1, max(-1, before.seq - 1 - EVENTS_MAX), -1):
            same = replace(ask, expect_version=version)
            if body_of(same) == before.body:
                return same
    version, _ = versions.get(ask.subject, (0, ""))
    return replace(ask, expect_version=version)


def _used(conn: Connection, asks: Sequence[Ask]) -> Mapping[Place, Used]:
    places = [(bucket_of(ask.subject), ask.principal, ask.key) for ask in asks]
    (cursor,) = trip(conn, [keys.find(places)])
    return keys.read(cursor)
