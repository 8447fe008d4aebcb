"""
Evidence: renewals drawn by chance, and what proves one of them, as a file to be kept.

    receipt.pdf     a copy of the receipt, as it stands now
    receipt.json    what the receipt says, and the code that proves it offline
    journal.jsonl   the events of the line, each with its hash and the one before
    entries.csv     what was posted with them
    policy.toml     the policy version that the line was sold under, as the library has it
    manifest.json   what is in the pack, each with its SHA-256

Names and documents of holders are not in it.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from io import BytesIO, StringIO
from typing import Any
from uuid import UUID

from baohao.app.audit import replayed
from baohao.app.csv_files import write_rows
from baohao.app.library import Library
from baohao.app.receipts.desk import Desk
from baohao.app.shell import Shell
from baohao.core.bucket import bucket_of
from baohao.core.line.fold import Rules
from baohao.core.money import format_minor
from baohao.core.refusals import Refusal
from baohao.store import clock, console, journal, lines, receipts
from baohao.store.console import Drawn as Drawn
from baohao.store.journal import Kept
from baohao.store.receipts import Receipt
from baohao.store.sql import Connection

#: How many renewals are drawn.
DRAWN = 25
_HEADINGS = ("seq", "recorded_at", "entry", "kind", "currency", "reason", "account", "amount")


class NothingThere(Refusal):
    """The line {number} was not changed by {ask}."""

    code = "evidence.nothing_there"


def draw(
    conn: Connection, operator: str, since: datetime, until: datetime, seed: str
) -> list[Drawn]:
    """Draw renewals of an operator's lines that were sold from `since` to `until`."""
    return console.draw(conn, operator, since, until, seed, DRAWN)


def pack(shell: Shell, desk: Desk, *, number: str, ask: UUID, library: Library, by: str) -> bytes:
    """Return the evidence of a renewal as a ZIP file; raises `NothingThere`."""
    found = shell.run(partial(_read, number=number, ask=ask, rules=library.policies))
    files, receipt, pin, now = found
    if receipt is not None:
        language = desk.language_of(receipt)
        files["receipt.pdf"] = desk.copy(receipt, language=language, paper="a5")
        files["receipt.json"] = _json({"facts": receipt.facts, "token": receipt.token})
    if pin in library.texts:
        files["policy.toml"] = library.texts[pin].encode()
    files["manifest.json"] = _json(
        {
            "number": number,
            "ask": str(ask),
            "policy": pin,
            "receipt": None if receipt is None else receipt.facts["receipt"],
            "made_at": now.isoformat(),
            "made_by": by,
            "sha256": {name: sha256(body).hexdigest() for name, body in sorted(files.items())},
        }
    )
    return zipped(files, now)


def _read(
    conn: Connection, number: str, ask: UUID, rules: Rules
) -> tuple[dict[str, bytes], Receipt | None, str, datetime]:
    line = lines.find(conn, number)
    chain = journal.of_subject(conn, bucket_of(number), number)
    places = [n for n, kept in enumerate(chain) if kept.recorded.asker.ask == ask]
    if line is None or not places:
        raise NothingThere(number=number, ask=str(ask))
    files = {
        "journal.jsonl": b"".join(_json_line(_event(kept)) for kept in chain),
        "entries.csv": _entries(console.entries(conn, number)),
    }
    sold = replayed(chain[: places[-1] + 1], rules)
    pin = line.state.pin if sold is None else sold.pin
    return files, receipts.of_ask(conn, str(ask)), pin, clock.now(conn)


def _event(kept: Kept) -> dict[str, Any]:
    recorded = kept.recorded
    return {
        "subject": recorded.subject,
        "seq": recorded.seq,
        "recorded_at": recorded.recorded_at.isoformat(),
        "effective_at": recorded.event.effective_at.isoformat(),
        "kind": recorded.event.kind,
        "ask": None if recorded.asker.ask is None else str(recorded.asker.ask),
        "principal": recorded.asker.principal,
        "channel": recorded.asker.channel,
        "payload": kept.payload,
        "prev": kept.prev.hex(),
        "hash": kept.hash.hex(),
    }


def _entries(found: Sequence[tuple[Any, ...]]) -> bytes:
    out = StringIO()
    rows = [
        (seq, at.isoformat(), entry, kind, currency, reason, account, format_minor(minor, currency))
        for seq, at, entry, kind, currency, reason, accounts, amounts in found
        for account, minor in zip(accounts, amounts, strict=True)
    ]
    write_rows(out, _HEADINGS, rows)
    return out.getvalue().encode()


def zipped(files: dict[str, bytes], now: datetime) -> bytes:
    """Return files as one ZIP file."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(files):
            packed.writestr(zipfile.ZipInfo(name, now.timetuple()[:6]), files[name])
    return out.getvalue()


def _json(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=2, default=str).encode() + b"\n"


def _json_line(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False, default=str).encode() + b"\n"
