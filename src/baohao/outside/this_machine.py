"""What this machine says of whoever sits before it: their language, and where they are."""

from __future__ import annotations

import os
from pathlib import Path

#: How messages are written, by how languages of a machine begin.
LANGUAGES = (("zh_CN", "zh-Hans"), ("zh_SG", "zh-Hans"), ("zh", "zh-Hant"), ("pt", "pt"))
LOCALTIME = Path("/etc/localtime")
#: Where nobody says where it is: containers keep no local time.
SOMEWHERE = "Asia/Macau"


def language() -> str:
    """Return the language that it speaks, of those that messages are written in."""
    named = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return next((ours for head, ours in LANGUAGES if named.startswith(head)), "en")


def zone() -> str:
    """Return the time zone that it goes by, as it is named."""
    _, found, name = str(LOCALTIME.resolve()).partition("zoneinfo/")
    return os.environ.get("TZ") or (name if found and "/" in name else SOMEWHERE)
