"""
Our own CSV: a line for each card, under headings in any of our languages.

The columns are written down in docs/how-to/bring-your-cards.md; `number` and one of `last day` and
`until` are needed, the rest helps.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from baohao.app.brought.each import done, each, kind_of, order_in, until
from baohao.app.brought.fields import Fields
from baohao.app.brought.model import Brought, Given, Said, Taken
from baohao.app.brought.table import Table
from baohao.app.brought.wrong import ActUnclear, DayAmbiguous, EveryMalformed, HalfRow, YearShort
from baohao.core.line.acts import COUNTING

NAME = "CSV"
#: Column -> how it may be called; the first is what we write. Case, blanks and marks do not count.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "number": (
        *("number", "phone number", "phone", "mobile", "msisdn"),
        *("號碼", "電話號碼", "手機號碼", "手機", "電話", "号码", "电话号码", "手机号", "手机号码"),
        *("número", "número de telefone", "telefone", "telemóvel"),
    ),
    "country": ("country", "country code", "國家", "國家或地區", "国家", "国家代码", "país"),
    "product": (
        *("product", "operator", "carrier", "provider", "plan"),
        *("產品", "營運商", "電訊商", "運營商", "产品", "运营商", "营运商", "套餐"),
        *("produto", "operador", "operadora"),
    ),
    "name": ("name", "nickname", "label", "名稱", "暱稱", "名称", "昵称", "nome", "alcunha"),
    "whose": ("whose", "owner", "for", "誰的", "持有人", "谁的", "使用人", "de quem", "titular"),
    "hangs": (
        *("hangs on it", "bound to", "services", "accounts"),
        *("綁定", "綁定服務", "绑定", "绑定服务", "ligado a", "serviços"),
    ),
    "begins": (
        *("since", "began", "activated", "activation date", "start date"),
        *("開卡日期", "開始日期", "啟用日期", "开卡日期", "开始日期", "激活日期"),
        *("desde", "ativado em", "data de ativação"),
    ),
    "act": ("last act", "act", "上次操作", "操作", "último ato", "ato"),
    "day": (
        *("last day", "last kept", "last date", "last top-up", "date"),
        *("上次日期", "上次保號", "上次增值", "上次充值", "上次保号", "日期"),
        *("último dia", "última data", "último carregamento"),
    ),
    "amount": ("amount", "金額", "金额", "充值金额", "valor", "montante"),
    "currency": ("currency", "貨幣", "幣種", "货币", "币种", "moeda"),
    "every": (
        "every",
        "cycle",
        "cycle days",
        "週期",
        "每隔",
        "周期",
        "保号周期",
        "ciclo",
        "a cada",
    ),
    "until": (
        *("until", "valid until", "expires", "expiry", "expiry date", "due"),
        *("有效期至", "到期日", "到期日期", "有效期", "até", "válido até", "validade"),
    ),
    "balance": ("balance", "credit", "餘額", "余额", "saldo"),
    "note": ("note", "notes", "remark", "備註", "备注", "nota", "notas"),
}
_MARKS = re.compile(r"[\s_\-:*()（）]+")
_SPAN = re.compile(r"(\d{1,4})\s*(\S*)", re.ASCII)
_UNITS = {
    "day": ("", "d", "day", "days", "日", "天", "dia", "dias"),
    "week": ("w", "week", "weeks", "週", "周", "星期", "semana", "semanas"),
    "month": ("m", "month", "months", "月", "個月", "个月", "mês", "mes", "meses"),
    "year": ("y", "year", "years", "年", "ano", "anos"),
}
_BETWEEN = re.compile(r"[;；、|\n]+")


def _plain(heading: str) -> str:
    return _MARKS.sub("", heading.casefold())


_COLUMNS = {_plain(said): key for key, names in HEADINGS.items() for said in names}


def read_table(table: Table, given: Given) -> Taken | None:
    """Read a table whose headings name the columns."""
    named = {heading: _COLUMNS.get(_plain(heading), "") for heading in table.headings}
    known = {column: heading for heading, column in reversed(named.items()) if column}
    if "number" not in known or not {"day", "until", "begins"} & known.keys():
        return None
    days = [
        cells[known[column]]
        for column in ("begins", "day", "until")
        if column in known
        for _, cells in table.rows
    ]
    order = order_in(given, days)
    reader = _Line(known)
    passed_over = tuple(h for h in table.headings if h not in known.values())
    taken = each(NAME, table.rows, replace(given, order=order), reader.card, passed_over)
    asks = not order and any(isinstance(w.refusal, DayAmbiguous | YearShort) for w in taken.wrong)
    return replace(taken, asks_order=asks)


class _Line:
    """Reads lines by the headings that a file has."""

    def __init__(self, headings: Mapping[str, str]) -> None:
        self._headings = headings

    def card(self, fields: Fields) -> Brought:
        """Read one line."""
        country = fields.country(self._of("country"))
        number = fields.number(self._of("number"), country=country)
        last = fields.day(self._of("day"))
        acts = done(last, self._kind(fields) if last else "")
        if acts and (money := fields.amount(self._of("amount"))) is not None:
            currency = money[1] or fields.text(self._of("currency")).upper()
            acts = (replace(acts[0], amount=money[0], currency=currency),)
        begins = fields.day(self._of("begins"))
        good = fields.day(self._of("until"))
        credit: tuple[Said, ...] = ()
        if (money := fields.amount(self._of("balance"))) is not None:
            credit = (Said(amount=money[0], currency=money[1]),)
        if fields.is_good and last is None and begins is None and good is None:
            fields.refuse(self._of("day") or self._of("until"), "", HalfRow())
        return Brought(
            row=fields.row,
            number=number,
            product=fields.text(self._of("product")),
            country=country,
            every=self._every(fields),
            begins=begins,
            done=acts,
            said=(*until(good), *credit),
            name=fields.text(self._of("name")),
            whose=fields.text(self._of("whose")),
            hangs=_things(fields.text(self._of("hangs"))),
            note=fields.text(self._of("note")),
        )

    def _of(self, column: str) -> str:
        return self._headings.get(column, "")

    def _kind(self, fields: Fields) -> str:
        words = fields.text(self._of("act"))
        plain = words.casefold().replace(" ", "_").replace("-", "_")
        if plain in COUNTING or plain == "activate":
            return plain
        kind = kind_of(words)
        if words and not kind:
            fields.warn(self._of("act"), words, ActUnclear())
        return kind

    def _every(self, fields: Fields) -> str:
        text = fields.text(self._of("every")).casefold()
        found = _SPAN.fullmatch(text)
        if found is None:
            if text:
                fields.warn(self._of("every"), text, EveryMalformed(value=text[:48]))
            return ""
        unit = next((unit for unit, said in _UNITS.items() if found[2] in said), "")
        return fields.span(self._of("every"), f"{found[1]} {unit}")


def _things(text: str) -> tuple[str, ...]:
    return tuple(thing for part in _BETWEEN.split(text) if (thing := part.strip()))
