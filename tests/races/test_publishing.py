"""Two texts that clash, approved at once by two persons: one of them is in force, never both."""

from __future__ import annotations

from functools import partial
from uuid import UUID

import pytest
from tests.races.racing import at_once, unlock
from tests.shop import KEEP12, Shop

from baohao.app import publishing
from baohao.app.library import read_library
from baohao.app.shell import Shell
from baohao.config import policies_path
from baohao.core.refusals import Refusal

#: A twin that has not gone wrong after so many rounds never will.
ROUNDS = 10


def proposed(shop: Shop, round_: int) -> list[UUID]:
    """Two versions that begin on one day."""
    text = read_library(policies_path()).texts[KEEP12]
    later = text.replace("2025-01-01", f"{2040 + round_}-03-01", 1)
    ids = []
    for place in range(2):
        body = later.replace('"2026-01"', f'"{round_}-{place}"', 1)
        id_ = shop.new_id()
        write = partial(publishing.write, operator="demo", id_=id_, folder="policies", body=body)
        shop.shell.run(partial(write, by="writer"))
        propose = partial(publishing.propose, folder=policies_path(), operator="demo", id_=id_)
        shop.shell.run(propose)
        ids.append(id_)
    return ids


def published(shop: Shop, ids: list[UUID]) -> int:
    """Approve both at once; return how many are in force."""

    def approve(shell: Shell, place: int) -> int:
        work = partial(publishing.publish, folder=policies_path(), operator="demo")
        try:
            shell.run(partial(work, id_=ids[place], by="approver"))
        except Refusal:
            return 0
        return 1

    return sum(at_once(shop, approve, doors=2))


def test_of_two_that_clash_one_is_published(shop: Shop) -> None:
    for round_ in range(2):
        assert published(shop, proposed(shop, round_)) == 1
    shop.shell.run(partial(publishing.in_force, folder=policies_path())).accepted()


def test_without_the_lock_both_are(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    unlock(monkeypatch, "lock_publications", " FOR UPDATE")
    for round_ in range(ROUNDS):
        if published(shop, proposed(shop, round_)) == 2:
            break
    else:
        pytest.fail("the lock is not what keeps them apart")
    with pytest.raises(Refusal, match="in force at once"):
        shop.shell.run(partial(publishing.in_force, folder=policies_path())).accepted()
