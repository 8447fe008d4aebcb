"""Cards of a file come under watch, go out again as they are, and are forgotten for good."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.shop import Shop

from baohao.app.brought.model import Given
from baohao.app.brought.products import Called, matches
from baohao.app.brought.read import read
from baohao.app.kept import about, adding, bringing, leaving, listing
from baohao.app.kept.about import About
from baohao.app.kept.bringing import Bringing, Outcome
from baohao.app.kept.listing import Card
from baohao.app.kept.planned import Choices
from baohao.app.library import read_library
from baohao.app.messages import preferences
from baohao.app.messages.preferences import Preferences
from baohao.app.policies import shipped
from baohao.app.ports import SealBroken
from baohao.core.bucket import bucket_of
from baohao.core.kept import kept_key
from baohao.core.policy.ending import service_clock
from baohao.outside import numbering
from baohao.outside.sealing import SealsOfHouse, VaultOfHouse
from baohao.store import clock, journal

VAULT = VaultOfHouse(SealsOfHouse(b"k" * 32))
SAMPLES = Path(__file__).parent / "brought"
LIBRARY = read_library(shipped())


@pytest.fixture
def house(shop: Shop) -> Shop:
    """A shop that knows the whole library."""
    shop.rules = LIBRARY.policies
    return shop


def bring(
    shop: Shop, data: bytes, keeper: str = "h-1", more: Mapping[str, str] | None = None
) -> list[Outcome]:
    """Bring a file with what it means by itself, and what somebody chose beside."""
    taken = read(data, Given(file="cards", numbering=numbering))
    known = adding.products(shop.rules, date(2026, 11, 1))
    found = matches(taken.rows, numbering, known, LIBRARY.operators)
    chosen: dict[Called, str] = {
        each.called: (more or {}).get(each.called.product, each.chosen) for each in found
    }
    work = Bringing(
        shell=shop.shell,
        vault=VAULT,
        numbering=numbering,
        new_id=shop.new_id,
        keeper=keeper,
        digest=bringing.digest_of(data),
        choices=Choices(products=chosen, number="+447700900199"),
    )
    return [outcome for part in bringing.parts(taken) for outcome in work.part(part)]


def cards(shop: Shop, keeper: str = "h-1") -> dict[str, Card]:
    found = shop.shell.run(lambda conn: listing.of_keepers(conn, shop.terms(), VAULT, [keeper]))
    return {card.number: card for card in found}


def what(outcomes: list[Outcome]) -> Counter[str]:
    return Counter(outcome.what for outcome in outcomes)


def codes(outcomes: list[Outcome]) -> list[str]:
    return [wrong.refusal.code for outcome in outcomes for wrong in outcome.wrong]


def test_a_backup_brings_cards_with_their_history_and_notes_and_again_changes_nothing(
    house: Shop,
) -> None:
    data = (SAMPLES / "simkeeper.json").read_bytes()
    assert what(bring(house, data)) == {"kept": 2}
    card = cards(house)["+447700900111"]
    assert [act.kind for act in card.state.acts] == ["activate", "topup", "sms_out"]
    assert card.due == date(2027, 4, 1)
    about = card.noted.about
    assert (about.name, about.note, about.hangs) == (
        "银行卡",
        "抽屉里",
        ("中国银行 (尾号 8888)", "✓ Steam"),
    )
    versions = {number: each.state.version for number, each in cards(house).items()}
    assert what(bring(house, data)) == {"same": 2}
    assert {number: each.state.version for number, each in cards(house).items()} == versions


def test_a_list_goes_in_but_for_what_nobody_can_mean(house: Shop) -> None:
    outcomes = bring(house, (SAMPLES / "cards.csv").read_bytes(), more={"CTM": "mo.ctm.prepaid"})
    assert what(outcomes) == {"kept": 3}, codes(outcomes)
    mine = cards(house)
    assert mine["+447700900118"].policy.name == "zz.generic.every60"
    # The operator's word is the earlier one, and nothing else is known.
    assert mine["+447700900118"].due == date(2027, 1, 31)
    (nobody,) = bring(house, b"number,product,last day\n+447700900120,Nobody,2026-10-01\n")
    assert codes([nobody]) == ["brought.row.product"]


def test_five_thousand_lines_go_in_and_again_change_nothing(house: Shop) -> None:
    lines = ["number,product,last act,last day"]
    lines += [f"+4477009{n:05},giffgaff,text,2026-09-{n % 28 + 1:02}" for n in range(1, 601)]
    data = "\n".join(lines).encode()
    assert what(bring(house, data)) == {"kept": 600}
    assert what(bring(house, data)) == {"same": 600}
    assert len(cards(house)) == 600


def test_a_newer_file_of_the_same_tracker_adds_what_was_done_since(house: Shop) -> None:
    old = b"number,product,last act,last day\n+447700900121,giffgaff,text,2026-09-01\n"
    bring(house, old)
    (outcome,) = bring(house, old.replace(b"2026-09-01", b"2026-10-01"))
    assert outcome.what == "more"
    acts = cards(house)["+447700900121"].state.acts
    assert [(act.kind, str(act.at.date())) for act in acts][1:] == [
        ("sms_out", "2026-08-31"),
        ("sms_out", "2026-09-30"),
    ]


def test_a_reading_goes_to_the_card_that_its_owner_names(house: Shop) -> None:
    data = (SAMPLES / "prepaid-balance.csv").read_bytes()
    bring(house, b"number,product,last act,last day\n+447700900199,giffgaff,text,2026-09-01\n")
    assert [what(bring(house, data)), what(bring(house, data))] == [{"more": 1}, {"same": 1}]
    (reading,) = cards(house)["+447700900199"].state.readings
    assert (reading.name, reading.amount_minor, str(reading.at.date())) == (
        "main",
        970,
        "2026-10-31",
    )


def test_what_does_not_fit_a_product_is_told_and_the_card_kept(house: Shop) -> None:
    data = (
        b"number,product,last act,last day,amount,until,balance\n"
        b"+85251234567,hahaSIM,topup,2026-10-01,,,\n"
        b"+85251234568,hahaSIM,text,2026-10-01,,,\n"
        b"+85251234569,hahaSIM,text,2026-10-01,,2027-05-05,\n"
        b"+447700900122,giffgaff,text,2099-01-01,,,\n"
        b"+447700900123,giffgaff,topup,2026-10-01,10 USD,,\n"
    )
    outcomes = bring(house, data)
    assert [(o.what, [w.refusal.code for w in o.wrong]) for o in outcomes] == [
        ("kept", ["brought.row.act_assumed"]),
        ("refused", ["kept.act_other"]),
        ("kept", ["kept.act_other"]),
        ("refused", ["kept.day_ahead"]),
        ("kept", ["brought.row.currency"]),
    ]
    assert cards(house)["+85251234567"].due == date(2027, 10, 1)
    assert cards(house)["+85251234569"].due == date(2027, 5, 5)
    assert house.shell.run(clock.now).date() > date(2026, 10, 1)


# --- taken along, and forgotten -------------------------------------------------------------------

PRODUCTS = ("gb.giffgaff.payg", "hk.hahasim.yearly", "id.telkomsel.prepaid", "zz.generic.every90")
ACTS = st.tuples(
    st.sampled_from(("sms_out", "topup", "call_out", "pack", "other")),
    st.integers(0, 700),
    st.none() | st.integers(0, 200_000),
)
_numbers = count(1)


def everything(house: Shop, keeper: str) -> Any:
    return house.shell.run(lambda c: leaving.everything(c, house.terms(), VAULT, keeper))


def as_it_stands(card: Card) -> object:
    """A card but for its ids, which every house makes for itself."""
    state = card.state
    acts = [(a.kind, a.at, a.amount_minor, a.term, a.sku, a.clock, a.until) for a in state.acts]
    readings = {(r.name, r.at, r.until, r.amount_minor) for r in state.readings}
    return state.pin, sorted(map(str, acts)), readings, card.due, card.noted.about


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    product=st.sampled_from(PRODUCTS),
    acts=st.lists(ACTS, min_size=1, max_size=6),
    ahead=st.none() | st.integers(1, 300),
    name=st.text(max_size=20),
)
def test_what_is_taken_along_gives_the_same_cards_elsewhere(
    house: Shop, product: str, acts: list[Any], ahead: int | None, name: str
) -> None:
    n = next(_numbers)
    here, there, number = f"a-{n}", f"b-{n}", f"+4477009{n:05}"
    now = house.shell.run(clock.now)
    policy = adding.product(house.rules, product, date(2026, 11, 1))
    said: dict[str, Any] = {"operator": policy.operator, "plan": "p", "pin": policy.pin}
    if ahead is not None:
        until = (now + timedelta(days=ahead)).isoformat()
        said |= {"clock": service_clock(policy), "until": until}
    began = now - timedelta(days=701)
    subject = kept_key(number, here)
    house.say("keep", subject, principal=here, holder=here, begins=began.isoformat(), **said)
    for kind, ago, amount in acts:
        act: dict[str, Any] = {"kind": kind, "at": (now - timedelta(days=ago)).isoformat()}
        if amount is not None:
            act["amount_minor"] = amount
        house.shell.answer([house.ask("record", subject, principal=here, **act)])
    told = {subject: About(name=name, hangs=("HSBC", name or "x"), shared=True)}
    house.shell.run(lambda conn: about.write_new(conn, VAULT, here, told))

    out = leaving.written(everything(house, here))
    outcomes = bring(house, out.encode(), there)
    assert what(outcomes) == {"kept": 1}, codes(outcomes)
    ours, theirs = cards(house, here)[number], cards(house, there)[number]
    assert as_it_stands(theirs) == as_it_stands(ours)
    assert theirs.state.standings == ours.state.standings or product == "id.telkomsel.prepaid"
    # And as a spreadsheet.
    sheet = io.StringIO()
    house.shell.run(lambda conn: leaving.table(conn, house.terms(), VAULT, here, sheet))
    if not ours.is_over:
        (row,) = read(sheet.getvalue().encode(), Given(file="x", numbering=numbering)).rows
        assert (row.number, row.product) == (number, product)


def test_an_erasure_leaves_whole_chains_and_nothing_to_read(house: Shop) -> None:
    data = (SAMPLES / "simkeeper.json").read_bytes()
    bring(house, data)
    bring(house, data, "h-2")
    said = Preferences(email="me@example.org", lead_days=9)
    house.shell.run(lambda conn: preferences.keep(conn, VAULT, "h-1", said))
    copy = house.rows("SELECT * FROM card_notes WHERE keeper = 'h-1'")
    erased = leaving.erase(house.shell, VAULT, house.new_id, "h-1")
    assert (erased.ended, erased.cards) == (2, 2)
    assert cards(house) == {}
    assert everything(house, "h-1")["cards"] == []
    # How they want to be told of other numbers stays; and somebody else's cards.
    assert house.shell.run(lambda conn: preferences.read(conn, VAULT, "h-1")) == said
    assert len(cards(house, "h-2")) == 2
    tables = house.rows(
        "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    whole = "".join(str(house.rows(f"SELECT t::text FROM {name} t")) for (name,) in tables)
    for text in ("抽屉里", "银行卡", "尾号", "me@example.org"):
        assert text not in whole
    # Whoever has a copy of what was sealed has nothing: the key is gone.
    key = house.rows("SELECT key FROM preferences WHERE holder = 'h-1'")[0][0]
    with pytest.raises(SealBroken):
        VAULT.unseal(key, copy[0][4], "messages:h-1")
    for (subject,) in house.rows("SELECT number FROM lines WHERE holder = 'h-1'"):
        with house.looking() as conn:
            chain = journal.of_subject(conn, bucket_of(subject), subject)
        assert list(journal.faults(chain, {}, None)) == []
    # A card may be kept anew, and is seen again.
    assert what(bring(house, data)) == {"kept": 2}
    assert len(cards(house)) == 2
