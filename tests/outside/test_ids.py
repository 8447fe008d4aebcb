"""Ids made at the edge."""

from __future__ import annotations

import time
from uuid import RFC_4122

from baohao.outside.ids import new_id


def test_ids_are_of_version_seven_and_tell_their_time() -> None:
    before = time.time_ns() // 1_000_000
    made = [new_id() for _ in range(1000)]
    after = time.time_ns() // 1_000_000
    assert len(set(made)) == 1000
    assert {(each.version, each.variant) for each in made} == {(7, RFC_4122)}
    assert all(before <= each.int >> 80 <= after for each in made)
