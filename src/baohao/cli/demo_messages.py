"""The demo's holder has said how to be told, so that there is something to read from the start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from baohao.app import glance
from baohao.app.messages import preferences
from baohao.app.messages.preferences import Preferences, Target
from baohao.core.civil import civil_day
from baohao.core.reminders import MORNING
from baohao.wiring import Installation

EMAIL = "holder@mail.example"


def prefer(house: Installation, holder: str, numbers: Sequence[str]) -> None:
    """Have a holder told by mail, and of the first that runs out on the day that has begun."""
    zone = house.library.operators["demo"].zone
    day = civil_day(house.clock() - timedelta(hours=MORNING.hour), zone)
    with house.shell() as shell:
        known = shell.run(partial(glance.many, terms=house.terms(), numbers=numbers))
        ends = [line.paid_until for line in known if line.kind == "live" and line.paid_until]
        said = Preferences(email=EMAIL, language="en", lead_days=(min(ends) - day).days)
        shell.run(partial(preferences.keep, vault=house.vault, holder=holder, said=said))


def push(house: Installation, holder: str, authority: str) -> None:
    """Have a holder's phone pushed to as well, by the pretended services; after mails."""
    url = f"ntfy://{authority}/demo-holder"
    target = Target(id="demo", url=url, name="ntfy", is_theirs=True)
    with house.shell() as shell:
        kept = shell.run(partial(preferences.read, vault=house.vault, holder=holder))
        said = replace(kept, push=(target,), channels=("email", "push", "sms"))
        shell.run(partial(preferences.keep, vault=house.vault, holder=holder, said=said))
