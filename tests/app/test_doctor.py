"""Each of the doctor's queries finds what it is for, and finds nothing in a house that is well."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from tests.database import cloned
from tests.payments.cashdesk import rates
from tests.shop import HALL, RENTAL, SEVEN, Shop, commissions, granted, promotions, registered
from tests.shop.fixtures import opened
from tests.shop.receipts import desk, issuer

from baohao.app import doctor
from baohao.app.bank import carry as transfers
from baohao.app.bank import importing
from baohao.app.bank.by_hand import Who, give_back
from baohao.app.days import close_day
from baohao.app.feed import read
from baohao.app.payments import Asked, baskets, deposits, refunding
from baohao.app.payments.asking import Ports
from baohao.app.payments.carry import Carrier
from baohao.app.payments.learn import learn
from baohao.app.ports import BankAccount, ChargedBack, Paid
from baohao.outside.bank.camt053 import Camt053
from baohao.outside.pretend.bank import PretendBank
from baohao.outside.sealing import SealsOfHouse
from baohao.store import days, feed
from baohao.store.embedded import Running
from baohao.store.sql import Connection

A, B, R, C = "+85366000001", "+85366000002", "+85366000003", "+85366000004"

#: name -> what breaks just that; walls of the schema that stand before it are taken away first.
HARMS = {
    "entries": "ALTER TABLE entries DROP CONSTRAINT entries_balanced;"
    "UPDATE entries SET amounts[1] = amounts[1] + 1 WHERE kind = 'sale'",
    "clearing": "DELETE FROM entries WHERE kind = 'transfer'",
    "balances": "UPDATE accounts SET balance_minor = balance_minor + 1",
    "sales": "DELETE FROM entries WHERE kind = 'sale' AND subject = '+85366000001'",
    "keys": "UPDATE keys SET seq = 99 WHERE subject = '+85366000001'",
    "journal": "UPDATE lines SET version = version + 1 WHERE number = '+85366000001'",
    "tenures": "DROP INDEX tenures_open;"
    "INSERT INTO tenures SELECT bucket, number, epoch + 1, holder, since FROM tenures",
    "holders": "UPDATE lines SET holder = 'somebody else'",
    "holdings": "UPDATE holdings SET cards = cards + 1",
    "cards": "UPDATE lines SET iccid = '8985301000000000019' WHERE number = '+85366000002'",
    "allotments": "UPDATE allotments SET agent = 'agent-8', bucket = baohao_bucket('agent-8')",
    "due": "UPDATE due SET at = at + interval '1 day'",
    "boundaries": "DELETE FROM ladders",
    "orders": "UPDATE standing_orders SET version = version + 1",
    "promotions": "ALTER TABLE promotion_totals DROP CONSTRAINT promotion_totals_uses_left;"
    "UPDATE promotion_totals SET uses = uses_max + 1",
    "deferrals": "UPDATE deferrals SET amounts[1] = amounts[1] + 1",
    "commissions": "UPDATE agent_sales SET commission_minor = 1 WHERE verb = 'renew'",
    "epochs": "UPDATE effects SET epoch = 7",
    "payments": "UPDATE payments SET refunded_minor = 0 WHERE their_id = 'T1'",
    "refunds": "UPDATE refunds SET amount_minor = amount_minor + 1",
    "advances": "UPDATE accounts SET balance_minor = 1 WHERE account LIKE 'advance:%'",
    "chargebacks": "UPDATE chargebacks SET booked = ''",
    "suspense": "UPDATE bank_rows SET amount_minor = amount_minor + 1",
    "deposits": "UPDATE journal SET ask = NULL WHERE kind = 'deposited'",
    "baskets": "UPDATE keys SET answer = '{\"total\": 1}' WHERE key LIKE 'payment:%:buy:%'",
    "exchange": "DELETE FROM entries WHERE currency = 'HKD'",
    "days": "UPDATE days SET totals = '[1]'",
    "feed": "UPDATE feed SET seq = 2",
    "receipts": "INSERT INTO receipt_series"
    " SELECT baohao_bucket('hall-1'), 'hall-1', 2026, 1, now()",
    "paid": "DELETE FROM receipt_places",
    "owed": "UPDATE receipt_places SET tries = 11",
    "effects": "UPDATE effects SET tries = 11",
    "messages": "INSERT INTO messages SELECT bucket, '01900000-0000-7000-8000-000000000001',"
    " number, 1, 'renewal', 'act', 'sms', 'en', NULL, 1, '', '', '', now() - interval '2 days',"
    " 'waiting', now() FROM lines LIMIT 1",
    "late": "UPDATE due SET at = at - interval '2 years'",
    "parked": "INSERT INTO parked SELECT bucket, '00000000-0000-7000-8000-000000000001', number,"
    " now(), '{}', 'because' FROM lines",
    "exceptions": "UPDATE exceptions"
    " SET closed_at = NULL, why = '', due_at = now() - interval '1 day'",
}


@pytest.fixture(scope="module")
def busy(
    server: Running, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """A house in which a bit of everything has happened; whoever harms it takes that back."""
    with cloned(server, template) as conninfo, opened(conninfo) as shop:
        _live(shop, tmp_path_factory.mktemp("issuer"))
        yield shop


def _live(shop: Shop, folder: Path) -> None:
    shop.promotions, shop.agents = promotions("test.scarce"), registered("agent-7")
    shop.answers([shop.stock(C), shop.ask("allot", C, agent="agent-7", principal="staff")])
    # Who is registered sells the cards that it holds, and those were never handed out.
    shop.agents = {}
    shop.open(B)
    asks = [shop.stock(A, iccid="8985301000000000027"), shop.activate(A), shop.stock(R, RENTAL)]
    shop.answers(asks)
    shop.say("activate", R, holder="hR", document="bir", paid="float:agent-7:MOP")
    shop.agents, shop.commissions = {SEVEN.key: SEVEN}, commissions()
    consent = {"payer": f"wallet:h{A}:MOP", "limit_minor": 15_000, "consent": "form 12"}
    shop.say("order", A, term="12 months", **consent)
    sold = shop.renew(A, codes=["SCARCE"])
    granted(shop.answers([sold])[0])
    shop.say("top_up", R, amount_minor=5_000, paid="float:agent-7:MOP", expect_version=2)
    shop.shell.run(lambda conn: _listen(conn, shop.new_id(), shop.now()))
    _pay(shop)
    _take_back(shop)
    _transfer(shop)
    _deposit(shop)
    _basket(shop, B)
    desk(shop, issuer(folder)).issue(sold.id, "hall-2")
    shop.shell.run(lambda conn: _close(conn, shop.now()))


def _close(conn: Connection, now: datetime) -> None:
    """Close yesterday at an issuing point."""
    days.add_point(conn, HALL)
    close_day(conn, HALL.key, (now - timedelta(days=2)).date(), by="chief")


def _pay(shop: Shop) -> None:
    """Have money come for an order that nobody knows, and owe it to whoever paid it."""
    order = shop.new_id()
    paid = Paid(order=order.hex, payment="T1", amount_minor=5, currency="MOP", at=shop.now())
    shop.shell.run(partial(learn, gateway="acquirer", told=paid, new_id=shop.new_id))
    Carrier(shop.shell, Ports(gateways={}, notify_url=""), shop.new_id).run()
    wish = refunding.Wish(payment=order, reason="whose is it?", by="ada", key="k")
    refunding.refund(shop.shell, wish, shop.new_id)


def _take_back(shop: Shop) -> None:
    """Have a payer's bank take that money back, and give it back again."""
    case = ChargedBack(
        order="",
        payment="T1",
        case="CB-1",
        amount_minor=5,
        currency="MOP",
        at=shop.now(),
        outcome="won",
    )
    shop.shell.run(partial(learn, gateway="acquirer", told=case, new_id=shop.new_id))
    Carrier(shop.shell, Ports(gateways={}, notify_url=""), shop.new_id).run()


def _transfer(shop: Shop) -> None:
    """Have money come by transfer that is nobody's, and owe it to whoever sent it."""
    bank, zone = PretendBank(number="1", currency="MOP"), ZoneInfo("Asia/Macau")
    day = shop.now().date()
    bank.move(day, 700, "rent")
    account = BankAccount(
        key="bnu", currency="MOP", given={}, number="1", zone=zone, reader=Camt053(zone=zone)
    )
    file = importing.File(name="x", data=bank.file(day, day).data, account=account, by="ada")
    work = partial(importing.take_in, file=file, statements=importing.read(file))
    shop.shell.run(partial(work, seals=SealsOfHouse(bytes(32)), new_id=shop.new_id))
    assert transfers.carry(shop.shell, shop.new_id) == {"held": 1}
    [(held,)] = shop.rows("SELECT id FROM bank_rows")
    who = Who(by="ada")
    shop.shell.run(partial(give_back, row=held, reason="whose is it?", who=who))


def _deposit(shop: Shop) -> None:
    """Have money put into a wallet, paid in another currency."""
    wanted = deposits.Depositing(
        account="wallet:h1:MOP",
        amount_minor=10_000,
        gateway="acquirer",
        description="",
        way="qr",
        by="h1",
        channel="app",
        key="tap",
        operator="demo",
        currency="HKD",
    )
    begin = partial(
        deposits._begin,
        depositing=wanted,
        operators={"demo"},
        rates=rates(),
        act=shop.new_id(),
    )
    kept = shop.shell.run(begin).payment
    paid = Paid(
        order=kept.order,
        payment="T2",
        amount_minor=kept.amount_minor,
        currency=kept.currency,
        at=shop.now(),
    )
    shop.shell.run(partial(learn, gateway="acquirer", told=paid, new_id=shop.new_id))
    Carrier(shop.shell, Ports(gateways={}, notify_url=""), shop.new_id).run()


def _basket(shop: Shop, number: str) -> None:
    """Have a line renewed by a payment for several."""
    asking = {"what": "renew", "term": "12 months", "principal": "h1", "channel": "app"}
    quote = UUID(str(shop.say("quote", number, **asking)["quote"]))
    asked = Asked(description="", way="qr", by="h1", channel="app")
    wanted = baskets.Filling(
        id=shop.new_id(), quotes=[(number, quote)], gateway="acquirer", asked=asked
    )
    ports, acts = Ports(gateways={}, notify_url=""), [shop.new_id()]
    begin = partial(baskets._begin, ports=ports, filling=wanted, acts=acts)
    kept = shop.shell.run(begin).payment
    paid = Paid(
        order=kept.order,
        payment="T3",
        amount_minor=kept.amount_minor,
        currency=kept.currency,
        at=shop.now(),
    )
    shop.shell.run(partial(learn, gateway="acquirer", told=paid, new_id=shop.new_id))
    Carrier(shop.shell, ports, shop.new_id).run()


def _listen(conn: Connection, id_: UUID, now: datetime) -> None:
    """Let an agent be told something."""
    read.page(conn, "agent-7")
    event = read.Event(listener="agent-7", id=id_, at=now, type="line.held", data={})
    feed.write(conn, [event])


def test_a_house_that_is_well_has_no_findings(busy: Shop) -> None:
    with busy.looking() as conn:
        findings = list(doctor.examine(conn))
    assert [f.name for f in findings] == [*doctor.INVARIANTS, *doctor.WAITING]
    assert [f.name for f in findings if not f.is_well] == []
    # A query that looks at nothing would always be content.
    assert [f.name for f in findings if f.looked == 0] == ["messages", "parked", "exceptions"]


@pytest.mark.parametrize("name", [*doctor.INVARIANTS, *doctor.WAITING])
def test_each_query_finds_its_harm(name: str, busy: Shop) -> None:
    with busy.looking() as conn:
        for statement in HARMS[name].split(";"):
            conn.execute(statement.encode())
        findings = {finding.name: finding for finding in doctor.examine(conn)}
    assert findings[name].wrong > 0
    assert findings[name].is_invariant == (name in doctor.INVARIANTS)


def test_what_is_late_is_told(busy: Shop) -> None:
    with busy.looking() as conn:
        conn.execute("UPDATE house SET clock_offset = clock_offset + interval '40 days'")
        wrong = {finding.name for finding in doctor.examine(conn) if not finding.is_well}
    # A month's rental, the messages and the receipts of forty days ago wait; no data are broken.
    assert wrong == {"late", "effects", "owed"}
