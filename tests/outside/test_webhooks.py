"""Webhooks over TLS: to the address that was checked, for the name that was given."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from baohao.outside.webhooks import Webhooks

NAME, PUBLIC = "hooks.example.com", "93.184.215.14"


@dataclass(kw_only=True)
class Server:
    """Takes one connection after another, and answers each with the same bytes."""

    tls: ssl.SSLContext
    answer: bytes = b"HTTP/1.1 204 No Content\r\n\r\n"
    got: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.tls.sni_callback = lambda _sock, name, _tls: self.names.append(name)
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            try:
                with self.tls.wrap_socket(plain, server_side=True) as sock:
                    self.got.append(sock.recv(65_536))
                    sock.sendall(self.answer)
            except OSError:
                plain.close()

    def close(self) -> None:
        # A call that waits in `accept` wakes by this, not by `close`.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a certificate for a name, which signs itself; return its file and its key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert, private


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"), NAME)


@pytest.fixture
def server(files: tuple[Path, Path]) -> Iterator[Server]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*files)
    made = Server(tls=tls)
    yield made
    made.close()


def webhooks(server: Server, trusted: Path | None, total_s: float = 5.0) -> Webhooks:
    """What sends, on a network in which the server has a public address."""

    def connect(address: str, port: int, timeout_s: float) -> socket.socket:
        assert (address, port) == (PUBLIC, 443)
        return socket.create_connection(("127.0.0.1", server.port), timeout_s)

    tls = ssl.create_default_context(cafile=str(trusted) if trusted else None)
    return Webhooks(resolve=lambda *_: [PUBLIC], connect=connect, tls=tls, total_s=total_s)


def test_the_name_is_asked_for_at_the_address(server: Server, files: tuple[Path, Path]) -> None:
    post = webhooks(server, files[0])
    sent = post.send(f"https://{NAME}/hooks?a=1", "msg-1", '{"a":"保"}', ["whsec_aGVsbG8="])
    assert sent.status == 204
    assert server.names == [NAME]
    (got,) = server.got
    head, _, body = got.partition(b"\r\n\r\n")
    first, *headers = head.decode().lower().split("\r\n")
    assert first == "post /hooks?a=1 http/1.1"
    assert f"host: {NAME}" in headers
    assert "webhook-id: msg-1" in headers
    assert body == '{"a":"保"}'.encode()


def test_a_certificate_for_another_name_or_by_nobody_is_not_trusted(
    server: Server, files: tuple[Path, Path]
) -> None:
    post = webhooks(server, files[0])
    assert post.send("https://else.example.com/", "m", "{}", ["whsec_aGE="]).outcome == "no trust"
    nobody = webhooks(server, None)
    assert nobody.send(f"https://{NAME}/", "m", "{}", ["whsec_aGE="]).outcome == "no trust"
    assert server.got == []


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", "200"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000, "200"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", "202"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "no answer"),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "500"),
        (b"HTTP/1.1 301 There\r\nLocation: https://10.0.0.1/\r\nContent-Length: 0\r\n\r\n", "301"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "no answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200_000, "no answer"),
        (b"HTTP/1.1 200\x00 OK\r\n\r\n", "no answer"),
        (b"", "no answer"),
    ],
)
def test_whatever_is_answered_only_the_status_counts(
    server: Server, files: tuple[Path, Path], answer: bytes, outcome: str
) -> None:
    server.answer = answer
    sent = webhooks(server, files[0]).send(f"https://{NAME}/", "m", "{}", ["whsec_aGE="])
    assert sent.outcome == outcome


def test_a_name_that_nobody_knows_is_no_connection() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    sent = Webhooks(resolve=unknown).send(f"https://{NAME}/", "m", "{}", ["whsec_aGE="])
    assert sent.outcome == "no connection"


def test_secrets_are_as_long_as_the_rules_say() -> None:
    secrets = {Webhooks().new_secret() for _ in range(9)}
    assert len(secrets) == 9
    assert all(secret.startswith("whsec_") and len(secret) == 6 + 44 for secret in secrets)
