"""Offices: an agent with a file, an auditor, and a product manager with an idea for winter."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta

from playwright.sync_api import expect
from tests.journeys.conftest import Makes
from tests.shop import Shop

from baohao.cli.demo_agency import number_of

#: Of the agent's customers, none of whom stands in the demo's file or was taken back.
CUSTOMERS = range(42, 50)
PACKS = 25
TITLE = "Winter: buy 12, get 8"


def test_an_agent_sends_a_file(person: Makes) -> None:
    owner = person()
    owner.works_as("kiosk.owner")
    owner.shows("agent-home")
    owner.taps("Files")
    rows = [f"陳大文,{number_of(n)[4:]}" for n in CUSTOMERS] + ["誰,66120000", "誰,12345"]
    sheet = "\n".join(["客戶,電話", *rows]).encode()
    owner.page.get_by_label("The file").set_input_files(
        {"name": "customers.csv", "mimeType": "text/csv", "buffer": sheet}
    )
    owner.taps("Show me what would happen")
    owner.heading("Waits for you to confirm")
    expect(owner.page.get_by_text("Not renewed")).to_have_count(2)
    owner.shows("agent-preview")
    owner.taps(re.compile(rf"Renew {len(CUSTOMERS)} lines for"))
    owner.heading("Done")
    owner.shows("agent-done")
    with owner.page.expect_download() as saved:
        owner.taps("Save what became of each row (CSV)")
    table = saved.value.path().read_text(encoding="utf-8")
    assert table.count("renewed") == len(CUSTOMERS), table
    owner.taps("Money")
    owner.heading("Float")
    owner.shows("agent-money")


def test_an_auditor_draws_renewals_with_their_evidence(person: Makes) -> None:
    auditor = person()
    auditor.works_as("auditor")
    auditor.shows("console-figures")
    auditor.taps("Evidence")
    drawn = []
    for _ in range(2):
        auditor.writes(re.compile("Seed"), "winter")
        auditor.taps("Draw")
        auditor.heading("Evidence")
        rows = auditor.page.get_by_role("link", name="Pack (ZIP)")
        expect(rows).to_have_count(PACKS)
        drawn.append([row.get_attribute("href") for row in rows.all()])
    assert drawn[0] == drawn[1]
    auditor.shows("console-evidence")
    with auditor.page.expect_download() as saved:
        auditor.taps("All packs in one file")
    with zipfile.ZipFile(saved.value.path()) as packs:
        assert len(packs.namelist()) == PACKS
        with zipfile.ZipFile(io.BytesIO(packs.read(packs.namelist()[0]))) as pack:
            assert any(name.startswith("manifest") for name in pack.namelist())
    auditor.taps("Audit trail")
    auditor.sees("winter")


def test_a_product_manager_launches_a_promotion(person: Makes, door: Shop, number: str) -> None:
    numbers = [number, f"+8536379{number[-4:]}"]
    for each in numbers:
        door.open(each, "a watcher")
    holder, product, approver = person(), person(), person()
    holder.signs_in(number)

    def bonus(of: str) -> int:
        holder.goes(f"/my/{of[1:]}/renew/")
        holder.taps(re.compile("12 months"))
        holder.sees("To pay")
        return holder.page.get_by_text("+ 8 months").count()

    product.works_as("product")
    product.taps("Policies")
    product.taps("New promotion")
    product.writes("Title, as holders read it", TITLE)
    product.writes(re.compile("Short name"), "winter-get-eight")
    product.writes("How much of it", "8 months")
    product.page.get_by_label("keep12").check()
    product.page.get_by_label("12 months", exact=True).check()
    today = door.now().date()
    product.writes("First day", str(today))
    product.writes(re.compile("^Last day"), str(today + timedelta(days=60)))
    product.writes("At most so often for a number", "1")
    product.shows("promotion-form")
    product.taps("Keep as a draft, and try it")
    product.sees("given")
    product.shows("promotion-tried")
    product.taps("Propose it to another person")
    product.sees(re.compile("Somebody else approves it"))
    assert not bonus(numbers[0])
    approver.works_as("supervisor")
    approver.goes(product.page.url)
    approver.taps("Approve, and put it in force")
    approver.sees(re.compile("Approved by"))
    approver.shows("promotion-approved")
    # Each process reads what is in force a moment later.
    for _ in range(20):
        holder.goes("/prices/")
        if holder.page.get_by_text(TITLE).count():
            break
        holder.page.wait_for_timeout(500)
    holder.sees(TITLE)
    holder.shows("public-prices")
    assert bonus(numbers[1])
    holder.shows("promotion-applied")
