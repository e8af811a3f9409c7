"""Which curves exist, which are compared, what a sheet opens on and how it is called: METHOD 1, 2, 6 and 7 by hand."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.oracle import Combination, Point, canonical, default_targets
from support.tables import pair_rows, write_table

from specxl.house import House, data_file
from specxl.method.catalogue import BEST, FAMILY, build_catalogue
from specxl.method.curve_book import CurveBook, CurveKey
from specxl.reading.dataset import load
from specxl.sheets.frame import FIXED_NAMES
from specxl.sheets.pair.selection import distinct
from specxl.sheets.plan import mint_sheet_names

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from specxl.method.catalogue import Catalogue, Comparison

Knots = tuple[tuple[float, float], ...]
PRECISIONS = ("fp4", "fp8", "bf16", "int4")
LENGTHS = {"1k/1k": "1024x1024", "8k/1k": "8192x1024", "1k/8k": "1024x8192"}
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
    return comparison.key.precision, comparison.key.workload, comparison.a.key.variant


# --- canonical combination and targets (METHOD 6) ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (both(THREE, precision="int4", workload="1k/8k"), rows(MANY, "mtp", precision="fp4")),
        (both(THREE, precision="int4"), both(MANY, FAR, precision="fp4")),
        (
            rows(THREE, "mtp", precision="int4"),
            [*rows(MANY, "", precision="fp4"), *rows(MANY, "none", precision="fp4")],
        ),
        (both(MANY, precision="int4"), both(THREE, precision="fp4")),
        (both(THREE, precision="int4"), both((*MANY, (120, 50), (140, 20)), MANY[:2], precision="fp4")),
        (both(THREE, MANY, precision="int4"), both(THREE, precision="fp4")),
        (both(THREE, precision="fp4", workload="1k/8k"), both(THREE, precision="fp8")),
        (both(THREE, precision="fp8", workload="1k/8k"), both(THREE, precision="bf16")),
        (both(THREE, precision="bf16", workload="1k/8k"), both(THREE, precision="int4")),
        (both(THREE, precision="int4", workload="1k/8k"), both(THREE, precision="w4a16")),
        (both(THREE, workload="1k/1k"), both(THREE, workload="8k/1k")),
        (both(THREE, workload="8k/1k"), both(THREE, workload="1k/8k")),
        (both(THREE, workload="1k/8k"), both(THREE, workload="chat")),
    ],
    ids=[
        "both variants",
        "overlap",
        "stated",
        "knots",
        "smaller side",
        "sum",
        "fp4",
        "fp8",
        "bf16",
        "int4",
        "1k/1k",
        "8k/1k",
        "1k/8k",
    ],
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
    assert pair.canonical.key.precision == wanted["precision"]
    assert pair.canonical.label.split(", ")[1] == wanted["workload"]


def test_the_oracle_opens_the_same_combinations_at_the_same_targets(catalogue: Callable[..., Catalogue]) -> None:
    """Over random combinations with gaps, ties and slow points, sheets open where METHOD 6 says, at its default targets."""
    chance = random.Random(6)  # noqa: S311 - no secret
    groups: list[list[dict[str, Any]]] = []
    wanted: dict[str, list[Combination]] = {}
    for number in range(40):
        model = wanted.setdefault(f"model-{number}", [])
        for precision, workload in chance.sample([(p, w) for p in PRECISIONS for w in LENGTHS], chance.randint(2, 5)):
            sides = [_random_points(chance) for _ in "ab"]
            if not any(sides):
                continue
            where = {"model": f"model-{number}", "precision": precision, "workload": workload}
            groups += [rows(side, variant, **where) for side, variant in zip(sides, ("mtp", "none"), strict=True)]
            a, b = (tuple(Point(x, y) for x, y in side) for side in sides)
            model.append(Combination(precision, LENGTHS[workload], a, b))

    found = {pair.model: pair for pair in catalogue(*groups).pairs}

    assert len(found) >= 35
    for name, pair in found.items():
        opens = canonical(wanted[name])
        assert (pair.canonical.key.precision, pair.canonical.key.workload) == (opens.precision, opens.workload), name
        assert pair.canonical.targets == default_targets(opens.a, opens.b), name


def _random_points(chance: random.Random) -> Knots:
    """Up to six points somewhere, few enough values that ties happen; none at all for a side that was not measured."""
    start = chance.choice((10, 20, 60))
    return tuple((start + chance.randint(0, 90), chance.randint(1, 40) * 10) for _ in range(chance.randint(0, 6)))


def test_knots_count_and_other_points_do_not(catalogue: Callable[..., Catalogue]) -> None:
    """Points off the frontier do not make a combination preferable."""
    padded = (*THREE, (30, 10), (50, 10), (70, 10))

    (pair,) = catalogue(both(padded, precision="fp8"), both(THREE, precision="fp4")).pairs

    assert pair.canonical.key.precision == "fp4"


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
        ((*FAR, (20, 1)), None, (200, 200, 215)),
        (((30, 300), (10, 20)), ((80, 90), (60, 10)), (30, 45, 63)),
        (((40, 300), (10, 20)), ((40, 90),), (40, 40, 40)),
        ((*FAR, (20, 1)), MANY, (40, 60, 80)),
    ],
    ids=[
        "same",
        "overlap",
        "decimals",
        "apart",
        "only A",
        "only B",
        "touching",
        "one point",
        "wide",
        "slow, only A",
        "slow, apart",
        "slow, touching",
        "slow, frontiers apart",
    ],
)
def test_default_targets_divide_the_overlap(
    catalogue: Callable[..., Catalogue], a: Knots | None, b: Knots | None, targets: tuple[float, ...]
) -> None:
    """25, 50 and 75 % of the overlap, or of the union where there is none, rounded as METHOD 6 says.

    A slow point that is beaten widens a range, but no suggestion lies below the frontier of the only side, or of both.
    """
    (pair,) = catalogue(rows(a, "mtp") if a else [], rows(b, "none") if b else []).pairs

    assert pair.canonical.targets == targets


def test_default_targets_rest_on_all_valid_points(catalogue: Callable[..., Catalogue]) -> None:
    """A point off the frontier widens the range of the targets, but not the measured range."""
    with_slow = (*THREE, (10, 5))

    (pair,) = catalogue(both(with_slow)).pairs

    curve = pair.canonical.a.curve
    assert curve
    assert curve.full_range == (10, 100)
    assert curve.measured_range == (20, 100)
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
    assert (alone.a.curve, alone.a.curve_id) == (None, 0)
    assert alone.b.curve
    assert alone.b.curve_id == alone.b.curve.id
    assert {c.b.key.variant for c in found.comparisons} == {"none"}
    assert all(c.one_hardware and c.stated for c in found.comparisons)


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


def test_a_curve_is_made_and_numbered_when_it_is_asked_for(tmp_path: Path, house: House) -> None:
    """A book knows which curves there are, and gives the same one for a key whenever it is asked; without points none."""
    table = write_table(tmp_path / "t.csv", [*both(THREE, engine="sglang"), *rows(MANY, "mtp", engine="vllm")])
    book = CurveBook(load([table], house).measurements, house)
    off = CurveKey("dsr1", "b300", "fp8", "1024x1024", "none")
    mtp = replace(off, variant="mtp")

    assert book.pairs == [("dsr1", "b300")]
    scopes = ("best", "sglang", "family:sglang", "vllm", "family:vllm")
    assert {key.scope for key in book.keys("dsr1", "b300") if key.variant == "mtp"} == set(scopes)
    assert book.keys("dsr1", "h200") == []
    assert book.curves == {}
    first, second = book.curve(replace(mtp, scope="vllm")), book.curve(off)
    assert first
    assert second
    assert (first.id, second.id) == (1, 2)
    assert book.curve(replace(mtp, scope="family:vllm")) is first
    assert book.curve(replace(off, scope="sglang")) is book.curve(replace(off, scope="family:sglang")) is second
    assert [len(first.knots), len(second.knots)] == [5, 3]
    assert book.curve(replace(off, scope="vllm")) is None
    assert book.curve(replace(off, workload="8192x1024")) is None
    assert len(book.curves) == 2


def test_engines_pool_and_stand_alone(catalogue: Callable[..., Catalogue], house: House) -> None:
    """The headline pools all engines; an engine alone on its curve shares the pooled one; an unknown engine is no scope."""
    fast = tuple((x * 1.1, y * 1.2) for x, y in THREE)
    found = catalogue(
        both(THREE, engine="sglang"),
        rows(fast, "mtp", engine="vllm"),
        both(THREE, engine="trt", precision="fp4"),
        both(THREE, engine="", precision="int4"),
    )
    (pair,) = found.pairs
    pooled = {c.key.precision: c for c in pair.comparisons}

    fp8 = pooled["fp8"]
    assert [(scope.key, scope.both) for scope in fp8.engines] == [("sglang", True), ("vllm", False)]
    assert [scope.key for scope in fp8.families] == [FAMILY + house.engine_family("sglang")]
    assert fp8.a.curve
    assert {m.engine for m in fp8.a.curve.knots} == {"vllm"}
    assert fp8.curve("b", "sglang") is fp8.b.curve
    assert fp8.curve("a", "sglang") not in (fp8.a.curve, None)
    assert fp8.curve("a", "sglang") is fp8.families[0].a
    assert fp8.curve("b", "vllm") is None
    assert fp8.curve("a", "nobody") is None
    (trt,) = pooled["fp4"].engines
    assert pooled["fp4"].curve("a", trt.key) is pooled["fp4"].curve("a", BEST)
    assert (pooled["int4"].engines, pooled["int4"].families) == ((), ())
    assert pair.engines == tuple(sorted(("sglang", "vllm", trt.key)))


def test_engines_of_one_family_make_one_curve(catalogue: Callable[..., Catalogue], house: House) -> None:
    """SGLang by itself and behind Dynamo are one family: its curves are the frontiers of both; a family alone on a side is none."""
    quick = tuple((x * 1.1, y * 1.2) for x, y in MANY)
    found = catalogue(
        rows(THREE, "mtp", engine="sglang"),
        rows(quick, "mtp", engine="dynamo-sglang"),
        rows(THREE, "none", engine="sglang"),
        rows(FAR, "none", engine="vllm"),
    )
    comparison = found.comparisons[0]

    (family,) = comparison.families
    assert family.key == FAMILY + house.engine_family("sglang") == FAMILY + house.engine_family("dynamo-sglang")
    # all points of the pooled curve, or of one engine, are one curve and are numbered once
    assert family.a is comparison.a.curve
    assert family.b is comparison.curve("b", "sglang")
    assert family.both
    assert len({curve.id for curve in found.curves}) == len(found.curves) == 6


@pytest.mark.parametrize("scope", ["sglang", "vllm"])
def test_a_scope_suggests_the_targets_of_its_own_curves(catalogue: Callable[..., Catalogue], scope: str) -> None:
    """Narrowed to one engine, the targets divide that engine's overlap; an engine without curves keeps the comparison's."""
    (comparison,) = catalogue(both(MANY, engine="sglang"), both(FAR, engine="vllm")).comparisons

    own = {"sglang": (40, 60, 80), "vllm": (220, 240, 260)}
    assert comparison.suggested(scope) == own[scope]
    assert comparison.suggested() == comparison.suggested("nobody") == comparison.targets == (85, 150, 215)


def test_a_method_that_is_not_stated_comes_last(catalogue: Callable[..., Catalogue]) -> None:
    """A side without a stated method is neither Off nor speculative: it comes last, in no family, and never opens a sheet."""
    (pair,) = catalogue(
        rows(MANY, "", precision="fp4"), rows(MANY, "none", precision="fp4"), both(THREE, precision="int4")
    ).pairs

    fp4, int4 = pair.comparisons
    assert [(c.key.precision, c.stated) for c in pair.comparisons] == [("fp4", False), ("int4", True)]
    assert (fp4.a.stated, fp4.b.stated, fp4.families) == (False, True, ())
    assert fp4.a.curve
    assert pair.canonical is int4


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
