"""Scores of evaluations: how they are read, which configuration they belong to, which are low, and what a build shows."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from support.rows import api_metrics, api_row, write_json

import specxl
from specxl.errors import InputError, TemplateError
from specxl.house.evaluations import EvaluationRule, read_evaluation_rule
from specxl.reading.dataset import Dataset, DatasetOptions, load
from specxl.reading.scores import LOW_SCORE

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House

RUN = "https://github.com/SemiAnalysisAI/InferenceX/actions/runs/25356359090"
SIZES = (
    "is_multinode", "prefill_tp", "prefill_ep", "prefill_dp_attention", "prefill_num_workers", "decode_tp", "decode_ep",
    "decode_dp_attention", "decode_num_workers",
)  # fmt: skip
PEERS = ("b200", "b300", "gb200", "mi355x", "h100")


def score(value: float | None, se: float | str | None = 0.0066, **changes: object) -> dict[str, Any]:
    """Return a row of /evaluations as the API gives it, of the configuration of `api_row`."""
    row = api_row()
    named = {key: row[key] for key in ("hardware", "framework", "model", "precision", "spec_method", *SIZES)}
    metrics = {"n_eff": 1319, "em_strict": value, "em_strict_se": se, "em_flexible": 0.5, "em_flexible_se": 0.1}
    told = {"task": "gsm8k", "date": "2026-06-03", "conc": 64, "timestamp": "2026-06-03T03:31:54Z", "run_url": RUN}
    return named | {"disagg": True} | told | {"metrics": metrics} | changes


def peers(value: float = 0.94, **changes: object) -> list[dict[str, Any]]:
    """Return scores of the model on five other GPUs, about `value`."""
    return [score(value + 0.001 * (n - 2), hardware=gpu, **changes) for n, gpu in enumerate(PEERS)]


def read(folder: Path, house: House, *scores: dict[str, Any], as_of: dt.date | None = None) -> Dataset:
    """Read one row of benchmarks beside an answer of scores."""
    paths = [write_json(folder / "rows.json", [api_row()]), write_json(folder / "scores.json", list(scores))]
    return load(paths, house, DatasetOptions(as_of=as_of))


def said(dataset: Dataset) -> list[str]:
    """Return what the notices say of scores."""
    return [str(notice) for notice in dataset.notices if notice.topic == "score"]


def test_a_score_far_under_the_others_is_told(tmp_path: Path, house: House) -> None:
    """It stands beside its peers' median on the row, is a caution, and a notice says both figures; nothing else changes."""
    dataset = read(tmp_path, house, score(0.61), *peers())
    plain = load([tmp_path / "rows.json"], house)

    (m,), (alone,) = dataset.measurements, plain.measurements
    (held,) = m.scores
    assert (held.task, held.score, held.peers, held.median, held.low) == ("gsm8k", 0.61, 5, 0.94, True)
    assert (held.standard_error, held.date, held.run_url) == (0.0066, dt.date(2026, 6, 3), RUN)
    assert m.findings == (*alone.findings, LOW_SCORE)
    assert (m.total_tok_s_gpu, m.interactivity_tok_s_user, m.usable) == (200.0, 100.0, True)
    assert said(dataset) == [
        "scores.json: dsr1, h200, sglang, fp8, none: gsm8k 0.61 against a median of 0.94 of 5 other configurations: ask before using"
    ]
    assert dataset.as_of == plain.as_of


@pytest.mark.parametrize(
    ("value", "se", "others", "low"),
    [
        (0.909, 0.005, 5, True),
        (0.911, 0.005, 5, False),  # more than three errors, no three points
        (0.91, 0.005, 5, False),  # exactly three points
        (0.86, 0.03, 5, False),  # eight points, no three errors
        (0.61, 0.03, 3, True),
        (0.61, 0.03, 2, False),  # too few to say
        (0.0, 0.0, 5, True),
        (0.61, "N/A", 5, True),
        (0.61, None, 5, True),
        (0.99, 0.001, 5, False),
    ],
)
def test_what_is_clearly_under(
    tmp_path: Path,
    house: House,
    value: float,
    se: float | str | None,
    others: int,
    low: bool,  # noqa: FBT001
) -> None:
    """More than three standard errors and three points under the median of at least three others."""
    (m,) = read(tmp_path, house, score(value, se), *peers()[:others][:: 1 if others == 5 else -1]).measurements

    assert m.scores[0].low == low
    assert (LOW_SCORE in m.findings) == low


def test_an_error_that_is_not_stated_follows_from_the_samples(tmp_path: Path, house: House) -> None:
    """That of a share: 0.5 of 101 samples is known to 0.05."""
    metrics = {"accuracy": 0.5, "n_eff": 101}
    (m,) = read(tmp_path, house, score(0, metrics=metrics)).measurements

    assert m.scores[0].standard_error == pytest.approx(0.05)
    assert (m.scores[0].peers, m.scores[0].median, m.scores[0].low) == (0, None, False)


def test_the_newest_run_counts_and_of_it_the_lowest(tmp_path: Path, house: House) -> None:
    """Older runs do not matter, later attempts of a day do, and one load that fails is enough."""
    older, early = score(0.2, date="2026-05-01"), score(0.3, timestamp="2026-06-03T01:00:00Z")
    dataset = read(tmp_path, house, score(0.95, conc=8), older, score(0.93, conc=512), early)

    assert [s.score for s in dataset.measurements[0].scores] == [0.93]
    late = read(tmp_path, house, score(0.95, date="2026-06-30"), score(0.9), as_of=dt.date(2026, 6, 10))
    assert [s.score for s in late.measurements[0].scores] == [0.9]


@pytest.mark.parametrize(
    "changes",
    [
        {"hardware": "b200"},
        {"framework": "vllm"},
        {"precision": "fp4"},
        {"spec_method": "mtp"},
        {"model": "dsv4"},
        {"prefill_tp": 4, "decode_tp": 4},
        {"prefill_ep": 8, "decode_ep": 8},
        {"prefill_dp_attention": True, "decode_dp_attention": True},
    ],
)
def test_a_score_is_of_one_configuration(tmp_path: Path, house: House, changes: dict[str, Any]) -> None:
    """One of another GPU, engine, precision, method, model or size is not the row's, and a notice says that none is."""
    dataset = read(tmp_path, house, score(0.9, **changes))

    assert dataset.measurements[0].scores == ()
    assert said(dataset) == ["scores.json: no score is of a configuration that was measured"]


@pytest.mark.parametrize(
    "changes",
    [
        {"conc": None},
        {"hardware": "NVIDIA H200", "framework": "SGLang", "precision": "FP8", "model": "DeepSeek-R1-0528"},
        {"prefill_tp": None},
        {"prefill_tp": None, "decode_tp": None},
        {"disagg": None},
    ],
)
def test_a_score_is_matched_by_what_it_states(tmp_path: Path, house: House, changes: dict[str, Any]) -> None:
    """Other spellings, and sizes that an older answer leaves out, do not part a score from its configuration."""
    assert [s.score for s in read(tmp_path, house, score(0.9, **changes)).measurements[0].scores] == [0.9]


def test_sizes_of_one_stack_are_no_peers(tmp_path: Path, house: House) -> None:
    """A fault of an engine shows at every size: such scores do not vouch for each other."""
    same = [score(0.5, prefill_tp=n, decode_tp=n) for n in (1, 2, 4)]
    (m,) = read(tmp_path, house, score(0.5), *same, *peers()[:3]).measurements

    assert (m.scores[0].peers, m.scores[0].low) == (3, True)


def test_other_tasks_and_ways_of_judging_are_apart(tmp_path: Path, house: House) -> None:
    """Each task has its own median; the score that stands lowest against its own comes first."""
    hard = [score(0.7, task="gpqa"), *peers(0.72, task="gpqa")]
    loose = score(0, hardware="h100", metrics={"em_flexible": 0.2, "em_flexible_se": 0.01})
    (m,) = read(tmp_path, house, score(0.6), *peers()[:4], loose, *hard).measurements

    assert [(s.task, s.peers, s.low) for s in m.scores] == [("gsm8k", 4, True), ("gpqa", 5, False)]


def test_scores_of_the_command_and_of_ci_are_read(tmp_path: Path, house: House) -> None:
    """The file that `specxl fetch` writes, JSON lines, and CI aggregates hold the same."""
    row = write_json(tmp_path / "rows.json", [api_row()])
    fetched = write_json(tmp_path / "fetched.json", {"fetched_at": "2026-06-04", "rows": [score(0.9)]})
    lines = tmp_path / "lines.json"
    lines.write_text("".join(json.dumps(s) + "\n" for s in (score(0.9), score(0.8, task="gpqa"))))
    ci = {
        "is_multinode": False, "model_prefix": "dsr1", "model": "deepseek-ai/DeepSeek-R1-0528", "hw": "H200", "framework": "sglang",
        "precision": "fp8", "spec_decoding": "none", "isl": 1024, "osl": 1024, "tp": 8, "ep": 1, "conc": 64, "dp_attention": "false",
        "task": "gsm8k", "em_strict": 0.9, "em_strict_se": 0.008, "score": 0.9, "score_name": "em_strict", "score_se": 0.008,
    }  # fmt: skip
    agg = write_json(tmp_path / "agg_eval.json", [ci])

    found = [load([row, path], house).measurements[0].scores for path in (fetched, lines, agg)]
    assert [[(s.task, s.score) for s in scores] for scores in found] == [
        [("gsm8k", 0.9)], [("gpqa", 0.8), ("gsm8k", 0.9)], [("gsm8k", 0.9)],
    ]  # fmt: skip


@pytest.mark.parametrize("value", [None, "", "high", 94.1, -0.1, float("nan"), True, [0.9]])
def test_what_is_no_share_is_told(tmp_path: Path, house: House, value: Any) -> None:  # noqa: ANN401
    """A score that is missing, a per cent figure or no number is not used, and is counted in a notice."""
    dataset = read(tmp_path, house, score(0, metrics={"em_strict": value}))

    assert dataset.measurements[0].scores == ()
    assert said(dataset)[0].startswith("scores.json, row 1: 1 scores not used: they name no")


def test_scores_alone_make_no_workbook(tmp_path: Path, house: House) -> None:
    """Without a row of benchmarks the message says what the file is."""
    with pytest.raises(InputError, match="the inputs hold no measurement, only scores of evaluations"):
        load([write_json(tmp_path / "scores.json", [score(0.9)])], house)


def test_own_runs_have_own_scores(tmp_path: Path, house: House) -> None:
    """A score of an official run says nothing of one's own, unless its file carries the same label."""
    paths = [write_json(tmp_path / "own.json", [api_row()]), write_json(tmp_path / "scores.json", [score(0.9)])]

    apart = load(paths, house, DatasetOptions(labels=("own.json=Ours",)))
    together = load(paths, house, DatasetOptions(labels=("*.json=Ours",)))

    assert [len(d.measurements[0].scores) for d in (apart, together)] == [0, 1]


def test_the_rule_is_one_line(tmp_path: Path, house: House) -> None:
    """Three errors, three points, three peers; a table with another number of lines, or a bound that is none, is refused."""
    assert house.evaluation_rule == EvaluationRule(3, 3, 3)
    table = tmp_path / "evaluation_rule.csv"
    for lines in ("", "3,3,3\n3,3,3\n", "3,,3\n", "3,x,3\n"):
        table.write_text("standard_errors,points,peers\n" + lines)
        with pytest.raises(TemplateError, match=r"evaluation_rule\.csv"):
            read_evaluation_rule(table)


def pair_rows() -> list[dict[str, Any]]:
    """Return three rows of Off and three of MTP."""
    loads = ((8, 100.0, 200.0), (4, 130.0, 90.0), (2, 150.0, 40.0))
    return [
        api_row(conc=c, spec_method=variant, metrics=api_metrics(s * gain, t, c))
        for variant, gain in (("none", 1.0), ("mtp", 1.2))
        for c, s, t in loads
    ]


def cells(path: Path, *sheets: str) -> list[list[list[object]]]:
    """Return the cells of sheets that hold anything, row by row."""
    book = openpyxl.load_workbook(path, data_only=True, read_only=True)
    rows = (book[sheet].iter_rows(values_only=True) for sheet in sheets)
    return [[[cell for cell in row if cell not in (None, "")] for row in each] for each in rows]


def test_a_build_shows_scores_and_leaves_every_figure(tmp_path: Path) -> None:
    """Words under the evidence and on Measurements, a caution on Results; figures are those of a build without scores."""
    rows = write_json(tmp_path / "rows.json", pair_rows())
    scores = write_json(tmp_path / "scores.json", [score(0.61, spec_method="mtp"), *peers()])
    path, plain = tmp_path / "scored.xlsx", tmp_path / "plain.xlsx"

    scored, bare = specxl.build([rows, scores], path).results(), specxl.build([rows], plain).results()

    words = "gsm8k 0.61 against a median of 0.94 of 5 other configurations: ask before using"
    assert list(scored["flags"]) == [flags.replace("random", "low score, random") for flags in bare["flags"]]
    assert set(scored["worst_flag"]) == {"caution"}
    assert scored.drop(columns=["flags", "worst_flag"]).equals(bare.drop(columns=["flags", "worst_flag"]))
    pair, table, summary = cells(path, "DeepSeek R1 H200", "Measurements", "Summary")
    assert sum(words in row for row in pair) >= 2
    assert any(row[-1:] == ["not evaluated"] for row in pair)
    measured = next(row for row in table if words in row)
    assert measured[measured.index(words) + 1 :][:5] == ["gsm8k", 0.61, 0.0066, 0.94, 5]
    assert any(row[:2] == ["low score", "caution"] for row in summary)
    shown = [
        str(cell)
        for each in cells(plain, "DeepSeek R1 H200", "Measurements", "Summary")
        for row in each
        for cell in row
    ]
    assert not [text for text in shown if "valuat" in text or "low score" in text]


def test_scores_that_match_nothing_change_no_row(tmp_path: Path, house: House) -> None:
    """Without a score on any row the measurements are those of a load without scores, so no cell can differ."""
    rows = write_json(tmp_path / "rows.json", pair_rows())
    scores = write_json(tmp_path / "scores.json", [score(0.9, model="glm5")])

    beside, alone = load([rows, scores], house), load([rows], house)

    assert beside.measurements == alone.measurements
    assert (beside.as_of, beside.attribution) == (alone.as_of, alone.attribution)
