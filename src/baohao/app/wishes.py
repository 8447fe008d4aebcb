"""What people write of a line: who pays, for how long, until when; read as its policy has it."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from baohao.core.civil import Span, Unit, aware, midnight
from baohao.core.decide.case import safe_until
from baohao.core.line.state import LineState
from baohao.core.policy.model import Policy
from baohao.core.refusals import Malformed

#: "12m" is months: nobody keeps a number for minutes.
_UNITS = {"d": Unit.DAY, "w": Unit.WEEK, "m": Unit.MONTH, "y": Unit.YEAR}
_SHORT_SPAN = re.compile(r"(\d{1,6}) ?([dwmy])", re.ASCII)


class DayMalformed(Malformed):
    """{value!r} is no day and no instant: write 2027-03-31, or 2027-03-31T10:00:00+08:00."""

    code = "malformed.day"


#: The till that takes cash when nobody names one.
MAIN_TILL = "main"


def payer(text: str, currency: str, till: str = MAIN_TILL) -> str:
    """
    Return the account that pays: "cash" is a till's, "float:agent-7" gets the policy's currency.
    """
    text = text.strip()
    if text == "cash":
        return f"till:{till}:{currency}"
    return text if text.count(":") != 1 else f"{text}:{currency}"


def term(text: str) -> Span:
    """Read "12m", "1y", "180d", "2w" or "12 months"; raises `SpanMalformed`."""
    written = text.strip().lower()
    short = _SHORT_SPAN.fullmatch(written)
    return Span(int(short[1]), _UNITS[short[2]]) if short is not None else Span.parse(written)


def deadline(text: str, policy: Policy) -> datetime:
    """Read an instant, or a last good day as the midnight after it; raises `DayMalformed`."""
    try:
        if len(text.strip()) == 10:
            day = date.fromisoformat(text.strip())
            return midnight(day + timedelta(days=1), policy.zone)
        return aware(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        raise DayMalformed(value=text[:40]) from None


def shown(text: str, policy: Policy, state: LineState | None) -> datetime:
    """
    Return the deadline that an asker was shown; a day means the line's own deadline on that day.

    A clock may end in the middle of a day, and people are shown the day.
    """
    wanted = deadline(text, policy)
    own = None if state is None else safe_until(state)
    if own is not None and len(text.strip()) == 10:
        last = (own - timedelta(microseconds=1)).astimezone(policy.zone).date()
        if last.isoformat() == text.strip():
            return own
    return wanted
