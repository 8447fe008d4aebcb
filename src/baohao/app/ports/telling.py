"""Ports by which people are told: short messages, mail, and the push services of their choice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from baohao.core.refusals import Refusal


class Texts(Protocol):
    """Sends short messages to numbers."""

    def send(self, number: str, text: str) -> None:
        """Send a text; raises nothing: whoever waits for it asks for another."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One e-mail to one address."""

    #: Ours; a letter that is sent again has the same, so that mailboxes show one.
    id: UUID
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    #: As in "zh-Hant".
    language: str
    at: datetime
    #: The page where its reader says how they want to be told; empty: none.
    preferences_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What became of a letter, or of a message to a push service."""

    #: What the mail server said to it or its address; 0: nothing. A push service's answer is told
    #: by the same codes: 250 it has it, 4xx later, 5xx never.
    code: int = 0
    #: Its words, or why there are none.
    reply: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether the server has it."""
        return 200 <= self.code < 300

    @property
    def is_refused(self) -> bool:
        """Whether it never will."""
        return 500 <= self.code < 600


class Mail(Protocol):
    """Sends e-mails. Where no answer came the letter may have arrived."""

    def send(self, letter: Letter) -> Posted:
        """Hand a letter to the mail server; raises nothing."""
        ...


class TargetRefused(Refusal):
    """Nothing can be sent there: {reason}."""

    code = "push.target"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A message as push services take it."""

    title: str = field(repr=False)
    text: str = field(repr=False)
    #: What a tap on it opens, where the service can; empty: nothing.
    url: str = field(default="", repr=False)


class Push(Protocol):
    """Sends to the push services that people have on their phones, each by its address."""

    def check(self, target: str) -> str:
        """Return the service's name; raises `TargetRefused` for what nothing is sent to."""
        ...

    def send(self, target: str, note: Note) -> Posted:
        """Hand a message to a service; raises nothing."""
        ...
