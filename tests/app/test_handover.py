"""Hand-over: a link opens one tenure, once and in time, and says nothing to whoever guesses."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from tests.shop import Shop

from baohao.app.partners import handover
from baohao.app.partners.handover import Entered, Link, LinkDead, NobodyToHandOver
from baohao.app.shell import connect
from baohao.store.sql import Connection

N, OTHER = "+85366120001", "+85366120002"
PAGES = "https://keep.example/"
sign = partial(hmac.digest, b"the house's key", digest="sha256")


def issue(conn: Connection, number: str = N, operator: str = "demo", **more: timedelta) -> Link:
    chance = secrets.token_bytes
    return handover.issue(conn, operator, number, pages=PAGES, chance=chance, sign=sign, **more)


def token(link: Link) -> str:
    return link.url.partition("#")[2]


def redeem(conn: Connection, written: str) -> Entered | None:
    """What a token opens; `None`: it is dead."""
    try:
        return handover.redeem(conn, written, sign)
    except LinkDead:
        return None


@pytest.fixture
def here(shop: Shop) -> Iterator[Connection]:
    """A connection of a house in which one line is held."""
    shop.open(N)
    with connect(shop.conninfo) as conn:
        yield conn


def test_a_link_opens_the_tenure_once(here: Connection) -> None:
    link = issue(here)
    assert link.url.startswith("https://keep.example/in#")
    assert "#" not in repr(link)
    assert redeem(here, token(link)) == Entered(number=N, epoch=1)
    assert redeem(here, token(link)) is None


def test_each_link_is_its_own(here: Connection) -> None:
    first, second = issue(here), issue(here)
    assert redeem(here, token(second)) == redeem(here, token(first)) == Entered(number=N, epoch=1)


def test_a_link_ends(shop: Shop, here: Connection) -> None:
    link = issue(here)
    here.commit()
    shop.later(handover.GOOD_FOR)
    assert redeem(here, token(link)) is None


def test_the_secret_is_kept_nowhere(shop: Shop, here: Connection) -> None:
    link = issue(here)
    here.commit()
    [row] = shop.rows("SELECT h::text FROM handovers h")
    assert token(link) not in row[0]
    assert redeem(here, token(link)) is not None


def test_what_is_forged_never_asks_the_database(here: Connection) -> None:
    good = token(issue(here))
    here.close()
    changed = [good[:n] + ("A" if good[n] != "A" else "B") + good[n + 1 :] for n in range(88)]
    for written in [*changed, "", "x", good[:-1], good + "A", good + "\n", "é" * 88]:
        assert redeem(here, written) is None
    with pytest.raises(LinkDead):
        handover.redeem(here, good, partial(hmac.digest, b"another", digest="sha256"))


def test_only_who_runs_the_line_hands_its_holder_over(shop: Shop, here: Connection) -> None:
    shop.answers([shop.stock(OTHER)])
    for number, operator in ((N, "demo2"), (OTHER, "demo"), ("+85366129999", "demo")):
        with pytest.raises(NobodyToHandOver):
            issue(here, number, operator)


def test_after_a_recycle_a_link_is_dead_though_its_time_is_not_over(
    shop: Shop, here: Connection
) -> None:
    link = issue(here, ttl=timedelta(days=1000))
    here.commit()
    shop.say("terminate", N, cause="holder", reason="moves away")
    shop.later(timedelta(days=91))
    shop.say("return", N)
    assert redeem(here, token(link)) is None
    here.rollback()
    granted = shop.answers([shop.activate(N, "another")])
    assert not isinstance(granted[0], Exception)
    assert redeem(here, token(link)) is None
    assert redeem(here, token(issue(here))) == Entered(number=N, epoch=2)


def test_old_links_are_forgotten(shop: Shop, here: Connection) -> None:
    issue(here)
    here.commit()
    shop.later(timedelta(days=1, minutes=6))
    issue(here)
    here.commit()
    assert shop.rows("SELECT count(*) FROM handovers") == [(1,)]
