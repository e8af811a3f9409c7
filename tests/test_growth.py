"""Reading and curves grow with their input, whatever makes it large: rows, workloads, engines, pairs or files."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

import pytest

from specxl.method.catalogue import build_catalogue
from specxl.reading.dataset import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from specxl.house import House

HEADER = (
    "model,hardware,engine,precision,variant,isl,osl,concurrency,interactivity_tok_s_user,total_tok_s_gpu,gpus,date\n"
)
LARGER = 8
"""How many times more the larger input holds. Work that grows with the square would take 64 times as long."""
BOUND = 24
LOADS = ((4, 100, 200), (16, 80, 900), (64, 40, 1200))


def _rows(shape: str, size: int) -> Iterator[str]:
    """Return lines of a tidy table: six for each of `size` things of one shape."""
    for n in range(size):
        for variant in ("none", "mtp"):
            for concurrency, speed, total in LOADS:
                model = f"m{n}" if shape == "pairs" else "glm5"
                engine = f"e{n}" if shape in ("engines", "engines by workload") else "vllm"
                isl = 1000 + n if shape in ("workloads", "engines by workload") else 1024
                load = concurrency + 64 * n if shape == "rows" else concurrency
                shift = n / 1000 if shape in ("rows", "engines") else 0
                yield (
                    f"{model},b200,{engine},fp8,{variant},{isl},1024,{load},{speed + shift},{total - shift},8,2026-05-05\n"
                )


def _seconds(path: Path, house: House) -> float:
    """Return the processor time of reading a file and making its curves, the better of two."""
    taken = []
    for _ in range(2):
        begun = process_time()
        build_catalogue(load([path], house).measurements, house)
        taken.append(process_time() - begun)
    return min(taken)


@pytest.mark.parametrize(
    ("shape", "size"),
    [("rows", 250), ("workloads", 100), ("engines", 100), ("engines by workload", 100), ("pairs", 100)],
)
def test_time_grows_with_the_input(tmp_path: Path, house: House, shape: str, size: int) -> None:
    """Eight times the input takes about eight times as long."""
    seconds = []
    for count in (size, size * LARGER):
        path = tmp_path / f"{count}.csv"
        path.write_text(HEADER + "".join(_rows(shape, count)))
        seconds.append(_seconds(path, house))

    assert seconds[1] < BOUND * seconds[0]
