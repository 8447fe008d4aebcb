"""Every address says who it is for, and nobody else is let in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client
    from django.urls import URLPattern

#: Pages of allauth and Django: they are for whoever signs in, and guard themselves.
THEIRS = ("allauth.", "django.")


def addresses() -> Iterator[tuple[str, URLPattern]]:
    """Yield every address with its pattern."""
    from django.urls import URLPattern, get_resolver

    def walk(patterns: Any, head: str) -> Iterator[tuple[str, URLPattern]]:
        for each in patterns:
            if isinstance(each, URLPattern):
                yield head + str(each.pattern), each
            else:
                yield from walk(each.url_patterns, head + str(each.pattern))

    yield from walk(get_resolver().url_patterns, "/")


def audiences() -> dict[str, str]:
    return {
        address: getattr(pattern.callback, "audience", "")
        for address, pattern in addresses()
        if not pattern.callback.__module__.startswith(THEIRS)
    }


def filled(address: str, number: str) -> str:
    """An address with something in each of its places."""
    places = {
        "<tel:number>": number.removeprefix("+"),
        "<card:card>": "447400123456~nobody",
        "<uuid:quote>": "01900000-0000-7000-8000-000000000001",
        "<uuid:ask>": "01900000-0000-7000-8000-000000000001",
        "<uuid:basket>": "01900000-0000-7000-8000-000000000001",
        "<uuid:file>": "01900000-0000-7000-8000-000000000001",
        "<int:first>": "1",
        "<int:person>": "1",
        "<int:pk>": "1000000",
        "<str:month>": "2026-11",
        "<str:format>": "csv",
        "<uuid:paper>": "01900000-0000-7000-8000-000000000001",
        "<uuid:payment>": "01900000-0000-7000-8000-000000000001",
        "<str:token>": "no-token",
        "<uuid:talk>": "01900000-0000-7000-8000-000000000001",
        "<uuid:customer>": "01900000-0000-7000-8000-000000000001",
        "<uuid:deed>": "01900000-0000-7000-8000-000000000001",
        "<uuid:receipt>": "01900000-0000-7000-8000-000000000001",
        "<uuid:consent>": "01900000-0000-7000-8000-000000000001",
        "<uuid:exception>": "01900000-0000-7000-8000-000000000001",
        "<uuid:campaign>": "01900000-0000-7000-8000-000000000001",
        "<uuid:draft>": "01900000-0000-7000-8000-000000000001",
        "<str:hall>": "no-hall",
        "<str:name>": "no.policy",
        "<str:version>": "1",
        "<int:deed>": "1000000",
        "<int:account>": "1000000",
    }
    for place, value in places.items():
        address = address.replace(place, value)
    assert "<" not in address, "say what stands in that place"
    return address


def test_every_page_says_who_it_is_for(pages: Installation) -> None:
    assert {address for address, audience in audiences().items() if not audience} == set()


def test_who_has_not_signed_in_is_asked_to(
    pages: Installation, browser: Client, number: str
) -> None:
    for address, audience in audiences().items():
        if audience in ("everybody", "nobody"):
            continue
        answer = browser.get(filled(address, number))
        assert answer.status_code == 302, address
        assert answer["Location"].startswith("/accounts/login/"), address


@pytest.mark.parametrize("role", ["clerk", "auditor", "finance", "product", "seller", "holder"])
def test_a_page_of_others_is_not_there(
    pages: Installation, browser: Client, number: str, role: str
) -> None:
    from baohao.web.accounts.models import Account
    from baohao.web.accounts.roles import MAY, Role

    if role == "holder":
        account = Account.objects.of_holder("somebody")
        mine = {"holder"}
    else:
        account, _ = Account.objects.get_or_create(name=f"a {role}", role=role, operator="demo")
        mine = {act.value for act in MAY[Role(role)]}
    browser.force_login(account, "allauth.account.auth_backends.AuthenticationBackend")
    refused = 0
    for address, audience in audiences().items():
        if audience in ("everybody", "nobody", "signed_in") or audience in mine:
            continue
        assert browser.get(filled(address, number)).status_code == 404, address
        refused += 1
    assert refused


def test_models_and_migrations_agree(pages: Installation) -> None:
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
