"""The three questions of a home, asked in a terminal, or answered by options."""

from __future__ import annotations

import getpass
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from baohao.outside.this_machine import language, zone

if TYPE_CHECKING:
    from baohao.web.home.starting import Answers

LEAST = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What options say."""

    name: str = ""
    email: str = ""
    password: str = field(default="", repr=False)
    language: str = ""
    zone: str = ""
    #: As in me@mail.example.org:465.
    mail: str = ""
    mail_password: str = field(default="", repr=False)
    #: Whether somebody sits at the terminal, and whether what nobody says is as usual.
    is_asked: bool = False
    is_usual: bool = False

    def answers(self, out: Console) -> Answers | None:
        """Return the answers; `None`: they are given on the page."""
        if self.is_asked and not self.name:
            return self._asked(out)
        if not self.name and not self.is_usual:
            return None
        name, password = self.name or _me(), self.password
        if not password:
            password = secrets.token_urlsafe(12)
            out.print(f"A password was made; change it once you are in: {password}", markup=False)
        return self._answers(name, password, self.email, self.mail, self.mail_password)

    def _asked(self, out: Console) -> Answers | None:
        out.print("Three questions; leave the first empty to answer on the page.", markup=False)
        name = typer.prompt("1  What are you called?", default="", show_default=False).strip()
        if not name:
            return None
        password = self.password
        while len(password) < LEAST:
            text = f"   A password, of {LEAST} signs or more"
            password = typer.prompt(text, hide_input=True, confirmation_prompt="   Once more")
        asked = Said(
            language=typer.prompt("2  Language: zh-Hant, zh-Hans, pt, en", default=language()),
            zone=typer.prompt("   Where are you?", default=zone()),
        )
        out.print("3  How are you told? Nothing said: by the pages and a calendar.", markup=False)
        mail = typer.prompt("   Mail server, as in me@mail.example.org:465", default="").strip()
        secret = typer.prompt("   Its password", hide_input=True, default="") if mail else ""
        email = typer.prompt("   Your e-mail address", default="").strip() if mail else ""
        return asked._answers(name, password, email, mail, secret)

    def _answers(self, name: str, password: str, email: str, mail: str, secret: str) -> Answers:
        # The pages' room is loaded by then.
        from baohao.web.home.starting import Answers

        user, _, server = mail.rpartition("@")
        return Answers(
            name=name,
            login=login_of(name),
            password=password,
            email=email,
            language=self.language or language(),
            zone=self.zone or zone(),
            server=server,
            server_user=user,
            server_password=secret,
        )


def login_of(name: str) -> str:
    """Return what somebody signs in by, made of what they are called."""
    return re.sub(r"[^\w.@+-]+", ".", name).strip(".") or "me"


def _me() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "me"
