"""The embedded PostgreSQL: start, stop, status, backup and restore of one data folder."""

from __future__ import annotations

from baohao.store.embedded.dump import backup, restore
from baohao.store.embedded.server import DATABASE, ROLE, Embedded, Running

__all__ = ["DATABASE", "ROLE", "Embedded", "Running", "backup", "restore"]
