"""Receipts as one ZIP: a copy of each, what each says as JSON, and what others verify them by."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from baohao.app.csv_files import whole
from baohao.app.receipts.desk import Desk
from baohao.app.shell import Shell
from baohao.core.refusals import Refusal
from baohao.store import receipts
from baohao.store.receipts import Receipt

#: Of every entry, so that the same receipts give the same names and times.
_TIME = (1980, 1, 1, 0, 0, 0)


class NoReceipts(Refusal):
    """There are no receipts of {of}."""

    code = "receipt.none"


def of_holder(shell: Shell, holder: str) -> tuple[Receipt, ...]:
    """Return all receipts of a holder; raises `NoReceipts`."""
    return _some(shell.run(lambda conn: receipts.of_holder(conn, holder)), holder)


def of_day(shell: Shell, day: date) -> tuple[Receipt, ...]:
    """Return all receipts of a civil day; raises `NoReceipts`."""
    return _some(shell.run(lambda conn: receipts.of_day(conn, day)), day.isoformat())


def write(
    file: Path,
    found: Sequence[Receipt],
    desk: Desk,
    *,
    paper: str,
    language: str | None,
) -> None:
    """
    Write copies of receipts, one PDF each, as they stand now.

    The file is there whole or not at all; raises `FileUnwritable`.
    """
    with whole(file) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as out:
        for receipt in found:
            into = language or desk.language_of(receipt)
            name = receipt.facts["receipt"].replace("/", "-") + ".pdf"
            _put(out, name, desk.copy(receipt, language=into, paper=paper))
        facts = [dict(receipt.facts) | {"token": receipt.token} for receipt in found]
        _put(out, "receipts.json", json.dumps(facts, ensure_ascii=False, indent=1).encode())
        _put(out, "issuer.pem", desk.certificates)


def _some(found: tuple[Receipt, ...], of: str) -> tuple[Receipt, ...]:
    if not found:
        raise NoReceipts(of=of)
    return found


def _put(out: zipfile.ZipFile, name: str, data: bytes) -> None:
    out.writestr(zipfile.ZipInfo(name, _TIME), data, zipfile.ZIP_DEFLATED)
