"""What a folder, a pattern or an archive holds besides results: left out by kind, while broken results stop the build."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest
from support.rows import api_row, write_json
from support.tables import pair_rows, write_table

import specxl
from specxl.errors import InputError
from specxl.reading.dataset import DatasetOptions, collect, load
from specxl.sources import content

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House
    from specxl.reading.dataset import Dataset

GOOD = [api_row(), api_row(conc=64)]
VLLM = {
    "date": "20260801-120000",
    "endpoint_type": "openai",
    "model_id": "glm5",
    "num_prompts": 40,
    "max_concurrency": 4,
    "completed": 40,
    "total_input_tokens": 40960,
    "total_output_tokens": 40960,
    "output_throughput": 400.0,
    "total_token_throughput": 800.0,
    "mean_tpot_ms": 10.0,
    "median_tpot_ms": 10.0,
}


def _ignored(dataset: Dataset) -> list[str]:
    return [str(notice) for notice in dataset.notices if notice.topic == "left out"]


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("server.log", b"[2026-08-01 12:00:00] INFO started\n[2026-08-01] ready\n", "text without a known header"),
        (
            "job.log",
            b'[rank0]: {"num_prompts": 3, "output_throughput": 4, "median_tpot_ms": 1}\n',
            "text without a known",
        ),
        ("run.ini", b"[server]\nport = 8000\n", "text without a known header"),
        ("template.txt", b"{{ model }} on {{ gpus }} GPUs\n", "text without a known header"),
        ("notes.md", b"# Notes\nGood, and bad\n", "text without a known header"),
        ("latin.txt", "Grüße aus Köln\n".encode("latin-1"), "text without a known header"),
        ("empty.json", b"[]", "JSON without results"),
        ("meta.json", b'{"author": "me", "tags": ["a"]}', "JSON without results"),
        ("requests.jsonl", b'{"id": 1, "text": "x"}\n{"id": 2, "text": "y"}\n', "JSON without results"),
        ("numbers.json", b"[1, 2, 3]", "JSON without results"),
        ("twice.json", b'{"a": 1, "a": 2}', "text without a known header"),
        ("deep.json", b"[" * 200_000 + b"]" * 200_000, "text without a known header"),
        ("plot.png", b"\x89PNG\r\n\x1a\n\0\0\0", "no text"),
        ("done", b"", "an empty file"),
        ("blank.csv", b" \n\n", "an empty file"),
        ("llmperf.json", b'{"results_inter_token_latency_s_mean": 1}', "LLMPerf summary"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "workbook of the old .xls form"),
    ],
)
@pytest.mark.parametrize("place", ["folder", "pattern", "archive"])
def test_a_stray_is_left_out_with_a_notice(
    tmp_path: Path, house: House, place: str, name: str, data: bytes, kind: str
) -> None:
    """Whatever it is, the results beside it are read, and the notice names the file and says what it is."""
    runs = tmp_path / "runs"
    runs.mkdir()
    write_json(runs / "answer.json", GOOD)
    (runs / name).write_bytes(data)
    with zipfile.ZipFile(tmp_path / "runs.zip", "w") as archive:
        for file in sorted(runs.iterdir()):
            archive.write(file, file.name)
    given = {"folder": runs, "pattern": str(runs / "*"), "archive": tmp_path / "runs.zip"}[place]

    dataset = load([given], house)

    assert len(dataset.measurements) == 2
    assert len(_ignored(dataset)) == 1
    assert name in _ignored(dataset)[0]
    assert kind in _ignored(dataset)[0]


def test_one_notice_a_kind_names_the_files(tmp_path: Path, house: House) -> None:
    """Twenty logs, three pictures and two JSON files make three notices, however many files there are."""
    write_json(tmp_path / "answer.json", GOOD)
    for number in range(20):
        (tmp_path / f"s{number:02}.log").write_text("[INFO] ready\n")
    for number in range(3):
        (tmp_path / f"p{number}.png").write_bytes(b"\x89PNG\0")
        write_json(tmp_path / f"meta{number}.json", {"id": number})

    notices = _ignored(load([tmp_path], house))

    assert len(notices) == 3
    by_first = {notice.partition(":")[0].rpartition("/")[2]: notice for notice in notices}
    assert by_first["p0.png"].endswith(f"and 2 more with it: {tmp_path.name}/p1.png, {tmp_path.name}/p2.png")
    assert by_first["s00.log"].endswith("s12.log and 7 more")
    assert "meta2.json" in by_first["meta0.json"]


def test_case_folder_with_log(shared: Path, house: House) -> None:
    """A log that begins with "[" beside two results."""
    settings = ("hardware=h200", "gpus=8", "precision=fp8")

    dataset = load([shared / "data/cases/folder_with_log"], house, DatasetOptions(settings=settings))

    points = sorted((m.interactivity_tok_s_user, m.total_tok_s_gpu) for m in dataset.measurements)
    assert points == [pytest.approx((50, 198.2575), rel=1e-6), pytest.approx((1000 / 12, 82.0775874), rel=1e-6)]
    assert len(_ignored(dataset)) == 1
    assert _ignored(dataset)[0].startswith("folder_with_log/server.log: ")


WHOLE = json.dumps([VLLM, VLLM | {"max_concurrency": 8}])
BROKEN = {
    "cut in the first row": WHOLE[:120],
    "cut in the last row": WHOLE[:-30],
    "cut within a text": WHOLE[: WHOLE.index("openai") + 3],
    "conflict within": WHOLE.replace("}, {", "},\n<<<<<<< HEAD\n{"),
    "conflict at the start": "<<<<<<< HEAD\n" + WHOLE + "\n=======\n[]\n>>>>>>> x\n",
    "a comma too many": WHOLE.replace('"date"', ',"date"', 1),
    "a key twice": WHOLE.replace('"failed"', '"completed"').replace('"completed"', '"completed": 1, "completed"', 1),
    "bare words": WHOLE.replace("800.0", "eight hundred"),
    "cut API answer": json.dumps(GOOD)[:20],
    "CSV with a conflict": "model,hardware,interactivity_tok_s_user,total_tok_s_gpu\n<<<<<<< HEAD\nm,b200,5,6\n",
    "CSV with open quotes": 'model,hardware,interactivity_tok_s_user,total_tok_s_gpu\n"m,b200,5,6\n',
    "cut UTF-16": WHOLE[:-30].encode("utf-16"),
    "not UTF-8": "model,hardware,interactivity_tok_s_user,total_tok_s_gpu\nmödell,b200,5,6\n".encode("latin-1"),
}


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_broken_result_stops_and_names_the_option(tmp_path: Path, house: House, name: str) -> None:
    """Leaving out a result could change what the workbook says: the build stops, and says how to go on."""
    data = BROKEN[name]
    write_json(tmp_path / "answer.json", GOOD)
    (tmp_path / "broken.json").write_bytes(data if isinstance(data, bytes) else data.encode())

    with pytest.raises(InputError, match=r"/broken\.json.*\. --skip-bad leaves such files out$"):
        load([tmp_path], house)

    dataset = load([tmp_path], house, DatasetOptions(skip_bad=True))
    assert len(dataset.measurements) == 2
    skipped = [str(notice) for notice in dataset.notices if notice.topic == "skipped"]
    assert len(skipped) == 1
    assert "broken.json" in skipped[0]


def test_a_stray_that_the_user_names_stops(tmp_path: Path, house: House) -> None:
    """Who names a log as an input hears that it is none; among several inputs --skip-bad is the way out."""
    (tmp_path / "a.log").write_text("[INFO] ready\n")
    good = write_json(tmp_path / "a.json", GOOD)

    with pytest.raises(InputError, match=r"a\.log: broken JSON at line 1, column 2 \(Expecting value\).*cut off$"):
        load([tmp_path / "a.log"], house)
    with pytest.raises(InputError, match=r"--skip-bad leaves such files out"):
        load([good, tmp_path / "a.log"], house)


def test_a_folder_of_strays_alone_says_what_came_nearest(tmp_path: Path, house: House) -> None:
    """When nothing can be read, the message is that of the file that shows most of a format."""
    (tmp_path / "a.log").write_text("[INFO] ready\n")
    write_json(tmp_path / "b.json", {"id": 3})
    write_json(tmp_path / "c.json", {key: VLLM[key] for key in ("num_prompts", "output_throughput", "endpoint_type")})

    with pytest.raises(
        InputError, match=r"/c\.json: .*nearest to a vLLM bench serve result, which also needs `median_tpot"
    ):
        load([tmp_path], house)

    dataset = collect([tmp_path], house, DatasetOptions(skip_bad=True))
    assert len(_ignored(dataset)) == 3


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"hardware": "h200", "framework": "vllm", "spec_method": "none"}, "an InferenceX API answer, which also needs `metrics`"),
        ({"hw": "b200", "spec_decoding": "none"}, "an InferenceX CI aggregate, which also needs `conc`, `tput_per_gpu` or"),
        ({"random_input_len": 3, "server_info": {}}, "an SGLang bench_serving result, which also needs `total_output_tokens_ret"),
        ({"request_throughput": 3.0, "inter_token_latency": 1}, "an AIPerf or GenAI-Perf export, which also needs `request_lat"),
        ({"world_info": {}, "request_info": {}}, "a trtllm-bench report, which also needs `engine`, `performance`"),
        ({"load_summary": {}, "prompt_len": 3}, "an inference-perf stage report, which also needs `successes`, `failures`"),
        ({"benchmarks": [], "guidellm_version": "0.9"}, "a GuideLLM report, whose keys stand in another place"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_nearest_format(
    tmp_path: Path, house: House, keys: dict[str, object], message: str
) -> None:
    """One format and what it would need, instead of a list of all."""
    path = write_json(tmp_path / "a.json", keys)

    with pytest.raises(InputError) as caught:
        load([path], house)

    assert f"it comes nearest to {message}" in str(caught.value)
    assert "allowed:" not in str(caught.value)


def test_a_table_with_other_names_is_told_which_it_needs(tmp_path: Path, house: House) -> None:
    """Somebody's own column names are not quoted, but what a table would need is said."""
    (tmp_path / "a.csv").write_text("GPU type,LLM,Users,TPS per user,TPS\nH200,x,4,50,100\n")

    needed = "a tidy table needs the columns `model`, `hardware`, `total_tok_s_gpu`, `interactivity_tok_s_user`"
    with pytest.raises(InputError, match=f"a.csv: no reader recognises the file: .*; {needed}\\. docs"):
        load([tmp_path / "a.csv"], house)


@pytest.mark.parametrize(
    "text",
    ["password: hunter2\nSECRET\n", "SECRET,SECRET2\n1,2\n", "export TOKEN=SECRET\n", "SECRET;model\n", "{SECRET}"],
)
def test_an_unknown_text_is_not_quoted(tmp_path: Path, house: House, text: str) -> None:
    """The first line of an unknown file may be anything: nothing of it is printed unless it is a header that is known."""
    (tmp_path / "a.txt").write_text(text)

    with pytest.raises(InputError) as caught:
        load([tmp_path / "a.txt"], house)

    assert "hunter2" not in str(caught.value)
    assert "SECRET" not in str(caught.value) or "model" in text


def test_too_large_a_stray_is_left_out_and_too_large_a_result_stops(
    tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Raw requests beside the results may be huge; they are told from results by their first bytes alone."""
    write_json(tmp_path / "answer.json", [api_row()])
    monkeypatch.setattr(content, "MAX_FILE_BYTES", 4096)
    monkeypatch.setattr(content, "START_BYTES", 1024)
    (tmp_path / "requests.json").write_text("[" + ",".join(['{"prompt": "x", "end_time": 1}'] * 500) + "]")

    dataset = load([tmp_path], house)
    assert len(dataset.measurements) == 1
    assert "requests.json: this is too large to be read, and shows no results at its start" in _ignored(dataset)[0]

    (tmp_path / "runs.json").write_text(json.dumps([VLLM] * 20))
    with pytest.raises(InputError, match=r"runs\.json: the file is too large; allowed: at most 4096 bytes"):
        load([tmp_path], house)


@pytest.mark.parametrize("resaved", [False, True])
def test_a_workbook_of_specxl_is_no_input(tmp_path: Path, house: House, *, resaved: bool) -> None:
    """In a folder it is passed over like a hidden file, so that a second build gives the same; named, it is refused."""
    write_json(tmp_path / "answer.json", GOOD)
    book = openpyxl.Workbook()
    book.custom_doc_props.append(openpyxl.packaging.custom.StringProperty(name="specxl root digest", value="ab" * 16))
    book.save(tmp_path / "out.xlsx")
    if resaved:
        again = openpyxl.load_workbook(tmp_path / "out.xlsx")
        again.create_sheet("Notes")
        again.save(tmp_path / "out.xlsx")

    dataset = load([tmp_path], house)
    assert len(dataset.files) == 1
    assert _ignored(dataset) == []

    with pytest.raises(InputError, match="this is a workbook that specxl wrote: it holds results, not measurements"):
        load([tmp_path / "out.xlsx"], house)


def test_building_into_the_input_folder_twice_gives_the_same(tmp_path: Path) -> None:
    """The workbook of the first build is no input of the second, and nothing in the second tells of it."""
    write_table(tmp_path / "t.csv", pair_rows())

    first = specxl.build([tmp_path], tmp_path / "out.xlsx").path.read_bytes()
    second = specxl.build([tmp_path], tmp_path / "out.xlsx").path.read_bytes()

    assert first == second
