"""The embedded PostgreSQL: start, stop, status, backup and restore of one data folder."""

from __future__ import annotations

from baohao.store.embedded.dump import backup, restore
from baohao.store.embedded.server import DATABASE, ROLE, Embedded, Running
from baohao.store.embedded.tuning import SMALL

__all__ = ["DATABASE", "ROLE", "SMALL", "Embedded", "Running", "backup", "restore"]
