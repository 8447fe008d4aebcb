"""
Where a standing order is stopped by its link: one tap, without a key and without a sign-in.

It is a POST: whatever looks at links before people do, a mail filter or a preview, stops nothing.
The page that a person sees before the tap is the holders'.
"""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from baohao.api.coming import AtDesk
from baohao.api.desk import Desk
from baohao.api.models import Body
from baohao.app.orders import links
from baohao.outside.ids import new_id

router = APIRouter(prefix="/orders", include_in_schema=False)


class Tap(Body):
    """What stood in the link."""

    link: str = Field(max_length=100)


@router.post("/stop")
async def stop(body: Tap, desk: AtDesk) -> dict[str, bool]:
    """Stop the order; one that is over already stays so, and nobody learns which it was."""
    await run_in_threadpool(_stop, desk, body.link)
    return {"stopped": True}


def _stop(desk: Desk, token: str) -> None:
    with desk.installation.shell() as shell:
        links.stop(shell, token, desk.installation.seals.sign, new_id)
