"""Run the command inside the test's own process: the same `main`, without starting Python anew."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from tests.cli.run import Ran

from baohao.cli.entry import main
from baohao.cli.output import forget


def inside(*arguments: str | Path) -> Ran:
    """Run `baohao` here, and return what it left behind."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    forget()
    words = ["baohao", *map(str, arguments)]
    with patch("sys.argv", words), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Ran(code=code, out=out.getvalue(), err=err.getvalue())
