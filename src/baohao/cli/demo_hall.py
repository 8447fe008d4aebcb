"""
Inside the demo's first hall: two counters, cards in the drawer, and a morning's queue.

People and documents are invented; each of them wants what one of the counter's screens is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from baohao.app import glance
from baohao.app import house as houses
from baohao.app import people as holders
from baohao.app.console import lines
from baohao.app.console.lines import Wanted
from baohao.app.glance import Glance
from baohao.app.payments import returning
from baohao.app.shell import Shell
from baohao.cli import demo_town
from baohao.cli.asking import decided, made
from baohao.core.identifiers.luhn import luhn_digit
from baohao.core.people import read_person
from baohao.wiring import Installation

OPERATOR = "demo"
HALL = demo_town.HALLS[0]
#: Left in the drawer of the first till.
FLOAT_MINOR = 50_000
#: Cards in the drawer of the first hall.
CARDS = 6
#: Who has lost a card, and shows this document.
LOST = ("陳大文", "bir", "1234567(8)")


def open_doors(house: Installation, numbers: Sequence[str]) -> None:
    """Put cards in the drawer of the first hall, and let people wait."""
    with house.shell() as shell:
        cards = _cards(shell)
        _float_left(shell)
        _known(shell, house, numbers[0])
        now = shell.run(lambda conn: houses.house(conn).now)
        some = Wanted(operator=OPERATOR, plan="keep12", kind="grace")
        late = [row.number for row in shell.run(partial(lines.page, wanted=some)).rows]
        late = [number for number in late if number not in numbers]
        rich = Wanted(operator=OPERATOR, plan="balance180", kind="live")
        topped = [row.number for row in shell.run(partial(lines.page, wanted=rich)).rows]
        known = [
            shell.run(partial(glance.one, terms=house.terms(), number=number)) for number in numbers
        ]
    from baohao.web.accounts.models import Account
    from baohao.web.counter.models import Place, Rules, Waiting

    Account.objects.filter(operator=OPERATOR, name__in=("clerk", "supervisor")).update(
        point=HALL.key
    )
    Account.objects.filter(operator=OPERATOR, name="supervisor").update(till="hall-2")
    Rules.objects.create(operator=OPERATOR, point=HALL.key, alone_minor=5_000)
    for number, iccid in cards:
        where = {"operator": OPERATOR, "point": HALL.key}
        Place.objects.create(iccid=iccid, number=number, **where)
    for n, (name, wants, find) in enumerate(_queue(known, late, topped, cards)):
        Waiting.objects.create(
            operator=OPERATOR,
            point=HALL.key,
            by="door",
            at=now + timedelta(minutes=3 * n),
            ticket=f"A{n:02}",
            name=name,
            wants=wants,
            find=find,
        )


def _cards(shell: Shell) -> list[tuple[str, str]]:
    """Put cards in stock that lie in the first hall's drawer."""
    found = []
    for n in range(CARDS):
        body = f"898530100008{n:06d}"
        number, iccid = f"+85366280{n:03d}", body + luhn_digit(body)
        said: dict[str, Any] = {
            "operator": OPERATOR,
            "plan": "keep12",
            "pin": "mo.demo.keep12@2026-01",
            "iccid": iccid,
        }
        decided(shell, made("stock", number, said, by="staff", channel="operator"))
        found.append((number, iccid))
    return found


def _float_left(shell: Shell) -> None:
    """Bank what the drawer took in the weeks before, but for the float that a shift begins with."""
    till = HALL.tills[0]
    rest = shell.run(partial(returning.balance, account=till)) - FLOAT_MINOR
    if rest > 0:
        said = {"amount_minor": rest, "bank": "main"}
        decided(shell, made("withdraw", till, said, by="staff", channel="operator"))
    elif rest < 0:
        said = {"amount_minor": -rest}
        decided(shell, made("fund", till, said, by="staff", channel="operator"))


def _known(shell: Shell, house: Installation, number: str) -> None:
    """Have a holder's document known, so that a card can be replaced for it."""
    name, document, shown = LOST
    person = read_person(name=name, document=document, number=shown)
    digest = holders.digest_of(house.seals, person)
    shell.run(partial(holders.know, digest=digest, holder="demo-holder"))


def _queue(
    known: Sequence[Glance],
    late: Sequence[str],
    topped: Sequence[str],
    cards: Sequence[tuple[str, str]],
) -> list[tuple[str, str, str]]:
    """Return who waits: a name, what they want, and by what the line is found."""
    new = body_of_new_card()
    first = known[0]
    queue = [
        ("clerk", "Open your till before anybody comes: MOP 500 is in the drawer.", ""),
        ("黃美玲", "Renew for a year, and pays with a note of MOP 500.", known[1].number[4:]),
        ("João Pereira", "Has only the card with him. He pays by card.", known[2].iccid),
        (
            "陳大文",
            f"Lost his phone. Shows BIR 1234567(8). The new card is {new}; ask the supervisor.",
            first.number[4:],
        ),
        ("Maria Santos", "A visitor: wants a new number, passport PT AB12345.", cards[0][1]),
        ("何太", "Asks until when her number is hers, and does not buy.", known[1].number[4:]),
        (
            "李小明",
            "His father has died; he brings the certificate 77/2026 and his BIR 5215299(8).",
            late[0][4:] if late else first.number[4:],
        ),
        ("歐陽先生", "You sold him a year he did not want: put it right, or take it back.", ""),
    ]
    if topped:
        queue.insert(4, ("Ana Lei", "Tops up MOP 100, and scans the code.", topped[0][4:]))
    return queue


def body_of_new_card() -> str:
    """Return the ICCID of a card that is on no line yet."""
    body = "898530100007000001"
    return body + luhn_digit(body)
