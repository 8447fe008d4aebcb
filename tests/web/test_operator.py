"""The console: an operator's own lines alone, pages by key, a second person, and who did what."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.payments.cashdesk import Desk
from tests.shop import BALANCE180, KEEP12, TILL, Shop

from baohao.app.console import lines as listing
from baohao.app.console import overview
from baohao.store import clock
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

    from baohao.web.accounts.models import Account

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def working(role: str, operator: str = "demo", name: str = "") -> Account:
    """Somebody who works for an operator, with the password "open sesame"."""
    from baohao.web.accounts.models import Account
    from baohao.web.accounts.roles import Role

    name = name or f"{role}-of-{operator}"
    found = Account.objects.filter(name=name).first()
    return found or Account.objects.staff(name, operator, Role(role), "open sesame")


def entered(browser: Client, role: str, operator: str = "demo") -> Client:
    browser.force_login(working(role, operator), BACKEND)
    return browser


def deeds(what: str, subject: str) -> list[Any]:
    from baohao.web.accounts.models import Deed

    return list(Deed.objects.filter(what=what, subject=subject))


def read(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


# --- whose it is ----------------------------------------------------------------------------------


def test_another_operators_line_is_not_there(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    entered(browser, "admin", "demo2")
    for rest in ("", "adjust/"):
        assert browser.get(f"/operator/lines/{number[1:]}/{rest}").status_code == 404
    for rest in ("hold/", "adjust/", "verify/"):
        posted = {"reason": "no", "cause": "fraud", "what": "clock:service", "until": "2030-01-01"}
        assert browser.post(f"/operator/lines/{number[1:]}/{rest}", posted).status_code == 404
    sold = counter.line(number).sold[0].act
    assert browser.get(f"/operator/lines/{number[1:]}/receipts/{sold}.pdf").status_code == 404
    nothing = "01900000-0000-7000-8000-000000000001"
    assert browser.get(f"/operator/audit/{number[1:]}/{nothing}.zip").status_code == 404
    assert "no line of yours" in browser.get("/operator/find/", {"q": number}).content.decode()
    assert number[4:8] not in browser.get("/operator/lines/").content.decode()
    assert number not in {row["number"] for row in read(browser.get("/operator/lines.csv"))}
    assert number not in {row["number"] for row in read(browser.get("/operator/sales.csv"))}
    assert counter.line(number).standing.held_since is None


def test_an_operators_policies_and_staff_are_its_own(pages: Installation, browser: Client) -> None:
    theirs = working("clerk")
    entered(browser, "admin", "demo2")
    assert browser.get("/operator/policies/mo.demo.keep12/2026-01/").status_code == 404
    assert browser.get("/operator/policies/mo.demo.keep12/2026-01.svg").status_code == 404
    assert browser.post(f"/operator/staff/{theirs.pk}/", {"what": "end"}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.is_active


# --- lists ----------------------------------------------------------------------------------------


def test_lists_page_by_key_and_lose_nothing(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.answers([counter.stock(f"{number[:5]}9{n:02}{number[8:]}") for n in range(60)])
    entered(browser, "finance")
    found: list[str] = []
    address = "/operator/lines/?stage=stock"
    for _ in range(20):
        page = browser.get(address).content.decode()
        found += re.findall(r'scope="row"><a href="/operator/lines/(\d+)/"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if following is None:
            break
        address = "/operator/lines/" + following[1].replace("&amp;", "&")
    assert len(found) == len(set(found)) > listing.PAGE
    rows = counter.rows("SELECT number FROM lines WHERE operator = 'demo'")
    stock = {n for n, state in counter.states().items() if state.standing.stage == "stock"}
    assert {f"+{n}" for n in found} == stock & {n for (n,) in rows}
    exported = read(browser.get("/operator/lines.csv?stage=stock"))
    assert [row["number"][1:] for row in exported] == found
    assert deeds("export", "lines")


def test_figures_are_what_the_lists_behind_them_hold(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    counter.answers([counter.renew(number)])
    # A line whose year ended ten days ago is in grace, and leaves it in twenty.
    late = number[:-4] + "8" + number[-3:]
    with counter.looking() as conn:
        began = clock.now(conn) - timedelta(days=375)
    line = {"operator": "demo", "plan": "keep12", "pin": KEEP12, "holder": "h"}
    counter.say("take_over", late, begins=began.isoformat(), **line)
    operator = pages.library.operators["demo"]
    made = counter.shell.run(
        lambda conn: overview.make(conn, pages.library.policies, operator)
    ).figures
    entered(browser, "finance")
    assert "Make them anew" in browser.get("/operator/").content.decode()
    for kind, lines in made.stages.items():
        assert len(read(browser.get(f"/operator/lines.csv?stage={kind}"))) == lines
    end = made.day + timedelta(days=overview.AHEAD_DAYS)
    for kind, days in made.leaving.items():
        asked = f"stage={kind}&first={made.day}&last={end - timedelta(days=1)}"
        assert len(read(browser.get(f"/operator/lines.csv?{asked}"))) == sum(days.values())
    assert sum(made.leaving["grace"].values()) > 0
    sold = read(browser.get("/operator/sales.csv?renewals=1"))
    assert len(sold) == sum(made.renewals.values()) > 0
    money = sum(each.taken_minor - each.returned_minor for each in made.money)
    every = read(browser.get("/operator/sales.csv"))
    assert sum(round(float(row["amount"]) * 100) for row in every) == money


def test_figures_that_are_good_are_not_made_again(pages: Installation, counter: Shop) -> None:
    rules, operators = pages.library.policies, pages.library.operators
    overview.refresh(counter.shell, rules, operators)
    assert overview.refresh(counter.shell, rules, operators) == 0
    late = b"UPDATE overviews SET made_at = made_at - %s WHERE operator = 'demo'"
    counter.shell.run(lambda conn: conn.execute(late, (overview.GOOD_FOR,)))
    assert overview.refresh(counter.shell, rules, operators) == 1


# --- lines ----------------------------------------------------------------------------------------


def test_an_adjustment_needs_a_second_person_and_is_done_once(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    entered(browser, "finance")
    second, me = working("supervisor"), working("finance")
    asked = {"what": "clock:service", "until": "2031-03-31", "reason": "wrong day", "key": "k"}
    address = f"/operator/lines/{number[1:]}/adjust/"
    clerk = working("clerk")
    for approver, word in (
        ("", ""),
        (second.name, "wrong"),
        (me.name, "open sesame"),
        (clerk.name, "open sesame"),
        (working("supervisor", "demo2").name, "open sesame"),
    ):
        signed = asked | {"approver": approver, "approver_password": word}
        assert browser.post(address, signed).status_code == 409, approver
    fresh = working("supervisor", name="fresh-supervisor")
    fresh.must_change = True
    fresh.save()
    from django.core.cache import cache

    cache.clear()
    signed = asked | {"approver": fresh.name, "approver_password": "open sesame"}
    assert browser.post(address, signed).status_code == 409
    before = counter.line(number).version
    signed = asked | {"approver": second.name, "approver_password": "open sesame"}
    for _ in range(2):
        assert browser.post(address, signed).status_code == 302
    assert counter.line(number).version == before + 1
    page = browser.get(f"/operator/lines/{number[1:]}/").content.decode()
    assert "March 31, 2031" in page or "31 March 2031" in page
    assert me.name in page
    assert len(deeds("adjust", number)) == 2


def test_a_hold_stands_until_it_is_lifted(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    entered(browser, "supervisor")
    address = f"/operator/lines/{number[1:]}/hold/"
    browser.post(address, {"cause": "dispute", "reason": "two owners", "key": "a"})
    assert counter.line(number).standing.held_since is not None
    browser.post(address, {"verb": "lift", "reason": "agreed", "key": "b"})
    assert counter.line(number).standing.held_since is None
    assert [each.said for each in deeds("hold", number)] == ["two owners"]


def test_an_auditor_changes_nothing(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    entered(browser, "auditor")
    page = browser.get(f"/operator/lines/{number[1:]}/").content.decode()
    assert "Adjust a clock" not in page
    asked = {"cause": "dispute", "reason": "r", "key": "a"}
    assert browser.post(f"/operator/lines/{number[1:]}/hold/", asked).status_code == 404
    assert counter.line(number).standing.held_since is None


def test_an_edited_journal_shows_on_its_line(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    entered(browser, "auditor")
    address = f"/operator/lines/{number[1:]}/verify/"
    assert "each hash follows" in browser.post(address).content.decode()
    edit = b"UPDATE journal SET principal = %s WHERE subject = %s AND seq = 1"
    counter.shell.run(lambda conn: conn.execute(edit, ("nobody", number)))
    assert "does not hold" in browser.post(address).content.decode()
    counter.shell.run(lambda conn: conn.execute(edit, ("agent-7", number)))
    assert "each hash follows" in browser.post(address).content.decode()


# --- exceptions -----------------------------------------------------------------------------------


@pytest.fixture
def paid(counter: Shop, number: str) -> Iterator[tuple[Desk, UUID]]:
    """A payment of more than was asked for, which waits for a person."""
    counter.open(number, f"h{number[1:]}")
    till = Desk(conninfo=counter.conninfo, _numbers=itertools.count(10**9))
    with closing(till.shell), till.connected():
        kept = till.begun(number)
        till.twin.pay(kept.payment.order, minor=100_000)
        till.tell()
        till.carry()
        yield till, kept.payment.id


def test_money_goes_back_with_a_second_person_above_the_limit(
    pages: Installation, paid: tuple[Desk, UUID], browser: Client, number: str
) -> None:
    till, payment = paid
    entered(browser, "admin", "demo2")
    assert str(payment) not in browser.get("/operator/exceptions/").content.decode()
    entered(browser, "finance")
    row = re.search(
        rf'exceptions/([0-9a-f-]{{36}})/">[^<]*</a><br><span class="faint">{payment}',
        browser.get("/operator/exceptions/").content.decode(),
    )
    assert row is not None
    address = f"/operator/exceptions/{row[1]}/"
    assert number[4:8] in browser.get(address).content.decode()
    browser.post(f"{address}take/")
    assert "finance-of-demo" in browser.get("/operator/exceptions/").content.decode()
    done = {"action": "none", "why": "bored"}
    assert browser.post(f"{address}close/", done).status_code == 409
    asked = {"reason": "too much", "key": "k1"}
    assert browser.post(f"{address}refund/", asked).status_code == 409
    assert till.refunds(payment) == []
    second = {"approver": working("supervisor").name, "approver_password": "open sesame"}
    assert browser.post(f"{address}refund/", asked | second).status_code == 302
    browser.post(f"{address}refund/", asked | second)
    (refund,) = till.refunds(payment)
    assert (refund.amount_minor, refund.approved_by) == (100_000, "supervisor-of-demo")
    entered(browser, "admin", "demo2")
    assert browser.get(address).status_code == 404


# --- staff ----------------------------------------------------------------------------------------


def test_a_password_is_shown_once_and_changed_at_once(
    pages: Installation, browser: Client, number: str
) -> None:
    name = f"new{number[-4:]}"
    entered(browser, "admin")
    asked = {"name": name, "title": "New", "role": "clerk", "till": "hall-2"}
    page = browser.post("/operator/staff/", asked).content.decode()
    found = re.search(r"<code class=\"lead\">([a-z0-9-]+)</code>", page)
    assert found is not None
    assert found[1] not in browser.get("/operator/staff/").content.decode()
    assert "already" in browser.post("/operator/staff/", asked).content.decode()
    browser.logout()
    browser.post("/accounts/login/", {"login": name, "password": found[1]})
    sent = browser.get("/counter/")
    assert (sent.status_code, sent["Location"]) == (302, "/accounts/password/change/")
    new = {"oldpassword": found[1], "password1": "of my own 2026", "password2": "of my own 2026"}
    assert browser.post("/accounts/password/change/", new).status_code == 302
    assert browser.get("/counter/").status_code == 200


def test_whoever_is_taken_away_is_out_at_once(
    pages: Installation, browser: Client, number: str
) -> None:
    from django.test import Client as Browser

    gone = working("supervisor", name=f"gone{number[-4:]}")
    theirs = Browser(SERVER_NAME="localhost")
    theirs.force_login(gone, BACKEND)
    assert theirs.get("/operator/").status_code == 200
    entered(browser, "admin")
    browser.post(f"/operator/staff/{gone.pk}/", {"what": "end"})
    assert theirs.get("/operator/").status_code == 302
    assert deeds("end", gone.name)
    me = working("admin")
    browser.post(f"/operator/staff/{me.pk}/", {"what": "end"})
    me.refresh_from_db()
    assert me.is_active


# --- evidence -------------------------------------------------------------------------------------


def test_evidence_holds_together(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    ask = counter.renew(number, paid=TILL)
    counter.answers([ask])
    pages.desk(counter.shell).issue(ask.id)
    entered(browser, "auditor")
    shown = browser.get(f"/operator/lines/{number[1:]}/").content.decode()
    copy = f"/operator/lines/{number[1:]}/receipts/{ask.id}.pdf"
    assert copy in shown
    assert browser.get(copy).content.startswith(b"%PDF")
    drawn = browser.post("/operator/audit/", {"seed": "7"})
    page = browser.get(drawn["Location"]).content.decode()
    packs = re.findall(r'href="(/operator/audit/[^"]+\.zip)"', page)
    assert packs == re.findall(
        r'href="(/operator/audit/[^"]+\.zip)"', browser.get(drawn["Location"]).content.decode()
    )
    assert 0 < len(packs) <= 25
    every = browser.get(drawn["Location"].replace("/audit/?", "/audit/all.zip?"))
    with zipfile.ZipFile(io.BytesIO(every.content)) as pack:
        assert sorted(pack.namelist()) == sorted(
            address.removeprefix("/operator/audit/").replace("/", "-") for address in packs
        )
    answer = browser.get(f"/operator/audit/{number[1:]}/{ask.id}.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        files = {name: pack.read(name) for name in pack.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["sha256"] == {name: sha256(body).hexdigest() for name, body in files.items()}
    assert manifest["policy"] == "mo.demo.keep12@2026-01"
    assert files["receipt.pdf"].startswith(b"%PDF")
    assert b'"2026-01"' in files["policy.toml"]
    events = [json.loads(line) for line in files["journal.jsonl"].splitlines()]
    assert [e["prev"] for e in events[1:]] == [e["hash"] for e in events[:-1]]
    entries = list(csv.DictReader(io.StringIO(files["entries.csv"].decode())))
    assert sum(round(float(row["amount"]) * 100) for row in entries) == 0
    assert deeds("evidence", number)
    trail = browser.get("/operator/trail/").content.decode()
    assert "Took an evidence pack" in trail
    assert "evidence" in {row["what"] for row in read(browser.get("/operator/trail.csv"))}


def test_each_number_is_in_one_block(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    entered(browser, "auditor")
    rows = read(browser.get("/operator/numbering.csv"))
    lines = counter.rows("SELECT number FROM lines WHERE operator = 'demo'")
    kinds = ("stock", "live", "grace", "suspended", "lost", "quarantined", "recycled")
    assert sum(int(row[kind]) for row in rows for kind in kinds) == len(lines)
    (mine,) = [row for row in rows if row["first"] == f"{number[:-4]}0000"]
    assert int(mine["live"]) > 0
    assert sum(int(mine[kind]) for kind in (*kinds, "not_here")) == 10_000
    assert number[:-4] in browser.get("/operator/numbering/").content.decode().replace(" ", "")
    entered(browser, "auditor", "demo2")
    theirs = {row["first"] for row in read(browser.get("/operator/numbering.csv"))}
    assert f"{number[:-4]}0000" not in theirs


# --- policies -------------------------------------------------------------------------------------


def test_a_policy_is_played_and_drawn(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.answers([counter.stock(number, BALANCE180)])
    entered(browser, "product")
    listed = browser.get("/operator/policies/").content.decode()
    assert "/operator/policies/mo.demo.keep12/2026-01/" in listed
    assert "6 months more" in listed
    assert "None" not in listed
    address = "/operator/policies/mo.demo.keep12/2026-01/?begins=2026-03-01"
    page = browser.get(address).content.decode()
    assert "Renewed late: 12 months" in page
    assert re.search(r"safe until (May 30, 2027|30 May 2027)", page)
    moved = browser.get(f"{address}&from={BALANCE180}").content.decode()
    assert "Lines that were played" in moved
    picture = browser.get("/operator/policies/mo.demo.keep12/2026-01.svg")
    assert picture["Content-Type"] == "image/svg+xml"
    assert "default-src 'none'" in picture["Content-Security-Policy"]
