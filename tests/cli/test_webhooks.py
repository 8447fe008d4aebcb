"""Webhooks by their commands: added, sent, rotated, paused, replayed and removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run

from baohao.outside.pretend.receiver import Receiver
from baohao.wiring import installation

NUMBER = "+85366100101"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("BAOHAO_WEBHOOKS_LOOPBACK", "1")
    with Receiver() as made:
        yield made


def test_an_endpoint_from_its_first_day_to_its_last(
    run: Run, stock: Callable[..., Any], receiver: Receiver
) -> None:
    run("agents", "add", "agent-7", "--name", "Kiosk", "--operator", "demo")
    made = run("webhooks", "add", "agent-7", receiver.url, "--json").facts
    receiver.secrets.append(made["secret"])
    endpoint = made["endpoint"]
    stock(NUMBER)
    run("fund", "float:agent-7:MOP", "--amount", "5000.00")
    bought = ("--term", "12m", "--paid", "float:agent-7", "--document", "bir")
    assert run("activate", NUMBER, *bought).code == 0
    sent = run("webhooks", "send", "--json").facts
    assert sent == {"told": 1, "taken": 1, "failed": 0}
    (got,) = receiver.got
    assert got.is_verified
    assert got.event["data"]["number"] == NUMBER
    events = run("webhooks", "events", "agent-7", "--json").facts
    assert [each["id"] for each in events["events"]] == [got.id]
    assert NUMBER in run("webhooks", "events", "agent-7").out

    rotated = run("webhooks", "rotate", "agent-7", endpoint, "--json").facts
    receiver.secrets = [rotated["secret"]]
    run("webhooks", "replay", "agent-7", endpoint, "--from", "1", "--to", "1")
    run("webhooks", "send")
    assert [each.is_verified for each in receiver.got] == [True, True]
    assert len({each.id for each in receiver.got}) == 1

    run("webhooks", "pause", "agent-7", endpoint)
    (facts,) = run("webhooks", "list", "--json").facts
    assert (facts["state"], facts["sent"], facts["of"], facts["last"]) == ("paused", 1, 1, "200")
    assert "whsec" not in str(facts)
    run("webhooks", "resume", "agent-7", endpoint)
    run("webhooks", "change", "agent-7", endpoint, "--type", "line.stage")
    listed = run("webhooks", "list", "agent-7")
    assert "line.stage" in listed.out
    assert "live" in listed.out
    assert run("webhooks", "remove", "agent-7", endpoint).code == 0
    refused = run("webhooks", "remove", "agent-7", endpoint, "--json")
    assert (refused.code, refused.facts["refused"]["code"]) == (1, "endpoint.unknown")


def test_what_is_no_address_and_who_is_nobody_are_refused(run: Run) -> None:
    private = run("webhooks", "add", "operator:demo", "https://169.254.169.254/", "--json")
    assert private.facts["refused"]["code"] == "webhook.address"
    nobody = run("webhooks", "add", "operator:nobody", "https://a.example.com/", "--json")
    assert nobody.facts["refused"]["code"] == "endpoint.listener"
    assert run("webhooks", "add", "operator:demo", "https://a.example.com/").code == 0


def test_whoever_reads_the_feed_listens_from_then_on(run: Run, house: Path) -> None:
    assert "operator:elsewhere" not in installation(house).terms().listeners
    run("webhooks", "events", "operator:elsewhere")
    assert "operator:elsewhere" in installation(house).terms().listeners
