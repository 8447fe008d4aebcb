"""What every page that asks of the door shares: the ask, who pays, what is told of an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from baohao.api.callers import Caller
from baohao.api.problems import BodyMalformed, IfMatchWrong, standing_at
from baohao.app import wishes
from baohao.app.charging.listing import Charge
from baohao.app.door import Answered
from baohao.core.agents import Agent
from baohao.core.asks import Ask
from baohao.core.civil import Span, aware
from baohao.core.credentials import KeyRefusal, Scope, ScopeMissing
from baohao.core.identifiers.number import parse_number
from baohao.outside.ids import new_id

_VERSION = re.compile(r'\s*"(\d{1,9})"\s*', re.ASCII)


class AgentsOnly(KeyRefusal):
    """Only agents have that; the key is of an operator's own systems."""

    code = "key.agents_only"


class OperatorsOnly(KeyRefusal):
    """Only an operator's own systems may do that; the key is of an agent."""

    code = "key.operators_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the asker was shown."""

    #: In UTC.
    until: datetime | None = None
    version: int | None = None


NOTHING = Expected()


def expected(until: datetime | None, version: int | None, if_match: str | None) -> Expected:
    """
    Return what the asker was shown; the ETag of a line in If-Match is its version.

    Raises `IfMatchWrong`, also where the two differ, and `BodyMalformed`.
    """
    if if_match is not None:
        tag = _VERSION.fullmatch(if_match)
        if tag is None:
            reason = 'write the ETag of the line, as in "7"'
            raise IfMatchWrong(reason=reason, pointer="/If-Match")
        if version not in (None, int(tag[1])):
            reason = "it is another version than expect_version"
            raise IfMatchWrong(reason=reason, pointer="/expect_version")
        version = int(tag[1])
    try:
        return Expected(until=None if until is None else aware(until), version=version)
    except OverflowError:
        raise BodyMalformed(pointer="/expect_until", reason="no calendar has that day") from None


def paid_by(caller: Caller) -> str:
    """Return the float that pays; raises `ScopeMissing` for an operator's own systems."""
    if caller.agent is None:
        raise ScopeMissing(scope=str(Scope.SELL))
    return caller.agent.float_account


def agent_of(caller: Caller) -> Agent:
    """Return the agent that asks; raises `AgentsOnly`."""
    if caller.agent is None:
        raise AgentsOnly()
    return caller.agent


def operator_of(caller: Caller) -> str:
    """Return the operator whose own systems ask; raises `OperatorsOnly`."""
    if caller.agent is not None:
        raise OperatorsOnly()
    return caller.credential.operator


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
    with standing_at("/number"):
        subject = parse_number(number)
    return Ask(
        id=new_id(),
        verb=verb,
        subject=subject,
        key=key,
        principal=caller.principal,
        channel=caller.channel,
        payload=payload,
        expect_until=expected.until,
        expect_version=expected.version,
    )


def term(text: str) -> Span:
    """Read a term as people write it; raises `SpanMalformed`."""
    with standing_at("/term"):
        return wishes.term(text)


def receipt_of(answer: Answered) -> str:
    """Return where the receipt of a paid act is; with its number it is found at once."""
    return f"/v1/receipts/{answer.answer['id']}?number={quote(answer.subject)}"


def sold(answer: Answered, charge: Charge | None = None) -> dict[str, Any]:
    """
    Return what is told of a paid act: the same, however often it is asked for.

    But for its charge in an operator's own system, which is as it stands.
    """
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
    if charge is not None:
        found["charge"] = charged(charge)
    return found


def charged(charge: Charge) -> dict[str, Any]:
    """Return what is told of a sale in its operator's own system."""
    last = charge.last_at
    return {
        "state": charge.state,
        "their_id": charge.their_id or None,
        "last_at": None if last is None else last.isoformat(),
    }
