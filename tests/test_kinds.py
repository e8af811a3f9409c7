"""Hardware against hardware and precision against precision: cases by hand, two prices, and nothing else moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from click.testing import CliRunner
from support.engine import Book
from support.places import Places
from support.tables import pair_rows, write_table

import specxl
from specxl.changes import diff_files
from specxl.cli import main
from specxl.errors import OptionError
from specxl.recipe import BuildOptions
from specxl.returned import verify_file

if TYPE_CHECKING:
    from pathlib import Path

OTHER = {("mtp", 60): 250.25, ("mtp", 90): 200.0, ("mtp", 120): 90.0, ("none", 40): 400.0, ("none", 60): 100.0, ("none", 100): 75.0}  # fmt: skip
"""The knots of the H200: total tok/s per GPU of a variant at a speed; those of the B300 are `tables.SPEEDS`."""
PRICES = {"B300": 2.26, "H200": 1.22}
POWER = {"B300": 1.90, "H200": 1.37}
TARGETS = (60.0, 90.0, 120.0)


def rows(**facts: object) -> list[dict[str, Any]]:
    """The rows of a pair with the other throughputs."""
    found = pair_rows(**facts)
    for row in found:
        total = OTHER[row["variant"], row["interactivity_tok_s_user"]]
        row |= {"total_tok_s_gpu": total, "output_tok_s_gpu": total / 4, "input_tok_s_gpu": total * 3 / 4}
    return found


TABLE = [*pair_rows(), *rows(hardware="h200"), *rows(precision="fp4")]


def build(path: Path, *compare: str, table: list[dict[str, Any]] = TABLE) -> Path:
    """A workbook of B300 in two precisions and H200 in one."""
    source = write_table(path.parent / "table.csv", table)
    specxl.build([source], path, BuildOptions(rates="2026-08", targets=TARGETS, compare=compare))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the workbooks of this module."""
    return tmp_path_factory.mktemp("kinds")


@pytest.fixture(scope="module")
def plain(folder: Path) -> Path:
    """Variants alone."""
    return build(folder / "plain.xlsx")


@pytest.fixture(scope="module")
def both(folder: Path) -> Path:
    """Hardware against the H200, precision against FP8."""
    return build(folder / "both.xlsx", "hardware:H200", "precision:fp8")


def at(path: Path, kind: str, variant: str, speed: float) -> int:
    """The place of a read at one of its own speeds, among the rows of Results of other kinds."""
    [place] = [
        place
        for place, row in enumerate(Places(path).rows("results", tag="sides"))
        if (row["compared"], row["variant"], row["target_tok_s_user"]) == (kind, variant, speed) and row["read"] != "common"
    ]  # fmt: skip
    return place


# Variant, speed, throughput of the B300 and of the H200 at a knot of both (None above the last), and the verdict by hand:
# tokens for the money are throughput * 0.0036 / price, so at 2.26 and 1.22 the ratio is y_a / y_b * 1.22 / 2.26.
CASES = (
    ("MTP", 60.0, 500.5, 250.25, "B300"),  # 2.0000 * 0.5398 = 1.0796
    ("MTP", 90.0, 300.25, 200.0, "H200"),  # 1.5013 * 0.5398 = 0.8104
    ("MTP", 120.0, 100.125, 90.0, "H200"),  # 1.1125 * 0.5398 = 0.6005
    ("Off", 60.0, 250.25, 100.0, "B300"),  # 2.5025 * 0.5398 = 1.3509
    ("Off", 120.0, None, None, None),  # both were measured up to 100
)


@pytest.mark.parametrize(("variant", "speed", "y_a", "y_b", "better"), CASES, ids=str)
@pytest.mark.parametrize("own", [None, 1.0], ids=["as released", "own price"])
def test_hardware_against_hardware_by_hand(
    both: Path, variant: str, speed: float, y_a: float | None, y_b: float | None, better: str | None, own: float | None
) -> None:
    """Ratio, saving and costs follow from throughput and price; a price of one's own moves money and nothing else."""
    places, engine = Places(both), Book(both)
    cells = places.cells("results", tag="sides")[at(both, "hardware", variant, speed)]
    before = engine.read(cells.values())
    assert (before[cells["side_a"]], before[cells["side_b"]]) == ("B300", "H200")
    price = own or PRICES["B300"]
    if own:
        row = next(
            r for r, held in zip(places.cells("rates"), places.rows("rates"), strict=True) if held["hardware"] == "B300"
        )
        engine.edit({row["own"]: own})
    seen = {key: engine.value(cell) for key, cell in cells.items()}
    if y_a is None or y_b is None:
        assert (seen["verdict"], seen["ratio"], seen["a_cost_per_mtok"]) == ("neither reaches it", "", "")
        return
    ratio = (y_a / price) / (y_b / PRICES["H200"])
    assert seen["ratio"] == pytest.approx(ratio, rel=1e-12)
    assert seen["saving"] == pytest.approx(1 - 1 / max(ratio, 1 / ratio), rel=1e-12)
    assert seen["a_cost_per_mtok"] == pytest.approx(price / (y_a * 0.0036), rel=1e-12)
    assert seen["b_cost_per_mtok"] == pytest.approx(PRICES["H200"] / (y_b * 0.0036), rel=1e-12)
    assert seen["better"] == ("B300" if ratio > 1 else "H200")
    assert own is not None or seen["better"] == better
    assert seen["certainty"] == "settled", "both sides are on a measurement"
    assert (seen["a_tok_s_gpu"], seen["b_tok_s_gpu"]) == (pytest.approx(y_a), pytest.approx(y_b))
    for side, y, name in (("a", y_a, "B300"), ("b", y_b, "H200")):
        assert seen[f"{side}_tok_s_mw"] == pytest.approx(y * 1000 / POWER[name], rel=1e-12)
    money = {
        "ratio",
        "ratio_low",
        "ratio_high",
        "saving",
        "better",
        "verdict",
        "certainty",
        "a_cost_per_mtok",
        "a_tokens",
    }
    money |= {"equal_cost", "equal_cost_tok_s_user", "equal_cost_ratio"}
    kept = set(seen) - money
    assert {key: seen[key] for key in kept} == {key: before[cells[key]] for key in kept}


def test_on_one_hardware_prices_cancel(both: Path) -> None:
    """FP4 against FP8: the ratio is that of throughput, whatever the price."""
    places, engine = Places(both), Book(both)
    cells = places.cells("results", tag="sides")[at(both, "precision", "MTP", 60.0)]
    [row] = [
        r for r, held in zip(places.cells("rates"), places.rows("rates"), strict=True) if held["hardware"] == "B300"
    ]
    for own in (None, 1.0, "none"):
        engine.edit({row["own"]: own})
        assert engine.value(cells["ratio"]) == pytest.approx(250.25 / 500.5, rel=1e-12)
        assert engine.value(cells["better"]) == "FP8"


def test_a_missing_price_is_a_word(both: Path) -> None:
    """Without a price of one hardware nothing is compared in money between the two, and no figure is left behind."""
    places, engine = Places(both), Book(both)
    cells = places.cells("results", tag="sides")[at(both, "hardware", "MTP", 60.0)]
    row = next(
        r for r, held in zip(places.cells("rates"), places.rows("rates"), strict=True) if held["hardware"] == "H200"
    )
    engine.edit({row[tier]: None for tier in ("hyperscaler", "neocloud", "rental", "own")})
    assert engine.value(cells["verdict"]) == "no price"
    assert [engine.value(cells[key]) for key in ("ratio", "saving", "b_cost_per_mtok")] == ["", "", ""]
    assert engine.value(cells["b_tok_s_gpu"]) == pytest.approx(250.25)


def test_the_summary_shows_both_kinds_with_prices_and_caveats(both: Path, plain: Path) -> None:
    """A table per kind, what is not measured, price and power of both sides; without the option there is none of it."""
    page = openpyxl.load_workbook(both, data_only=True)["Summary"]
    texts = [str(cell.value) for row in page.iter_rows() for cell in row if cell.value is not None]
    assert "Hardware against hardware: each against H200, same model, precision, workload and method" in texts
    assert "Precision against precision: each against FP8, same model, hardware, workload and method" in texts
    assert any(
        text.startswith("The quality of the answers at a lower precision is not measured here") for text in texts
    )
    numbers = {cell.value for row in page.iter_rows() for cell in row if isinstance(cell.value, float)}
    assert {*PRICES.values(), *POWER.values()} <= numbers
    alone = openpyxl.load_workbook(plain, data_only=True)["Summary"]
    assert not any("each against" in str(cell.value) for row in alone.iter_rows() for cell in row)


def test_nothing_else_moves(plain: Path, both: Path) -> None:
    """Counts, medians, ranking and every read of the variants hold the same bits."""
    before, after = Places(plain), Places(both)
    for kind in ("results", "comparison", "ranking", "figures", "table", "bars", "knot table"):
        assert before.rows(kind) == after.rows(kind), kind
    changes = diff_files(plain, both).changes
    assert changes.changed == ()
    assert len(changes.added) == 4
    assert diff_files(both, both).changes.none
    report = verify_file(both)
    assert (report.outcome, report.disagreements) == ("unchanged", ())


def test_the_reference_is_what_was_measured_most_or_what_is_named(tmp_path: Path) -> None:
    """Without a name the reference is the one with most curves; a label or an alias names another."""
    for asked, reference in (("hardware", "B300"), ("hardware:h200", "H200"), ("hardware:H200", "H200")):
        path = build(tmp_path / "x.xlsx", asked)
        assert {row["side_b"] for row in Places(path).rows("results", tag="sides")} == {reference}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("hardwear", "no such kind; allowed: hardware, precision, variant; did you mean `hardware`"),
        ("hardware:b200", "matches no row; allowed: b300, h200"),
        ("precision:\u202e", "matches no row"),
        ("", "no such kind"),
    ],
)
def test_what_cannot_be_compared_is_refused(asked: str, words: str, tmp_path: Path) -> None:
    """The message names what is allowed."""
    with pytest.raises(OptionError, match=words):
        build(tmp_path / "x.xlsx", asked)


def test_one_hardware_is_a_notice(tmp_path: Path) -> None:
    """Nothing to compare is said, and the workbook is made; variants are compared in any case."""
    table = write_table(tmp_path / "one.csv", pair_rows())
    arguments = ["build", str(table), "--compare", "hardware", "--compare", "variant", "-o", str(tmp_path / "x.xlsx")]
    run = CliRunner().invoke(main, arguments)
    assert run.exit_code == 0
    assert "--compare hardware: nothing was measured on two sides that differ in that alone" in run.stderr
    assert ": 8 sheets" in run.stdout or "1 comparisons" in run.stdout
