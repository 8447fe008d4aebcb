"""Notices: what gateways tell us by themselves, judged by their raw bytes and taken down once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from uuid import UUID

from baohao.app.payments.learn import learn_all
from baohao.app.ports import Gateway, NoticeRefused, Told
from baohao.app.shell import Shell
from baohao.core.refusals import Refusal
from baohao.store import clock
from baohao.store.sql import Connection

log = logging.getLogger(__name__)


class NoticeFailed(Refusal):
    """Something is wrong on our side; tell it again."""

    code = "defect.notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A notice, as it came."""

    gateway: Gateway
    headers: Mapping[str, str]
    body: bytes


def take(shell: Shell, notices: Sequence[Sent], new_id: Callable[[], UUID]) -> list[Refusal | None]:
    """
    Take notices down in one transaction; told again, they change nothing.

    Returns for each why it was not taken: `NoticeRefused`, `NoticeFailed`, `OutcomeUnknown`. One
    that the database refuses costs the others nothing.
    """
    try:
        return shell.run(partial(_taken, notices=notices, new_id=new_id))
    except Refusal as refusal:
        return [refusal for _ in notices]
    except Exception as defect:  # noqa: BLE001 - whatever it is, its neighbours must not suffer
        if len(notices) > 1:
            return [told for each in notices for told in take(shell, [each], new_id)]
        # Its kind alone: what it says of the notice is not for a log.
        kind = type(defect).__name__
        log.error("a notice of %s met a %s", notices[0].gateway.name, kind)  # noqa: TRY400
        return [NoticeFailed()]


def _taken(
    conn: Connection, notices: Sequence[Sent], new_id: Callable[[], UUID]
) -> list[Refusal | None]:
    now, refused = clock.now(conn), list[Refusal | None]()
    told: list[tuple[str, Told]] = []
    for each in notices:
        try:
            told.append((each.gateway.name, each.gateway.notice(each.headers, each.body, now)))
            refused.append(None)
        except NoticeRefused as refusal:
            refused.append(refusal)
    for gateway, group in groupby(sorted(told, key=_gateway), _gateway):
        learn_all(conn, gateway, [each for _, each in group], new_id)
    return refused


def _gateway(told: tuple[str, Told]) -> str:
    return told[0]
