"""Time-ordered UUIDs (RFC 9562, version 7) without a library: Python 3.11 has none."""

from __future__ import annotations

import os
import time


def uuid7s(count: int) -> list[str]:
    """`count` fresh UUIDv7 as text; one clock reading, one read of randomness."""
    head = f"{time.time_ns() // 1_000_000:012x}"
    noise = os.urandom(10 * count).hex()
    out = []
    for i in range(0, 20 * count, 20):
        n = noise[i : i + 20]
        out.append(f"{head[:8]}-{head[8:]}-7{n[:3]}-{'89ab'[int(n[3], 16) & 3]}{n[4:7]}-{n[7:19]}")
    return out
