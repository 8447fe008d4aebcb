"""Publications: the texts of product managers, as drafts, as proposals and in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from baohao.core.bucket import bucket_of
from baohao.store.sql import Connection, Row, rows, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One text, and how it came to be in force."""

    operator: str
    id: UUID
    #: "policies", "promotions" or "fees".
    folder: str
    name: str
    body: str
    #: "draft", "proposed", "published", "withdrawn" or "dropped".
    state: str
    made_by: str
    made_at: datetime
    approved_by: str = ""
    approved_at: datetime | None = None
    ended_by: str = ""
    ended_at: datetime | None = None
    why: str = ""


def insert(conn: Connection, new: Publication) -> None:
    """Write a new draft; the same id again changes nothing."""
    place = (bucket_of(new.operator), new.operator, new.id, new.folder)
    run(conn, "insert_publication", *place, new.name, new.body, new.made_by, new.made_at)


def rewrite(conn: Connection, changed: Publication) -> bool:
    """Give a draft another text; false where it is no draft any more."""
    said = (changed.name, changed.body, changed.made_by, changed.made_at)
    place = (bucket_of(changed.operator), changed.operator, changed.id)
    return run(conn, "rewrite_publication", *said, *place) == 1


def move(conn: Connection, moved: Publication, was: str) -> bool:
    """Write the state of a document; false where it was not in the state `was`."""
    said = (moved.state, moved.approved_by, moved.approved_at)
    ended = (moved.ended_by, moved.ended_at, moved.why)
    place = (bucket_of(moved.operator), moved.operator, moved.id, was)
    return run(conn, "move_publication", *said, *ended, moved.state, *place) == 1


def find(conn: Connection, operator: str, id_: UUID) -> Publication | None:
    """Return one of an operator's; `None`: it has none by that id."""
    found = rows(conn, "read_publication", bucket_of(operator), operator, id_)
    return next(map(_publication, found), None)


def of_operator(conn: Connection, operator: str) -> Sequence[Publication]:
    """Return an operator's that were not dropped, the latest first."""
    return tuple(map(_publication, rows(conn, "list_publications", bucket_of(operator), operator)))


def published(conn: Connection) -> Sequence[Publication]:
    """Return what is in force beside the files, in the order in which it was published."""
    return tuple(map(_publication, rows(conn, "read_published")))


def lock(conn: Connection) -> None:
    """Have publications come one after the other, until the transaction ends."""
    rows(conn, "lock_publications")


def revision(conn: Connection) -> int:
    """Return how often something was published or withdrawn."""
    [(found,)] = rows(conn, "read_revision_of_library")
    return int(found)


def _publication(row: Row) -> Publication:
    operator, id_, folder, name, body, state, made_by, made_at, *rest = row
    approved_by, approved_at, ended_by, ended_at, why = rest
    return Publication(
        operator=operator,
        id=id_,
        folder=folder,
        name=name,
        body=body,
        state=state,
        made_by=made_by,
        made_at=made_at,
        approved_by=approved_by,
        approved_at=approved_at,
        ended_by=ended_by,
        ended_at=ended_at,
        why=why,
    )
