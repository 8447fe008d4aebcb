"""
Renewals by the file, at once: a row in, an outcome out, through the door in parts.

A row without a key has one that follows from the file's content and the row's place: the same
command, after a kill, goes on where it was and renews nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

from baohao.app.bulk.part import Outcome, Renewing, Usual, keys_of
from baohao.app.bulk.rows import Reader, format_of, parts_of
from baohao.app.shell import Shell
from baohao.core.line.fold import Rules


def renew(
    shell: Shell, rules: Rules, file: Path, usual: Usual, new_id: Callable[[], UUID]
) -> Iterator[Outcome]:
    """
    Renew the lines of a .csv or .ndjson file; yield what became of each row, in order.

    Raises `FileMalformed` before anything is renewed; `OutcomeUnknown` and `HouseClosed`.
    """
    whole = Reader(file.name, format_of(file))
    for _ in parts_of(whole, file):
        continue
    renewing = Renewing(
        usual=usual, rules=rules, keys=keys_of(whole.digest), id_of=lambda _: new_id()
    )
    for part in parts_of(Reader(file.name, format_of(file)), file):
        yield from renewing.answer(shell, part)
