"""Whether the household sees a card, and handing one over to somebody else in it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from uuid import UUID

from baohao.app.kept import about, handing
from baohao.app.kept.about import Noted
from baohao.app.kept.listing import Card
from baohao.core.kept import kept_key
from baohao.web.accounts.models import Account
from baohao.web.desk import desk, made
from baohao.web.household import people


def is_theirs(account: Account, card: Card) -> bool:
    """Whether an account says who sees a card: its keeper, or whoever acts for who has no say."""
    mine, *others = people.kept_for(account)
    return card.keeper in [mine.holder, *(each.holder for each in others)]


def is_with_others(account: Account) -> bool:
    """Whether there is anybody in an account's household to share with."""
    return len(people.keepers_seen_by(account)) > 1


def share(card: Card, *, shared: bool, seen_version: int) -> None:
    """Show a card to the household, or to nobody; raises `NotesMoved`."""
    noted = replace(
        card.noted, version=seen_version, about=replace(card.noted.about, shared=shared)
    )
    vault = desk().house.vault
    write = partial(about.write, vault=vault, keeper=card.keeper, card=card.subject, noted=noted)
    desk().shell.run(write)


def hand_over(card: Card, to: str, *, by: str, key: UUID) -> str:
    """
    Let another keep a card from now on; return its key there.

    It begins there as it stands here. Under the same key it is done once, whatever was cut off in
    between. Raises `LineExists` where they keep that number already, and what `keep` does.
    """
    there = kept_key(card.number, to)
    for n, (verb, told) in enumerate(handing.retold(card, to)):
        desk().ask(made(verb, there, told, by=by, channel="app", key=f"hand:{key}:{n}"))
    noted = Noted(about=card.noted.about)
    vault = desk().house.vault
    write = partial(about.write, vault=vault, keeper=to, card=there, noted=noted)
    with suppress(about.NotesMoved):
        # Said by an earlier try of this, or when they kept it before.
        desk().shell.run(write)
    said = {"cause": "holder", "reason": "handed over"}
    desk().ask(made("terminate", card.subject, said, by=by, channel="app", key=f"let-go:{key}"))
    return there
