"""
What a receipt proves: its signature, its token, and how it stands by the database.

The paper may be forged and the database may not be reachable, so the three are told apart. What is
valid is what the database says, never what a code says of itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from baohao.app.ports import Judged, TokenForged, Verifier
from baohao.app.receipts import saying
from baohao.app.receipts.standing import standing
from baohao.store import receipts
from baohao.store.sql import Connection

_RECEIPT = re.compile(r"(.+)/(\d{4})/(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was found of a file or a token."""

    #: Of a file: "good", "bad" or "none"; empty: there is no file.
    signature: str
    #: Why it is bad.
    why: str = ""
    #: "good", "bad" or "none".
    token: str
    #: What the token says, if it is good.
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether all of it is proven: of a file that nobody signed, only the token is."""
        return self.signature in ("", "good") and self.token == "good"  # noqa: S105


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How the database has it."""

    #: "valid", "reversed", or "unknown": there is no such receipt, or it says something else.
    state: str
    #: "original" or "copy" of a file; "other": a paper that we do not know · "": there is no file.
    print: str = ""
    reversed_at: datetime | None = None


def of_token(by: Verifier, text: str) -> Proof:
    """Judge a token, or an address that ends in one."""
    try:
        said = saying.read(by.read(re.split(r"[/#?=]", text.strip())[-1]))
    except TokenForged:
        return Proof(signature="", token="bad")  # noqa: S106
    return Proof(signature="", token="good", said=said)  # noqa: S106


def of_file(by: Verifier, pdf: bytes) -> Proof:
    """Judge a PDF: its signature, and the token that it carries."""
    judged = by.judge(pdf)
    if not judged.token:
        return _of(judged, "none", {})
    token = of_token(by, judged.token)
    return _of(judged, token.token, token.said)


def _of(judged: Judged, token: str, said: Mapping[str, Any]) -> Proof:
    return Proof(signature=judged.signature, why=judged.why, token=token, said=said)


def state(conn: Connection, by: Verifier, proof: Proof, pdf: bytes | None = None) -> State:
    """Say how the database has a receipt whose token is good."""
    found = _RECEIPT.fullmatch(str(proof.said.get("receipt", "")))
    kept = receipts.find(conn, found[1], int(found[2]), int(found[3])) if found else None
    if kept is None or saying.read(by.read(kept.token)) != proof.said:
        return State(state="unknown", print="" if pdf is None else "other")
    now = standing(conn, kept)
    return State(
        state="valid" if now.reversed_at is None else "reversed",
        print="" if pdf is None else _print(proof, pdf, now.digest),
        reversed_at=now.reversed_at,
    )


def _print(proof: Proof, pdf: bytes, digest: bytes | None) -> str:
    if sha256(pdf).digest() == digest:
        return "original"
    # Only we sign, and we mark as a copy whatever is not the first print.
    return "copy" if proof.signature == "good" else "other"
