"""What is said to customers, in their language: that a card is due, and what a receipt says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote, urlencode

from django.conf import settings
from django.utils.translation import gettext, gettext_lazy, ngettext, override

from baohao.app.kept import plan
from baohao.app.kept.customers import Book, Customer, Entry, Fee
from baohao.app.kept.listing import Card
from baohao.core.upkeep.plan import Step
from baohao.web import formats, selling
from baohao.web.wording import listed

#: How customers pay a keeper.
PAID = {
    "cash": gettext_lazy("Cash"),
    "wechat": gettext_lazy("WeChat"),
    "alipay": gettext_lazy("Alipay"),
    "bank": gettext_lazy("Bank transfer"),
    "other": gettext_lazy("In another way"),
}
#: A number in how to reach somebody, for WhatsApp.
_PHONE_DIGITS = range(8, 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What keeping one card once costs its customer."""

    card: Card
    #: What is to be done; `None`: nobody knows what is cheapest.
    step: Step | None
    fee: Fee | None
    is_all_in: bool

    @property
    def cost_minor(self) -> int | None:
        """What the operator takes; `None`: nobody knows."""
        return None if self.step is None else self.step.option.cost_minor

    @property
    def due(self) -> dict[str, int]:
        """What the customer pays: currency -> minor units."""
        found = {} if self.fee is None else {self.fee.currency: self.fee.minor}
        if not self.is_all_in and self.cost_minor:
            currency = self.card.policy.currency
            found[currency] = found.get(currency, 0) + self.cost_minor
        return {currency: minor for currency, minor in found.items() if minor}


def price(book: Book, card: Card, now: datetime) -> Price:
    """Return what keeping a card once more costs its customer."""
    step = plan.of_card(card, now).next
    return Price(card=card, step=step, fee=book.fee(card), is_all_in=book.practice.is_all_in)


def amounts(minor: Mapping[str, int]) -> str:
    """Write amounts of several currencies."""
    return listed(formats.money(minor[each], each) for each in sorted(minor))


def summed(found: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Add amounts up by currency."""
    total: dict[str, int] = {}
    for each in found:
        for currency, minor in each.items():
            total[currency] = total.get(currency, 0) + minor
    return total


def product(card: Card) -> str:
    """Say what a card is, in the reader's language."""
    return selling.title(card.glance.titles)


def language(customer: Customer) -> str:
    """Return in which language a customer is written to."""
    return customer.language or settings.LANGUAGE_CODE


# --- a message ------------------------------------------------------------------------------------


def message(
    book: Book, entry: Entry, cards: Sequence[Card], now: datetime, link: str, today: date
) -> str:
    """Write to a customer that cards are due, in their language."""
    customer, practice = entry.customer, book.practice
    with override(language(customer)):
        lines = [
            ngettext(
                "Hello {name}, your card is to be renewed:",
                "Hello {name}, your cards are to be renewed:",
                len(cards),
            ).format(name=customer.name)
        ]
        prices = [price(book, card, now) for card in cards]
        for each in prices:
            lines += ["", *_told(each, today)]
        total = summed(each.due for each in prices)
        lines.append("")
        if len(prices) > 1 and total:
            lines.append(gettext("Together: {amounts}").format(amounts=amounts(total)))
        if practice.pay:
            lines.append(gettext("How to pay: {how}").format(how=practice.pay))
        if link:
            lines.append(gettext("How your cards stand: {link}").format(link=link))
        if signed := _signed(practice.name, practice.contact):
            lines.append(signed)
    return "\n".join(lines).rstrip("\n")


def _told(each: Price, today: date) -> list[str]:
    """Say of one card until when it is safe, and what keeping it costs."""
    card, facts = (
        each.card,
        {"number": formats.number(each.card.number), "product": product(each.card)},
    )
    lines = ["{number} · {product}".format(**facts)]
    if card.due is not None and card.due < today:
        said = gettext("It was to be renewed by {day}; tell me at once if you want to keep it.")
        lines.append(said.format(day=formats.day(card.due)))
    elif card.due is not None:
        said = gettext("It is safe until {day}, and lost if it is not renewed by then.")
        lines.append(said.format(day=formats.day(card.due)))
    return lines + _cost(each)


def _cost(each: Price) -> list[str]:
    """Say what keeping a card costs."""
    cost, fee = each.cost_minor, each.fee
    taken = "" if fee is None else formats.money(fee.minor, fee.currency)
    if each.is_all_in:
        return [gettext("It costs {fee} in all.").format(fee=taken)] if taken else []
    paid = "" if cost is None else formats.money(cost, each.card.policy.currency)
    if taken and paid:
        said = gettext("The operator takes {cost}, and my fee is {fee}.")
    elif paid:
        said = gettext("The operator takes {cost}.")
    elif taken:
        said = gettext("My fee is {fee}; what the operator takes is added to it.")
    else:
        return []
    return [said.format(cost=paid, fee=taken)]


def _signed(name: str, contact: str) -> str:
    return " · ".join(each for each in (name, contact) if each)


def shares(text: str, link: str, contact: str) -> list[tuple[str, str]]:
    """Return where a text may be handed on: (what it is called, its address)."""
    digits = "".join(each for each in contact if each.isdigit())
    to = digits if contact.lstrip().startswith("+") and len(digits) in _PHONE_DIGITS else ""
    # Without an address Telegram shows no text at all.
    telegram = urlencode({"url": link or text, **({"text": text} if link else {})}, quote_via=quote)
    return [
        ("Telegram", f"https://t.me/share/url?{telegram}"),
        ("WhatsApp", f"https://wa.me/{to}?{urlencode({'text': text}, quote_via=quote)}"),
    ]
