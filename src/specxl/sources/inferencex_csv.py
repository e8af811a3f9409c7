"""The CSV export of the InferenceX web page, in all its header versions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from specxl.errors import InputError, Notice
from specxl.sources.fields import total_of
from specxl.sources.inferencex_api import FIXED_SEQUENCE_FACTOR
from specxl.sources.notation import Notation
from specxl.sources.record import INFERENCEX_ATTRIBUTION, INTERFACE_VERSION, Reading, Record, flag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.figures import Figure
    from specxl.sources.content import Content

_REQUIRED = ("Hardware Key", "Framework", "Precision", "Concurrency", "Throughput", "Median TPOT", "Spec Decoding")
_UNIT = re.compile(r"\s*\((?:ms|s|tok/s|tok/s/user)\)$")
_QUANTITIES = {"TTFT": "ttft", "TPOT": "tpot", "Interactivity": "intvty", "E2E Latency": "e2el"}
_STATISTICS = {"Mean": "mean", "Median": "median", "P90": "p90", "P99": "p99"}
_NUMERIC = ("Throughput", *_QUANTITIES, "ISL", "OSL", "TP", "EP", "Concurrency", "GPUs")
_PARTIAL = (
    "a web export holds the points that the chart showed, so it may be partial, and it may hold unofficial runs that"
    " only their run link tells apart"
)


class InferencexCsv:
    """Reads the export by header name; "/GPU" and "/Chip", "(ms)" and "(s)" are the same columns."""

    interface_version = INTERFACE_VERSION
    name = "inferencex-csv"
    title = "InferenceX web CSV export"

    def recognises(self, content: Content) -> bool:
        """By `Hardware Key` beside `Framework` and `Concurrency`, which no other table has."""
        return {"Hardware Key", "Framework", "Concurrency"} <= set(content.header)

    def read(self, content: Content) -> Reading:
        """Read all rows; the unit of latencies is settled later by TPOT times speed, never by the header."""
        names = [_column(name) for name in content.table.header]
        missing = [name for name in _REQUIRED if name not in names]
        if missing:
            raise InputError(
                "the column is missing", file=content.name, field=missing[0], allowed="a full export of the page"
            )
        rows = [(line, _cells(names, cells, line, content.name)) for line, cells in content.table.rows]
        numbers = ((line, name, text) for line, cells in rows for name, text in cells.items() if _is_number(name))
        notation = Notation(numbers, content.table.delimiter, content.name)
        for _, cells in rows:
            cells.update((name, notation.plain(text)) for name, text in cells.items() if _is_number(name))
        records = [_record(line, cells) for line, cells in rows]
        notices = [Notice("partial", _PARTIAL, content.name), *notation.notices]
        return Reading(records=records, attribution=INFERENCEX_ATTRIBUTION, notices=notices, answer=True)


def _is_number(name: str) -> bool:
    """Whether a column holds numbers."""
    return name.endswith(_NUMERIC)


def _column(header: str) -> str:
    """Return the name of a column without its unit and with one word for GPUs."""
    return _UNIT.sub("", header).replace("/Chip", "").replace("/GPU", "").replace("Chips", "GPUs").strip()


def _cells(names: Sequence[str], cells: Sequence[str], line: int, file: str) -> dict[str, str]:
    """Name the cells of a row; the first of two equal names counts, since displayed axes repeat columns."""
    if len(cells) != len(names):
        raise InputError(
            f"the row has {len(cells)} cells", file=file, row=line, allowed=f"{len(names)}, as in the header"
        )
    named: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=True):
        if cell.strip():
            named.setdefault(name, cell.strip())
    return named


def _record(line: int, cells: Mapping[str, str]) -> Record:
    """Read one row."""
    disaggregated = flag(cells.get("Disaggregated"))
    gpus, prefill, decode = _gpus(cells, disaggregated=bool(disaggregated))
    stats: dict[str, Figure] = {
        f"{_STATISTICS[statistic]}_{quantity}": cells[f"{statistic} {name}"]
        for statistic in _STATISTICS
        for name, quantity in _QUANTITIES.items()
        if f"{statistic} {name}" in cells
    }
    return Record(
        row=line,
        model=cells.get("Model"),
        hardware=_hardware(cells["Hardware Key"], cells.get("Framework", "")) if "Hardware Key" in cells else None,
        engine=cells.get("Framework"),
        precision=cells.get("Precision"),
        variant=cells.get("Spec Decoding"),
        isl=cells.get("ISL"),
        osl=cells.get("OSL"),
        concurrency=cells.get("Concurrency"),
        stats=stats,
        total_tok_s_gpu=cells.get("Throughput"),
        output_tok_s_gpu=cells.get("Output Throughput"),
        input_tok_s_gpu=cells.get("Input Throughput"),
        per_role=bool(disaggregated),
        gpus=gpus,
        prefill_gpus=prefill,
        decode_gpus=decode,
        disaggregated=disaggregated,
        parallelism=_parallelism(cells, disaggregated=bool(disaggregated)),
        date=cells.get("Date"),
        run_url=cells.get("Run URL"),
        length_factor=FIXED_SEQUENCE_FACTOR,
        identity=tuple(cells.get(key, "") for key in ("TP", "EP", "DP Attention", "Is Multinode")),
    )


def _gpus(cells: Mapping[str, str], *, disaggregated: bool) -> tuple[Figure, Figure, Figure]:
    """Return all, prefill and decode GPUs (FORMATS 1.6).

    Aggregated rows have blank role counts, and their GPUs are the TP column. Disaggregated rows that are not multi-node
    (December 2025) carry the whole deployment in both role counts.
    """
    prefill, decode = cells.get("Num Prefill GPUs"), cells.get("Num Decode GPUs")
    if not disaggregated:
        return cells.get("TP"), None, None
    if flag(cells.get("Is Multinode")) is False:
        return prefill or cells.get("TP"), None, None
    return total_of((prefill, decode)), prefill, decode


def _hardware(key: str, framework: str) -> str:
    """Return the hardware of a key such as "h200_sglang" or "gb200_dynamo-trt_mtp"."""
    return key.removesuffix("_mtp").removesuffix(f"_{framework}").partition("_")[0]


def _parallelism(cells: Mapping[str, str], *, disaggregated: bool) -> str:
    """Describe the deployment; the export gives one set of sizes for both roles, so roles are shown by their GPUs."""
    if disaggregated and "Num Prefill GPUs" in cells:
        return f"prefill {cells['Num Prefill GPUs']} GPUs, decode {cells.get('Num Decode GPUs', '?')} GPUs"
    parts = [f"TP{cells['TP']}"] if "TP" in cells else []
    parts += [f"EP{cells['EP']}"] if cells.get("EP", "1") not in ("1", "0") else []
    return " ".join([*parts, "DPA"] if flag(cells.get("DP Attention")) else parts)
