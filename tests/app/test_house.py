"""A restored house stays closed until it was looked at."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from baohao.app import house

Conn = psycopg.Connection[Any]


def test_a_restored_house_is_closed_in_a_new_epoch_and_opened_again(conn: Conn) -> None:
    before = house.house(conn)
    assert (before.epoch, before.is_open) == (1, True)
    house.close(conn)
    assert (house.house(conn).epoch, house.house(conn).is_open) == (2, False)
    after = house.resume(conn)
    assert (after.epoch, after.is_open) == (2, True)


def test_an_open_house_has_nothing_to_resume(conn: Conn) -> None:
    with pytest.raises(house.HouseOpen):
        house.resume(conn)


def test_a_house_in_which_something_is_broken_stays_closed(conn: Conn) -> None:
    house.close(conn)
    conn.execute(
        "INSERT INTO cards VALUES (baohao_bucket('8985301'), '8985301', 'iccid', '+85366123456')"
    )
    with pytest.raises(house.HouseNotWell, match="cards 1"):
        house.resume(conn)
    assert not house.house(conn).is_open
