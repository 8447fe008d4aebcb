"""
Everybody and everything that the matrix of addresses asks about, made once.

    stage.browsers   a browser for each role, signed in
    stage.things     for each role: what is theirs, what is another's, and what is not there
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.shop import Shop
from tests.web import belongings
from tests.web.test_agent import Agency

from baohao.core.refusals import Refusal
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

    from baohao.web.accounts.models import Account

#: In a session, as `holder/several.py` keeps them.
BASKETS = "baskets"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
NOTHING = "01900000-0000-7000-8000-000000000001"
#: As whom the matrix asks: role -> what it is called in the table.
ROLES = {
    "guest": "a guest",
    "holder": "a holder",
    "holder-2": "another holder",
    "ended": "a holder whose tenure has ended",
    "clerk": "a clerk",
    "supervisor": "a supervisor",
    "product": "a product manager",
    "finance": "finance",
    "auditor": "an auditor",
    "admin": "an administrator",
    "clerk-2": "a clerk of another operator",
    "admin-2": "an administrator of another operator",
    "owner": "an agent's owner",
    "seller": "an agent's seller",
    "owner-2": "another agent's owner",
    "seller-2": "another agent's seller",
}
STAFF = ("clerk", "supervisor", "product", "finance", "auditor", "admin")
#: What stands in the places of an address, by ownership; a place that is not named has no owner.
Places = Mapping[str, str]
#: In places that have no owner.
UNOWNED = {
    "<str:month>": "2026-11",
    "<str:format>": "csv",
    "/products/ <str:name>": "mo.demo.keep12",
}
#: What is nobody's.
ABSENT = {
    "<tel:number>": "85366999999",
    "<card:card>": "447400999999~nobody",
    "<uuid:quote>": NOTHING,
    "<uuid:ask>": NOTHING,
    "<uuid:file>": NOTHING,
    "<uuid:exception>": NOTHING,
    "<uuid:payment>": NOTHING,
    "<int:person>": "1000000",
    "<int:account>": "1000000",
    "<int:pk>": "1000000",
    "<str:name>": "no.policy",
    "<str:version>": "1",
    "<uuid:basket>": NOTHING,
    "<uuid:talk>": NOTHING,
    "<uuid:customer>": NOTHING,
    "<uuid:deed>": NOTHING,
    "<uuid:receipt>": NOTHING,
    "<uuid:consent>": NOTHING,
    "<uuid:draft>": NOTHING,
    "<uuid:campaign>": NOTHING,
    "<uuid:paper>": NOTHING,
    "<int:first>": "1000000",
    "<int:deed>": "1000000",
    "<str:hall>": "no-hall",
    "<str:token>": "no-token",
}


@dataclass(kw_only=True)
class Stage:
    """Who there is, and what is whose."""

    house: Installation
    shop: Shop
    numbers: Iterator[str]
    #: Told apart from other stages of one database by this.
    mark: str = "matrix"
    accounts: dict[str, Account] = field(default_factory=dict)
    #: world -> places; "1" and "2" are two operators' staff, two holders, two agents.
    worlds: dict[str, dict[str, str]] = field(default_factory=dict)
    #: What holders had quoted together is in their sessions: role -> that.
    baskets: dict[str, Any] = field(default_factory=dict)
    #: What whoever has its address may open.
    open_to_all: dict[str, str] = field(default_factory=dict)

    def set(self) -> None:
        """Make everybody and everything."""
        from django.core.cache import cache

        # Another stage may have asked so often that guests are told to wait.
        cache.clear()
        self.shop.rules = self.house.library.policies
        first, second = (Agency(self.house, self.shop, self.numbers) for _ in range(2))
        self._of_agents(first, second)
        self._of_holders(first.customers[0], second.customers[0])
        self._of_operators()
        number = self.worlds["holder-1"]["/my/for/ <tel:number>"]
        status = "/card-status/ <str:token>"
        self.open_to_all = {
            **belongings.open_to_all(self.house, self.shop, f"+{number}", first.key),
            "<uuid:payment>": self.worlds["staff-1"]["<uuid:payment>"],
            status: self.worlds["holder-1"][status],
        }

    def browser(self, role: str) -> Client:
        """Return a browser in which a role has signed in."""
        from django.test import Client

        made = Client(SERVER_NAME="localhost", raise_request_exception=False)
        if role != "guest":
            made.force_login(self.accounts[role], BACKEND)
        if role in self.baskets:
            session = made.session
            session[BASKETS] = self.baskets[role]
            session.save()
        return made

    def things(self, role: str) -> dict[str, Places]:
        """Return, for a role, what stands in the places of an address by whose it is."""
        kind, _, other = role.partition("-")
        world = "staff" if kind in STAFF else "agent" if kind in ("owner", "seller") else "holder"
        mine, theirs = ("2", "1") if other else ("1", "2")
        own = self.worlds[f"{world}-{mine}"]
        if role in ("guest", "ended"):
            # Whoever has nothing meets what others have, and what was theirs once.
            own = self.worlds["ended" if role == "ended" else "holder-1"]
        theirs_ = self.worlds[f"{world}-{theirs}"]
        own, theirs_ = ({**self.open_to_all, **each} for each in (own, theirs_))
        if role != "guest":
            own |= {"<int:pk>": self._key(role), "<int:deed>": self._review(mine)}
        theirs_ |= {"<int:pk>": self._key("more"), "<int:deed>": self._review(theirs)}
        return {"own": own, "another's": theirs_, "nothing": ABSENT}

    def _review(self, world: str) -> str:
        return belongings.reviewed({"1": "demo", "2": "demo2"}[world], self.shop)

    def strike(self) -> None:
        """Leave nothing that other tests would meet."""
        from baohao.web import brands
        from baohao.web.house.models import Brand, Review

        with self.house.connect() as conn:
            conn.execute("UPDATE campaigns SET state = 'over' WHERE state = 'planned'")
            conn.execute("UPDATE publications SET state = 'dropped', revision = revision + 1000")
        self.house.forget_library()
        Review.objects.all().delete()
        Brand.objects.all().delete()
        brands.forget()

    # --- how --------------------------------------------------------------------------------------

    def _of_agents(self, first: Agency, second: Agency) -> None:
        for agency, mark in ((first, ""), (second, "-2")):
            self.accounts[f"owner{mark}"] = agency.owner
            self.accounts[f"seller{mark}"] = agency.seller(may_send_files=True)
            browser = agency.browser()
            promise = agency.promised(browser, agency.customers[0])
            quote = promise.rstrip("/").rpartition("/")[2]
            sold = browser.post(promise)["Location"]
            self.worlds[f"agent-{mark[1:] or 1}"] = {
                "<tel:number>": agency.customers[0][1:],
                "<uuid:quote>": quote,
                "<uuid:ask>": sold.rstrip("/").rpartition("/")[2],
                "<uuid:file>": agency.sent(browser, agency.customers[1])
                .rstrip("/")
                .rpartition("/")[2],
                # Somebody who may be sent away without anybody missing them.
                "<int:person>": str(agency.seller().pk),
                "/agent/stock/ <tel:number>": agency.card[1:],
            }

    def _of_holders(self, mine: str, theirs: str) -> None:
        from baohao.web.accounts.models import Account

        lost = next(self.numbers)
        self.shop.open(lost, f"{self.mark}-lost")
        owners = {"holder": (mine, f"h{mine[1:]}"), "holder-2": (theirs, f"h{theirs[1:]}")}
        for role, (number, key) in {**owners, "ended": (lost, f"{self.mark}-lost")}.items():
            self.accounts[role] = Account.objects.of_holder(key)
            dear = next(self.numbers)
            self.shop.open(dear, f"{self.mark}-dear-{dear}")
            world = "ended" if role == "ended" else f"holder-{role[7:] or 1}"
            browser = self.browser(role)
            has = belongings.of_holder(self.shop, browser, number, dear)
            has["<uuid:basket>"] = belongings.basket(browser, number)
            self.baskets[role] = browser.session[BASKETS]
            has |= belongings.household(browser, role)
            self.worlds[world] = has | self._line(number)
        heir = {"holder": f"{self.mark}-heir", "document": "bir", "cause": "death"}
        self.shop.say("transfer", lost, principal="clerk", approved_by="staff", **heir)

    def _line(self, number: str, operator: str = "demo") -> dict[str, str]:
        """Sell a renewal of a line, with its receipt, and quote another."""
        term = belongings.TERMS[operator]
        ask = self.shop.renew(number, paid=belongings.TILLS[operator], term=term)
        (answer,) = self.shop.answers([ask])
        assert not isinstance(answer, Refusal), answer
        self.house.desk(self.shop.shell).issue(ask.id)
        quote = self.shop.say("quote", number, what="renew", term=term)["quote"]
        return {
            "<tel:number>": number[1:],
            "<uuid:ask>": str(ask.id),
            "<uuid:quote>": str(quote),
        }

    def _key(self, role: str) -> str:
        """Give somebody a passkey."""
        from allauth.mfa.models import Authenticator

        made = Authenticator.objects.create(
            user=self.accounts[role],
            type=Authenticator.Type.WEBAUTHN,
            data={"name": role, "credential": credential(role)},
        )
        return str(made.pk)

    def _of_operators(self) -> None:
        from baohao.web.accounts.models import Account

        theirs = next(self.numbers)
        belongings.opened(self.shop, "demo2", theirs, f"{self.mark}-harbour")
        self.accounts["harbour"] = Account.objects.of_holder(f"{self.mark}-harbour")
        talks = {
            "demo": self.worlds["holder-1"]["<uuid:talk>"],
            "demo2": belongings.talked(self.browser("harbour"), theirs),
        }
        lines = {"demo": self.worlds["holder-1"], "demo2": self._line(theirs, "demo2")}
        for world, operator in (("1", "demo"), ("2", "demo2")):
            self._employed(operator, "" if world == "1" else "-2")
            names = ("<tel:number>", "<uuid:ask>", "<uuid:quote>")
            self.worlds[f"staff-{world}"] = {
                **{name: lines[operator][name] for name in names},
                "<uuid:talk>": talks[operator],
                **self._of_operator(operator, "" if world == "1" else "-2"),
            }

    def _employed(self, operator: str, mark: str) -> None:
        from baohao.web.accounts.models import Account
        from baohao.web.accounts.roles import Role

        till = belongings.TILLS[operator].split(":")[1]
        for name in STAFF:
            self.accounts[f"{name}{mark}"] = Account.objects.staff(
                f"{self.mark}-{name}{mark}", operator, Role(name), "x", till=till
            )
        # Somebody of theirs whom nobody misses.
        more = Account.objects.staff(f"{self.mark}-more{mark}", operator, Role.CLERK, "x")
        self.accounts[f"more{mark}"] = more

    def _of_operator(self, operator: str, mark: str) -> dict[str, str]:
        wrong, right = next(self.numbers), next(self.numbers)
        for number in (wrong, right):
            belongings.opened(self.shop, operator, number, f"{self.mark}-{number}")
        browsers = {name: self.browser(f"{name}{mark}") for name in STAFF}
        begun = belongings.begun_at_counter(browsers["clerk"], right, belongings.TERMS[operator])
        policy = "mo.demo.keep12" if operator == "demo" else "hk.demo2.yearly"
        paying = "/counter/<tel:number>/<uuid:quote>/pay/"
        return {
            "<int:account>": str(self.accounts[f"more{mark}"].pk),
            "/operator/policies/ <str:name>": policy,
            "<str:version>": "2026-01",
            f"{paying} <tel:number>": right[1:],
            f"{paying} <uuid:quote>": begun,
            **belongings.paid(self.shop, operator, wrong, right, self.browser("guest")),
            **belongings.of_operator(self.house, self.shop, operator, browsers, self.mark),
        }


def credential(name: str) -> dict[str, Any]:
    """Return what a browser tells of a new passkey; it attests nothing, as most do."""
    from base64 import urlsafe_b64encode

    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from fido2.cose import ES256
    from fido2.webauthn import (
        Aaguid,
        AttestationObject,
        AttestedCredentialData,
        AuthenticatorData,
        CollectedClientData,
    )

    def text(data: bytes) -> str:
        return urlsafe_b64encode(data).rstrip(b"=").decode()

    key = ES256.from_cryptography_key(  # type: ignore[no-untyped-call]
        generate_private_key(SECP256R1()).public_key()
    )
    held = AttestedCredentialData.create(Aaguid.NONE, name.encode(), key)
    told = AuthenticatorData.create(b"0" * 32, AuthenticatorData.FLAG(0x45), 1, held)
    client = CollectedClientData.create("webauthn.create", b"challenge", "http://localhost")
    return {
        "id": text(name.encode()),
        "rawId": text(name.encode()),
        "type": "public-key",
        "clientExtensionResults": {},
        "response": {
            "clientDataJSON": text(client),
            "attestationObject": text(AttestationObject.create("none", told, {})),
        },
    }


def placed(address: str, places: Places) -> str | None:
    """Return an address with what stands in its places; `None`: nobody said what does."""
    asked = address
    found = {**UNOWNED, **places}
    # What is said of this address is before what is said of all.
    for name in sorted(found, key=len, reverse=True):
        head, _, place = name.rpartition(" ")
        if asked.startswith(head):
            address = address.replace(place, found[name])
    return None if "<" in address else address


def plain(answer: Any, address: str) -> bytes:
    """Return what an answer says, without its tokens and the address that was asked for."""
    import re
    from html import escape

    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    # What was done a page before is said once, on whichever page comes next.
    body = re.sub(rb'<p class="note" role="status">.*?</p>', b"", body, flags=re.DOTALL)
    body = re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", body)
    return bytes(body.replace(escape(address).encode(), b"")) + str(
        sorted(item for item in answer.headers.items() if item[0] != "Content-Length")
    ).encode().replace(address.encode(), b"")
