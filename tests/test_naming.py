"""Names of models, engines, workloads and images: hub caches, paths, spellings, and nothing that should stay private."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.rows import api_row, load_rows
from support.tables import write_table

from specxl.labels import bare_image, bare_name
from specxl.reading.dataset import load

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House

HASH = "8a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b"
SECRETS = ("alice", "corp", "hunter2", "sk-live", "fileserver", "10.0.0.7")


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        (f"/home/alice/.cache/huggingface/hub/models--openai--gpt-oss-120b/snapshots/{HASH}", "gptoss120b"),
        (f"/home/alice/.cache/huggingface/hub/models--openai--gpt-oss-120b/snapshots/{HASH}/", "gptoss120b"),
        (f"C:\\Users\\alice\\hub\\models--openai--gpt-oss-120b\\snapshots\\{HASH}", "gptoss120b"),
        ("/models/openai--gpt-oss-120b", "gptoss120b"),
        ("openai--gpt-oss-120b", "gptoss120b"),
        ("https://huggingface.co/openai/gpt-oss-120b/tree/main", "gptoss120b"),
        (f"/data/gpt-oss-120b/snapshots/{HASH}", "gptoss120b"),
        (f"models--nvidia--DeepSeek-R1-0528-FP4-V2/snapshots/{HASH}", "dsr1"),
        (f"/hub/models--acme--Foo-7B/snapshots/{HASH}", "acme/Foo-7B"),
        ("/mnt/acme--Foo-7B/", "acme/Foo-7B"),
        (f"/mnt/Foo-7B/{HASH}", "Foo-7B"),
        ("models--foo", "foo"),
        ("acme/Foo-7B", "acme/Foo-7B"),
        ("s3://bucket/alice/Foo-7B/", "Foo-7B"),
        ("\\\\fileserver\\share\\Foo-7B", "Foo-7B"),
        ("Foo-7B?token=hunter2", "Foo-7B"),
        ("https://alice:hunter2@corp:8000/v1/Foo-7B?x=1", "Foo-7B"),
        ("Foo-7B --api-key sk-live", "Foo-7B"),
        ("acme/Foo-7B -H token", "acme/Foo-7B"),
        ("/" + "deep/" * 60 + "Foo-7B", "Foo-7B"),
        ("/", "unknown"),
        ("openai/gpt-oss-120b@main", "gptoss120b"),
        ("gpt-oss-120b:latest", "gptoss120b"),
        ("openai__gpt-oss-120b", "gptoss120b"),
        ("draft_gpt-oss-120b", "draft_gpt-oss-120b"),
        ("/cache/hub/models--nim--openai--gpt-oss-120b/snapshots/hf-4f2c", "gptoss120b"),
        ("/models/deepseek-ai/DeepSeek-R1-0528/fp4", "dsr1"),
        ("/models/DeepSeek-R1-0528-NVFP4/main", "dsr1"),
        ("/models/DeepSeek-R1-0528/v1/original", "dsr1"),
        ("RedHatAI/Llama-3.3-70B-Instruct-quantized.w8a8", "llama70b"),
        ("casperhansen/llama-3.3-70b-instruct-awq", "llama70b"),
        ("acme/Foo-7B@main", "acme/Foo-7B@main"),
        ("DeepSeek-R1-0528-Distill-Foo-7B", "DeepSeek-R1-0528-Distill-Foo-7B"),
        ("acme/DeepSeek-R1-0528-Qwen3-8B", "acme/DeepSeek-R1-0528-Qwen3-8B"),
        ("/data/DeepSeek-R1-0528/runs/2026/Foo-7B", "Foo-7B"),
        ("/data/DeepSeek-R1-0528/Foo-7B", "Foo-7B"),
    ],
)
def test_models_are_found_behind_paths_and_addresses(house: House, raw: str, key: str) -> None:
    """A hub's cache, a path or an address is the model that it holds; of an unknown one the last part is left."""
    assert house.resolve_model(raw) == key


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("chat", "chat"),
        ("RAG/long", "RAG/long"),
        ("1-512 x 1-1024 uniform", "1-512 x 1-1024 uniform"),
        ("ch?t", "ch?t"),
        ("a=b", "a=b"),
        ("/home/alice/ShareGPT_V3.json", "ShareGPT_V3.json"),
        ("..\\data\\prompts.jsonl", "prompts.jsonl"),
        ("http://10.0.0.7:8000/v1?key=sk-live", "v1"),
        ("vllm serve --api-key sk-live", "vllm serve"),
        ("vllm TOKEN=hunter2 serve", "vllm"),
        ("", ""),
        (None, ""),
    ],
)
def test_harmless_part_of_a_name(raw: str | None, shown: str) -> None:
    """Paths, addresses, query strings and options are cut, names as people write them are not."""
    assert bare_name(raw) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("lmsysorg/sglang:v0.5.12", "lmsysorg/sglang:v0.5.12"),
        ("ghcr.io/org/engine:1", "ghcr.io/org/engine:1"),
        ("nvcr.io/nvidia/tritonserver:26.01", "nvcr.io/nvidia/tritonserver:26.01"),
        ("registry.corp.example:5000/team/engine:1", "team/engine:1"),
        ("localhost/engine:1", "engine:1"),
        ("docker://alice:hunter2@10.0.0.7/engine:1?token=sk-live", "engine:1"),
        ("engine:1 --env KEY=hunter2", "engine:1"),
        ("#REF!", "#REF!"),
    ],
)
def test_image_without_private_registries(raw: str, shown: str) -> None:
    """Public registries stay; a private host, its users and query strings do not."""
    assert bare_image(raw) == shown


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "C:\\Users\\alice\\m"},
        {"model": "\\\\fileserver\\corp\\m"},
        {"model": "m?token=hunter2"},
        {"model": "m --api-key sk-live"},
        {"framework": "/home/alice/vllm"},
        {"framework": "http://10.0.0.7:8000/vllm?key=hunter2"},
        {"image": "registry.corp.example/team/img:1?token=hunter2"},
        {"run_url": "https://github.com/o/r/actions/runs/1?token=hunter2"},
        {"hardware": "/home/alice/h200"},
        {"precision": "fp8 --key sk-live"},
        {"spec_method": "mtp?token=hunter2"},
        {"error": "failed for user alice at corp with sk-live"},
    ],
)
def test_nothing_private_comes_out_of_a_row(tmp_path: Path, house: House, changes: dict[str, Any]) -> None:
    """No field of a measurement and no notice holds more than the harmless part of a name."""
    dataset = load_rows(tmp_path, house, api_row(conc=2), api_row(**changes))

    told = repr(dataset.measurements) + repr(dataset.notices)
    assert not [secret for secret in SECRETS if secret in told]


def test_spellings_of_an_unregistered_model_are_one_model(tmp_path: Path, house: House) -> None:
    """Case, spaces, hyphens and underscores make no other model; the first spelling is shown."""
    names = ["acme/My_Model-7B", "acme/my-model-7b", "ACME/My Model 7B", "acme/my-model-7.5b"]
    row = {"hardware": "h200", "variant": "none", "workload": "1k/1k", "gpus": 8, "date": "2026-05-05"}
    row |= {"interactivity_tok_s_user": 50, "total_tok_s_gpu": 90, "precision": "fp8", "engine": "vllm"}
    rows = [row | {"model": name, "concurrency": n} for n, name in enumerate(names, 1)]

    dataset = load([write_table(tmp_path / "t.csv", rows)], house)

    assert [m.model for m in dataset.measurements] == ["acme/My_Model-7B"] * 3 + ["acme/my-model-7.5b"]


@pytest.mark.parametrize("given", ["my model 7b", "MY_MODEL-7B", "my-model-7b"])
def test_filter_takes_any_spelling(tmp_path: Path, house: House, given: str) -> None:
    """A filter finds an unregistered model under other spellings of its name."""
    rows = api_row(model="My_Model 7B"), api_row(model="other", conc=16)

    dataset = load_rows(tmp_path, house, *rows, models=(given,))

    assert [m.model for m in dataset.measurements] == ["My_Model 7B"]
