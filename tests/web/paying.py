"""
A house that is paid through a pretended acquirer, and a holder who pays on its pages.

    till    the acquirer's twin; the pages are connected to it
    till.paid(order)   the payer pays, and the notice arrives
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from tests.payments.cashdesk import contract_file
from tests.payments.gates import keys
from tests.web.fixtures import url

from baohao.app.payments.learn import learn
from baohao.config import settings
from baohao.outside.ids import new_id
from baohao.outside.pretend.acquirer import PretendAcquirer
from baohao.wiring import Installation


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """The twin, and the house that is connected to it."""

    twin: PretendAcquirer
    house: Installation

    def paid(self, order: str, *, is_told: bool = True) -> None:
        """Let the payer pay an order; the notice arrives, or is lost."""
        from baohao.web.desk import desk

        assert self.twin.pay(order)
        told, self.twin.notices[:] = list(self.twin.notices), []
        gateway = desk().ports.gateways["acquirer"]
        for headers, body in told if is_told else ():
            said = gateway.notice(headers, body, desk().now())
            desk().shell.run(partial(learn, gateway="acquirer", told=said, new_id=new_id))


@pytest.fixture
def till(pages: Installation, tmp_path: Path) -> Iterator[Till]:
    from baohao.web import desk

    with PretendAcquirer(keys(), pages.clock, notify_path="/notices/acquirer") as twin:
        found = settings(
            {
                "BAOHAO_DATABASE_URL": url(pages.conninfo),
                "BAOHAO_DEMO": "1",
                "BAOHAO_ACQUIRER": str(contract_file(tmp_path, twin)),
                "BAOHAO_NOTIFY_URL": "http://127.0.0.1:9/notices",
            },
            data=pages.settings.data,
        )
        house = Installation(settings=found)
        desk.use(house)
        yield Till(twin=twin, house=house)
        desk.use(pages)
