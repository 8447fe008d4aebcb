"""Django's own commands, for whoever works on the pages: makemigrations, makemessages ..."""

from __future__ import annotations

import sys

from django.core.management import execute_from_command_line

from baohao.web.start import configure
from baohao.wiring import installation

if __name__ == "__main__":
    configure(installation())
    execute_from_command_line(sys.argv)
