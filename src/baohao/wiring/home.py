"""One household's installation: what it was told once, and the one file that it goes into."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from baohao.app import house as houses
from baohao.config import HOME_VARIABLE, PUSH_VARIABLE, mail_server, settings
from baohao.outside import home_file, parcel
from baohao.wiring import SECRET, Installation

__all__ = ["held", "home", "keep_said", "mail_server", "pack", "unpack"]

#: What a home is before anything is said: whoever lives there may be told by their phone.
AT_HOME = {HOME_VARIABLE: "1", PUSH_VARIABLE: "1"}
#: What a backup of a home has beside its database.
KEPT = (SECRET, home_file.NAME, "issuer.key", "issuer.pem")
DUMP = "database.dump"


def home(data: Path | None = None, environ: Mapping[str, str] = os.environ) -> Installation:
    """Return one household's installation, in a folder of its own; raises `BadSetting`."""
    folder = data or settings(environ).data / "home"
    # What the environment says now comes before what was said once.
    said = {**AT_HOME, **home_file.read(folder.expanduser()), **environ}
    return Installation(settings=settings(said, data=folder))


def keep_said(
    house: Installation, said: Mapping[str, str], environ: Mapping[str, str] = os.environ
) -> None:
    """
    Keep settings in the folder of a home, and go by them from now on.

    An empty one is forgotten. Raises `BadSetting`, and then nothing has changed.
    """
    folder = house.settings.data
    kept = {**home_file.read(folder), **said}
    house.settings = settings({**AT_HOME, **kept, **environ}, data=folder)
    home_file.write(folder, kept)
    # Read once, like all that is made from settings.
    house.__dict__.pop("mail", None)


@contextmanager
def held(house: Installation) -> Iterator[None]:
    """Hold a home against another process that serves or replaces it; raises `HomeRuns`."""
    house.embedded.make_folder()
    with home_file.held(house.settings.data):
        yield


def pack(house: Installation, file: Path, passphrase: str = "") -> None:
    """Put a home into one file: its database, its keys, and what it was told."""
    folder = house.settings.data
    with tempfile.TemporaryDirectory(dir=folder) as made:
        dump = Path(made) / DUMP
        house.backup(dump)
        kept = {name: folder / name for name in KEPT if (folder / name).is_file()}
        parcel.pack({DUMP: dump, **kept}, file, passphrase)


def unpack(house: Installation, file: Path, passphrase: str = "") -> None:
    """
    Replace a home by the one in a file, and open it; raises as `parcel.unpack` and `resume`.

    Nothing has changed where the file is unfit. The keys come last: until they are there the
    same file can be restored again.
    """
    folder = house.settings.data
    house.embedded.make_folder()
    with tempfile.TemporaryDirectory(dir=folder) as made:
        found = parcel.unpack(file, Path(made), frozenset({DUMP, *KEPT}), passphrase)
        if not {DUMP, SECRET} <= set(found):
            raise parcel.ParcelUnfit(file=str(file))
        house.restore(Path(made) / DUMP)
        for name in KEPT:
            (folder / name).unlink(missing_ok=True)
            if name in found:
                (Path(made) / name).rename(folder / name)
    house.migrate()
    with house.shell() as opened:
        opened.run(houses.reopen)
