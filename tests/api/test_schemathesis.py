"""
The document against the server: cases drawn from it, good ones and bad ones.

No answer is a 5xx, and each is one that the document tells of: its status, its media type, its
shape. How many cases there are, and which, is a campaign's.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, checks
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks as conforms
from tests.api.document import BALANCE, BY_PATH, CARD, LINE, MOVING
from tests.api.serving import Served
from tests.conftest import Campaign

CHECKS = [
    checks.not_a_server_error,
    conforms.content_type_conformance,
    conforms.response_headers_conformance,
    conforms.response_schema_conformance,
    conforms.status_code_conformance,
]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
CASES = 5_000


def about_a_line(case: Case[Any]) -> None:
    """Let a case be about a line that there is: none is found by chance."""
    known: dict[str, Any] = {"number": LINE, "term": "12 months", "expect_version": 2}
    known |= BY_PATH.get(case.operation.path, {})
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            part.update({name: value for name, value in known.items() if name in part})


@pytest.mark.soak
def test_the_server_keeps_to_its_document(
    served: Served, campaign: Callable[[int], Campaign]
) -> None:
    served.open(LINE, MOVING)
    served.stock(CARD)
    served.begin(BALANCE)
    served.fund(10_000_000)
    agent = served.partner(per_second=1_000_000)
    served.ask("allot", CARD, agent="agent-7")
    operator = served.partner(
        "operator:demo", scope=("read", "facts", "handover", "events"), per_second=1_000_000
    )
    document = schemathesis.openapi.from_dict(agent.get("/openapi.json").json())
    found = [each.ok() for each in document.get_all_operations() if isinstance(each, Ok)]
    drawn = campaign(CASES)
    # Each operation has two keys and two ways to be asked.
    each = -(-drawn.count // (len(found) * len(MODES)))
    with requests.Session() as session:
        for operation, mode in product(found, MODES):

            @seed(drawn.seed)
            @settings(
                max_examples=each,
                derandomize=False,
                database=None,
                deadline=None,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            )
            @given(
                case=operation.as_strategy(generation_mode=mode),
                key=st.sampled_from([agent.key, operator.key]),
                is_known=st.booleans(),
            )
            def ask(case: Case[Any], key: str, is_known: bool) -> None:
                if is_known:
                    about_a_line(case)
                case.call_and_validate(
                    base_url=served.url,
                    session=session,
                    headers={"Authorization": f"Bearer {key}"},
                    checks=CHECKS,
                )

            ask()
    assert served.rows("SELECT 1 FROM parked") == []
