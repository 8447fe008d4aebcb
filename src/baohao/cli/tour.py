"""
`baohao tour`: a morning at an invented operator, told by the commands that anybody may type.

Nothing is staged: each command runs as it stands, on a database of its own that is made anew
every time. Sample numbers, cards and money are invented.
"""

from __future__ import annotations

import csv
import json as json_text
import re
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.panel import Panel
from rich.rule import Rule

from baohao.app import samples
from baohao.cli.asking import Data
from baohao.cli.output import console, forget, refuse
from baohao.core.refusals import Refusal
from baohao.wiring import installation

#: How many of an agent's customers are renewed from one file.
RENEWED_BY_FILE = 120
#: A number of another operator's, for whoever keeps such a card: invented, from a range for
#: fiction.
EXTERNAL = "+447700900123"

Keep = Annotated[bool, typer.Option("--keep", help="Leave the database running at the end.")]
Lines = Annotated[
    int, typer.Option("--lines", min=600, max=9_000, help="How many lines the inventory has.")
]


def tour(
    context: typer.Context, lines: Lines = 1_000, keep: Keep = False, data: Data = None
) -> None:
    """Play the main job in the terminal: import, quote, renew, reverse, timelines, books."""
    folder = (data or installation().settings.data) / "tour"
    opened = installation(folder)
    opened.embedded.stop()
    shutil.rmtree(folder, ignore_errors=True)
    Morning(context.find_root().command.main, folder, lines).play()
    if not keep:
        opened.embedded.stop()


#: Quotes and receipts are known by ids like this.
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Morning:
    """The tour while it plays: a command at a time, each with the words before it."""

    def __init__(self, command: Callable[..., Any], folder: Path, lines: int) -> None:
        self._command = command
        self._folder = folder
        self._lines = lines
        #: By the house's clock, once it is open.
        self._today = date.min
        self._number = ""
        self._out = console()

    def play(self) -> None:
        """Play the whole morning."""
        self._out.print(
            Panel.fit(
                "[bold]baohao 保號[/bold] keeps phone numbers alive.\n"
                "Everything below is real but the operator: each line after a $ is a command that\n"
                f"you may type yourself. The tour's database: {self._folder}",
                border_style="green",
            )
        )
        for chapter in (
            self._open,
            self._inventory,
            self._at_the_counter,
            self._too_late,
            self._an_agent,
            self._a_mistake,
            self._a_pause,
            self._another_operators_card,
            self._one_line,
            self._the_books,
        ):
            chapter()
        self._goodbye()

    # --- the chapters -----------------------------------------------------------------------------

    def _open(self) -> None:
        self._chapter("The house opens", "It brings its own PostgreSQL; the first start makes it.")
        self._type("db", "start")
        self._today = datetime.fromisoformat(self._facts("db", "status")["now"]).date()

    def _inventory(self) -> None:
        self._chapter(
            "An inventory comes in",
            f"{self._lines} lines as an operator exports them, and five that a careful importer "
            "must refuse. Good lines go in; bad ones are told by line, column, value and reason.",
        )
        file = self._folder / "inventory.csv"
        samples.inventory(file, self._lines, self._today)
        self._type("lines", "import", str(file), "--operator", "demo")
        self._say("The same file again changes nothing. And this is how the lines stand today:")
        self._type("whatif", "--on", self._today.isoformat())

    def _at_the_counter(self) -> None:
        self._chapter(
            "At the counter",
            "A holder whose year runs out soon. The quote binds for a quarter of an hour: price, "
            "promotion, bonus time and the exact new date, before anything is paid.",
        )
        number = self._line(age_days=range(300, 360))
        quote = self._learn("quote", number, "--term", "12m")
        self._say("Paid in cash. With the same key, a second try gives the first answer again.")
        paid = ("--term", "12m", "--paid", "cash", "--quote", quote)
        receipt = self._learn("renew", number, *paid, "--key", "monday-1")
        self._type("renew", number, *paid, "--key", "monday-1")
        self._say("The proof of keeping, numbered without gaps and signed; in four languages.")
        file = str(self._folder / "receipt.pdf")
        self._type("receipt", "issue", receipt, "--lang", "zh-Hant", "--out", file)
        self._type("receipt", "verify", file)
        self._number = number

    def _too_late(self) -> None:
        self._chapter(
            "Late, and too late",
            "One line is suspended: it comes back, for a fee. Another was lost weeks ago: the "
            "money is refused before it is taken.",
        )
        self._type("renew", self._line(age_days=range(400, 450)), "--term", "12m")
        self._type("renew", self._line(age_days=range(460, 520)), "--term", "12m")

    def _an_agent(self) -> None:
        self._chapter(
            "An agent with a spreadsheet",
            f"{RENEWED_BY_FILE} renewals from one file, paid from a prepaid float that is debited "
            "once a batch. Two of them cannot be: each row gets its outcome.",
        )
        terms = ("--operator", "demo", "--tier", "gold", "--float-alarm", "5000.00")
        self._type("agents", "add", "agent-7", "--name", "Kiosk at the ferry", *terms)
        self._type("fund", "float:agent-7:MOP", "--amount", "20000.00", "--reference", "slip 4711")
        lines = self._lines_of(age_days=range(1, 290))[:RENEWED_BY_FILE]
        numbers = [*lines, "+85366129999", self._line(age_days=range(460, 520))]
        file = self._folder / "renewals.csv"
        samples.renewals(file, numbers, "float:agent-7")
        self._type("renew", "--file", str(file), "--by", "agent-7", "--channel", "agent")
        self._show_rows(Path(f"{file}.outcome.csv"), "refused")
        self._say("What is left of the float, how long it lasts, and what the month has earned:")
        self._type("agents", "float", "agent-7")
        self._type("agents", "statement", "agent-7", f"{self._today:%Y-%m}")
        self._say("The agent's own systems ask over the network, by a key that is shown once:")
        self._type("keys", "create", "agent-7", "--label", "kiosk", "--scope", "sell")

    def _a_mistake(self) -> None:
        self._chapter(
            "A change of mind",
            "Renewed, and taken back within seven days: bonus time goes, all money goes back.",
        )
        number = self._line(age_days=range(290, 300))
        receipt = self._learn("renew", number, "--term", "12m", "--paid", "cash")
        self._type("reverse", receipt, "--reason", "wrong number on the slip")

    def _a_pause(self) -> None:
        self._chapter(
            "A pause",
            "A holder goes away for a while. The product allows one park of 28 days a year, and "
            "the law counts the days.",
        )
        self._type("ask", self._lines_of(age_days=range(1, 290))[-1], "park")

    def _another_operators_card(self) -> None:
        self._chapter(
            "A card of another operator",
            "giffgaff does not run baohao: what happens there is recorded, what it says is "
            "observed, and both stand side by side. Nothing is sold.",
        )
        file = self._folder / "external.csv"
        since = self._today - timedelta(days=100)
        file.write_text(f"number,plan,status,activated\n{EXTERNAL},payg,active,{since}\n")
        policy = ("--operator", "giffgaff", "--policy", "gb.giffgaff.payg")
        self._type("lines", "import", str(file), "--custody", "external", *policy)
        at = f"{self._today - timedelta(days=20)}T12:00:00+00:00"
        self._type("record", EXTERNAL, "sms_out", "--at", at, "--evidence", "bill of the month")
        until = (self._today + timedelta(days=150)).isoformat()
        self._type("observe", EXTERNAL, "--clock", "use", "--until", until)
        self._type("lines", "show", EXTERNAL)

    def _one_line(self) -> None:
        self._chapter("One line, whole", "Until when it is safe, what works, and what is ahead.")
        self._type("lines", "show", self._number)

    def _the_books(self) -> None:
        self._chapter(
            "The books",
            "Double entry in whole avos. What was paid for time is deferred, and earned month by "
            "month. Then every invariant is asked of the database, and the journal's chain read.",
        )
        self._type("books", "check")
        self._type("doctor")
        self._type("audit", "verify")

    def _goodbye(self) -> None:
        folder = self._folder
        self._chapter("Your turn", "The tour's database stays until the next `baohao tour`. Try:")
        for words in (
            f"lines show {self._number} --at 2029-01-01T00:00:00+08:00",
            "policy show policies/id/telkomsel.prepaid.toml",
            "reminders",
            "books export --format hledger",
            "api",
        ):
            data = "" if words.startswith("policy") else f" --data {folder}"
            self._out.print(f"  baohao {words}{data}", markup=False)
        self._out.print("\nWithout an activated .venv the command is .venv/bin/baohao.\n")

    # --- typing -----------------------------------------------------------------------------------

    def _chapter(self, title: str, words: str) -> None:
        self._out.print()
        self._out.print(Rule(f"[bold]{title}[/bold]", align="left", style="green"))
        self._say(words)

    def _say(self, words: str) -> None:
        self._out.print(words, soft_wrap=False, width=min(self._out.width, 96))

    def _type(self, *words: str) -> None:
        """Type a command and show what it prints."""
        self._out.print()
        self._out.print(
            "$ baohao " + " ".join(map(_quoted, words)), style="bold cyan", markup=False
        )
        self._run(*words)

    def _learn(self, *words: str) -> str:
        """Type a command, show what it prints, and return the id that it speaks of."""
        with redirect_stdout(StringIO()) as said:
            self._type(*words)
        self._out.file.write(said.getvalue())
        # What was typed may speak of another: the last is the one that was made.
        *_, last = ["", *(found[0] for found in _ID.finditer(said.getvalue()))]
        return last

    def _run(self, *words: str) -> None:
        forget()
        try:
            self._command(
                [*words, "--data", str(self._folder)], prog_name="baohao", standalone_mode=False
            )
        except Refusal as refusal:
            refuse(refusal)

    def _facts(self, *words: str) -> dict[str, Any]:
        """Run a command for its facts."""
        with redirect_stdout(StringIO()) as said:
            self._run(*words, "--json")
        facts: dict[str, Any] = json_text.loads(said.getvalue())
        return facts

    def _show_rows(self, file: Path, outcome: str) -> None:
        with file.open(newline="", encoding="utf-8-sig") as rows:
            for row in csv.DictReader(rows):
                if row["outcome"] == outcome:
                    self._out.print(
                        f"row {row['row']}: {row['number']} {outcome}: {row['message']}",
                        markup=False,
                    )

    # --- which line -------------------------------------------------------------------------------

    def _lines_of(self, age_days: range) -> list[str]:
        """Return the number-keeping lines of the inventory that are so many days old."""
        return [
            samples.number_of(index)
            for index in range(self._lines)
            if samples.plan_of(index)[0] == "keep12"
            and _age(samples.activated(index, self._today), self._today) in age_days
        ]

    def _line(self, age_days: range) -> str:
        return self._lines_of(age_days)[0]


def _age(since: date | None, today: date) -> int:
    return -1 if since is None else (today - since).days


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word
