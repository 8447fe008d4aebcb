"""What the demo's town has: halls with their hours, and more agents than the kiosk."""

from __future__ import annotations

from functools import partial

from baohao.app import days
from baohao.app.agents import registry
from baohao.core.agents import Agent
from baohao.core.points import WEEK, Particulars, Point
from baohao.wiring import Installation

_WEEKDAYS = ("10:00-13:00", "14:30-19:00")


def build(house: Installation) -> None:
    """Open the halls, and let agents in."""
    with house.shell() as shell:
        known = house.library.operators
        for hall in HALLS:
            shell.run(partial(days.add, point=hall, operators=known))
        for key, name in (("lotus-mobile", "Lotus Mobile"), ("red-market", "Red Market Phones")):
            agent = Agent(key=key, name=name, operators=frozenset({"demo"}), currency="MOP")
            shell.run(partial(registry.add, agent=agent, operators=known))


def _hall(key: str, tills: tuple[str, ...], name: str, told: Particulars) -> Point:
    accounts = tuple(f"till:{till}:MOP" for till in tills)
    zone = "Asia/Macau"
    return Point(key=key, operator="demo", name=name, zone=zone, tills=accounts, told=told)


HALLS = (
    _hall(
        "hall",
        ("hall-1", "hall-2"),
        "Senado Square hall",
        Particulars(
            names={"zh-Hant": "議事亭前地營業廳", "pt": "Loja do Largo do Senado"},
            addresses={
                "": "Senado Square 9, Macau (invented)",
                "zh-Hant": "澳門議事亭前地 9 號（虛構）",
                "pt": "Largo do Senado 9, Macau (inventado)",
            },
            districts={"": "Macau Peninsula", "zh-Hant": "澳門半島", "pt": "Península de Macau"},
            phone="+853 2800 0001",
            hours=dict.fromkeys(WEEK, ("00:00-24:00",)),
        ),
    ),
    _hall(
        "taipa",
        ("taipa-1",),
        "Taipa hall",
        Particulars(
            names={"zh-Hant": "氹仔營業廳", "pt": "Loja da Taipa"},
            addresses={
                "": "Rua do Cunha 20, Taipa (invented)",
                "zh-Hant": "氹仔官也街 20 號（虛構）",
                "pt": "Rua do Cunha 20, Taipa (inventado)",
            },
            districts={"": "Taipa", "zh-Hant": "氹仔", "pt": "Taipa"},
            phone="+853 2800 0002",
            hours=dict.fromkeys(WEEK[:5], _WEEKDAYS) | {"sat": ("10:00-18:00",)},
        ),
    ),
    _hall(
        "coloane",
        ("coloane-1",),
        "Coloane window",
        Particulars(
            names={"zh-Hant": "路環服務點", "pt": "Balcão de Coloane"},
            addresses={
                "": "Largo do Cais 3, Coloane (invented)",
                "zh-Hant": "路環碼頭前地 3 號（虛構）",
                "pt": "Largo do Cais 3, Coloane (inventado)",
            },
            districts={"": "Coloane", "zh-Hant": "路環", "pt": "Coloane"},
            hours={"wed": ("14:00-17:00",), "sat": ("10:00-12:00",)},
            does=("renew", "top_up"),
        ),
    ),
)
