"""Rate cards: the price of a GPU-hour by tier and the power of a GPU, bundled or brought by the user.

A card is a CSV table, or a TOML file whose `[[rates]]` entries are the rows of such a table and whose top level gives
what they share. Prices are always US dollars per GPU and hour, power kW per GPU with its share of host, network and
cooling; `[currency]` in a TOML card says in which money a workbook shows them. docs/data.md describes both forms.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from specxl.errors import Notice, RateCardError, nearest
from specxl.house.tables import Row, read_table, read_text, toml_table
from specxl.labels import clean_label
from specxl.schema import TIERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

BASES = ("list", "quote", "estimate", "provisional")
OWN = "own"
"""The user's own price of one GPU: no tier of the market, but what overrides every tier for that hardware alone."""
NOT_STATED = "not stated"
UNIT = "usd_per_gpu_hr"
# No GPU costs or draws this much: a figure above is in another unit (cents, a server, a month, watts).
LARGEST_PRICE_USD_PER_GPU_HR = 1000.0
LARGEST_POWER_KW_PER_GPU = 100.0
LONGEST_CURRENCY_LABEL = 12
LONGEST_TEXT = 500
STALE_MONTHS = 6
"""A card that is older than the data by more than this gets a notice: rental prices rose by half within one summer."""

_PRICES = (*(tier for tier in TIERS if tier != OWN), OWN)
_REQUIRED = ("as_of", "hardware")
_SHARED = ("as_of", "unit", "source", "note", "basis", *(f"basis_{figure}" for figure in (*_PRICES, "power")))
_FIGURES = ("kw_per_gpu", *(f"{UNIT}_{price}" for price in _PRICES))
# Cards may carry these for their readers; how a GPU is called is the registry's decision.
_DESCRIPTIVE = ("label", "vendor", "architecture")
_OPTIONAL = (*_FIGURES, *(field for field in _SHARED if field not in _REQUIRED), *_DESCRIPTIVE)
_AS_OF = re.compile(r"\d{4}-\d{2}(-\d{2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rate:
    """What one GPU costs per hour (US dollars, by tier; a tier without a price is absent) and draws (kW).

    `own_usd_per_gpu_hr` is the user's own price, which overrides every tier for this hardware; None where there is none.
    `basis` says for every tier with a price, for "own" and for "power" when they are given, what the figure rests on:
    list, quote, estimate, provisional, or "not stated".
    """

    hardware: str
    kw_per_gpu: float | None
    usd_per_gpu_hr: Mapping[str, float]
    basis: Mapping[str, str]
    source: str
    as_of: str
    note: str
    own_usd_per_gpu_hr: float | None = None


@dataclass(frozen=True, slots=True)
class RateCard:
    """The rates of one date; hardware that the card does not price is absent from `entries`.

    `currency_per_usd` is the factor from US dollars to the currency that a workbook opens with; `notices` tells what
    the card's author may want to look at.
    """

    name: str
    as_of: str
    source: str
    entries: Mapping[str, Rate]
    currency_label: str = "USD"
    currency_per_usd: float = 1.0
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class _Currency:
    label: str = "USD"
    per_usd: float = 1.0


def read_rate_cards(
    path: Path,
    *,
    resolve_hardware: Callable[[str], str],
    known_hardware: Sequence[str],
    today: dt.date | None = None,
) -> tuple[RateCard, ...]:
    """Read every card of a CSV or TOML file, oldest first; a file holds one card per as-of date.

    Each card is named after the file. With `today`, a card dated after it is an error. Raises RateCardError with file,
    row and field for anything that cannot be used: nothing is repaired and no entry is left out.
    """
    if path.suffix.lower() == ".toml":
        rows, currency = _read_toml(path)
    else:
        rows = read_table(path, RateCardError, required=_REQUIRED, optional=_OPTIONAL, unknown=_unknown_column)
        currency = _Currency()
    if not rows:
        raise RateCardError("holds no rate", file=str(path), next_step="Add a row per GPU.")
    cards = _by_date(rows, resolve_hardware, today)
    return tuple(
        RateCard(
            name=path.name,
            as_of=as_of,
            source="; ".join(dict.fromkeys(rate.source for rate in entries.values())),
            entries=MappingProxyType(entries),
            currency_label=currency.label,
            currency_per_usd=currency.per_usd,
            notices=tuple(_unregistered(entries, known_hardware, path)),
        )
        for as_of, entries in sorted(cards.items())
    )


def pick_rate_card(cards: Sequence[RateCard], as_of: str | None) -> RateCard:
    """Return the card of a date, or the newest; `cards` are those of one file, oldest first."""
    if as_of is None:
        return cards[-1]
    dates = [card.as_of for card in cards]
    if as_of not in dates:
        raise RateCardError(
            f"has no rates as of {as_of!r}",
            file=cards[0].name,
            field="as_of",
            allowed=", ".join(dates),
            next_step=nearest(as_of, dates) or "Choose one of its dates.",
        )
    return cards[dates.index(as_of)]


def rate_age_notice(card: RateCard, as_of: dt.date | None) -> Notice | None:
    """Say when the data is more than `STALE_MONTHS` newer than the card whose prices it is given; None otherwise.

    A card of a month counts from its first day. `as_of` is the newest date of the data, None where it has none.
    """
    card_day = _first_day(card.as_of)
    years, month = divmod(card_day.month - 1 + STALE_MONTHS, 12)
    limit = (card_day.year + years, month + 1, card_day.day)  # may be a 31st of February, which compares as it should
    if as_of is None or (as_of.year, as_of.month, as_of.day) <= limit:
        return None
    text = (
        f"rate card {card.name} (as of {card.as_of}) is more than {STALE_MONTHS} months older than the data (as of {as_of}):"
        " prices may have moved since. Name a newer card with --rates"
    )
    return Notice("price", text)


def _by_date(
    rows: Iterable[Row], resolve_hardware: Callable[[str], str], today: dt.date | None
) -> dict[str, dict[str, Rate]]:
    cards: dict[str, dict[str, Rate]] = {}
    first_rows: dict[tuple[str, str], int | None] = {}
    for row in rows:
        rate = _rate(row, resolve_hardware(row.required("hardware")), today)
        first = first_rows.setdefault((rate.as_of, rate.hardware), row.number)
        if first != row.number:
            problem = f"{rate.hardware!r} as of {rate.as_of} stands in row {first} already"
            row.fail("hardware", problem, next_step="Remove one of the two.")
        cards.setdefault(rate.as_of, {})[rate.hardware] = rate
    return cards


def _rate(row: Row, hardware: str, today: dt.date | None) -> Rate:
    if row.text("unit"):
        row.choice("unit", (UNIT,))
    power = row.positive("kw_per_gpu", largest=LARGEST_POWER_KW_PER_GPU, unit="kW per GPU")
    given = {name: _price(row, name) for name in _PRICES}
    prices = {name: price for name, price in given.items() if price is not None}
    if power is None and not prices:
        row.fail("hardware", f"{hardware!r} has neither a price nor a power", next_step="Add a figure or drop the row.")
    figures = (*prices, *(() if power is None else ("power",)))
    return Rate(
        hardware=hardware,
        kw_per_gpu=power,
        usd_per_gpu_hr=MappingProxyType({tier: price for tier, price in prices.items() if tier in TIERS}),
        basis=MappingProxyType({figure: _basis(row, figure) for figure in figures}),
        source=clean_label(row.text("source") or row.file_name, limit=LONGEST_TEXT),
        as_of=_as_of(row, today),
        note=clean_label(row.text("note"), limit=LONGEST_TEXT),
        own_usd_per_gpu_hr=prices.get(OWN),
    )


def _price(row: Row, name: str) -> float | None:
    return row.positive(f"{UNIT}_{name}", largest=LARGEST_PRICE_USD_PER_GPU_HR, unit="US dollars per GPU-hour")


def _basis(row: Row, figure: str) -> str:
    for field in (f"basis_{figure}", "basis"):
        if row.text(field):
            return row.choice(field, BASES)
    return NOT_STATED


def _as_of(row: Row, today: dt.date | None) -> str:
    text = row.required("as_of")
    allowed = "a date such as 2026-08-15 or a month such as 2026-08"
    try:
        first_day = _first_day(text)
    except ValueError:
        row.fail("as_of", f"{text!r} is not a date", allowed=allowed)
    if not _AS_OF.fullmatch(text):
        row.fail("as_of", f"{text!r} is not written as a date", allowed=allowed)
    if today is not None and first_day > today:
        row.fail("as_of", f"{text} lies in the future", allowed=f"up to {today.isoformat()}")
    return text


def _first_day(as_of: str) -> dt.date:
    # A month means its first day.
    return dt.date.fromisoformat(as_of if len(as_of) > len("2026-08") else f"{as_of}-01")


def _unknown_column(name: str) -> str:
    is_figure = name.endswith(_PRICES) or "per_" in name or name.startswith(("kw", "price", "usd"))
    return "is not in a unit of this table" if is_figure else "is not a column of this table"


def _unregistered(entries: Iterable[str], known: Sequence[str], path: Path) -> Iterable[Notice]:
    for key in entries:
        if key not in known:
            text = f"rates for `{key}`, which is not a registered GPU"
            yield Notice("price", f"{text}; {hint}" if (hint := nearest(key, known)) else text, file=path.name)


def _read_toml(path: Path) -> tuple[tuple[Row, ...], _Currency]:
    try:
        card = toml_table(read_text(path, RateCardError))
    except (ValueError, RecursionError) as exc:
        raise RateCardError(f"is not TOML ({exc})", file=str(path), next_step="Correct the file.") from exc
    _check_keys(card, (*_SHARED, "rates", "currency"), path)
    entries = card.get("rates")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RateCardError("is missing", file=str(path), field="rates", allowed="one [[rates]] per GPU")
    shared = {field: card[field] for field in _SHARED if field in card}
    rows = []
    for number, entry in enumerate(entries, start=1):
        _check_keys(entry, (*_REQUIRED, *_OPTIONAL), path, row=number)
        cells = {field: _plain_date(value) for field, value in (shared | entry).items()}
        rows.append(Row(cells, str(path), number, RateCardError))
    return tuple(rows), _currency(card.get("currency", {}), path)


def _plain_date(value: object) -> object:
    # TOML has dates of its own; one with a time of day is left as it is, and refused as a text.
    return value.isoformat() if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else value


def _check_keys(table: Mapping[str, object], allowed: Sequence[str], path: Path, row: int | None = None) -> None:
    for key in table:
        if key not in allowed:
            raise RateCardError(
                _unknown_column(key),
                file=str(path),
                row=row,
                field=key,
                allowed=", ".join(allowed),
                next_step=nearest(key, allowed) or "Rename it or remove it.",
            )


def _currency(table: object, path: Path) -> _Currency:
    if not isinstance(table, dict):
        raise RateCardError(
            "is not a table", file=str(path), field="currency", allowed="[currency] with label, per_usd"
        )
    _check_keys(table, ("label", "per_usd"), path)
    if not table:
        return _Currency()
    row = Row(table, str(path), None, RateCardError)
    label, factor = row.required("label"), row.positive("per_usd")
    if clean_label(label, limit=LONGEST_CURRENCY_LABEL) != label:
        row.fail(
            "label",
            f"{label!r} is no short name of a currency",
            allowed=f"up to {LONGEST_CURRENCY_LABEL} characters, such as EUR",
        )
    if factor is None:
        row.fail("per_usd", "is missing", allowed="what one US dollar costs in this currency, such as 0.92")
    return _Currency(label, factor)
