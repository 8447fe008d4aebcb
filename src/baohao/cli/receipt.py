"""`baohao receipt`: numbered, printed, verified, exported; and the key that signs them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console

from baohao.app.ports import LANGUAGES, PAPERS, Verifier
from baohao.app.receipts import export as exporting
from baohao.app.receipts import proof as proving
from baohao.app.receipts import retention as keeping
from baohao.app.receipts.paid import ONLINE
from baohao.app.receipts.proof import Proof, State
from baohao.cli.asking import Data, house
from baohao.cli.output import DONE, REFUSED, Json, pairs, table, tell
from baohao.cli.reading import day as day_of
from baohao.wiring import installation, verifier

app = typer.Typer(help="Receipts: the proof of what was paid and kept.", no_args_is_help=True)

Paper = Annotated[str, typer.Option("--paper", help=f"{' or '.join(PAPERS)}.")]
Lang = Annotated[
    str | None,
    typer.Option(
        "--lang", show_default=False, help=f"{', '.join(LANGUAGES)}; else the operator's first."
    ),
]


@app.command()
def issue(
    act: Annotated[
        UUID,
        typer.Argument(
            metavar="ACT",
            show_default=False,
            help='The id that a sale printed as "receipt", or a reversal as "id".',
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", dir_okay=False, show_default=False, help="The PDF to write.")
    ],
    point: Annotated[
        str,
        typer.Option(
            "--point",
            show_default=False,
            help="Whose series gives the number; by default the point that the sale named, else "
            f"the till that was paid at, else {ONLINE}.",
        ),
    ] = "",
    paper: Paper = PAPERS[0],
    lang: Lang = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Give what was paid or paid back its receipt, and print it; later prints are copies."""
    with house(data) as (opened, shell):
        desk = opened.desk(shell)
        receipt = desk.issue(act, point)
        into = lang or desk.language_of(receipt)
        pdf, is_copy = desk.pdf(receipt, language=into, paper=paper)
        out.write_bytes(pdf)
    facts = {**receipt.facts, "token": receipt.token, "copy": is_copy, "file": str(out)}
    # "receipt" is what a sale calls the id of its act.
    brief = {"numbered": facts["receipt"]}
    brief |= {name: facts[name] for name in ("kind", "number", "until", "copy", "file")}
    tell(facts, lambda console: _print_issued(console, brief, receipt.token))


@app.command("catch-up")
def catch_up(data: Data = None, json: Json = False) -> None:
    """Give the receipts that nobody gave yet; the worker does it each minute."""
    with house(data) as (opened, shell):
        given = opened.desk(shell).catch_up()
    said = f"{given} receipts were owed, and are given." if given else "No receipt is owed."
    tell({"given": given}, lambda console: console.print(said))


@app.command()
def verify(
    what: Annotated[
        str, typer.Argument(metavar="FILE|TOKEN", show_default=False, help="A PDF, or a QR code.")
    ],
    issuer: Annotated[
        Path | None,
        typer.Option(
            "--issuer",
            exists=True,
            dir_okay=False,
            show_default=False,
            help="Certificates to verify by, without asking the database.",
        ),
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Say what a receipt proves, and how it stands by the database; exit 1: it is not valid."""
    file = Path(what)
    pdf = file.read_bytes() if len(what) < 256 and file.is_file() else None
    if issuer is not None:
        proof, state = _judged(verifier(issuer), what, pdf), None
    else:
        with house(data) as (opened, shell):
            by = opened.issuer
            proof = _judged(by, what, pdf)
            state = shell.run(lambda conn: proving.state(conn, by, proof, pdf))
    facts = {
        "signature": proof.signature,
        "why": proof.why,
        "token": proof.token,
        "state": "not asked" if state is None else state.state,
        "reversed_at": None if state is None else state.reversed_at,
        "print": "" if state is None else state.print,
        "says": dict(proof.said),
    }
    tell(facts, lambda console: _print(console, facts))
    raise typer.Exit(DONE if _holds(proof, state) else REFUSED)


@app.command()
def export(
    out: Annotated[
        Path, typer.Option("--out", dir_okay=False, show_default=False, help="The ZIP to write.")
    ],
    holder: Annotated[
        str | None,
        typer.Option("--holder", show_default=False, help="All of one holder, by its id."),
    ] = None,
    day: Annotated[
        date | None,
        typer.Option(
            "--day",
            parser=day_of,
            metavar="DAY",
            show_default=False,
            help="All that were issued on a day.",
        ),
    ] = None,
    paper: Paper = PAPERS[0],
    lang: Lang = None,
    data: Data = None,
) -> None:
    """Write copies of receipts into one ZIP, with what they say and the certificates."""
    if (holder is None) == (day is None):
        raise typer.BadParameter("give --holder or --day")
    with house(data) as (opened, shell):
        found = (
            exporting.of_day(shell, day)
            if day is not None
            else exporting.of_holder(shell, str(holder))
        )
        exporting.write(out, found, opened.desk(shell), paper=paper, language=lang)
    typer.echo(f"{out}: {len(found)} receipts")


@app.command()
def retention(
    years: Annotated[
        int, typer.Option("--years", help="For how long after the year's end they are kept.")
    ] = keeping.USUAL_YEARS,
    data: Data = None,
    json: Json = False,
) -> None:
    """Say until when each series must be kept, and which may be deleted; nothing is deleted."""
    with house(data) as (_, shell):
        found = shell.run(lambda conn: keeping.terms(conn, years))
    facts = [
        {
            "series": f"{term.series.point}/{term.series.year}",
            "receipts": term.series.count,
            "proves_until": term.series.proves_until,
            "kept_until": term.kept_until,
            "may_go": term.may_go,
        }
        for term in found
    ]
    listed = table(
        "series", "receipts", "must be kept until", "may be deleted", right=("receipts",)
    )
    for each in facts:
        may_go = "yes" if each["may_go"] else "no"
        listed.add_row(str(each["series"]), str(each["receipts"]), str(each["kept_until"]), may_go)
    tell(facts, lambda console: console.print(listed))


@app.command("rotate-key")
def rotate_key(data: Data = None) -> None:
    """Sign by a new key from now on; what earlier ones have signed stays good."""
    opened = installation(data).issuer.rotate()
    typer.echo(f"Receipts are signed by the key {opened.name} from now on.")


def _judged(by: Verifier, what: str, pdf: bytes | None) -> Proof:
    return proving.of_token(by, what) if pdf is None else proving.of_file(by, pdf)


def _holds(proof: Proof, state: State | None) -> bool:
    """Say whether somebody may rely on it."""
    if state is None:
        return proof.is_good
    return state.state == "valid" and (proof.is_good or state.print == "original")


def _print_issued(console: Console, brief: dict[str, Any], token: str) -> None:
    console.print(pairs(brief))
    # On a line of its own, which no table folds.
    console.print(f"token     {token}", markup=False)


def _print(console: Console, facts: dict[str, Any]) -> None:
    said = facts.pop("says")
    console.print(pairs(facts | {f"says {name}": value for name, value in said.items()}))
    if facts["signature"] == "none":
        console.print("Nobody signed the file: only what is listed here is proven, by its token.")
