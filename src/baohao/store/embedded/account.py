"""
Who runs the server: we ourselves, or, for root, an unprivileged account.

PostgreSQL refuses to run as root. No account is created: a system account that is already there
runs it, and only the folders made for it belong to it. No folder above the data folder is changed.
"""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baohao.store.embedded.refusals import FolderOfAnother, FolderOutOfReach, NoAccount

#: In order of preference: `postgres` comes with a PostgreSQL package, `nobody` is everywhere.
UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """The account that owns the cluster and runs the server."""

    name: str
    uid: int
    gid: int

    @property
    def is_us(self) -> bool:
        return self.uid == os.geteuid()

    def popen(self) -> dict[str, Any]:
        """Return the arguments that make `subprocess` run a program as this account."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        # "/" is a folder that every account may enter; messages in English, for our log.
        common: dict[str, Any] = {"cwd": "/", "env": {**clean, "LC_ALL": "C"}, "umask": 0o077}
        if self.is_us:
            return common
        return {**common, "user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, folder: Path) -> None:
        """
        Make `folder`, if need be, closed to all others and belonging to this account.

        Raises `FolderOfAnother` when something else has that name: in a shared place such as /tmp
        it may be a trap, so nothing that was there before and is not ours is touched.
        """
        folder.mkdir(mode=0o700, exist_ok=True)
        kept = folder.lstat()
        if not stat.S_ISDIR(kept.st_mode) or kept.st_uid not in (self.uid, os.geteuid()):
            raise FolderOfAnother(folder=str(folder), owner=_name(kept.st_uid))
        folder.chmod(0o700)
        if not self.is_us:
            os.chown(folder, self.uid, self.gid)

    def check_reaches(self, folder: Path) -> None:
        """
        Raise `FolderOutOfReach` when this account may not enter `folder`, naming the closed part.

        Parts that are not there yet are passed over.
        """
        if self.is_us:
            return
        parts = [str(part) for part in reversed([folder, *folder.parents]) if part.is_dir()]
        # Asked of the kernel as that account: mode bits alone know nothing of ACLs and mounts.
        asks = 'for part; do cd -- "$part" || { printf %s "$part"; exit 1; }; done'
        command: Sequence[str] = ("/bin/sh", "-c", asks, "sh", *parts)
        done = subprocess.run(command, check=False, capture_output=True, **self.popen())
        if done.returncode:
            closed = os.fsdecode(done.stdout)
            raise FolderOutOfReach(folder=str(folder), account=self.name, closed=closed)


def account() -> Account:
    """Return who runs the server for us. Raises `NoAccount` when root has nobody to run it."""
    if os.geteuid() != 0:
        me = os.geteuid()
        return Account(name=_name(me), uid=me, gid=os.getegid())
    for name in UNPRIVILEGED:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=found.pw_uid, gid=found.pw_gid)
    raise NoAccount(accounts=", ".join(UNPRIVILEGED))


def _name(uid: int) -> str:
    """Return the account's name, or its number: containers run as numbers that have no name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def owner(folder: Path) -> str:
    return _name(folder.stat().st_uid)
