"""Rate cards: the bundled ones, a user's own, and everything that makes one unusable."""

from __future__ import annotations

import csv
import datetime as dt
import os
import re
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specxl.errors import RateCardError
from specxl.house import House
from specxl.house.rates import (
    _OPTIONAL,
    _REQUIRED,
    BASES,
    LARGEST_PRICE_USD_PER_GPU_HR,
    NOT_STATED,
    RateCard,
    rate_age_notice,
)
from specxl.house.tables import Row, toml_table
from specxl.schema import TIERS

HOUSE = House.load()
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "data.md"
TODAY = dt.date(2026, 11, 22)
HEADER = "as_of,hardware,kw_per_gpu,usd_per_gpu_hr_rental"
TOML = """
as_of = 2026-08-15
source = "Offer 17"
basis = "quote"
[[rates]]
hardware = "B300"
kw_per_gpu = 1.9
usd_per_gpu_hr_own = 3
[[rates]]
hardware = "h200"
usd_per_gpu_hr_own = 2.05
basis_own = "list"
"""


def card_of(tmp_path: Path, text: str | bytes, *, name: str = "card.csv", as_of: str | None = None) -> RateCard:
    """Write a user's card and read it."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return HOUSE.rate_card(str(path), rates_as_of=as_of, today=TODAY)


# Bundled cards


def test_the_newest_bundled_card_is_the_default() -> None:
    """Without a name the newest card is taken, and cards are named after their dates."""
    assert HOUSE.rate_card_names() == ("2026-04", "2026-08", "2026-09")
    assert HOUSE.rate_card(None) is HOUSE.rate_card("2026-09")
    assert HOUSE.rate_card(None, rates_as_of="2026-04") is HOUSE.rate_card("2026-04", rates_as_of="2026-04")
    assert HOUSE.rate_card("2026-04").name == HOUSE.rate_card("2026-04").as_of == "2026-04"


def test_the_rates_behind_the_published_pages() -> None:
    """METHOD 5 names price and power of the four GPUs on the published pages."""
    entries = HOUSE.rate_card("2026-04").entries
    figures = {key: (rate.usd_per_gpu_hr["hyperscaler"], rate.kw_per_gpu) for key, rate in entries.items()}
    expected = {"b300": (2.34, 2.17), "gb200": (2.21, 2.10), "mi355x": (1.48, 2.65), "h200": (1.41, 1.73)}
    assert {key: figures[key] for key in expected} == expected


def test_the_bundled_figures_equal_the_reference(shared: Path) -> None:
    """Every price and power of the bundled cards is that of the reference table, and what it leaves empty is unknown."""
    with (shared / "data" / "rates.csv").open(newline="") as file:
        reference = list(csv.DictReader(file))
    assert len(reference) == sum(len(HOUSE.rate_card(name).entries) for name in HOUSE.rate_card_names())
    for row in reference:
        rate = HOUSE.rate_card(row["as_of"]).entries[row["hardware"]]
        assert rate.kw_per_gpu == float(row["kw_per_gpu"])
        assert dict(rate.usd_per_gpu_hr) == {
            tier: float(row[f"usd_per_gpu_hr_{tier}"])
            for tier in ("hyperscaler", "neocloud", "rental")
            if row[f"usd_per_gpu_hr_{tier}"]
        }


def test_bundled_figures_state_their_basis() -> None:
    """No bundled figure claims to be a list price or a quote, and the April prices of B300 and GB300 are provisional."""
    provisional = set()
    for name in HOUSE.rate_card_names():
        for rate in HOUSE.rate_card(name).entries.values():
            assert set(rate.basis) == {*rate.usd_per_gpu_hr, "power"}
            assert set(rate.basis.values()) <= {"estimate", "provisional"}
            assert rate.source
            provisional |= {(name, rate.hardware, what) for what, basis in rate.basis.items() if basis == "provisional"}
    tiers = ("hyperscaler", "neocloud", "rental")
    assert provisional == {("2026-04", hardware, tier) for hardware in ("b300", "gb300") for tier in tiers}


def test_the_card_of_september_has_no_neocloud_tier() -> None:
    """A tier that the source no longer gives is unknown for every GPU, not zero, and rentals are those of the summer's surveys."""
    entries = HOUSE.rate_card("2026-09").entries
    assert {tier for rate in entries.values() for tier in rate.usd_per_gpu_hr} == {"hyperscaler", "rental"}
    assert all(
        figure > 0 for rate in entries.values() for figure in (*rate.usd_per_gpu_hr.values(), rate.kw_per_gpu or 0)
    )
    risen = {key: entries[key].usd_per_gpu_hr["rental"] for key in ("h100", "b200", "gb300", "mi355x")}
    assert risen == {"h100": 2.0, "b200": 3.7, "gb300": 5.0, "mi355x": 2.9}
    assert [(HOUSE.hardware(key).vendor, entries[key].kw_per_gpu) for key in ("vr200", "tpuv7", "jalapeno")] == [
        ("NVIDIA", 3.3),
        ("Google", 1.207),
        ("OpenAI", 1.125),
    ]


@pytest.mark.parametrize(
    ("card", "as_of", "stale"),
    [
        ("2026-04", dt.date(2026, 10, 1), False),
        ("2026-04", dt.date(2026, 10, 2), True),
        ("2026-09", dt.date(2027, 3, 1), False),
        ("2026-09", dt.date(2027, 3, 2), True),
        ("2026-09", dt.date(2031, 1, 1), True),
        ("2026-09", dt.date(2025, 10, 5), False),
        ("2026-09", None, False),
    ],
)
def test_prices_much_older_than_the_data_are_noticed(card: str, as_of: dt.date | None, stale: bool) -> None:  # noqa: FBT001
    """A card more than six months older than the newest row is a notice on prices with both dates; older data is none."""
    notice = rate_age_notice(HOUSE.rate_card(card), as_of)
    assert (notice is not None) == stale
    if notice is not None:
        assert notice.topic == "price"
        assert (
            f"rate card {card} (as of {card}) is more than 6 months older than the data (as of {as_of})" in notice.text
        )


def test_a_card_of_the_end_of_august_ages_to_the_end_of_february(tmp_path: Path) -> None:
    """Half a year after a 31st of August is the end of February, however many days it has."""
    card = card_of(tmp_path, f"{HEADER}\n2026-08-31,b300,1.9,3\n")
    assert rate_age_notice(card, dt.date(2027, 2, 28)) is None
    assert rate_age_notice(card, dt.date(2027, 3, 1)) is not None


@pytest.mark.parametrize(
    ("name", "as_of", "message"),
    [
        (
            "2026-07",
            None,
            r"no rate card '2026-07'; allowed: 2026-04, 2026-08, 2026-09, or a CSV or TOML file.*did you mean",
        ),
        ("", None, r"there is no rate card ''"),
        (None, "2025-01", r"there is no rate card '2025-01'"),
        ("2026-04", "2026-08", r"'2026-04' has no rates as of '2026-08'\. Use `--rates 2026-08`"),
        ("absent.csv", None, r"absent.csv: cannot be read \(No such file or directory\)\. Check the path"),
        ("a\0b.csv", None, r"cannot be read \(embedded null byte\)"),
        ("x" * 5000 + ".csv", None, r"cannot be read \(File name too long\)"),
    ],
)
def test_an_unknown_card_is_refused(name: str | None, as_of: str | None, message: str) -> None:
    """A name or a date that no card has is refused with those that there are."""
    with pytest.raises(RateCardError, match=message):
        HOUSE.rate_card(name, rates_as_of=as_of)


# A user's card


def test_a_csv_card(tmp_path: Path) -> None:
    """A CSV card gives what it holds, under its file's name, and nothing for hardware that it lacks."""
    text = (
        "\ufeffas_of,hardware,unit,usd_per_gpu_hr_own,usd_per_gpu_hr_rental,basis_own,note,vendor\r\n"
        '2026-08,GB200 NVL72,usd_per_gpu_hr,2.5,,list,"with host, per hour",NVIDIA\r\n'
        "\r\n"
    )
    card = card_of(tmp_path, text)
    rate = card.entries["gb200"]
    assert (card.name, card.as_of, card.source, card.notices) == ("card.csv", "2026-08", "card.csv", ())
    assert (card.currency_label, card.currency_per_usd) == ("USD", 1.0)
    assert list(card.entries) == ["gb200"]
    assert (rate.kw_per_gpu, rate.own_usd_per_gpu_hr, dict(rate.basis)) == (None, 2.5, {"own": "list"})
    assert rate.note == "with host, per hour"


def test_a_toml_card(tmp_path: Path) -> None:
    """A TOML card shares its top level with every rate, and a rate's own field wins."""
    card = card_of(tmp_path, TOML, name="card.toml")
    assert {key: dict(rate.basis) for key, rate in card.entries.items()} == {
        "b300": {"own": "quote", "power": "quote"},
        "h200": {"own": "list"},
    }
    assert {key: rate.own_usd_per_gpu_hr for key, rate in card.entries.items()} == {"b300": 3.0, "h200": 2.05}
    assert (card.as_of, card.source) == ("2026-08-15", "Offer 17")


def test_an_own_price_is_a_price_of_one_gpu(tmp_path: Path) -> None:
    """A user's own price stands apart from the tiers, beside them or alone, in CSV and in TOML."""
    text = (
        "as_of,hardware,usd_per_gpu_hr_rental,usd_per_gpu_hr_own,basis_own\n"
        "2026-08,b300,3.1,2.75,quote\n2026-08,h200,2.05,,\n2026-08,mi355x,,1.25,list\n"
    )
    entries = card_of(tmp_path, text).entries
    assert {key: rate.own_usd_per_gpu_hr for key, rate in entries.items()} == {
        "b300": 2.75,
        "h200": None,
        "mi355x": 1.25,
    }
    assert [entries[key].basis.get("own") for key in ("b300", "h200", "mi355x")] == ["quote", None, "list"]
    assert entries["b300"].usd_per_gpu_hr["rental"] == 3.1
    assert card_of(tmp_path, TOML, name="card.toml").entries["b300"].own_usd_per_gpu_hr == 3.0
    assert all(rate.own_usd_per_gpu_hr is None for rate in HOUSE.rate_card(None).entries.values())


def test_a_toml_card_with_a_currency(tmp_path: Path) -> None:
    """The currency changes what is shown: prices stay US dollars."""
    card = card_of(tmp_path, TOML + '[currency]\nlabel = "EUR"\nper_usd = 0.92\n', name="card.toml")
    assert (card.currency_label, card.currency_per_usd) == ("EUR", 0.92)
    assert card.entries["b300"].own_usd_per_gpu_hr == 3.0


def test_a_card_of_several_dates(tmp_path: Path) -> None:
    """A file may hold several dates in any order: the newest is the default, a date picks its own."""
    text = f"{HEADER}\n2026-08-15,b300,1.9,3\n2026-08,b300,1.9,2.9\n2025-12-31,b300,1.9,2.5\n"
    assert card_of(tmp_path, text).entries["b300"].usd_per_gpu_hr["rental"] == 3.0
    assert card_of(tmp_path, text, as_of="2026-08").entries["b300"].usd_per_gpu_hr["rental"] == 2.9
    with pytest.raises(
        RateCardError, match=r"card.csv, field `as_of`: has no rates as of '2026-07'; allowed: 2025-12-31"
    ):
        card_of(tmp_path, text, as_of="2026-07")


def test_an_unregistered_gpu_is_kept_with_a_notice(tmp_path: Path) -> None:
    """A GPU that the registry lacks keeps its own name, and the notice names the nearest registered one."""
    card = card_of(tmp_path, f"{HEADER}\n2026-08,h10O,1,2\n")
    assert list(card.entries) == ["h10o"]
    assert [notice.topic for notice in card.notices] == ["price"]
    assert str(card.notices[0]) == "card.csv: rates for `h10o`, which is not a registered GPU; did you mean `h100`?"


def test_a_basis_that_is_not_given_is_not_invented(tmp_path: Path) -> None:
    """A figure without a basis says so."""
    rate = card_of(tmp_path, f"{HEADER}\n2026-08,b300,1.9,3\n").entries["b300"]
    assert set(rate.basis.values()) == {NOT_STATED}


def test_texts_of_a_card_are_cleaned(tmp_path: Path) -> None:
    """Invisible characters of a card's texts never reach a sheet."""
    text = f"{HEADER},source,note\n2026-08,b300,1.9,3,Offer\u202e 17,\x07=1+1\u200b\n"
    rate = card_of(tmp_path, text).entries["b300"]
    assert (rate.source, rate.note) == ("Offer 17", "=1+1")


def test_today_is_the_present_day_by_default(tmp_path: Path) -> None:
    """A card from the future is refused without being told the date."""
    path = tmp_path / "card.csv"
    path.write_text(f"{HEADER}\n{dt.datetime.now(tz=dt.UTC).date() + dt.timedelta(days=3)},b300,1.9,3\n")
    with pytest.raises(RateCardError, match="lies in the future"):
        HOUSE.rate_card(str(path))


@pytest.mark.parametrize("as_of", ["2026-11", "2026-11-22"])
def test_the_present_day_is_allowed(tmp_path: Path, as_of: str) -> None:
    """A card may be as new as today, or of the month that is not over."""
    assert card_of(tmp_path, f"{HEADER}\n{as_of},b300,1.9,3\n").as_of == as_of


# Faults

ROW = "2026-08,b300,1.9,3"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "2026-08,b300,1.9,-3",
            r"row 2, field `usd_per_gpu_hr_rental`: '-3' is out of range; allowed: a number above 0",
        ),
        ("2026-08,b300,1.9,0", r"'0' is out of range.*Leave it empty if it is unknown"),
        ("2026-08,b300,0,3", r"row 2, field `kw_per_gpu`: '0' is out of range; .* up to 100 kW per GPU"),
        ("2026-08,b300,1900,3", r"field `kw_per_gpu`: '1900' is out of range"),
        ("2026-08,b300,1.9,2190", r"'2190' is out of range; .* up to 1000 US dollars per GPU-hour"),
        ("2026-08,b300,1.9,1e999", r"'1e999' is out of range"),
        ("2026-08,b300,1.9,1e-999", r"'1e-999' is out of range"),
        ("2026-08,b300,1.9,$3", r"'\$3' is not a number; allowed: a plain number with a decimal point"),
        ('2026-08,b300,1.9,"3,10"', r"'3,10' is not a number"),
        ("2026-08,b300,1.9,nan", r"'nan' is not a number"),
        ("2026-08,b300,1.9,1_0", r"'1_0' is not a number"),
        ("2026-08,b300,1.9,\u0663", r"is not a number"),
        ("2026-08,b300,n/a,3", r"field `kw_per_gpu`: 'n/a' is not a number"),
        ("2026-08,,1.9,3", r"row 2, field `hardware`: is empty"),
        ("2026-08,b300,,", r"'b300' has neither a price nor a power"),
        (",b300,1.9,3", r"row 2, field `as_of`: is empty"),
        ("2026-12,b300,1.9,3", r"field `as_of`: 2026-12 lies in the future; allowed: up to 2026-11-22"),
        ("August 2026,b300,1.9,3", r"'August 2026' is not a date; allowed: a date such as 2026-08-15 or a month"),
        ("2026-13,b300,1.9,3", r"'2026-13' is not a date"),
        ("2026-02-30,b300,1.9,3", r"'2026-02-30' is not a date"),
        ("2026-W08-1,b300,1.9,3", r"'2026-W08-1' is not written as a date"),
        ("20260815,b300,1.9,3", r"'20260815' is not written as a date"),
        ("2026-08,b300,1.9", r"row 2: has 3 fields where the header has 4"),
        (f"{ROW}\n\n2026-08,B300,1.9,4", r"row 4, field `hardware`: 'b300' as of 2026-08 stands in row 2 already"),
        ('2026-08,"b300,1.9,3', r"card.csv: is not a readable CSV"),
        ("", r"card.csv: holds no rate\. Add a row per GPU"),
    ],
)
def test_a_wrong_row_is_refused(tmp_path: Path, line: str, message: str) -> None:
    """A rate that cannot be used is refused with file, row, field, what is allowed and what to do."""
    with pytest.raises(RateCardError, match=message):
        card_of(tmp_path, f"{HEADER}\n{line}\n")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "as_of,hardware,eur_per_gpu_hr_rental",
            r"field `eur_per_gpu_hr_rental`: is not in a unit of this table.*mean `usd_",
        ),
        ("as_of,hardware,usd_per_gpu_month_rental", r"is not in a unit of this table"),
        ("as_of,hardware,w_per_gpu", r"field `w_per_gpu`: is not in a unit of this table.*did you mean `kw_per_gpu`"),
        (
            "as_of,hardwear,kw_per_gpu",
            r"row 1, field `hardwear`: is not a column of this table.*did you mean `hardware`",
        ),
        ("as_of,hardware,hardware", r"field `hardware`: stands twice in the header"),
        ("hardware,kw_per_gpu", r"row 1, field `as_of`: is missing\. Add the column"),
        ("as_of;hardware;kw_per_gpu", r"row 1: is separated by semicolons"),
    ],
)
def test_a_wrong_header_is_refused(tmp_path: Path, header: str, message: str) -> None:
    """A column in another unit, unknown, doubled or missing is refused, with the nearest name."""
    with pytest.raises(RateCardError, match=message):
        card_of(tmp_path, f"{header}\n2026-08,b300,1.9\n")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("unit", r"row 2, field `unit`: 'x' is not known; allowed: usd_per_gpu_hr"),
        ("basis", r"field `basis`: 'x' is not known; allowed: list, quote, estimate, provisional"),
        ("basis_rental", r"field `basis_rental`: 'x' is not known"),
        ("basis_power", r"field `basis_power`: 'x' is not known"),
    ],
)
def test_a_wrong_choice_is_refused(tmp_path: Path, fields: str, message: str) -> None:
    """Unit and basis are words of a list."""
    with pytest.raises(RateCardError, match=message):
        card_of(tmp_path, f"{HEADER},{fields}\n{ROW},x\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"card.csv: is empty; allowed: a header row with as_of, hardware"),
        (b"PK\x03\x04\xff\xfe", r"card.csv: is not UTF-8 text\. Save it as `CSV UTF-8`"),
        (f"{HEADER}\n".encode() + b"," * 2_000_000, r"card.csv: is too large to be such a table"),
        (f"{HEADER}\n2026-08,{'x' * 140_000},1,1\n".encode(), r"is not a readable CSV \(field larger than field limit"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """A file that is no table is refused in one sentence."""
    with pytest.raises(RateCardError, match=message):
        card_of(tmp_path, content)


def test_a_folder_is_no_card(tmp_path: Path) -> None:
    """A folder is refused."""
    with pytest.raises(RateCardError, match="is no file"):
        HOUSE.rate_card(f"{tmp_path}/")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="the system has no endless file")
def test_an_endless_file_is_refused() -> None:
    """What never ends is not begun: a device, a pipe that nobody writes to, a file of the kernel."""
    with pytest.raises(RateCardError, match="is no file"):
        HOUSE.rate_card("/dev/zero")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_is_no_card(tmp_path: Path) -> None:
    """A pipe would make the command wait for whoever writes to it."""
    os.mkfifo(tmp_path / "card.toml")
    with pytest.raises(RateCardError, match="is no file"):
        HOUSE.rate_card(str(tmp_path / "card.toml"))


@pytest.mark.parametrize(
    "text",
    [".".join("a" * 17) + " = 1", "[" + " . ".join("ab" for _ in range(40)) + "]", "x = {" + '"a".' * 30 + "b = 1}"],
)
def test_a_key_of_many_parts_is_refused(text: str) -> None:
    """Such a key takes time and memory with the square of its parts; dots in texts and comments are no keys."""
    with pytest.raises(ValueError, match="a key has more than 16 parts"):
        toml_table(f"{text}\n")


def test_dots_that_are_no_keys() -> None:
    """Texts of any kind, comments and keys of a few parts."""
    dots = "." * 40
    text = f'# {dots}\na.b.c = "x{dots}"\nd = \'y{dots}\' # {dots}\ne = """{dots}\n{dots}"""\nf = 1.5\n'
    assert toml_table(text)["a"] == {"b": {"c": f"x{dots}"}}


@pytest.mark.parametrize("price", ["1e-300", "1e-10"])
def test_a_price_without_digits_is_refused(price: str) -> None:
    """Below a billionth two computations have no digits left to agree in."""
    row = Row({"price": price}, "c.csv", 2, RateCardError)
    with pytest.raises(RateCardError, match="is too small; allowed: a number from 1e-09 on"):
        row.positive("price")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[[rates]]", "[[rate]]", r"field `rate`: is not a column of this table.*did you mean `rates`\?"),
        ("kw_per_gpu = 1.9", "kw_per_gpu = true", r"row 1, field `kw_per_gpu`: True is not a number"),
        ("kw_per_gpu = 1.9", "kw_per_gpu = [1.9]", r"field `kw_per_gpu`: \[1.9\] is not a number"),
        ("kw_per_gpu = 1.9", "kw_per_gpu = inf", r"inf is out of range"),
        ("kw_per_gpu = 1.9", "kw_per_gpu = nan", r"nan is out of range"),
        ("kw_per_gpu = 1.9", f"kw_per_gpu = 1{'0' * 400}", r"is out of range"),
        ("kw_per_gpu = 1.9", f"kw_per_gpu = 1{'0' * 9000}", r"card.toml: is not TOML"),
        (
            "kw_per_gpu = 1.9",
            "kw = 1.9",
            r"row 1, field `kw`: is not in a unit of this table.*kw_per_gpu.*Rename it or remove it",
        ),
        ('hardware = "B300"', "hardware = 300", r"row 1, field `hardware`: 300 is not a text"),
        ("2026-08-15", "2026-08-15T10:00:00", r"field `as_of`: datetime.* is not a text"),
        ("2026-08-15", "2027-08-15", r"field `as_of`: 2027-08-15 lies in the future"),
        ("as_of = 2026-08-15", "", r"row 1, field `as_of`: is empty"),
        ('"Offer 17"', '"Offer 17', r"card.toml: is not TOML \(.*\)\. Correct the file"),
        ("as_of", "unit = 'eur_per_gpu_hr'\nas_of", r"field `unit`: 'eur_per_gpu_hr' is not known"),
        ("as_of", "rates = 3\nas_of", r"card.toml: is not TOML"),
    ],
)
def test_a_wrong_toml_card_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    """A TOML card is held to the same rules as a table."""
    assert old in TOML
    text = TOML.replace(old, new) if old == "[[rates]]" else TOML.replace(old, new, 1)
    with pytest.raises(RateCardError, match=message):
        card_of(tmp_path, text, name="card.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rates = 3", r"field `rates`: is missing; allowed: one \[\[rates\]\] per GPU"),
        ("rates = [1]", r"field `rates`: is missing"),
        ("rates = []", r"holds no rate"),
        ("", r"field `rates`: is missing"),
        ("a = " + "[" * 3000, r"is not TOML"),
        (TOML + "[currency]\nper_usd = 0.92", r"field `label`: is empty"),
        (TOML + "[currency]\nlabel = 'EUR'", r"field `per_usd`: is missing; allowed: what one US dollar costs"),
        (TOML + "[currency]\nlabel = 'EUR'\nper_usd = 0", r"field `per_usd`: 0 is out of range"),
        (TOML + "[currency]\nlabel = 'EUR'\nper_usd = '0,92'", r"field `per_usd`: '0,92' is not a number"),
        (
            TOML + "[currency]\nlabel = 'Euro of Europe'\nper_usd = 1",
            r"field `label`: .* is no short name of a currency",
        ),
        (TOML + '[currency]\nlabel = "E\\u202eR"\nper_usd = 1', r"field `label`: .* is no short name of a currency"),
        (TOML + "[currency]\nname = 'EUR'", r"field `name`: is not a column.*allowed: label, per_usd"),
        ("currency = 3\n" + TOML, r"field `currency`: is not a table"),
    ],
)
def test_a_wrong_toml_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """What stands around the rates of a TOML card is checked as they are."""
    with pytest.raises(RateCardError, match=message):
        card_of(tmp_path, text, name="card.toml")


# Properties

prices = st.floats(0.001, LARGEST_PRICE_USD_PER_GPU_HR, allow_nan=False)
entries = st.fixed_dictionaries(
    {"hardware": st.sampled_from(HOUSE.hardware_keys())},
    optional={
        **{f"usd_per_gpu_hr_{tier}": prices for tier in TIERS},
        **{f"basis_{tier}": st.sampled_from(BASES) for tier in TIERS},
    },
).filter(lambda entry: any(field.startswith("usd") for field in entry))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(entries, min_size=1, max_size=6, unique_by=lambda entry: entry["hardware"]))
def test_both_forms_of_a_card_mean_the_same(tmp_path: Path, rows: list[dict[str, object]]) -> None:
    """The same rates written as CSV and as TOML are read as the same entries, every figure to 15 digits."""
    fields = ["as_of", *dict.fromkeys(field for row in rows for field in row)]
    table = [",".join(fields), *(",".join(str({"as_of": "2026-08", **row}.get(f, "")) for f in fields) for row in rows)]
    lines = ['as_of = "2026-08"', 'source = "card.csv"']
    for row in rows:
        lines += ["[[rates]]", *(f"{field} = {value!r}" for field, value in row.items())]
    from_table = card_of(tmp_path, "\n".join(table))
    from_toml = card_of(tmp_path, "\n".join(lines), name="card.toml")
    assert from_table.entries == from_toml.entries
    for row in rows:
        given_prices = {tier: row[f"usd_per_gpu_hr_{tier}"] for tier in TIERS if f"usd_per_gpu_hr_{tier}" in row}
        expected = {tier: float(f"{price:.15g}") for tier, price in given_prices.items()}
        assert dict(from_table.entries[str(row["hardware"])].usd_per_gpu_hr) == expected


hostile = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: f"{HEADER}\n{text}".encode("utf-8", "surrogatepass")),
    st.lists(st.text(alphabet="=+-@\"',;\n\r\t0.9eb300", max_size=12), max_size=8).map(
        lambda cells: f"{HEADER}\n{','.join(cells)}".encode()
    ),
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hostile, st.sampled_from(["card.csv", "card.toml"]))
def test_any_bytes_are_a_card_or_a_clear_refusal(tmp_path: Path, content: bytes, name: str) -> None:
    """Whatever a file holds, it is read into usable rates or refused with a message that names it."""
    card, refusal = None, ""
    try:
        card = card_of(tmp_path, content, name=name)
    except RateCardError as error:
        refusal = str(error)
    if card is None:
        assert name in refusal
        return
    for rate in card.entries.values():
        assert rate.kw_per_gpu is None or rate.kw_per_gpu > 0
        assert all(price > 0 for price in rate.usd_per_gpu_hr.values())
    assert card.entries


def test_a_card_cannot_be_changed(tmp_path: Path) -> None:
    """Entries and prices are the same for every stage of a build."""
    card = card_of(tmp_path, f"{HEADER}\n{ROW}\n")
    assert isinstance(card.entries, MappingProxyType)
    assert isinstance(card.entries["b300"].usd_per_gpu_hr, MappingProxyType)


# The documentation

EXAMPLES = [
    "\n".join(line.removeprefix("    ") for line in block.splitlines())
    for block in re.findall(
        r"(?:^    .*\n(?:\n(?=    ))*)+",
        DOCUMENT.read_text(encoding="utf-8").partition("## Your own rate card")[2],
        re.MULTILINE,
    )
]


@pytest.mark.parametrize(("example", "name"), [*zip(EXAMPLES, ["card.csv", "card.toml"], strict=True)])
def test_the_documented_cards_are_cards(tmp_path: Path, example: str, name: str) -> None:
    """Both examples in docs/data.md are read, with the figure that they have in common."""
    card = card_of(tmp_path, example, name=name)
    assert (card.as_of, card.source) == ("2026-08-15", "Offer 17")
    assert card.entries["b300"].own_usd_per_gpu_hr == 2.75
    assert card.currency_label == ("EUR" if name == "card.toml" else "USD")


def test_the_documentation_names_every_column() -> None:
    """Every column of a card stands in docs/data.md, some by their ending."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for column in (*_REQUIRED, *_OPTIONAL):
        ending = re.sub("^(usd_per_gpu_hr|basis)(?=_)", "", column)
        assert f"`{column}`" in text or f"`{ending}`" in text, column
