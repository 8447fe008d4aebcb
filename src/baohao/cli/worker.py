"""`baohao worker`: what works in the background."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from baohao import jobs
from baohao.cli.asking import Data
from baohao.wiring import installation


def worker(
    once: Annotated[bool, typer.Option("--once", help="Do all that is due now, and end.")] = False,
    data: Data = None,
) -> None:
    """Work through files and what falls due, until stopped; the part at hand is finished."""
    opened = installation(data)
    if once:
        jobs.once(opened)
        return
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    jobs.run(opened)
