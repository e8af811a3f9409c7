"""A small history by hand: curves of two points, straight lines, so that every read at 60 tok/s per user is their middle.

H200, FP8, 1k/1k, at 60 tok/s per user (throughput in tok/s/GPU):

    2026-03-02   Off 300 (SGLang, 8 GPUs)      MTP 600 (vLLM, 8 GPUs)
    2026-04-06   Off 400 (SGLang, measured again)
    2026-05-18                                 MTP 1200 (SGLang, 16 GPUs: another line, the old one stays)
    2026-06-01   Off 350 (SGLang, again, and slower: the newest run counts)

FP4: MTP was first measured from 70 tok/s per user on, later from 50 on; Off once. B300: one day, so no past.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.rows import api_metrics, api_row, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_RUNS = "https://github.com/SemiAnalysisAI/InferenceX/actions/runs"
DAYS = ("2026-03-02", "2026-04-06", "2026-05-18", "2026-06-01")
OFF = (300.0, 400.0, 400.0, 350.0)
MTP = (600.0, 600.0, 1200.0, 1200.0)
"""What each side reads at 60 tok/s per user on each of the days, in tok/s/GPU."""
SPEED = 60.0
Points = tuple[tuple[float, float], tuple[float, float]]


def run(
    day: str, number: int, points: Sequence[tuple[float, float]], gpus: int = 8, **changes: object
) -> list[dict[str, Any]]:
    """The rows of one run of one line, slowest first; each load is half of the one before."""
    rows = []
    for place, (speed, total) in enumerate(points):
        conc = 2 ** (5 - place)
        metrics = api_metrics(speed, total, conc, mean_e2el=conc * 2048 * 0.9 / (total * gpus))
        sizes = dict.fromkeys(("prefill_tp", "decode_tp", "num_prefill_gpu", "num_decode_gpu"), gpus)
        link = f"{_RUNS}/{number}/attempts/1"
        rows.append(api_row(metrics, conc=conc, date=day, run_url=link, **sizes, **changes))
    return rows


def line(middle: float) -> Points:
    """Two points, at 40 and 80 tok/s per user, whose middle is known."""
    return (40.0, middle * 4 / 3), (80.0, middle * 2 / 3)


def current_rows() -> list[dict[str, Any]]:
    """What a latest answer would hold: the newest run of each line."""
    first, _, third, last = DAYS
    return [
        *run(last, 4, line(350)),
        *run(first, 1, line(600), framework="vllm", spec_method="mtp"),
        *run(third, 3, line(1200), 16, spec_method="mtp"),
        *run(first, 1, line(400), precision="fp4"),
        *run(last, 4, ((50.0, 1000.0), (120.0, 650.0)), precision="fp4", spec_method="mtp"),
        *run(third, 3, line(500), hardware="b300"),
        *run(third, 3, line(700), hardware="b300", spec_method="mtp"),
    ]


def older_rows() -> list[dict[str, Any]]:
    """What newer runs of the same lines have replaced."""
    return [
        *run(DAYS[0], 1, line(300)),
        *run(DAYS[1], 2, line(400)),
        *run(DAYS[0], 1, ((70.0, 900.0), (120.0, 300.0)), precision="fp4", spec_method="mtp"),
    ]


def write_history(folder: Path) -> Path:
    """Write the whole history as one answer."""
    return write_json(folder / "history.json", [*current_rows(), *older_rows()])


def write_latest(folder: Path) -> Path:
    """Write what is current as one answer."""
    return write_json(folder / "latest.json", current_rows())
