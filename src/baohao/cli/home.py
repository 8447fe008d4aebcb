"""
`baohao home`: one household's cards, in one process beside a small database of its own.

Nothing that only sellers need is loaded: a machine with 512 MB is enough.
"""

from __future__ import annotations

import logging
import signal
import socket
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated

import typer
from a2wsgi import WSGIMiddleware

from baohao import jobs
from baohao.cli.asking import Data
from baohao.cli.home_questions import Said
from baohao.cli.listening import listen
from baohao.cli.output import console
from baohao.wiring import Installation
from baohao.wiring import home as installation

PORT = 8861
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
    host: Annotated[str, typer.Option("--host", help="Where to listen.")] = "127.0.0.1",
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
    with house.held():
        if url:
            house.keep_said({"BAOHAO_HOLDER_URL": url})
        _serve(house, said, host, port, proxy)


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
        _begin(house, said, f"http://{host}:{port}")
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
