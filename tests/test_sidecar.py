"""What files do not say: sidecars, settings, patterns, precedence and conflicts."""

from __future__ import annotations

import hashlib
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from support.rows import api_row, write_json

from specxl.errors import InputError, OptionError
from specxl.method import curves
from specxl.method.catalogue import BEST, build_catalogue
from specxl.reading.dataset import Dataset, DatasetOptions, load

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House

VLLM: dict[str, Any] = {
    "date": "20260601-120000",
    "model_id": "served-alias",
    "num_prompts": 40,
    "completed": 40,
    "request_rate": "inf",
    "max_concurrency": 4,
    "total_input_tokens": 36864,
    "total_output_tokens": 36864,
    "output_throughput": 400.0,
    "total_token_throughput": 800.0,
    "median_tpot_ms": 10.0,
}


def _folder(tmp_path: Path, sidecar: str = "", *names: str) -> Path:
    folder = tmp_path / "runs"
    folder.mkdir()
    for place, name in enumerate(names or ("mtp_c4.json",)):
        (folder / name).parent.mkdir(exist_ok=True)
        write_json(folder / name, VLLM | {"max_concurrency": 4 + place})
    (folder / "specxl.toml").write_text(sidecar)
    return folder


def _load(folder: Path, house: House, *settings: str) -> Dataset:
    return load([folder], house, DatasetOptions(settings=settings))


def test_sidecar_fills_what_the_file_leaves_open(tmp_path: Path, house: House) -> None:
    """Defaults and a matching entry together make a usable row; the served alias gives way to the model's name."""
    sidecar = """
        [defaults]
        gpus = 8
        hardware = "B200"
        precision = "nvfp4"
        model = "glm5"
        isl = 1024
        osl = 1024
        run_url = "https://github.com/o/r/actions/runs/1"
        serving = "aggregated"
        [[files]]
        match = "mtp_*"
        spec_method = "mtp"
        [[files]]
        match = "off_*"
        variant = false
    """

    dataset = _load(_folder(tmp_path, sidecar, "mtp_c4.json", "off_c4.json"), house)

    rows = dataset.measurements
    assert [(m.variant, m.gpus, m.hardware, m.precision, m.model, m.workload) for m in rows] == [
        ("mtp", 8, "b200", "fp4", "glm5", "1024x1024"),
        ("none", 8, "b200", "fp4", "glm5", "1024x1024"),
    ]
    assert (rows[0].run_url, rows[0].serving) == ("https://github.com/o/r/actions/runs/1", "aggregated")
    assert not [n for n in dataset.notices if n.topic == "missing"]


def test_near_sidecars_and_settings_take_precedence(tmp_path: Path, house: House) -> None:
    """A setting replaces a near sidecar, which replaces a far one; each for the key it names."""
    folder = _folder(tmp_path, '[defaults]\ngpus = 8\nhardware = "h100"\nprecision = "fp8"\n', "deep/a.json")
    (folder / "deep" / "specxl.toml").write_text('[defaults]\nhardware = "h200"\nprecision = "bf16"\n')

    row = _load(folder, house, "precision=int4").measurements[0]

    assert (row.gpus, row.hardware, row.precision) == (8, "h200", "int4")


def test_sidecar_beside_and_inside_an_archive(tmp_path: Path, house: House) -> None:
    """A sidecar speaks for an archive beside it, one inside for the files beside it there."""
    folder = _folder(tmp_path, '[defaults]\nhardware = "h200"\n')
    (folder / "mtp_c4.json").unlink()
    with zipfile.ZipFile(folder / "runs.zip", "w") as archive:
        archive.write(write_json(tmp_path / "x.json", VLLM), "four/a.json")
        archive.write(write_json(tmp_path / "x.json", VLLM | {"max_concurrency": 8}), "eight/a.json")
        archive.writestr("four/specxl.toml", "[defaults]\ngpus = 4\n")
        archive.writestr("eight/specxl.toml", "[defaults]\ngpus = 8\n")

    rows = load([folder / "runs.zip"], house).measurements

    assert [(m.source_file, m.gpus, m.hardware) for m in rows] == [
        ("runs.zip!eight/a.json", 8, "h200"),
        ("runs.zip!four/a.json", 4, "h200"),
    ]


@pytest.mark.parametrize("pattern", ["mtp_*", "*/mtp_c4.json", "mtp_c4.json", "run=*", "*"])
def test_patterns_fit_names_and_paths(tmp_path: Path, house: House, pattern: str) -> None:
    """A pattern may hold the name, a path, or an equals sign."""
    folder = _folder(tmp_path, "", "mtp_c4.json" if pattern != "run=*" else "run=0.json")

    row = _load(folder, house, f"{pattern}:gpus=2", "hardware=h100").measurements[0]

    assert row.gpus == 2


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("gpu=8", r"--set `gpu=8` is not of the form \[GLOB:\]key=value; allowed keys: model, .*did you mean `gpus`"),
        ("gpus", "--set `gpus` is not of the form"),
        ("gpus=", "--set `gpus=` is not of the form"),
        ("other*:gpus=8", r"--set other\*:gpus=8: the pattern fits no file; the files are runs/mtp_c4\.json"),
    ],
)
def test_wrong_settings_are_misuse(tmp_path: Path, house: House, setting: str, message: str) -> None:
    """A setting of another form, with an unknown key or a pattern without a file, says what is allowed."""
    with pytest.raises(OptionError, match=message):
        _load(_folder(tmp_path), house, setting)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("gpus=eight", "--set gpus=eight: `eight` is no count above zero"),
        ("gpus=0", "`0` is no count above zero"),
        ("gpus=2.5", r"`2\.5` is no count above zero"),
        ("date=01.06.2026", r"`01\.06\.2026` is no date; allowed: YYYY-MM-DD"),
        ("serving=mixed", "`mixed` is no serving mode; allowed: aggregated, disaggregated"),
        ("isl=4096", r"field `isl`: the file says `a mean of 921\.6` but --set isl=4096 says `4096`"),
        ("concurrency=9", "field `concurrency`: the file says `4` but --set concurrency=9 says `9`"),
        ("date=2026-06-02", "field `date`: the file says `2026-06-01` but --set date=2026-06-02"),
    ],
)
def test_wrong_and_contradicting_values_are_named(tmp_path: Path, house: House, setting: str, message: str) -> None:
    """A value of the wrong kind, or one that the file contradicts, is an error that names both."""
    with pytest.raises(InputError, match=message):
        _load(_folder(tmp_path), house, setting, "hardware=h100")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gpus = = 8", "the sidecar is no TOML"),
        ("[default]\ngpus = 8", r"field `default`: the key means nothing here \(did you mean `defaults`\?\)"),
        ("[defaults]\ngpu = 8", r"field `gpu`: the key means nothing here \(did you mean `gpus`\?\); allowed: model"),
        ("[[files]]\ngpus = 8", r"field `files\[1\]\.match`: the entry has no pattern"),
        ("defaults = 3", "`defaults` must be a table"),
        ("[defaults]\ngpus = [8]", r"specxl\.toml defaults\.gpus: the value is neither text nor a number"),
        ("[defaults]\nconcurrency = 64", r"says `4` but .*specxl\.toml defaults\.concurrency says `64`"),
    ],
)
def test_wrong_sidecars_are_named(tmp_path: Path, house: House, text: str, message: str) -> None:
    """TOML errors, unknown keys, missing patterns and conflicts name the sidecar and the key."""
    with pytest.raises(InputError, match=message):
        _load(_folder(tmp_path, text), house, "hardware=h100", "gpus=8")


def test_equal_values_are_welcome(tmp_path: Path, house: House) -> None:
    """A sidecar that repeats the file in other words is no conflict."""
    write_json(tmp_path / "rows.json", [api_row()])

    settings = (
        "hardware=H200",
        "model=DeepSeek R1",
        "variant=off",
        "isl=1024",
        "date=2026-06-02",
        "precision=FP8",
        "gpus=8",
    )
    assert load([tmp_path / "rows.json"], house, DatasetOptions(settings=settings)).measurements[0].usable


def test_real_pair_with_a_sidecar(shared: Path, tmp_path: Path, house: House) -> None:
    """The real vLLM pair beside a sidecar: MTP is faster at concurrency 1 and 4, slower at 16, and behind at all three."""
    for path in (shared / "data/samples/vllm/dsv4flash_mtp_on_off").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "specxl.toml").write_text(
        '[defaults]\nmodel = "dsv4"\nhardware = "h200"\nprecision = "int4"\ngpus = 4\n'
        '[[files]]\nmatch = "*_mtp_*"\nvariant = "mtp"\n[[files]]\nmatch = "*_nomtp_*"\nvariant = "none"\n'
    )

    rows = {(m.variant, m.concurrency): m for m in load([tmp_path], house).measurements}

    faster = {c: rows["mtp", c].interactivity_tok_s_user > rows["none", c].interactivity_tok_s_user for c in (1, 4, 16)}
    behind = {c: rows["mtp", c].total_tok_s_gpu < rows["none", c].total_tok_s_gpu for c in (1, 4, 16)}
    assert faster == {1: True, 4: True, 16: False}
    assert behind == {1: True, 4: True, 16: True}


@pytest.mark.parametrize(("target", "share"), [(77, 0.3955), (89, 0.5911), (100, 0.9017)])
def test_real_pair_reads_as_expected(shared: Path, house: House, target: float, share: float) -> None:
    """At matched interactivity MTP gives this share of Off's throughput, whatever the number of GPUs."""
    given = ("gpus=4", "hardware=h200", "model=dsv4", "precision=int4", "*_mtp_*:variant=mtp", "*_nomtp_*:variant=none")
    dataset = load([shared / "data/samples/vllm/dsv4flash_mtp_on_off"], house, DatasetOptions(settings=given))

    fits = {c.key.variant: c.fit for c in build_catalogue(dataset.measurements, house).curves if c.key.scope == BEST}

    on, off = (curves.read(fits[variant], target).total for variant in ("mtp", "none"))
    assert on / off == pytest.approx(share, abs=5e-5)


@pytest.mark.parametrize(
    ("settings", "stated", "noted"),
    [
        (("gpus=8", "hardware=b200"), ("gpus", "hardware"), True),
        (("gpus=8", "hardware=b200", "variant=mtp", "engine=sglang"), ("engine", "gpus", "hardware", "variant"), True),
        (
            ("precision=fp8", "date=2026-06-01", "run_url=https://github.com/o/r/actions/runs/1"),
            ("precision", "run_url"),
            False,
        ),
        (("serving=aggregated", "configuration=patched"), ("configuration", "serving"), False),
        (("engine=vllm", "concurrency=4"), (), False),
    ],
)
def test_what_was_stated_by_hand_is_remembered(
    tmp_path: Path, house: House, settings: tuple[str, ...], stated: tuple[str, ...], *, noted: bool
) -> None:
    """A row names the fields that the user filled; what the file says itself is not among them. Deciding ones are noted."""
    row = VLLM | ({} if noted else {"gpus": "8", "hardware": "b200", "spec": "none"})

    dataset = load([write_json(tmp_path / "a.json", row)], house, DatasetOptions(settings=settings))

    assert dataset.measurements[0].stated == stated
    assert ("note:stated_by_hand" in dataset.measurements[0].findings) is noted


def test_statements_are_listed_with_their_place_and_digest(tmp_path: Path, house: House) -> None:
    """A data set lists every value that was given: by which sidecar or setting, for which files, and its digest."""
    sidecar = '[defaults]\r\ngpus = 8\r\n[[files]]\r\nmatch = "mtp_*"\r\nvariant = "mtp"\r\n'
    folder = _folder(tmp_path, "", "mtp_c4.json", "off_c4.json")
    (folder / "specxl.toml").write_bytes(sidecar.encode())

    statements = _load(folder, house, "hardware=b200", "off_*:variant=none").statements

    file = hashlib.sha256(sidecar.encode()).hexdigest()
    assert [(s.source, s.match, s.field, s.value, s.sha256) for s in statements] == [
        ("runs/specxl.toml", "*", "gpus", "8", file),
        ("runs/specxl.toml", "mtp_*", "variant", "mtp", file),
        ("--set", "*", "hardware", "b200", hashlib.sha256(b"hardware=b200").hexdigest()),
        ("--set", "off_*", "variant", "none", hashlib.sha256(b"off_*:variant=none").hexdigest()),
    ]


def test_statements_of_an_archive_and_of_nobody(tmp_path: Path, house: House) -> None:
    """A sidecar inside an archive is named by its place there; without statements the list is empty."""
    with zipfile.ZipFile(tmp_path / "runs.zip", "w") as archive:
        archive.writestr("deep/specxl.toml", '[defaults]\ngpus = 8\nhardware = "b200"\n')
        archive.writestr("deep/a.json", json.dumps(VLLM))
    write_json(tmp_path / "rows.json", [api_row()])

    listed = load([tmp_path / "runs.zip"], house).statements
    assert {s.source for s in listed} == {"runs.zip!deep/specxl.toml"}
    assert load([tmp_path / "rows.json"], house).statements == ()


def test_load_and_draft_tokens_can_be_stated(tmp_path: Path, house: House) -> None:
    """Request rate, draft tokens and the words of a configuration part what the files leave alike."""
    folder = _folder(tmp_path, "", "a.json", "b.json", "c.json")
    for place, name in enumerate("abc"):
        change = {"max_concurrency": None, "request_rate": None, "median_tpot_ms": 10.0 + place}
        write_json(folder / f"{name}.json", VLLM | change)
    given = ("gpus=8", "hardware=b200", "request_rate=0.5", "variant=mtp", "b*:draft_tokens=3", "c*:draft_tokens=5")

    rows = _load(folder, house, *given).measurements

    assert [(m.usable, m.configuration) for m in rows] == [
        (True, "0.5 requests/s"),
        (True, "3 draft tokens, 0.5 requests/s"),
        (True, "5 draft tokens, 0.5 requests/s"),
    ]
    with pytest.raises(InputError, match=r"`2\.5` is no count above zero"):
        _load(folder, house, "draft_tokens=2.5", "gpus=8", "hardware=b200")
