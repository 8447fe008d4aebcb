"""What a browser says that it is: enough for somebody to know their own devices by."""

from __future__ import annotations

import re

from django.utils.translation import gettext

#: What browsers say that they are, and how each is called; the first that is found counts.
_BROWSERS = ("Edg", "Firefox", "Chrome", "Safari", "MicroMessenger")
_DEVICES = ("iPhone", "iPad", "Android", "Windows", "Mac OS X", "Linux")
_NAMES = {"Edg": "Edge", "MicroMessenger": "WeChat", "Mac OS X": "Mac"}


def device(agent: str) -> str:
    """Say what a browser calls itself in two words; what it says is a guess, and nothing more."""
    words = [
        next((name for name in names if re.search(rf"\b{name}", agent)), "")
        for names in (_BROWSERS, _DEVICES)
    ]
    return " · ".join(_NAMES.get(word, word) for word in words if word) or gettext("A browser")
