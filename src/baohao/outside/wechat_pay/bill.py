"""
The daily bill of WeChat Pay: a table in which every field begins with a back-tick.

Columns are found by their names, which the direct and the global way write differently. Below the
rows stand, in the direct way, two lines that add them up.
https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-trade.html and, of the global
way, https://pay.weixin.qq.com/wiki/doc/api_external/ch/apis/chapter3_3_6.shtml
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

from baohao.app.ports import BillMissing, BillRow
from baohao.core.money import exponent_of
from baohao.core.refusals import Refusal

#: Their days are those of Beijing, which has no summer time.
BEIJING = timezone(timedelta(hours=8))
#: What they write, with its mark or without, and what spreadsheets make of it.
ENCODINGS = ("utf-8-sig", "gb18030")

_FIRST, _SUMS = "交易时间", "总交易单数"
#: Each column's names, in the order in which a row is read: the direct way's, the global way's.
_COLUMNS = {
    "at": (_FIRST,),
    "payment": ("微信订单号",),
    "order": ("商户订单号",),
    "state": ("交易状态",),
    "currency": ("货币种类", "标价币种"),
    "refund": ("商户退款单号",),
    "paid": ("订单金额", "订单金额(标价币种)"),
    "back": ("申请退款金额",),
    "fee": ("手续费",),
}
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
#: With more digits than any money has, nothing is computed.
_AMOUNT = re.compile(r"(-?)([0-9]{1,15})(\.([0-9]{1,6}))?")


class _Wrong(Exception):  # noqa: N818 - the refusal is `BillMissing`, which knows the line
    pass


def rows(
    lines: Iterable[bytes], day: date, gateway: str, *, is_summed: bool = True
) -> Iterator[BillRow]:
    """
    Yield the rows of a bill, in its order; raises `BillMissing` at the line that cannot be right.

    `is_summed`: two lines add it up at its end; without them it was cut off.
    """
    text, seen = _Text(lines), set[tuple[str, str]]()
    try:
        columns, width = _columns(next(text, ""))
        for line in text:
            if line.startswith(_SUMS):
                _check_sums(next(text, ""), len(seen))
                return
            row = _row(columns, width, line, day)
            if (row.payment, row.refund) in seen:
                raise _Wrong("it stands there twice")
            seen.add((row.payment, row.refund))
            yield row
        if is_summed:
            raise _Wrong("it ends before its sums")
    except _Wrong as wrong:
        reason = f"line {text.number}: {wrong}"
        raise BillMissing(gateway=gateway, day=day, reason=reason) from None


class _Text:
    """The lines that are not empty, as text; the first one tells in which encoding."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._encoding = ""
        #: Of the last line that was read, from 1.
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = ""
        while not line:
            raw = next(self._lines)
            self.number += 1
            self._encoding = self._encoding or _encoding(raw)
            try:
                line = raw.decode(self._encoding).strip("\r\n")
            except UnicodeDecodeError:
                raise _Wrong(f"it is not {self._encoding}") from None
        return line


def _encoding(first: bytes) -> str:
    for encoding in ENCODINGS:
        if first.decode(encoding, "replace").startswith(_FIRST):
            return encoding
    raise _Wrong("it does not begin as a bill")


def _columns(line: str) -> tuple[Sequence[int], int]:
    """Return where each of our columns is, and how many there are."""
    names = line.split(",")
    found = {
        ours: names.index(theirs)
        for ours, either in _COLUMNS.items()
        for theirs in either
        if theirs in names
    }
    if missing := [either[0] for ours, either in _COLUMNS.items() if ours not in found]:
        raise _Wrong(f"it has no {' '.join(missing)}")
    return [found[ours] for ours in _COLUMNS], len(names)


def _row(columns: Sequence[int], width: int, line: str, day: date) -> BillRow:
    # What stands between two fields is a comma and a back-tick: a description may hold commas.
    fields = line.removeprefix("`").split(",`")
    if len(fields) != width:
        raise _Wrong(f"it has {len(fields)} fields of {width}")
    time, payment, order, state, currency, refund, paid, back, fee = [
        fields[place].strip() for place in columns
    ]
    if state not in ("SUCCESS", "REFUND"):
        raise _Wrong("its state is not known")
    is_refund = state == "REFUND"
    at = _instant(time)
    if at.date() != day:
        raise _Wrong(f"it is of {at.date()}")
    return BillRow(
        order=order,
        payment=payment,
        refund=refund if is_refund else "",
        # In old bills what went back has a minus.
        amount_minor=abs(_minor(back if is_refund else paid, currency)),
        fee_minor=_minor(fee, currency, is_rounded=True),
        currency=currency,
        at=at,
    )


def _instant(text: str) -> datetime:
    # Many times as fast as strptime, which a million rows notice.
    if not _TIME.fullmatch(text):
        raise _Wrong("it has no time")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=BEIJING)
    except ValueError:
        raise _Wrong("it has no time") from None


def _minor(text: str, currency: str, *, is_rounded: bool = False) -> int:
    """Read an amount in whole units; fees have three digits too many."""
    found = _AMOUNT.fullmatch(text)
    digits = _exponent(currency)
    if found is None or digits is None:
        raise _Wrong("it has an amount that cannot be read")
    sign, whole, _, fraction = found.groups("")
    minor = int(whole + fraction[:digits].ljust(digits, "0"))
    if rest := fraction[digits:].rstrip("0"):
        if not is_rounded:
            raise _Wrong("it has an amount finer than its currency")
        # Half a minor unit goes to the even one.
        half = rest.ljust(1, "0")
        minor += half > "5" or (half == "5" and minor % 2 == 1)
    return -minor if sign else minor


@lru_cache(maxsize=64)
def _exponent(currency: str) -> int | None:
    try:
        return exponent_of(currency)
    except Refusal:
        return None


def _check_sums(line: str, count: int) -> None:
    said = line.removeprefix("`").split(",`")[0]
    if said != str(count):
        raise _Wrong(f"it has {count} rows and says {said[:20] or 'nothing of them'}")
