"""Pages about a line's life cost a few statements, however much happened and whoever shares it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from tests.shop import Shop
from tests.web.fixtures import entered
from tests.web.statements import MOST, counted

from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client


@pytest.mark.parametrize("count", [1, 8])
def test_a_page_costs_a_few_statements(
    pages: Installation, counter: Shop, browser: Client, number: str, count: int
) -> None:
    from baohao.web.sharing.models import Consent
    from baohao.web.support.models import Talk

    holder, now = f"h{number[1:]}", counter.now()
    others = [f"{number[:-6]}{10 * count + n}{number[-4:]}" for n in range(count)]
    for each in (number, *others):
        counter.open(each, holder if each == number else f"h{each[1:]}")
    for _ in range(count):
        counter.shell.answer([counter.renew(number)])
    counter.fund(1_000, f"wallet:{holder}:MOP")
    entered(browser, holder)
    session = browser.session
    session["tenure"] = (number, 1)
    session.save()
    for other in others:
        for mine, grantee in ((number, f"h{other[1:]}"), (other, holder)):
            Consent.objects.create(
                id=uuid4(),
                number=mine,
                epoch=1,
                grantee=grantee,
                grantee_number=other,
                may_see=True,
                may_pay=True,
                state=Consent.GIVEN,
                asked_at=now,
                since=now,
            )
        said = {"key": str(uuid4()), "about": number, "text": "When?"}
        assert browser.post("/my/messages/", said).status_code == 302
    mine, theirs = f"/my/{number[1:]}/", f"/my/for/{others[0][1:]}/"
    promise = browser.post(theirs, {"term": "12 months"})["Location"]
    talk = f"/my/messages/{Talk.objects.filter(holder=holder)[0].id}/"
    addresses = [mine, f"{mine}order/", f"{mine}loss/", f"{mine}leave/", talk, theirs, promise]
    addresses += ["/my/sharing/", "/my/sharing/give/", "/my/sharing/ask/", "/my/messages/"]
    for address in addresses:
        browser.get(address)
        with counted() as sent:
            assert browser.get(address).status_code == 200, address
        assert 3 <= len(sent) <= MOST, (address, len(sent), sent)
