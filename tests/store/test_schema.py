"""The schema is what the golden file says, and its keys are what a cluster needs."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

import psycopg

from baohao.store import sql
from baohao.store.migrate import SCHEMA

GOLDEN = Path(__file__).parent / "golden_schema.txt"
#: The same in every bucket, and so without one.
REFERENCE = {"house", "ladders", "schema_versions"}

COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
         || CASE WHEN l.collname = 'C' THEN ' COLLATE "C"' ELSE '' END
         || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
         || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY c.relname, a.attnum
"""
CONSTRAINTS = """
SELECT c.relname, o.conname, pg_get_constraintdef(o.oid)
FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND o.contype <> 'n'
ORDER BY c.relname, o.contype, o.conname
"""
INDEXES = """
SELECT c.relname, i.relname, pg_get_indexdef(x.indexrelid)
FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
ORDER BY c.relname, i.relname
"""
FUNCTIONS = """
SELECT proname, pg_get_function_result(oid), pg_get_functiondef(oid) FROM pg_proc
WHERE pronamespace = 'public'::regnamespace ORDER BY proname
"""
OPTIONS = """
SELECT relname, relkind::text, array_to_string(reloptions, ' ') FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND reloptions IS NOT NULL AND NOT relispartition
ORDER BY relname
"""


def described(conn: psycopg.Connection[Any]) -> str:
    """The whole schema as text, in an order of its own."""
    lines = []
    for title, query in (
        *(("columns", COLUMNS), ("constraints", CONSTRAINTS), ("indexes", INDEXES)),
        *(("functions", FUNCTIONS), ("options", OPTIONS)),
    ):
        lines.append(f"--- {title}")
        lines += [" | ".join(map(str, row)) for row in conn.execute(query.encode())]
    return "\n".join(lines) + "\n"


def test_the_schema_is_the_golden_one(conn: psycopg.Connection[Any], tmp_path: Path) -> None:
    found, golden = described(conn), GOLDEN.read_text(encoding="utf-8")
    there = tmp_path / GOLDEN.name
    there.write_text(found, encoding="utf-8")
    changes = "\n".join(difflib.unified_diff(golden.splitlines(), found.splitlines(), lineterm=""))
    assert not changes, f"if this is meant, copy {there} to {GOLDEN}:\n{changes}"


def keys(conn: psycopg.Connection[Any]) -> list[tuple[str, str, list[str]]]:
    """Every primary, unique and foreign key of our tables, with its columns."""
    return conn.execute(
        """
        SELECT c.relname, i.relname, array_agg(a.attname::text ORDER BY k.n)
        FROM pg_index x
        JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
        CROSS JOIN unnest(x.indkey::int[]) WITH ORDINALITY AS k (attnum, n)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
        WHERE x.indisunique AND c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        GROUP BY 1, 2
        UNION ALL
        SELECT c.relname, o.conname, array_agg(a.attname::text ORDER BY k.n)
        FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
        CROSS JOIN unnest(o.conkey::int[]) WITH ORDINALITY AS k (attnum, n)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
        WHERE o.contype = 'f' AND c.relnamespace = 'public'::regnamespace
        GROUP BY 1, 2
        """
    ).fetchall()


def test_every_key_begins_with_the_bucket(conn: psycopg.Connection[Any]) -> None:
    found = keys(conn)
    assert len(found) > 20
    wrong = [
        (table, key)
        for table, key, columns in found
        if table not in REFERENCE and columns[0] != "bucket"
    ]
    assert wrong == []


def test_every_table_has_a_key_and_checks_its_bucket(conn: psycopg.Connection[Any]) -> None:
    rows = conn.execute(
        """
        SELECT c.relname, bool_or(o.contype = 'p'),
               bool_or(o.contype = 'c' AND pg_get_constraintdef(o.oid) LIKE '%%bucket%%')
        FROM pg_class c LEFT JOIN pg_constraint o ON o.conrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        GROUP BY 1
        """
    ).fetchall()
    assert len(rows) > 20
    assert [table for table, has_key, _ in rows if not has_key] == []
    assert [table for table, _, checks in rows if not checks and table not in REFERENCE] == []


def test_what_a_cluster_cannot_do_is_not_used(conn: psycopg.Connection[Any]) -> None:
    for what in (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT relname FROM pg_class WHERE relkind = 'S'",
        "SELECT conname FROM pg_constraint WHERE contype = 'x' OR condeferrable",
        "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'",
    ):
        assert conn.execute(what.encode()).fetchall() == [], what
    words = re.compile(
        r"\b(merge\s+into|listen|notify|pg_\w*advisory\w*|nextval|serial|temp(orary)?\s+table"
        r"|lock\s+table|create\s+trigger|deferrable)\b",
        re.IGNORECASE,
    )
    texts = [sql.STATEMENTS[name].decode() for name in sql.STATEMENTS]
    texts += [path.read_text(encoding="utf-8") for path in SCHEMA.glob("*.sql")]
    code = [re.sub(r"--.*", "", text) for text in texts]
    assert [found[0] for text in code for found in words.finditer(text)] == []
