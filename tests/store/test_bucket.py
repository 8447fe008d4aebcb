"""A bucket is the same in Python and in SQL, and the spread is even."""

from __future__ import annotations

from collections import Counter
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.errors import CheckViolation

from baohao.core.bucket import BUCKETS, bucket_of


def test_the_twin_in_sql_agrees_on_many_subjects(conn: psycopg.Connection[Any]) -> None:
    subjects = [f"+853{60_000_000 + 7 * n}" for n in range(20_000)]
    subjects += [f"float:agent-{n}:MOP" for n in range(5_000)]
    subjects += [f"agent-{n}" for n in range(5_000)]
    subjects += ["", ":", "::", "a:b", "a::b", "till:澳門-1:MOP", "保號", "\U0001f600"]
    rows = conn.execute("SELECT baohao_bucket(s) FROM unnest(%s::text[]) AS t (s)", [subjects])
    assert [bucket for (bucket,) in rows] == [bucket_of(subject) for subject in subjects]


@given(st.text())
def test_a_bucket_is_one_of_4096(subject: str) -> None:
    assert 0 <= bucket_of(subject.encode(errors="replace").decode()) < BUCKETS


def test_what_an_owner_has_lies_together() -> None:
    assert bucket_of("float:agent-7:MOP") == bucket_of("float:agent-7:HKD") == bucket_of("agent-7")


def test_buckets_are_filled_evenly() -> None:
    filled = Counter(bucket_of(f"+853{60_000_000 + n}") for n in range(409_600))
    assert len(filled) == BUCKETS
    # A hundred each, give or take ten: six deviations hold for all 4096.
    assert min(filled.values()) > 40
    assert max(filled.values()) < 160


def test_a_row_in_another_bucket_is_refused(conn: psycopg.Connection[Any]) -> None:
    wrong = (bucket_of("+85366123456") + 1) % BUCKETS
    with pytest.raises(CheckViolation):
        conn.execute("INSERT INTO due VALUES (%s, '+85366123456', now())", [wrong])
