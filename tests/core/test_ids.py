"""Ids that follow from an ask's: the same again, in its place in time, and nobody else's."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from baohao.core.ids import following

#: Room is left to count up from each.
IDS = st.integers(0, 2**62 - 2**20).map(lambda low: UUID(int=0x01A203D3_759B_7C48_8000 << 48 | low))


@given(IDS)
def test_the_first_is_the_asks_own_and_all_keep_its_time(parent: UUID) -> None:
    assert following(parent, 0) == parent
    kept = {following(parent, n).int >> 62 for n in range(50)}
    assert kept == {parent.int >> 62}


@given(IDS, st.integers(1, 1000))
def test_ids_that_were_counted_up_share_no_followers(parent: UUID, further: int) -> None:
    """A client may count; its asks' entries and effects must not meet."""
    other = UUID(int=parent.int + further)
    mine = {following(parent, n) for n in range(64)}
    theirs = {following(other, n) for n in range(64)}
    assert len(mine) == len(theirs) == 64
    assert not mine & theirs
