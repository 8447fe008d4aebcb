"""`baohao policy check`, `show` and `judge`: what is wrong with policies, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from baohao.app import brochure, judging
from baohao.app.drawing import as_text
from baohao.app.drawing_svg import as_svg
from baohao.app.library import check as check_paths
from baohao.app.policies import Located, load
from baohao.cli.output import DONE, REFUSED, Json, tell
from baohao.cli.reading import ReadableFile, day
from baohao.core.line.life import life

Paths = Annotated[
    list[Path],
    typer.Argument(exists=True, readable=True, show_default=False, help="Files, or whole folders."),
]
Picture = Annotated[
    Path | None,
    typer.Option("--svg", dir_okay=False, writable=True, help="Write a picture to this file."),
]


Begins = Annotated[
    date | None,
    typer.Option(
        "--from",
        parser=day,
        metavar="DATE",
        show_default=False,
        help="Activated on this day; by default on the day on which the policy comes into force.",
    ),
]


def check(paths: Paths, json: Json = False) -> None:
    """Check policies: files, or folders with all that goes with them."""
    count, findings = check_paths(paths)
    facts = {"checked": count, "findings": _facts(findings)}
    tell(facts, lambda console: _print_findings(console, count, findings))
    raise typer.Exit(REFUSED if findings else DONE)


def show(
    file: ReadableFile, svg: Picture = None, begins: Begins = None, json: Json = False
) -> None:
    """Show a policy: a line's life when nothing happens, and the rules in words."""
    loaded = load(file)
    if loaded.policy is None:
        faults(loaded.findings)
        raise typer.Exit(REFUSED)
    policy = loaded.policy
    first = begins or policy.effective_from
    found = life(policy, brochure.morning(policy, first))
    if svg is not None:
        svg.write_text(as_svg(policy, found), encoding="utf-8")
    tell(
        brochure.life_of(policy, found),
        lambda console: typer.echo(as_text(policy, found), nl=False),
    )


def judge(file: ReadableFile, svg: Picture = None, json: Json = False) -> None:
    """Judge a policy: the linter, its example histories, and its drawing."""
    judged = judging.judge(file)
    policy, drawn = judged.policy, ""
    if policy is not None:
        found = life(policy, brochure.morning(policy, policy.effective_from))
        drawn = as_text(policy, found)
        if svg is not None:
            svg.write_text(as_svg(policy, found), encoding="utf-8")
    examples = [{"title": each.title, "right": each.is_right} for each in judged.played]
    facts = {"checked": 1, "findings": _facts(judged.findings), "examples": examples}

    def told(console: Console) -> None:
        typer.echo(drawn + "\n" * bool(drawn), nl=False)
        for each in judged.played:
            typer.echo(f"{'right' if each.is_right else 'WRONG'}: {each.title}")
        _print_findings(console, 1, judged.findings)

    tell(facts, told)
    raise typer.Exit(REFUSED if judged.findings else DONE)


def faults(findings: Sequence[Located]) -> None:
    """Tell what is wrong with one file."""
    facts = {"checked": 1, "findings": _facts(findings)}
    tell(facts, lambda console: _print_findings(console, 1, findings))


def _facts(findings: Sequence[Located]) -> list[dict[str, Any]]:
    return [
        {
            "file": located.file,
            "line": located.line,
            "against_line": located.other_line,
            "path": located.finding.path,
            "code": located.finding.code,
            "message": located.finding.message,
        }
        for located in findings
    ]


def _print_findings(console: Console, count: int, findings: Sequence[Located]) -> None:
    for located in findings:
        # Plain: editors and CI read "file:line: ".
        typer.echo(str(located))
        for number, text in located.quoted:
            typer.echo(f"    {number:5} | {text}")
    files = _many(count, "file")
    if findings:
        bad = len({located.file for located in findings})
        found = _many(len(findings), "finding")
        console.print(f"{files} checked, {bad} refused, {found}.", style="red")
    else:
        console.print(f"{files} checked, nothing wrong.", style="green")


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
