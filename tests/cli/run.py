"""Run the real command, as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BAOHAO = Path(sys.executable).with_name("baohao")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def facts(self) -> Any:
        """What `--json` printed."""
        return json.loads(self.out)


def baohao(*arguments: str | Path, cwd: Path | None = None, **environ: str) -> Ran:
    """Run `baohao` a hundred columns wide, with `environ` on top of our own."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("BAOHAO_")}
    done = subprocess.run(
        [BAOHAO, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=cwd,
        env={**plain, "COLUMNS": "100", "NO_COLOR": "1", **environ},
    )
    return Ran(code=done.returncode, out=done.stdout, err=done.stderr)
