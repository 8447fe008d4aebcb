"""
What a home was told once, in a file of its data folder: variables and values, one a line.

The file has passwords in it and is readable by its owner alone. A value is all that stands behind
the first "=": nothing is quoted, so nothing has a second line.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from baohao.core.refusals import Refusal

NAME = "home.env"
_HEAD = "# Kept by `baohao home`. Variables of the environment come before these.\n"


def read(folder: Path) -> dict[str, str]:
    """Return what was kept; of a folder without the file, nothing."""
    file = folder / NAME
    if not file.is_file():
        return {}
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def write(folder: Path, said: Mapping[str, str]) -> None:
    """Keep variables in place of what was kept, whole or not at all."""
    part = folder / f"{NAME}.part"
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    lines = [f"{name}={value}\n" for name, value in sorted(said.items()) if value]
    with part.open("w", encoding="utf-8") as out:
        out.writelines([_HEAD, *lines])
        out.flush()
        os.fsync(out.fileno())
    part.rename(folder / NAME)


class HomeRuns(Refusal):
    """A home is served from {folder} already: stop that one first."""

    code = "home.runs"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder of a home against a second process that serves or replaces it."""
    with (folder / "home.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise HomeRuns(folder=str(folder)) from None
        yield
