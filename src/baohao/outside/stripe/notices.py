"""
What Stripe tells by itself: events, signed by HMAC under secrets that both sides have.

`Stripe-Signature: t=1492774577,v1=HEX,v1=HEX` has the time and a signature for each secret, for
while a secret is rotated there are two; `v0` is not looked at. What is signed is the time, a point,
and the body as it came. Events come late, twice and in any order, for three days.
https://docs.stripe.com/webhooks#verify-manually
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from baohao.app.ports import NoticeRefused, Paid, Refunded, Told
from baohao.outside.stripe import amounts, answers
from baohao.outside.stripe.answers import Charge, Dispute, RefundSaid, Session, read

#: How far a message's time may be from ours, either way (seconds): theirs is the rule.
WINDOW_S = 300
NOTICE_MAX_BYTES = 262_144
#: One time, and then signatures; a few secrets are rotated at once, not many.
_HEADER = re.compile(r"t=([1-9][0-9]{0,11})((?:,v[0-9]=[0-9a-f]{64}){1,8})", re.ASCII)
_SIGNATURE = re.compile(r",v1=([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """By what a notice is known to be for us."""

    #: Of our endpoint, as in "whsec_..."; while they are rotated, the old one too.
    signing: Sequence[str] = field(repr=False)
    #: Whether it is about real money.
    is_live: bool
    #: The account that a platform acts for; empty: our own.
    account: str = ""


class _Data(msgspec.Struct):
    object: msgspec.Raw


class _Event(msgspec.Struct):
    id: str
    type: str
    created: int
    livemode: bool
    data: _Data
    account: str | None = None


def told(secrets: Secrets, headers: Mapping[str, str], body: bytes, now: datetime) -> Told:
    """Read a notice; raises `NoticeRefused`. `None`: it tells of nothing that concerns us."""
    if len(body) > NOTICE_MAX_BYTES:
        raise NoticeRefused(reason="it is too long")
    verify(secrets, headers, body, int(now.timestamp()))
    event = read(body, _Event)
    if event is None:
        raise NoticeRefused(reason="it cannot be read")
    if event.livemode != secrets.is_live:
        raise NoticeRefused(reason="it is about money of another mode")
    if (event.account or "") != secrets.account:
        raise NoticeRefused(reason="it is another account's")
    try:
        return _told(event)
    except ValueError:
        raise NoticeRefused(reason="what it tells cannot be read") from None


def verify(secrets: Secrets, headers: Mapping[str, str], body: bytes, at: int) -> None:
    """Hold a message against its signatures and a time; raises `NoticeRefused`."""
    named = {name.lower(): value for name, value in headers.items()}
    found = _HEADER.fullmatch(named.get("stripe-signature", ""))
    if found is None:
        raise NoticeRefused(reason="its signature is not written as it must be")
    if abs(int(found[1]) - at) > WINDOW_S:
        raise NoticeRefused(reason="its time is not now")
    text = found[1].encode() + b"." + body
    given = _SIGNATURE.findall(found[2])
    wanted = [hmac.new(each.encode(), text, sha256).hexdigest() for each in secrets.signing]
    # All are held against all: how long it takes says nothing of which one was right.
    right = [hmac.compare_digest(ours, theirs) for ours in wanted for theirs in given]
    if not any(right):
        raise NoticeRefused(reason="the signature is wrong")


def _told(event: _Event) -> Told:
    what, said = event.type, event.data.object
    if what in ("checkout.session.completed", "checkout.session.async_payment_succeeded"):
        return _of_session(_must(said, Session), datetime.fromtimestamp(event.created, UTC))
    if what in ("charge.succeeded", "charge.failed"):
        return answers.of_charge(_must(said, Charge))
    if what in ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated"):
        return _of_refund(_must(said, RefundSaid))
    if what.startswith("charge.dispute."):
        return answers.charged_back(_must(said, Dispute))
    # `charge.refunded` too: it has no refund's number, and `refund.created` comes with it.
    return None


def _of_session(said: Session, at: datetime) -> Paid | None:
    """Read a page that was left; what it was paid with is told by its charge."""
    if said.payment_status != "paid" or said.amount_total is None:
        return None
    money, payment = amounts.read(said.amount_total, said.currency or ""), said.payment_intent
    if money is None or not answers.ref(payment):
        raise ValueError("it names no money")
    order = answers.plain(said.client_reference_id) or answers.ref(payment)
    return Paid(
        order=order,
        payment=answers.ref(payment),
        amount_minor=money[0],
        currency=money[1],
        at=at,
    )


def _of_refund(said: RefundSaid) -> Refunded:
    """Read a refund; one that failed has not arrived, or has come back long after it had."""
    money = amounts.read(said.amount, said.currency)
    if money is None:
        raise ValueError("it names no money")
    return Refunded(
        refund=answers.refund_number(said),
        amount_minor=money[0],
        is_pending=said.status != "succeeded",
        has_failed=said.status in ("failed", "canceled"),
    )


def _must(said: msgspec.Raw, kind: type[answers.T]) -> answers.T:
    found = read(said, kind)
    if found is None:
        raise ValueError(f"it is no {kind.__name__}")
    return found
