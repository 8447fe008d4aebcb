"""A pretended handset: the last short messages to each number, for the demo to show."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from pathlib import Path

import msgspec

#: How many are kept of each number.
_KEPT = 5


class Handset:
    """Shows what was sent, by whichever process of the installation: they share a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()

    def send(self, number: str, text: str) -> None:
        """Show a text on the handset of a number."""
        # One write behind the others': processes do not cut into each other's lines.
        with self._lock, self._file.open("ab") as file:
            file.write(msgspec.json.encode([number, text]) + b"\n")

    def shown(self) -> list[tuple[str, list[str]]]:
        """Return each number that was sent something, with its last texts first."""
        found: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=_KEPT))
        if self._file.exists():
            for line in self._file.read_bytes().splitlines():
                number, text = msgspec.json.decode(line, type=tuple[str, str])
                found[number].appendleft(text)
        return [(number, list(texts)) for number, texts in sorted(found.items())]
