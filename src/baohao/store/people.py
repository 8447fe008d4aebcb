"""People: who holders are, sealed under a key of each."""

from __future__ import annotations

from datetime import datetime

from baohao.core.bucket import bucket_of
from baohao.store.sql import Connection, rows, run


def holder_of(conn: Connection, digest: str) -> str | None:
    """Return whose a document is."""
    found = rows(conn, "find_holder_of_document", bucket_of(digest), digest)
    return next((holder for (holder,) in found), None)


def add_document(conn: Connection, digest: str, holder: str) -> bool:
    """Say whose a document is; return whether it was nobody's."""
    return run(conn, "insert_document", bucket_of(digest), digest, holder) == 1


def read(conn: Connection, holder: str) -> tuple[str, str] | None:
    """Return a person's sealed key and what it seals, locked."""
    found = rows(conn, "read_person", bucket_of(holder), holder)
    return next(((key, sealed) for key, sealed in found), None)


def look(conn: Connection, holder: str) -> tuple[str, str] | None:
    """Return what `read` does, without a lock."""
    found = rows(conn, "look_at_person", bucket_of(holder), holder)
    return next(((key, sealed) for key, sealed in found), None)


def put(conn: Connection, holder: str, key: str, sealed: str, at: datetime) -> None:
    """Keep who a holder is; the key of one who is known stays."""
    run(conn, "put_person", bucket_of(holder), holder, key, sealed, at)


def erase(conn: Connection, holder: str) -> bool:
    """Destroy the key of a person and forget the documents; return whether one was known."""
    for bucket, digest in rows(conn, "list_documents", holder):
        run(conn, "erase_document", bucket, digest)
    return run(conn, "erase_person", bucket_of(holder), holder) == 1
