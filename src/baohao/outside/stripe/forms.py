"""
What is asked of Stripe: forms, the same for the same order whenever it is asked.

The same key of idempotency goes with the same words alone, so that nothing here is of the moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from baohao.app.ports import Order, Refund
from baohao.outside.stripe import answers

#: A page lives for half an hour at least. The janitor closes it at the order's end.
LIVES = timedelta(minutes=31)
DESCRIPTION_MAX, REASON_MAX = 200, 200

Form = Sequence[tuple[str, str]]


def page(order: Order, amount: int, back: str) -> Form:
    """Return what a page is asked for by: the same for the same order, whenever it is asked."""
    item, beside = "line_items[0]", "payment_intent_data"
    form = [
        ("mode", "payment"),
        ("client_reference_id", order.order),
        (f"metadata[{answers.ORDER}]", order.order),
        (f"{item}[quantity]", "1"),
        (f"{item}[price_data][currency]", order.currency.lower()),
        (f"{item}[price_data][unit_amount]", str(amount)),
        (f"{item}[price_data][product_data][name]", _description(order)),
        ("payment_method_types[0]", "card"),
        ("expires_at", seconds(order.ends_at + LIVES)),
        ("success_url", back),
        ("cancel_url", back),
        (f"{beside}[description]", _description(order)),
        # What we write beside a payment they copy to each try of it, and tell it with them.
        (f"{beside}[metadata][{answers.ORDER}]", order.order),
    ]
    if order.keeps:
        form += [
            ("customer_creation", "always"),
            (f"{beside}[setup_future_usage]", "off_session"),
            (f"{beside}[metadata][{answers.KEEPS}]", "1"),
        ]
    return form


def charge(order: Order, amount: int, customer: str, method: str) -> Form:
    """Return what a payer is charged by who is not here."""
    return [
        ("amount", str(amount)),
        ("currency", order.currency.lower()),
        ("customer", customer),
        ("payment_method", method),
        ("payment_method_types[0]", "card"),
        ("off_session", "true"),
        ("confirm", "true"),
        ("description", _description(order)),
        (f"metadata[{answers.ORDER}]", order.order),
        ("expand[0]", "latest_charge"),
    ]


def refund(refund: Refund, amount: int, payment: str) -> Form:
    """Return what money is sent back by."""
    form = [
        ("payment_intent", payment),
        ("amount", str(amount)),
        (f"metadata[{answers.REFUND}]", refund.refund),
        (f"metadata[{answers.ORDER}]", refund.order),
    ]
    reason = _plain(refund.reason, REASON_MAX)
    return [*form, ("metadata[reason]", reason)] if reason else form


def seconds(at: datetime) -> str:
    """Return an instant as they read it."""
    return str(int(at.timestamp()))


def _description(order: Order) -> str:
    return _plain(order.description, DESCRIPTION_MAX) or order.order


def _plain(text: str, most: int) -> str:
    return "".join(each for each in text if each.isprintable())[:most].strip()
