"""The house: registries of names, rate cards, published pages, theme and texts, found in a checkout and in a wheel.

Everything stands in the top-level folders `data/` and `templates/`, which an installed wheel carries inside the package.
Adding a GPU, a model or a rate is a line of data, never code; a key that no registry knows keeps its own name.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from specxl.errors import RateCardError, TemplateError, nearest
from specxl.house.api_prices import ApiPrice, read_api_prices
from specxl.house.evaluations import EvaluationRule, read_evaluation_rule
from specxl.house.families import EngineFamily, family_of, read_families
from specxl.house.known_issues import KnownIssues, read_known_issues
from specxl.house.names import (
    Hardware,
    Model,
    Names,
    PublishedClaim,
    PublishedPage,
    cleaned,
    folded,
    hub_id,
    rarer_spellings,
    read_hardware,
    read_models,
    read_names,
    read_pages,
    read_variant_kinds,
    without_snapshot,
)
from specxl.house.rates import pick_rate_card, read_rate_cards
from specxl.house.tables import Row, read_table, read_text, toml_table
from specxl.house.templates import require_form
from specxl.house.theme import require_distinct, require_theme
from specxl.labels import bare_name
from specxl.schema import OFF, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.house.rates import RateCard

__all__ = ["ApiPrice", "Hardware", "House", "Model", "PublishedClaim", "PublishedPage"]

_PACKAGE = Path(__file__).resolve().parents[1]
THEME, LABELS = "theme", "labels"
FREE_LISTS = ("about.toml",)
"""Templates whose lists may have any length; those of the others are numbered by codes."""


@dataclass(frozen=True, slots=True)
class House:
    """What the house knows; built by `House.load` and immutable from then on.

    `api_prices` are list prices by the key of a model; `texts` maps the stem of every file in templates/ to its parsed TOML, `theme` is that of theme.toml, `pages` the
    published pages by id, `known_issues` the runs of which faults were reported.
    """

    pages: Mapping[str, PublishedPage]
    texts: Mapping[str, Any]
    theme: Mapping[str, Any]
    known_issues: KnownIssues
    api_prices: Mapping[str, ApiPrice]
    evaluation_rule: EvaluationRule
    _hardware: Mapping[str, Hardware]
    _models: Mapping[str, Model]
    _display_names: Mapping[str, tuple[str, ...]]
    _hardware_names: Names
    _model_names: Names
    _engines: Names
    _precisions: Names
    _variants: Names
    _variant_kinds: Mapping[str, str]
    _rate_cards: tuple[RateCard, ...]
    _families: tuple[EngineFamily, ...]

    @staticmethod
    def load(templates: Path | None = None, *, known_issues: Path | None = None) -> House:
        """Read data/ and templates/; a file in `templates` replaces the one of the same name.

        `known_issues` is a list of one's own, which is added to the bundled one.

        Raises TemplateError with file, row and field for a registry or template that does not follow its schema, and
        InputError for a list of known issues that does not.
        """
        data = _folder("data")
        hardware_rows = _rows(data / "hardware.csv", "short_label", "vendor", "architecture")
        model_rows = _rows(data / "models.csv", "short_label", "api_names")
        variant_rows = _rows(data / "variants.csv", "kind")
        hardware_names, hardware = read_names(hardware_rows), read_hardware(hardware_rows)
        registries = {
            "model": read_names(model_rows),
            "hardware": hardware_names,
            "engine": read_names(_rows(data / "engines.csv")),
            "variant": read_names(variant_rows),
            "precisions": read_names(_rows(data / "precisions.csv")),
        }
        issue_files = (data / "known_issues.csv", *((known_issues,) if known_issues else ()))
        texts = _read_templates(templates)
        return House(
            pages=read_pages(data / "published_pages.csv", data / "published_claims.csv"),
            texts=texts,
            theme=texts.get(THEME, MappingProxyType({})),
            known_issues=KnownIssues(
                tuple(issue for path in issue_files for issue in read_known_issues(path, registries))
            ),
            api_prices=MappingProxyType(read_api_prices(data / "api_prices.csv", registries["model"].labels)),
            evaluation_rule=read_evaluation_rule(data / "evaluation_rule.csv"),
            _hardware=hardware,
            _models=read_models(model_rows, hardware.values()),
            _display_names=MappingProxyType({row.text("key"): row.names("api_names") for row in model_rows}),
            _hardware_names=hardware_names,
            _model_names=registries["model"],
            _engines=registries["engine"],
            _precisions=registries["precisions"],
            _variants=registries["variant"],
            _variant_kinds=read_variant_kinds(variant_rows),
            _rate_cards=_bundled_cards(data / "rates.csv", hardware_names),
            _families=read_families(data / "engine_families.csv"),
        )

    def hardware(self, key: str) -> Hardware:
        """Return an accelerator; an unknown key stands under its own name, after all known ones."""
        return self._hardware.get(key) or Hardware(key, key, key, "", "", known=False, order=len(self._hardware))

    def model(self, key: str) -> Model:
        """Return a model; an unknown key stands under its own name, after all known ones."""
        return self._models.get(key) or Model(key, key, key, known=False, order=len(self._models))

    def hardware_keys(self) -> tuple[str, ...]:
        """Return the keys of the registered hardware in the order of sheets and tables."""
        return tuple(self._hardware)

    def model_keys(self) -> tuple[str, ...]:
        """Return the keys of the registered models in the order of sheets and tables."""
        return tuple(self._models)

    def precision_keys(self) -> tuple[str, ...]:
        """Return the precisions in the order in which METHOD 6 prefers them."""
        return tuple(self._precisions.labels)

    def variant_keys(self) -> tuple[str, ...]:
        """Return the registered speculative decoding methods, the baseline first."""
        return tuple(self._variants.labels)

    def engine_keys(self) -> tuple[str, ...]:
        """Return the registered serving engines."""
        return tuple(self._engines.labels)

    def display_names(self, model_key: str) -> tuple[str, ...]:
        """Return the names under which the InferenceX API answers for a model; empty for an unknown one."""
        return self._display_names.get(model_key, ())

    def precision_label(self, key: str) -> str:
        """Return how a precision is written for people ("fp4" is FP4)."""
        return self._precisions.labels.get(key, key.upper())

    def variant_label(self, key: str) -> str:
        """Return how a variant is written for people ("none" is Off, "mtp" is MTP)."""
        return self._variants.labels.get(key, key)

    def variant_kind(self, key: str) -> str:
        """Return baseline, speculative or unknown; a method that the registry lacks is speculative."""
        return self._variant_kinds.get(key, "speculative")

    def engine_label(self, key: str) -> str:
        """Return how a serving engine is written for people."""
        return self._engines.labels.get(key, key)

    def engine_family(self, engine_key: str) -> str:
        """Return the family of an engine: its own key where no family lists it, "" where the engine is not stated."""
        return family_of(engine_key, self._families)

    def family_label(self, family: str) -> str:
        """Return how a family of engines is written for people; one that no file lists goes by its engine's label."""
        return next((known.label for known in self._families if known.key == family), None) or self.engine_label(family)

    def resolve_hardware(self, raw: str) -> str:
        """Return the key of an accelerator from any spelling, a CI cluster's name included.

        FORMATS 1.3: the text after the last ":", up to the first "-" (`cluster:mi355x-amds` is mi355x). What follows
        the "-" is dropped only when the rest is registered: an unknown name is kept whole, in lower case.
        """
        name = cleaned(raw.rpartition(":")[2])
        return self._hardware_names.find(name) or self._hardware_names.find(name.partition("-")[0]) or folded(name)

    def resolve_model(self, raw: str) -> str:
        """Return the key of a model from its key, label, display name or checkpoint (a hub's id or a path).

        A checkpoint's name counts up to its precision: `nvidia/DeepSeek-R1-0528-FP4-V2` is DeepSeek-R1-0528. A folder of
        a hub's cache (`models--org--name/snapshots/...`, `org--name`) is the id it stands for. An unknown model keeps
        its own name; of a path or an address only the last part, as the others may tell about the machine.
        """
        name = bare_name(hub_id(raw) or without_snapshot(raw)) or UNKNOWN
        base = name.rpartition("/")[2]
        spelled = (
            name,
            base,
            self._stem(base),
            *(s for rare in rarer_spellings(raw) for s in (rare, self._stem(rare))),
        )
        return next((key for spelling in spelled if (key := self._model_names.find(spelling))), name)

    def resolve_engine(self, raw: str) -> str:
        """Return the key of a serving engine; an unknown one keeps its own name in lower case."""
        name = bare_name(raw) or UNKNOWN
        return self._engines.find(name) or folded(name)

    def resolve_precision(self, raw: str) -> str:
        """Return the key of a precision; an unknown one keeps its own name in lower case."""
        return self._precisions.find(raw) or folded(raw)

    def resolve_variant(self, raw: str | None) -> str:
        """Return the key of a speculative decoding method.

        None means that the source does not say: that is unknown, never Off. An empty text is an explicit "no method".
        """
        if raw is None:
            return UNKNOWN
        if not raw.strip():
            return OFF
        return self._variants.find(raw) or folded(raw)

    def rate_card_names(self) -> tuple[str, ...]:
        """Return the names of the bundled rate cards, oldest first: their dates."""
        return tuple(card.as_of for card in self._rate_cards)

    def rate_card(
        self, name_or_file: str | None, *, rates_as_of: str | None = None, today: dt.date | None = None
    ) -> RateCard:
        """Return a bundled rate card by name (None: the newest) or read a user's CSV or TOML file.

        `rates_as_of` picks one of the dates that the file, or the bundled table, holds; the newest is the default.
        `today` is the last day that a user's card may carry, by default the present one. Raises RateCardError.
        """
        if name_or_file is None:
            return self._bundled(rates_as_of or self.rate_card_names()[-1])
        if name_or_file in self.rate_card_names():
            if rates_as_of not in (None, name_or_file):
                problem = f"the bundled card {name_or_file!r} has no rates as of {rates_as_of!r}"
                raise RateCardError(problem, next_step=f"Use `--rates {rates_as_of}` or leave the date out.")
            return self._bundled(name_or_file)
        path = Path(name_or_file)
        if not path.suffix and path.name == name_or_file:
            return self._bundled(name_or_file)
        cards = read_rate_cards(
            path,
            resolve_hardware=self.resolve_hardware,
            known_hardware=self.hardware_keys(),
            today=today or dt.datetime.now().astimezone().date(),
        )
        return pick_rate_card(cards, rates_as_of)

    def _bundled(self, name: str) -> RateCard:
        names = self.rate_card_names()
        if name not in names:
            raise RateCardError(
                f"there is no rate card {name!r}",
                allowed=f"{', '.join(names)}, or a CSV or TOML file",
                next_step=nearest(name, names) or "Name one of these.",
            )
        return self._rate_cards[names.index(name)]

    def _stem(self, checkpoint: str) -> str:
        parts = folded(checkpoint).split("-")
        ends = [place for place, part in enumerate(parts) if place and self._precisions.find(part)]
        return "-".join(parts[: ends[0]]) if ends else checkpoint


def data_file(name: str) -> Path:
    """Return the path of one of the files in data/, such as the published points that are the default input."""
    return _folder("data") / name


def _folder(name: str) -> Path:
    # An installed wheel carries the folders inside the package; a checkout has them two levels above it.
    for folder in (_PACKAGE / f"_{name}", _PACKAGE.parents[1] / name):
        if folder.is_dir():
            return folder
    raise TemplateError("is not installed", file=f"{name}/", next_step="Install specxl again.")


def _rows(path: Path, *columns: str) -> tuple[Row, ...]:
    return read_table(path, TemplateError, required=("key", "label", *columns, "aliases"))


def _bundled_cards(path: Path, hardware: Names) -> tuple[RateCard, ...]:
    cards = read_rate_cards(
        path, resolve_hardware=lambda raw: hardware.find(raw) or folded(raw), known_hardware=tuple(hardware.labels)
    )
    return tuple(replace(card, name=card.as_of) for card in cards)


def _read_templates(override: Path | None) -> Mapping[str, Any]:
    files = {path.name: path for path in sorted(_folder("templates").glob("*.toml"))}
    texts = {Path(name).stem: _read_toml(path) for name, path in files.items()}
    for name, path in _overrides(override, tuple(files)).items() if override is not None else ():
        own = _read_toml(path)
        require_form(own, texts[Path(name).stem], str(path), free_lists=name in FREE_LISTS)
        texts[Path(name).stem], files[name] = own, path
    require_theme(texts.get(THEME, {}), str(files.get(f"{THEME}.toml", "")))
    require_distinct(texts.get(LABELS, {}), str(files.get(f"{LABELS}.toml", "")))
    return MappingProxyType(texts)


def _overrides(folder: Path, known: tuple[str, ...]) -> dict[str, Path]:
    if not folder.is_dir():
        raise TemplateError("is not a folder", file=str(folder), next_step="Name a folder that holds templates.")
    found = {path.name: path for path in sorted(folder.glob("*.toml"))}
    for name, path in found.items():
        if name not in known:
            raise TemplateError(
                "replaces no template", file=str(path), allowed=", ".join(known), next_step=nearest(name, known)
            )
    if not found:
        raise TemplateError("holds no template", file=str(folder), allowed=", ".join(known))
    return found


def _read_toml(path: Path) -> Any:  # noqa: ANN401 - a parsed TOML file; whoever uses a text checks what it needs
    try:
        return _frozen(toml_table(read_text(path, TemplateError)))
    except (ValueError, RecursionError) as exc:
        raise TemplateError(f"is not TOML ({exc})", file=str(path), next_step="Correct the file.") from exc


def _frozen(value: Any) -> Any:  # noqa: ANN401 - any TOML value
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(item) for key, item in value.items()})
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
