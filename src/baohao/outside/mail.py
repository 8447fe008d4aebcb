"""
Mail: letters over SMTP (RFC 5321), each handed over by itself; the adapter of `Mail`.

Where the connection breaks after the letter was given, the server may have it. The letter is sent
again with the same Message-ID, by which mailboxes know that it is the same.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from pathlib import Path

from baohao.app.ports.telling import Letter, Posted

#: A server that says nothing for so long is away (seconds).
TIMEOUT_S = 20.0
#: What every server takes.
ASCII = SMTP.clone(cte_type="7bit")
#: Of what a server says; the rest is advertising.
REPLY_MAX = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where letters are handed over."""

    host: str
    port: int
    #: "starttls", "implicit" or "none".
    tls: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None


class SmtpMail:
    """Hands letters to a mail server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        name, self._from = parseaddr(server.sender)
        local, _, self._domain = self._from.rpartition("@")
        self._sender = Address(name, local, self._domain)

    def send(self, letter: Letter) -> Posted:
        """Hand a letter to the mail server; raises nothing."""
        try:
            message = self._message(letter)
        except (MessageError, ValueError, IndexError):
            # Whoever typed the address is asked for another one.
            return Posted(code=553, reply="the address cannot be written")
        try:
            with self._connected() as smtp:
                return self._handed(smtp, letter.to, message)
        except (smtplib.SMTPException, OSError) as error:
            # What it says may hold the address.
            return Posted(reply=type(error).__name__)

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        where = (server.host, server.port, self._domain)
        smtp: smtplib.SMTP
        if server.tls == "implicit":
            smtp = smtplib.SMTP_SSL(*where, timeout=TIMEOUT_S, context=self._context())
        else:
            smtp = smtplib.SMTP(*where, timeout=TIMEOUT_S)
        try:
            if server.tls == "starttls":
                smtp.starttls(context=self._context())
            if server.user:
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._server.ca_file)

    def _handed(self, smtp: smtplib.SMTP, to: str, message: EmailMessage) -> Posted:
        smtp.ehlo_or_helo_if_needed()
        is_wide = not to.isascii()
        if is_wide and not smtp.has_extn("smtputf8"):
            return Posted(code=553, reply="the server takes no such address")
        wide = ["SMTPUTF8"] if is_wide else []
        code, said = smtp.mail(self._from, wide)
        if code != 250:
            # It is about us, not about the reader.
            return Posted(reply=_said(code, said))
        code, said = smtp.rcpt(to)
        if code in (250, 251):
            code, said = smtp.data(message.as_bytes())
        return Posted(code=code, reply=_said(code, said))

    def _message(self, letter: Letter) -> EmailMessage:
        """Write a letter: plain text, and the same as HTML beside it."""
        # What is no ASCII is written as ASCII, but where the address itself is none.
        message = EmailMessage(policy=ASCII if letter.to.isascii() else SMTPUTF8)
        message["From"] = self._sender
        message["To"] = _address(letter.to)
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(letter.at)
        message["Message-ID"] = f"<{letter.id.hex}@{self._domain}>"
        # Whoever answers letters by itself lets this one be (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        if letter.preferences_url:
            message["List-Unsubscribe"] = f"<{letter.preferences_url}>"
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        message["Content-Language"] = letter.language
        return message


def _address(to: str) -> Address:
    """Read an address; raises `ValueError` or `MessageError` where it is none."""
    if to.isascii():
        return Address(addr_spec=to)
    local, _, domain = to.rpartition("@")
    if not local or not domain or not to.isprintable() or set(to) & set(' "(),:;<>[]\\'):
        raise ValueError("no address")
    return Address("", local, domain)


def _said(code: int, said: bytes) -> str:
    """Return what a server said, without anybody's address."""
    words = said.decode("utf-8", "replace").split()
    return " ".join([str(code), *(word for word in words if "@" not in word)])[:REPLY_MAX]
