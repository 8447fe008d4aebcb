"""
The giffgaff reminder system (dttxorg/giffgaff-reminder-system): its CSV of SIMs, both versions.

The older one knows giffgaff alone; the newer one has an operator and a cycle for each.
"""

from __future__ import annotations

from baohao.app.brought.each import done, each
from baohao.app.brought.fields import Fields
from baohao.app.brought.model import Brought, Given, Taken
from baohao.app.brought.table import Table

NAME = "giffgaff reminder (dttxorg)"
_HEADINGS = {"simId", "号码", "激活日期", "上次保号"}
_PASSED_OVER = ("已激活天数", "提醒窗口内", "渠道(sim)", "最后发送时间", "最后状态", "最后错误")


def read_table(table: Table, given: Given) -> Taken | None:
    """Read its CSV."""
    if not set(table.headings) >= _HEADINGS:
        return None
    return each(NAME, table.rows, given, _line, _PASSED_OVER)


def _line(fields: Fields) -> Brought:
    # Its numbers are digits alone, and both of its operators are British.
    return Brought(
        row=fields.row,
        number=fields.number("号码", country="GB"),
        product=fields.text("运营商") or "giffgaff",
        country="GB",
        every=fields.every("截止日") or "180 days",
        begins=fields.day("激活日期"),
        done=done(fields.day("上次保号")),
        whose=fields.text("绑定账号"),
    )
