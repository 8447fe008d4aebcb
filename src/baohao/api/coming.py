"""What pages of FastAPI are given: the desk, who asks, and the idempotency key of a write."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response

from baohao.api.asking import receipt_of, sold
from baohao.api.callers import Caller
from baohao.api.desk import Desk
from baohao.api.wire import idempotency_key, line_of
from baohao.core.asks import Ask
from baohao.core.credentials import KeyRefusal, Scope


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]


class KeyNarrow(KeyRefusal):
    """The key is a robot's: it records what is done with its cards, and nothing else."""

    code = "key.narrow"


class Asking:
    """The dependency that admits a caller whose key is for a scope; `None`: whoever has a key."""

    def __init__(self, scope: Scope | None, *, streams: bool = False, robots: bool = True) -> None:
        self._scope, self._robots = scope, robots
        #: Whether the page reads the body, and holds the signature against it.
        self._streams = streams

    async def __call__(self, request: Request, response: Response, desk: AtDesk) -> Caller:
        """Return who asks; raises what `Callers.caller` does, `ScopeMissing`, `SignatureWrong`."""
        headers = {name.lower(): value for name, value in request.headers.raw}
        address = request.client.host if request.client else ""
        caller = await desk.callers.caller(headers, address)
        request.state.limits = caller.limits
        if self._scope is not None:
            caller.may(self._scope)
        if caller.credential.keeper and not self._robots:
            raise KeyNarrow()
        if caller.credential.signing and not self._streams:
            body = await request.body()
            desk.callers.signed(caller, headers, line_of(request.scope), body)
        for name, value in caller.limits:
            response.headers[name.decode()] = value.decode()
        return caller


Anybody = Annotated[Caller, Depends(Asking(None))]
Owner = Annotated[Caller, Depends(Asking(None, robots=False))]
Reader = Annotated[Caller, Depends(Asking(Scope.READ))]
Seller = Annotated[Caller, Depends(Asking(Scope.SELL))]
Sender = Annotated[Caller, Depends(Asking(Scope.SELL, streams=True))]
Reverser = Annotated[Caller, Depends(Asking(Scope.REVERSE))]
Accountant = Annotated[Caller, Depends(Asking(Scope.MONEY))]
Listener = Annotated[Caller, Depends(Asking(Scope.EVENTS))]
Witness = Annotated[Caller, Depends(Asking(Scope.FACTS))]
Robot = Annotated[Caller, Depends(Asking(Scope.KEPT))]
Host = Annotated[Caller, Depends(Asking(Scope.HANDOVER))]


def _key(
    idempotency_key_: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="One of your own for each write; the same again gives the first answer.",
        ),
    ] = None,
) -> str:
    # As the hot pages read it: a header is bytes, which the framework took for Latin-1.
    return idempotency_key((idempotency_key_ or "").encode("latin-1"))


Key = Annotated[str, Depends(_key)]
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="The ETag of the line: the same as `expect_version`."),
]


def replayed(response: Response, *, is_repeat: bool) -> None:
    """Say so where an answer was given before."""
    if is_repeat:
        response.headers["Idempotent-Replayed"] = "true"


async def sale(response: Response, desk: Desk, caller: Caller, ask: Ask) -> dict[str, Any]:
    """Ask for a paid act, return what is told of it, and say where its receipt is."""
    answer = await desk.ask(ask)
    response.headers["Location"] = receipt_of(answer)
    replayed(response, is_repeat=answer.is_repeat)
    (charge,) = await desk.charges(caller, [answer])
    return sold(answer, charge)
