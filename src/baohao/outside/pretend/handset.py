"""A pretended handset: the last short messages to each number, for the demo to show."""

from __future__ import annotations

import threading
from collections import defaultdict, deque

#: How many are kept of each number.
_KEPT = 5


class Handset:
    """Shows what was sent; of this process alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=_KEPT))

    def send(self, number: str, text: str) -> None:
        """Show a text on the handset of a number."""
        with self._lock:
            self._sent[number].appendleft(text)

    def shown(self) -> list[tuple[str, list[str]]]:
        """Return each number that was sent something, with its last texts first."""
        with self._lock:
            return [(number, list(texts)) for number, texts in sorted(self._sent.items())]
