"""
The demo's last weeks: renewals through every channel, day by day, so that figures have life.

The house's clock is set back before the first line is put in, and goes forward a day at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from baohao.app import glance
from baohao.app import house as houses
from baohao.app.console import lines, overview
from baohao.app.console.lines import Wanted
from baohao.app.payments import Asked, begin
from baohao.app.payments.begin import Beginning
from baohao.app.payments.carry import Carrier
from baohao.app.shell import Shell
from baohao.cli.asking import decided, made
from baohao.core.asks import Ask
from baohao.outside.ids import new_id
from baohao.outside.pretend.acquirer import PretendAcquirer
from baohao.wiring import Installation

DAYS = 27
OPERATOR, CURRENCY = "demo", "MOP"
#: Channel, who asks, and the account that pays, as often as each comes.
WAYS = (
    *(("counter", "clerk", "till:hall-1"),) * 5,
    *(("wechat", "demo-wechat", "wallet:demo-wechat"),) * 6,
    *(("app", "demo-app", "wallet:demo-app"),) * 4,
    *(("agent", "demo-agent", "float:demo-agent"),) * 3,
    *(("api", "demo-partner", "float:demo-partner"),) * 2,
)
#: After how many hours of a day what is sold on it is sold.
HOURS = (0.2, 1.3, 2.9, 4.4, 6.6, 8.1)
FUNDS_MINOR = 10_000_000
#: What the payer of the first exception gave too much.
TOO_MUCH_MINOR = 3_000


def then(ages: range) -> range:
    """Return which ages had, when the demo's weeks began, lines that have these when it opens."""
    return range(max(1, ages.start - DAYS), ages.stop - DAYS)


def set_back(house: Installation) -> None:
    """Set the house's clock back to where the demo's weeks begin."""
    with house.shell() as shell:
        _set(shell, DAYS)


def live(house: Installation, spared: frozenset[str]) -> None:
    """Renew some lines each day until today, but none of `spared`."""
    with house.shell() as shell:
        for account in sorted({account for *_, account in WAYS if "till:" not in account}):
            said = {"amount_minor": FUNDS_MINOR}
            decided(
                shell, made("fund", f"{account}:{CURRENCY}", said, by="staff", channel="operator")
            )
        for day in range(DAYS):
            asks = _asks(shell, house, day, spared)
            for n, hours in enumerate(HOURS):
                _set(shell, DAYS - day, hours)
                shell.answer(asks[n :: len(HOURS)])
            _set(shell, DAYS - day - 1)
        house.desk(shell).catch_up()
        operator = house.library.operators[OPERATOR]
        shell.run(partial(overview.make, rules=house.library.policies, operator=operator))


def mispaid(house: Installation, acquirer: PretendAcquirer, spared: Sequence[str]) -> None:
    """Have two payers pay other amounts than they were asked for, for none of `spared`."""
    with house.payment_ports() as ports, house.shell() as shell:
        carrier = Carrier(shell, ports, new_id)
        wanted = Wanted(operator=OPERATOR, plan="keep12", kind="live")
        page = shell.run(partial(lines.page, wanted=wanted))
        numbers = [row.number for row in page.rows if row.number not in spared]
        for n, number in enumerate(numbers[:2]):
            said = {"what": "renew", "term": "12 months"}
            quote = decided(shell, made("quote", number, said, by="staff", channel="app"))
            beginning = Beginning(
                number=number,
                quote=UUID(str(quote.answer["quote"])),
                gateway=next(iter(ports.gateways)),
                asked=Asked(description="Renewal", way="qr", by="staff", channel="app"),
                said={},
            )
            kept = begin.begin(shell, ports, beginning, new_id)
            asked = kept.payment.amount_minor
            acquirer.pay(
                kept.payment.order, minor=asked + (TOO_MUCH_MINOR if n == 0 else -asked // 2)
            )
            carrier.carry([kept.payment.id])


def _set(shell: Shell, days_back: int, hours: float = 0) -> None:
    offset = timedelta(hours=hours) - timedelta(days=days_back)
    shell.run(partial(houses.put_clock, offset=offset))


def _asks(shell: Shell, house: Installation, day: int, spared: frozenset[str]) -> list[Ask]:
    """Return the renewals of a day; weekends have fewer, the last days more."""
    now = shell.run(lambda conn: houses.house(conn).now)
    count = 7 + day * 5 % 7 + day // 4 - (4 if now.isoweekday() > 5 else 0)
    soon = Wanted(operator=OPERATOR, plan="keep12", kind="live", until=now + timedelta(days=25))
    late = Wanted(operator=OPERATOR, plan="keep12", kind="grace")
    found: list[str] = []
    for wanted, share in ((soon, 2), (late, 3)):
        page = shell.run(partial(lines.page, wanted=wanted, size=count))
        found += [row.number for row in page.rows if row.number not in spared][: count // share]
    asks = []
    known = shell.run(partial(glance.many, terms=house.terms(), numbers=found))
    for n, line in enumerate(known):
        channel, by, account = WAYS[(day * 11 + n * 7) % len(WAYS)]
        said = {"term": "12 months", "paid": f"{account}:{CURRENCY}"}
        asks.append(
            made("renew", line.number, said, by=by, channel=channel, expect_version=line.version)
        )
    return asks
