"""The house that is paid through an acquirer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.payments.cards import CardDesk
from tests.payments.cards import make as make_cards
from tests.payments.cashdesk import NUMBER, Desk, make


@pytest.fixture
def desk(database: str) -> Iterator[Desk]:
    made = make(database)
    made.open(NUMBER)
    yield made
    made.shell.close()


@pytest.fixture
def card_desk(database: str) -> Iterator[CardDesk]:
    made = make_cards(database)
    made.open(NUMBER)
    yield made
    made.shell.close()
