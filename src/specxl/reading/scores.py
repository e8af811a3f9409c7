"""Scores of evaluations beside the measurements of their configurations, and which of them lie clearly under the others.

A score is of a configuration, whatever the concurrency. Its newest run counts, and of several scores of that run the lowest: a
fault that shows at one load is one. It is held against the median of the model's other configurations in the same task.
Those that differ in parallel sizes alone are not among them, since they would share a fault of the engine.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace
from math import sqrt
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from specxl.errors import Notice
from specxl.figures import number
from specxl.house.evaluations import in_words
from specxl.labels import clean_label
from specxl.schema import UNKNOWN, Evaluation, round15

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from specxl.house import House
    from specxl.reading.naming import Names
    from specxl.schema import Measurement
    from specxl.sources.record import ScoreRecord

LOW_SCORE = "caution:low_score"
LONGEST_TASK = 60
_DAY = len("2026-05-05")


class _Stack(NamedTuple):
    """What makes two configurations peers where any of it differs, besides the model."""

    label: str
    hardware: str
    engine: str
    precision: str
    variant: str


class _Configuration(NamedTuple):
    model: str
    stack: _Stack
    sizes: str


@dataclass(frozen=True, slots=True)
class _Score:
    """A usable score of one configuration."""

    of: _Configuration
    task: str
    measure: str
    score: float
    standard_error: float | None
    date: dt.date | None
    order: str
    run_url: str

    @property
    def run(self) -> tuple[str, str]:
        """What orders the runs of a configuration."""
        return (self.date.isoformat() if self.date else "", self.order)


@dataclass(slots=True)
class Scores:
    """The scores of all files of one load, as they are met."""

    names: Names
    as_of: dt.date | None
    _found: dict[tuple[_Configuration, str, str], _Score]
    _unusable: dict[str, list[int]]
    _file: str = ""

    @staticmethod
    def empty(names: Names, as_of: dt.date | None) -> Scores:
        """None yet; scores after `as_of` do not count."""
        return Scores(names, as_of, {}, defaultdict(list))

    def add(self, records: Iterable[ScoreRecord], file: str, label: str) -> None:
        """Take the scores of one file; of one configuration, task and way of judging the newest, then the lowest stays."""
        for record in records:
            self._file = self._file or file
            found = self._usable(record, label)
            if found is None:
                self._unusable[file].append(record.row)
            elif self.as_of is None or found.date is None or found.date <= self.as_of:
                key = (found.of, found.task, found.measure)
                held = self._found.get(key)
                if held is None or (found.run, -found.score) > (held.run, -held.score):
                    self._found[key] = found

    def _usable(self, record: ScoreRecord, label: str) -> _Score | None:
        names = self.names
        stack = _Stack(
            label,
            names.hardware(record.hardware),
            names.engine(record.engine),
            names.precision(record.precision),
            names.variant(record.variant),
        )
        model, task, score = (
            names.model(record.model),
            clean_label(record.task, limit=LONGEST_TASK),
            number(record.score),
        )
        if UNKNOWN in (model, *stack[1:]) or not task or score is None or not 0 <= score <= 1:
            return None
        return _Score(
            of=_Configuration(model, stack, clean_label(record.sizes)),
            task=task,
            measure=record.measure,
            score=round15(score),
            standard_error=_standard_error(record, score),
            date=_date(record.date),
            order=record.order,
            run_url=names.link(record.run_url) if record.run_url else "",
        )

    def beside(self, measurements: Sequence[Measurement], house: House) -> tuple[tuple[Measurement, ...], list[Notice]]:
        """Return the measurements with the scores of their configurations, and what is to be said of them."""
        if not self._file or not measurements:
            return tuple(measurements), []
        judged = self._judged(house)
        matched: set[_Configuration] = set()
        result = []
        for m in measurements:
            own = [
                of
                for of in judged.get(_stack_of(m), {})
                if not (of.sizes and m.parallelism) or of.sizes == m.parallelism
            ]
            matched.update(own)
            scores = sorted((s for of in own for s in judged[_stack_of(m)][of]), key=_standing)
            result.append(_with(m, tuple(scores)) if scores else m)
        return tuple(result), [*self._unread(), *self._told(judged, matched, house)]

    def _judged(self, house: House) -> Mapping[tuple[str, _Stack], Mapping[_Configuration, list[Evaluation]]]:
        """All scores by model and stack, each held against its peers."""
        tasks: dict[tuple[str, str, str], list[_Score]] = defaultdict(list)
        for found in self._found.values():
            tasks[found.of.model, found.task, found.measure].append(found)
        judged: dict[tuple[str, _Stack], dict[_Configuration, list[Evaluation]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for rivals in tasks.values():
            for found in rivals:
                others = [rival.score for rival in rivals if rival.of.stack != found.of.stack]
                judged[found.of.model, found.of.stack][found.of].append(_evaluation(found, others, house))
        return judged

    def _unread(self) -> list[Notice]:
        return [
            Notice(
                "score",
                f"{len(rows)} scores not used: they name no model, hardware, engine, precision, method or task, or hold no score"
                " between 0 and 1",
                file,
                rows[0],
            )
            for file, rows in self._unusable.items()
        ]

    def _told(
        self,
        judged: Mapping[tuple[str, _Stack], Mapping[_Configuration, list[Evaluation]]],
        matched: set[_Configuration],
        house: House,
    ) -> list[Notice]:
        """Tell of every low score of a configuration that was measured, and of scores of which none was."""
        if not matched:
            return (
                [Notice("score", "no score is of a configuration that was measured", self._file)] if self._found else []
            )
        texts = house.texts["evaluations"]
        told = dict.fromkeys(
            f"{', '.join((of.model, *of.stack[1:]))}: {in_words(evaluation, texts)}"
            for configurations in judged.values()
            for of, evaluations in configurations.items()
            for evaluation in evaluations
            if of in matched and evaluation.low
        )
        return [Notice("score", text, self._file) for text in told]


def _stack_of(m: Measurement) -> tuple[str, _Stack]:
    return m.model, _Stack(m.label, m.hardware, m.engine, m.precision, m.variant)


def _with(m: Measurement, scores: tuple[Evaluation, ...]) -> Measurement:
    """The same with scores, and with the finding where one of them is low."""
    low = (LOW_SCORE,) if any(score.low for score in scores) else ()
    return replace(m, scores=scores, findings=(*m.findings, *low))


def _standing(evaluation: Evaluation) -> tuple[float, str]:
    """How far a score lies over the median of its peers: the lowest first."""
    return (evaluation.score - evaluation.median if evaluation.median is not None else 1.0, evaluation.task)


def _evaluation(found: _Score, others: Sequence[float], house: House) -> Evaluation:
    middle = round15(median(others)) if others else None
    rule = house.evaluation_rule
    return Evaluation(
        task=found.task,
        score=found.score,
        standard_error=found.standard_error,
        date=found.date,
        run_url=found.run_url,
        peers=len(others),
        median=middle,
        low=middle is not None and rule.is_low(found.score, found.standard_error, middle, len(others)),
    )


def _standard_error(record: ScoreRecord, score: float) -> float | None:
    """The stated one, else that of a share of the samples; None where neither is known."""
    stated, samples = number(record.standard_error), number(record.samples)
    if stated is not None and stated >= 0:
        return round15(stated)
    return round15(sqrt(score * (1 - score) / (samples - 1))) if samples is not None and samples > 1 else None


def _date(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat((text or "")[:_DAY])
    except ValueError:
        return None
