"""
Axe finds nothing on any page, in light and in dark, and every page fits on a small screen.

Pages are found by themselves: everybody who works here follows the links from where they are taken
after signing in, and taps what is for sale. A page that is found by nobody fails the test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import APIResponse, Page
from tests.journeys.axe import OF_COLOURS, faults, overflows
from tests.journeys.conftest import Makes
from tests.journeys.people import DESK, PHONE, Person
from tests.web.test_doors import audiences

from baohao.wiring import Installation

#: Whoever sees most comes late, so that each page is seen by who it is for.
WORKERS = ("clerk", "finance", "auditor", "supervisor", "admin", "kiosk.owner", "kiosk.ana")
#: In a drawing a link's address is no text.
_LINKS = """() => [...document.querySelectorAll("a[href]")]
  .map(each => new URL(each.getAttribute("href"), location).href)"""
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
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

    @property
    def missed(self) -> set[str]:
        return self.wanted - self.seen.keys() - self.no_page

    def of(self, person: Person, *begins: str) -> None:
        """Follow every link to a kind of page that nobody has seen."""
        self._values = {"number": self.number.removeprefix("+")}
        waiting, tried = list(begins), set[str]()
        while waiting or (waiting := [each for each in self._guesses() if each not in tried]):
            address = waiting.pop(0)
            route, _ = self._route(address)
            if address in tried or route in self.seen:
                continue
            tried.add(address)
            answer = person.context.request.get(address, max_redirects=0)
            if answer.status in (301, 302) and "/login/" not in answer.headers["location"]:
                self.no_page.add(route)
                waiting.insert(0, urljoin(self.home, answer.headers["location"]))
            elif answer.status == 405 or (answer.ok and not _is_whole(answer)):
                self.no_page.add(route)
            elif answer.ok or not route:
                person.goes(address)
                waiting += self._look(person.page)
                waiting += self._buys(person.page)

    def _look(self, page: Page) -> list[str]:
        """Examine a page, and return where it leads."""
        route, values = self._route(page.url)
        self._values |= values
        links = page.evaluate(_LINKS)
        if route in self.seen:
            return []
        page.emulate_media(color_scheme="light")
        found = [f"light: {each}" for each in faults(page)]
        found += overflows(page)
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size(PHONE)
        found += [f"dark: {each}" for each in faults(page, only=OF_COLOURS)]
        page.set_viewport_size(DESK)
        self.seen[route] = found
        return [link for link in links if link.startswith(self.home)]

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
            links += self._look(page)
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


def test_axe_finds_nothing_on_any_page(pages: Installation, person: Makes) -> None:
    guest = person()
    wanted = {address.removeprefix("/") for address in audiences() if not _FILE.search(address)}
    walk = Walk(wanted, guest.site.url, guest.site.holder)
    walk.of(guest, "/", "/no/such/page/")
    holder = person()
    holder.signs_in(holder.site.holder)
    walk.of(holder, "/in/")
    for name in WORKERS:
        worker = person()
        worker.works_as(name)
        walk.of(worker, "/in/")
    wrong = [f"/{route} {each}" for route, found in sorted(walk.seen.items()) for each in found]
    wrong += [f"/{route}: nobody comes here" for route in sorted(walk.missed)]
    assert not wrong, "\n".join(wrong)
