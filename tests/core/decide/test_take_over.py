"""Take over: a living line comes in from another system; more in tests/core/test_take_over.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.core.decide.desk import (
    BALANCE180,
    KEEP12,
    Desk,
    Refused,
    money,
)

from baohao.core.decide.case import NotYetTrue
from baohao.core.decide.observe import ClockUnknown
from baohao.core.decide.stock import LineExists
from baohao.core.line.fold import PolicyMissing
from baohao.core.policy.versions import VersionMissing

LIVING: dict[str, object] = {
    "operator": "demo",
    "plan": "keep12",
    "pin": KEEP12.pin,
    "iccid": "8985301000000000001",
    "begins": "2025-06-01T10:00:00+08:00",
}
UNTIL: dict[str, object] = {"clock": "service", "until": "2026-09-01T00:00:00+08:00"}

REFUSED: Refused = {
    "take_over": {
        LineExists: lambda: Desk().stocked().ask("take_over", **LIVING),
        PolicyMissing: lambda: Desk().ask("take_over", **LIVING | {"pin": "x@1"}),
        VersionMissing: lambda: Desk(replace(KEEP12, effective_from=date(2027, 1, 1))).ask(
            "take_over",
            **{k: v for k, v in LIVING.items() if k != "pin"},
            policy=KEEP12.name,
        ),
        ClockUnknown: lambda: Desk().ask("take_over", **LIVING, **UNTIL | {"clock": "main"}),
        NotYetTrue: lambda: Desk().ask(
            "take_over", **LIVING | {"begins": "2026-01-10T12:00:01+08:00"}
        ),
    }
}


def test_what_was_owed_before_is_owed_here() -> None:
    desk = Desk(BALANCE180)
    living = LIVING | {"plan": "balance180", "pin": BALANCE180.pin}
    decision = desk.do("take_over", **living, **UNTIL, balance_minor=4_000, holder="h-1")
    assert (desk.stage, desk.balance, desk.last_day) == ("active", 4_000, "2026-08-31")
    assert money(decision.entries) == {
        "credit:balance180:MOP": -4_000,
        "adjustments:opening:MOP": 4_000,
    }


def test_what_has_fallen_due_since_is_settled_with_it() -> None:
    desk = Desk(BALANCE180)
    living = LIVING | {"plan": "balance180", "pin": BALANCE180.pin}
    decision = desk.do("take_over", **living, balance_minor=4_000)
    # 1 Jun 2025 + 180 days = 28 Nov; grace to 28 Dec; suspended, and the balance is taken.
    assert (desk.stage, desk.balance) == ("suspended", 0)
    assert money(decision.entries) == {
        "breakage:balance180:MOP": -4_000,
        "adjustments:opening:MOP": 4_000,
    }
