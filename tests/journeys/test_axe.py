"""
Axe finds nothing on any page, in light and in dark, and every page fits on a small screen.

Pages are found by themselves: everybody who works here follows the links from where they are taken
after signing in, and taps what is for sale. A page that is found by nobody fails the test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import unescape
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import APIResponse, Page
from tests.journeys.axe import OF_COLOURS, faults, overflows
from tests.journeys.conftest import Makes
from tests.journeys.people import Person
from tests.web.test_doors import addresses, audiences

from baohao.cli.demo_agency import number_of as customer
from baohao.wiring import Installation

#: Whoever sees most comes late, so that each page is seen by who it is for.
STAFF = ("clerk", "product", "finance", "auditor", "supervisor", "admin")
AGENTS = ("kiosk.owner", "kiosk.ana")
_LINK = re.compile(r'<a\b[^>]*?\bhref="([^"#]+)')
_ACT = re.compile(r'<form\b[^>]*?\bmethod="post"[^>]*?\baction="([^"]+)')
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
#: The demo has no directory of staff: these are asked in tests/web/test_directory.py.
_NOT_CONNECTED = frozenset({"accounts/login/directory/", "accounts/login/directory/back/"})
_FILE = re.compile(r"\.(\w+|<str:format>)$")


class Walk:
    """Of everybody through all pages: each kind of page is looked at once."""

    def __init__(self, wanted: set[str], home: str, number: str) -> None:
        self.wanted, self.home, self.number = wanted, home, number
        #: By route: what was wrong there.
        self.seen: dict[str, list[str]] = {}
        #: What gives a file, a part of a page, or leads elsewhere.
        self.no_page: set[str] = set()
        #: What stood in the addresses that somebody has been at.
        self._values: dict[str, str] = {}
        #: The addresses and routes that somebody has followed.
        self._tried: dict[Person, set[str]] = {}

    @property
    def missed(self) -> set[str]:
        return self.wanted - self.seen.keys() - self.no_page

    def of(self, person: Person, *begins: str) -> None:
        """Follow every link to a kind of page, and look at those that nobody has seen."""
        tried = self._tried.setdefault(person, set())
        if not tried:
            self._values = {"number": self.number.removeprefix("+")}
        waiting = list(begins)
        tried -= {self._route(each)[0] for each in begins} | set(begins)
        while waiting or (waiting := [each for each in self._guesses() if each not in tried]):
            address = waiting.pop(0)
            route, _ = self._route(address)
            is_known = address in tried or route in tried or _FILE.search(route)
            tried.add(address)
            if is_known:
                continue
            tried |= {route} - {""}
            answer = person.context.request.get(address, max_redirects=0)
            if answer.status == 404:
                # Another of its kind may be there.
                tried.discard(route)
            elif answer.status in (301, 302) and "/login/" not in answer.headers["location"]:
                self.no_page.add(route)
                waiting.insert(0, urljoin(self.home, answer.headers["location"]))
            elif answer.status == 405 or (answer.ok and not _is_whole(answer)):
                self.no_page.add(route)
            elif answer.ok or not route:
                waiting += self._links(address, answer.text())
                if route not in self.seen:
                    person.goes(address)
                    self.look(person.page)
                    waiting += self._buys(person.page)

    def look(self, page: Page) -> None:
        """Examine a page."""
        route, values = self._route(page.url)
        self._values |= values
        if route in self.seen:
            return
        page.emulate_media(color_scheme="light")
        found = [f"light: {each}" for each in faults(page)]
        page.emulate_media(color_scheme="dark")
        found += [f"dark: {each}" for each in faults(page, only=OF_COLOURS)]
        self.seen[route] = found + overflows(page)

    def _links(self, address: str, text: str) -> list[str]:
        """Where a page leads to on this site; what its forms do is no page."""
        acts = {self._route(urljoin(address, each))[0] for each in _ACT.findall(text)}
        self.no_page |= acts - {self._route(address)[0]}
        found = [urljoin(address, unescape(each)) for each in _LINK.findall(text)]
        return [each for each in found if each.startswith(self.home)]

    def _buys(self, page: Page) -> list[str]:
        """Tap what is for sale, and pay for what is promised."""
        links: list[str] = []
        for button in ("button[name=term]", "main form.means button"):
            offered = page.locator(button).first
            if not offered.count():
                break
            before = page.url
            offered.click()
            page.wait_for_load_state()
            if page.url == before and "term" in button:
                break
            self.look(page)
            links += self._links(page.url, page.content())
        return links

    def _guesses(self) -> Iterator[str]:
        """Fill what no link led to with what stood in other addresses."""
        for route in sorted(self.missed):
            if {place[1] for place in _PLACE.finditer(route)} <= self._values.keys():
                yield f"{self.home}/" + _PLACE.sub(lambda each: self._values[each[1]], route)

    def _route(self, address: str) -> tuple[str, dict[str, str]]:
        from django.urls import Resolver404, resolve

        try:
            match = resolve(urlsplit(address).path)
        except Resolver404:
            return "", {}
        said = {name: str(value).removeprefix("+") for name, value in match.kwargs.items()}
        return match.route, said


def _is_whole(answer: APIResponse) -> bool:
    """Say whether it is a page, and not a file or the part of one."""
    return answer.body()[:15].lower() == b"<!doctype html>"


def _steps(walk: Walk, person: Person, who: str) -> None:
    for steps in STEPS.get(who, ()):
        for _ in steps(person):
            walk.look(person.page)
            walk.of(person, person.page.url)


def _pays(guest: Person) -> Iterator[None]:
    """Pay for somebody's number."""
    guest.goes(f"/renew/{customer(2)[1:]}/")
    guest.taps(re.compile("12 months"))
    guest.taps("Pay by QR code")
    guest.pays()
    guest.heading("Paid. The number is safe.")
    yield


def _sells(clerk: Person) -> Iterator[None]:
    """Sell for cash, by keys."""
    clerk.goes(f"/counter/{customer(3)[1:]}/")
    clerk.presses("1")
    clerk.sees("To pay")
    clerk.presses("Enter")
    clerk.heading(re.compile("^Done"))
    yield


def _shares(holder: Person) -> Iterator[None]:
    """Be let by somebody to see their number and to pay for it."""
    holder.goes("/my/sharing/ask/")
    holder.writes("The other person's number", customer(1))
    for box in holder.page.get_by_role("group", name="What for").get_by_role("checkbox").all():
        box.check()
    holder.taps("Ask")
    yield
    holder.writes("Code", holder.code(customer(1)))
    holder.taps("They agree")
    yield


def _renews_together(holder: Person) -> Iterator[None]:
    holder.goes("/my/several/?soon=1")
    holder.taps("Show the dates and the price")
    yield


def _renews_by_itself(holder: Person) -> Iterator[None]:
    """Look at the automatic renewal of each number: one of them has it."""
    holder.goes("/my/")
    numbers = holder.page.get_by_role("article").get_by_role("heading").get_by_role("link")
    for path in [each.get_attribute("href") for each in numbers.all()]:
        holder.goes(f"{path}order/")
        yield


def _drafts(product: Person) -> Iterator[None]:
    """Write fees anew, just as they are."""
    product.goes("/operator/drafts/text/fees/")
    product.taps("Keep as a draft, and try it")
    yield


#: What leads to pages that no link leads to, by who does it.
STEPS: Mapping[str, Sequence[Callable[[Person], Iterator[None]]]] = {
    "guest": (_pays,),
    "clerk": (_sells,),
    "holder": (_shares, _renews_together, _renews_by_itself),
    "product": (_drafts,),
}


def _wanted() -> set[str]:
    """The routes of our pages."""
    from baohao.web.accounts.views import nothing

    ours = {address.removeprefix("/") for address in audiences() if not _FILE.search(address)}
    return ours - {at.removeprefix("/") for at, each in addresses() if each.callback is nothing}


def test_axe_finds_nothing_on_any_page(pages: Installation, person: Makes) -> None:
    guest = person()
    walk = Walk(_wanted(), guest.site.url, guest.site.holder)
    walk.of(guest, "/", "/no/such/page/")
    _steps(walk, guest, "guest")
    holder = person()
    holder.signs_in(holder.site.holder)
    walk.of(holder, "/in/")
    _steps(walk, holder, "holder")
    for name in (*STAFF, *AGENTS):
        worker = person()
        worker.works_as(name)
        walk.of(worker, "/in/")
        _steps(walk, worker, name)
    wrong = [f"/{route} {each}" for route, found in sorted(walk.seen.items()) for each in found]
    # What has a place in its address may be behind a form; STEPS lead to those.
    missed = sorted(route for route in walk.missed - _NOT_CONNECTED if "<" not in route)
    wrong += [f"/{route}: nobody comes here" for route in missed]
    assert not wrong, "\n".join(wrong)
