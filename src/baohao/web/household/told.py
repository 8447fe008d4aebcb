"""Whoever is looked after reads no messages: what is due of their cards is told to the owner."""

from __future__ import annotations

from functools import partial

from baohao.app.messages import preferences
from baohao.web.accounts.models import Account
from baohao.web.desk import desk
from baohao.web.household import people
from baohao.web.household.models import CARED, OWNER, Member


def follow(account: Account) -> None:
    """Have those whom a household looks after told as its owner is, from now on."""
    me = people.member(account)
    if me is None or me.kind != OWNER:
        return
    vault = desk().house.vault
    said = desk().read(partial(preferences.read, vault=vault, holder=me.holder))
    for each in Member.objects.filter(household=me.household, kind=CARED):
        keep = partial(preferences.keep, vault=vault, holder=each.holder, said=said)
        desk().shell.run(keep)
