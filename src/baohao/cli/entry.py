"""
Where the `baohao` command begins.

`baohao home` loads no other command: they need what a small machine has no memory for.
"""

from __future__ import annotations

import sys
from functools import cache

import typer

from baohao.cli.output import REFUSED, WRONG_USE, refuse, wrong
from baohao.core.refusals import Refusal
from baohao.wiring import BadSetting

#: What is made of all commands and their options, once in a process.
_tree = cache(typer.main.get_command)


def main() -> None:
    """Run the command; the console script."""
    try:
        _tree(_command())()
    except Refusal as refusal:
        refuse(refusal)
        sys.exit(REFUSED)
    except BadSetting as setting:
        wrong("Setting", str(setting))
        sys.exit(WRONG_USE)


def _command() -> typer.Typer:
    if sys.argv[1:2] == ["home"]:
        from baohao.cli.home import root

        return root
    from baohao.cli.main import app

    return app
