"""Each verb's docstring lists its refusals; each is met here, and no other is listed."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.core.decide.desk import Desk, Refused

from baohao.core.asks import Ask, Decision
from baohao.core.decide import LINE_VERBS, MONEY_VERBS, MOVING_VERBS, VerbUnknown, decide
from baohao.core.decide.payload import FieldMalformed, FieldMissing, FieldUnknown
from baohao.core.refusals import Refusal

HERE = Path(__file__).parent
TABLES: list[Refused] = [
    importlib.import_module(f"tests.core.decide.{file.stem}").REFUSED
    for file in sorted(HERE.glob("test_*.py"))
    if file.stem != "test_refusals"
]
REFUSED = {verb: refusals for table in TABLES for verb, refusals in table.items()}
CASES = [
    pytest.param(refusal, asked, id=f"{verb} {refusal.__name__}")
    for verb, refusals in REFUSED.items()
    for refusal, asked in refusals.items()
]
VERBS = {**LINE_VERBS, **MONEY_VERBS, **MOVING_VERBS}


def listed(verb: str) -> set[str]:
    """The refusals that a verb's docstring names; "as `fund` does" names those of another."""
    found = re.search(r"Refuses(?: with)?(.*)", VERBS[verb].__doc__ or "", flags=re.DOTALL)
    assert found is not None, f"{verb} does not say what it refuses"
    names = set(re.findall(r"`([A-Z]\w+)`", found[1]))
    for other in re.findall(r"as `(\w+)` does", found[1]):
        names |= listed(other)
    return names


@pytest.mark.parametrize(("refusal", "asked"), CASES)
def test_the_refusal_is_met(
    refusal: type[Refusal], asked: Callable[[], Decision | Refusal]
) -> None:
    result = asked()
    assert isinstance(result, refusal), f"{result!r} {result}"
    assert result.message
    assert "{" not in result.message


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_a_verb_lists_what_it_refuses_and_nothing_else(verb: str) -> None:
    shown = {refusal.__name__ for refusal in REFUSED.get(verb, {})}
    assert (sorted(shown - listed(verb)), sorted(listed(verb) - shown)) == ([], [])


def test_there_is_no_other_verb() -> None:
    assert isinstance(Desk().ask("sell"), VerbUnknown)


@pytest.mark.parametrize("verb", sorted(LINE_VERBS))
def test_a_field_that_means_nothing_is_refused(verb: str) -> None:
    desk = Desk() if verb in ("stock", "take_over", "keep", "carry_over") else Desk().active()
    assert isinstance(desk.ask(verb, colour="red"), FieldUnknown)


def test_a_field_is_read_strictly() -> None:
    desk = Desk().active()
    for wrong in ("2027-02-30T00:00:00+08:00", "9999-12-31T23:59:59-12:00", "2600-01-01T00:00Z", 7):
        assert isinstance(desk.ask("observe", clock="service", until=wrong), FieldMalformed)
    naive = desk.ask("observe", clock="service", until="2027-01-01T00:00:00")
    assert isinstance(naive, Refusal)
    assert naive.code == "malformed.instant.naive"
    for amount in (True, 1.0, -1, 2**53, "5"):
        asked = desk.ask("observe", balance="main", amount_minor=amount)
        assert isinstance(asked, FieldMalformed)
    assert isinstance(desk.ask("observe", balance="main"), FieldMissing)
    for wrong in ("a\0b", "", " ", 5):
        asked = desk.ask("hold", cause="fraud", reason=wrong)
        assert isinstance(asked, FieldMalformed)
    assert isinstance(desk.ask("renew", term="101 years", paid="float:a:MOP"), FieldMalformed)
    assert isinstance(desk.ask("record", kind="renewal", term="1 eon"), Refusal)


def test_a_hundred_years_again_and_again_end_in_a_refusal() -> None:
    desk = Desk().active()
    for _ in range(80):
        asked: Decision | Refusal = desk.ask("record", kind="renewal", term="100 years")
        if isinstance(asked, Refusal):
            assert asked.code == "time.far_ahead"
            return
        desk.state = asked.state
    raise AssertionError("a line can be kept for 8,000 years")


def test_an_ask_for_money_names_an_account() -> None:
    desk = Desk()
    ask: Ask = desk.asking("fund", amount_minor=5)
    assert isinstance(decide(None, desk.facts, ask, desk.terms, desk.now), Refusal)
