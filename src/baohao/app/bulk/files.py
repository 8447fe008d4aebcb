"""
Files of up to a million rows: taken in as they come, worked through in parts, told row by row.

    Refusal
    └── FileRefusal
        ├── FileUnknown      the asker has no such file
        ├── FileKeyReused    its key was used for another one
        ├── FileNotChecked   nobody has looked at it yet, or it is under way already
        └── FileOver         there is nothing left to stop

A part is asked for through the door, and then its outcomes are kept. Killed between the two, it is
asked for again with the same keys and under the same ids, and its outcomes are the same: nothing
else keeps two workers from doing a row twice. See docs/decisions/0008.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from hashlib import blake2b
from io import StringIO
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from baohao.app.bulk import checking
from baohao.app.bulk.checking import Foreseen
from baohao.app.bulk.part import OUTCOME, REFUSED, Renewing, Usual, cells_in, keys_of, text_of
from baohao.app.bulk.rows import Format, Reader, Row, body_of, rows_in
from baohao.app.csv_files import append_rows
from baohao.app.shell import Shell
from baohao.app.soundness import KEY_MAX, AskMalformed
from baohao.core.asks import Terms
from baohao.core.civil import Span
from baohao.core.line.fold import Rules
from baohao.core.refusals import Refusal
from baohao.store import bulk
from baohao.store.bulk import File
from baohao.store.sql import Connection

__all__ = ["File", "Format", "Upload", "Usual"]

#: The lines of every operator; none is called so.
ANY = "*"
#: How many parts of a result are read at once.
PAGE = 10
#: Behind every file: ids of version 7 begin with their time.
LAST = UUID(int=2**128 - 1)
#: Of a UUIDv7, the bits that are neither time nor version nor variant.
_RANDOM_BITS = 2**62 - 1


class FileRefusal(Refusal):
    """The file cannot be worked with."""

    code = "bulk"


class FileUnknown(FileRefusal):
    """{principal} has sent no file {file}."""

    code = "bulk.unknown"


class FileKeyReused(FileRefusal):
    """The key was used before, for another file or other terms; give each file a key of its own."""

    code = "bulk.key_reused"


class FileNotChecked(FileRefusal):
    """The file {file} is {state}: it can be looked at again before it is confirmed, and not now."""

    code = "bulk.not_checked"


class FileOver(FileRefusal):
    """The file {file} is {state}: there is nothing left to stop."""

    code = "bulk.over"


# --- taking in ------------------------------------------------------------------------------------


def begin(conn: Connection, usual: Usual, *, id_: UUID, key: str, format_: Format) -> File:
    """Begin to take a file in; raises `AskMalformed` for a key that is none."""
    if not 0 < len(key) <= KEY_MAX or not key.isprintable():
        reason = f"it must be 1 to {KEY_MAX} printable characters"
        raise AskMalformed(part="key", reason=reason)
    file = File(
        id=id_,
        principal=usual.principal,
        key=key,
        channel=usual.channel,
        format=format_,
        usual={
            "term": str(usual.term or ""),
            "paid": usual.paid,
            "till": usual.till,
            "bound": "1" if usual.is_bound else "",
            "only": ANY if usual.only is None else " ".join(sorted(usual.only)),
            **({"checks": usual.checks} if usual.checks else {}),
        },
    )
    bulk.begin(conn, file)
    return file


def take(conn: Connection, file: File, part: int, rows: Sequence[Row]) -> None:
    """Take the rows of a part in; the same part again changes nothing."""
    bulk.take(conn, file, part, body_of(rows))


class Came(Protocol):
    """What has read a file to its end."""

    #: How many rows and whole parts it has.
    rows: int
    parts: int

    @property
    def digest(self) -> str:
        """What its content is known by."""


def seal(conn: Connection, file: File, reader: Came) -> File:
    """
    Let a file that is all there wait for a worker; return the one that its key stands for.

    Sent again under its key it is the earlier one. Raises `FileKeyReused`, and `FileUnknown` where
    it took more than a day to arrive.
    """
    earlier = bulk.keyed(conn, file.principal, file.key)
    if earlier is None or earlier.id == file.id:
        bulk.seal(conn, file, reader.digest, reader.rows, reader.parts)
        return progress(conn, file.principal, file.id)
    sent = (reader.digest, file.format, file.usual, file.channel)
    if sent != (earlier.digest, earlier.format, earlier.usual, earlier.channel):
        raise FileKeyReused()
    bulk.drop(conn, file)
    return earlier


class Upload:
    """
    A file on its way in: bytes in pieces of any size, and at the end the file.

    To be used by `with`: what does not come to its end is forgotten.
    """

    def __init__(
        self,
        shell: Shell,
        usual: Usual,
        *,
        id_: UUID,
        key: str,
        format_: Format,
        name: str = "the file",
    ) -> None:
        self._shell = shell
        self._reader = Reader(name, format_)
        self._taken = 0
        self._file = shell.run(partial(begin, usual=usual, id_=id_, key=key, format_=format_))

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes; raises `FileMalformed`."""
        self._take(self._reader.feed(chunk))

    def end(self) -> File:
        """Let the file be worked through; raises as `seal` does, and `FileMalformed`."""
        self._take(self._reader.end())
        return self._shell.run(partial(seal, file=self._file, reader=self._reader))

    def _take(self, parts: Sequence[Sequence[Row]]) -> None:
        for rows in parts:
            self._shell.run(partial(take, file=self._file, part=self._taken, rows=rows))
            self._taken += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None
    ) -> None:
        if kind is not None:
            self._shell.run(partial(bulk.drop, file=self._file))


# --- working through ------------------------------------------------------------------------------


def work(shell: Shell, principal: str, id_: UUID, rules: Rules) -> bool:
    """
    Do the next part of a file, and return whether there was one.

    Raises `OutcomeUnknown` and `HouseClosed`: the part is still to be done. Raises `FileUnknown`.
    """
    found = shell.run(partial(_next, principal=principal, id_=id_))
    if found is None:
        return False
    file, rows, foreseen = found
    if file.state == "checking":
        shell.run(partial(_look, terms=shell.terms, file=file, rows=rows))
        return True
    renewing = _renewing(file, rules)
    if file.is_checked_first:
        became = renewing.answer(shell, checking.as_shown(rows, foreseen))
        outcomes = checking.outcomes(foreseen, became)
    else:
        outcomes = renewing.answer(shell, rows)
    refused = sum(each.outcome == REFUSED for each in outcomes)
    counts = {"done": len(outcomes) - refused, "refused": refused}
    text = text_of(outcomes)
    shell.run(lambda conn: bulk.finish(conn, file, file.at, text, **counts))
    return True


def _next(
    conn: Connection, principal: str, id_: UUID
) -> tuple[File, list[Row], list[Foreseen]] | None:
    file = progress(conn, principal, id_)
    if not file.is_open:
        return None
    bulk.start(conn, file)
    body, foreseen = bulk.body(conn, file, file.at)
    return file, rows_in(body), list(checking.read(foreseen or ""))


def _look(conn: Connection, terms: Terms, file: File, rows: Sequence[Row]) -> None:
    """Keep what would become of the next part of a file."""
    foreseen, uses = checking.foresee(conn, terms, file, _renewing(file, terms.rules), rows)
    good = [each for each in foreseen if each.outcome == checking.WOULD]
    wrong = sum(each.outcome == REFUSED for each in foreseen)
    counts = (len(good), wrong, sum(each.total_minor for each in good))
    bulk.foresee(conn, file, checking.text_of(foreseen), counts, uses)


def _renewing(file: File, rules: Rules) -> Renewing:
    term = file.usual["term"]
    return Renewing(
        usual=Usual(
            term=Span.parse(term) if term else None,
            paid=file.usual["paid"],
            till=file.usual["till"],
            principal=file.principal,
            channel=file.channel,
            is_bound=bool(file.usual["bound"]),
            only=None if file.usual["only"] == ANY else frozenset(file.usual["only"].split()),
            checks=file.usual.get("checks", ""),
        ),
        rules=rules,
        keys=keys_of(file.digest),
        id_of=lambda row: ask_id(file.id, row.row),
    )


def ask_id(file: UUID, row: int) -> UUID:
    """
    Return the id of a row's ask: the same whenever it is asked for, and of the file's time.

    Not as `following` makes them: an ask's own followers must not meet those of another row.
    """
    chance = int.from_bytes(blake2b(file.bytes + row.to_bytes(8), digest_size=8).digest())
    return UUID(int=file.int & ~_RANDOM_BITS | chance & _RANDOM_BITS)


def fail(conn: Connection, principal: str, id_: UUID, reason: str) -> None:
    """Give a file up that a defect keeps from being worked through."""
    bulk.end(conn, progress(conn, principal, id_), "failed", reason)


def waiting(conn: Connection) -> tuple[tuple[str, UUID], ...]:
    """Return principal and id of each file with something left to do, the oldest first."""
    return bulk.open_files(conn)


def forget(conn: Connection) -> None:
    """Forget files that began to arrive a day ago and never did."""
    bulk.forget(conn)


# --- telling --------------------------------------------------------------------------------------


def progress(conn: Connection, principal: str, id_: UUID) -> File:
    """Return how a file is; raises `FileUnknown`."""
    found = bulk.find(conn, principal, id_)
    if found is None:
        raise FileUnknown(principal=principal, file=str(id_))
    return found


def listed(
    conn: Connection, principal: str, *, before: UUID = LAST, limit: int = 100
) -> tuple[File, ...]:
    """Return the files of a principal that are older than one, the newest first."""
    return bulk.listed(conn, principal, before, limit)


def stop(conn: Connection, principal: str, id_: UUID) -> File:
    """
    Stop a file after the part at hand, for good; what was renewed stays renewed.

    Raises `FileUnknown`, and `FileOver` where there is nothing left to do.
    """
    file = progress(conn, principal, id_)
    if not (file.is_open or file.state == "checked"):
        raise FileOver(file=str(id_), state=file.state)
    bulk.end(conn, file, "stopped")
    return progress(conn, principal, id_)


def foreseen(
    conn: Connection,
    principal: str,
    id_: UUID,
    part: int = 0,
    limit: int = 1,
    *,
    wrong: bool = False,
) -> tuple[tuple[int, list[Foreseen]], ...]:
    """
    Return what would become of the rows of parts from one on; with `wrong`, of those alone that
    have refused rows. Raises `FileUnknown`.
    """
    file = progress(conn, principal, id_)
    found = bulk.foreseen(conn, file, part, limit, wrong=wrong)
    return tuple((number, list(checking.read(text))) for number, text in found)


def sent_before(conn: Connection, file: File) -> File | None:
    """Return the last file of the same content that was worked on; its rows are done once only."""
    return bulk.sent_before(conn, file)


def confirm(conn: Connection, principal: str, id_: UUID) -> File:
    """
    Let what was shown of a file happen; one that is under way or done stays as it is.

    Raises `FileUnknown`, and `FileNotChecked` where nobody has been shown anything.
    """
    file = progress(conn, principal, id_)
    if not file.is_checked_first or file.state in ("checking", "stopped", "failed"):
        raise FileNotChecked(file=str(id_), state=file.state)
    bulk.confirm(conn, file)
    return progress(conn, principal, id_)


def check_again(conn: Connection, principal: str, id_: UUID) -> File:
    """
    Let a file be looked at once more: prices, lines and the float are as they are now.

    Raises `FileUnknown`, and `FileNotChecked` once it was confirmed.
    """
    file = progress(conn, principal, id_)
    if file.state not in ("checking", "checked"):
        raise FileNotChecked(file=str(id_), state=file.state)
    bulk.check(conn, file)
    return progress(conn, principal, id_)


def result(
    conn: Connection, principal: str, id_: UUID, after_part: int = -1
) -> tuple[tuple[int, str], ...]:
    """
    Return the next few parts that are done: number, and outcomes as NDJSON; none: no more so far.

    Raises `FileUnknown`.
    """
    return bulk.outcomes(conn, progress(conn, principal, id_), after_part, PAGE)


def written(shell: Shell, principal: str, id_: UUID, format_: Format) -> Iterator[str]:
    """Yield the result of a file as far as it is there, in pieces; raises `FileUnknown`."""
    shell.run(partial(progress, principal=principal, id_=id_))
    last = -1
    yield heading(format_)
    while parts := shell.run(partial(result, principal=principal, id_=id_, after_part=last)):
        last = parts[-1][0]
        yield told(parts, format_)


def heading(format_: Format) -> str:
    """Return what a result begins with."""
    return _table([OUTCOME]) if format_ is Format.CSV else ""


def told(parts: Iterable[tuple[int, str]], format_: Format) -> str:
    """Return parts of a result, as `result` gives them, in a format."""
    texts = (text for _, text in parts)
    if format_ is Format.NDJSON:
        return "".join(texts)
    return "".join(_table(cells_in(text)) for text in texts)


def _table(rows: Iterable[Sequence[object]]) -> str:
    out = StringIO()
    append_rows(out, rows)
    return out.getvalue()
