"""
Preferences: how a holder wants to be told, and where; sealed under a key of the holder's own.

What a holder was told is sealed under the same key, so that an erasure, which destroys it, leaves
the digest of each message and nothing to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import time, tzinfo

import msgspec

from baohao.app.messages.wording import TEXTS
from baohao.app.policies import zone_of
from baohao.app.ports import SealBroken, Vault
from baohao.core.civil import Span, Unit
from baohao.core.refusals import Refusal
from baohao.core.reminders import Wishes
from baohao.store import clock, kept, messages, people, tenures
from baohao.store.sql import Connection

#: Phones, and groups of a family; all of them are told at once.
TARGETS_MAX = 5
#: Nobody plans further ahead than a year.
LEAD_MAX_DAYS = 365
_EMAIL = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}@[^\s@<>\"(),:;\[\]\\]{1,190}\.[^\s@.]{2,60}")


class EmailMalformed(Refusal):
    """That is no e-mail address; write it as in name@example.org."""

    code = "preferences.email"


class LeadMalformed(Refusal):
    """Say how many days before you want to be told as well: a whole number from 1 to 365."""

    code = "preferences.lead"


class ZoneMalformed(Refusal):
    """There is no time zone {zone!r}; choose one of the list."""

    code = "preferences.zone"


class LanguageMalformed(Refusal):
    """Messages are written in other languages than {language!r}; choose one of the list."""

    code = "preferences.language"


class TargetsMany(Refusal):
    """There are five places already that we push to; take one away first."""

    code = "preferences.targets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A push service of a holder's choice, and who they are there."""

    #: Ours.
    id: str
    #: As Apprise writes it; whoever has it can write to the holder's phone.
    url: str = field(repr=False)
    #: The service's name.
    name: str
    #: A code that was sent to it came back; nothing else goes there before.
    is_theirs: bool = False

    @property
    def masked(self) -> str:
        """How its holder knows it, and nobody else."""
        shown = self.url.partition("?")[0].rstrip("/")
        return f"{self.name} •••{shown[-3:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a holder has said of being told; what is empty, the operator and the policy say."""

    #: Theirs for certain: a code that was sent to it came back.
    email: str = field(default="", repr=False)
    #: In order.
    channels: tuple[str, ...] = ()
    language: str = ""
    #: As in "22:00" and "08:00"; both or none.
    quiet_from: str = ""
    quiet_to: str = ""
    #: IANA name.
    zone: str = ""
    #: Days before a deadline on which they want to be told as well.
    lead_days: int | None = None
    #: Where messages are pushed to, all of them alike.
    push: tuple[Target, ...] = ()

    def __post_init__(self) -> None:
        if self.email and not is_email(self.email):
            raise EmailMalformed()
        if self.lead_days is not None and not 1 <= self.lead_days <= LEAD_MAX_DAYS:
            raise LeadMalformed()
        if len(self.push) > TARGETS_MAX:
            raise TargetsMany()
        if self.language and self.language not in TEXTS:
            raise LanguageMalformed(language=self.language[:40])
        if self.zone:
            try:
                zone_of(self.zone)
            except KeyError:
                raise ZoneMalformed(zone=self.zone[:60]) from None

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the addresses that are known to be theirs."""
        return tuple(each.url for each in self.push if each.is_theirs)

    def wishes(self, usual: tzinfo) -> Wishes:
        """Return what the rules of reminders take; `usual` is the zone of who said none."""
        quiet = None
        if self.quiet_from and self.quiet_to:
            quiet = (time.fromisoformat(self.quiet_from), time.fromisoformat(self.quiet_to))
        leads = () if self.lead_days is None else (Span(self.lead_days, Unit.DAY),)
        return Wishes(
            zone=zone_of(self.zone) if self.zone else usual,
            quiet=quiet,
            channels=self.channels,
            leads=leads,
        )


def is_email(text: str) -> bool:
    """Say whether a text looks like an address; whether it is one, a code says."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def read(conn: Connection, vault: Vault, holder: str) -> Preferences:
    """Return what a holder has said; nothing: everything is as usual. Raises `SealBroken`."""
    found = messages.key_of(conn, holder)
    if found is None or not found[1]:
        return Preferences()
    key, sealed = found
    return msgspec.json.decode(vault.unseal(key, sealed, context_of(holder)), type=Preferences)


def keep(conn: Connection, vault: Vault, holder: str, said: Preferences) -> None:
    """Keep what a holder has said; their numbers' reminders are worked out anew."""
    now = clock.now(conn)
    key = key_of(conn, vault, holder)
    plain = msgspec.json.encode(said).decode()
    messages.prefer(conn, holder, vault.seal(key, plain, context_of(holder)), now)
    for held in tenures.of_holder(conn, holder):
        messages.look_again(conn, held.number)
    for card in kept.of_keepers(conn, [holder]):
        messages.look_again(conn, card.state.number)


def key_of(conn: Connection, vault: Vault, holder: str) -> str:
    """Return a holder's key, made when something is first sealed under it."""
    found = messages.key_of(conn, holder)
    if found is None:
        messages.put_key(conn, holder, vault.new_key(context_of(holder)), clock.now(conn))
        found = messages.key_of(conn, holder)
    assert found is not None  # noqa: S101 - it was put in, now or by another
    return found[0]


def email_of(conn: Connection, vault: Vault, holder: str, said: Preferences) -> str:
    """Return where a holder gets mails: what they said, else what stands in their papers."""
    if said.email:
        return said.email
    known = people.look(conn, holder)
    if known is None:
        return ""
    try:
        person = vault.unseal(*known, f"person:{holder}")
    except SealBroken:
        return ""
    email = str(msgspec.json.decode(person).get("email", ""))
    return email if is_email(email) else ""


def language_of(said: Preferences, offered: Iterable[str]) -> str:
    """Return the language of a holder, or the first of the operator's that there are texts in."""
    return next((each for each in (said.language, *offered) if each in TEXTS), "en")


def context_of(holder: str) -> str:
    """Return what a holder's key is for."""
    return f"messages:{holder}"
