"""Holders are told in time, by the way that reaches them, of what is true, once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from tests.app.telling import SEALS, VAULT, Told, text_of
from tests.conftest import Campaign
from tests.shop import Shop

from baohao.app import people
from baohao.app.door import Door
from baohao.app.messages import evidence
from baohao.app.messages.preferences import Target
from baohao.app.messages.wording import TEXTS
from baohao.app.ports.telling import Letter, Posted
from baohao.app.renumber import change_number
from baohao.core.people import read_person
from baohao.outside.apprise_push import ApprisePush
from baohao.outside.ids import new_id
from baohao.outside.pretend import post_office as fates
from baohao.outside.pretend.post_office import PostOffice, by_chance
from baohao.outside.pretend.push_services import PushServices

NUMBER = "+85366140001"


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with PostOffice() as opened:
        yield opened


@pytest.fixture
def told(shop: Shop, office: PostOffice) -> Told:
    """An activated line whose holder reads mails in English, and has heard of the activation."""
    made = Told(shop=shop, office=office)
    shop.open(NUMBER)
    made.prefer(NUMBER)
    made.hush()
    return made


def test_a_reminder_has_the_day_the_price_and_a_code_that_is_ours(told: Told) -> None:
    told.to(NUMBER, 30)
    told.run()
    (letter,) = told.letters
    text = text_of(letter)
    assert "Renew +85366•••001 by" in letter["Subject"]
    assert NUMBER[1:] not in text
    assert "Renew: https://keep.example/my/" in text
    until = told.shop.line(NUMBER).standing.clocks["service"].deadline - timedelta(minutes=1)
    assert f"{until.day} {until:%B} {until.year}" in re.sub(r"(\w+) (\d+), ", r"\2 \1 ", text)
    assert "12 months: MOP" in text
    code = re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}", text)[0]
    with told.shop.looking() as conn:
        found = evidence.ours(conn, code.lower().replace("-", " "))
        assert found is not None
        assert (found.number, found.what, found.channel) == (NUMBER, "reminder", "email")
        assert evidence.ours(conn, "AAAA-AAAA") is None
        assert evidence.ours(conn, "'; --") is None


def test_each_lead_is_told_once_however_often_the_worker_runs(told: Told) -> None:
    for days in (60, 30, 30, 7):
        told.to(NUMBER, days)
        told.run()
        told.run()
    assert len(told.letters) == 3
    assert len({letter["Message-ID"] for letter in told.letters}) == 3


def test_on_the_last_day_every_way_is_tried(told: Told) -> None:
    told.to(NUMBER, 0)
    told.run()
    assert len(told.letters) == 1
    (_, text) = told.phone.received[-1]
    assert "+853 6614 0001" in text
    assert "Renew: https://keep.example/my/85366140001/renew/" in text


def test_a_renewal_ends_the_reminders_of_the_old_deadline(told: Told) -> None:
    told.to(NUMBER, 30)
    told.remind()
    # Written down, not sent yet; the holder renews at a counter meanwhile.
    told.shop.answers([told.shop.renew(NUMBER)])
    told.outbox().run()
    assert [letter["Subject"] for letter in told.letters] == ["+85366•••001 was renewed"]
    assert ("reminder", "email", "over") in told.states()
    told.to(NUMBER, 360)
    told.run()
    assert len(told.letters) == 1
    # The new one is told in its time, however far away it was.
    told.to(NUMBER, 60)
    told.run()
    assert "Renew" in told.letters[-1]["Subject"]


def test_one_that_cannot_be_worded_holds_up_no_other(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "+85366140003"
    told.shop.answers([told.shop.renew(NUMBER)])
    told.shop.open(other)
    with monkeypatch.context() as patched:
        patched.delitem(TEXTS["zh-Hant"]["text"], "activate")
        told.outbox().run()
    assert len(told.letters) == 1
    assert told.phone.received == []
    told.shop.later(timedelta(hours=2))
    told.outbox().run()
    assert [number for number, _ in told.phone.received] == [other]


def test_nothing_is_told_to_an_ended_tenure(told: Told) -> None:
    told.to(NUMBER, 30)
    told.remind()
    heir = {"holder": "heir", "document": "bir", "cause": "death", "approved_by": "staff"}
    told.shop.say("transfer", NUMBER, principal="clerk", **heir)
    told.outbox().run()
    assert ("reminder", "email", "over") in told.states()
    # The former holder is told that it is gone, by mail alone; the heir by the number itself.
    assert [letter["Subject"] for letter in told.letters] == [
        "+85366•••001 is registered to somebody else now"
    ]
    assert "已登記於您名下" in told.phone.received[-1][1]
    told.hush()
    told.to(NUMBER, 7)
    told.run()
    assert told.letters == []
    assert len(told.phone.received) == 1


def test_quiet_hours_a_zone_and_a_further_lead_are_the_holders(told: Told) -> None:
    told.prefer(NUMBER, zone="Europe/Lisbon", quiet_from="20:00", quiet_to="11:00", lead_days=45)
    told.to(NUMBER, 46)
    told.hush()
    told.to(NUMBER, 45, hour=17)
    told.run()
    # It is about nine in the morning in Lisbon: still quiet.
    assert told.letters == []
    told.shop.later(timedelta(hours=4))
    told.run()
    text = text_of(told.letters[0])
    assert "Exactly: until" in text
    assert "By your own clock that is" in text


def test_an_act_is_told_whoever_did_it_and_a_grave_one_by_all_ways(told: Told) -> None:
    told.shop.answers([told.shop.renew(NUMBER, principal="agent-7", channel="api")])
    told.run()
    (letter,) = told.letters
    assert "Paid: MOP" in text_of(letter)
    assert told.phone.received == []
    told.shop.say("replace_card", NUMBER, iccid="8985301000000000035")
    told.run()
    assert "a new card" in told.letters[-1]["Subject"]
    assert "Was this not you?" in told.phone.received[-1][1]


@pytest.mark.parametrize(
    ("fate", "after"),
    [
        (fates.GREYLISTED, ("renewal", "email", "sent")),
        (fates.BUSY, ("renewal", "email", "sent")),
        (fates.LOST, ("renewal", "email", "sent")),
        (fates.REFUSED, ("renewal", "email", "failed")),
        (fates.SPAM, ("renewal", "email", "failed")),
    ],
)
def test_a_mail_server_may_say_anything(shop: Shop, fate: str, after: tuple[str, ...]) -> None:
    with PostOffice(fates=[fate]) as office:
        told = Told(shop=shop, office=office)
        shop.open(NUMBER)
        told.outbox().run()
        told.phone.received.clear()
        told.prefer(NUMBER)
        shop.answers([shop.renew(NUMBER)])
        told.outbox().run()
        shop.later(timedelta(minutes=2))
        told.outbox().run()
        assert after in told.states()
        is_told_by_phone = "failed" in after
        assert len(told.phone.received) == is_told_by_phone
        # What was taken before the line broke comes again as the same letter.
        assert len({letter["Message-ID"] for letter in told.letters}) == (not is_told_by_phone)
        assert len(told.letters) == {fates.LOST: 2}.get(fate, not is_told_by_phone)


def test_whatever_a_mail_server_does_each_holder_is_told(
    shop: Shop, campaign: Callable[[int], Campaign]
) -> None:
    drawn = campaign(12)
    chance = itertools.islice(by_chance(drawn.seed), 4 * drawn.count)
    with PostOffice(fates=chance) as office:
        told = Told(shop=shop, office=office)
        numbers = [f"+85366141{n:03}" for n in range(drawn.count)]
        for number in numbers:
            shop.open(number)
            told.prefer(number)
        while ("waiting",) in shop.rows("SELECT state FROM messages") or not office.received:
            told.outbox().run()
            shop.later(timedelta(minutes=20))
        assert set(told.states()) == {("activate", "email", "sent")}
        assert len(told.states()) == drawn.count
        # What was taken before the line broke is there twice, and is one to whoever reads it.
        assert len({letter["Message-ID"] for letter in told.letters}) == drawn.count
        assert len(told.letters) > drawn.count


def places(services: PushServices, *devices: str) -> tuple[Target, ...]:
    """Return places to push to, all of them shown to be the holder's."""
    return tuple(
        Target(id=key, url=f"bark://{services.authority}/{key}", name="Bark", is_theirs=True)
        for key in devices
    )


def test_a_push_goes_to_every_place_and_first_before_mail(told: Told) -> None:
    with PushServices() as services:
        told.push = ApprisePush(allow_own=True)
        services.known.devices |= {"hers", "theirs"}
        unknown = Target(id="x", url=f"bark://{services.authority}/hers", name="Bark")
        told.prefer(NUMBER, push=(*places(services, "barkDeviceKey22", "nobody"), unknown))
        told.to(NUMBER, 30)
        told.run()
        (shown,) = services.shown
        assert "Renew +85366•••001 by" in shown.title
        assert NUMBER[1:] not in shown.text + shown.url
        assert shown.url == "https://keep.example/my/"
        assert told.letters == []
        # On the last day by every way.
        told.to(NUMBER, 0)
        told.run()
        assert (len(services.shown), len(told.letters), len(told.phone.received)) == (2, 1, 1)


def test_a_push_that_never_arrives_is_followed_by_the_next_way(told: Told) -> None:
    with PushServices(["busy"]) as services:
        told.push = ApprisePush(allow_own=True)
        told.prefer(NUMBER, push=places(services, "nobody"))
        told.shop.answers([told.shop.renew(NUMBER)])
        told.outbox().run()
        assert ("renewal", "push", "waiting") in told.states()
        told.shop.later(timedelta(minutes=2))
        told.outbox().run()
        assert {("renewal", "push", "failed"), ("renewal", "email", "sent")} <= set(told.states())
        assert len(told.letters) == 1


class Killed(BaseException):
    """The worker dies."""


class Dying:
    """Sends a letter, and dies before anybody hears of it."""

    def __init__(self, told: Told) -> None:
        self._mail = told.mail

    def send(self, letter: Letter) -> Posted:
        assert self._mail is not None
        self._mail.send(letter)
        raise Killed


def test_a_worker_that_dies_between_sending_and_noting_it_repeats_the_same_letter(
    told: Told,
) -> None:
    told.shop.answers([told.shop.renew(NUMBER)])
    with pytest.raises(Killed):
        told.outbox(mail=Dying(told)).run()
    told.outbox().run()
    assert len(told.letters) == 1
    told.shop.later(timedelta(minutes=4))
    told.outbox().run()
    first, second = told.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert text_of(first) == text_of(second)
    assert ("renewal", "email", "sent") in told.states()


def test_what_a_decision_owes_is_not_lost_with_a_worker(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.shop.answers([told.shop.renew(NUMBER)])

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("baohao.app.messages.acts._write", die)
        with pytest.raises(Killed):
            told.outbox().run()
    told.outbox().run()
    assert len(told.letters) == 1


def test_a_charge_is_announced_with_a_way_to_stop_it_and_only_then_counts(told: Told) -> None:
    from baohao.app.orders import keep

    shop = told.shop
    holder = shop.line(NUMBER).tenure
    assert holder is not None
    shop.fund(50_000, f"wallet:{holder.holder}:MOP")
    order = {"term": "12 months", "payer": f"wallet:{holder.holder}:MOP", "limit_minor": 20_000}
    shop.say("order", NUMBER, principal=holder.holder, channel="app", consent="tapped", **order)
    told.hush()
    told.to(NUMBER, 20)
    keep.run(shop.shell, new_id)
    told.outbox().run()
    text = text_of(told.letters[-1])
    assert re.search(r"To stop it: https://keep.example/stop/[\w-]{56}/", text)
    assert "It will cost MOP" in text
    found = shop.line(NUMBER).order
    assert found is not None
    assert found.progress is not None
    assert found.progress.noticed_at is not None


def test_an_erased_person_leaves_a_digest_and_nothing_to_read(shop: Shop) -> None:
    with PostOffice() as office:
        told = Told(shop=shop, office=office)
        person = read_person(
            name="陳大文", document="bir", number="1234567(8)", email="man@example.org"
        )
        holder = shop.shell.run(lambda conn: people.enter(conn, SEALS, VAULT, person, new_id))
        shop.open(NUMBER, holder)
        told.run()
        # The address is that of the papers.
        assert [to for to, _ in office.received] == ["man@example.org"]
        with shop.looking() as conn:
            (row,) = evidence.of_number(conn, told.teller(), NUMBER)
        assert "已啟用" in row["text"]
        shop.shell.run(lambda conn: people.erase(conn, holder))
        with shop.looking() as conn:
            (row,) = evidence.of_number(conn, told.teller(), NUMBER)
        assert (row["text"], row["state"], len(row["sha256"])) == ("", "sent", 64)


def test_nothing_that_was_told_is_readable_in_the_database(told: Told) -> None:
    told.to(NUMBER, 30)
    told.run()
    kept = str(
        told.shop.rows("SELECT messages::text, preferences::text FROM messages, preferences")
    )
    assert "example.org" not in kept
    assert "Renew" not in kept


def test_a_line_that_nothing_reaches_is_noted(told: Told) -> None:
    from dataclasses import replace

    teller = replace(told.teller(), channels=frozenset({"email"}))
    told.shop.open("+85366140002")
    from baohao.app.messages import acts

    told.shop.shell.run(lambda conn: acts.take(conn, teller))
    assert ("activate", "none", "failed") in told.states()


def test_who_changes_the_number_is_told_on_the_new_one_and_once(told: Told) -> None:
    to = "+85366140009"
    told.shop.answers([told.shop.stock(to)])
    ask, door = told.shop.ask("change_number", NUMBER, to=to, reason="lucky"), Door(told.shop.terms)
    told.shop.shell.run(lambda conn: change_number(conn, door, ask, told.shop.new_id()))
    told.prefer(to)
    told.run()
    (letter,) = told.letters
    assert letter["Subject"] == "Your number +85366•••001 was changed"
    ((number, text),) = told.phone.received
    assert number == to
    assert "was changed to +853 6614 0009" in text
    # The reminders go on with the line.
    told.to(to, 30)
    told.run()
    assert "Renew +85366•••009 by" in told.letters[-1]["Subject"]


def test_who_gives_a_number_up_is_told_while_nobody_else_has_it(told: Told) -> None:
    told.shop.say("terminate", NUMBER, cause="holder", reason="moves away")
    told.run()
    assert [letter["Subject"] for letter in told.letters] == ["+85366•••001 was given up"]
    assert [number for number, _ in told.phone.received] == [NUMBER]
    told.shop.later(timedelta(days=400))
    told.run()
    assert len(told.letters) == 1


@pytest.mark.parametrize(
    ("verb", "said", "title"),
    [
        ("hold", {"cause": "fraud", "reason": "reported"}, "was put on hold"),
        ("park", {}, "is paused"),
        ("register", {"document": "bir"}, "was registered"),
        ("reverse", {}, "was undone"),
    ],
)
def test_acts_without_money_are_told_too(
    told: Told, verb: str, said: dict[str, str], title: str
) -> None:
    if verb == "reverse":
        said = {"of": told.shop.line(NUMBER).sold[0].act, "reason": "twice", "approved_by": "boss"}
    told.shop.say(verb, NUMBER, principal="clerk", **said)
    told.run()
    assert title in told.letters[0]["Subject"]


def test_a_closed_house_tells_nobody(told: Told) -> None:
    from baohao.app import house

    told.to(NUMBER, 30)
    told.shop.shell.run(house.close)
    told.run()
    assert told.letters == []


def test_what_waited_when_a_backup_was_made_is_not_sent_again_and_what_is_due_later_is(
    told: Told,
) -> None:
    from baohao.app import house

    told.shop.answers([told.shop.renew(NUMBER)])
    told.to(NUMBER, 30)
    told.remind()
    told.shop.shell.run(house.close)
    told.shop.shell.run(house.reopen)
    told.run()
    assert told.letters == []
    assert ("reminder", "email", "over") in told.states()
    told.to(NUMBER, 7)
    told.run()
    assert len(told.letters) == 1
