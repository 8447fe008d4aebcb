"""A holder is told once, however many workers find out at the same moment that it is time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.app.telling import Told
from tests.races.racing import altered, at_once, unlock
from tests.shop import Shop

from baohao.app.messages import remind
from baohao.outside.ids import new_id
from baohao.outside.pretend.post_office import PostOffice
from baohao.store import sql

NUMBER = "+85366150{:03}"
LINES = 12


@pytest.fixture
def told(shop: Shop) -> Iterator[Told]:
    """Lines whose reminders are due, and nothing else."""
    with PostOffice() as office:
        made = Told(shop=shop, office=office)
        for n in range(LINES):
            shop.open(NUMBER.format(n))
        made.hush()
        made.to(NUMBER.format(0), 30)
        yield made


def test_workers_that_look_at_once_write_each_reminder_once(told: Told) -> None:
    at_once(told.shop, lambda shell, _: told.remind(shell))
    found = told.shop.rows("SELECT number FROM messages WHERE what = 'reminder'")
    assert len(found) == len(set(found)) == LINES


def unlocked(told: Told, monkeypatch: pytest.MonkeyPatch) -> int:
    """Let all look through all buckets at the same moment; return how many reminders that gave."""
    twin = """
        SELECT bucket FROM reminder_rounds
        WHERE %b::timestamptz IS NOT NULL AND at <= %b ORDER BY at, bucket LIMIT %b"""
    monkeypatch.setitem(sql.STATEMENTS, "take_rounds", twin.encode())
    monkeypatch.setattr(remind, "BUCKETS", 4096)
    at_once(told.shop, lambda shell, _: remind.once(shell, told.teller(), new_id))
    return len(told.shop.rows("SELECT FROM messages WHERE what = 'reminder'"))


def test_without_the_lock_the_key_keeps_it_to_one(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unlocked(told, monkeypatch) == LINES


def test_without_the_key_as_well_it_is_written_twice(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    conflict = "ON CONFLICT (bucket, number, epoch, key, channel) DO NOTHING"
    unlock(monkeypatch, "insert_message", conflict)
    altered(told.shop, "DROP INDEX messages_once")
    assert unlocked(told, monkeypatch) > LINES


def test_workers_that_send_at_once_send_each_message_once(told: Told) -> None:
    told.remind()
    at_once(told.shop, lambda shell, _: told.outbox(shell).run())
    to = [number for number, _ in told.phone.received]
    assert sorted(to) == [NUMBER.format(n) for n in range(LINES)]


def test_without_the_lock_some_are_sent_twice(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    unlock(monkeypatch, "claim_messages", " FOR UPDATE SKIP LOCKED")
    told.remind()
    at_once(told.shop, lambda shell, _: told.outbox(shell).run())
    assert len(told.phone.received) > LINES
