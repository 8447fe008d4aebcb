"""A household: who joins, who sees whose cards, who may change what, and that nobody else may."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.shop import Shop
from tests.web.fixtures import entered
from tests.web.test_cards import GIFFGAFF, added

from baohao.outside.ids import new_id
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

    from baohao.web.accounts.models import Account
    from baohao.web.household.models import Member


#: What the button of an invitation says.
JOIN = {"join": "yes"}


@pytest.fixture
def two(pages: Installation) -> tuple[Client, Client]:
    """Mei, who owns a household, and João, who has joined it by her link."""
    mei, joao = _client("mei"), _client("joao")
    mei.post("/my/household/", {"name": "Mei"})
    link = _link(mei, {"name": "João"})
    assert joao.get(link).status_code == 200
    assert joao.post(link, JOIN)["Location"] == "/my/household/"
    return mei, joao


def test_each_sees_the_other_and_may_act_if_they_were_let(two: tuple[Client, Client]) -> None:
    from baohao.web.household.people import keepers_seen_by, looked_after_by

    mei, _ = two
    mei.post("/my/household/look-after/", {"cared-name": "Po Po", "key": "a-key"})
    po = _member("Po Po")
    assert keepers_seen_by(_account("mei")) == [
        ("mei", "Mei", True),
        ("joao", "João", True),
        (po.holder, "Po Po", True),
    ]
    # Of what others share he may see, and say nothing.
    assert keepers_seen_by(_account("joao"))[1:] == [
        ("mei", "Mei", False),
        (po.holder, "Po Po", False),
    ]
    assert looked_after_by(_account("joao")) == {po.holder}


def test_who_belongs_to_no_household_sees_their_own_cards(pages: Installation) -> None:
    from baohao.web.household.people import keepers_seen_by

    assert keepers_seen_by(_account("alone")) == [("alone", "", True)]


def test_a_link_is_good_once(two: tuple[Client, Client]) -> None:
    mei, _ = two
    link = _link(mei, {"name": "Ana"})
    first, second = _client("ana"), _client("another")
    first.post(link, JOIN)
    assert second.get(link).status_code == 404
    assert second.post(link, JOIN).status_code == 404
    names = [each.name for each in _member("Mei").household.members]
    assert names == ["Mei", "João", "Ana"]


def test_a_link_that_was_taken_back_is_over(two: tuple[Client, Client]) -> None:
    from baohao.web.household.models import Invitation

    mei, _ = two
    link = _link(mei, {"name": "Ana"})
    mei.post(f"/my/household/invitations/{Invitation.objects.get(name='Ana').pk}/")
    assert _client("ana").get(link).status_code == 404


def test_nobody_belongs_to_two(two: tuple[Client, Client]) -> None:
    mei, _ = two
    link = _link(mei, {"name": "Ana"})
    ana = _client("ana")
    ana.post("/my/household/", {"name": "Ana"})
    answer = ana.post(link, JOIN)
    assert answer.status_code == 409
    assert "leave that one first" in answer.content.decode()
    # Refused, the link is as good as before.
    ana.post("/my/household/leave/")
    assert ana.post(link, JOIN).status_code == 302


def test_two_who_change_one_person_do_not_overwrite_each_other(two: tuple[Client, Client]) -> None:
    mei, joao = two
    page = f"/my/household/{_member('João').pk}/"
    seen = _version(mei, page)
    assert _version(joao, page) == seen
    joao.post(page, {"name": "João Manuel", "version": seen})
    answer = mei.post(page, {"name": "Joãozinho", "may_act": "on", "version": seen})
    assert answer.status_code == 409
    assert "João Manuel" in answer.content.decode()
    found = _member("João Manuel")
    assert not found.may_act
    mei.post(page, {"name": "Joãozinho", "may_act": "on", "version": _version(mei, page)})
    assert _member("Joãozinho").may_act


def test_a_member_does_not_let_themselves_act(two: tuple[Client, Client]) -> None:
    _, joao = two
    page = f"/my/household/{_member('João').pk}/"
    joao.post(page, {"name": "João", "may_act": "on", "version": _version(joao, page)})
    assert not _member("João").may_act


def test_what_is_the_owners_is_not_there_for_others(two: tuple[Client, Client]) -> None:
    _, joao = two
    mei, other = _member("Mei").pk, _client("other")
    other.post("/my/household/", {"name": "Other"})
    for client, status in ((joao, 404), (other, 404), (_client("nobody"), 404)):
        for act in ("", "link/", "remove/", "own/"):
            assert client.post(f"/my/household/{mei}/{act}").status_code == status, act
        if client is not other:
            assert client.post("/my/household/invite/", {"name": "x"}).status_code == status
            assert client.post("/my/household/look-after/").status_code == status
    assert _member("Mei").household.members.count() == 2


def test_the_owner_stays_until_another_takes_over(two: tuple[Client, Client]) -> None:
    mei, joao = two
    assert mei.post("/my/household/leave/").status_code == 409
    mei.post(f"/my/household/{_member('João').pk}/own/")
    assert mei.post("/my/household/leave/").status_code == 302
    assert [each.name for each in _member("João").household.members.all()] == ["João"]
    # With the last one it is gone.
    joao.post("/my/household/leave/")
    assert "Begin a household" in joao.get("/my/household/").content.decode()


def test_a_form_that_is_sent_twice_adds_one_person(two: tuple[Client, Client]) -> None:
    mei, _ = two
    page = mei.get("/my/household/").content.decode()
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found
    for _ in range(2):
        mei.post("/my/household/look-after/", {"cared-name": "Po Po", "key": found[1]})
    assert _member("Mei").household.members.filter(kind="cared").count() == 1
    # Nobody chooses under whose id they keep cards.
    assert _member("Po Po").holder != found[1]


def _client(holder: str) -> Client:
    from django.core.cache import cache
    from django.test import Client

    cache.clear()
    client = Client(SERVER_NAME="localhost")
    entered(client, holder)
    _lately(client)
    return client


def _lately(client: Client) -> None:
    """Whoever signed in a moment ago is not asked who they are."""
    from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
    from django.utils import timezone

    session = client.session
    said = [{"method": "code", "at": timezone.now().timestamp()}]
    session[AUTHENTICATION_METHODS_SESSION_KEY] = said
    session.save()


def _link(owner: Client, asked: dict[str, str]) -> str:
    owner.post("/my/household/invite/", asked)
    page = owner.get("/my/household/").content.decode()
    found = re.search(r"http://localhost(/join/[^/]+/)", page)
    assert found
    # It is shown this once.
    assert "/join/" not in owner.get("/my/household/").content.decode()
    return found[1]


def _version(client: Client, page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', client.get(page).content.decode())
    assert found
    return found[1]


def _account(holder: str) -> Account:
    from baohao.web.accounts.models import Account

    return Account.objects.of_holder(holder)


def _member(name: str) -> Member:
    from baohao.web.household.models import Member

    return Member.objects.select_related("household", "account").get(name=name)


@pytest.fixture(autouse=True)
def _empty(pages: Installation) -> None:
    from baohao.web.household.models import Household

    Household.objects.all().delete()


# --- cards ----------------------------------------------------------------------------------------


@pytest.fixture
def card(two: tuple[Client, Client], counter: Shop, number: str) -> str:
    """A card of Mei's that nobody else sees."""
    mei, _ = two
    day = (counter.now().date() - timedelta(days=9)).isoformat()
    return added(mei, number, on=day)


def test_a_card_is_its_keepers_alone_until_they_share_it(
    two: tuple[Client, Client], card: str
) -> None:
    mei, joao = two
    assert joao.get(card).status_code == 404
    assert card not in joao.get("/my/cards/").content.decode()
    _shared(mei, card, "yes")
    page = joao.get(card).content.decode()
    assert "kept by Mei" in page
    assert "I did it" not in page
    assert joao.get(f"{card}done/").status_code == 404
    # Who sees it is its keeper's to say.
    assert joao.post(_place(card), {"shared": "no", "version": "1"}).status_code == 404
    _let_act(mei, "João")
    assert joao.get(f"{card}done/").status_code == 200
    _shared(mei, card, "no")
    assert joao.get(card).status_code == 404
    assert joao.get(f"{card}done/").status_code == 404


def test_the_owner_does_not_see_what_a_member_keeps_to_themselves(
    two: tuple[Client, Client], counter: Shop, number: str
) -> None:
    mei, joao = two
    his = added(joao, number, on=counter.now().date().isoformat())
    assert mei.get(his).status_code == 404
    assert mei.get(_place(his)).status_code == 404
    _shared(joao, his, "yes")
    assert mei.get(his).status_code == 200
    # Whoever is taken out takes what is theirs along, shared or not.
    mei.post(f"/my/household/{_member('João').pk}/remove/")
    assert mei.get(his).status_code == 404


def test_two_who_change_who_sees_a_card_do_not_overwrite_each_other(
    two: tuple[Client, Client], card: str
) -> None:
    mei, _ = two
    seen = _version(mei, _place(card))
    assert mei.post(_place(card), {"shared": "yes", "version": seen}).status_code == 302
    answer = mei.post(_place(card), {"shared": "no", "version": seen})
    assert answer.status_code == 409
    assert "Everybody in the household sees this card" in answer.content.decode()


def test_a_card_that_is_handed_over_goes_on_as_it_stood(
    two: tuple[Client, Client], card: str
) -> None:
    mei, joao = two
    before = _due(mei.get(card))
    page = mei.get(_place(card)).content.decode()
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found
    form = {"key": found[1], "to": "joao"}
    # Sent twice, as an impatient finger does: the second finds a card that is gone.
    for _ in range(2):
        assert mei.post(_place(card), form).status_code == 302
    theirs = card.replace("~mei/", "~joao/")
    assert _due(joao.get(theirs)) == before
    assert "This card is gone." in mei.get(card).content.decode()
    assert mei.get(theirs).status_code == 404


def test_cards_of_who_is_looked_after_are_kept_for_them_and_told_to_the_owner(
    two: tuple[Client, Client], pages: Installation, counter: Shop, number: str
) -> None:
    from functools import partial

    from baohao.app.messages import preferences
    from baohao.web.desk import desk

    mei, joao = two
    mei.post("/my/household/look-after/", {"cared-name": "Po Po", "key": str(new_id())})
    po = _member("Po Po").holder
    mei.post("/my/preferences/", {"language": "pt", "zone": "Europe/Lisbon"})
    said = desk().read(partial(preferences.read, vault=pages.vault, holder=po))
    assert (said.language, said.zone) == ("pt", "Europe/Lisbon")
    hers = added(mei, number, on=counter.now().date().isoformat(), keeper=po)
    assert hers.endswith(f"~{po}/")
    assert "kept by Po Po" in joao.get(hers).content.decode()
    assert joao.get(f"{hers}done/").status_code == 404
    assert mei.get(f"{hers}done/").status_code == 200
    # Whom nobody looks after nobody keeps cards for.
    key = re.search(r'name="key" value="([^"]+)"', mei.get(ADDING).content.decode())
    assert key
    form = {"key": key[1], "product": GIFFGAFF, "number": number, "act": "", "keeper": "joao"}
    assert mei.post("/my/cards/new/", form).status_code == 409


ADDING = f"/my/cards/new/?product={GIFFGAFF}"


def _place(card: str) -> str:
    return f"{card}household/"


def _shared(client: Client, card: str, shared: str) -> None:
    version = _version(client, _place(card))
    answer = client.post(_place(card), {"shared": shared, "version": version})
    assert answer.status_code == 302


def _let_act(owner: Client, name: str) -> None:
    page = f"/my/household/{_member(name).pk}/"
    owner.post(page, {"name": name, "may_act": "on", "version": _version(owner, page)})


def _due(answer: Any) -> str:
    found = re.search(r'<p class="until.*?</p>', answer.content.decode(), re.DOTALL)
    assert found
    return found[0]
