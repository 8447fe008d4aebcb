"""
Every address, asked as everybody, about their own things, another's, and what is not there.

What is expected follows from who an address is for. What came of it is written in
`docs/rules/who-sees-what.md`.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.shop import Shop
from tests.web.stage import ABSENT, ROLES, STAFF, Stage, placed, plain
from tests.web.test_doors import addresses

from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.urls import URLPattern

PAGE = Path(__file__).parents[2] / "docs" / "rules" / "who-sees-what.md"
#: Numbers that nobody needs to own: a guest's, and whoever walks in at an agent's.
OPEN = (
    *("/renew/", "/pay/", "/stop/", "/badge/", "/calendar/", "/join/", "/agents/", "/brand/"),
    *("/agent/walk-in/", "/operator/drafts/text/", "/products/", "/card-status/", "/done/"),
)
#: What stays somebody's when their tenure has ended.
KEPT = (
    *("/my/receipts/", "/accounts/2fa/passkeys/"),
    # Who was let see or pay, and who asked for it, is a person, whatever numbers they have.
    *("/my/for/", "/my/sharing/<uuid:consent>/code/"),
    # Cards of other operators' have nothing to do with a tenure here.
    *("/my/cards/", "/my/customers/", "/my/take-over/", "/my/household/"),
)
#: Where somebody may find that there is nothing of theirs yet, or nothing that pushes.
MAYBE = (
    *("/accounts/2fa/app/away/", "/accounts/2fa/codes/", "/counter/till/"),
    "/my/preferences/push/",
)
#: What the demo shows alone, and what signs out whoever asks.
LEAVES = ("/accounts/logout/", "/my/account/everywhere/")


@pytest.fixture(scope="module")
def stage(pages: Installation) -> Iterator[Stage]:
    shop = Shop(conninfo=pages.conninfo, _numbers=itertools.count(3 * 10**9))
    shop.fund(10_000_000)
    made = Stage(house=pages, shop=shop, numbers=(f"+85365{n:06}" for n in itertools.count(1)))
    made.set()
    # Half of what is asked for is not there, and each of those is a line in the log.
    logging.disable(logging.WARNING)
    yield made
    logging.disable(logging.NOTSET)
    made.strike()
    shop.shell.close()


def allowed(role: str, audience: str) -> bool:
    """Whether an address is for a role at all."""
    from baohao.web.accounts.roles import MAY, Role

    kind = role.partition("-")[0]
    if audience in ("everybody", "nobody"):
        return audience == "everybody"
    if role == "guest":
        return False
    if audience == "signed_in":
        return True
    if kind in ("holder", "ended"):
        return audience == "holder"
    return audience in {act.value for act in MAY[Role(kind)]}


def owned(address: str) -> bool:
    """Whether an address names something that belongs to somebody."""
    return any(place in address for place in ABSENT) and not address.startswith(OPEN)


def expected(role: str, address: str, audience: str, whose: str) -> str:
    """Return what is to come: page, sign in, nothing, or either of page and nothing."""
    if not allowed(role, audience):
        return "sign in" if role == "guest" and audience != "nobody" else "nothing"
    if address.startswith(MAYBE):
        return "page or nothing"
    if not owned(address):
        is_open = address.startswith(OPEN) and whose != "own"
        return "page or nothing" if is_open else "page"
    if role == "ended" and whose == "own":
        return "page" if address.startswith(KEPT) else "nothing"
    if role == "guest" or whose != "own":
        return "sign in" if role == "guest" else "nothing"
    return "page"


def is_shut(role: str, audience: str, whose: str) -> bool:
    """Whether a door is shut before anybody looks whose a thing is: two are asked of three."""
    return whose == "another's" and role != "guest" and not allowed(role, audience)


def outcome(status: int, location: str) -> str:
    if status in (404, 405):
        # Not by this method, whosever it is: nothing was looked up.
        return "nothing" if status == 404 else "no method"
    if status == 302 and location.startswith("/accounts/login/?next="):
        return "sign in"
    return "page" if status < 500 and status != 403 else f"error {status}"


class Matrix:
    """Asks every cell, and keeps what came of it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.wrong: list[str] = []
        #: (address, role, whose, method) -> what came.
        self.cells: dict[tuple[str, str, str, str], str] = {}

    def unasked(self, patterns: list[tuple[str, URLPattern]]) -> list[tuple[str, str, str]]:
        """Return (address, role, whose) of what nobody on the stage has to be asked of."""
        asked = {cell[:3] for cell in self.cells}
        found = []
        for (address, pattern), role in itertools.product(patterns, ROLES):
            audience = getattr(pattern.callback, "audience", "")
            wanted = ["own"] if "<" not in address or allowed(role, audience) else []
            wanted += ["nothing"] if "<" in address else []
            if owned(address) and allowed(role, audience):
                wanted += ["another's"]
            found += [(address, role, each) for each in wanted]
        return [cell for cell in found if cell not in asked]

    def ask(self, role: str, patterns: list[tuple[str, URLPattern]]) -> None:
        browser, things = self.stage.browser(role), self.stage.things(role)
        for address, pattern in patterns:
            audience = getattr(pattern.callback, "audience", "")
            if address in LEAVES:
                browser = self.stage.browser(role)
            for method in ("GET", "POST"):
                told: dict[str, bytes] = {}
                for whose, places in things.items():
                    if whose != "own" and ("<" not in address or is_shut(role, audience, whose)):
                        continue
                    asked = placed(address, places)
                    if asked is None:
                        continue
                    answer = browser.generic(method, asked)
                    came = outcome(answer.status_code, answer.headers.get("Location", ""))
                    self.cells[address, role, whose, method] = came
                    wanted = expected(role, address, audience, whose)
                    # A form that names nothing finds nothing, where the page itself is there.
                    is_empty = (method, whose, came) == ("POST", "own", "nothing")
                    seen = self.cells.get((address, role, whose, "GET"))
                    is_closed = allowed(role, audience) and (
                        came == "no method" or (is_empty and seen in ("page", "no method"))
                    )
                    if came not in wanted and not is_closed:
                        self.wrong.append(
                            f"{method} {asked} as {role}: {came}, not {wanted} ({whose})"
                        )
                    if came == "nothing":
                        told[whose] = plain(answer, asked)
                if owned(address) and len(set(told.values())) > 1:
                    self.wrong.append(f"{method} {address} as {role}: the answers differ")
            if address in LEAVES:
                browser = self.stage.browser(role)


def test_everybody_sees_their_own_and_nothing_of_others(stage: Stage, tmp_path: Path) -> None:
    patterns = list(addresses())
    matrix = Matrix(stage)
    for role in ROLES:
        matrix.ask(role, patterns)
    assert not matrix.wrong, "\n" + "\n".join(matrix.wrong)
    assert not matrix.unasked(patterns)
    page = told(patterns, matrix)
    (tmp_path / PAGE.name).write_text(page, encoding="utf-8")
    assert page == PAGE.read_text(encoding="utf-8"), f"copy {tmp_path / PAGE.name} if it is right"


@pytest.mark.parametrize(
    ("room", "helper", "address", "roles"),
    [
        ("counter.views", "own", "/counter/<tel:number>/", ("clerk", "clerk-2")),
        ("support.answering", "_own", "/support/<uuid:talk>/", ("clerk", "clerk-2")),
        ("support.views", "_own", "/my/messages/<uuid:talk>/", ("holder", "holder-2")),
        ("rescue.deciding", "_own", "/support/rescues/<uuid:payment>/", ("clerk", "clerk-2")),
    ],
)
def test_a_door_that_stands_open_is_found(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    room: str,
    helper: str,
    address: str,
    roles: tuple[str, str],
) -> None:
    """The red twin: one view that asks nobody whose thing it is."""
    from django.shortcuts import get_object_or_404

    from baohao.web import selling
    from baohao.web.rescue.models import Rescue
    from baohao.web.support.models import Talk

    kind = Rescue if room.startswith("rescue") else Talk

    def unguarded(_: object, what: Any) -> Any:
        return selling.look(what) if helper == "own" else get_object_or_404(kind, pk=what)

    monkeypatch.setattr(import_module(f"baohao.web.{room}"), helper, unguarded)
    door = [each for each in addresses() if each[0] == address]
    matrix = Matrix(stage)
    for role in roles:
        matrix.ask(role, door)
        assert any(f" as {role}: page, not nothing" in each for each in matrix.wrong)


# --- the page -------------------------------------------------------------------------------------

HEAD = """# Who sees what

Made by `tests/web/test_matrix.py`, which asks every address as everybody and fails where this page
and the answers differ: {addresses} addresses × {roles} roles × whose thing it is × GET and POST,
{cells} cells.

**●** sees it · **◐** sees their own, and of another's as little as of what is not there (the same
bytes) · **→** is asked to sign in · empty: nothing is there · **↺** says again who they are, if
that was over a quarter of an hour ago.

{names}

| address | |{columns}|
|---|---|{lines}|
"""


def told(patterns: list[tuple[str, URLPattern]], matrix: Matrix) -> str:
    """Write the matrix."""
    names = " · ".join(f"{n} {said}" for n, said in enumerate(ROLES.values(), 1))
    text = HEAD.format(
        cells=f"{len(matrix.cells):,}",
        addresses=len(patterns),
        roles=len(ROLES),
        names=names,
        columns="|".join(str(n) for n, _ in enumerate(ROLES, 1)),
        lines="|".join(":-:" for _ in ROLES),
    )
    for address, pattern in sorted(patterns, key=lambda each: each[0]):
        marks = "|".join(mark(matrix, address, role) for role in ROLES)
        again = "↺" if getattr(pattern.callback, "is_confirmed", False) else ""
        named = address.replace("<", "‹").replace(">", "›")
        text += f"| `{named}` | {again} |{marks}|\n"
    return text


def mark(matrix: Matrix, address: str, role: str) -> str:
    came = {
        whose: {matrix.cells.get((address, role, whose, method), "") for method in ("GET", "POST")}
        for whose in ("own", "nothing")
    }
    if "page" in came["own"]:
        return "◐" if owned(address) else "●"
    return "→" if "sign in" in came["own"] | came["nothing"] else ""


def test_every_member_of_staff_is_in_the_matrix() -> None:
    from baohao.web.accounts.roles import Role

    asked = {role.partition("-")[0] for role in ROLES}
    assert {role.value for role in Role} <= asked
    assert set(STAFF) <= asked
