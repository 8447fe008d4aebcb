"""`python -m baohao` is the `baohao` command."""

from __future__ import annotations

from baohao.cli.entry import main

if __name__ == "__main__":
    main()
