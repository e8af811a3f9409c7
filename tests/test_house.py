"""The house: registries, aliases, published pages, and how a registry or a template that is wrong is refused."""

from __future__ import annotations

import csv
import re
import shutil
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specxl import house as house_module
from specxl.errors import TemplateError
from specxl.house import House, PublishedPage, data_file
from specxl.schema import workload_label

if TYPE_CHECKING:
    from pathlib import Path

HOUSE = House.load()
VARIANTS = ("mtp", "none")


@pytest.fixture
def copied_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the house read its data from a copy that a test may spoil."""
    package = tmp_path / "specxl"
    shutil.copytree(data_file(""), package / "_data")
    shutil.copytree(data_file("").parent / "templates", package / "_templates")
    monkeypatch.setattr(house_module, "_PACKAGE", package)
    return package / "_data"


# Names


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("b300", "b300"),
        ("B300", "b300"),
        (" MI355X ", "mi355x"),
        ("cluster:mi355x-amds", "mi355x"),
        ("b200-trt", "b200"),
        ("GB200 NVL72", "gb200"),
        ("gb200_nvl72", "gb200"),
        ("NVIDIA H100 80GB HBM3", "h100"),
        ("RTX PRO 6000", "rtx6000pro"),
        ("Gaudi25", "gaudi25"),
        ("rtx-9090", "rtx-9090"),
        ("TPU v7x", "tpuv7"),
        ("tpuv7-gke", "tpuv7"),
        ("TPU7x", "tpuv7"),
        ("Jalapeño", "jalapeno"),
        ("OpenAI Jalapeno", "jalapeno"),
        ("Vera Rubin", "vr200"),
        ("NVIDIA RTX PRO 6000", "rtx6000pro"),
        ("b2000", "b2000"),
    ],
)
def test_hardware_spellings(raw: str, key: str) -> None:
    """Registered hardware is found under every spelling, and unregistered hardware keeps its whole name."""
    assert HOUSE.resolve_hardware(raw) == key


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("dsr1", "dsr1"),
        ("DeepSeek R1", "dsr1"),
        ("deepseek-ai/DeepSeek-R1-0528", "dsr1"),
        ("nvidia/DeepSeek-R1-0528-FP4-V2", "dsr1"),
        ("amd/DeepSeek-R1-0528-MXFP4-Preview", "dsr1"),
        ("/mnt/models/deepseek-r1-0528-fp4-v2/", "dsr1"),
        ("openai/gpt-oss-120b", "gptoss120b"),
        ("meta-llama/Llama-3.3-70B-Instruct", "llama70b"),
        ("Qwen/Qwen3.5-397B-A17B-FP8", "qwen3.5"),
        ("amd/Kimi-K2.7-Code-MXFP4", "kimik2.7-code"),
        ("kimik2.7", "kimik2.7-code"),
        ("zai-org/GLM-5-FP8", "glm5"),
        ("GLM-5.1", "glm5.1"),
        ("zai-org/GLM-5.3-FP8", "glm5.3"),
        ("Qwen/Qwen3.8-Flash-Next", "qwen3.8next"),
        ("amd/Qwen3.8-Flash-Next-MXFP4", "qwen3.8next"),
        ("GLM 5/5.1", "glm5"),
        ("some-lab/Model-X-FP8", "some-lab/Model-X-FP8"),
        ("/home/someone/secret-project/Model-X", "Model-X"),
        ("fp8", "fp8"),
    ],
)
def test_model_spellings(raw: str, key: str) -> None:
    """A model is found by key, label, display name, hub id or path, and a path that means none shows its last part only."""
    assert HOUSE.resolve_model(raw) == key


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("SGLang", "sglang"),
        ("sglang-disagg", "mori-sglang"),
        ("atom-disagg", "mooncake-atom"),
        ("trtllm", "trt"),
        ("TensorRT-LLM", "trt"),
        ("dynamo-trtllm", "dynamo-trt"),
        ("My Engine", "my-engine"),
    ],
)
def test_engine_spellings(raw: str, key: str) -> None:
    """Engines are found under the names that the sources use, and an unknown one keeps its own."""
    assert HOUSE.resolve_engine(raw) == key


@pytest.mark.parametrize(
    ("raw", "key"), [("NVFP4", "fp4"), ("mxfp4", "fp4"), ("fp8block", "fp8"), ("bfloat16", "bf16"), ("W4A16", "w4a16")]
)
def test_precision_spellings(raw: str, key: str) -> None:
    """Formats of one width are one precision."""
    assert HOUSE.resolve_precision(raw) == key


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        (None, "unknown"),
        ("", "none"),
        ("none", "none"),
        ("Off", "none"),
        ("STP", "none"),
        ("false", "none"),
        ("on", "mtp"),
        ("MTP", "mtp"),
        ("nextn", "mtp"),
        ("EAGLE-3", "eagle3"),
        ("true", "other"),
        ("unknown", "unknown"),
        ("lookahead", "lookahead"),
    ],
)
def test_variant_spellings(raw: str | None, key: str) -> None:
    """Only a source that says so is Off: a method that is not stated is unknown."""
    assert HOUSE.resolve_variant(raw) == key


def test_labels() -> None:
    """Keys are shown as people write them, and unknown keys as they are."""
    assert [HOUSE.precision_label(key) for key in ("fp4", "w4a16")] == ["FP4", "W4A16"]
    assert [HOUSE.variant_label(key) for key in ("mtp", "none", "unknown", "lookahead")] == [
        "MTP",
        "Off",
        "Unknown",
        "lookahead",
    ]
    assert [HOUSE.engine_label(key) for key in ("dynamo-trt", "my-engine")] == ["Dynamo TensorRT-LLM", "my-engine"]
    assert [HOUSE.variant_kind(key) for key in ("none", "mtp", "unknown", "lookahead")] == [
        "baseline",
        "speculative",
        "unknown",
        "speculative",
    ]


def test_unknown_keys_build() -> None:
    """An unregistered key stands under its own name after everything registered."""
    hardware, model = HOUSE.hardware("tpu-v9"), HOUSE.model("lab/x")
    assert (hardware.label, hardware.known, hardware.order) == ("tpu-v9", False, len(HOUSE.hardware_keys()))
    assert (model.label, model.known, model.order) == ("lab/x", False, len(HOUSE.model_keys()))


def test_precision_order() -> None:
    """The precisions stand in the order in which METHOD 6 prefers them."""
    assert HOUSE.precision_keys()[:4] == ("fp4", "fp8", "bf16", "int4")


@given(st.text(max_size=60))
def test_resolving_is_total_and_stable(raw: str) -> None:
    """Whatever stands in a file resolves to one visible line, and resolving that again changes nothing."""
    for resolve in (HOUSE.resolve_hardware, HOUSE.resolve_model, HOUSE.resolve_engine, HOUSE.resolve_precision):
        once = resolve(raw)
        assert once
        assert once.isprintable()
        assert resolve(once) == once


@given(st.sampled_from([*HOUSE.hardware_keys()]), st.sampled_from([*HOUSE.model_keys()]))
def test_sheet_names_fit(hardware: str, model: str) -> None:
    """Every pair's name is a legal sheet name of two words, which no cell address is."""
    name = f"{HOUSE.model(model).short_label} {HOUSE.hardware(hardware).short_label}"
    assert len(name) <= 31
    assert re.fullmatch(r"[^\[\]:*?/\\']+ [^\[\]:*?/\\']+", name)


def test_sheet_names_differ() -> None:
    """No two pairs share a sheet name, not even by case."""
    for registry in (
        [HOUSE.hardware(key).short_label for key in HOUSE.hardware_keys()],
        [HOUSE.model(key).short_label for key in HOUSE.model_keys()],
    ):
        assert len({label.casefold() for label in registry}) == len(registry)


def test_display_names_reach_their_models() -> None:
    """Every registered model can be asked for, and some model answers to each display name itself."""
    names = {name: key for key in HOUSE.model_keys() for name in HOUSE.display_names(key)}
    assert all(HOUSE.display_names(key) for key in HOUSE.model_keys())
    assert all(name in HOUSE.display_names(HOUSE.resolve_model(name)) for name in names)
    assert HOUSE.display_names("lab/x") == ()


def test_the_house_cannot_be_changed() -> None:
    """What is loaded once is the same for every stage of a build."""
    assert isinstance(HOUSE.theme, MappingProxyType)
    with pytest.raises(TypeError, match="does not support item assignment"):
        HOUSE.pages["x"] = None  # type: ignore[index]
    with pytest.raises(AttributeError, match="cannot assign to field"):
        HOUSE.pages = {}  # type: ignore[misc]


# Published figures


def test_pages_refer_to_what_is_registered() -> None:
    """Pages, points and claims name registered models, hardware, precisions, variants and rate cards."""
    for page in HOUSE.pages.values():
        assert HOUSE.model(page.model).known
        assert HOUSE.hardware(page.hardware).known
        assert page.precision in HOUSE.precision_keys()
        assert page.rate_card in HOUSE.rate_card_names()
        assert [claim.position for claim in page.claims] == [1, 2, 3]
        assert {claim.cost_winner for claim in page.claims} <= set(VARIANTS)


def test_points_stand_at_the_targets_of_their_page() -> None:
    """Each page has one point per variant at each of its targets."""
    with data_file("published_points.csv").open(newline="") as file:
        points = list(csv.DictReader(file))
    assert len(points) == 30
    for page in HOUSE.pages.values():
        own = [point for point in points if point["published_page"] == page.id]
        assert [(float(p["interactivity_tok_s_user"]), p["variant"]) for p in own] == [
            (target, variant) for target in page.targets for variant in VARIANTS
        ]
        assert {(p["model"], p["hardware"], p["precision"], p["workload"]) for p in own} == {
            (page.model, page.hardware, page.precision, page.workload)
        }


FIGURE = re.compile(r"MTP:[~$]*([\d.]+)Off:[~$]*([\d.]+)")
CLAIM = re.compile(r"(MTP|Off) is (\d+)% cheaper per token; (MTP|Off) delivers (\d+)% more")
TITLE = re.compile(r"^.*: MTP vs Off Speculative Decoding$", re.MULTILINE)
SUBJECT = re.compile(r"Off on (.+) (FP\d) \((\w+) ([^)]+)\) running (.+?)\. Throughput")
WORKLOAD = re.compile(r"pinned (\w+/\w+)")
PAGE_FIGURES = (
    "total_tok_s_gpu",
    "published_cost_usd_per_mtok",
    "published_throughput_tok_s_mw",
    "concurrency",
)


class Printed(NamedTuple):
    """What one page prints, every number as its text: pairs of figures and winners with their percentages."""

    subject: tuple[str, ...]
    title: str
    targets: list[str]
    figures: list[tuple[str, str]]
    claims: list[tuple[str, str, str, str]]


def only(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    """Return the first match of a pattern that a page must have."""
    match = pattern.search(text)
    assert match
    return match


def printed_page(text: str) -> Printed:
    """Return what one published page prints."""
    hardware, precision, vendor, architecture, model = only(SUBJECT, text).groups()
    return Printed(
        subject=(model, hardware, precision, vendor, architecture, only(WORKLOAD, text)[1]),
        title=only(TITLE, text)[0],
        targets=re.findall(r"at (\d+) tok/s/user", text, re.IGNORECASE),
        figures=FIGURE.findall(text),
        claims=CLAIM.findall(text),
    )


def stored_page(page: PublishedPage) -> Printed:
    """Return the same from data/."""
    hardware = HOUSE.hardware(page.hardware)
    with data_file("published_points.csv").open(newline="") as file:
        points = [row for row in csv.DictReader(file) if row["published_page"] == page.id]
    return Printed(
        subject=(
            HOUSE.model(page.model).label,
            hardware.label,
            HOUSE.precision_label(page.precision),
            hardware.vendor,
            hardware.architecture,
            workload_label(page.workload),
        ),
        title=page.title,
        targets=[f"{target:g}" for target in page.targets],
        figures=[
            (points[at][figure], points[at + 1][figure]) for figure in PAGE_FIGURES for at in range(0, len(points), 2)
        ],
        claims=[
            (
                HOUSE.variant_label(claim.cost_winner),
                f"{claim.cost_percent:g}",
                HOUSE.variant_label(claim.throughput_winner),
                f"{claim.throughput_percent:g}",
            )
            for claim in page.claims
        ],
    )


def test_the_published_figures_are_those_printed(shared: Path) -> None:
    """All 120 figures and 30 percentages of the five pages stand in data/ digit by digit."""
    printed = [printed_page(path.read_text(encoding="utf-8")) for path in (shared / "seeds").glob("*.txt")]
    assert sum(2 * len(page.figures) for page in printed) == 120
    assert sum(2 * len(page.claims) for page in printed) == 30
    assert sorted(printed) == sorted(stored_page(page) for page in HOUSE.pages.values())


# Faults


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("hardware.csv", "h200,H200,H200,NVIDIA", "h200,H200,H200,", r"hardware.csv, row 3, field `vendor`: is empty"),
        ("hardware.csv", "h200,H200", "h100,H200", r"row 3, field `key`: 'h100' stands twice"),
        ("hardware.csv", ",vendor,", ",vender,", r"field `vender`: is not a column.*did you mean `vendor`\?"),
        ("hardware.csv", "label,short_label", "label,label", r"row 1, field `label`: stands twice"),
        ("hardware.csv", "VR200,VR200,NVIDIA", "VR200,VR/200,NVIDIA", r"field `short_label`: 'VR/200' cannot stand"),
        ("models.csv", "DS Coder V2 Lite", "DeepSeek Coder V2 Lite", r"row 19, field `short_label`: .* too long"),
        (
            "models.csv",
            "kimik2.7;Kimi",
            "glm-5;Kimi",
            r"row 15, field `.*label`: 'GLM 5' already means 'kimik2.7-code'",
        ),
        ("engines.csv", "vllm,vLLM,", "vllm,vLLM", r"engines.csv, row 3: has 2 fields where the header has 3"),
        ("engines.csv", "vllm,vLLM,", 'vllm,"vLLM,', r"engines.csv: is not a readable CSV"),
        (
            "variants.csv",
            "mtp,MTP,speculative",
            "mtp,MTP,fast",
            r"row 3, field `kind`: 'fast' is not known; allowed: base",
        ),
        ("variants.csv", "none,Off,baseline", "none,Off,unknown", r"field `kind`: needs exactly one baseline"),
        ("published_pages.csv", "59;102;144", "59;144;102", r"row 2, field `targets`: .* is not a rising list"),
        ("published_pages.csv", "59;102;144", "59;x;144", r"row 2, field `targets`: 'x' is not a number"),
        ("published_pages.csv", "59;102;144", "59;102", r"row 2, field `targets`: 2 targets but 3 claims"),
        ("published_claims.csv", "fp4,2,mtp,499", "fp4,3,mtp,499", r"row 3, field `position`: '3' is out of turn"),
        ("published_claims.csv", "2,mtp,499", "2,mtp,", r"row 3, field `cost_percent`: is empty"),
        ("published_claims.csv", "glm-5-b300-fp4,3", "glm-5,3", r"row 10, field `page`: 'glm-5' is not known"),
    ],
)
def test_a_wrong_registry_is_refused(copied_data: Path, file: str, old: str, new: str, message: str) -> None:
    """A registry that breaks its schema is refused with the file, the row and the field."""
    path = copied_data / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(TemplateError, match=message):
        House.load()


def test_a_missing_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package without its data says so instead of failing on the first file."""
    monkeypatch.setattr(house_module, "_PACKAGE", tmp_path / "a" / "b")
    with pytest.raises(TemplateError, match=r"data/: is not installed\. Install specxl again"):
        House.load()


# Templates


def test_a_template_is_replaced_by_name(tmp_path: Path) -> None:
    """A file in the user's folder replaces the one of the same name, and the others stay."""
    shipped = (data_file("").parent / "templates" / "theme.toml").read_text(encoding="utf-8")
    (tmp_path / "theme.toml").write_text(shipped + '\n[mine]\ncolours = ["a", "b"]\n', encoding="utf-8")
    loaded = House.load(tmp_path)
    assert loaded.theme["mine"]["colours"] == ("a", "b")
    assert set(loaded.texts) == set(HOUSE.texts)
    assert all(loaded.texts[stem] == HOUSE.texts[stem] for stem in HOUSE.texts if stem != "theme")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("them.toml", b"", r"them.toml: replaces no template.*did you mean `theme.toml`\?"),
        ("theme.toml", b"[a\n", r"theme.toml: is not TOML \(.*\)\. Correct the file"),
        ("theme.toml", b"a = " + b"[" * 5000, r"theme.toml: is not TOML"),
        ("theme.toml", b"\xff\xfe", r"theme.toml: is not UTF-8 text"),
        ("theme.toml", b"#" * 2_000_001, r"theme.toml: is too large"),
        ("notes.txt", b"", r"holds no template; allowed: .*theme.toml"),
    ],
)
def test_a_wrong_template_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """A template that replaces nothing or cannot be read is refused by name."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TemplateError, match=message):
        House.load(tmp_path)


def test_templates_need_a_folder(tmp_path: Path) -> None:
    """A path that is no folder is refused."""
    with pytest.raises(TemplateError, match=r"absent: is not a folder\. Name a folder"):
        House.load(tmp_path / "absent")
