"""The spike's statements: what the door sends, each with the columns of the rows it is given."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """One set-based statement; `{src}` stands for its rows."""

    sql: str
    #: "name type, name type": what a row holds.
    columns: str

    @property
    def names(self) -> list[str]:
        return [column.split()[0] for column in self.columns.split(", ")]

    @property
    def kinds(self) -> list[str]:
        return [column.split()[1] for column in self.columns.split(", ")]


USED_KEYS = Statement(
    "select answer from {src} join keys using (bucket, principal, key)",
    "bucket smallint, principal text, key text",
)
USED_KEYS_BY_UUID = Statement("select answer from {src} join keys_by_uuid using (key)", "key uuid")
LOCK_LINES = Statement(
    "select bucket, number, version, safe_until, seq, head, state"
    " from {src} join lines l using (bucket, number) order by 1, 2 for update of l",
    "bucket smallint, number text",
)
READ_FLOATS = Statement(
    "select account, balance_minor from {src} join accounts a using (bucket, account)"
    " order by bucket, account",
    "bucket smallint, account text",
)
LOCK_FLOATS = Statement(f"{READ_FLOATS.sql} for update of a", READ_FLOATS.columns)
CLOCK = "select clock_timestamp()"

MOVE_LINES = Statement(
    "update lines l set version = l.version + 1, safe_until = t.until, seq = t.seq, head = t.head,"
    " state = t.state from {src}"
    " where l.bucket = t.bucket and l.number = t.number and l.version = t.version",
    "bucket smallint, number text, version int, until date, seq int, head bytea, state jsonb",
)
MOVE_BOUNDS = Statement(
    "update bounds b set grace_at = t.at, lost_at = t.at + 90 from {src}"
    " where b.bucket = t.bucket and b.number = t.number",
    "bucket smallint, number text, at date",
)
MOVE_DUE = Statement(
    "update due d set at = t.at from {src}"
    " where d.bucket = t.bucket and d.number = t.number and d.kind = 1",
    "bucket smallint, number text, at date",
)
SPEND = Statement(
    "update accounts a set balance_minor = balance_minor - t.spent from {src}"
    " where a.bucket = t.bucket and a.account = t.account",
    "bucket smallint, account text, spent bigint",
)
ADD_BENEFITS = Statement(
    "insert into benefits select bucket, seq, number, starts, ends, true, entry from {src}",
    "bucket smallint, seq int, number text, starts date, ends date, entry uuid",
)
ADD_BENEFITS_BY_UUID = Statement(
    "insert into benefits_by_uuid select bucket, id, number, starts, ends, true, entry from {src}",
    "bucket smallint, id uuid, number text, starts date, ends date, entry uuid",
)
ADD_EVENTS = Statement(
    "insert into {table} select %s::timestamptz, bucket, subject, seq, kind, payload, hash"
    " from {src}",
    "bucket smallint, subject text, seq int, kind text, payload jsonb, hash bytea",
)
# unnest flattens arrays of arrays, so a column that is an array travels as its text
ADD_ENTRIES = Statement(
    "insert into entries select %s::timestamptz, bucket, id, accounts::text[], amounts::bigint[]"
    " from {src}",
    "bucket smallint, id uuid, accounts text, amounts text",
)
ADD_POSTINGS = Statement(
    "insert into postings select %s::timestamptz, bucket, entry, account, amount from {src}",
    "bucket smallint, entry uuid, account text, amount bigint",
)
ADD_KEYS = Statement(
    "insert into keys select bucket, principal, key, body, answer from {src}",
    "bucket smallint, principal text, key text, body bytea, answer jsonb",
)
ADD_KEYS_BY_UUID = Statement(
    "insert into keys_by_uuid select key, body, answer from {src}",
    "key uuid, body bytea, answer jsonb",
)
