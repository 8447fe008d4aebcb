"""Many open one link at once, and one gets in; without the lock several do."""

from __future__ import annotations

import hmac
import secrets
from functools import partial

import pytest
from tests.races.racing import at_once
from tests.shop import Shop

from baohao.app.partners import handover
from baohao.app.shell import Shell
from baohao.store import sql

N = "+85366120001"
COMERS = 16
#: A twin that has not gone wrong after so many rounds never will.
ROUNDS = 20
sign = partial(hmac.digest, b"the house's key", digest="sha256")


def entered(shop: Shop) -> int:
    """Issue a link, let it be opened at once by all, and count who got in."""
    link = shop.shell.run(
        lambda conn: handover.issue(
            *(conn, "demo", N), pages="", chance=secrets.token_bytes, sign=sign
        )
    )
    token = link.url.partition("#")[2]

    def come(shell: Shell, _: int) -> bool:
        try:
            return bool(shell.run(lambda conn: handover.redeem(conn, token, sign)))
        except handover.LinkDead:
            return False

    return sum(at_once(shop, come, COMERS))


def test_of_sixteen_one_gets_in(shop: Shop) -> None:
    shop.open(N)
    assert [entered(shop) for _ in range(5)] == [1] * 5


def test_whoever_looks_without_the_lock_gets_in_too(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The twin asks what it saw when it began, not the row that it waited for.
    seen = "(SELECT s.used_at FROM handovers s WHERE s.bucket = h.bucket AND s.digest = h.digest)"
    text = sql.STATEMENTS["use_handover"].decode()
    assert "h.used_at IS NULL" in text
    twin = text.replace("h.used_at IS NULL", f"{seen} IS NULL").encode()
    monkeypatch.setitem(sql.STATEMENTS, "use_handover", twin)
    shop.open(N)
    assert any(entered(shop) > 1 for _ in range(ROUNDS))


def test_who_enters_holds_the_tenure_open_until_then(shop: Shop) -> None:
    shop.open(N)
    link = shop.shell.run(
        lambda conn: handover.issue(
            *(conn, "demo", N), pages="", chance=secrets.token_bytes, sign=sign
        )
    )
    with shop.looking() as conn, shop.looking() as rival:
        handover.redeem(conn, link.url.partition("#")[2], sign)
        # Whoever ends the tenure waits, as it must update this row.
        locked = "SELECT 1 FROM tenures WHERE number = %s FOR UPDATE SKIP LOCKED"
        assert rival.execute(locked, [N]).fetchall() == []
        conn.commit()
        assert rival.execute(locked, [N]).fetchall() == [(1,)]
