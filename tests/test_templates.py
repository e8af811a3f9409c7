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
        ("labels.toml", 'grades = ["no flag", ', "grades = [", r"field `grades`: has 3 entries; allowed: 4"),
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


def test_lists_of_paragraphs_may_be_longer(tmp_path: Path) -> None:
    """The texts of About may have any number of paragraphs, but its glossary keeps three columns."""
    folder = own(tmp_path, "about.toml", lambda text: text.replace("purpose = [", 'purpose = ["One more.",', 1))
    assert House.load(folder).texts["about"]["purpose"][0] == "One more."

    own(tmp_path, "about.toml", lambda text: text.replace("glossary = [", 'glossary = [["term", "unit"],', 1))
    with pytest.raises(TemplateError, match=r"field `glossary\[1\]`: has 2 entries; allowed: 3"):
        House.load(folder)


def test_an_unknown_placeholder_lists_the_known_ones(tmp_path: Path) -> None:
    """A sentence with a placeholder that does not exist stops the build, and nothing is written."""
    folder = own(tmp_path, "narrative.toml", lambda text: text.replace("{ratio}", "{ration}"))
    table, output = write_table(tmp_path / "t.csv", pair_rows()), tmp_path / "out.xlsx"

    with pytest.raises(TemplateError, match=r"narrative\.toml .*: unknown placeholder \{ration\}; allowed: .*ratio"):
        specxl.build([table], output, specxl.BuildOptions(templates=folder))

    assert not output.exists()
