"""
The first run: three questions, answered once, in the terminal or on the first page.

Who are you · which language, and where · how to be told. Whoever answers owns the household. On a
network anybody could be first, so the page wants a key that stands in the terminal alone.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from baohao.app.messages import preferences
from baohao.app.messages.preferences import Preferences
from baohao.core.refusals import Refusal
from baohao.web.accounts.models import Account
from baohao.web.desk import desk
from baohao.web.household import people
from baohao.web.household.invitations import NameTaken
from baohao.web.household.models import Member
from baohao.wiring import BadSetting
from baohao.wiring.home import keep_said, mail_server

#: What is served before anybody has answered.
OPEN = ("/start/", "/static/", "/language/", "/app.webmanifest", "/sw.js", "/alive/", "/v1/")


class Started(Refusal):
    """Somebody has answered already: sign in, or ask them for a link."""

    code = "home.started"


class MailUnfit(Refusal):
    """{why}. Write the server as in mail.example.org, or mail.example.org:465."""

    code = "home.mail"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """What was answered."""

    #: What the household calls them, and what they sign in by.
    name: str
    login: str
    password: str = field(repr=False)
    email: str = ""
    language: str = ""
    zone: str = ""
    #: The mail server, as in mail.example.org:465; empty: nobody is told by mail.
    server: str = ""
    server_user: str = ""
    server_password: str = field(default="", repr=False)


def is_started() -> bool:
    """Say whether the questions were answered."""
    return Member.objects.exists()


def key() -> str:
    """Return what whoever answers on the page has to show; it stands in the terminal."""
    return desk().house.seals.sign(b"the first run of a home").hex()[:20]


def is_key(text: str) -> bool:
    """Say whether a text is the key."""
    return hmac.compare_digest(text.strip().encode(), key().encode())


def begin(answers: Answers) -> Account:
    """
    Make the household and its owner, and keep how to tell them.

    Raises `Started`, `NameTaken`, `MailUnfit`, and what `Preferences` does.
    """
    said = Preferences(email=answers.email, language=answers.language, zone=answers.zone)
    if is_started():
        raise Started()
    if Account.objects.filter(name__iexact=answers.login).exists():
        raise NameTaken(name=answers.login)
    sender = answers.email or f"baohao@{answers.server.partition(':')[0]}"
    mail = (answers.server, answers.server_user, answers.server_password)
    try:
        # First, for it may be refused, and said again changes nothing.
        keep_said(desk().house, mail_server(*mail, sender))
    except BadSetting as error:
        raise MailUnfit(why=str(error)) from None
    with transaction.atomic():
        account = Account.objects.at_home(answers.login, answers.password, title=answers.name)
        people.begin(account, answers.name)
    vault, holder = desk().house.vault, account.holder
    desk().shell.run(partial(preferences.keep, vault=vault, holder=holder, said=said))
    return account


def end_sessions() -> None:
    """Sign everybody out: sessions of a backup are of another time."""
    Session.objects.all().delete()
    UserSession.objects.all().delete()


class Unstarted:
    """Leads to the questions until they are answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._is_started = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self._is_started and not request.path.startswith(OPEN):
            self._is_started = is_started()
            if not self._is_started:
                return redirect("start")
        return self._get_response(request)
