"""What goes wrong with cards of other operators': a clear answer, and nothing is lost."""

from __future__ import annotations

from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from tests.app.telling import VAULT
from tests.shop import Shop, codes, granted

from baohao.app import show
from baohao.app.door import Answer
from baohao.app.kept import adding, listing
from baohao.app.kept.adding import ProductGone, Wanted
from baohao.app.kept.listing import Card
from baohao.app.library import library
from baohao.core.civil import midnight
from baohao.core.kept import kept_key, number_of
from baohao.core.reminders import Wishes
from baohao.store import sql

NUMBER = "+447700900123"
KEEPER = "h-1"
SUBJECT = kept_key(NUMBER, KEEPER)
DAY = timedelta(days=1)
BY: dict[str, Any] = {"principal": KEEPER, "channel": "app"}


@pytest.fixture
def house(shop: Shop) -> Shop:
    shop.rules = library()
    return shop


def asked(shop: Shop, **said: object) -> dict[str, Any]:
    usual = {"product": "gb.giffgaff.payg", "act": "sms_out", "on": shop.now().date()}
    wanted = Wanted(**usual | said)  # type: ignore[arg-type]
    return adding.asked(shop.rules, wanted, KEEPER, shop.now())


def keep(shop: Shop, number: str = NUMBER, **said: object) -> str:
    shop.say("keep", subject := kept_key(number, KEEPER), **BY, **asked(shop, **said))
    return subject


def card(shop: Shop, subject: str = SUBJECT) -> Card:
    return shop.shell.run(lambda conn: listing.one(conn, shop.terms(), VAULT, subject))


def journal(shop: Shop) -> list[str]:
    return [kind for (kind,) in shop.rows("SELECT kind FROM journal WHERE subject = %s", SUBJECT)]


def told(shop: Shop) -> set[date]:
    """The last days that are reminded of from now on."""
    now, line = shop.now(), shop.line(SUBJECT)
    policy, views = show.viewed(shop.rules, line, now)
    found = show.reminders_of(
        policy, views, line, now - 400 * DAY, now + 400 * DAY, Wishes(zone=policy.zone)
    )
    return {each.deadline.astimezone(policy.zone).date() - DAY for each in found}


# --- the market -----------------------------------------------------------------------------------


def test_a_product_that_left_the_market_is_kept_from_its_own_time(house: Shop) -> None:
    with pytest.raises(ProductGone) as refused:
        asked(house, product="gb.1pmobile.payg_until_2021", act="topup", amount="10")
    assert "2021-10-01" in refused.value.message
    then = {"product": "gb.1pmobile.payg_until_2021", "act": "topup", "amount": "10"}
    keep(house, **then, on=date(2021, 9, 1))
    assert card(house).policy.version == "2020"
    # A year and more ago: what comes of it is lost by now, and said to be.
    assert card(house).is_over


def test_numbers_that_moved_to_another_operator_go_on_with_their_history(house: Shop) -> None:
    keep(house, product="mo.three.sosim", act="activate")
    house.say("terminate", SUBJECT, **BY, cause="operator_exit", reason="its numbers went to CTM")
    assert card(house).is_over
    keep(house, product="mo.ctm.prepaid", act="activate", balance="50")
    after = card(house)
    assert (after.policy.operator, after.is_over, number_of(after.subject)) == (
        "ctm",
        False,
        NUMBER,
    )
    assert after.state.tenure is not None
    assert after.state.tenure.epoch == 2
    assert journal(house).count("stocked") == 2
    # Or it was ported.
    keep(house, ported := "+447700900124")
    house.say("port_out", kept_key(ported, KEEPER), **BY, recipient="Tesco")
    keep(house, ported, product="gb.1pmobile.payg", act="activate", balance="5")
    assert card(house, kept_key(ported, KEEPER)).policy.operator == "1pmobile"
    house.is_well()


# --- what cannot be, and what contradicts itself --------------------------------------------------


def test_what_was_before_a_card_is_known_is_refused_with_the_day(house: Shop) -> None:
    keep(house)
    before = (house.now() - 3 * DAY).isoformat()
    until = (house.now() + 30 * DAY).isoformat()
    assert house.refused("record", SUBJECT, **BY, kind="call_out", at=before) == (
        "record.before_it_began"
    )
    assert house.refused("observe", SUBJECT, **BY, clock="use", until=until, at=before) == (
        "record.before_it_began"
    )
    assert len(journal(house)) == 3


def test_two_sources_that_contradict_each_other_both_stand(house: Shop) -> None:
    keep(house)
    zone, today = card(house).policy.zone, house.now().date()

    def says(day: date, evidence: str) -> None:
        until = midnight(day + DAY, zone).isoformat()
        house.say("observe", SUBJECT, **BY, clock="use", until=until, evidence=evidence)

    computed = card(house).due
    says(today + 100 * DAY, "*100#")
    says(today + 90 * DAY, "app")
    says(today + 120 * DAY, "*100#")
    found = card(house)
    assert [each.evidence for each in found.readings] == ["app", "*100#"]
    assert (found.due, found.glance.paid_until) == (today + 90 * DAY, computed)
    assert told(house) == {today + 90 * DAY}
    assert journal(house).count("observed") == 3
    # Whoever asks again two days later asks anew.
    house.later(2 * DAY)
    says(today + 110 * DAY, "*100#")
    assert (card(house).due, len(card(house).readings)) == (today + 110 * DAY, 1)
    # What was done since moves it; a call that came in does not.
    house.say("record", SUBJECT, **BY, kind="call_in")
    assert card(house).due == today + 110 * DAY
    house.say("record", SUBJECT, **BY, kind="call_out")
    assert card(house).readings == ()
    assert told(house) == {card(house).due}
    house.is_well()


def test_lost_by_the_operator_and_alive_by_its_rules_is_said_both(house: Shop) -> None:
    keep(house, on=house.now().date() - 60 * DAY)
    yesterday = midnight(house.now().date(), card(house).policy.zone)
    house.say("observe", SUBJECT, **BY, clock="use", until=yesterday.isoformat())
    found = card(house)
    assert found.due == house.now().date() - DAY
    assert (found.is_over, found.glance.kind) == (False, "live")
    # Nobody can act before it; what is computed goes on being told.
    assert told(house) == {found.glance.paid_until}


# --- many, and at once ----------------------------------------------------------------------------


class Counting(dict[str, bytes]):
    """Statements that know how often they were sent."""

    sent = 0

    def __getitem__(self, name: str) -> bytes:
        self.sent += 1
        return super().__getitem__(name)


def test_five_thousand_in_one_go_cost_as_many_trips_as_they_have_parts(
    house: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, sent = asked(house), []
    for part in range(10):
        asks = [
            house.ask(
                "keep",
                kept_key(f"+4477{part}{n:07}", f"h-{n % 100}"),
                **BY,
                **said | {"holder": f"h-{n % 100}"},
            )
            for n in range(500)
        ]
        monkeypatch.setattr(sql, "STATEMENTS", counting := Counting(sql.STATEMENTS))
        assert not any(codes(house.answers(asks)))
        sent.append(counting.sent)
    assert len({*sent}) == 1
    assert sent[0] < 30
    # And who has many looks at them in as many trips as at one.
    monkeypatch.setattr(sql, "STATEMENTS", counting := Counting(sql.STATEMENTS))
    found = house.shell.run(
        lambda conn: listing.of_keepers(conn, house.terms(), VAULT, ["h-0", "h-7"])
    )
    assert (len(found), counting.sent) == (100, 2)


@pytest.mark.parametrize(("keys", "times"), [(("k", "k"), 1), (("k1", "k2"), 2)])
def test_two_members_at_once_do_it_once_or_see_it_twice(
    house: Shop, keys: tuple[str, str], times: int
) -> None:
    keep(house)
    answers: list[Answer] = []
    ready = Barrier(len(keys))

    def tap(key: str) -> None:
        ask = house.ask("record", SUBJECT, **BY, key=key, kind="call_out")
        shell = house.make_shell()
        ready.wait()
        answers.extend(shell.answer([ask]))
        shell.close()

    threads = [Thread(target=tap, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({granted(answer).answer["id"] for answer in answers}) == times
    assert [act.kind for act in card(house).state.acts].count("call_out") == times
    house.is_well()
