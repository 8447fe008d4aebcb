"""A holder's file between two pages: kept sealed, read again, and never anybody else's."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from django.http import Http404, HttpRequest
from django.utils import timezone

from baohao.app.brought import products
from baohao.app.brought.model import Given, Taken
from baohao.app.brought.products import Called, Match
from baohao.app.brought.read import read
from baohao.app.kept.planned import Choices
from baohao.core.policy.model import Policy
from baohao.outside import numbering
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import signed_in
from baohao.web.bringing.models import Upload
from baohao.web.cards.add import offered
from baohao.web.desk import desk

#: For how long a file may be looked at before it is taken.
KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that a holder brought, as it is read now."""

    upload: Upload
    name: str
    data: bytes
    taken: Taken

    @property
    def choices(self) -> Choices:
        """What its holder chose."""
        said = msgspec.json.decode(
            self.upload.chosen or '["", []]', type=tuple[str, list[list[str]]]
        )
        number, chosen = said
        return Choices(
            number=number,
            products={Called(*each[:3]): each[3] for each in chosen},
        )


def put(request: HttpRequest, name: str, data: bytes) -> Upload:
    """Keep a file in place of the holder's last one; raises `FileRefused` for what is none."""
    _read(data, name, "")
    holder, vault = signed_in(request).holder, desk().house.vault
    drop(holder)
    id_ = new_id()
    key = vault.new_key(_context(id_))
    plain = msgspec.json.encode([name, base64.b64encode(data).decode()]).decode()
    return Upload.objects.create(
        id=id_,
        holder=holder,
        sent_at=timezone.now(),
        key=key,
        sealed=vault.seal(key, plain, _context(id_)),
    )


def drop(holder: str) -> None:
    """Forget the holder's file, and everybody's that lay about for too long."""
    Upload.objects.filter(holder=holder).delete()
    Upload.objects.filter(sent_at__lt=timezone.now() - KEPT).delete()


def found(request: HttpRequest, id_: UUID) -> File:
    """Return the holder's file; raises `Http404` for anybody else's, whether it is there or not."""
    upload = Upload.objects.filter(id=id_, holder=signed_in(request).holder).first()
    if upload is None or upload.sent_at < timezone.now() - KEPT:
        raise Http404
    plain = desk().house.vault.unseal(upload.key, upload.sealed, _context(id_))
    name, packed = msgspec.json.decode(plain, type=tuple[str, str])
    data = base64.b64decode(packed)
    return File(upload=upload, name=name, data=data, taken=_read(data, name, upload.order))


def choose(file: File, number: str, chosen: Mapping[Called, str]) -> None:
    """Keep what the holder chose."""
    said = [[each.product, each.country, each.every, name] for each, name in chosen.items()]
    file.upload.chosen = msgspec.json.encode([number, said]).decode()
    file.upload.save(update_fields=["chosen"])


def advance(
    file: File, begun: int, taken: int, counts: Mapping[str, int], rows: Sequence[Sequence[Any]]
) -> None:
    """Keep how far a file is and what became of its cards, unless another was quicker."""
    vault, upload = desk().house.vault, file.upload
    whole = msgspec.json.encode([*told(file), *rows]).decode()
    Upload.objects.filter(id=upload.id, done=begun).update(
        done=begun + taken,
        counts=dict(counts),
        outcome=vault.seal(upload.key, whole, _context(upload.id)),
    )
    upload.refresh_from_db()


def told(file: File) -> list[list[Any]]:
    """Return what became of cards: row, column, value, sentence, whether it was left out."""
    if not file.upload.outcome:
        return []
    vault, upload = desk().house.vault, file.upload
    plain = vault.unseal(upload.key, upload.outcome, _context(upload.id))
    return msgspec.json.decode(plain, type=list[list[Any]])


def names(taken: Taken) -> tuple[list[Match], list[Policy]]:
    """Return what the file calls its products, what each may be, and what there is to choose."""
    known = offered(desk().now().date())
    operators = desk().house.library.operators
    return products.matches(taken.rows, numbering, known, operators), known


@lru_cache(maxsize=4)
def _read(data: bytes, name: str, order: str) -> Taken:
    return read(data, Given(file=name, numbering=numbering, order=order))


def _context(id_: UUID) -> str:
    return f"upload:{id_}"
