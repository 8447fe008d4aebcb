"""
What a household's own robots tell of its cards: the two narrow addresses of the API, as they are.

The API itself is not loaded here. Bodies, answers and codes are the same (docs of push and robots);
a key is made on the pages of cards, is for some cards and acts, and for nothing else.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from datetime import date, datetime
from functools import partial, wraps
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from baohao.app.kept import listing, robots
from baohao.app.kept.listing import Card, CardNotKept
from baohao.app.partners import keys
from baohao.core import credentials
from baohao.core.asks import Ask
from baohao.core.credentials import (
    BudgetOver,
    Credential,
    KeyElsewhere,
    KeyUnknown,
    Scope,
    ScopeMissing,
)
from baohao.core.identifiers.number import parse_number
from baohao.core.kept import kept_key
from baohao.core.refusals import Malformed, Refusal
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import everybody
from baohao.web.accounts.limits import consumed
from baohao.web.desk import desk

#: A longer body is none of these.
BODY_MAX = 20_000
#: The longest beginning of a code that is named here says its status; else 409.
STATUSES = {
    "key": 401,
    "key.elsewhere": 403,
    "key.kind": 403,
    "key.scope": 403,
    "key.budget": 429,
    "kept.unknown": 404,
    "kept.reading": 422,
    "kept.act_other": 422,
    "request": 422,
    "house": 503,
    "outcome": 503,
}
Short = Annotated[str, msgspec.Meta(max_length=80)]
Text = Annotated[str, msgspec.Meta(max_length=1_000)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"^[ -~]+$")]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class BodyUnfit(Refusal):
    """The body cannot be used: {reason}."""

    code = "request.body.unfit"


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that was done with a card."""

    number: Short
    kind: Short
    at: Instant | None = None
    amount: Short = ""
    sku: Short = ""
    evidence: Text = ""
    id: Id | None = None


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the operator says of a card."""

    number: Short
    until: date | None = None
    balance: Short = ""
    at: Instant | None = None
    text: Text = ""
    id: Id | None = None


View = Callable[[HttpRequest], HttpResponse]


def machine(view: View) -> View:
    """Answer a machine: refusals are problems (RFC 9457), and nobody has a form to forge."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        if not consumed(request, "robots"):
            return HttpResponse(status=429, headers={"Retry-After": "60"})
        try:
            return view(request)
        except Refusal as refusal:
            return _problem(refusal)

    return everybody(answered)


@machine
def records(request: HttpRequest) -> HttpResponse:
    """Record what was done with a card; it counts under the card's rules, from its own time on."""
    credential = _credential(request)
    said = _body(request, Record)
    card = _card(credential, said.number)
    credential.records(said.kind)
    told = robots.Told(
        id=_id(request, said.id),
        at=said.at,
        kind=said.kind,
        amount=said.amount,
        sku=said.sku,
        text=said.evidence,
    )
    return _taken(robots.recording(card, told, credential.owner, new_id()))


@machine
def readings(request: HttpRequest) -> HttpResponse:
    """Take down what the operator says of a card, beside what is computed."""
    credential = _credential(request)
    said = _body(request, Reading)
    card = _card(credential, said.number)
    told = robots.Told(
        id=_id(request, said.id), at=said.at, until=said.until, balance=said.balance, text=said.text
    )
    return _taken(robots.observing(card, told, credential.owner, new_id()))


def _credential(request: HttpRequest) -> Credential:
    """Return the key that a request came with, and count it; raises `KeyRefusal`."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            # Robots that send no headers of their own send a password that stands in the address.
            text = b64decode(text, validate=True).decode().partition(":")[2]
        except ValueError:
            text = ""
    id_, secret = credentials.read(text.strip())
    found = desk().read(partial(keys.find, id_=id_)).credential
    if not keys.fits(found, secret):
        raise KeyUnknown()
    if not found.comes_from(request.META.get("REMOTE_ADDR", "")):
        raise KeyElsewhere()
    if Scope.KEPT not in found.scopes or not found.keeper:
        raise ScopeMissing(scope=str(Scope.KEPT))
    name = (found.owner, found.id)
    today = desk().shell.run(partial(keys.count, used={name: 1}))
    if today.get(found.id, 0) > found.per_day:
        raise BudgetOver(per_day=found.per_day)
    return found


def _body(request: HttpRequest, kind: type[Any]) -> Any:
    if len(request.body) > BODY_MAX:
        raise BodyUnfit(reason="it is too long")
    try:
        return msgspec.json.decode(request.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BodyUnfit(reason=str(error)) from None


def _id(request: HttpRequest, said: str | None) -> str:
    """Return what the same is known by."""
    key = said or request.headers.get("Idempotency-Key", "")
    if re.fullmatch(r"[ -~]{1,120}", key) is None:
        raise BodyUnfit(reason="give it an id of yours, or an Idempotency-Key")
    return key


def _card(credential: Credential, written: str) -> Card:
    """Return a card that the key may speak of; raises `MalformedNumber` and `CardNotKept`."""
    number = parse_number(written)
    if number not in credential.cards:
        # Whether somebody keeps it or not.
        raise CardNotKept()
    return _look(kept_key(number, credential.keeper))


def _look(subject: str) -> Card:
    vault = desk().house.vault
    return desk().read(partial(listing.one, terms=desk().terms, vault=vault, subject=subject))


def _taken(ask: Ask) -> HttpResponse:
    answer = desk().ask(ask)
    now = _look(ask.subject)
    told = {
        "id": str(answer.answer["id"]),
        "number": now.number,
        "act_by": now.due,
        "good_until": now.computed,
        "operator_says": now.read,
        "rules_checked": now.checked,
        "is_stale": now.is_stale,
    }
    repeated = {"Idempotent-Replayed": "true"} if answer.is_repeat else {}
    return HttpResponse(
        msgspec.json.encode(told), status=201, content_type="application/json", headers=repeated
    )


def _problem(refusal: Refusal) -> HttpResponse:
    code, status = refusal.code, 422 if isinstance(refusal, Malformed) else 409
    heads = [head for head in STATUSES if code == head or code.startswith(f"{head}.")]
    if heads:
        status = STATUSES[max(heads, key=len)]
    body = {"title": refusal.message, "status": status, "code": code, **dict(refusal.facts)}
    return HttpResponse(
        msgspec.json.encode(body, enc_hook=str),
        status=status,
        content_type="application/problem+json",
    )
