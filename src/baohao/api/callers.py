"""
Callers: who asks, by the key that came with a request, and how often they may.

A key is looked up once and remembered for a few seconds: one that was put away is dead by then, in
every process. What is no key at all (its checksum says so) never reaches the database.

    KeyRefusal
    ├── KeyMissing         no key came
    ├── RateOver           too many requests in a second
    ├── BudgetOver         too many requests in a day
    └── SignatureWrong     the request is not signed as this key needs
"""

from __future__ import annotations

import hmac
import re
import time
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from baohao.app.partners import keys
from baohao.app.partners.keys import Bearer
from baohao.core import credentials
from baohao.core.agents import Agent
from baohao.core.credentials import (
    BudgetOver,
    Credential,
    KeyElsewhere,
    KeyMalformed,
    KeyRefusal,
    KeyUnknown,
    Scope,
    ScopeMissing,
)

#: How long a key is remembered; a minute is what is promised to whoever puts one away.
REMEMBERED_S = 5.0
#: And how many; who tries keys by the million must not fill our memory.
REMEMBERED_MAX = 20_000
#: How far the clock of one who signs may be off.
SIGNED_WITHIN_S = 300
DAY_S = 86_400
_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})", re.ASCII)

Headers = Mapping[bytes, bytes]
#: Finds who has a live key by its id; raises `KeyUnknown`, `AgentInactive`.
Find = Callable[[str], Awaitable[Bearer]]


class KeyMissing(KeyRefusal):
    """Send your key: Authorization: Bearer bh_live_..."""

    code = "key.missing"


class RateOver(KeyRefusal):
    """The key asks oftener than {per_second} times a second; ask again in {retry_after_s} s."""

    code = "key.rate"

    def __init__(self, *, per_second: int, retry_after_s: int) -> None:
        super().__init__(per_second=per_second, retry_after_s=retry_after_s)
        #: The usual headers.
        self.limits = _limits(per_second, 0, retry_after_s)


class SignatureWrong(KeyRefusal):
    """
    The request is not signed as this key needs: {reason}. Send Baohao-Signature: t=SECONDS,v1=HEX,
    the HMAC-SHA256 of "SECONDS.METHOD.PATH?QUERY." and the body, under the key's signing secret.
    """

    code = "key.signature"


@dataclass(slots=True)
class Allowance:
    """What is left to a key: a bucket that refills, and what it has asked today."""

    per_second: int
    left: float
    at: float
    #: Not written down yet, and what was when it last was.
    pending: int = 0
    today: int = 0
    #: It was refused for its day's budget: whether another day has begun is to be asked.
    is_over: bool = False

    def take(self, now: float) -> int:
        """Take one request; return how many seconds to wait where there is none."""
        self.left = min(2.0 * self.per_second, self.left + (now - self.at) * self.per_second)
        self.at = now
        if self.left < 1:
            return max(1, round((1 - self.left) / self.per_second))
        self.left -= 1
        self.pending += 1
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks."""

    credential: Credential
    #: Whose float pays; `None`: an operator's own systems.
    agent: Agent | None
    #: Whose lines it may ask about.
    operators: frozenset[str]
    allowance: Allowance

    @property
    def principal(self) -> str:
        """The agent or the operator, never the key."""
        return self.credential.owner

    @property
    def channel(self) -> str:
        """Where what it asks comes from."""
        return "api"

    def may(self, scope: Scope) -> None:
        """Raise `ScopeMissing` where the key is not for that."""
        if scope not in self.credential.scopes:
            raise ScopeMissing(scope=str(scope))

    @property
    def limits(self) -> list[tuple[bytes, bytes]]:
        """The usual headers."""
        each = self.allowance
        full_in = max(0.0, 2 * each.per_second - each.left) / each.per_second
        return _limits(each.per_second, int(each.left), int(full_in) + 1)


@dataclass(slots=True)
class Signing:
    """Holds a signature against a body that comes in pieces; without one, nothing."""

    mac: hmac.HMAC | None = None
    signature: str = ""

    def update(self, piece: bytes) -> None:
        """Take the next piece of the body."""
        if self.mac is not None:
            self.mac.update(piece)

    def end(self) -> None:
        """Raise `SignatureWrong` where it is another body's."""
        if self.mac is None or hmac.compare_digest(self.mac.hexdigest(), self.signature):
            return
        raise SignatureWrong(reason="it is of another request, or under another secret")


@dataclass(slots=True)
class _Remembered:
    at: float
    bearer: Bearer


@dataclass(slots=True)
class Callers:
    """Tells who asks. Of one event loop."""

    find: Find
    #: Returns a signing secret, of what is kept of it and the key that it belongs to.
    unseal: Callable[[str, str], str]
    _known: dict[str, _Remembered] = field(default_factory=dict)
    #: Whole keys that were right, and their ids.
    _whole: dict[bytes, tuple[str, str]] = field(default_factory=dict)
    _allowances: dict[tuple[str, str], Allowance] = field(default_factory=dict)

    async def caller(self, headers: Headers, address: str) -> Caller:
        """
        Return who asks, and count it.

        Raises `KeyMissing`, `KeyMalformed`, `KeyUnknown`, `KeyElsewhere`, `AgentInactive`,
        `RateOver` or `BudgetOver`.
        """
        kind, _, text = headers.get(b"authorization", b"").partition(b" ")
        is_plain = kind.lower() == b"basic"
        if is_plain:
            # Robots that send no headers of their own send a password that stands in the address.
            text = _password(text)
        if (kind.lower() != b"bearer" and not is_plain) or not text:
            raise KeyMissing()
        bearer = await self._bearer(text.strip())
        if is_plain and not bearer.credential.keeper:
            raise KeyMissing()
        if not bearer.credential.comes_from(address):
            raise KeyElsewhere()
        return self._admitted(bearer)

    def signed(self, caller: Caller, headers: Headers, request: bytes, body: bytes) -> None:
        """
        Hold the signature against the request, "METHOD.PATH?QUERY", where the key needs one.

        Raises `SignatureWrong`. A request that is sent twice is caught by its idempotency key.
        """
        signing = self.signing(caller, headers, request)
        signing.update(body)
        signing.end()

    def signing(self, caller: Caller, headers: Headers, request: bytes) -> Signing:
        """
        Return what holds the signature against a request whose body comes in pieces.

        Raises `SignatureWrong` where it can be right for no body.
        """
        sealed = caller.credential.signing
        if not sealed:
            return Signing()
        found = _SIGNATURE.fullmatch(headers.get(b"baohao-signature", b"").decode("latin-1"))
        if found is None:
            raise SignatureWrong(reason="there is none, or it is written otherwise")
        # Who signs has the world's clock, whatever a demo adds to the house's.
        if abs(time.time() - int(found[1])) > SIGNED_WITHIN_S:  # noqa: TID251
            raise SignatureWrong(reason=f"its time is more than {SIGNED_WITHIN_S} s off")
        secret = self.unseal(sealed, caller.credential.signing_context).encode()
        return Signing(_mac(secret, int(found[1]), request), found[2])

    def forget(self, id_: str) -> None:
        """Look a key up anew the next time that it comes."""
        self._known.pop(id_, None)

    def pending(self) -> dict[tuple[str, str], int]:
        """Take what is not written down yet: (owner, id) -> requests."""
        found = {}
        for name, allowance in self._allowances.items():
            if allowance.pending or allowance.is_over:
                found[name] = allowance.pending
                allowance.today += allowance.pending
                allowance.pending, allowance.is_over = 0, False
        return found

    def keep(self, used: Mapping[tuple[str, str], int]) -> None:
        """Take back what could not be written down."""
        for name, requests in used.items():
            self._allowances[name].pending += requests
            self._allowances[name].today -= requests

    def counted(self, today: Mapping[str, int]) -> None:
        """Learn what keys have asked today in all, through every process."""
        for (_, id_), allowance in self._allowances.items():
            if id_ in today:
                allowance.today = today[id_]

    async def _bearer(self, text: bytes) -> Bearer:
        id_, secret = self._whole.get(text) or _read(text)
        now = time.monotonic()
        known = self._known.get(id_)
        if known is None or now - known.at > REMEMBERED_S:
            self._known.pop(id_, None)
            bearer = await self.find(id_)
            if len(self._known) >= REMEMBERED_MAX:
                self._known.clear()
            known = self._known[id_] = _Remembered(now, bearer)
        if secret:
            if not keys.fits(known.bearer.credential, secret):
                raise KeyUnknown()
            if len(self._whole) >= REMEMBERED_MAX:
                self._whole.clear()
            # The secret of an id never changes: it need not be looked at again.
            self._whole[text] = (id_, "")
        return known.bearer

    def _admitted(self, bearer: Bearer) -> Caller:
        credential = bearer.credential
        allowance = self._allowance(credential)
        if allowance.today + allowance.pending >= credential.per_day:
            allowance.is_over = True
            # The day is the world's: a demo's clock stands elsewhere in it.
            left_s = DAY_S - int(time.time()) % DAY_S  # noqa: TID251
            raise BudgetOver(per_day=credential.per_day, retry_after_s=left_s)
        wait_s = allowance.take(time.monotonic())
        if wait_s:
            raise RateOver(per_second=credential.per_second, retry_after_s=wait_s)
        return Caller(
            credential=credential,
            agent=bearer.agent,
            operators=bearer.operators,
            allowance=allowance,
        )

    def _allowance(self, credential: Credential) -> Allowance:
        name = (credential.owner, credential.id)
        found = self._allowances.get(name)
        if found is None or found.per_second != credential.per_second:
            per_second = credential.per_second
            was = found or Allowance(per_second, 0, time.monotonic())
            found = Allowance(
                per_second, 2.0 * per_second, time.monotonic(), was.pending, was.today
            )
            self._allowances[name] = found
        return found


def _limits(per_second: int, left: int, reset_s: int) -> list[tuple[bytes, bytes]]:
    return [
        (b"ratelimit-limit", b"%d" % (2 * per_second)),
        (b"ratelimit-remaining", b"%d" % left),
        (b"ratelimit-reset", b"%d" % reset_s),
    ]


def _password(text: bytes) -> bytes:
    """Return the password of a Basic authorization (RFC 7617); empty: there is none."""
    try:
        return b64decode(text.strip(), validate=True).partition(b":")[2]
    except ValueError:
        return b""


def _read(text: bytes) -> tuple[str, str]:
    try:
        return credentials.read(text.decode("ascii"))
    except UnicodeDecodeError:
        raise KeyMalformed() from None


def signature(secret: bytes, at: int, request: bytes, body: bytes) -> str:
    """Return what signs a request, "METHOD.PATH?QUERY", at so many seconds since 1970."""
    mac = _mac(secret, at, request)
    mac.update(body)
    return mac.hexdigest()


def _mac(secret: bytes, at: int, request: bytes) -> hmac.HMAC:
    return hmac.new(secret, b"%d.%b." % (at, request), sha256)
