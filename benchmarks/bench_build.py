"""Time whole builds, start-up included, beside a process that imports pandas, SciPy, XlsxWriter and IronCalc and does nothing.

    python benchmarks/bench_build.py [--input benchmarks.json] [--rates 2026-04] [--runs 7]

That process is a fixed measure of the machine, the same since the first version, and no part of a build: pandas comes only
where data frames come in, and SciPy stands in the tests alone. The two kinds of process alternate, so that a busy machine
slows both, and the ratio stays telling. Peak memory is the largest resident set that the system counted for the build's
process.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

IDLE = ("-c", "import pandas, scipy.interpolate, xlsxwriter, ironcalc")
# A pip-installed package comes compiled, as the yardstick's libraries do: an editable one keeps what its warm-up compiled.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
PEAK_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024  # what one count of ru_maxrss stands for


@dataclass(frozen=True)
class Run:
    """One finished process: wall time from start to end in seconds, and its peak memory in MB."""

    seconds: float
    peak_mb: float


def run(arguments: tuple[str, ...], folder: Path) -> Run:
    """Run this Python with these arguments and wait for it; ends the benchmark if it fails."""
    log = folder / "output.txt"
    with log.open("w") as output:
        start = time.perf_counter()
        process = subprocess.Popen((sys.executable, *arguments), stdout=output, stderr=output, env=ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{log.read_text()}")
    return Run(seconds, usage.ru_maxrss * PEAK_UNIT_BYTES / 1e6)


def report(name: str, runs: list[Run], idle: list[Run]) -> None:
    """Print one line per kind of process, and the ratios of the pairs."""
    for label, kind in (("imports only", idle), (name, runs)):
        times = sorted(each.seconds for each in kind)
        middle = statistics.median(times)
        peak = max(each.peak_mb for each in kind)
        print(f"{label:32s} min {times[0]:5.2f}  median {middle:5.2f}  max {times[-1]:5.2f} s   peak {peak:5.0f} MB")
    ratios = sorted(build.seconds / pause.seconds for build, pause in zip(runs, idle, strict=True))
    middle = statistics.median(ratios)
    print(f"{'ratio of each pair':32s} min {ratios[0]:5.2f}  median {middle:5.2f}  max {ratios[-1]:5.2f}\n")


def measure(name: str, inputs: tuple[str, ...], runs: int) -> None:
    """Build from these inputs `runs` times after one warm-up of each kind, and report."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        build = ("-m", "specxl", "build", *inputs, "-o", str(folder / "built.xlsx"), "--quiet")
        run(IDLE, folder)
        run(build, folder)
        pairs = [(run(IDLE, folder), run(build, folder)) for _ in range(runs)]
    report(name, [pair[1] for pair in pairs], [pair[0] for pair in pairs])


def main() -> None:
    """Measure the default build, and the build from a file where one is given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path, help="benchmark rows to build from as well, an API answer for instance")
    parser.add_argument("--rates", default="2026-04", help="rate card for --input")
    parser.add_argument("--runs", type=int, default=7, help="pairs of processes per measurement")
    options = parser.parse_args()
    measure("default build", (), options.runs)
    if options.input:
        measure(options.input.name, (str(options.input), "--rates", options.rates), options.runs)


if __name__ == "__main__":
    main()
