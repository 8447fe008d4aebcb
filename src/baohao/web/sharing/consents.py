"""
Asking for a consent, giving it, ending it; and what those that stand allow.

Whoever asks about a number is told the same whether it is one of ours or not: a consent is kept
either way, and of a number that nobody holds nothing ever comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from hmac import compare_digest
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.crypto import get_random_string
from django.utils.translation import gettext

from baohao.app import tenures
from baohao.core import grants
from baohao.core.refusals import Refusal
from baohao.web.desk import desk
from baohao.web.sharing.models import Consent

#: How long a code is good, and how often one may be wrong.
CODE_LASTS, TRIES = timedelta(days=1), 5
#: Longer lists are nobody's family.
MOST = 50


class CodeWrong(Refusal):
    """That is not the code, or its time is over; ask once more, and a new one is sent."""

    code = "sharing.code"


class AskedForSelf(Refusal):
    """That number is your own."""

    code = "sharing.own"


class TooMany(Refusal):
    """There are {most} such consents already; end one before you add another."""

    code = "sharing.too_many"


def give(
    me: str,
    number: str,
    epoch: int,
    to: str,
    scopes: frozenset[grants.Scope],
    until: datetime | None,
    *,
    key: UUID,
) -> Consent:
    """Let whoever holds a number see or pay for one of mine; raises what is wrong with it."""
    other = desk().read(partial(tenures.open_one, number=to))
    grantee = other.holder if other is not None else ""
    if grantee == me:
        raise AskedForSelf()
    now = desk().now()
    # Refused here as the rules refuse it.
    grants.Grant(number=number, epoch=epoch, grantee=grantee, scopes=scopes, since=now, until=until)
    _room(Consent.objects.filter(number=number, epoch=epoch, state=Consent.GIVEN), now)
    made, _ = Consent.objects.get_or_create(
        id=key,
        defaults={
            **_what(number, epoch, grantee, to, scopes, now),
            "state": Consent.GIVEN,
            "since": now,
            "until": until,
            "how": "page",
        },
    )
    return made


def ask(
    me: str, my_number: str, number: str, scopes: frozenset[grants.Scope], *, key: UUID
) -> Consent:
    """Ask whoever holds a number; a code is sent to it, for them to give to me."""
    held = desk().read(partial(tenures.open_one, number=number))
    if held is not None and held.holder == me:
        raise AskedForSelf()
    now = desk().now()
    # Refused here as the rules refuse it.
    grants.Grant(number=number, epoch=0, grantee=me, scopes=scopes, since=now)
    _room(Consent.objects.filter(grantee=me, state=Consent.GIVEN), now)
    is_held = held is not None and bool(held.holder)
    code = get_random_string(6, "0123456789")
    made, is_new = Consent.objects.get_or_create(
        id=key,
        defaults={
            **_what(number, held.epoch if held and is_held else 0, me, my_number, scopes, now),
            "state": Consent.ASKED,
            "code": _digest(key, code) if is_held else "",
        },
    )
    texts = desk().house.texts
    if is_new and is_held and texts is not None:
        said = {"number": my_number, "what": words(scopes), "code": code}
        texts.send(
            number,
            gettext(
                "{number} asks to {what}. If you agree, give them the code {code}. They see no"
                " calls and no documents, and you can end it at any time."
            ).format(**said),
        )
    return made


def agree_by_code(consent: Consent, code: str) -> None:
    """Agree by the code that was sent to the holder; raises `CodeWrong`."""
    now = desk().now()
    with transaction.atomic():
        Consent.objects.filter(id=consent.id).update(tries=F("tries") + 1)
        kept = Consent.objects.select_for_update().get(id=consent.id)
    is_late = now >= kept.asked_at + CODE_LASTS or kept.tries > TRIES
    is_right = bool(kept.code) and compare_digest(kept.code, _digest(kept.id, code.strip()))
    if kept.state != Consent.ASKED or is_late or not is_right or not _holds(kept):
        raise CodeWrong()
    agree(kept, "code")


def agree(consent: Consent, how: str) -> None:
    """Let what was asked for be so, from now on; what was answered already stays."""
    Consent.objects.filter(id=consent.id, state=Consent.ASKED).update(
        state=Consent.GIVEN, since=desk().now(), how=how, code=""
    )


def decline(consent: Consent) -> None:
    """Say no."""
    Consent.objects.filter(id=consent.id, state=Consent.ASKED).update(
        state=Consent.DECLINED, code=""
    )


def end(consent: Consent) -> None:
    """End what was given, from now on, or forget what was asked for."""
    grant = consent.grant
    left = None if grant is None else grants.withdraw(grant, desk().now())
    if left is None:
        Consent.objects.filter(id=consent.id).delete()
    else:
        Consent.objects.filter(id=consent.id).update(until=left.until)


# --- what stands ----------------------------------------------------------------------------------


def on(held: Sequence[tuple[str, int]], now: datetime) -> list[Consent]:
    """Return what stands, or was asked for, on these numbers in these tenures, the last first."""
    if not held:
        return []
    places = Q()
    for number, epoch in held:
        places |= Q(number=number, epoch=epoch)
    found = Consent.objects.filter(places).exclude(state=Consent.DECLINED)
    return _standing(found.order_by("-asked_at"), now)


def to(me: str, now: datetime) -> list[Consent]:
    """Return what was given to somebody, or asked for by them, the last first."""
    found = Consent.objects.filter(grantee=me).exclude(state=Consent.DECLINED)
    return _standing(found.order_by("-asked_at"), now)


def allowed(me: str, number: str, *acts: str) -> frozenset[str]:
    """Return which of these acts somebody may do on a number now."""
    held = desk().read(partial(tenures.open_one, number=number))
    found = [each.grant for each in Consent.objects.filter(grantee=me, number=number)]
    given, now = [grant for grant in found if grant is not None], desk().now()
    epoch = None if held is None or not held.holder else held.epoch
    return frozenset(
        act for act in acts if any(grants.allows(grant, act, now, epoch=epoch) for grant in given)
    )


def words(scopes: frozenset[grants.Scope]) -> str:
    """Say what somebody may do, as the end of a sentence."""
    if grants.Scope.PAY not in scopes:
        return gettext("see until when this number is safe")
    if grants.Scope.SEE not in scopes:
        return gettext("renew this number with their own money")
    return gettext("see until when this number is safe, and renew it with their own money")


def _standing(found: QuerySet[Consent], now: datetime) -> list[Consent]:
    return list(found.filter(Q(until=None) | Q(until__gt=now))[:MOST])


def _holds(consent: Consent) -> bool:
    held = desk().read(partial(tenures.open_one, number=consent.number))
    return held is not None and bool(held.holder) and held.epoch == consent.epoch


def _room(found: QuerySet[Consent], now: datetime) -> None:
    if len(_standing(found, now)) >= MOST:
        raise TooMany(most=MOST)


def _what(
    number: str,
    epoch: int,
    grantee: str,
    grantee_number: str,
    scopes: frozenset[grants.Scope],
    now: datetime,
) -> dict[str, object]:
    return {
        "number": number,
        "epoch": epoch,
        "grantee": grantee,
        "grantee_number": grantee_number,
        "may_see": grants.Scope.SEE in scopes,
        "may_pay": grants.Scope.PAY in scopes,
        "asked_at": now,
    }


def _digest(id_: UUID, code: str) -> str:
    return desk().house.seals.sign(f"consent\0{id_}\0{code}".encode()).hex()
