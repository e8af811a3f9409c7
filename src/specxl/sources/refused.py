"""Formats that are known and not read, each with its reason: silence or a guess would cost more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.errors import InputError
from specxl.sources.inference_perf import is_report
from specxl.sources.record import INTERFACE_VERSION, Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from specxl.sources.content import Content


class RefusedError(InputError):
    """A file is of a format that is known and not read; `short` names the format."""

    short: str = ""


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
        """Raise `RefusedError` with the reason."""
        article = "an" if self.title[0] in "aeiouAEIOU" or self.title.startswith(("LLM", "ML", "xz")) else "a"
        problem = f"this is {article} {self.title}: {self.reason}"
        error = RefusedError(problem, file=content.name, next_step=self.next_step)
        error.short = self.title
        raise error


def _starts_with(*marks: bytes) -> Callable[[Content], bool]:
    """Build a sign from the first bytes of a file."""
    return lambda content: content.start.startswith(marks)


def _has_keys(*keys: str) -> Callable[[Content], bool]:
    """Build a sign from the keys of the first JSON object."""
    return lambda content: set(keys) <= content.first.keys()


def _has_columns(*columns: str) -> Callable[[Content], bool]:
    """Build a sign from the columns of a table."""
    return lambda content: set(columns) <= set(content.header)


def _is_tco_feed(content: Content) -> bool:
    """Whether the content is a feed of tiers or scores, alone or in an envelope."""
    rows = content.first.get("points") or content.first.get("scores") or content.first.get("data")
    row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else content.first
    keys = set(row) | set(content.header)
    return {"hardware", "workload", "tier", "output_tput_per_gpu"} <= keys or {"workload_scores", "score"} <= keys


def _is_trtllm_log(content: Content) -> bool:
    """Whether the content is what trtllm-bench prints, alone or within the log of a job."""
    return (
        not content.is_binary and "= PERFORMANCE OVERVIEW" in content.text and "Throughput (tokens/sec)" in content.text
    )


def _is_pooled_stages(content: Content) -> bool:
    """Whether the content is an inference-perf summary: its load has no rate, because it pools stages of several."""
    load = content.first.get("load_summary")
    return (
        is_report(content.first)
        and isinstance(load, dict)
        and "requested_rate" not in load
        and "concurrency" not in load
    )


_API = "Fetch the rows with `specxl fetch`, or save the answer of /api/v1/benchmarks"
REFUSED: tuple[Refused, ...] = (
    Refused(
        "specxl-workbook",
        "workbook that specxl wrote",
        "it holds results, not measurements",
        "Give the files it was built from; `specxl verify` checks the workbook",
        lambda content: content.workbook is not None and content.workbook.is_own,
    ),
    Refused(
        "ole",
        "workbook of the old .xls form, or one with a password",
        "only .xlsx without a password is read",
        "Save it as .xlsx without a password, or as CSV",
        _starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ),
    Refused(
        "trtllm-bench-log",
        "console log of trtllm-bench",
        "it prints rounded figures, and without --streaming no time per output token",
        "Run trtllm-bench with --streaming and --report_json FILE, and give that file",
        _is_trtllm_log,
    ),
    Refused(
        "inference-perf-summary",
        "inference-perf summary",
        "it pools all load stages of a run into one figure",
        "Give the stage_*_lifecycle_metrics.json files beside it",
        _is_pooled_stages,
    ),
    Refused(
        "inference-perf-server",
        "inference-perf report of server metrics",
        "it has no figures per request",
        "Give the stage_*_lifecycle_metrics.json files beside it",
        lambda content: (
            {"load_summary", "successes", "failures"} <= content.first.keys() and not content.first["load_summary"]
        ),
    ),
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
        "tar",
        "tar archive",
        "only gzip and zip are unpacked",
        "Unpack it, and give the folder",
        lambda content: content.start[257:262] == b"ustar",
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
