"""
Soundness: what an ask must be before it may wait with others in a batch.

An ask that the database could not even store must not take its neighbours down: no NUL bytes, no
lone surrogates, no fractions, nothing nested without end.
"""

from __future__ import annotations

import re
from hashlib import blake2b

import msgspec

from baohao.core.asks import Ask
from baohao.core.books.chart import Account, AccountKind
from baohao.core.points import SERIES
from baohao.core.refusals import Malformed

#: A number, and of a kept card the keeper's id behind it (`core/kept.py`).
_LINE = re.compile(r"\+[1-9][0-9]{6,14}(~[A-Za-z0-9._-]{1,64})?", re.ASCII)
KEY_MAX, NAME_MAX = 200, 80
#: A line that is carried over to another number is the largest body there is.
BODY_MAX_BYTES, DEPTH_MAX = 262_144, 12
#: The daily run's verb: doing it twice changes nothing, so that no key is kept of it.
KEYLESS = frozenset({"settle"})

_canonical = msgspec.json.Encoder(order="sorted").encode


class AskMalformed(Malformed):
    """The ask's {part} is not valid: {reason}."""

    code = "ask.malformed"


def body_of(ask: Ask) -> bytes:
    """
    Return a digest of what is asked; the same key with another one is another ask.

    Raises `AskMalformed`, `AccountMalformed` or `CurrencyUnknown` for an ask that is not sound.
    """
    _name(ask.verb, "verb", NAME_MAX)
    _name(ask.principal, "principal", NAME_MAX)
    _name(ask.channel, "channel", NAME_MAX)
    if ask.key or ask.verb not in KEYLESS:
        _name(ask.key, "key", KEY_MAX)
    _subject(ask.subject)
    if ask.point and SERIES.fullmatch(ask.point) is None:
        raise AskMalformed(part="point", reason="write at most 32 of a-z, 0-9, . and -")
    until = ask.expect_until
    if until is not None and until.tzinfo is None:
        raise AskMalformed(part="expect_until", reason="it has no offset from UTC")
    _plain(ask.payload, 0)
    try:
        body = _canonical(
            [
                ask.verb,
                ask.subject,
                ask.payload,
                None if until is None else until.timestamp(),
                ask.expect_version,
            ]
        )
    except UnicodeEncodeError:
        raise AskMalformed(part="payload", reason="it has half a surrogate pair") from None
    if len(body) > BODY_MAX_BYTES:
        raise AskMalformed(part="payload", reason=f"it is longer than {BODY_MAX_BYTES} bytes")
    return blake2b(body, digest_size=16).digest()


def _name(value: str, part: str, most: int) -> None:
    if not 0 < len(value) <= most or not value.isprintable():
        raise AskMalformed(part=part, reason=f"it must be 1 to {most} printable characters")


def _subject(subject: str) -> None:
    if ":" in subject:
        account = Account.parse(subject)
        # A gateway keeps fees and hands money over; those are asks of our account with it.
        if not account.guarded and account.kind is not AccountKind.BANK:
            raise AskMalformed(part="subject", reason="nobody owns that account")
    elif _LINE.fullmatch(subject) is None:
        raise AskMalformed(part="subject", reason="write a number as +85366123456")


def _plain(value: object, depth: int) -> None:
    """Refuse what is not plain JSON, or what the database could not hold."""
    if isinstance(value, str):
        if "\0" in value:
            raise AskMalformed(part="payload", reason="it has a NUL byte")
    elif isinstance(value, dict | list):
        if depth == DEPTH_MAX:
            raise AskMalformed(part="payload", reason="it is nested too deep")
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(value, dict):
                if not isinstance(key, str):
                    raise AskMalformed(part="payload", reason="its fields must have names")
                _plain(key, depth)
            _plain(inner, depth + 1)
    elif value is None or isinstance(value, bool):
        return
    elif type(value) is not int or not -(2**63) <= value < 2**63:
        raise AskMalformed(part="payload", reason="numbers are whole and of 64 bits at most")
