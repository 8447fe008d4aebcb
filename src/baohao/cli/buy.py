"""`baohao quote`, `renew`, `top-up`, `activate` and `reverse`: money for time, and back."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console

from baohao.app import show, wishes
from baohao.app.door import Answered
from baohao.app.expecting import expecting
from baohao.app.shell import Shell
from baohao.cli.asking import (
    COUNTER,
    STAFF,
    AtPoint,
    By,
    Channel,
    Data,
    Key,
    Number,
    decided,
    house,
    made,
)
from baohao.cli.files import renew_file
from baohao.cli.output import Json, pairs, tell
from baohao.cli.reading import number, span
from baohao.core.asks import Ask
from baohao.core.civil import Span
from baohao.core.decide.case import safe_until
from baohao.core.line.fold import policy_of
from baohao.core.line.state import LineState
from baohao.core.money import format_minor, parse_minor
from baohao.core.policy.model import Policy
from baohao.core.refusals import Refusal
from baohao.wiring import Installation

Term = Annotated[
    Span | None,
    typer.Option("--term", parser=span, metavar="SPAN", show_default=False, help="12m, 1y, 180d."),
]
Paid = Annotated[
    str, typer.Option("--paid", help="cash, float:AGENT, wallet:HOLDER, advance:PAYMENT.")
]
Till = Annotated[str, typer.Option("--till", help="The drawer that cash goes into.")]
Code = Annotated[
    list[str] | None, typer.Option("--code", show_default=False, help="A promotion's code.")
]
ExpectUntil = Annotated[
    str | None,
    typer.Option(
        "--expect-until",
        metavar="DATE",
        show_default=False,
        help="The last good day that was shown; if the line has moved since, nothing is sold.",
    ),
]
QuoteId = Annotated[
    UUID | None, typer.Option("--quote", show_default=False, help="The quote that was shown.")
]
ServiceFee = Annotated[
    str | None,
    typer.Option(
        "--service-fee",
        metavar="AMOUNT",
        show_default=False,
        help="What the agent that pays asks of its customer on top; its own money.",
    ),
]
Amount = Annotated[str, typer.Option("--amount", show_default=False, help="As in 50.00.")]


class ReceiptUnknown(Refusal):
    """No line was changed by {ask}: give the id of the receipt, or the number with --number."""

    code = "act.not_found"


def quote(
    line: Number,
    term: Term = None,
    top_up: Annotated[
        str | None, typer.Option("--top-up", metavar="AMOUNT", show_default=False)
    ] = None,
    what: Annotated[
        str | None, typer.Option("--what", show_default=False, help="activate or restore.")
    ] = None,
    code: Code = None,
    service_fee: ServiceFee = None,
    by: By = STAFF,
    channel: Channel = COUNTER,
    data: Data = None,
    json: Json = False,
) -> None:
    """Promise price, promotion, bonus time and the exact new date, for a quarter of an hour."""
    subject = number(line)
    with house(data) as (opened, shell):
        _, policy = _line(opened, shell, subject)
        asked: dict[str, Any] = {
            "what": what or ("top_up" if top_up else "renew"),
            "term": str(term) if term else None,
            "amount_minor": _minor(top_up, policy),
            "codes": list(code or ()),
            "service_fee_minor": _minor(service_fee, policy),
        }
        answer = decided(shell, made("quote", subject, asked, by=by, channel=channel))
        quote_id = UUID(str(answer.answer["quote"]))
        terms = shell.run(lambda conn: show.quote(conn, subject, quote_id))
        facts = _quoted(policy, subject, answer, terms)
    tell(facts, lambda console: _print(console, facts))


def renew(
    line: Annotated[
        str | None, typer.Argument(metavar="[NUMBER]", show_default=False, help="+85366123456")
    ] = None,
    term: Term = None,
    paid: Paid = "cash",
    till: Till = wishes.MAIN_TILL,
    key: Key = None,
    expect_until: ExpectUntil = None,
    quote_id: QuoteId = None,
    code: Code = None,
    service_fee: ServiceFee = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            exists=True,
            dir_okay=False,
            readable=True,
            show_default=False,
            help="Renew the lines of a .csv or .ndjson file.",
        ),
    ] = None,
    point: AtPoint = "",
    by: By = STAFF,
    channel: Channel = COUNTER,
    data: Data = None,
    json: Json = False,
) -> None:
    """Renew a line, or those of a file; asked again with the same key, nothing is paid twice."""
    if (line is None) == (file is None):
        raise typer.BadParameter("give a NUMBER, or --file with many of them")
    if file is not None:
        if point:
            raise typer.BadParameter("--point is for one sale: --file is of no counter")
        renew_file(file, term=term, paid=paid, till=till, by=by, channel=channel, data=data)
        return
    if term is None:
        raise typer.BadParameter("say for how long: --term 12m")
    asked = {"term": str(term), "quote": str(quote_id) if quote_id else None}
    _sell(
        "renew",
        line or "",
        asked,
        service_fee=service_fee,
        paid=paid,
        till=till,
        key=key,
        expect_until=expect_until,
        code=code,
        point=point,
        by=by,
        channel=channel,
        data=data,
    )


def top_up(
    line: Number,
    amount: Amount,
    paid: Paid = "cash",
    till: Till = wishes.MAIN_TILL,
    key: Key = None,
    expect_until: ExpectUntil = None,
    quote_id: QuoteId = None,
    code: Code = None,
    service_fee: ServiceFee = None,
    point: AtPoint = "",
    by: By = STAFF,
    channel: Channel = COUNTER,
    data: Data = None,
    json: Json = False,
) -> None:
    """Top a line up with an amount on offer."""
    asked = {"amount": amount, "quote": str(quote_id) if quote_id else None}
    _sell(
        "top_up",
        line,
        asked,
        service_fee=service_fee,
        paid=paid,
        till=till,
        key=key,
        expect_until=expect_until,
        code=code,
        point=point,
        by=by,
        channel=channel,
        data=data,
    )


def activate(
    line: Number,
    holder: Annotated[
        str, typer.Option("--holder", show_default=False, help="The holder's id, never a name.")
    ] = "",
    document: Annotated[
        str | None, typer.Option("--document", show_default=False, help="Its kind: bir, passport.")
    ] = None,
    residency: Annotated[str | None, typer.Option("--residency", show_default=False)] = None,
    term: Term = None,
    paid: Paid = "cash",
    till: Till = wishes.MAIN_TILL,
    key: Key = None,
    quote_id: QuoteId = None,
    code: Code = None,
    service_fee: ServiceFee = None,
    point: AtPoint = "",
    by: By = STAFF,
    channel: Channel = COUNTER,
    data: Data = None,
    json: Json = False,
) -> None:
    """Activate a card in stock for a holder; its clocks begin."""
    asked = {
        "holder": holder,
        "document": document,
        "residency": residency,
        "term": str(term) if term else None,
        "quote": str(quote_id) if quote_id else None,
    }
    _sell(
        "activate",
        line,
        asked,
        service_fee=service_fee,
        paid=paid,
        till=till,
        key=key,
        expect_until=None,
        code=code,
        point=point,
        by=by,
        channel=channel,
        data=data,
    )


def reverse(
    renewal: Annotated[
        str, typer.Argument(metavar="RENEWAL", show_default=False, help="The id of its receipt.")
    ],
    reason: Annotated[str, typer.Option("--reason", show_default=False, help="Why, in words.")],
    line: Annotated[
        str | None, typer.Option("--number", show_default=False, help="The line, if it is known.")
    ] = None,
    mistake: Annotated[
        bool, typer.Option("--mistake", help="The wrong line or term: everything goes back.")
    ] = False,
    approved_by: Annotated[
        str | None, typer.Option("--approved-by", show_default=False, help="The second person.")
    ] = None,
    key: Key = None,
    point: AtPoint = "",
    by: By = STAFF,
    channel: Channel = COUNTER,
    data: Data = None,
    json: Json = False,
) -> None:
    """Undo a paid act; the money goes back to where it came from."""
    with house(data) as (opened, shell):
        subject = number(line) if line else _line_of(shell, renewal)
        before, policy = _line(opened, shell, subject)
        asked = {
            "of": renewal,
            "reason": reason,
            "mistake": mistake or None,
            "approved_by": approved_by,
        }
        ask = made("reverse", subject, asked, by=by, channel=channel, key=key, point=point)
        answer = decided(shell, ask)
        told = answer.answer
        facts = {
            "number": subject,
            "reversed": renewal,
            "back": format_minor(int(told["back"]), str(told["currency"])),
            "currency": told["currency"],
            "before": _last_day(policy, safe_until(before)),
            "until": _last_day(policy, _at(told.get("until"))),
            "version": told["version"],
            "id": told["id"],
            "repeated": answer.is_repeat,
        }
    tell(facts, lambda console: _print(console, facts))


# --- selling --------------------------------------------------------------------------------------


def _sell(
    verb: str,
    line: str,
    asked: dict[str, Any],
    *,
    service_fee: str | None,
    paid: str,
    till: str,
    key: str | None,
    expect_until: str | None,
    code: list[str] | None,
    point: str,
    by: str,
    channel: str,
    data: Path | None,
) -> None:
    subject = number(line)
    with house(data) as (opened, shell):
        before, policy = _line(opened, shell, subject)
        if "amount" in asked:
            asked["amount_minor"] = _minor(asked.pop("amount"), policy)
        asked["service_fee_minor"] = _minor(service_fee, policy)
        asked |= {"paid": wishes.payer(paid, policy.currency, till), "codes": list(code or ())}
        until = wishes.shown(expect_until, policy, before) if expect_until else None
        ask = made(
            verb,
            subject,
            asked,
            by=by,
            channel=channel,
            key=key,
            expect_until=until,
            point=point,
        )
        answer = decided(shell, _expecting(shell, ask))
        after, policy = _line(opened, shell, subject)
        facts = _sold(policy, before, after, answer)
    tell(facts, lambda console: _print(console, facts))


def _minor(amount: str | None, policy: Policy) -> int | None:
    return None if amount is None else parse_minor(amount, policy.currency)


def _expecting(shell: Shell, ask: Ask) -> Ask:
    (with_version,) = shell.run(lambda conn: expecting(conn, [ask]))
    return with_version


def _line(opened: Installation, shell: Shell, subject: str) -> tuple[LineState, Policy]:
    state = shell.run(lambda conn: show.find(conn, subject))
    return state, policy_of(opened.library.policies, state.pin)


def _line_of(shell: Shell, renewal: str) -> str:
    try:
        ask = UUID(renewal)
    except ValueError:
        raise ReceiptUnknown(ask=renewal[:40]) from None
    found = shell.run(lambda conn: show.find_ask(conn, ask))
    if found is None:
        raise ReceiptUnknown(ask=renewal)
    return found


# --- telling --------------------------------------------------------------------------------------


def _sold(policy: Policy, before: LineState, after: LineState, answer: Answered) -> dict[str, Any]:
    told = answer.answer
    act_id = str(told["id"])
    sold = next((s for s in after.sold if s.act == act_id), None)
    act = next((a for a in after.acts if a.id == act_id), None)
    currency = str(told["currency"])
    return {
        "number": after.number,
        "receipt": act_id,
        "total": format_minor(int(told["total"]), currency),
        "currency": currency,
        "paid": str(sold.sale.payer) if sold else "",
        "service_fee": format_minor(sold.service_fee_minor if sold else 0, currency),
        "commission": format_minor(sold.commission_minor if sold else 0, currency),
        "promotions": sorted({use.promotion for use in sold.uses}) if sold else [],
        "discounts": {n: format_minor(m, currency) for n, m in sold.sale.discounts} if sold else {},
        "gifts": {n: format_minor(m, currency) for n, m in sold.sale.gifts} if sold else {},
        "bonus": [str(span_) for span_ in act.bonus] if act else [],
        "before": None if answer.is_repeat else _last_day(policy, safe_until(before)),
        "until": _last_day(policy, _at(told.get("until"))),
        "lost_days": told.get("lost_days", 0),
        "version": told["version"],
        "repeated": answer.is_repeat,
    }


def _quoted(policy: Policy, subject: str, answer: Answered, terms: Any) -> dict[str, Any]:
    currency = policy.currency

    def money(name: str) -> str:
        return format_minor(int(terms.get(name, 0)), currency)

    return {
        "number": subject,
        "quote": answer.answer["quote"],
        "what": terms.get("verb", ""),
        "term": terms.get("term", ""),
        "list_price": money("list"),
        "price": money("price"),
        "fee": money("fee"),
        "government": money("government"),
        "total": money("total"),
        "service_fee": money("service_fee"),
        "currency": currency,
        "discounts": {name: format_minor(minor, currency) for name, minor in terms["discounts"]},
        "bonus": [{"promotion": name, "time": time} for name, time in terms["bonus"]],
        "gifts": {name: format_minor(minor, currency) for name, minor in terms["gifts"]},
        "before": _last_day(policy, _at(terms.get("before"))),
        "until": _last_day(policy, _at(terms.get("until"))),
        "lost_days": terms["lost_days"],
        "shortened_days": terms["shortened_days"],
        "good_until": datetime.fromisoformat(answer.answer["good_until"]).astimezone(policy.zone),
    }


def _print(console: Console, facts: dict[str, Any]) -> None:
    currency = f"{facts['currency']} "
    named = {name: value for name, value in facts.items() if name != "currency"}
    for name in ("list_price", "price", "total", "back"):
        if name in named:
            named[name] = currency + str(named[name])
    for name in ("discounts", "gifts"):
        given = named.get(name) or {}
        named[name] = ", ".join(f"{key} {currency}{minor}" for key, minor in given.items())
    bonus = named.get("bonus") or ()
    named["bonus"] = ", ".join(
        f"{b['time']} ({b['promotion']})" if isinstance(b, dict) else str(b) for b in bonus
    )
    named["promotions"] = ", ".join(named.get("promotions") or ())
    for name in ("fee", "government", "service_fee", "commission"):
        named[name] = "" if not str(named.get(name, "")).strip("0.") else currency + named[name]
    named["repeated"] = "yes: this was done before" if named.get("repeated") else ""
    for name in ("lost_days", "shortened_days"):
        named[name] = named.get(name) or ""
    if "good_until" in named:
        named["good_until"] = f"{named['good_until']:%Y-%m-%d %H:%M}"
    labels = {
        "before": "paid until (before)",
        "until": "paid until",
        "lost_days": "days lost to a cap",
        "shortened_days": "days nearer",
        "good_until": "good until",
        "list_price": "list price",
        "service_fee": "service fee",
    }
    console.print(pairs({labels.get(name, name): value for name, value in named.items()}))


def _at(value: object) -> datetime | None:
    return datetime.fromisoformat(str(value)) if value else None


def _last_day(policy: Policy, at: datetime | None) -> str | None:
    """Return the last good day before a deadline."""
    if at is None:
        return None
    return (at - timedelta(microseconds=1)).astimezone(policy.zone).date().isoformat()
