"""`python -m baohao` is the `baohao` command."""

from __future__ import annotations

from baohao.cli.main import main

if __name__ == "__main__":
    main()
