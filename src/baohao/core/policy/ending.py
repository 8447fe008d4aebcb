"""Ending: the clock that people mean by a card's date."""

from __future__ import annotations

from baohao.core.policy.model import Policy, Until


def service_clock(policy: Policy) -> str:
    """Return the clock that ends the service; empty: none that an operator would name a day of."""
    for stage in policy.stages:
        if stage.kind == "live" and stage.until is not None:
            clock = _first_clock(stage.until)
            if clock in policy.clocks and policy.clocks[clock].accumulates is None:
                return clock
    return ""


def _first_clock(until: Until) -> str:
    return until.clock or (_first_clock(until.parts[0]) if until.parts else "")
