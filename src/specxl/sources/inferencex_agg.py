"""InferenceX CI aggregates: one object per run or an array of them, fixed-sequence and agentic, in all their eras.

The eras are told apart row by row, because collected files mix them: v0 (October 2025) names neither lengths nor
speculation, v1 has one set of parallel sizes, v2 (from 19 December 2025) splits them by role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.figures import number
from specxl.sources.fields import figure, flat_stats, product, total_of
from specxl.sources.inferencex_agentic import is_agentic, read_agentic
from specxl.sources.inferencex_api import FIXED_SEQUENCE_FACTOR
from specxl.sources.inferencex_rows import identity_record
from specxl.sources.record import INFERENCEX_ATTRIBUTION, INTERFACE_VERSION, Reading, Record, flag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.sources.content import Content, JsonValue

_SUM_TOLERANCE = 0.02


class InferencexAggregate:
    """Reads `agg_*.json` and `results_bmk` files."""

    interface_version = INTERFACE_VERSION
    name = "inferencex-aggregate"
    title = "InferenceX CI aggregate"

    def recognises(self, content: Content) -> bool:
        """By the raw hardware name `hw` beside concurrency and one of the throughput forms."""
        return any(
            {"hw", "conc"} <= row.keys()
            and not row.keys().isdisjoint(("tput_per_gpu", "request_metrics", "scenario_type"))
            for row in content.first_objects
        )

    def read(self, content: Content) -> Reading:
        """Read every object; failed rows are kept and say that they failed."""
        return Reading(
            records=[
                read_agentic(row, place) if is_agentic(row) else _fixed(row, place) for place, row in content.objects
            ],
            attribution=INFERENCEX_ATTRIBUTION,
            by_documentation=any(_is_without_sample(row) for _, row in content.objects),
        )


def _is_without_sample(row: Mapping[str, JsonValue]) -> bool:
    """Whether a row is of an era of which no real file was at hand (v1, v2 and agentic v2)."""
    return "request_metrics" not in row and ("spec_decoding" in row or "scenario_type" in row)


def _fixed(row: Mapping[str, JsonValue], place: int) -> Record:
    """Read one fixed-sequence row of any era."""
    stated = flag(row.get("is_multinode"))
    multinode = "num_prefill_gpu" in row if stated is None else stated
    disaggregated = flag(row.get("disagg"))
    total, output, into = (figure(row.get(f"{name}tput_per_gpu")) for name in ("", "output_", "input_"))
    record = identity_record(row, place)
    record.isl, record.osl = figure(row.get("isl")), figure(row.get("osl"))
    record.stats = flat_stats(row)
    record.total_tok_s_gpu, record.output_tok_s_gpu, record.input_tok_s_gpu = total, output, into
    record.length_factor = FIXED_SEQUENCE_FACTOR
    record.disaggregated = disaggregated
    record.per_role = bool(disaggregated) or (disaggregated is None and _is_per_role(row))
    if multinode and number(figure(row.get("num_prefill_gpu"))) is not None:
        record.prefill_gpus = figure(row.get("num_prefill_gpu")) if disaggregated else None
        record.decode_gpus = figure(row.get("num_decode_gpu")) if disaggregated else None
        record.gpus = total_of((row.get("num_prefill_gpu"), row.get("num_decode_gpu")))
    else:
        record.gpus = product((row.get("tp"), row.get("pp"), row.get("pcp_size")))
    record.gpus = figure(row.get("num_gpus")) or record.gpus
    record.failure = "" if "tput_per_gpu" in row else "the row holds no throughput"
    return record


def _is_per_role(row: Mapping[str, JsonValue]) -> bool:
    """Whether a v0 row counts output and input per role: then the total lies between them instead of being their sum."""
    total, output, into = (number(figure(row.get(f"{name}tput_per_gpu"))) for name in ("", "output_", "input_"))
    if total is None or output is None or into is None or total <= 0:
        return False
    return abs(output + into - total) > _SUM_TOLERANCE * total and min(output, into) < total < max(output, into)
