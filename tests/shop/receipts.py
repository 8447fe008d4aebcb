"""A desk for the shop's receipts, with an issuer of its own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from uuid import UUID

from tests.shop import Shop, granted

from baohao.app.policies import zone_of
from baohao.app.ports import Printer
from baohao.app.receipts.desk import Desk
from baohao.app.shell import Shell
from baohao.config import policies_path
from baohao.core.asks import Ask
from baohao.core.operators import Operator, parse_operator
from baohao.outside.paper.typesetter import Typesetter
from baohao.outside.signing import IssuerOfHouse

HOUSE = "the house"


@cache
def operators() -> Mapping[str, Operator]:
    """The demo operator."""
    text = (policies_path() / "operators" / "demo.toml").read_text(encoding="utf-8")
    operator, findings = parse_operator(tomllib.loads(text), zone_of)
    assert operator is not None, findings
    return {operator.key: operator}


@cache
def printer() -> Printer:
    """One for all tests: the fonts take longer than a page."""
    return Typesetter()


def desk(shop: Shop, issuer: IssuerOfHouse, shell: Shell | None = None, **more: bool) -> Desk:
    """A desk over the shop's own shell, or another."""
    return Desk(shell or shop.shell, shop.terms(), operators(), issuer, printer(), **more)


def issuer(folder: Path) -> IssuerOfHouse:
    return IssuerOfHouse(folder, HOUSE)


def done(shop: Shop, ask: Ask) -> UUID:
    """Ask what must be granted, and return its id."""
    granted(shop.answers([ask])[0])
    return ask.id
