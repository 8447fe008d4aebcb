"""
eSIM activation codes (GSMA SGP.22 section 4.1): `LPA:1$smdp.example.com$MATCHING-ID$oid$1`.

Whoever has the code can install the profile, often once only: the matching id is a bearer secret.
It is shown by no `repr`, no `str` and no refusal; `reveal` gives the whole text to whoever must
have it. The optional fifth part says that a confirmation code will be asked for; the code itself is
never in the text.

Accepted, after blanks and line ends at both ends: three to five parts between `$`, with or without
`LPA:` in any case; the parts are kept as written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from baohao.core.identifiers.malformed import MalformedIdentifier
from baohao.core.identifiers.writing import LINE_ENDS

#: The only format there is, the first part.
FORMAT = "1"
PREFIX = "LPA:"
# SGP.22 version 2 defines five parts, and 255 characters as the longest text.
LEAST_PARTS, MOST_PARTS, MOST_CHARACTERS = 3, 5, 255

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
# Printable ASCII but for the separator: the standard's alphabet is smaller, issuers' is not.
_NOT_MATCHING_ID = re.compile("[^!-#%-~]")
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*))+|")


class MalformedActivationCode(MalformedIdentifier):
    """Activation code '{value}' is not valid."""

    code = "malformed.activation_code"
    what = "Activation code"


class ActivationCodeLength(MalformedActivationCode):
    """Activation code '{value}' is not valid: {count} characters, at most 255 are allowed."""

    code = "malformed.activation_code.length"


class ActivationCodeFormat(MalformedActivationCode):
    """Activation code '{value}' is not valid: it does not begin with 1$ or LPA:1$."""

    code = "malformed.activation_code.format"


class ActivationCodeParts(MalformedActivationCode):
    """Activation code '{value}' is not valid: {count} parts between $; 3 to 5 are defined."""

    code = "malformed.activation_code.parts"


class ActivationCodeServer(MalformedActivationCode):
    """Activation code '{value}' is not valid: no server name (SM-DP+) at index {position}."""

    code = "malformed.activation_code.server"


class ActivationCodeMatchingId(MalformedActivationCode):
    """Activation code '{value}' is not valid: matching id, index {position}: stray character."""

    code = "malformed.activation_code.matching_id"


class ActivationCodeOid(MalformedActivationCode):
    """Activation code '{value}' is not valid: no object identifier at index {position}."""

    code = "malformed.activation_code.oid"


class ActivationCodeFlag(MalformedActivationCode):
    """Activation code '{value}' is not valid: the part at index {position} can only be 1."""

    code = "malformed.activation_code.flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationCode:
    """Where a profile can be fetched, and the secret that fetches it."""

    #: Name of the server (SM-DP+), as written.
    smdp: str
    #: The bearer secret; empty when the server knows the device's EID.
    matching_id: str = field(repr=False)
    #: Object identifier of the server's certificate, when the code pins it.
    oid: str | None = None
    #: Whether the holder will be asked for a confirmation code.
    confirmation_required: bool = False

    def __str__(self) -> str:
        return f"{PREFIX}{FORMAT}${self.smdp}$…"

    def reveal(self) -> str:
        """Return the whole text, secret included, as a QR code carries it."""
        parts = [FORMAT, self.smdp, self.matching_id]
        if self.oid or self.confirmation_required:
            parts.append(self.oid or "")
        if self.confirmation_required:
            parts.append("1")
        return PREFIX + "$".join(parts)


def parse_activation_code(text: str) -> ActivationCode:
    """
    Read an activation code, from a QR code or typed.

    Refuses with a `MalformedActivationCode`, whose `value` never shows more than the server.
    """
    plain = text.strip(LINE_ENDS + " ")
    start = text.find(plain)
    if len(plain) > MOST_CHARACTERS:
        raise ActivationCodeLength(value="…", position=start + MOST_CHARACTERS, count=len(plain))
    if plain[: len(PREFIX)].upper() == PREFIX:
        plain, start = plain[len(PREFIX) :], start + len(PREFIX)
    parts = plain.split("$")
    if parts[0] != FORMAT:
        raise ActivationCodeFormat(value="…", position=start)
    if not LEAST_PARTS <= len(parts) <= MOST_PARTS:
        raise ActivationCodeParts(value="…", position=None, count=len(parts))
    _check_parts(parts, start)
    _, smdp, matching_id, oid, flag = parts + [""] * (MOST_PARTS - len(parts))
    return ActivationCode(
        smdp=smdp,
        matching_id=matching_id,
        oid=oid or None,
        confirmation_required=flag == "1",
    )


def _check_parts(parts: list[str], start: int) -> None:
    # Index of each part in the text as given: the parts before it and their separators.
    starts = [start + sum(len(part) + 1 for part in parts[:index]) for index in range(len(parts))]
    if not _HOST.fullmatch(parts[1]):
        raise ActivationCodeServer(value="…", position=starts[1])
    value = f"{PREFIX}{FORMAT}${parts[1]}$…"
    if stray := _NOT_MATCHING_ID.search(parts[2]):
        raise ActivationCodeMatchingId(value=value, position=starts[2] + stray.start())
    if len(parts) > 3 and not _OID.fullmatch(parts[3]):
        raise ActivationCodeOid(value=value, position=starts[3])
    if len(parts) > 4 and parts[4] not in ("", "1"):
        raise ActivationCodeFlag(value=value, position=starts[4])
