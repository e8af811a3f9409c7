"""Formats that are known and not read, each with its reason: silence or a guess would cost more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.errors import InputError
from specxl.sources.record import INTERFACE_VERSION, Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from specxl.sources.content import Content


@dataclass(frozen=True, slots=True)
class Refused:
    """A format that is recognised only to be refused in one clear sentence."""

    name: str
    title: str
    reason: str
    next_step: str
    sign: Callable[[Content], bool]
    interface_version: int = INTERFACE_VERSION

    def recognises(self, content: Content) -> bool:
        """By the sign that was given for this format."""
        return self.sign(content)

    def read(self, content: Content) -> Reading:
        """Raise `InputError` with the reason."""
        raise InputError(f"this is a {self.title}: {self.reason}", file=content.name, next_step=self.next_step)


def _starts_with(*marks: bytes) -> Callable[[Content], bool]:
    """Build a sign from the first bytes of a file."""
    return lambda content: content.data.startswith(marks)


def _has_keys(*keys: str) -> Callable[[Content], bool]:
    """Build a sign from the keys of the first JSON object."""
    return lambda content: not content.is_binary and set(keys) <= content.first.keys()


def _has_columns(*columns: str) -> Callable[[Content], bool]:
    """Build a sign from the columns of a table."""
    return lambda content: set(columns) <= set(content.header)


def _is_tco_feed(content: Content) -> bool:
    """Whether the content is a feed of tiers or scores, alone or in an envelope."""
    rows = content.first.get("points") or content.first.get("scores") or content.first.get("data")
    row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else content.first
    keys = set(row) | set(content.header)
    return {"hardware", "workload", "tier", "output_tput_per_gpu"} <= keys or {"workload_scores", "score"} <= keys


_API = "Fetch the rows with `specxl fetch`, or save the answer of /api/v1/benchmarks"
REFUSED: tuple[Refused, ...] = (
    Refused(
        "pg-dump",
        "PostgreSQL dump of InferenceX",
        "it needs zstd and pg_restore",
        _API,
        _starts_with(b"PGDMP", b"\x28\xb5\x2f\xfd"),
    ),
    Refused(
        "xz",
        "xz archive",
        "only gzip and zip are unpacked",
        "Join its parts, unpack it, and give the folder",
        _starts_with(b"\xfd7zXZ\0"),
    ),
    Refused(
        "tco-feed",
        "InferenceX tco-feed answer",
        "it pools engines, precisions and speculative methods, so it cannot tell on from off",
        _API,
        _is_tco_feed,
    ),
    Refused(
        "mlperf",
        "MLPerf results file",
        "it has one point per scenario, without concurrency, sequence lengths or speculative method",
        "Use it as a check beside the workbook",
        _has_keys("Submitter", "Scenario", "Performance_Result"),
    ),
    Refused(
        "llmperf",
        "LLMPerf summary",
        "its inter-token latency includes the time to first token, so its speeds read too low",
        "Measure again with a tool that reports time per output token",
        _has_keys("results_inter_token_latency_s_mean"),
    ),
    Refused(
        "inferencex-calculator",
        "calculator export of the InferenceX page",
        "it holds one interpolated point per chip instead of measurements",
        "Export the interactivity chart instead",
        _has_columns("Hardware Key", "Target Interactivity"),
    ),
    Refused(
        "inferencex-calculator-view",
        "trimmed InferenceX API answer",
        "rows of a `view` have no time per output token",
        _API,
        lambda content: {"hardware", "framework", "conc"} <= content.first.keys() and "metrics" not in content.first,
    ),
)
