"""Which curves exist, which are compared, what a sheet opens on and how it is called: METHOD 1, 2, 6 and 7 by hand."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.tables import pair_rows, write_table

from specxl.house import House, data_file
from specxl.method.catalogue import BEST, build_catalogue
from specxl.reading.dataset import load
from specxl.sheets.frame import FIXED_NAMES
from specxl.sheets.pair.selection import distinct
from specxl.sheets.plan import mint_sheet_names

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from specxl.method.catalogue import Catalogue, Comparison

Knots = tuple[tuple[float, float], ...]
MANY: Knots = ((20, 500), (40, 400), (60, 300), (80, 200), (100, 100))
THREE: Knots = ((20, 500), (60, 300), (100, 100))
FAR: Knots = ((200, 50), (240, 30), (280, 10))
HOUSE = House.load()


def rows(knots: Knots, variant: str, **facts: object) -> list[dict[str, Any]]:
    """Return the rows of one curve through these points."""
    first = pair_rows([variant], **facts)[0]
    return [
        first | {"concurrency": n, "interactivity_tok_s_user": x, "total_tok_s_gpu": y}
        for n, (x, y) in enumerate(knots, 1)
    ]


def both(knots: Knots, other: Knots | None = None, **facts: object) -> list[dict[str, Any]]:
    """Return the rows of a combination with both variants."""
    return [*rows(knots, "mtp", **facts), *rows(other or knots, "none", **facts)]


@pytest.fixture
def catalogue(tmp_path: Path, house: House) -> Callable[..., Catalogue]:
    """Return a function that builds the catalogue of hand-made rows."""

    def build(*groups: list[dict[str, Any]]) -> Catalogue:
        table = write_table(tmp_path / "t.csv", [row for group in groups for row in group])
        return build_catalogue(load([table], house).measurements, house)

    return build


def shown(comparison: Comparison) -> tuple[str, str, str]:
    """What tells the comparisons of a pair apart."""
    return comparison.precision, comparison.workload, comparison.variant_a


# --- canonical combination and targets (METHOD 6) ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (both(THREE, precision="int4", workload="1k/8k"), rows(MANY, "mtp", precision="fp4")),
        (both(THREE, precision="int4"), both(MANY, FAR, precision="fp4")),
        (both(MANY, precision="int4"), both(THREE, precision="fp4")),
        (both(THREE, precision="fp4", workload="1k/8k"), both(THREE, precision="fp8")),
        (both(THREE, precision="fp8", workload="1k/8k"), both(THREE, precision="bf16")),
        (both(THREE, precision="bf16", workload="1k/8k"), both(THREE, precision="int4")),
        (both(THREE, precision="int4", workload="1k/8k"), both(THREE, precision="w4a16")),
        (both(THREE, workload="1k/1k"), both(THREE, workload="8k/1k")),
        (both(THREE, workload="8k/1k"), both(THREE, workload="1k/8k")),
        (both(THREE, workload="1k/8k"), both(THREE, workload="chat")),
    ],
    ids=["both variants", "overlap", "knots", "fp4", "fp8", "bf16", "int4", "1k/1k", "8k/1k", "1k/8k"],
)
@pytest.mark.parametrize("reverse", [False, True])
def test_a_sheet_opens_on_the_canonical_combination(
    catalogue: Callable[..., Catalogue],
    better: list[dict[str, Any]],
    worse: list[dict[str, Any]],
    reverse: bool,  # noqa: FBT001
) -> None:
    """Each rule of METHOD 6 decides where all before it tie, in whatever order the rows come."""
    (pair,) = catalogue(*((worse, better) if reverse else (better, worse))).pairs

    wanted = better[0]
    assert len(pair.comparisons) == 2
    assert pair.canonical.precision == wanted["precision"]
    assert pair.canonical.label.split(", ")[1] == wanted["workload"]


def test_knots_count_and_other_points_do_not(catalogue: Callable[..., Catalogue]) -> None:
    """Points off the frontier do not make a combination preferable."""
    padded = (*THREE, (30, 10), (50, 10), (70, 10))

    (pair,) = catalogue(both(padded, precision="fp8"), both(THREE, precision="fp4")).pairs

    assert pair.canonical.precision == "fp4"


@pytest.mark.parametrize(
    ("a", "b", "targets"),
    [
        (MANY, MANY, (40, 60, 80)),
        (MANY, ((50, 300), (70, 200)), (55, 60, 65)),
        (MANY, ((60.2, 300), (60.4, 200), (60.6, 100)), (60.3, 60.4, 60.5)),
        (MANY, FAR, (85, 150, 215)),
        (MANY, None, (40, 60, 80)),
        (None, FAR, (220, 240, 260)),
        (MANY, ((100, 90), (200, 60)), (100, 150, 175)),
        (((33.3, 9),), ((33.3, 8),), (33.3, 33.3, 33.3)),
        ((*THREE, (140, 1)), ((*THREE, (180, 1))), (50, 80, 110)),
    ],
    ids=["same", "overlap", "decimals", "apart", "only A", "only B", "touching", "one point", "wide"],
)
def test_default_targets_divide_the_overlap(
    catalogue: Callable[..., Catalogue], a: Knots | None, b: Knots | None, targets: tuple[float, ...]
) -> None:
    """25, 50 and 75 % of the overlap, or of the union where there is none, rounded as METHOD 6 says."""
    (pair,) = catalogue(rows(a, "mtp") if a else [], rows(b, "none") if b else []).pairs

    assert pair.canonical.targets == targets


def test_default_targets_rest_on_all_valid_points(catalogue: Callable[..., Catalogue]) -> None:
    """A point off the frontier widens the range of the targets, but not the measured range."""
    with_slow = (*THREE, (10, 5))

    (pair,) = catalogue(both(with_slow)).pairs

    assert pair.canonical.a
    assert pair.canonical.a.full_range == (10, 100)
    assert pair.canonical.a.measured_range == (20, 100)
    assert pair.canonical.targets == (33, 55, 78)


def test_published_comparisons_keep_their_page_s_targets(house: House) -> None:
    """The bundled points open on their page, at the three targets that it prints; 60 is common to them."""
    found = build_catalogue(load([data_file("published_points.csv")], house).measurements, house)

    assert len(found.pairs) == 5
    assert found.common_target == 60
    for pair in found.pairs:
        assert pair.canonical.page
        assert pair.canonical.targets == tuple(pair.canonical.page.targets)


# --- curves and comparisons -------------------------------------------------------------------------------------------


def test_every_combination_is_compared_method_by_method(catalogue: Callable[..., Catalogue]) -> None:
    """Combinations come in order of precision, workload and method, numbered through; a method is named only where several are."""
    found = catalogue(
        both(THREE, precision="fp8"),
        rows(MANY, "eagle", precision="fp8"),
        both(THREE, precision="fp4", workload="8k/1k"),
        both(THREE, precision="fp4"),
        rows(THREE, "none", hardware="h200"),
    )

    numbered = [(c.number, *shown(c)) for pair in found.pairs for c in pair.comparisons]
    b300 = [
        ("fp4", "1024x1024", "mtp"),
        ("fp4", "8192x1024", "mtp"),
        ("fp8", "1024x1024", "mtp"),
        ("fp8", "1024x1024", "eagle"),
    ]
    h200 = [("fp8", "1024x1024", "mtp")]
    order = [*h200, *b300] if found.pairs[0].hardware == "h200" else [*b300, *h200]
    assert numbered == [(number, *names) for number, names in enumerate(order, 1)]
    labels = [c.label for pair in found.pairs for c in pair.comparisons if pair.hardware == "b300"]
    assert labels == ["FP4, 1k/1k", "FP4, 8k/1k", "FP8, 1k/1k, MTP", "FP8, 1k/1k, EAGLE"]
    alone = next(pair for pair in found.pairs if pair.hardware == "h200").canonical
    assert alone.a is None
    assert alone.b
    assert {c.variant_b for c in found.comparisons} == {"none"}


def test_curves_are_numbered_from_one_without_gaps(catalogue: Callable[..., Catalogue]) -> None:
    """Ids name rows of the Curves sheet; each curve keeps its knots in order of x, and says why others are not on it."""
    found = catalogue(both((*THREE, (60, 250), (30, 200))), both(MANY, precision="fp4"))

    assert [curve.id for curve in found.curves] == list(range(1, len(found.curves) + 1))
    for curve in found.curves:
        speeds = [m.interactivity_tok_s_user for m in curve.knots]
        assert speeds == sorted(speeds)
        assert len({(m.precision, m.variant) for m in curve.points}) == 1
    off = [m for m in found.measurements if found.reasons[m.number]]
    assert [(m.interactivity_tok_s_user, m.total_tok_s_gpu) for m in off] == [(60, 250), (30, 200)] * 2
    assert {found.reasons[m.number] for m in off} == {
        f"row {m.number} is at least as good on both axes" for m in found.measurements if m.precision == "fp8"
        and (m.interactivity_tok_s_user, m.total_tok_s_gpu) == (60, 300)
    }  # fmt: skip


def test_engines_pool_and_stand_alone(catalogue: Callable[..., Catalogue]) -> None:
    """The headline pools all engines; an engine alone on its curve shares the pooled one; an unknown engine is no scope."""
    fast = tuple((x * 1.1, y * 1.2) for x, y in THREE)
    found = catalogue(
        both(THREE, engine="sglang"),
        rows(fast, "mtp", engine="vllm"),
        both(THREE, engine="trt", precision="fp4"),
        both(THREE, engine="", precision="int4"),
    )
    (pair,) = found.pairs
    pooled = {c.precision: c for c in pair.comparisons}

    fp8 = pooled["fp8"]
    assert [scope.engine for scope in fp8.scopes] == ["sglang", "vllm"]
    assert [scope.engine for scope in fp8.same_engine] == ["sglang"]
    assert fp8.a
    assert fp8.a.engines == ("vllm",)
    assert fp8.curve("b", "sglang") is fp8.b
    assert fp8.curve("a", "sglang") not in (fp8.a, None)
    assert fp8.curve("b", "vllm") is None
    assert fp8.curve("a", "nobody") is None
    trt = pooled["fp4"].scopes[0].engine
    assert pooled["fp4"].curve("a", trt) is pooled["fp4"].curve("a", BEST)
    assert pooled["int4"].scopes == ()
    assert pair.engines == tuple(sorted(("sglang", "vllm", trt)))


def test_unusable_rows_make_no_curve(catalogue: Callable[..., Catalogue]) -> None:
    """A pair, a combination or an engine that only unusable rows mention does not exist."""
    bad = rows(THREE, "mtp", engine="vllm", precision="fp4")
    for row in bad:
        row["total_tok_s_gpu"] = "nan"

    found = catalogue(both(THREE), bad, [row | {"hardware": "h200"} for row in bad])

    (pair,) = found.pairs
    assert [shown(c) for c in pair.comparisons] == [("fp8", "1024x1024", "mtp")]
    assert pair.engines == ("sglang",)
    assert len(found.measurements) == 12


# --- names ------------------------------------------------------------------------------------------------------------

LABELS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn", "Zl", "Zp")), min_size=1, max_size=45)


def minted(names: list[tuple[str, str]]) -> list[str]:
    """The sheet names of pairs of model and hardware, in order."""
    pairs: Any = [SimpleNamespace(model=model, hardware=hardware) for model, hardware in names]
    return list(mint_sheet_names(pairs, HOUSE).values())


@settings(max_examples=80)
@given(names=st.lists(st.tuples(LABELS, LABELS | st.just("b300")), min_size=1, max_size=12, unique=True))
def test_sheet_names_obey_excel(names: list[tuple[str, str]]) -> None:
    """Any labels give names of 1 to 31 UTF-16 units, unique in any case, without characters that Excel forbids."""
    found = minted(names)

    assert len(found) == len(names)
    taken = [name.casefold() for name in (*found, *FIXED_NAMES, "History")]
    assert len(set(taken)) == len(taken)
    for name in found:
        assert 1 <= len(name.encode("utf-16-le")) // 2 <= 31
        assert not re.search(r"[\[\]:*?/\\]", name)
        assert not name.startswith("'")
        assert not name.endswith("'")


def test_known_names_make_readable_sheets() -> None:
    """Registered names keep their short labels; long unknown ones are cut and numbered."""
    long = "a-model-with-a-very-long-name-that-goes-on"

    assert minted([("dsr1", "b300"), ("glm5", "gb200")]) == ["DeepSeek R1 B300", "GLM 5 GB200 NVL72"]
    assert minted([(long, "b300"), (long + "x", "b300")]) == [
        "a-model-with-a-very-long-n B300",
        "a-model-with-a-very-lo B300 (2)",
    ]
    assert minted([("[]", "h200"), ("''", "'")]) == ["-- H200", "model hardware"]


@given(labels=st.lists(st.text("aA(2)3 *?~b", max_size=8) | st.text(max_size=300), max_size=12))
def test_choices_can_be_told_apart(labels: list[str]) -> None:
    """Each label keeps its place and becomes a choice without wildcards, short enough for MATCH, unlike any other."""
    choices = distinct(labels)

    assert len(choices) == len(labels)
    assert len({choice.casefold() for choice in choices}) == len(labels)
    assert not [choice for choice in choices if re.search(r"[*?~]", choice) or len(choice) > 255]


def test_choices_keep_labels_that_need_no_change() -> None:
    """Only what collides is numbered, and the numbering itself never collides."""
    assert distinct(["FP8, 1k/1k", "FP4, 1k/1k"]) == ["FP8, 1k/1k", "FP4, 1k/1k"]
    assert distinct(["a", "A", "a (2)", "A*"]) == ["a", "A (2)", "a (2) (2)", "A-"]
