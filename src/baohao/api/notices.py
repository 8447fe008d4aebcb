"""
Where payment gateways tell us: `BAOHAO_NOTIFY_URL` names this page, each gateway at its name below.

No key comes with a notice: its signature says whose it is. It is taken down and nothing more, so
that it is answered in time; what follows from it is the worker's. What comes at once is taken down
as one batch, and the worker is woken once.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from baohao.api.coming import AtDesk
from baohao.api.problems import PathUnknown
from baohao.app.payments.notices import Sent

router = APIRouter(prefix="/notices", include_in_schema=False)

#: What WeChat Pay reads; the others look at the status alone.
TAKEN = b'{"code":"SUCCESS","message":"OK"}'


@router.post("/{gateway}")
async def notice(gateway: str, request: Request, desk: AtDesk) -> Response:
    """Take a gateway's notice down; it is refused where it is not the gateway's own."""
    found = desk.gateways.get(gateway)
    if found is None:
        raise PathUnknown()
    headers, body = dict(request.headers), await request.body()
    refused = await desk.notices.ask(Sent(gateway=found, headers=headers, body=body))
    if refused is not None:
        raise refused
    return Response(TAKEN, media_type="application/json")
