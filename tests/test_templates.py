"""Templates of one's own: what may differ from those shipped, and what is refused with file and key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.tables import pair_rows, write_table

import specxl
from specxl.errors import TemplateError
from specxl.house import House
from specxl.house.theme import require_distinct

if TYPE_CHECKING:
    from collections.abc import Callable

SHIPPED = Path(__file__).resolve().parents[1] / "templates"
NAMES = sorted(path.name for path in SHIPPED.glob("*.toml"))


def own(folder: Path, name: str, change: Callable[[str], str]) -> Path:
    """Write a changed copy of one shipped template into a folder, which is returned."""
    text = (SHIPPED / name).read_text(encoding="utf-8")
    changed = change(text)
    assert changed != text
    (folder / name).write_text(changed, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_is_accepted(tmp_path: Path, name: str) -> None:
    """Every shipped template may be copied and given a comment and keys of its own."""
    folder = own(tmp_path, name, lambda text: f"{text}\n[mine]\nanything = [1, 'two']\n")

    assert House.load(folder).texts[Path(name).stem]["mine"]["anything"] == (1, "two")


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_template_is_refused(tmp_path: Path, name: str) -> None:
    """A template without its keys names the first one that is missing."""
    folder = own(tmp_path, name, lambda _: "")
    first = next(iter(tomllib.loads((SHIPPED / name).read_text(encoding="utf-8"))))

    with pytest.raises(
        TemplateError, match=rf"{name}, field `{first}`: the key is missing\. Copy it from the original"
    ):
        House.load(folder)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("labels.toml", 'rental = "3-year', 'rentel = "3-year', r"field `tiers\.rental`: the key is missing\. did you mean `rentel`\?"),
        ("labels.toml", 'grades = ["", ', "grades = [", r"field `grades`: has 3 entries; allowed: 4"),
        ("labels.toml", '"aggregated"', "1", r"field `servings\[2\]`: is a number; allowed: a text"),
        ("labels.toml", 'rental = "3-year', 'rental = "3-year\\n', r"field `tiers\.rental`: holds a line break or another control character"),
        ("theme.toml", '"#1F2933"', '"black"', r"field `colours\.ink`: is a text; allowed: a colour as #1F2933"),
        ("theme.toml", "size = 10", 'size = "10"', r"field `page\.size`: is a text; allowed: a number"),
        ("theme.toml", "text = {}", "text = []", r"field `styles\.text`: is a list; allowed: a table"),
        ("theme.toml", "bold = true", "bold = 1", r"is a number; allowed: true or false"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused(tmp_path: Path, name: str, old: str, new: str, message: str) -> None:
    """A key that is missing, or whose value is of another kind, is named with the file and what is allowed."""
    folder = own(tmp_path, name, lambda text: text.replace(old, new, 1))

    with pytest.raises(TemplateError, match=message):
        House.load(folder)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("strong = { bold = true }", "strong = { bold = true, bald = true }", r"field `styles\.strong\.bald`: is not a property of this table; allowed: .*bold.*did you mean `bold`\?"),
        ("text = {}", 'text = { shadow = "deep" }', r"field `styles\.text\.shadow`: is not a property"),
        ("size = 10", "size = -3", r"field `page\.size`: -3 is not usable here; allowed: a number from 1 to 409"),
        ("size = 10", "size = 1e400", r"field `page\.size`: inf is not usable here"),
        ("size = 10", "size = nan", r"field `page\.size`: nan is not usable here"),
        ("paper = 9 ", "paper = 9.5 ", r"field `page\.paper`: 9\.5 is not usable here; allowed: a whole number from 1 to 118"),
        ("footer_size = ", "footer_size = -", r"field `page\.footer_size`: -\d is not usable here"),
        ('font = "Calibri"', 'font = ""', r"field `page\.font`: '' is not usable here; allowed: a text of up to 31"),
        ("heading = { bold = true, font_size = 12 }", "heading = { bold = true, font_size = 0 }", r"field `styles\.heading\.font_size`: 0 is not usable here"),
        ('align = "center"', 'align = "middle"', r"align`: 'middle' is not usable here; allowed: left, center"),
        ("underline = 1", "underline = 3", r"field `styles\.link\.underline`: 3 is not usable here; allowed: 1, 2, 33, 34"),
        ("indent = 1", "indent = -1", r"field `styles\.indent\.indent`: -1 is not usable here"),
        ("bottom = 1,", "bottom = 99,", r"bottom`: 99 is not usable here; allowed: a whole number from 0 to 13"),
        ('font_color = "muted" }', 'font_color = "mauve" }', r"font_color`: 'mauve' is not usable here; allowed: a colour of this theme: .*ink"),
        ('marker = "circle"', 'marker = "heart"', r"field `looks\.a_knots\.marker`: 'heart' is not usable here"),
        ('dash = "dash"', 'dash = "wavy"', r"field `looks\.b_curve\.dash`: 'wavy' is not usable here"),
        ("width = 2.25", "width = 0", r"field `looks\.a_curve\.width`: 0 is not usable here"),
        ('line = "a"', 'line = "#0072B2"', r"field `looks\.a_curve\.line`: .*is a colour|field `looks\.a_curve\.line`: '#0072B2' is not usable"),
    ],
)  # fmt: skip
def test_a_theme_that_no_workbook_can_carry_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    """A property that does not exist, or a value that would break the file, is named with what is allowed."""
    folder = own(tmp_path, "theme.toml", lambda text: text.replace(old, new, 1))

    with pytest.raises(TemplateError, match=rf"theme\.toml, .*{message}"):
        House.load(folder)


@pytest.mark.parametrize(
    ("table", "key", "text", "message"),
    [
        ("tiers", "rental", "Owning cost, hyperscaler scale", r"field `tiers\.rental`: .* is also the text of `tiers\.hyperscaler`"),
        ("tiers", "rental", "OWNING COST, hyperscaler  scale", r"field `tiers\.rental`: .* is also the text of `tiers\.hyperscaler`"),
        ("bases", "output", "total tokens (input + output)", r"field `bases\.output`: .* is also the text of `bases\.total`"),
        ("tiers", "rental", "Rental?", r"field `tiers\.rental`: 'Rental\?' holds a wildcard; allowed: a text without \* \? ~"),
    ],
)  # fmt: skip
def test_choices_that_no_dropdown_tells_apart_are_refused(
    tmp_path: Path, table: str, key: str, text: str, message: str
) -> None:
    """Two choices that are equal but for case and blanks, or that hold a wildcard, are named with the other one."""
    shipped = tomllib.loads((SHIPPED / "labels.toml").read_text(encoding="utf-8"))[table][key]
    folder = own(tmp_path, "labels.toml", lambda labels: labels.replace(f'{key} = "{shipped}"', f'{key} = "{text}"', 1))

    with pytest.raises(TemplateError, match=rf"labels\.toml, {message}"):
        House.load(folder)


def test_choices_with_more_than_a_name_are_told_apart_by_it() -> None:
    """Where a table says more of each choice, the names must differ, and nothing else."""
    metrics = {"cost": {"name": "Cost", "unit": "x"}, "tokens": {"name": "Tokens", "unit": "x"}}
    require_distinct({"metrics": metrics}, "labels.toml")

    metrics["tokens"]["name"] = "COST"
    with pytest.raises(
        TemplateError, match=r"field `metrics\.tokens\.name`: 'COST' is also the text of `metrics\.cost\.name`"
    ):
        require_distinct({"metrics": metrics}, "labels.toml")


def test_codes_that_read_alike_are_refused(tmp_path: Path) -> None:
    """Two statuses of one text could not be told apart by a reader."""
    folder = own(
        tmp_path, "labels.toml", lambda text: text.replace('"no target", "no data"', '"no data", "no data"', 1)
    )

    with pytest.raises(TemplateError, match=r"field `statuses\[2\]`: 'no data' is also the text of `statuses\[1\]`"):
        House.load(folder)


def test_lists_of_paragraphs_may_be_longer(tmp_path: Path) -> None:
    """The texts of About may have any number of paragraphs, but its glossary keeps three columns."""
    folder = own(tmp_path, "about.toml", lambda text: text.replace("purpose = [", 'purpose = ["One more.",', 1))
    assert House.load(folder).texts["about"]["purpose"][0] == "One more."

    own(tmp_path, "about.toml", lambda text: text.replace("glossary = [", 'glossary = [["term", "unit"],', 1))
    with pytest.raises(TemplateError, match=r"field `glossary\[1\]`: has 2 entries; allowed: 3"):
        House.load(folder)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("pair.toml", "{ratio}", "{ration}", r"pair\.toml \[\w+\] \w+: unknown placeholder \{ration\}; allowed: .*ratio"),
        ("pair.toml", "{kw} kW", "{kW} kW", r"pair\.toml \[facts\] power: unknown placeholder \{kW\}; allowed: kw"),
        ("summary.toml", "{saving}", "{savings}", r"summary\.toml \[\w+\] \w+: unknown placeholder \{savings\}; allowed: .*saving"),
        ("labels.toml", "J per token", "{joule} per token", r"labels\.toml \[metrics\.joules\] unit: unknown placeholder \{joule\}"),
        ("pair.toml", "{eq_ratio}x as", "{eq_ratio:.1f}x as", r"pair\.toml .*\{eq_ratio\} takes no format"),
        ("pair.toml", "Stop: {stops}.", "Stop: {stops.", r"pair\.toml \[care\] stop: .*Write each placeholder as \{name\}"),
    ],
)  # fmt: skip
def test_an_unknown_placeholder_lists_the_known_ones(
    tmp_path: Path, name: str, old: str, new: str, message: str
) -> None:
    """A sentence with a placeholder that does not exist or is no name stops the build, and nothing is written."""
    folder = own(tmp_path, name, lambda text: text.replace(old, new))
    table, output = write_table(tmp_path / "t.csv", pair_rows()), tmp_path / "out.xlsx"

    with pytest.raises(TemplateError, match=message):
        specxl.build([table], output, specxl.BuildOptions(templates=folder))

    assert not output.exists()
