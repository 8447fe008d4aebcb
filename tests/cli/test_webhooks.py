"""Webhooks by their commands: added, sent, rotated, paused, replayed and removed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run
from tests.faults.killing import wait_for

from baohao.app.feed import deliver
from baohao.outside.pretend.receiver import Receiver
from baohao.wiring import installation

NUMBER, OTHER = "+85366100101", "+85366100102"


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


def test_what_a_killed_sender_had_sent_comes_again_under_its_id(
    run: Run, house: Path, stock: Callable[..., Any], receiver: Receiver
) -> None:
    run("agents", "add", "agent-8", "--name", "Kiosk", "--operator", "demo")
    receiver.secrets.append(
        run("webhooks", "add", "agent-8", receiver.url, "--json").facts["secret"]
    )
    stock(OTHER)
    run("fund", "float:agent-8:MOP", "--amount", "5000.00")
    run("activate", OTHER, "--term", "12m", "--paid", "float:agent-8", "--document", "bir")
    # It has sent, and waits for the answer.
    receiver.thinks_s = 60.0
    command = [sys.executable, "-m", "baohao", "webhooks", "send", "--data", str(house)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as sender:
        wait_for(lambda: bool(receiver.got))
        sender.kill()
    receiver.thinks_s = 0.0
    assert run("webhooks", "send", "--json").facts["taken"] == 0
    with installation(house).connect() as conn:
        conn.execute("UPDATE house SET clock_offset = clock_offset + %s", [deliver.LEASE])
    assert run("webhooks", "send", "--json").facts["taken"] == 1
    assert [got.is_verified for got in receiver.got] == [True, True]
    assert len({got.id for got in receiver.got}) == 1


def test_what_is_no_address_and_who_is_nobody_are_refused(run: Run) -> None:
    private = run("webhooks", "add", "operator:demo", "https://169.254.169.254/", "--json")
    assert private.facts["refused"]["code"] == "webhook.address"
    nobody = run("webhooks", "add", "operator:nobody", "https://a.example.com/", "--json")
    assert nobody.facts["refused"]["code"] == "endpoint.listener"
    assert run("webhooks", "add", "operator:demo", "https://a.example.com/").code == 0


def test_whoever_reads_the_feed_listens_from_then_on(run: Run, house: Path) -> None:
    assert "operator:cmhk" not in installation(house).terms().listeners
    assert run("webhooks", "events", "operator:cmhk").code == 0
    assert "operator:cmhk" in installation(house).terms().listeners
    nobody = run("webhooks", "events", "agent-77", "--json")
    assert nobody.facts["refused"]["code"] == "endpoint.listener"
