"""What no log is to have: addresses that are keys, such as that of a calendar."""

from __future__ import annotations

import logging
import re

#: No page's own name is so long.
_KEY = re.compile(r"/[\w-]{40,}")


class WithoutKeys(logging.Filter):
    """Takes keys out of the addresses that Django writes down."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything through, without keys."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                _KEY.sub("/…", each) if isinstance(each, str) else each for each in record.args
            )
        return True


def keep_keys_out() -> None:
    """Have it so for all that is logged of requests, and of pages."""
    # At DEBUG it writes down all that a page knows, where a template asks for what is not there.
    logging.getLogger("django.template").setLevel(logging.INFO)
    for name in ("django.request", "django.security.csrf", "django.server"):
        logger = logging.getLogger(name)
        if not any(isinstance(each, WithoutKeys) for each in logger.filters):
            logger.addFilter(WithoutKeys())
