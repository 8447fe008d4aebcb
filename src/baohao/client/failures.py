"""
What a call raises: a refusal, which changed nothing, or the lack of an answer.

    Failure
    ├── Refused          no, for a reason that has a code
    └── OutcomeUnknown   no answer came: it was done once, or not at all
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Failure(Exception):  # noqa: N818 - both are answers to be handled, not errors in the program
    """The call did not bring what was asked for."""


class Refused(Failure):
    """The API said no, and changed nothing."""

    def __init__(self, status: int, told: Mapping[str, Any], key: str | None = None) -> None:
        #: The HTTP status; of a row of many, what it would have been alone.
        self.status = status
        #: Stable and dotted, as "money.short"; empty where something else than the API answered.
        self.code = str(told.get("code", ""))
        #: What the message names, as {"needed_minor": 12000}.
        self.facts: Mapping[str, Any] = told.get("facts") or {}
        #: The field at fault (RFC 6901), as "/expect_until"; `None`: no single one.
        self.pointer: str | None = told.get("pointer")
        #: The sentence for people.
        self.detail = str(told.get("detail", f"HTTP status {status}"))
        #: The idempotency key of the write. It was not used up: the same ask may be sent again.
        self.key = key
        super().__init__(f"{self.code or status}: {self.detail}")


class OutcomeUnknown(Failure):
    """
    No answer came. A write was done once or not at all: the same call with `key` tells which.

    Calling without `key` would be another ask, and may do it twice.
    """

    def __init__(self, key: str | None, why: str) -> None:
        #: What to call again with; `None`: it was a read.
        self.key = key
        #: What came instead of an answer, in a few words.
        self.why = why
        again = f"; ask again with the key {key}" if key is not None else ""
        super().__init__(f"no answer ({why}){again}")
