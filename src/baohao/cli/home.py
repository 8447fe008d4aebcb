"""
`baohao home`: one household's cards, in one process beside a small database of its own.

Nothing that only sellers need is loaded: a machine with 512 MB is enough.
"""

from __future__ import annotations

import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer
from a2wsgi import WSGIMiddleware

from baohao import jobs
from baohao.cli.asking import Data
from baohao.cli.home_questions import Said
from baohao.cli.listening import listen
from baohao.cli.output import Json, console, pairs, tell
from baohao.core.refusals import Refusal
from baohao.outside.parcel import is_closed
from baohao.wiring import Installation
from baohao.wiring.home import held, keep_said, pack, unpack
from baohao.wiring.home import home as installation

PORT, LOOPBACK = 8861, "127.0.0.1"
#: Pages that are made at a time; each thread has two sessions of the database.
THREADS = 3

app = typer.Typer(
    help="One household's cards, on this machine; begins with three questions.",
    invoke_without_command=True,
)
#: The command that loads nothing else.
root = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)
root.add_typer(app, name="home")


@app.callback()
def home(
    context: typer.Context,
    host: Annotated[str, typer.Option("--host", help="Where to listen.")] = LOOPBACK,
    port: Annotated[int, typer.Option("--port")] = PORT,
    proxy: Annotated[
        str, typer.Option("--proxy", help="Address of the proxy before it, if there is one.")
    ] = "",
    url: Annotated[
        str, typer.Option("--url", help="What people type, as in https://cards.example; is kept.")
    ] = "",
    data: Data = None,
    name: Annotated[str, typer.Option("--name", help="The first question: who you are.")] = "",
    email: Annotated[str, typer.Option("--email", help="Your address, if you want e-mails.")] = "",
    password_file: Annotated[
        Path | None,
        typer.Option("--password-file", exists=True, dir_okay=False, help="Your password."),
    ] = None,
    language: Annotated[
        str, typer.Option("--language", help="Of messages: zh-Hant, zh-Hans, pt, en.")
    ] = "",
    zone: Annotated[str, typer.Option("--zone", help="Where you are, as in Asia/Macau.")] = "",
    mail: Annotated[
        str, typer.Option("--mail", help="A mail server, as in me@mail.example.org:465.")
    ] = "",
    mail_password_file: Annotated[
        Path | None,
        typer.Option("--mail-password-file", exists=True, dir_okay=False, help="Its password."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: what is not said is as usual.")
    ] = False,
) -> None:
    """Serve one household's cards until stopped; the first run asks three questions."""
    if context.invoked_subcommand is not None:
        return
    said = Said(
        name=name,
        email=email,
        password=_line(password_file),
        language=language,
        zone=zone,
        mail=mail,
        mail_password=_line(mail_password_file),
        is_asked=not yes and sys.stdin.isatty() and sys.stdout.isatty(),
        is_usual=yes,
    )
    house = installation(data)
    with held(house):
        if url:
            keep_said(house, {"BAOHAO_HOLDER_URL": url})
        _serve(house, said, host, port, proxy)


File = Annotated[Path, typer.Argument(dir_okay=False, metavar="FILE", show_default=False)]
Passphrase = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file", exists=True, dir_okay=False, help="What closes the file, in a file."
    ),
]


@app.command()
def backup(
    file: File,
    close: Annotated[
        bool, typer.Option("--close", help="Ask for a passphrase, and close the file by it.")
    ] = False,
    passphrase_file: Passphrase = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Put the home into one file, running or not: cards, people, notes, keys, settings."""
    house = installation(data)
    passphrase = _line(passphrase_file)
    if close and not passphrase:
        passphrase = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True)
    with _left_as_it_was(house):
        house.embedded.start()
        pack(house, file, passphrase)
    facts = {"file": str(file), "bytes": file.stat().st_size, "closed": bool(passphrase)}
    tell(facts, lambda console: console.print(pairs({**facts, "bytes": f"{facts['bytes']:,}"})))


@app.command()
def restore(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, metavar="FILE", show_default=False),
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the home that is in the folder.")
    ] = False,
    passphrase_file: Passphrase = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Put the home of a file into the folder, and open it; everybody signs in anew."""
    house = installation(data)
    passphrase = _line(passphrase_file)
    if not passphrase and is_closed(file) and sys.stdin.isatty():
        passphrase = typer.prompt("Passphrase", hide_input=True)
    with held(house):
        if house.embedded.cluster.is_dir() and not replace:
            raise HomeThere(folder=str(house.settings.data))
        with _left_as_it_was(house):
            unpack(house, file, passphrase)
            _sign_out(installation(data))
    facts = {"folder": str(house.settings.data), "next": "baohao home"}
    tell(facts, lambda console: console.print(pairs(facts)))


class HomeThere(Refusal):
    """{folder} has a home already: back that up first, then say --replace."""

    code = "home.there"


def _sign_out(house: Installation) -> None:
    from baohao.web import desk, start

    start.migrate(house)
    from baohao.web.home.starting import end_sessions

    end_sessions()
    desk.desk().close()


@contextmanager
def _left_as_it_was(house: Installation) -> Iterator[None]:
    """Stop the database in the end, unless it ran before."""
    was_running = house.embedded.status() is not None
    try:
        yield
    finally:
        if not was_running:
            house.embedded.stop()


def _serve(house: Installation, said: Said, host: str, port: int, proxy: str) -> None:
    # Django is loaded by who serves pages, once it is known of what.
    from baohao.web import desk, start

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    # What ends it ends the database too, and what is written is written.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack, suppress(KeyboardInterrupt):
        stack.callback(house.embedded.stop)
        made = start.application(house, names_of(host))
        stack.callback(lambda: desk.desk().close())
        pages = WSGIMiddleware(made, workers=THREADS)  # type: ignore[arg-type]
        # By name: a passkey works at no address of digits.
        _begin(house, said, f"http://{'localhost' if host == LOOPBACK else host}:{port}")
        stack.enter_context(jobs.Beside(house))
        listen(pages, host, port, proxy, lifespan="off")


def _begin(house: Installation, said: Said, address: str) -> None:
    """Have the questions answered here, or say where they are."""
    from baohao.web.home import starting

    page, out = house.settings.holder_url or address, console()
    if starting.is_started():
        out.print(f"{page}/", markup=False)
        return
    answers = said.answers(out)
    if answers is None:
        out.print("Nobody has moved in yet. Three questions are asked at", markup=False)
        out.print(f"{page}/start/?key={starting.key()}", markup=False)
        return
    starting.begin(answers)
    out.print(f"{answers.name} signs in as {answers.login} at {page}/", markup=False)


def names_of(host: str) -> list[str]:
    """Return what people type to reach an address of this machine."""
    if host not in ("0.0.0.0", "::"):  # noqa: S104 - it is compared, not listened at
        return [host]
    name = socket.gethostname()
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(name, None)}
    except OSError:
        found = set()
    return [name, f"{name}.local", *sorted(found)]


def _line(file: Path | None) -> str:
    return "" if file is None else file.read_text(encoding="utf-8").strip()
