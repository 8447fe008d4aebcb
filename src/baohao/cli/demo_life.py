"""The demo's holder has a family, asked something, and lets one number renew by itself."""

from __future__ import annotations

from collections.abc import Sequence

from baohao.app import show
from baohao.cli.asking import decided, made
from baohao.outside.ids import new_id
from baohao.wiring import Installation

#: The holder of the demo's numbers, and what is in their wallet.
HOLDER, FUNDS_MINOR = "demo-holder", 60_000
#: Whoever the holder pays for, and asks to.
MOTHER, UNCLE = "demo-mother", "demo-uncle"


def live(house: Installation, mine: Sequence[str], theirs: Sequence[str]) -> None:
    """Give the holder a wallet and a standing order, and others the numbers of `theirs`."""
    with house.shell() as shell:
        funds = {"amount_minor": FUNDS_MINOR}
        wallet = f"wallet:{HOLDER}:MOP"
        decided(shell, made("fund", wallet, funds, by="staff", channel="operator"))
        for number, holder in zip(theirs, (MOTHER, UNCLE), strict=True):
            said = {"holder": holder, "document": "bir"}
            decided(shell, made("register", number, said, by="staff", channel="operator"))
        order = {"term": "12 months", "payer": wallet, "limit_minor": 15_000, "consent": "demo"}
        decided(shell, made("order", mine[0], order, by=HOLDER, channel="app"))
        renewal = {"term": "12 months", "paid": wallet}
        version = shell.run(lambda conn: show.find(conn, mine[0])).version
        decided(
            shell,
            made("renew", mine[0], renewal, by=HOLDER, channel="app", expect_version=version),
        )
        house.desk(shell).catch_up()


def speak(mine: Sequence[str], theirs: Sequence[str]) -> None:
    """Have people ask, agree and answer; Django is configured."""
    from baohao.web.desk import desk
    from baohao.web.sharing.models import Consent
    from baohao.web.support.models import Message, Talk

    now = desk().now()
    for number, state in zip(theirs, (Consent.GIVEN, Consent.ASKED), strict=True):
        Consent.objects.create(
            id=new_id(),
            number=number,
            epoch=1,
            grantee=HOLDER,
            grantee_number=mine[0],
            may_see=True,
            may_pay=True,
            state=state,
            asked_at=now,
            since=now if state == Consent.GIVEN else None,
            how="code" if state == Consent.GIVEN else "",
        )
    questions = (
        (mine[1], "My card is bent, and the phone does not read it. What does another one cost?"),
        ("", "Is the hall at the Red Market open on the 20th of December?"),
    )
    for number, text in questions:
        talk = Talk.objects.create(
            id=new_id(),
            operator="demo",
            holder=HOLDER,
            number=number,
            epoch=1 if number else 0,
            language="en",
            waits=not number,
            is_news=bool(number),
        )
        Message.objects.create(id=new_id(), talk=talk, at=now, text=text)
        if number:
            said = "MOP 50 at any hall, with your document. Bring the old card, too."
            Message.objects.create(id=new_id(), talk=talk, at=now, by="clerk", text=said)
