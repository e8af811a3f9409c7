"""The names of one load: each distinct one is cleaned and looked up once, and spellings of an unregistered one are one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.house.names import folded
from specxl.labels import bare_image, bare_name, clean_label, clean_link
from specxl.schema import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from specxl.house import House


class Names:
    """Resolves names to keys; an unregistered model keeps the spelling in which it was first met."""

    def __init__(self, house: House) -> None:
        self._spellings = {folded(key): key for key in house.model_keys()}
        self.model = _once(self._spelled(house.resolve_model))
        self.hardware = _once(_cleaned(house.resolve_hardware))
        self.engine = _once(_cleaned(house.resolve_engine))
        self.precision = _once(_cleaned(house.resolve_precision))
        self.variant = _once(lambda raw: clean_label(house.resolve_variant(bare_name(raw))) or UNKNOWN)
        self.workload = _once(lambda raw: bare_name(raw) or UNKNOWN)
        self.link = _once(_plain_link)
        self.image = _once(bare_image)
        self.label = _once(clean_label)

    def _spelled(self, resolve: Callable[[str], str]) -> Callable[[str], str]:
        """Resolve a model; case, spaces, hyphens and underscores do not make another one."""

        def key(raw: str) -> str:
            name = clean_label(resolve(raw)) or UNKNOWN
            return self._spellings.setdefault(folded(name), name)

        return key


def _cleaned(resolve: Callable[[str], str]) -> Callable[[str], str]:
    """Wrap a resolver: what is harmless of the name is looked up; an empty one is unknown."""
    return lambda raw: clean_label(resolve(name)) or UNKNOWN if (name := bare_name(raw)) else UNKNOWN


def _plain_link(raw: str) -> str:
    """Return a link that may be shown, without its query string."""
    return clean_link(raw.partition("?")[0].partition("#")[0])


def _once(resolve: Callable[[str], str]) -> Callable[[object], str]:
    """Remember each answer; None is unknown. Values of any type may come from a file, so text is what is looked up."""
    answers: dict[str, str] = {}

    def lookup(raw: object) -> str:
        if raw is None:
            return UNKNOWN
        text = raw if isinstance(raw, str) else str(raw)
        if (answer := answers.get(text)) is None:
            answer = answers[text] = resolve(text)
        return answer

    return lookup
