"""Notes and coins of each currency, as they are counted: the largest first, in minor units."""

from __future__ import annotations

from baohao.core.money import format_minor

FACES = {
    "MOP": (100_000, 50_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10),
    "HKD": (100_000, 50_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10),
    "CNY": (10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10),
}


def faces(currency: str) -> list[tuple[int, str]]:
    """Return each face value and how it is written; of another currency, its minor unit alone."""
    return [(face, format_minor(face, currency)) for face in FACES.get(currency, (1,))]
