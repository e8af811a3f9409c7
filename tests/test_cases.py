"""The small cases of the shared folder that concern reading: each gives the values worked out by hand beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from specxl.method import curves
from specxl.method.catalogue import BEST, CatalogueCurve, build_catalogue
from specxl.reading.dataset import Dataset, DatasetOptions, load
from specxl.reading.suggestion import suggest_sidecar

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House

CLIENT = ("hardware=h200", "gpus=4", "precision=fp8", "variant=none", "engine=vllm")


@pytest.fixture(scope="module")
def cases(shared: Path) -> Path:
    """Return the folder of cases; skips the test where it is not there."""
    folder = shared / "data/cases"
    if not folder.is_dir():
        pytest.skip("the folder ../shared/data/cases is not there")
    return folder


def _load(case: Path, house: House, *settings: str, **options: object) -> Dataset:
    return load([case], house, DatasetOptions(settings=settings, **options))


def _points(dataset: Dataset) -> list[tuple[float, float]]:
    """Return the usable points, rounded to what the cases' list states."""
    rows = [m for m in dataset.measurements if m.usable]
    return [(round(m.interactivity_tok_s_user or 0, 4), round(m.total_tok_s_gpu or 0, 4)) for m in rows]


def _curves(dataset: Dataset, house: House) -> dict[str, CatalogueCurve]:
    """Return the pooled curves by variant."""
    return {c.key.variant: c for c in build_catalogue(dataset.measurements, house).curves if c.key.scope == BEST}


def _knots(curve: CatalogueCurve) -> list[tuple[float, float]]:
    return [(round(m.interactivity_tok_s_user or 0, 3), round(m.total_tok_s_gpu or 0, 3)) for m in curve.knots]


def test_one_point_a_side(cases: Path, house: House) -> None:
    """Each side is a curve of one knot, and nothing is said against it."""
    dataset = _load(cases / "one_off_one_mtp.csv", house)

    assert _points(dataset) == [(50, 1000), (80, 900)]
    assert {v: _knots(c) for v, c in _curves(dataset, house).items()} == {"none": [(50, 1000)], "mtp": [(80, 900)]}
    assert not dataset.notices


def test_agentic_rows_of_the_second_version(cases: Path, house: House) -> None:
    """Latencies at the top level give 1 / p90."""
    rows = _load(cases / "agg_agentic_v2.json", house).measurements

    found = [(m.interactivity_tok_s_user, m.total_tok_s_gpu, m.output_tok_s_gpu, m.concurrency, m.gpus) for m in rows]
    assert found == [(12.5, 5027.5, 27.5, 16, 4), (25, 2265, 15, 4, 4)]
    assert not any(m.suspect for m in rows)


def test_agentic_row_on_shared_gpus(cases: Path, house: House) -> None:
    """Tensor and expert parallel on the same four GPUs."""
    row = _load(cases / "agg_agentic_tep4.json", house).measurements[0]

    assert (row.total_tok_s_gpu, row.gpus) == (30250 / 4, 4)
    assert row.interactivity_tok_s_user == pytest.approx(1 / 0.074, rel=1e-12)


def test_full_response_latency_of_the_api(cases: Path, house: House) -> None:
    """The full-response ITL gives the speed, and the published speed agrees."""
    rows = _load(cases / "api_agentic_full_response.json", house).measurements

    assert [(m.interactivity_tok_s_user, m.findings) for m in rows] == [(25, ()), (12.5, ())]


def test_history_of_two_runs(cases: Path, house: House) -> None:
    """Off is its newest run alone; at 85 tok/s/user it gives 220 + 25/60 * 880, and MTP 1.8446 times as much."""
    found = _curves(_load(cases / "history_two_runs.json", house), house)

    off, on = (curves.read(found[v].fit, 85).total or 0 for v in ("none", "mtp"))
    assert _knots(found["none"]) == [(50, 1100), (110, 220)]
    assert off == pytest.approx(220 + 25 / 60 * 880)
    assert on / off == pytest.approx(1.8446, abs=5e-5)


def test_history_with_a_stalled_run(cases: Path, house: House) -> None:
    """Medians suffice to see that row 6 does not hold its requests; rows 1 to 5 are sound."""
    rows = _load(cases / "history_stuck_run.json", house).measurements

    assert [m.suspect for m in rows] == [False] * 5 + [True]
    assert rows[5].findings == ("suspect:littles_law",)


def test_newer_answer_inherits_rows(cases: Path, house: House) -> None:
    """What the newer of two answers shows is current, whatever its run."""
    for inputs in ([cases / "two_answers"], sorted((cases / "two_answers").iterdir(), reverse=True)):
        dataset = load(inputs, house)
        assert sorted(_points(dataset)) == [(60, 1200), (80, 900), (100, 500), (120, 300)]


def test_two_recipes_at_one_concurrency(cases: Path, house: House) -> None:
    """All three points stay."""
    assert _points(_load(cases / "recipe_fingerprint.json", house)) == [(80, 900), (95, 850), (120, 300)]


def test_study_of_draft_lengths(cases: Path, house: House) -> None:
    """The best of 1, 3 and 7 draft tokens is the frontier; at 70 tok/s/user it gives at least 2.778 times Off."""
    found = _curves(_load(cases / "vllm_draft_lengths.jsonl", house), house)

    assert _knots(found["eagle3"]) == [(90.909, 357.636), (166.667, 162.85)]
    assert {m.configuration for m in found["eagle3"].points} == {"1 draft token", "3 draft tokens", "7 draft tokens"}
    off = curves.read(found["none"].fit, 70).total or 0
    assert off == pytest.approx(128.748, abs=5e-4)
    assert (curves.read(found["eagle3"].fit, 70).total or 0) / off == pytest.approx(2.778, abs=5e-4)


def test_sweep_of_a_server_option(cases: Path, house: House) -> None:
    """Three repeats of each setting give their median."""
    dataset = _load(cases / "vllm_sweep_max_num_seqs.json", house)

    assert _points(dataset) == [(98.0392, 1540.6315), (70.922, 1120.3271), (166.6667, 328.3104)]
    assert [(m.configuration, m.repeats) for m in dataset.measurements if m.usable] == [
        ("max_num_seqs 64", 3),
        ("max_num_seqs 256", 3),
        ("max_num_seqs 64", 1),
    ]


def test_model_paths(cases: Path, house: House) -> None:
    """A hub's cache, a folder named after it and the id are one model, and one comparison."""
    dataset = _load(cases / "vllm_hub_path.jsonl", house)

    assert {m.model for m in dataset.measurements} == {"llama70b"}
    assert [x for x, _ in _points(dataset)] == [50, 83.3333, 83.3333, 142.8571]
    assert len(build_catalogue(dataset.measurements, house).comparisons) == 1


def test_request_rates(cases: Path, house: House) -> None:
    """Different rates are different loads; no gain is claimed across them."""
    dataset = _load(cases / "vllm_rate_rows.jsonl", house)

    assert _points(dataset) == [(5, 5.5278), (1.1111, 1.2284), (2.5, 2.7772)]
    assert not [m for m in dataset.measurements if m.findings]


def test_output_that_stopped_early(cases: Path, house: House) -> None:
    """The speed contradicts the latency of whole requests, and the workload's name the measured length."""
    rows = _load(cases / "sglang_early_stop_tpot.jsonl", house, "hardware=h200", "date=2026-09-01").measurements

    assert [{"suspect:latency", "suspect:lengths"} <= set(m.findings) for m in rows] == [True, True]
    assert [round(m.interactivity_tok_s_user or 0, 3) for m in rows] == [250.735, 179.097]


def test_milliseconds_under_seconds(cases: Path, house: House) -> None:
    """The rows are read in milliseconds, with a word."""
    dataset = _load(cases / "tidy_tpot_in_ms.csv", house)

    assert [round(x, 2) for x, _ in _points(dataset)] == [65.79, 35.59, 102.04, 41.49]
    assert [n.topic for n in dataset.notices if n.topic == "unit"] == ["unit"]


def test_two_exports_of_one_run(cases: Path, house: House) -> None:
    """One measurement, whose run calls itself invalid."""
    dataset = _load(cases / "aiperf_pair", house, *CLIENT, "*csv:model=qwen3.5")

    row = next(m for m in dataset.measurements if m.usable)
    assert _points(dataset) == [(13.5135, 7562.5)]
    assert (row.concurrency, row.workload) == (16, "agentic-coding")
    assert "note:submission_invalid" in row.findings
    assert any(n.topic == "invalid" for n in dataset.notices)


def test_suggestion_from_folder_names(cases: Path, tmp_path: Path, house: House) -> None:
    """The suggestion tells both files apart by their paths, and fills what the folders' names state."""
    folder = cases / "suggest_folder_names"
    for path in folder.rglob("*.json"):
        copy = tmp_path / path.relative_to(folder)
        copy.parent.mkdir()
        copy.write_bytes(path.read_bytes())
    (tmp_path / "specxl.toml").write_text(suggest_sidecar([folder], house))

    rows = load([tmp_path], house).measurements

    assert [(m.hardware, m.precision, m.variant, m.gpus) for m in rows] == [
        ("h200", "fp8", "none", 4),
        ("h200", "fp8", "none", 8),
    ]


@pytest.mark.parametrize("case", ["edge_same_x", "edge_overshoot", "edge_no_overlap"])
def test_awkward_curves_are_read_whole(cases: Path, house: House, case: str) -> None:
    """Nothing of the awkward curves is set aside, repeated or doubted."""
    dataset = _load(cases / f"{case}.csv", house)

    assert all(m.usable and not m.findings for m in dataset.measurements)
    assert not dataset.notices
