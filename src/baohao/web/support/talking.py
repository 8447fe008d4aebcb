"""Writing and answering: each message once, and the holder told that there is an answer."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.db import transaction
from django.utils.translation import gettext, gettext_lazy, override

from baohao.app import tenures
from baohao.outside.ids import new_id
from baohao.web.desk import desk
from baohao.web.support.models import LONGEST, Message, Talk


class Writing(forms.Form):
    """A message."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        max_length=LONGEST,
        label=gettext_lazy("Message"),
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data, initial={"key": new_id()})

    @property
    def id(self) -> UUID:
        """What the message is kept under, however often it is sent."""
        found: UUID = self.cleaned_data["key"]
        return found


def begin(talk: Talk, text: str) -> Talk:
    """Keep a new talk with its first message; sent twice it is one."""
    with transaction.atomic():
        kept, is_new = Talk.objects.get_or_create(
            id=talk.id,
            defaults={
                "operator": talk.operator,
                "holder": talk.holder,
                "number": talk.number,
                "epoch": talk.epoch,
                "language": talk.language,
            },
        )
        if is_new:
            Message.objects.create(id=talk.id, talk=kept, at=desk().now(), text=text)
    return kept


def write(talk: Talk, id_: UUID, text: str) -> None:
    """Add what the holder writes; the operator is to answer again."""
    with transaction.atomic():
        _, is_new = Message.objects.get_or_create(
            id=id_, defaults={"talk": talk, "at": desk().now(), "text": text}
        )
        if is_new:
            Talk.objects.filter(id=talk.id).update(waits=True)


def answer(talk: Talk, id_: UUID, text: str, by: str) -> bool:
    """Add an answer, and tell the holder that there is one; return whether it is new."""
    with transaction.atomic():
        said = {"talk": talk, "at": desk().now(), "by": by, "text": text}
        _, is_new = Message.objects.get_or_create(id=id_, defaults=said)
        if is_new:
            Talk.objects.filter(id=talk.id).update(waits=False, is_news=True)
    if is_new:
        _tell(talk)
    return is_new


def settle(talk: Talk) -> None:
    """Say that there is nothing to answer."""
    Talk.objects.filter(id=talk.id).update(waits=False)


def shown(talk: Talk) -> list[tuple[Message, datetime]]:
    """Return what was said, each with its instant by the operator's clock."""
    zone = talk.zone
    return [(each, each.at.astimezone(zone)) for each in talk.said]


def is_over(talk: Talk) -> bool:
    """Whether the tenure that a talk is about has ended."""
    if not talk.number:
        return False
    held = desk().read(partial(tenures.open_one, number=talk.number))
    return held is None or (held.epoch, held.holder) != (talk.epoch, talk.holder)


def _tell(talk: Talk) -> None:
    """Text to the number that it is about, or to the first that the holder has; no words of it."""
    held = desk().read(partial(tenures.of_holder, holder=talk.holder))
    numbers = [each.number for each in held if talk.number in ("", each.number)]
    texts = desk().house.texts
    if texts is None or not numbers or is_over(talk):
        return
    with override(talk.language):
        said = gettext("There is an answer to your message. Sign in and open Messages to read it.")
    texts.send(numbers[0], said)
