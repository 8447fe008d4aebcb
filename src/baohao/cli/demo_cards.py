"""The demo's holder has cards of other operators' too, as people with several numbers do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from baohao.app.kept import about, adding
from baohao.app.kept.about import About, Noted
from baohao.app.kept.adding import Wanted
from baohao.app.shell import Shell
from baohao.cli.asking import decided, made
from baohao.core.kept import kept_key
from baohao.wiring import Installation


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A card, and what is said of it."""

    number: str
    product: str
    act: str
    days_ago: int
    about: About
    amount: str = ""
    balance: str = ""
    #: What the operator's app says, in days from now.
    says_days: int | None = None


CARDS = (
    _Kept(
        number="+447400123456",
        product="gb.giffgaff.payg",
        act="sms_out",
        days_ago=168,
        about=About(name="London", hangs=("bank", "mail", "✓shops"), note="In the blue drawer"),
    ),
    _Kept(
        number="+85251234567",
        product="hk.csl.rechargeable",
        act="topup",
        amount="50",
        balance="62.00",
        days_ago=70,
        says_days=100,
        about=About(name="Hong Kong", hangs=("bank", "wechat", "messengers")),
    ),
    _Kept(
        number="+60192345678",
        product="my.celcom.xpax",
        act="topup",
        amount="30",
        days_ago=24,
        about=About(name="Kuala Lumpur"),
    ),
    _Kept(
        number="+886912345678",
        product="tw.chunghwa.prepaid",
        act="topup",
        amount="300",
        days_ago=45,
        about=About(whose="Mother", hangs=("people", "health")),
    ),
    _Kept(
        number="+12015550123",
        product="us.tello.payg",
        act="topup",
        amount="10",
        days_ago=12,
        about=About(name="New York", hangs=("bank", "mail", "social")),
    ),
)


def keep(house: Installation, holder: str) -> None:
    """Have a holder keep cards of other operators'."""
    now = house.clock()
    with house.shell() as shell:
        for card in CARDS:
            _keep(house, shell, holder, card, now)


def _keep(house: Installation, shell: Shell, holder: str, card: _Kept, now: datetime) -> None:
    today = now.date()
    wanted = Wanted(
        product=card.product,
        act=card.act,
        on=today - timedelta(days=card.days_ago),
        amount=card.amount,
        balance=card.balance,
        until=None if card.says_days is None else today + timedelta(days=card.says_days),
    )
    subject = kept_key(card.number, holder)
    said = adding.asked(house.library.policies, wanted, holder, now)
    decided(shell, made("keep", subject, said, by=holder, channel="app"))
    noted = Noted(about=card.about)
    shell.run(partial(about.write, vault=house.vault, keeper=holder, card=subject, noted=noted))
