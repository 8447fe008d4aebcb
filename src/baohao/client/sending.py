"""
Sending: a request until it is answered, each time under the same idempotency key.

That key is what makes it safe to ask again: the API does a write once under it, and tells everybody
who comes later what it told the first.
"""

from __future__ import annotations

import hmac
import json
import random
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import httpx

from baohao.client.failures import OutcomeUnknown, Refused

#: The first pause; each next one is twice as long. Chance shortens it: many must not come at once.
PAUSE_S = 0.2
PAUSE_MAX_S = 10.0
#: Whoever answers so may have done it, or not yet: something between us and it has failed.
BROKEN = frozenset({500, 502, 503, 504})
#: But this is the API's own last word: people will look at it.
PARKED = "ask.parked"
#: Nothing was sent when one of these came.
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
#: Nor can it ever be: the address or a header is no such thing.
MISUSED = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
#: These are told before the idempotency key is looked up, so they say nothing of an earlier try.
BEFORE_THE_KEY = frozenset({401, 403, 404})


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """What came of sending a request once."""

    #: 0: no answer.
    status: int = 0
    told: Any = None
    #: How long we are asked to wait before we come again; `None`: we are not.
    retry_after_s: int | None = None
    #: It may have been done, though nobody said so.
    is_unclear: bool = False
    #: What came instead of an answer, in a few words; or the code of a refusal.
    why: str = ""

    @property
    def is_final(self) -> bool:
        """Whether that was the answer."""
        return self.status > 0 and not self.is_unclear and self.retry_after_s is None


class Wire:
    """Sends requests with a key, over connections that are kept."""

    def __init__(
        self,
        url: str,
        key: str,
        signing_secret: str | None,
        timeout_s: float,
        patience_s: float,
    ) -> None:
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=timeout_s
        )
        self._secret = signing_secret.encode() if signing_secret is not None else None
        self._patience_s = patience_s

    def send(self, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        """
        Send a request until it is answered, and return what is told.

        Raises `Refused` and, when patience is over, `OutcomeUnknown`.
        """
        content = None if body is None else _encoded(body)
        begun, attempt, is_unclear = time.monotonic(), 0, False
        while True:
            found = self._try(method, path, content, key)
            is_unclear = is_unclear or found.is_unclear
            wait_s = pause_s(attempt, found.retry_after_s, random.random())  # noqa: S311 - no secret
            if found.is_final or time.monotonic() - begun + wait_s > self._patience_s:
                return _outcome(found, is_unclear, key)
            time.sleep(wait_s)
            attempt += 1

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _try(self, method: str, path: str, content: bytes | None, key: str | None) -> Try:
        request = self._http.build_request(
            method, path, content=content, headers=self._headers(content, key)
        )
        if self._secret is not None:
            # Signed anew each time: a signature is good for five minutes.
            request.headers["Baohao-Signature"] = signed(
                self._secret, method, request.url.raw_path, content or b""
            )
        try:
            answer = self._http.send(request)
        except MISUSED:
            raise
        except UNSENT as error:
            return Try(why=type(error).__name__)
        except httpx.RequestError as error:
            return Try(is_unclear=True, why=type(error).__name__)
        return _read(answer)

    @staticmethod
    def _headers(content: bytes | None, key: str | None) -> dict[str, str]:
        headers = {} if key is None else {"Idempotency-Key": key}
        return headers if content is None else {**headers, "Content-Type": "application/json"}


def pause_s(attempt: int, retry_after_s: int | None, chance: float) -> float:
    """Return how long to wait after a try, the first being 0; `chance` is between 0 and 1."""
    own = min(PAUSE_MAX_S, PAUSE_S * 2.0 ** min(attempt, 30)) * (0.5 + chance / 2)
    return max(own, float(retry_after_s or 0))


def signature(secret: bytes, at: int, request: bytes, body: bytes) -> str:
    """Return what signs a request, "METHOD.PATH?QUERY", at so many seconds since 1970."""
    return hmac.new(secret, b"%d.%b.%b" % (at, request, body), sha256).hexdigest()


def signed(secret: bytes, method: str, target: bytes, body: bytes) -> str:
    """Return the header that signs a request now."""
    at = int(time.time())  # noqa: TID251 - the world's clock, which is what the API compares with
    return f"t={at},v1={signature(secret, at, method.encode() + b'.' + target, body)}"


def _outcome(found: Try, is_unclear: bool, key: str | None) -> Any:
    """Return what the last try was told; `is_unclear`: one of them may have been done."""
    if found.is_final and 200 <= found.status < 300:
        return found.told
    says_nothing = not found.is_final or found.status in BEFORE_THE_KEY
    if not found.status or (is_unclear and says_nothing):
        raise OutcomeUnknown(key, found.why)
    raise Refused(found.status, found.told, key)


def _read(answer: httpx.Response) -> Try:
    status, after = answer.status_code, answer.headers.get("retry-after", "")
    try:
        told = answer.json()
    except ValueError:
        told = None
    if answer.is_success:
        if told is None and answer.content:
            return Try(status=status, is_unclear=True, why="an answer that cannot be read")
        return Try(status=status, told=told)
    problem = told if isinstance(told, dict) else {}
    wait_s = int(after) if after.isdecimal() else 0 if status == 429 else None
    is_broken = status in BROKEN and problem.get("code") != PARKED
    # A 409 that asks to come again: the first one with the key is still on its way.
    is_on_its_way = status == 409 and wait_s is not None
    return Try(
        status=status,
        told=problem,
        retry_after_s=wait_s,
        is_unclear=is_broken or is_on_its_way,
        why=problem.get("code") or f"HTTP status {status}",
    )


def _encoded(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
