"""Families of serving engines: which engines count as one, and how a list of families that is wrong is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from specxl.errors import TemplateError
from specxl.house import House
from specxl.house.families import family_of, read_families

if TYPE_CHECKING:
    from pathlib import Path

HOUSE = House.load()
HEADER = "family,label,engines_contain\n"


@pytest.mark.parametrize(
    ("engine", "family", "label"),
    [
        ("vllm", "vllm", "vLLM"),
        ("llmd-vllm", "vllm", "vLLM"),
        ("dynamo-vllm", "vllm", "vLLM"),
        ("sglang", "sglang", "SGLang"),
        ("mori-sglang", "sglang", "SGLang"),
        ("dynamo-sglang", "sglang", "SGLang"),
        ("trt", "trt", "TensorRT-LLM"),
        ("dynamo-trt", "trt", "TensorRT-LLM"),
        ("atom", "atom", "ATOM"),
        ("mooncake-atom", "atom", "ATOM"),
        ("tilert", "tilert", "TileRT"),
        ("home-grown", "home-grown", "home-grown"),
        ("vllm-ascend", "vllm", "vLLM"),
        ("unknown", "", ""),
        ("", "", ""),
        (" ", "", ""),
    ],
)
def test_the_family_of_an_engine(engine: str, family: str, label: str) -> None:
    """Engines of one family are one; an engine in none is its own, and one that is not stated has none."""
    assert HOUSE.engine_family(engine) == family
    assert HOUSE.family_label(family) == label


def test_every_registered_engine_has_a_label_for_its_family() -> None:
    """No registered engine falls into two families or into one without a label."""
    for engine in HOUSE.engine_keys():
        holding = [family for family in HOUSE._families if family.holds(engine)]
        assert len(holding) <= 1
        assert bool(HOUSE.family_label(HOUSE.engine_family(engine))) == (engine != "unknown")


def test_a_family_may_have_several_parts(tmp_path: Path) -> None:
    """An engine belongs to a family by any of its parts, in any spelling."""
    path = tmp_path / "families.csv"
    path.write_text(f"{HEADER}nv,NVIDIA stack,trt;Triton Server\nother,Other,sgl\n", encoding="utf-8")

    families = read_families(path)

    assert [family_of(engine, families) for engine in ("x-trt", "triton_server", "sglang", "vllm")] == [
        "nv",
        "nv",
        "other",
        "vllm",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{HEADER}vllm,vLLM,vllm\nvllm,vLLM 2,vllm2\n", r"f\.csv, row 3, field `family`: 'vllm' stands twice"),
        (f"{HEADER}vllm,vLLM,\n", r"f\.csv, row 2, field `engines_contain`: is empty; allowed: parts of the engines' keys"),
        (f"{HEADER}vllm,vLLM,;;\n", r"row 2, field `engines_contain`: is empty"),
        (f"{HEADER},vLLM,vllm\n", r"row 2, field `family`: is empty"),
        (f"{HEADER}vllm,,vllm\n", r"row 2, field `label`: is empty"),
        (f"{HEADER}a,A,llm\nb,B,vllm\n", r"row 3, field `engines_contain`: 'vllm' and 'llm' of 'a' would claim the same"),
        (f"{HEADER}a,A,vllm\nb,B,x;LLM\n", r"row 3, field `engines_contain`: 'llm' and 'vllm' of 'a' would claim"),
        ("family,label,engines\nvllm,vLLM,vllm\n", r"row 1, field `engines`: is not a column of this table"),
        ("family,label\nvllm,vLLM\n", r"row 1, field `engines_contain`: is missing"),
        (f"{HEADER}vllm,vLLM\n", r"f\.csv, row 2: has 2 fields where the header has 3"),
        ("", r"f\.csv: is empty; allowed: a header row with family, label, engines_contain"),
    ],
)  # fmt: skip
def test_a_wrong_list_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """A list of families that breaks its schema is refused with file, row and field."""
    path = tmp_path / "f.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(TemplateError, match=message):
        read_families(path)
