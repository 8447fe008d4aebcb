"""
Webhooks: signed messages to endpoints of agents and partners, by the Standard Webhooks rules.

Only public addresses are called (outside/addresses.py), with one deadline for all of it; nothing is
followed, and of the answer only the status counts. https://www.standardwebhooks.com
"""

from __future__ import annotations

import secrets as chance
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime

import h11
from standardwebhooks import Webhook

from baohao.app.ports import AddressRefused, Sent
from baohao.outside import addresses
from baohao.outside.addresses import Address, Resolve

#: From the first packet to the last.
TOTAL_S = 10.0
#: More of an answer is not read.
ANSWER_MAX_BYTES = 65_536
#: 24 to 64 bytes, by the rules.
SECRET_BYTES = 32

Connect = Callable[[str, int, float], socket.socket]


def connect(address: str, port: int, timeout_s: float) -> socket.socket:
    """Open a connection to an address; raises OSError."""
    return socket.create_connection((address, port), timeout_s)


class Webhooks:
    """Sends to endpoints; the adapter of `Post`."""

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        resolve: Resolve = addresses.resolve,
        connect: Connect = connect,
        tls: ssl.SSLContext | None = None,
        total_s: float = TOTAL_S,
    ) -> None:
        self._allow_loopback = allow_loopback
        self._resolve = resolve
        self._connect = connect
        self._tls = tls or ssl.create_default_context()
        self._total_s = total_s

    def check(self, url: str) -> None:
        """Refuse an address to which nothing is sent, by its looks; raises `AddressRefused`."""
        addresses.read(url, allow_loopback=self._allow_loopback)

    def new_secret(self) -> str:
        """Return a new secret, as the receiver is to have it."""
        return "whsec_" + b64encode(chance.token_bytes(SECRET_BYTES)).decode()

    def send(self, url: str, message: str, body: str, secrets: Sequence[str]) -> Sent:
        """Send a body under a message's id, signed with each secret; raises nothing."""
        try:
            address = addresses.read(url, allow_loopback=self._allow_loopback)
            status = self._post(address, _headers(message, body, secrets), body.encode())
            return Sent(status=status, why="" if status else "no answer")
        except AddressRefused:
            # Not more: what lies behind a name of ours is nobody's business.
            return Sent(why="address refused")
        except TimeoutError:
            return Sent(why="time-out")
        except ssl.SSLError:
            return Sent(why="no trust")
        except (OSError, UnicodeError):
            return Sent(why="no connection")
        except h11.ProtocolError:
            return Sent(why="no answer")

    def _post(self, address: Address, headers: Sequence[tuple[str, str]], body: bytes) -> int:
        there = addresses.addresses(address, self._resolve)
        ends = time.monotonic() + self._total_s
        with closing(self._opened(address, there, ends)) as sock:
            client = h11.Connection(h11.CLIENT)
            request = h11.Request(
                method="POST",
                target=address.target,
                headers=[
                    ("host", address.authority),
                    *headers,
                    ("content-length", str(len(body))),
                    ("connection", "close"),
                ],
            )
            parts = (request, h11.Data(data=body), h11.EndOfMessage())
            sock.settimeout(_left(ends))
            sock.sendall(b"".join(client.send(part) or b"" for part in parts))
            return _status(client, sock, ends)

    def _opened(self, address: Address, there: Sequence[str], ends: float) -> socket.socket:
        """Connect to the first address that takes us, and to no other than these."""
        sock = self._first(there, address.port, ends)
        if not address.is_https:
            return sock
        try:
            sock.settimeout(_left(ends))
            return self._tls.wrap_socket(sock, server_hostname=address.host)
        except BaseException:
            sock.close()
            raise

    def _first(self, there: Sequence[str], port: int, ends: float) -> socket.socket:
        *others, last = there
        for each in others:
            try:
                return self._connect(each, port, _left(ends))
            except OSError:
                continue
        return self._connect(last, port, _left(ends))


def _headers(message: str, body: str, secrets: Sequence[str]) -> list[tuple[str, str]]:
    """Return the headers of a message, with one signature for each secret."""
    # Held against the receiver's clock, which knows nothing of what a demo adds to ours.
    at = datetime.fromtimestamp(int(time.time()), UTC)  # noqa: TID251
    signed = (Webhook(secret).sign(message, at, body) for secret in secrets)
    return [
        ("content-type", "application/json"),
        ("user-agent", "baohao"),
        ("webhook-id", message),
        ("webhook-timestamp", str(int(at.timestamp()))),
        ("webhook-signature", " ".join(signed)),
    ]


def _status(client: h11.Connection, sock: socket.socket, ends: float) -> int:
    """Return the answer's status; what comes behind it is read so as to be polite, and may fail."""
    status = 0
    try:
        for event in _events(client, sock, ends):
            if isinstance(event, h11.Response):
                status = event.status_code
    except (OSError, h11.ProtocolError):
        if not status:
            raise
    return status


def _events(client: h11.Connection, sock: socket.socket, ends: float) -> Iterator[object]:
    """Yield the parts of an answer, as far as we read any."""
    read = 0
    while True:
        event = client.next_event()
        if event is h11.NEED_DATA:
            if read >= ANSWER_MAX_BYTES:
                return
            sock.settimeout(_left(ends))
            received = sock.recv(8_192)
            read += len(received)
            client.receive_data(received)
            continue
        yield event
        if isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            return


def _left(ends: float) -> float:
    """Return how many seconds are left; raises TimeoutError."""
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
