"""
`baohao demo`: an invented operator with some thousand lines, open to be clicked through.

Everything runs on this machine: the database, the pages, the API, a worker, and a pretended
acquirer with a wallet that pays. Nothing is sent anywhere.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from rich.panel import Panel
from rich.table import Table

from baohao.app import samples
from baohao.app.enrol import By
from baohao.app.inventory import Defaults
from baohao.cli import (
    demo_agency,
    demo_cards,
    demo_customers,
    demo_hall,
    demo_life,
    demo_messages,
    demo_month,
    demo_town,
    serve,
)
from baohao.cli.asking import Data, decided, made
from baohao.cli.output import console
from baohao.outside.pretend.acquirer import Keys
from baohao.outside.pretend.post_office import MAILBOX, PostOffice
from baohao.outside.pretend.push_services import PUSHED, PushServices
from baohao.outside.pretend.wallet import PretendWallet
from baohao.wiring import Installation, installation

#: The lines of the demo's holder: one that has time, one that runs out soon, one that is late.
AGES_DAYS = (range(20, 60), range(330, 350), range(400, 440))
#: Those of people whom the holder looks after.
THEIR_AGES_DAYS = (range(351, 360), range(200, 260))
TILL = "hall-1"
FLOAT_MINOR = 2_000_000

Lines = Annotated[
    int, typer.Option("--lines", min=600, max=9_000, help="How many lines the inventory has.")
]


def demo(
    lines: Lines = 5_000,
    port: Annotated[int, typer.Option("--port", help="Where the pages are.")] = serve.PORT,
    data: Data = None,
) -> None:
    """Serve an invented operator on one port, and print the addresses and the sign-ins."""
    folder = (data or installation().settings.data) / "demo"
    installation(folder).embedded.stop()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o755)
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        keys = Keys.made()
        opened = installation(folder)
        console().print("Making the demo's database ...", markup=False)
        office = stack.enter_context(PostOffice(folder / MAILBOX))
        services = stack.enter_context(PushServices(file=folder / PUSHED))
        wallet = stack.enter_context(PretendWallet(keys, opened.clock, f"{url}/notices/acquirer"))
        os.environ |= {
            "BAOHAO_DEMO": "1",
            "BAOHAO_ACQUIRER": str(_contract(folder, keys, wallet.acquirer.url)),
            "BAOHAO_NOTIFY_URL": f"{url}/notices",
            "BAOHAO_HOLDER_URL": url,
            "BAOHAO_TERMINALS": "1",
            "BAOHAO_PUSH": "1",
            "BAOHAO_PUSH_TO_LOOPBACK": "1",
            "BAOHAO_SMTP_HOST": "127.0.0.1",
            "BAOHAO_SMTP_PORT": str(office.port),
            "BAOHAO_SMTP_TLS": "none",
            "BAOHAO_SMTP_FROM": "Demo Telecom <notices@demo.example>",
        }
        house = installation(folder)
        stack.callback(house.embedded.stop)
        numbers, passwords = Stage(house, folder, lines).set()
        demo_month.mispaid(house, wallet.acquirer, numbers)
        demo_messages.push(house, "demo-holder", services.authority)
        worker = subprocess.Popen([sys.executable, "-m", "baohao", "worker", "--data", folder])
        stack.callback(worker.wait)
        stack.callback(worker.terminate)
        _tell(url, numbers, passwords)
        serve.run(house, "127.0.0.1", port)


class Stage:
    """The demo's operator as it is when the doors open."""

    def __init__(self, house: Installation, folder: Path, lines: int) -> None:
        self._house, self._folder, self._lines = house, folder, lines

    def set(self) -> tuple[list[str], dict[str, str]]:
        """Put lines, a holder, staff and an agent in; return the holder's numbers, the sign-ins."""
        # First, for it begins a year ago.
        demo_agency.play(self._house, self._folder)
        demo_town.build(self._house)
        demo_month.set_back(self._house)
        today = self._house.clock().date()
        file = self._folder / "inventory.csv"
        samples.inventory(file, self._lines, today)
        inventory = self._house.read_inventory(
            file, encoding="utf-8", defaults=Defaults(operator="demo"), progress=_nothing
        )
        with self._house.intake(By(principal="staff", channel="operator")) as intake:
            intake.take(inventory, _nothing)
        numbers = [samples.aged(self._lines, today, demo_month.then(ages)) for ages in AGES_DAYS]
        with self._house.shell() as shell:
            for number in numbers:
                said = {"holder": "demo-holder", "document": "bir"}
                decided(shell, made("register", number, said, by="staff", channel="operator"))
        family = [
            samples.aged(self._lines, today, demo_month.then(ages)) for ages in THEIR_AGES_DAYS
        ]
        demo_month.live(self._house, frozenset(numbers + family))
        demo_messages.prefer(self._house, "demo-holder", numbers)
        demo_life.live(self._house, numbers, family)
        demo_cards.keep(self._house, demo_life.HOLDER)
        made_ = self._accounts()
        demo_life.speak(numbers, family)
        demo_customers.keep()
        demo_hall.open_doors(self._house, numbers)
        return numbers, made_

    def _accounts(self) -> dict[str, str]:
        # Django is loaded here alone, and knows its models once it is configured.
        from baohao.web import start

        start.migrate(self._house)
        from baohao.web.accounts.models import Account
        from baohao.web.accounts.roles import Role

        made_: dict[str, str] = {}
        staff = (
            ("clerk", Role.CLERK, TILL),
            ("supervisor", Role.SUPERVISOR, ""),
            ("product", Role.PRODUCT, ""),
            ("finance", Role.FINANCE, ""),
            ("auditor", Role.AUDITOR, ""),
            ("admin", Role.ADMIN, ""),
        )
        for name, role, till in staff:
            password = f"demo-{secrets.token_hex(4)}"
            Account.objects.staff(name, "demo", role, password, title=name.title(), till=till)
            made_[name] = password
        return made_ | self._agency()

    def _agency(self) -> dict[str, str]:
        """Give the agent its people: one who owns it, and one who sells for it."""
        from baohao.web.accounts.models import Account
        from baohao.web.accounts.roles import Role
        from baohao.web.agent.models import Seller

        made_: dict[str, str] = {}
        people = (("owner", "Lou", Role.OWNER), ("ana", "Ana", Role.SELLER))
        for name, title, role in people:
            name_, password = f"{demo_agency.AGENT.key}.{name}", f"demo-{secrets.token_hex(4)}"
            more = {"title": title, "agent": demo_agency.AGENT.key}
            account = Account.objects.staff(name_, "", role, password, **more)
            if role is Role.SELLER:
                Seller.objects.create(account=account, limit_minor=100_000)
            made_[name_] = password
        return made_


_SAID = {
    "kiosk.owner": "an agent's owner",
    "kiosk.ana": "an agent's seller",
    "product": "a product manager",
    "finance": "finance",
    "auditor": "an auditor",
    "admin": "an administrator",
}


def _nothing(done: int) -> None:
    """Show no progress: it takes a few seconds."""


def _contract(folder: Path, keys: Keys, url: str) -> Path:
    """Write the contract with the pretended acquirer, and its keys."""
    kept = folder / "acquirer"
    kept.mkdir(mode=0o700)
    (kept / "mer-1.pem").write_bytes(_private(keys.ours))
    (kept / "acq-1.pem").write_bytes(_public(keys.theirs.public_key()))
    file = kept / "contract.toml"
    head = f'url = "{url}"\nclient = "C-1"\nmerchant = "M-1"\nserial = "mer-1"\nkey = "mer-1.pem"\n'
    file.write_text(f'{head}\n[their_keys]\nacq-1 = "acq-1.pem"\n', encoding="utf-8")
    return file


def _private(key: RSAPrivateKey) -> bytes:
    return key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption())


def _public(key: RSAPublicKey) -> bytes:
    return key.public_bytes(pem.Encoding.PEM, pem.PublicFormat.SubjectPublicKeyInfo)


def _tell(url: str, numbers: list[str], passwords: dict[str, str]) -> None:
    rows = Table("who", "page", "sign in with", box=None, padding=(0, 2))
    rows.add_row("everybody", "/", "")
    rows.add_row("a holder", "/accounts/login/code/", f"the code sent to {numbers[1]}")
    rows.add_row("", "/demo/handset/", "where that code is shown")
    for name, password in passwords.items():
        rows.add_row(_SAID.get(name, f"a {name}"), "/accounts/login/", f"{name} / {password}")
    rows.add_row("machines", "/docs", "keys: baohao keys create")
    out = console()
    out.print(Panel(rows, title="baohao 保號 · demo", border_style="green", expand=False))
    out.print(f"All of it is at {url}", markup=False)
    out.print("In the demo alone, staff need no second factor and give their password only once.")
    out.print("Stop with Ctrl-C.")
