"""Listening on a port until stopped: for the pages of a house, and for those of a home."""

from __future__ import annotations

from typing import Any

import uvicorn


def listen(app: Any, host: str, port: int, proxy: str = "", **more: Any) -> None:
    """Serve an ASGI application until stopped; `proxy` is the address of one before it."""
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        proxy_headers=bool(proxy),
        forwarded_allow_ips=proxy or None,
        server_header=False,
        timeout_graceful_shutdown=30,
        **more,
    )
