"""What every page that asks of the door shares: the ask, who pays, what is told of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from baohao.api.callers import Caller
from baohao.app import wishes
from baohao.app.door import Answered
from baohao.core.asks import Ask
from baohao.core.civil import Span, aware
from baohao.core.credentials import Scope, ScopeMissing
from baohao.core.identifiers.number import parse_number
from baohao.outside.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the asker was shown."""

    until: datetime | None = None
    version: int | None = None


NOTHING = Expected()


def paid_by(caller: Caller) -> str:
    """Return the float that pays; raises `ScopeMissing` for an operator's own systems."""
    if caller.agent is None:
        raise ScopeMissing(scope=str(Scope.SELL))
    return caller.agent.float_account


def asked(
    verb: str,
    number: str,
    payload: dict[str, Any],
    *,
    caller: Caller,
    key: str,
    expected: Expected = NOTHING,
) -> Ask:
    """Return an ask of the caller's; raises `MalformedNumber`, `SpanMalformed`."""
    if "term" in payload:
        # One way to write a term: the same ask, however it was written.
        payload["term"] = str(term(payload["term"]))
    return Ask(
        id=new_id(),
        verb=verb,
        subject=parse_number(number),
        key=key,
        principal=caller.principal,
        channel=caller.channel,
        payload=payload,
        expect_until=None if expected.until is None else aware(expected.until),
        expect_version=expected.version,
    )


def term(text: str) -> Span:
    """Read a term as people write it; raises `SpanMalformed`."""
    return wishes.term(text)


def sold(answer: Answered) -> dict[str, Any]:
    """Return what is told of a paid act: the same, however often it is asked for."""
    told = answer.answer
    found = {
        "id": told["id"],
        "number": answer.subject,
        "until": told.get("until"),
        "version": told["version"],
        "total_minor": told.get("total", 0),
        "currency": told.get("currency"),
    }
    if told.get("lost_days"):
        found["lost_days"] = told["lost_days"]
    return found
