"""The columns of an inventory, by the headings that operators give them, in four languages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from baohao.core.refusals import Refusal

#: column -> headings that mean it, besides its own name; compared without case, blanks and signs.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "number": (
        *("msisdn", "phone", "phone number", "mobile", "mobile number", "telephone", "tel"),
        *("號碼", "号码", "電話", "电话", "電話號碼", "电话号码", "手機號碼", "手机号码", "手机号"),
        *("número", "numero", "telefone"),
    ),
    "iccid": (
        *("sim", "sim number", "sim no", "card", "card number", "card no"),
        *("卡號", "卡号", "SIM卡號", "SIM卡号", "ICCID號", "ICCID号", "cartão", "cartao"),
    ),
    "imsi": ("imsi no", "IMSI號", "IMSI号"),
    "eid": ("eid no", "EID號", "EID号"),
    "operator": ("brand", "network", "營運商", "运营商", "電訊商", "电信商", "operador"),
    "plan": ("product", "tariff", "計劃", "计划", "套餐", "產品", "产品", "plano"),
    "policy": ("rules", "規則", "规则", "保號規則", "保号规则", "regras"),
    "custody": ("保管",),
    "batch": ("lot", "批次", "批號", "批号", "lote"),
    "status": ("state", "狀態", "状态", "estado"),
    "activated": (
        *("activated at", "activated on", "activation date", "active since", "activation"),
        *("啟用日期", "启用日期", "激活日期", "開通日期", "开通日期", "開卡日期", "开卡日期"),
        *("data de ativação", "ativado em"),
    ),
    "until": (
        *("safe until", "valid until", "expiry", "expires", "expiry date", "expiration date"),
        *("有效期", "有效期至", "有效至", "到期日", "到期日期", "validade", "válido até"),
    ),
    "balance": ("credit", "餘額", "余额", "結餘", "结余", "saldo"),
}
COLUMNS = tuple(ALIASES)
_SIGNS = re.compile(r"[\s_\-./:()（）]+")


class NumberColumnMissing(Refusal):
    """No heading of {file} names the numbers: call the column "number". Found: {found}."""

    code = "inventory.column_missing"


class ColumnTwice(Refusal):
    """Two headings of {file} mean "{column}": {first!r} and {second!r}. Remove one of them."""

    code = "inventory.column_twice"


def _plain(heading: str) -> str:
    return _SIGNS.sub("", heading).casefold()


_MEANING = {
    _plain(heading): column
    for column, headings in ALIASES.items()
    for heading in (column, *headings)
}


def columns_of(file: str, headings: Sequence[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """
    Return each column's position, and the headings that mean nothing here.

    Raises `NumberColumnMissing`, `ColumnTwice`.
    """
    found, unread = meant(file, headings)
    if "number" not in found:
        raise NumberColumnMissing(file=file, found=", ".join(headings)[:200] or "nothing")
    return found, unread


def meant(file: str, headings: Sequence[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return the same of a file that may lack any column; raises `ColumnTwice`."""
    found: dict[str, int] = {}
    unread: list[str] = []
    for position, heading in enumerate(headings):
        column = _MEANING.get(_plain(heading))
        if column is None:
            unread += [heading] if heading else []
        elif column in found:
            first = headings[found[column]]
            raise ColumnTwice(file=file, column=column, first=first, second=heading)
        else:
            found[column] = position
    return found, tuple(unread)
