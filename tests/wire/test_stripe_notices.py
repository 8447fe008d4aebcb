"""
Notices of Stripe, changed in every way that we can think of: none is taken.

The red twins verify JSON that was written anew, look at no clock, or take any part of a header for
a signature. Each must let something through.
"""

from __future__ import annotations

import hmac
import json
import random
import string
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from tests.conftest import Campaign
from tests.wire.stripe import NOON, ONE

from baohao.app.ports import ChargedBack, NoticeRefused, NotPaid, Paid, Refunded, Told
from baohao.outside.stripe.notices import NOTICE_MAX_BYTES, WINDOW_S, Secrets, told, verify

Notice = tuple[dict[str, str], bytes]
SIGNATURE = "Stripe-Signature"
SECRETS = Secrets(signing=("whsec_one",), is_live=True)
SESSION = {
    "id": "cs_live_1",
    "object": "checkout.session",
    "client_reference_id": ONE,
    "amount_total": 12_000,
    "currency": "mop",
    "livemode": True,
    "payment_intent": "pi_1",
    "payment_status": "paid",
    "status": "complete",
}
CHARGE = {
    "id": "ch_1",
    "object": "charge",
    "amount": 12_000,
    "captured": True,
    "created": int(NOON.timestamp()),
    "currency": "mop",
    "livemode": True,
    "metadata": {"order": ONE},
    "payment_intent": "pi_1",
    "payment_method_details": {"type": "card", "card": {"brand": "visa", "fingerprint": "fp1"}},
    "status": "succeeded",
}
REFUND = {
    "id": "re_1",
    "object": "refund",
    "amount": 5_000,
    "currency": "mop",
    "metadata": {"refund": "R1"},
    "payment_intent": "pi_1",
    "status": "succeeded",
}
DISPUTE = {
    "id": "dp_1",
    "object": "dispute",
    "amount": 7_000,
    "charge": "ch_1",
    "created": int(NOON.timestamp()),
    "currency": "mop",
    "livemode": True,
    "payment_intent": "pi_1",
    "status": "needs_response",
}
PAID = Paid(order=ONE, payment="pi_1", amount_minor=12_000, currency="MOP", at=NOON)
BACK = ChargedBack(
    order="",
    payment="pi_1",
    case="dp_1",
    amount_minor=7_000,
    currency="MOP",
    at=NOON,
    outcome="open",
)


def signed(body: bytes, at: datetime = NOON, *secrets: str) -> Notice:
    t = int(at.timestamp())
    made = [
        hmac.new(each.encode(), f"{t}.".encode() + body, sha256).hexdigest()
        for each in secrets or ("whsec_one",)
    ]
    return {SIGNATURE: ",".join((f"t={t}", *(f"v1={each}" for each in made)))}, body


def good(
    what: str = "checkout.session.completed",
    thing: Mapping[str, Any] = SESSION,
    at: datetime = NOON,
    **more: Any,
) -> Notice:
    said = {"id": "evt_1", "object": "event", "created": int(NOON.timestamp()), "livemode": True}
    said |= {"type": what, "data": {"object": thing}} | more
    return signed(json.dumps(said, indent=2, ensure_ascii=False).encode(), at)


def heard(notice: Notice, now: datetime = NOON, secrets: Secrets = SECRETS) -> Told:
    return told(secrets, *notice, now)


def taken(notice: Notice, judge: Callable[[Notice], object] = heard) -> bool:
    try:
        judge(notice)
    except NoticeRefused:
        return False
    return True


# --- red twins ------------------------------------------------------------------------------------


def anew(notice: Notice) -> object:
    """Verify what JSON says, not its bytes."""
    headers, body = notice
    with suppress(ValueError):
        body = json.dumps(json.loads(body), indent=2, ensure_ascii=False).encode()
    return heard((headers, body))


def timeless(notice: Notice) -> object:
    """Look at no clock, but at the message's own."""
    at = notice[0].get(SIGNATURE, "")[2:].partition(",")[0]
    now = datetime.fromtimestamp(int(at), UTC) if at.isdecimal() and len(at) < 12 else NOON
    return heard(notice, now)


def loose(notice: Notice) -> object:
    """Read a header as their own libraries do: parts in any order, others left."""
    headers, body = notice
    parts = [each.partition("=") for each in headers.get(SIGNATURE, "").split(",")]
    t = [value for name, _, value in parts if name.strip() == "t"]
    v1 = [value.strip() for name, _, value in parts if name.strip() == "v1"]
    rest = "".join(f",v1={each}" for each in v1)
    return heard(({SIGNATURE: f"t={t[0] if t else ''}{rest}"}, body))


# --- mutants --------------------------------------------------------------------------------------


def _bit(chance: random.Random, notice: Notice, _: Notice) -> Notice:
    headers, body = notice
    at = chance.randrange(len(body) * 8)
    changed = bytearray(body)
    changed[at // 8] ^= 1 << at % 8
    return headers, bytes(changed)


def _header(chance: random.Random, notice: Notice, _: Notice) -> Notice:
    headers, body = notice
    value = headers[SIGNATURE]
    at = chance.randrange(len(value))
    letter = chance.choice([c for c in string.printable if c != value[at]])
    changes = (
        value[:at] + letter + value[at + 1 :],
        value[:at] + value[at + 1 :],
        value[:at] + letter + value[at:],
        value + chance.choice(" \n\t=\0,"),
        chance.choice(" \n\t+0,") + value,
        value.swapcase(),
        value.replace("v1", chance.choice(("v0", "v2", "V1", "v", ""))),
        value.replace(",", chance.choice((";", ", ", ",,", " ", ""))),
        "",
    )
    return {**headers, SIGNATURE: chance.choice(changes)}, body


def _rebuilt(chance: random.Random, notice: Notice, _: Notice) -> Notice:
    """The same parts, put together in another way."""
    headers, body = notice
    t, __, v1 = headers[SIGNATURE].partition(",")
    written = chance.choice(
        (
            f"{v1},{t}",
            f"{t},{t},{v1}",
            f"{t},{v1},{t}",
            f"t=1,{v1}",
            t,
            v1,
            f"{t},v1=",
            f"{t},{v1[:-1]}",
            f"{t},{v1}0",
            f"{t},v1=0x{v1[3:]}",
            f"{t},{','.join([v1] * 40)}",
        )
    )
    return {SIGNATURE: written}, body


def _without(_: random.Random, notice: Notice, __: Notice) -> Notice:
    return {}, notice[1]


def _written_anew(chance: random.Random, notice: Notice, _: Notice) -> Notice:
    headers, body = notice
    said = json.loads(body)
    written: tuple[Mapping[str, Any], ...] = (
        {"indent": 1},
        {"separators": (", ", ": ")},
        {"separators": (",", ":")},
        {"indent": 2, "sort_keys": True},
    )
    text = json.dumps(said, **chance.choice(written))
    ends = chance.choice((" ", "\n", "\ufeff"))
    return headers, chance.choice((text, text + ends, ends + text)).encode()


def _swapped(chance: random.Random, notice: Notice, other: Notice) -> Notice:
    (headers, body), (headers_2, body_2) = notice, other
    t, __, v1 = headers[SIGNATURE].partition(",")
    t_2, __, v1_2 = headers_2[SIGNATURE].partition(",")
    mixed = chance.choice((f"{t_2},{v1}", f"{t},{v1_2}"))
    return chance.choice((({SIGNATURE: mixed}, body), (headers, body_2)))


def _border(chance: random.Random, notice: Notice, _: Notice) -> Notice:
    """What is signed stays the same, and where the time ends moves."""
    headers, body = notice
    t, __, v1 = headers[SIGNATURE].partition(",")
    cut = chance.randrange(1, 9)
    moved = (
        (f"{t}.{body[:cut].decode()},{v1}", body[cut:]),
        (f"{t[:-cut]},{v1}", t[-cut:].encode() + b"." + body),
        (f"{t}.,{v1}", body),
        (f"{t},{v1}", b"." + body),
    )
    written, rest = chance.choice(moved)
    return {SIGNATURE: written}, rest


def _at_another_time(chance: random.Random, notice: Notice, _: Notice) -> Notice:
    headers, body = notice
    t, __, v1 = headers[SIGNATURE].partition(",")
    by = chance.choice((-1, 1)) * chance.randint(1, chance.choice((9, 400, 10**6, 10**9)))
    at = int(t[2:])
    written = chance.choice((str(at + by), f"{at}.0", f"0{at}", f"+{at}", f"{at} ", f"{at}e0"))
    return {SIGNATURE: f"t={written},{v1}"}, body


def _cut(chance: random.Random, notice: Notice, _: Notice) -> Notice:
    headers, body = notice
    return headers, body[: chance.randrange(len(body))]


def _other_secret(chance: random.Random, notice: Notice, _: Notice) -> Notice:
    """Signed as it must be, by somebody who has another secret, or none."""
    secret = chance.choice(("", "whsec_on", "whsec_one ", "WHSEC_ONE", "whsec_two"))
    return signed(notice[1], NOON, secret)


MUTATE = (
    *(_bit, _bit, _bit, _header, _header, _rebuilt, _without, _written_anew, _swapped),
    *(_border, _at_another_time, _cut, _other_secret),
)


@pytest.mark.soak
def test_no_mutant_is_taken(campaign: Callable[[int], Campaign]) -> None:
    drawn = campaign(100_000)
    chance = random.Random(drawn.seed)
    things = [("charge.succeeded", CHARGE), ("refund.updated", REFUND), ("x", DISPUTE)]
    things.append(("checkout.session.completed", SESSION))
    herd = [
        good(*each, NOON + timedelta(seconds=n), id=f"evt_{n}") for n, each in enumerate(things * 2)
    ]
    assert all(taken(each) for each in herd)
    let_through = []
    for n in range(drawn.count):
        notice, other = chance.sample(herd, 2)
        mutate = chance.choice(MUTATE)
        mutant = mutate(chance, notice, other)
        if mutant in herd or taken(mutant):
            let_through.append((n, mutate.__name__))
    assert let_through == []


@pytest.mark.parametrize(
    ("red", "mutate"),
    [(anew, _written_anew), (loose, _rebuilt)],
    ids=["written_anew", "any_parts"],
)
def test_the_red_twins_let_mutants_through(
    red: Callable[[Notice], object], mutate: Callable[[random.Random, Notice, Notice], Notice]
) -> None:
    chance = random.Random(0)
    mutants = [mutate(chance, good(), good()) for _ in range(200)]
    assert sum(taken(each, red) for each in mutants) > 0
    assert sum(taken(each) for each in mutants) == 0


@pytest.mark.parametrize("by", [-WINDOW_S - 1, -86_400, WINDOW_S + 1, 86_400, 10**9])
def test_a_good_notice_at_another_time_is_refused(by: int) -> None:
    then = NOON + timedelta(seconds=by)
    with pytest.raises(NoticeRefused, match="not now"):
        heard(good(), then)
    # The red twin takes it: nothing else is wrong with it.
    assert taken(good(), timeless)


@pytest.mark.parametrize("by", [-WINDOW_S, 0, WINDOW_S])
def test_within_the_window_it_is_taken(by: int) -> None:
    assert heard(good(), NOON + timedelta(seconds=by)) == PAID


def test_while_a_secret_is_rotated_either_side_may_have_two() -> None:
    both = replace(SECRETS, signing=("whsec_new", "whsec_one"))
    _, body = good()
    assert heard(signed(body, NOON, "whsec_one"), secrets=both) == PAID
    assert heard(signed(body, NOON, "whsec_new"), secrets=both) == PAID
    assert heard(signed(body, NOON, "whsec_other", "whsec_one")) == PAID
    assert not taken(signed(body, NOON, "whsec_new"))
    assert not taken(good(), lambda each: heard(each, secrets=replace(SECRETS, signing=())))


# --- what is signed and still not ours ------------------------------------------------------------


@pytest.mark.parametrize(
    ("notice", "reason"),
    [
        (good(livemode=False), "it is about money of another mode"),
        (good(account="acct_2"), "it is another account's"),
        (good(livemode=None), "it cannot be read"),
        (good(thing={**SESSION, "amount_total": "12000"}), "what it tells cannot be read"),
        (good(thing={**SESSION, "amount_total": 120.5}), "what it tells cannot be read"),
        (good(thing={**SESSION, "amount_total": True}), "what it tells cannot be read"),
        (good(thing={**SESSION, "currency": "xyz"}), "what it tells cannot be read"),
        (good(thing={**SESSION, "payment_intent": None}), "what it tells cannot be read"),
        (good(thing={}), "what it tells cannot be read"),
        (good("charge.succeeded", {**CHARGE, "created": 10**18}), "what it tells cannot be read"),
        (good("refund.updated", {**REFUND, "currency": ""}), "what it tells cannot be read"),
        (signed(b""), "it cannot be read"),
        (signed(b"[" * 50_000), "it cannot be read"),
        (signed(b"\xff"), "it cannot be read"),
        (signed(b"x" * (NOTICE_MAX_BYTES + 1)), "it is too long"),
    ],
    ids=range(15),
)
def test_what_is_told_must_be_ours_and_whole(notice: Notice, reason: str) -> None:
    with pytest.raises(NoticeRefused) as refused:
        heard(notice)
    assert refused.value.facts["reason"] == reason


def test_who_acts_for_an_account_hears_of_it_alone() -> None:
    ours = replace(SECRETS, account="acct_2")
    assert heard(good(account="acct_2"), secrets=ours) == PAID
    for other in ({}, {"account": "acct_3"}, {"account": None}):
        assert not taken(good(**other), lambda each: heard(each, secrets=ours))


@pytest.mark.parametrize(
    ("what", "thing", "wanted"),
    [
        ("checkout.session.async_payment_succeeded", SESSION, PAID),
        ("checkout.session.completed", {**SESSION, "payment_status": "unpaid"}, None),
        (
            "checkout.session.completed",
            {**SESSION, "client_reference_id": None},
            replace(PAID, order="pi_1"),
        ),
        ("charge.succeeded", CHARGE, replace(PAID, means="visa", card="fp1")),
        (
            "charge.succeeded",
            {
                **CHARGE,
                "customer": "cus_1",
                "payment_method": "pm_1",
                "metadata": {"order": ONE, "keeps": "1"},
            },
            replace(PAID, means="visa", card="fp1", mandate="cus_1:pm_1"),
        ),
        (
            "charge.succeeded",
            {**CHARGE, "metadata": {}},
            replace(PAID, order="pi_1", means="visa", card="fp1"),
        ),
        ("charge.succeeded", {**CHARGE, "captured": False}, None),
        ("charge.succeeded", {**CHARGE, "status": "pending"}, None),
        (
            "charge.failed",
            {**CHARGE, "status": "failed", "failure_code": "card_declined"},
            NotPaid(order=ONE, attempt="ch_1", code="card_declined", at=NOON, card="fp1"),
        ),
        ("refund.created", REFUND, Refunded(refund="R1", amount_minor=5_000)),
        (
            "refund.failed",
            {**REFUND, "status": "failed"},
            Refunded(refund="R1", amount_minor=5_000, is_pending=True, has_failed=True),
        ),
        (
            "charge.refund.updated",
            {**REFUND, "metadata": {}},
            Refunded(refund="re_1", amount_minor=5_000),
        ),
        ("charge.refunded", CHARGE, None),
        ("charge.dispute.created", DISPUTE, BACK),
        ("charge.dispute.updated", {**DISPUTE, "status": "under_review"}, BACK),
        ("charge.dispute.closed", {**DISPUTE, "status": "lost"}, replace(BACK, outcome="lost")),
        (
            "charge.dispute.funds_reinstated",
            {**DISPUTE, "status": "won"},
            replace(BACK, outcome="won"),
        ),
        # A bank that asks has taken nothing.
        ("charge.dispute.created", {**DISPUTE, "status": "warning_needs_response"}, None),
        ("charge.dispute.closed", {**DISPUTE, "status": "warning_closed"}, None),
        ("customer.created", {"id": "cus_1"}, None),
        ("something.new", {}, None),
    ],
)
def test_what_is_told_is_told_as_it_is(what: str, thing: Mapping[str, Any], wanted: Told) -> None:
    assert heard(good(what, thing)) == wanted


def test_header_names_are_read_in_any_case() -> None:
    headers, body = good()
    assert heard(({SIGNATURE.upper(): headers[SIGNATURE]}, body)) == PAID


# --- the vector that they publish -----------------------------------------------------------------

#: From the tests of github.com/stripe/stripe-dotnet (Stripe), which make it with openssl.
THEIRS = b"""{
  "id": "evt_123",
  "object": "event",
  "account": "acct_123",
  "api_version": "2017-05-25",
  "created": 1533204620,
  "data": {
    "object": {
      "id": "cus_123",
      "object": "customer",
      "created": 123456789,
      "email": "test@stripe.com",
      "livemode": false,
      "metadata": {}
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": "req_123",
    "idempotency_key": "idempotency-key-123"
  },
  "type": "customer.created"
}
"""
THEIR_TIME = 1_533_204_620
THEIR_HEADER = (
    f"t={THEIR_TIME},v1=2220f87ef101a04665f11cdf770523143f875572008577fa0f20882ddb9cc3c7,"
    "v0=63f3a72374a733066c4be69ed7f8e5ac85c22c9f0a6a612ab9a025a9e4ee7eef"
)
THEIR_SECRETS = Secrets(signing=("webhook_secret",), is_live=False, account="acct_123")


def test_the_notice_that_they_publish_is_verified_and_each_bit_counts() -> None:
    headers = {SIGNATURE: THEIR_HEADER}
    then = datetime.fromtimestamp(THEIR_TIME + 100, UTC)
    verify(THEIR_SECRETS, headers, THEIRS, THEIR_TIME + 100)
    assert told(THEIR_SECRETS, headers, THEIRS, then) is None
    for at in range(len(THEIRS) * 8):
        changed = bytearray(THEIRS)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(NoticeRefused):
            verify(THEIR_SECRETS, headers, bytes(changed), THEIR_TIME)
    for at in (THEIR_TIME - 301, THEIR_TIME + 301):
        with pytest.raises(NoticeRefused):
            verify(THEIR_SECRETS, headers, THEIRS, at)


@pytest.mark.parametrize("header", ["t=,v1=,v0=", "t,v1=,v0", "t,,", ",,", "t", ""])
def test_headers_that_they_refuse_are_refused(header: str) -> None:
    for given in (header, f"{header},{THEIR_HEADER.partition(',')[2]}"):
        with pytest.raises(NoticeRefused):
            verify(THEIR_SECRETS, {SIGNATURE: given}, THEIRS, THEIR_TIME)
