"""Letters over the wire: well formed, sealed on the way, whatever the server does."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from baohao.app.ports.telling import Letter
from baohao.config import BadSetting, settings
from baohao.outside.mail import Server, SmtpMail
from baohao.outside.pretend import post_office as fates
from baohao.outside.pretend.post_office import PostOffice, by_chance, kept

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


def letter(**more: Any) -> Letter:
    usual: dict[str, Any] = {
        "id": UUID(int=7),
        "to": "man@example.org",
        "subject": "為 +85366•••001 續期",
        "text": "請續期。\n",
        "html": "<p>請續期。</p>\n",
        "language": "zh-Hant",
        "at": NOW,
        "preferences_url": "https://keep.example/my/preferences/",
    }
    return Letter(**(usual | more))


def mail(office: PostOffice, **more: Any) -> SmtpMail:
    usual: dict[str, Any] = {"host": "127.0.0.1", "tls": "none", "sender": "示範 <n@demo.example>"}
    return SmtpMail(Server(port=office.port, **(usual | more)))


def test_a_letter_is_well_formed(tmp_path: Path) -> None:
    with PostOffice(tmp_path / "box") as office:
        posted = mail(office).send(letter())
    assert (posted.is_taken, posted.code) == (True, 250)
    ((to, found),) = office.received
    assert to == "man@example.org"
    assert found["Subject"] == "為 +85366•••001 續期"
    assert found["Message-ID"] == f"<{UUID(int=7).hex}@demo.example>"
    assert found["Date"].datetime == NOW
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["List-Unsubscribe"] == "<https://keep.example/my/preferences/>"
    assert found["Content-Language"] == "zh-Hant"
    assert found.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]
    plain, html = (body(found, kind) for kind in ("plain", "html"))
    assert "請續期。" in plain
    assert "<p>請續期。</p>" in html
    # Nothing but ASCII travels to a server that may not take more.
    raw = (tmp_path / "box").rglob("*")
    assert all(file.read_bytes().isascii() for file in raw if file.is_file())
    assert [each["Subject"] for each in kept(tmp_path / "box")] == [found["Subject"]]
    assert kept(tmp_path / "none") == []


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


@pytest.mark.parametrize(
    ("fate", "code"),
    [(fates.GREYLISTED, 451), (fates.BUSY, 452), (fates.REFUSED, 550), (fates.SPAM, 554)],
)
def test_what_a_server_says_is_told(fate: str, code: int) -> None:
    with PostOffice(fates=[fate]) as office:
        posted = mail(office).send(letter())
        assert (posted.code, posted.is_taken, posted.is_refused) == (code, False, code >= 500)
        assert "@" not in posted.reply
        assert mail(office).send(letter()).is_taken


def test_a_server_that_breaks_off_has_said_nothing(tmp_path: Path) -> None:
    with PostOffice(fates=[fates.LOST]) as office:
        posted = mail(office).send(letter())
        assert (posted.code, posted.is_taken, posted.is_refused) == (0, False, False)
        assert len(office.received) == 1


def test_whom_nobody_answers_is_no_failure() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        server = Server(
            host="127.0.0.1", port=unheard.getsockname()[1], tls="none", sender="n@demo.example"
        )
        assert SmtpMail(server).send(letter()).code == 0


@pytest.mark.parametrize(
    "to", ["", "a b@example.org", "a@example.org\r\nBcc: x@example.org", "@", "a@b@c", "<a@b.c>"]
)
def test_an_address_that_cannot_be_written_is_refused_and_goes_nowhere(to: str) -> None:
    with PostOffice() as office:
        posted = mail(office).send(letter(to=to))
        assert posted.is_refused
        assert office.received == []


def test_an_address_in_other_letters_goes_to_servers_that_take_them() -> None:
    with PostOffice() as office:
        assert mail(office).send(letter(to="陳@例子.example")).is_taken
        ((to, _),) = office.received
        assert to == "陳@例子.example"


def test_fates_are_the_same_for_the_same_seed() -> None:
    first, again, other = (list(islice(by_chance(seed), 40)) for seed in (1, 1, 2))
    assert first == again != other
    assert set(first) <= set(fates.FATES)


# --- sealed on the way ----------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    file.write_bytes(private + public)
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(public)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return trusted, context


def test_starttls_comes_before_the_letter(certificate: tuple[Path, ssl.SSLContext]) -> None:
    trusted, context = certificate
    with PostOffice(context=context) as office:
        named = {"host": "localhost", "tls": "starttls"}
        assert mail(office, **named, ca_file=trusted).send(letter()).is_taken
        # A server that nobody vouches for gets nothing, and neither does one without a seal.
        assert mail(office, **named).send(letter()).code == 0
        assert not mail(office, host="localhost", tls="none").send(letter()).is_taken
    assert len(office.received) == 1


@contextmanager
def sealed_door(context: ssl.SSLContext, behind: int) -> Iterator[int]:
    """Listen with TLS from the first byte, and pass everything on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            raw, _ = listening.accept()
            with (
                context.wrap_socket(raw, server_side=True) as outer,
                socket.create_connection(("127.0.0.1", behind)) as inner,
            ):
                back = threading.Thread(target=passed_on, args=(inner, outer))
                back.start()
                passed_on(outer, inner)
                inner.shutdown(socket.SHUT_WR)
                back.join()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def passed_on(one: socket.socket, other: socket.socket) -> None:
    while data := one.recv(65_536):
        other.sendall(data)


def test_tls_from_the_first_byte(certificate: tuple[Path, ssl.SSLContext]) -> None:
    trusted, context = certificate
    with PostOffice() as office, sealed_door(context, office.port) as port:
        server = Server(
            host="localhost", port=port, tls="implicit", sender="n@demo.example", ca_file=trusted
        )
        assert SmtpMail(server).send(letter()).is_taken


# --- settings -------------------------------------------------------------------------------------

WORKS = {"BAOHAO_SMTP_HOST": "mail.example", "BAOHAO_SMTP_FROM": "Demo <n@demo.example>"}


def test_settings_of_mail() -> None:
    found = settings(WORKS).smtp
    assert found is not None
    assert (found.host, found.port, found.tls) == ("mail.example", 587, "starttls")
    assert settings({}).smtp is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"BAOHAO_SMTP_FROM": ""},
        {"BAOHAO_SMTP_FROM": "nobody"},
        {"BAOHAO_SMTP_TLS": "none"},
        {"BAOHAO_SMTP_TLS": "perhaps"},
        {"BAOHAO_SMTP_PORT": "none"},
        {"BAOHAO_SMTP_USER": "me"},
    ],
)
def test_settings_that_cannot_be_used_say_so(wrong: dict[str, str]) -> None:
    with pytest.raises(BadSetting, match="BAOHAO_SMTP_"):
        settings(WORKS | wrong)
