"""`baohao bench`: measure against pgbench and COPY. The benchmarks lie in the source, in bench/."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import typer

from baohao.core.refusals import Refusal

#: Everything after the command is for the benchmarks' own arguments.
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


class BenchMissing(Refusal):
    """The benchmarks are not in an installed package: get the source, and run make bench there."""

    code = "bench.missing"


def bench(context: typer.Context) -> None:
    """Measure against pgbench and COPY; writes bench/results/latest.json. Never a test."""
    source = Path(__file__).parents[3]
    if not (source / "bench" / "__main__.py").is_file():
        raise BenchMissing()
    ran = subprocess.run([sys.executable, "-m", "bench", *context.args], cwd=source, check=False)
    raise typer.Exit(ran.returncode)
