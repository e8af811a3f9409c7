"""`specxl` and `python -m specxl`: the command, which a Ctrl-C stops quietly even while it is still being imported."""

from __future__ import annotations

import sys
from importlib import import_module

INTERRUPTED = 130


def run() -> None:
    """Import and run the command."""
    try:
        import_module("specxl.cli").main()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    run()
