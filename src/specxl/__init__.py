"""specxl: LLM inference benchmark data as an offline Excel workbook on speculative decoding.

`build` and the names beside it are imported on first use: they bring pandas, SciPy and the workbook libraries, which
`import specxl` and `specxl --help` do not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from specxl.version import __version__

if TYPE_CHECKING:
    from specxl.errors import SpecxlError
    from specxl.pipeline import build

__all__ = ["SpecxlError", "__version__", "build"]

_HOMES = {"SpecxlError": "specxl.errors", "build": "specxl.pipeline"}


def __getattr__(name: str) -> object:
    """Import a public name from its module when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names, whether imported yet or not."""
    return sorted((*globals(), *__all__))
