"""Where gateways tell us: a notice is taken down once, and refused where it is not theirs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from tests.api.serving import Served, code, house, serving
from tests.payments.cashdesk import ASKED, contract_file, keys

from baohao.app.payments.begin import Beginning, begin
from baohao.outside.acquirer import NAME
from baohao.outside.ids import new_id
from baohao.outside.pretend.acquirer import PretendAcquirer
from baohao.outside.pretend.stripe import PretendStripe
from baohao.wiring import StripeAccount

N = "+85366120001"
NOTICES = f"/notices/{NAME}"


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[PretendAcquirer]:
    with PretendAcquirer(keys(), partial(datetime.now, UTC), notify_path=NOTICES) as found:
        yield found


@pytest.fixture
def served(database: str, tmp_path: Path, twin: PretendAcquirer) -> Iterator[Served]:
    installed = house(database, tmp_path)
    installed.settings = replace(
        installed.settings,
        acquirer=contract_file(tmp_path, twin),
        notify_url="https://we.example/notices",
    )
    with serving(installed) as found:
        yield found


def told(
    served: Served, twin: PretendAcquirer, number: str = N
) -> tuple[UUID, dict[str, str], bytes]:
    """Let a quote be paid, and return the payment and the notice that tells of it."""
    served.open(number)
    quote = UUID(str(served.ask("quote", number, term="12 months")["quote"]))
    with served.house.payment_ports() as ports:
        beginning = Beginning(number=number, quote=quote, gateway=NAME, asked=ASKED, said={})
        kept = begin(served.shell, ports, beginning, new_id)
    assert twin.pay(kept.payment.order)
    headers, body = twin.notices[-1]
    return kept.payment.id, headers, body


def test_a_notice_captures_a_payment_once(served: Served, twin: PretendAcquirer) -> None:
    id_, headers, body = told(served, twin)
    for _ in range(3):
        answer = httpx.post(served.url + NOTICES, content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (200, "SUCCESS")
    state = "SELECT state, captured_minor FROM payments WHERE id = %s"
    assert served.rows(state, id_) == [("captured", 12_000)]
    assert served.rows("SELECT count(*) FROM payment_notices") == [(1,)]


def test_what_is_not_the_gateways_is_refused(served: Served, twin: PretendAcquirer) -> None:
    id_, headers, body = told(served, twin)
    for wrong_headers, wrong_body in (
        (headers, body + b" "),
        ({}, body),
        ({name: value[:-4] + "AAAA" for name, value in headers.items()}, body),
    ):
        answer = httpx.post(served.url + NOTICES, content=wrong_body, headers=wrong_headers)
        assert code(answer) == (401, "payment.notice")
    elsewhere = httpx.post(served.url + "/notices/nobody", content=body, headers=headers)
    assert code(elsewhere) == (404, "request.path")
    assert served.rows("SELECT state FROM payments WHERE id = %s", id_) == [("payable",)]


def test_stripe_tells_at_an_address_of_its_own(database: str, tmp_path: Path) -> None:
    installed = house(database, tmp_path)
    with PretendStripe(partial(datetime.now, UTC)) as twin:
        installed.settings = replace(
            installed.settings,
            stripe=StripeAccount(
                key=twin.key,
                signing=tuple(twin.signing),
                return_url="https://keep.example",
                url=twin.url,
            ),
            notify_url="https://we.example/notices",
        )
        with serving(installed) as served:
            served.open(N)
            quote = UUID(str(served.ask("quote", N, term="12 months")["quote"]))
            asked = replace(ASKED, way="page")
            with served.house.payment_ports() as ports:
                beginning = Beginning(number=N, quote=quote, gateway="stripe", asked=asked, said={})
                kept = begin(served.shell, ports, beginning, new_id)
            assert kept.given["page_url"].startswith("https://")
            twin.notify_url = f"{served.url}/notices/stripe"
            assert twin.pay(kept.payment.order)
            assert twin.deliver() == 3
            twin.signing = ["whsec_other"]
            twin.dispute(kept.payment.order)
            assert twin.deliver() == 0
            assert twin.sent[-1][2] == 401
            state = "SELECT state, captured_minor FROM payments WHERE id = %s"
            assert served.rows(state, kept.payment.id) == [("captured", 12_000)]


def test_what_comes_at_once_is_taken_down_as_batches(served: Served, twin: PretendAcquirer) -> None:
    """Four payments, each told of three times, between notices that are nobody's."""
    good = [told(served, twin, f"+8536612000{n}") for n in range(1, 5)]
    _, headers, body = good[0]
    sent = [(headers, body, 200) for _, headers, body in good * 3]
    sent += [(headers, body + b" ", 401), ({}, body, 401)] * 3

    def post(notice: tuple[dict[str, str], bytes, int]) -> tuple[int, int]:
        headers, body, wanted = notice
        return httpx.post(served.url + NOTICES, content=body, headers=headers).status_code, wanted

    with ThreadPoolExecutor(len(sent)) as pool:
        statuses = list(pool.map(post, sent))
    assert [status for status, _ in statuses] == [wanted for _, wanted in statuses]
    assert served.rows("SELECT DISTINCT state FROM payments") == [("captured",)]
    assert served.rows("SELECT count(*) FROM payment_notices") == [(4,)]
