"""The words of a receipt: from facts to what stands on the page, in one language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from baohao.app.ports import Page
from baohao.core.money import format_minor
from baohao.core.points import WEEK

Json = dict[str, Any]
Pair = tuple[str, str]

_TEXTS: Mapping[str, Mapping[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "texts.toml").read_text(encoding="utf-8")
)
#: What a reader of a language reads almost as well.
_NEAR = {"zh-Hans": ("zh-Hant",), "zh-Hant": ("zh-Hans",)}
#: Of a chain's head; the whole of it is in the facts.
_HEAD_DIGITS = 16


def worded(page: Page) -> Json:
    """Return everything that stands on a page, as the template takes it."""
    return _Words(page).page()


class _Words:
    """One page in its language."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._facts = page.facts
        self._texts = _TEXTS[page.language]
        self._zone = ZoneInfo(str(self._facts["zone"]))

    def page(self) -> Json:
        facts, texts = self._facts, self._texts
        at = self._local(facts["issued_at"])
        return {
            "paper": self._page.paper,
            **{name: texts[name] for name in ("font", "lang", "region", "script")},
            "date": [at.year, at.month, at.day],
            "title": texts["title"][facts["kind"]],
            "marks": [
                *([texts["copy"]] if self._page.is_copy else []),
                *([texts["void"]] if self._page.is_void else []),
            ],
            "issuer": self._issuer(),
            "contact": self._contact(),
            "shop": list(self._shop()),
            "receipt": facts["receipt"],
            "token": self._page.token,
            "head": list(self._head(at)),
            "number": [texts[self._about()], _spaced(facts["number"])],
            "until": self._until(facts["until"]),
            "keeping-title": texts["keeping" if facts["kind"] == "sale" else "details"],
            "keeping": list(self._keeping()),
            "money-title": texts["money"],
            "money": list(self._money()),
            "total": [self._of("total"), self._minor(facts["total_minor"])],
            "paid": list(self._paid()),
            "proof": list(self._proof()),
        }

    def _about(self) -> str:
        """Return what the number is of: of a deposit, whose wallet or float it is."""
        return "account" if "account" in self._facts else "number"

    # --- the parts --------------------------------------------------------------------------------

    def _issuer(self) -> str:
        issuer = self._facts["issuer"]
        return self._in(issuer["names"]) or str(issuer["name"])

    def _contact(self) -> list[str]:
        issuer = self._facts["issuer"]
        return [issuer[name] for name in ("phone", "page") if issuer[name]]

    def _head(self, at: datetime) -> Iterator[Pair]:
        texts, facts = self._texts, self._facts
        yield texts["receipt"], facts["receipt"]
        yield texts["issued"], self._minute(at)
        yield texts["issued_at"], self._point(facts["receipt"].split("/")[0])
        if facts["kind"] == "reversal" and facts["of_receipt"]:
            yield texts["of"], facts["of_receipt"]

    def _point(self, series: str) -> str:
        """Return what its issuing point is called, with the series that it has its number from."""
        point = self._facts.get("point")
        if point is None:
            return series
        return f"{self._in(point['names']) or point['name']} ({series})"

    def _shop(self) -> Iterator[str]:
        """Where that is, and who sells there where it is not the operator."""
        texts, point = self._texts, self._facts.get("point")
        if point is None:
            return
        said = {
            "address": self._in(point["addresses"]),
            "shop_phone": " · ".join(point[each] for each in ("phone", "email") if point[each]),
            "hours": "; ".join(self._hours(point["hours"])),
        }
        seller = [point["company"]] if point["company"] else []
        for name in ("registration", "tax_number"):
            seller += [f"{texts[name]} {point[name]}"] if point[name] else []
        said["company"] = " · ".join(seller)
        for name, value in said.items():
            if value:
                yield f"{texts[name]}{texts['colon']}{value}"

    def _hours(self, hours: Mapping[str, list[str]]) -> Iterator[str]:
        """When it is open, a line for days that follow each other and are alike."""
        week, texts = list(WEEK), self._texts
        while week:
            day = week.pop(0)
            if day not in hours:
                continue
            last = day
            while week and hours.get(week[0]) == hours[day]:
                last = week.pop(0)
            names = [texts["week"][WEEK.index(each)] for each in (day, last)]
            days = names[0] if day == last else texts["week_to"].join(names)
            yield f"{days} {', '.join(span.replace('-', '–') for span in hours[day])}"

    def _keeping(self) -> Iterator[Pair]:
        texts, facts = self._texts, self._facts
        yield texts["what"], texts["whats"].get(facts["what"], facts["what"])
        if facts.get("term"):
            yield texts["paid_time"], self._span(facts["term"])
        for bonus in facts.get("bonus", ()):
            yield texts["bonus"], self._bonus(bonus)
        if facts["before"]:
            yield texts["before"], self._day(self._last(facts["before"]))
        if facts.get("plan"):
            yield texts["plan"], self._title(facts["plan"])
            yield texts["policy"], facts["policy"]
        if facts.get("reason"):
            yield texts["reason"], facts["reason"]

    def _money(self) -> Iterator[Pair]:
        texts, facts = self._texts, self._facts
        discounts = facts.get("discounts", ())
        price = facts["price_minor"] + sum(each["minor"] for each in discounts)
        if price:
            names = {"top_up": "credit", "deposit": "deposit", "reversal": "price_back"}
            name = names.get(facts["kind"], "price")
            yield texts[name], self._minor(price)
        for each in discounts:
            yield (
                texts["discount"].format(promotion=self._title(each["promotion"])),
                self._minor(-each["minor"]),
            )
        for each in facts.get("gifts", ()):
            yield (
                texts["gift"].format(promotion=self._title(each["promotion"])),
                self._minor(each["minor"]),
            )
        for name in ("fee", "government"):
            if facts[f"{name}_minor"]:
                yield texts[name], self._minor(facts[f"{name}_minor"])
        yield texts["tax"], self._minor(facts["tax_minor"])

    def _paid(self) -> Iterator[Pair]:
        texts, facts = self._texts, self._facts
        kind, _, rest = facts["paid_from"].partition(":")
        if kind:
            # Of a payment through a gateway nobody knows the number; what it was made with they do.
            means = facts.get("means", {})
            way = ", ".join(means[each] for each in ("means", "gateway") if means.get(each))
            owner = way or rest.rpartition(":")[0]
            yield self._of("paid"), f"{texts['payers'].get(kind, kind)} ({owner})"
        if each := facts.get("exchange"):
            rate = f"1 {each['currency']} = {each['rate']} {facts['currency']}"
            yield texts["exchange"], f"{self._money_of(each['minor'], each['currency'])} ({rate})"
        yield texts["sold_at"], self._minute(self._local(facts["sold_at"]))
        agent = facts.get("agent", {})
        if agent.get("key"):
            yield texts["agent"], f"{agent['name']} ({agent['key']})"
        if facts.get("service_fee_minor"):
            yield texts["service_fee"], self._minor(facts["service_fee_minor"])

    def _proof(self) -> Iterator[str]:
        texts, chain = self._texts, self._facts["chain"]
        yield texts["chain"].format(seq=chain["seq"], head=chain["head"][:_HEAD_DIGITS])
        yield texts["scan"]
        if self._page.is_signed:
            yield texts["sealed"]
        if contact := self._contact():
            yield texts["complaints"].format(contact=" · ".join(contact))
        if self._facts["issuer"]["country"] == "MO":
            yield texts["council"]

    # --- how things are written -------------------------------------------------------------------

    def _of(self, name: str) -> str:
        """Return a text that a reversal has another of."""
        back = {"total": "total_back", "paid": "paid_to"}
        there = {"total": "total", "paid": "paid_from"}
        return str(self._texts[(back if self._facts["kind"] == "reversal" else there)[name]])

    def _minor(self, minor: int) -> str:
        return self._money_of(minor, str(self._facts["currency"]))

    def _money_of(self, minor: int, currency: str) -> str:
        whole, _, rest = format_minor(abs(minor), currency).partition(".")
        grouped = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", self._texts["group"], whole)
        point = self._texts["point"] if rest else ""
        return f"{currency}\u00a0{'−' if minor < 0 else ''}{grouped}{point}{rest}"

    def _span(self, text: str) -> str:
        count, _, unit = text.partition(" ")
        one, many = self._texts["units"][unit.removesuffix("s")]
        return f"{count} {one if count == '1' else many}"

    def _bonus(self, bonus: Mapping[str, Any]) -> str:
        time, promotion = self._span(bonus["time"]), bonus["promotion"]
        if not promotion:
            return time
        return str(self._texts["promotion"].format(time=time, promotion=self._title(promotion)))

    def _title(self, id_: str) -> str:
        """Return what a plan or a promotion is called; those without a title by their id."""
        return self._in(self._facts["titles"].get(id_, {})) or id_

    def _in(self, texts: Mapping[str, str]) -> str:
        """Return a text in the page's language, or one near it, or the usual; "": none is there."""
        wanted = (self._page.language, *_NEAR.get(self._page.language, ()), "")
        return str(next((texts[each] for each in wanted if each in texts), ""))

    def _local(self, text: str) -> datetime:
        return datetime.fromisoformat(text).astimezone(self._zone)

    def _last(self, text: str) -> datetime:
        """Return the last instant before a deadline."""
        return self._local(text) - timedelta(microseconds=1)

    def _day(self, at: datetime) -> str:
        months = self._texts.get("months")
        month = months[at.month - 1] if months else ""
        return str(self._texts["date"].format(y=at.year, m=at.month, d=at.day, month=month))

    def _minute(self, at: datetime) -> str:
        return f"{self._day(at)} {at:%H:%M}"

    def _until(self, text: str | None) -> list[str] | None:
        """Return until when it is safe: the last good day, and what of it."""
        if text is None:
            return None
        end = self._local(text)
        # %z has no colon before 3.12.
        zone = f"{self._zone.key}, UTC{end.isoformat()[-6:]}"
        is_midnight = (end.hour, end.minute, end.second) == (0, 0, 0)
        how = self._texts["end_of_day" if is_midnight else "at_time"]
        said = how.format(zone=zone, time=f"{end:%H:%M}")
        return [self._texts["until"], self._day(self._last(text)), said]


def _spaced(number: str) -> str:
    """Write a number so that it can be read aloud; Macau's and Hong Kong's have eight digits."""
    found = re.fullmatch(r"(\+85[23])(\d{4})(\d{4})", number)
    return " ".join(found.groups()) if found else number
