"""Time and memory of whole builds as their input grows: pairs, workloads, engines, or speculative variants.

    python benchmarks/bench_growth.py [--shape pairs] [--sizes 50 100 200]

Each build is a process of its own. Growth is linear where the seconds and bytes of a thing stay the same from line to line.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEADER = (
    "model,hardware,engine,precision,variant,isl,osl,concurrency,interactivity_tok_s_user,total_tok_s_gpu,gpus,date"
)
HARDWARE = ("b200", "b300", "gb200", "gb300")
POINTS = (
    (4, 100.0, 200.0),
    (8, 92.0, 520.0),
    (16, 80.0, 900.0),
    (32, 61.0, 1100.0),
    (64, 40.0, 1200.0),
    (128, 22.0, 1280.0),
)
SHAPES = ("pairs", "workloads", "engines", "variants")
PEAK_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024  # what one count of ru_maxrss stands for


def _things(shape: str, size: int) -> list[tuple[str, str, str, list[str], int]]:
    """Model, hardware, engine, variants and prompt length of each of `size` things of one shape."""
    both = ["none", "mtp"]
    if shape == "pairs":
        return [(f"m{n // len(HARDWARE)}", HARDWARE[n % len(HARDWARE)], "vllm", both, 1024) for n in range(size)]
    if shape == "workloads":
        return [("glm5", "b200", "vllm", both, 1000 + n) for n in range(size)]
    if shape == "engines":
        return [("glm5", "b200", f"e{n}", both, 1024) for n in range(size)]
    return [("glm5", "b200", "vllm", ["none", *(f"spec{n}" for n in range(size))], 1024)]


def table(shape: str, size: int) -> str:
    """Return a tidy table with six points a curve; no two curves are equal, and the same engines stay on the frontier."""
    lines = [HEADER]
    for number, (model, hardware, engine, variants, isl) in enumerate(_things(shape, size)):
        for place, variant in enumerate(variants):
            for load, speed, total in POINTS:
                slower = 1 - number / (4 * size)
                shown = speed * (1 + 0.1 * min(place, 1) + place / 1000) * slower
                lines.append(
                    f"{model},{hardware},{engine},fp8,{variant},{isl},1024,{load},{shown:.4f},{total * slower:.4f},8,2026-05-05"
                )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="pairs")
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 100, 200])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for size in given.sizes:
            source, made = Path(folder, f"{size}.csv"), Path(folder, f"{size}.xlsx")
            source.write_text(table(given.shape, size))
            begun = time.perf_counter()
            process = subprocess.Popen((sys.executable, "-m", "specxl", "build", source, "-o", made, "--quiet"))
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                raise SystemExit(process.returncode)
            wall, cpu = time.perf_counter() - begun, usage.ru_utime + usage.ru_stime
            peak, kept = usage.ru_maxrss * PEAK_UNIT_BYTES / 1e6, made.stat().st_size / 1e3
            print(
                f"{size:5d} {given.shape}: {cpu:6.1f} s of processor ({1000 * cpu / size:5.0f} ms each), {wall:6.1f} s,"
                f" peak {peak:5.0f} MB ({peak / size:5.2f} each), {kept:7.0f} KB ({kept / size:5.1f} each)"
            )


if __name__ == "__main__":
    main()
