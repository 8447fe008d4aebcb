"""
An operator's directory, pretended: an OpenID provider over HTTP on this machine.

`who` sits at the browser; `people` are those whom it knows. It signs by hand, for what verifies is
a library, and must not be its own judge. https://openid.net/specs/openid-connect-core-1_0.html

It can misbehave as `fault` says:

    nonce      answers a question of before
    audience   a token for another house
    issuer     a token of another directory
    shared     a token for two houses, made for the other
    expired    a token of an hour ago
    signature  signed by somebody else under the right key's name
    kid        signed by a key that nobody knows
    unsigned   not signed at all
    secret     signed with what both sides know
    groups     says nothing of groups
    person     speaks, at its second address, of somebody else
    silent     an error of its own
    onward     sends whoever asks for its keys elsewhere
    name       calls itself by another name
"""

from __future__ import annotations

import hmac
import json
import secrets
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from baohao.outside.pretend.listener import Listener

#: Those after which nobody may be believed.
FAULTS = (
    *("nonce", "audience", "issuer", "shared", "expired"),
    *("signature", "kid", "unsigned", "secret"),
)
#: For how long a token is good (seconds).
GOOD_S = 300
_KID = "directory-1"


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody of the directory."""

    name: str
    groups: list[str]
    #: How they showed who they are, as `amr` says it.
    methods: list[str] = field(default_factory=lambda: ["pwd"])
    #: When they last did (seconds); `None`: at each question.
    showed_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that a code answers."""

    person: str
    back: str
    challenge: str
    nonce: str
    auth_time: float


class PretendDirectory(Listener):
    """The provider; it runs from `with` to its end, on a port of its own."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        back: str,
        client: str = "baohao",
        secret: str = "not-a-secret",  # noqa: S107 - a pretended one
        groups_in_token: bool = True,
    ) -> None:
        self.client, self.secret, self.back = client, secret, back
        self.people: dict[str, Person] = {}
        #: Who sits at the browser, by their `sub`; empty: they go away again.
        self.who = ""
        self.fault = ""
        #: Whether it heeds that somebody is to be asked anew.
        self.asks_anew = True
        self.groups_in_token = groups_in_token
        #: What it was asked, in order.
        self.heard: list[str] = []
        self._clock = clock
        self._lock = Lock()
        self._codes: dict[str, Asked] = {}
        self._tokens: dict[str, str] = {}
        self._key, self._other = _pair()
        super().__init__(_handler(self))

    # --- what it answers --------------------------------------------------------------------------

    def described(self) -> dict[str, Any]:
        """Say how it works."""
        return {
            "issuer": "https://another.example" if self.fault == "name" else self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }

    def keys(self) -> dict[str, Any]:
        """Give the keys that it signs with."""
        numbers = self._key.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": _KID}
        return {"keys": [key | {"n": _number(numbers.n), "e": _number(numbers.e)}]}

    def authorize(self, said: Mapping[str, str]) -> str | None:
        """Return where the browser goes on to; `None`: whoever asks is not known."""
        known = (said.get("client_id"), said.get("redirect_uri")) == (self.client, self.back)
        if not known:
            return None
        is_whole = said.get("response_type") == "code" and "openid" in said.get("scope", "").split()
        if not is_whole or said.get("code_challenge_method") != "S256":
            return self._to_back(said, error="invalid_request")
        with self._lock:
            person = self.people.get(self.who)
            if person is None:
                return self._to_back(said, error="access_denied")
            now, code = self._clock().timestamp(), secrets.token_urlsafe(16)
            is_anew = said.get("prompt") == "login" and self.asks_anew
            self._codes[code] = Asked(
                person=self.who,
                back=self.back,
                challenge=said["code_challenge"],
                nonce=said.get("nonce", ""),
                auth_time=now if is_anew or person.showed_at is None else person.showed_at,
            )
        return self._to_back(said, code=code)

    def token(self, said: Mapping[str, str], basic: str) -> tuple[int, dict[str, Any]]:
        """Give tokens for a code, once."""
        client, _, secret = basic.partition(":") if basic else ("", "", "")
        client, secret = (
            client or said.get("client_id", ""),
            secret or said.get("client_secret", ""),
        )
        if client != self.client or not hmac.compare_digest(secret, self.secret):
            return 401, {"error": "invalid_client"}
        with self._lock:
            asked = self._codes.pop(said.get("code", ""), None)
            verifier = said.get("code_verifier", "").encode()
            is_theirs = asked is not None and _text(sha256(verifier).digest()) == asked.challenge
            if asked is None or not is_theirs or said.get("redirect_uri") != asked.back:
                return 400, {"error": "invalid_grant"}
            token = secrets.token_urlsafe(16)
            self._tokens[token] = asked.person
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": GOOD_S}
        return 200, answer | {"id_token": self._signed(self._claims(asked))}

    def userinfo(self, token: str) -> dict[str, Any] | None:
        """Say more of somebody; `None`: no token is known by that name."""
        sub = self._tokens.get(token)
        if sub is None:
            return None
        person = self.people[sub]
        said = {"sub": "another" if self.fault == "person" else sub, "name": person.name}
        return said if self.fault == "groups" else said | {"groups": person.groups}

    # --- how --------------------------------------------------------------------------------------

    def _to_back(self, said: Mapping[str, str], **answer: str) -> str:
        return f"{self.back}?{urlencode({**answer, 'state': said.get('state', '')})}"

    def _claims(self, asked: Asked) -> dict[str, Any]:
        person, now = self.people[asked.person], int(self._clock().timestamp())
        said: dict[str, Any] = {
            "iss": self.url,
            "sub": asked.person,
            "aud": self.client,
            "iat": now,
            "exp": now + GOOD_S,
            "auth_time": int(asked.auth_time),
            "nonce": asked.nonce,
            "name": person.name,
            "preferred_username": asked.person,
            "amr": person.methods,
        }
        if self.groups_in_token and self.fault != "groups":
            said["groups"] = person.groups
        wrong: dict[str, dict[str, Any]] = {
            "nonce": {"nonce": "of-before"},
            "audience": {"aud": "another"},
            "issuer": {"iss": "https://another.example"},
            "shared": {"aud": [self.client, "another"], "azp": "another"},
            "expired": {"iat": now - 3600 - GOOD_S, "exp": now - 3600},
        }
        return said | wrong.get(self.fault, {})

    def _signed(self, claims: Mapping[str, Any]) -> str:
        algorithm = {"unsigned": "none", "secret": "HS256"}.get(self.fault, "RS256")
        kid = "directory-9" if self.fault == "kid" else _KID
        head = {"alg": algorithm, "kid": kid, "typ": "JWT"}
        message = ".".join(_text(json.dumps(each).encode()) for each in (head, claims))
        if self.fault == "unsigned":
            return f"{message}."
        if self.fault == "secret":
            return f"{message}.{_text(hmac.digest(self.secret.encode(), message.encode(), sha256))}"
        key = self._other if self.fault in ("signature", "kid") else self._key
        return f"{message}.{_text(key.sign(message.encode(), padding.PKCS1v15(), SHA256()))}"


@cache
def _pair() -> tuple[rsa.RSAPrivateKey, rsa.RSAPrivateKey]:
    """Make its key and that of nobody, once: it takes long."""
    first, second = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    return first, second


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _handler(twin: PretendDirectory) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        # The names are the library's.
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            twin.heard.append(parts.path)
            if twin.fault == "silent":
                self._answer(500, {"error": "server_error"})
            elif parts.path == "/.well-known/openid-configuration":
                self._answer(200, twin.described())
            elif parts.path == "/keys":
                onward = f"{twin.url}/keys?more" if twin.fault == "onward" else None
                self._answer(200 if onward is None else 302, twin.keys(), onward)
            elif parts.path == "/authorize":
                onward = twin.authorize(_fields(parts.query))
                known = {"error": "unauthorized_client"} if onward is None else {}
                self._answer(400 if onward is None else 302, known, onward)
            elif parts.path == "/userinfo":
                kind, _, token = self.headers.get("Authorization", "").partition(" ")
                found = twin.userinfo(token) if kind == "Bearer" else None
                self._answer(401 if found is None else 200, found or {"error": "invalid_token"})
            else:
                self._answer(404, {"error": "not_found"})

        def do_POST(self) -> None:
            twin.heard.append(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            kind, _, text = self.headers.get("Authorization", "").partition(" ")
            basic = unquote_plus(b64decode(text).decode()) if kind == "Basic" else ""
            if self.path == "/token":
                self._answer(*twin.token(_fields(body), basic))
            else:
                self._answer(404, {"error": "not_found"})

        def _answer(self, status: int, said: Mapping[str, Any], onward: str | None = None) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if onward is not None:
                self.send_header("Location", onward)
            self.end_headers()
            self.wfile.write(body)

        # The signature is the library's.
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: what it heard is kept."""

    return Handler


def _fields(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}
