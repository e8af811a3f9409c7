"""Small data sets of awkward shapes, each as a tidy table: what a handful of rows may look like, and must build all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.tables import pair_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Row = dict[str, Any]
Point = tuple[float, float]

FALLING: tuple[Point, ...] = ((40, 900.5), (60, 700.25), (90, 420.125), (130, 60.5))
"""A plain curve: speed in tok/s/user, throughput in tok/s/GPU."""
STEEP: tuple[Point, ...] = ((30, 620.5), (55, 210.25), (85, 90.125), (110, 11.75))
MODELS, LONGEST_LABEL = 30, "x" * 300


def rows(text: str) -> list[Row]:
    """Read "model,hardware,variant,speed,throughput,concurrency" lines; nothing else is stated."""
    names = ("model", "hardware", "variant", "interactivity_tok_s_user", "total_tok_s_gpu", "concurrency")
    return [dict(zip(names, line.strip().split(","), strict=True)) for line in text.strip().splitlines()]


def side(variant: str, points: Iterable[Point], **facts: object) -> list[Row]:
    """Rows of one curve of model foo on b300, priced and with classes, unless `facts` say otherwise."""
    return [
        {
            "model": "foo",
            "hardware": "b300",
            "engine": "sglang",
            "precision": "fp8",
            "workload": "1k/1k",
            "variant": variant,
            "interactivity_tok_s_user": speed,
            "total_tok_s_gpu": total,
            "output_tok_s_gpu": total / 4,
            "input_tok_s_gpu": total * 3 / 4,
            "concurrency": 64 - place,
            "gpus": 8,
            **facts,
        }
        for place, (speed, total) in enumerate(points)
    ]


def both(a: Iterable[Point], b: Iterable[Point], **facts: object) -> list[Row]:
    """MTP against Off."""
    return [*side("mtp", a, **facts), *side("none", b, **facts)]


def scaled(points: Sequence[Point], factor: float, faster: float = 1.0) -> list[Point]:
    """The same curve with more throughput, at other speeds."""
    return [(speed * faster, total * factor) for speed, total in points]


def lacking(made: Iterable[Row], *names: str) -> list[Row]:
    """Rows without some fields."""
    return [{name: value for name, value in row.items() if name not in names} for row in made]


def _fewest() -> dict[str, list[Row]]:
    """As few rows as can be: one point a side, one row, one side."""
    return {
        "one point a side": rows("foo,b300,none,60,100,4\nfoo,b300,mtp,80,50,2"),
        "one row, Off": rows("foo,b300,none,60,100,4"),
        "one row, MTP": rows("foo,b300,mtp,60,100,4"),
        "one row, unknown method": rows("foo,b300,unknown,60,100,4"),
        "one row, method not said": rows("foo,b300,,60,100,4"),
        "one row without concurrency": rows("foo,b300,none,60,100,"),
        "one row on unknown hardware": rows("foo,zx-1,none,60,100,4"),
        "the same point on both sides": rows("foo,b300,none,60,100,4\nfoo,b300,mtp,60,100,4"),
        "one speed, two throughputs": rows("foo,b300,none,60,100,4\nfoo,b300,mtp,60,300,4"),
        "two points a side": rows("foo,b300,none,60,100,4\nfoo,b300,none,90,50,2\nfoo,b300,mtp,70,200,4\nfoo,b300,mtp,95,90,2"),
        "one point against two": rows("foo,b300,none,60,100,4\nfoo,b300,mtp,50,200,4\nfoo,b300,mtp,95,90,2"),
        "two points against one": rows("foo,b300,none,50,100,4\nfoo,b300,none,80,60,4\nfoo,b300,mtp,95,90,2"),
        "a fraction of a token a second": rows("foo,b300,none,0.25,100,4\nfoo,b300,mtp,0.5,50,2"),
        "very fast and very slow": rows("foo,b300,none,1e-3,1e6,9\nfoo,b300,none,5000,1e-3,1\nfoo,b300,mtp,1,1e5,9\nfoo,b300,mtp,9000,2e-3,1"),
        "only Off, a curve": side("none", FALLING),
        "only MTP, a curve": side("mtp", FALLING),
        "only unknown, a curve": side("unknown", FALLING),
        "unknown beside Off": [*side("unknown", FALLING), *side("none", STEEP)],
        "unknown beside MTP and Off": [*side("unknown", FALLING), *both(FALLING, STEEP)],
    }  # fmt: skip


def _curves() -> dict[str, list[Row]]:
    """What curves may do: lie apart, be equal, tie, be flat, dominate each other."""
    up = [(x, 100 + x) for x, _ in FALLING]
    return {
        "no overlap, MTP faster": both([(x + 200, y) for x, y in FALLING], STEEP),
        "no overlap, MTP slower": both([(x / 20, y) for x, y in FALLING], STEEP),
        "overlap in one speed": both(((110, 90.5), (150, 40.25), (200, 3.5)), STEEP),
        "both sides equal": both(FALLING, FALLING),
        "level by less than the margin": both(scaled(FALLING, 1.04), FALLING),
        "better by exactly the margin": both(scaled(FALLING, 1.05), FALLING),
        "worse by exactly the margin": both(FALLING, scaled(FALLING, 1.05)),
        "Off dominates everywhere": both(STEEP, scaled(FALLING, 3)),
        "MTP dominates everywhere": both(scaled(FALLING, 3, 1.4), STEEP),
        "curves that cross": both(FALLING, ((35, 2000.5), (62, 650.25), (88, 30.5))),
        "equal speeds within a side": both((*FALLING, (60, 500.5), (60, 699.75)), (*STEEP, (55, 200.5))),
        "equal throughputs within a side": both(((40, 500.5), (60, 500.5), (90, 500.5), (120, 60)), STEEP),
        "flat throughput": both(((40, 500.5), (60, 500.25), (90, 500.125)), ((40, 100.5), (60, 100.25), (90, 100.125))),
        "quite flat throughput": both(((40, 500.5), (60, 500.5), (90, 500.5)), ((40, 100.5), (60, 100.5))),
        "throughput that only rises": both(up, up[:2]),
        "one run that dominates": both((*FALLING, (200, 5000.5)), STEEP),
        "neighbours nearly equal": both(((40, 900.5), (40.0000001, 900.4), (90, 20.5)), STEEP),
        "a cliff": both(((40, 90000.5), (41, 2.5), (90, 1.5)), STEEP),
        "a cost that is exactly that of A's first point": both(((50, 75), (70, 20.5)), ((40, 100), (80, 50))),
        "a cost that is exactly that of A's last point": both(((40, 300), (66, 62.5)), ((40, 100), (80, 50))),
        "forty points": both([(10 + 3 * i, 4000 / (1 + i)) for i in range(40)], [(9 + 4 * i, 3000 / (1 + i)) for i in range(30)]),
        "output that rises along the curve": [
            *[row | {"output_tok_s_gpu": 10 + 5 * i, "input_tok_s_gpu": row["total_tok_s_gpu"] - 10 - 5 * i} for i, row in enumerate(side("mtp", FALLING))],
            *side("none", STEEP),
        ],
    }  # fmt: skip


def _gaps() -> dict[str, list[Row]]:
    """What may be missing, or be many."""
    whole = both(FALLING, STEEP)
    some = [row | ({"output_tok_s_gpu": ""} if i == 1 else {}) for i, row in enumerate(whole)]
    held = [row | ({"concurrency": ""} if i in (0, 5) else {}) for i, row in enumerate(whole)]
    seconds = [row | {"ttft_median_s": 0.2 + 3 * i, "ttft_p99_s": 1 + 3 * i} for i, row in enumerate(whole)]
    engines = [
        *both(FALLING, STEEP, engine="vllm"),
        *both(scaled(FALLING, 1.3), scaled(STEEP, 0.7), engine="sglang"),
        *side("mtp", scaled(FALLING, 2)[:2], engine="trt"),
    ]
    return {
        "no token classes at all": lacking(whole, "output_tok_s_gpu", "input_tok_s_gpu"),
        "output only": lacking(whole, "input_tok_s_gpu"),
        "a class missing at one point": some,
        "no concurrency at all": lacking(whole, "concurrency"),
        "concurrency missing at some points": held,
        "no engine, no GPUs, no workload": lacking(whole, "engine", "gpus", "workload", "precision"),
        "nothing but the two figures": lacking(
            whole, "engine", "gpus", "workload", "precision", "concurrency", "output_tok_s_gpu", "input_tok_s_gpu"
        ),
        "first tokens of all lengths": seconds,
        "hardware without any rate": both(FALLING, STEEP, hardware="zx-9000"),
        "hardware without any rate beside one with": [*both(FALLING, STEEP, hardware="zx-9000"), *whole],
        "one hardware, two models": [*whole, *both(STEEP, FALLING, model="bar")],
        "two hardware, one model": [*whole, *both(STEEP, FALLING, hardware="h200")],
        "thirty models": [row for i in range(MODELS) for row in both(FALLING[i % 3 :], STEEP, model=f"model {i}")],
        "equal costs by different ways": [
            row
            for i, speeds in enumerate(((40, 80), (40, 60, 80), (40, 50, 70, 80), (40, 41, 43, 47, 80), (40, 79, 80)))
            for row in both([(x, 420 - 3.3 * x) for x in speeds], [(x, 150 - 1.1 * x) for x in speeds], model=f"model {i}")
        ],
        "two methods of speculation": [*side("eagle", scaled(FALLING, 1.2)), *whole],
        "five methods of speculation": [
            *(row for i, name in enumerate(("eagle", "draft-a", "draft-b", "draft-c")) for row in side(name, FALLING[i:])),
            *whole,
        ],
        "several workloads and precisions": [
            row
            for precision in ("fp4", "fp8", "w4a16")
            for workload in ("1k/1k", "8k/1k", "333/777")
            for row in both(FALLING, STEEP, precision=precision, workload=workload)
        ],
        "several engines": engines,
        "two speculative methods by two engines": [*engines, *side("eagle", FALLING, engine="vllm")],
        "very long labels": both(
            FALLING, STEEP, model=LONGEST_LABEL, hardware="y" * 300, engine="z" * 300, precision="p" * 300, parallelism="q" * 300
        ),
        "labels that are formulas": both(FALLING, STEEP, model="=1+1", hardware="-2+3", engine="@SUM(1)"),
        "repeats of one run": [*whole, *whole[:2]],
        "runs of two days": [*both(FALLING, STEEP, date="2026-01-05"), *both(scaled(FALLING, 1.1), STEEP, date="2026-06-05")],
        "failed requests": [row | {"completed": 90, "failed": 30} for row in whole],
        "disaggregated against aggregated": [*side("mtp", FALLING, serving="disaggregated"), *side("none", STEEP, serving="aggregated")],
    }  # fmt: skip


def _published() -> dict[str, list[Row]]:
    """Points of a published page, one of whose targets was used twice, or of which one side is missing."""

    def point(position: int, variant: str, speed: float, total: float, cost: float) -> Row:
        return {
            "model": "dsr1",
            "hardware": "b300",
            "precision": "fp4",
            "workload": "1024x1024",
            "variant": variant,
            "concurrency": 100,
            "interactivity_tok_s_user": speed,
            "total_tok_s_gpu": total,
            "published_page": "deepseek-r1-b300-fp4",
            "published_position": position,
            "published_cost_usd_per_mtok": cost,
            "published_throughput_tok_s_mw": 1000,
        }

    mtp = [point(1, "mtp", 59, 9810.7, 0.066), point(2, "mtp", 102, 2780.9, 0.234), point(3, "mtp", 145, 855.5, 0.76)]
    off = [point(1, "none", 59, 1349.4, 0.491), point(2, "none", 102, 460.7, 1.399), point(3, "none", 145, 100.5, 6.4)]
    twice = [row | {"interactivity_tok_s_user": 59} if row["published_position"] == 2 else row for row in (*mtp, *off)]
    return {
        "a published page": [*mtp, *off],
        "a published page with one target used twice": twice,
        "a published page of one point a side": [mtp[0], off[0]],
        "a published page without Off": mtp,
        "a published page without MTP": off,
        "a published page whose cost is at odds": [*mtp, *[row | {"published_cost_usd_per_mtok": 11.614} for row in off]],
        "published points beside measured ones": [*mtp, *off, *pair_rows(hardware="h200")],
    }  # fmt: skip


SMALL: dict[str, list[Row]] = {**_fewest(), **_curves(), **_gaps(), **_published()}
"""Every small data set by name."""
