"""specxl: LLM inference benchmark data as an offline Excel workbook on speculative decoding.

The names below are imported on first use: they bring NumPy and the workbook libraries, which
`import specxl` and `specxl --help` do not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from specxl.version import __version__

if TYPE_CHECKING:
    from specxl.changes import ChangeReport, diff_files
    from specxl.errors import SpecxlError
    from specxl.house import House
    from specxl.pipeline import BuildResult, build
    from specxl.reading.dataset import DatasetOptions
    from specxl.reading.fetch import (
        FetchOptions,
        fetch_availability,
        fetch_evaluations,
        fetch_history,
        fetch_models,
    )
    from specxl.reading.inspection import Inspection, inspect_inputs
    from specxl.reading.suggestion import suggest_sidecar
    from specxl.recipe import BuildOptions
    from specxl.returned import FileReport, verify_file
    from specxl.sources import TidyRows
    from specxl.splitting import SplitResult, build_split

__all__ = [
    "BuildOptions",
    "BuildResult",
    "ChangeReport",
    "DatasetOptions",
    "FetchOptions",
    "FileReport",
    "House",
    "Inspection",
    "SpecxlError",
    "SplitResult",
    "TidyRows",
    "__version__",
    "build",
    "build_split",
    "diff_files",
    "fetch_availability",
    "fetch_evaluations",
    "fetch_history",
    "fetch_models",
    "inspect_inputs",
    "suggest_sidecar",
    "verify_file",
]

_HOMES = {
    "BuildOptions": "specxl.recipe",
    "BuildResult": "specxl.pipeline",
    "ChangeReport": "specxl.changes",
    "DatasetOptions": "specxl.reading.dataset",
    "FetchOptions": "specxl.reading.fetch",
    "FileReport": "specxl.returned",
    "House": "specxl.house",
    "Inspection": "specxl.reading.inspection",
    "SpecxlError": "specxl.errors",
    "SplitResult": "specxl.splitting",
    "TidyRows": "specxl.sources",
    "build": "specxl.pipeline",
    "build_split": "specxl.splitting",
    "diff_files": "specxl.changes",
    "fetch_availability": "specxl.reading.fetch",
    "fetch_evaluations": "specxl.reading.fetch",
    "fetch_history": "specxl.reading.fetch",
    "fetch_models": "specxl.reading.fetch",
    "inspect_inputs": "specxl.reading.inspection",
    "suggest_sidecar": "specxl.reading.suggestion",
    "verify_file": "specxl.returned",
}


def __getattr__(name: str) -> object:
    """Import a public name from its module when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names, whether imported yet or not."""
    return sorted((*globals(), *__all__))
