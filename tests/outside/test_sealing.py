"""Seals: what is sealed opens under the same key and for the same thing, and not otherwise."""

from __future__ import annotations

import hmac
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from baohao.app.ports import SealBroken
from baohao.outside.sealing import KEY_BYTES, SealsOfHouse, key_of

SEALS = SealsOfHouse(b"k" * KEY_BYTES)


@pytest.mark.parametrize("plain", ["", "whsec_aGVsbG8=", "保號" * 100])
def test_what_is_sealed_opens_again(plain: str) -> None:
    sealed = SEALS.seal(plain, "webhook/agent-7/1")
    assert SEALS.unseal(sealed, "webhook/agent-7/1") == plain
    assert SEALS.seal(plain, "webhook/agent-7/1") != sealed


def test_it_opens_for_nothing_else_under_no_other_key_and_when_changed() -> None:
    sealed = SEALS.seal("secret", "webhook/agent-7/1")
    with pytest.raises(SealBroken):
        SEALS.unseal(sealed, "webhook/agent-8/1")
    with pytest.raises(SealBroken):
        SealsOfHouse(b"x" * KEY_BYTES).unseal(sealed, "webhook/agent-7/1")
    head, _, text = sealed.rpartition(".")
    for n, letter in enumerate(text.rstrip("=")):
        changed = text[:n] + ("A" if letter != "A" else "B") + text[n + 1 :]
        # The last letter of base64 has bits that mean nothing.
        if n < len(text.rstrip("=")) - 1:
            with pytest.raises(SealBroken):
                SEALS.unseal(f"{head}.{changed}", "webhook/agent-7/1")


@pytest.mark.parametrize("text", ["", "s1", "s1..", "s2.0.0", "s1.x.y", "s1.é.AAAA", "\x00"])
def test_what_is_no_seal_is_refused(text: str) -> None:
    name = SEALS.seal("", "").split(".")[1]
    for each in (text, text.replace(".x.", f".{name}.").replace("..", f".{name}.")):
        with pytest.raises(SealBroken):
            SEALS.unseal(each, "")


def test_a_key_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    file = tmp_path / "data" / "secret.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: key_of(file), range(8)))
    assert len(keys) == 1
    assert len(keys.pop()) == KEY_BYTES
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["secret.key"]


def test_a_signature_is_the_keys_own_and_says_nothing_of_it() -> None:
    other = SealsOfHouse(b"x" * KEY_BYTES)
    assert SEALS.sign(b"text") == SealsOfHouse(b"k" * KEY_BYTES).sign(b"text")
    signed = {SEALS.sign(b"text"), SEALS.sign(b"texts"), other.sign(b"text")}
    assert len(signed) == 3
    assert hmac.digest(b"k" * KEY_BYTES, b"text", "sha256") not in signed
