"""
Where payment gateways tell us: `BAOHAO_NOTIFY_URL` names this page, each gateway at its name below.

No key comes with a notice: its signature says whose it is. It is taken down and nothing more, so
that it is answered in time; what follows from it is the worker's.
"""

from __future__ import annotations

import logging
from functools import partial

from fastapi import APIRouter, Request, Response
from starlette.background import BackgroundTask

from baohao.api.coming import AtDesk
from baohao.api.problems import PathUnknown
from baohao.app.payments import notices
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.wiring import Installation

router = APIRouter(prefix="/notices", include_in_schema=False)

log = logging.getLogger(__name__)

#: What WeChat Pay reads; the others look at the status alone.
TAKEN = b'{"code":"SUCCESS","message":"OK"}'


@router.post("/{gateway}")
async def notice(gateway: str, request: Request, desk: AtDesk) -> Response:
    """Take a gateway's notice down; it is refused where it is not the gateway's own."""
    found = desk.gateways.get(gateway)
    if found is None:
        raise PathUnknown()
    headers, body = dict(request.headers), await request.body()
    work = partial(notices.take, gateway=found, headers=headers, body=body, new_id=new_id)
    await desk.read(work)
    woken = BackgroundTask(_wake, desk.installation)
    return Response(TAKEN, media_type="application/json", background=woken)


def _wake(installation: Installation) -> None:
    try:
        installation.wake("run_unit", unit="payments")
    except Refusal as refusal:
        # It looks by itself within a minute.
        log.warning("no worker was woken: %s", refusal.code)
