"""What tests of messages share: a post office over the wire, a handset, and a shop that tells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

from tests.shop import Shop

from baohao.app.kept.telling import Telling
from baohao.app.library import read_library
from baohao.app.messages import preferences, remind
from baohao.app.messages.outbox import Outbox, Ways
from baohao.app.messages.preferences import Preferences
from baohao.app.messages.teller import Teller
from baohao.app.ports.telling import Mail, Push, Texts
from baohao.app.shell import Shell
from baohao.config import policies_path
from baohao.outside.ids import new_id
from baohao.outside.mail import Server, SmtpMail
from baohao.outside.pretend.post_office import PostOffice
from baohao.outside.sealing import SealsOfHouse, VaultOfHouse

SEALS = SealsOfHouse(b"k" * 32)
VAULT = VaultOfHouse(SEALS)
PAGES = "https://keep.example"
OPERATORS = read_library(policies_path()).accepted().operators


@dataclass
class Phone:
    """Short messages as they came."""

    received: list[tuple[str, str]] = field(default_factory=list)

    def send(self, number: str, text: str) -> None:
        self.received.append((number, text))


def mail_to(office: PostOffice, **more: object) -> SmtpMail:
    server = {"host": "127.0.0.1", "tls": "none", "sender": "Demo Telecom <notices@demo.example>"}
    return SmtpMail(Server(port=office.port, **(server | more)))  # type: ignore[arg-type]


def teller(shop: Shop) -> Teller:
    """Whoever writes down what the holders of a shop are told."""
    return Teller(
        terms=shop.terms(),
        operators=OPERATORS,
        seals=SEALS,
        vault=VAULT,
        pages=PAGES,
        channels=frozenset({"email", "push", "sms"}),
        cards=Telling(terms=shop.terms(), vault=VAULT),
    )


@dataclass(kw_only=True)
class Told:
    """A shop whose holders are told."""

    shop: Shop
    office: PostOffice
    phone: Phone = field(default_factory=Phone)
    mail: Mail | None = None
    texts: Texts | None = None
    push: Push | None = None

    def __post_init__(self) -> None:
        self.mail = self.mail or mail_to(self.office)

    def teller(self) -> Teller:
        return teller(self.shop)

    def outbox(self, shell: Shell | None = None, mail: Mail | None = None) -> Outbox:
        texts = self.texts or self.phone
        ways = Ways(mail=mail or self.mail, texts=texts, push=self.push)
        return Outbox(shell or self.shop.shell, self.teller(), ways, new_id)

    def prefer(self, number: str, **said: object) -> None:
        """The holder of a number says how they want to be told."""
        holder = self.shop.line(number).tenure
        assert holder is not None
        usual = {"email": "man@example.org", "language": "en"}
        said_ = Preferences(**(usual | said))  # type: ignore[arg-type]
        self.shop.shell.run(lambda conn: preferences.keep(conn, VAULT, holder.holder, said_))

    def remind(self, shell: Shell | None = None) -> int:
        return remind.run(shell or self.shop.shell, self.teller(), new_id)

    def run(self) -> None:
        """What the worker does each minute."""
        self.remind()
        self.outbox().run()

    def hush(self) -> None:
        """Forget what was told so far."""
        self.run()
        self.office.received.clear()
        self.phone.received.clear()

    def to(self, number: str, days_before: int, hour: int = 10) -> None:
        """Put the clock to a morning in Macau, so many days before the line's last paid day."""
        from baohao.core.decide.case import safe_until

        until = safe_until(self.shop.line(number))
        assert until is not None
        at = until - timedelta(days=days_before + 1) + timedelta(hours=hour)
        self.shop.later(at - self.shop.now())

    @property
    def letters(self) -> list[EmailMessage]:
        return [letter for _, letter in self.office.received]

    def states(self) -> list[tuple[str, str, str]]:
        """What became of each message."""
        found = self.shop.rows("SELECT what, channel, state FROM messages ORDER BY made_at, id")
        return [(what, channel, state) for what, channel, state in found]


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def drawn(fates: Iterable[str], folder: Path | None = None) -> PostOffice:
    return PostOffice(folder, fates)
