"""
The `baohao` command. Exit codes: 0 done, 1 refused, 2 wrong use.

Commands are grouped by noun, one file each; what fails says what to do next.
"""

from __future__ import annotations

import sys

import typer

from baohao.cli.output import REFUSED, WRONG_USE, refuse, wrong
from baohao.cli.play import play
from baohao.cli.policy import check, show
from baohao.core.refusals import Refusal
from baohao.wiring import BadSetting

app = typer.Typer(
    name="baohao",
    help="Keep phone numbers alive: until when each is safe, renewed, proven, told in time.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
policy_app = typer.Typer(help="Retention policies.", no_args_is_help=True)
app.add_typer(policy_app, name="policy")
policy_app.command("check")(check)
policy_app.command("show")(show)
policy_app.command("play")(play)


def main() -> None:
    """Run the command; the console script."""
    try:
        app()
    except Refusal as refusal:
        refuse(refusal)
        sys.exit(REFUSED)
    except BadSetting as setting:
        wrong("Setting", str(setting))
        sys.exit(WRONG_USE)
