"""Keys as they are written: whole or refused, and from where they may come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core.credentials import (
    ALPHABET,
    ID_LENGTH,
    LIVE,
    SANDBOX,
    SECRET_LENGTH,
    Credential,
    CredentialMalformed,
    KeyMalformed,
    Scope,
    networks,
    read,
    scopes,
    written,
)

LETTERS = st.sampled_from(ALPHABET)
IDS = st.text(LETTERS, min_size=ID_LENGTH, max_size=ID_LENGTH)
SECRETS = st.text(LETTERS, min_size=SECRET_LENGTH, max_size=SECRET_LENGTH)
KEY = Credential(
    id="0" * ID_LENGTH,
    owner="agent-7",
    label="main",
    is_sandbox=False,
    verifier=bytes(32),
    scopes=frozenset({Scope.READ}),
)


@given(st.sampled_from((LIVE, SANDBOX)), IDS, SECRETS)
def test_what_is_written_is_read(kind: str, id_: str, secret: str) -> None:
    assert read(written(kind, id_, secret)) == (id_, secret)


@given(IDS, SECRETS, st.integers(0, 55), LETTERS)
def test_one_wrong_letter_is_seen(id_: str, secret: str, place: int, letter: str) -> None:
    whole = written(LIVE, id_, secret)
    wrong = whole[:place] + letter + whole[place + 1 :]
    if wrong != whole:
        with pytest.raises(KeyMalformed):
            read(wrong)


@pytest.mark.parametrize("text", ["", "bh_live_", "Bearer x", "bh_live_" + "é" * 48, "a" * 10_000])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(KeyMalformed):
        read(text)


def test_a_key_comes_from_its_networks_alone() -> None:
    key = replace(KEY, networks=networks(["203.0.113.0/24", "2001:db8::/32"]))
    for address in ("203.0.113.9", "::ffff:203.0.113.9", "2001:db8::1"):
        assert key.comes_from(address), address
    for address in ("203.0.114.9", "::ffff:203.0.114.9", "2001:db9::1", "", "nowhere"):
        assert not key.comes_from(address), address
    assert KEY.comes_from("anywhere")


def test_a_key_ends_at_an_instant() -> None:
    at = datetime(2027, 1, 1, tzinfo=UTC)
    key = replace(KEY, ends_at=at)
    assert key.is_live(at - timedelta(microseconds=1))
    assert not key.is_live(at)
    assert KEY.is_live(at)


def test_a_key_says_whose_it_is() -> None:
    assert (KEY.operator, KEY.shown) == ("", "bh_live_0000000000")
    assert replace(KEY, owner="operator:demo", is_sandbox=True).operator == "demo"


def test_particulars_that_cannot_be_used() -> None:
    wrongs: list[dict[str, Any]] = [
        {"label": ""},
        {"label": "two\nlines"},
        {"scopes": frozenset()},
        {"per_second": 0},
        {"per_day": 0},
    ]
    for wrong in wrongs:
        with pytest.raises(CredentialMalformed):
            replace(KEY, **wrong)
    with pytest.raises(CredentialMalformed):
        networks(["300.0.0.0/8"])
    with pytest.raises(CredentialMalformed):
        scopes(["read", "everything"])
