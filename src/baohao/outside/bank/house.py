"""
The file that says which bank accounts people pay into, and how each bank writes its statements.

    transfer_days = 5

    [[accounts]]
    key = "bnu"                      # as it is called in the books: bank:bnu:MOP
    currency = "MOP"
    number = "9012 3456 78"          # as its statements write it
    zone = "Asia/Macau"
    [accounts.given]                 # what the payer is shown
    bank = "Banco Demo"
    holder = "Keep Ltd"
    [accounts.csv]                   # without it, statements are camt.053
    encoding = "big5"
    [accounts.csv.columns]
    date = "交易日期"
    ...
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from baohao.app.ports import BankAccount, StatementReader
from baohao.core.money import exponent_of
from baohao.core.payments import BY_BANK
from baohao.core.refusals import Refusal
from baohao.outside.bank.camt053 import Camt053
from baohao.outside.bank.columns import columns
from baohao.outside.bank.gateway import BankContract
from baohao.outside.contracts import ContractRefused

#: How long a transfer may be on its way where the file does not say: a week-end and a holiday.
TRANSFER_DAYS, TRANSFER_DAYS_MAX = 5, 60
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def accounts(file: Path) -> BankContract:
    """Read which accounts people pay into; raises `ContractRefused`."""
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
        days = said.get("transfer_days", TRANSFER_DAYS)
        if type(days) is not int or not 0 <= days <= TRANSFER_DAYS_MAX:
            raise ValueError(f"transfer_days must be a whole number up to {TRANSFER_DAYS_MAX}")
        found = [_account(each) for each in said["accounts"]]
        if not found or len({each.key for each in found}) < len(found):
            raise ValueError("each account needs a key of its own")
        keyed = {each.key: each for each in found}
        return BankContract(accounts=keyed, transfer=timedelta(days=days))
    except ZoneInfoNotFoundError as error:
        raise ContractRefused(file=file.name, reason=str(error.args[0])) from None
    except KeyError as missing:
        raise ContractRefused(file=file.name, reason=f"{missing} is missing") from None
    except (Refusal, ValueError) as error:
        raise ContractRefused(file=file.name, reason=str(error)) from None
    except (OSError, TypeError, AttributeError) as error:
        raise ContractRefused(file=file.name, reason=type(error).__name__) from error


def _account(said: Mapping[str, Any]) -> BankAccount:
    key, currency = str(said["key"]), str(said["currency"])
    # The gateway's own name would stand for all of them in the books.
    if _KEY.fullmatch(key) is None or key == BY_BANK:
        raise ValueError(f"{key!r} cannot be a key: small letters and digits, and not {BY_BANK}")
    exponent_of(currency)
    zone = ZoneInfo(str(said["zone"]))
    number = str(said["number"])
    given = {str(name): str(text) for name, text in said.get("given", {}).items()}
    reader: StatementReader = Camt053(zone=zone)
    if "csv" in said:
        reader = columns(said["csv"], currency)
    return BankAccount(
        key=key,
        currency=currency,
        given={**given, "number": number},
        number=number,
        zone=zone,
        reader=reader,
    )
