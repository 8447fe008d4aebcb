"""Files with keys: written whole before they have their name, readable by their owner alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def read_or_make(file: Path, make: Callable[[], bytes]) -> bytes:
    """Return what a file has, which is made where there is none; of two makers one wins."""
    if not file.exists():
        with _written(file, make()) as made, suppress(FileExistsError):
            file.hardlink_to(made)
    return file.read_bytes()


def replace(file: Path, content: bytes) -> None:
    """Put another content in the place of a file's."""
    with _written(file, content) as made:
        made.replace(file)


@contextmanager
def _written(file: Path, content: bytes) -> Iterator[Path]:
    """Give a file beside `file` that is on the disk; mkstemp makes it 0600."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    made = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        yield made
    finally:
        made.unlink(missing_ok=True)
