"""A progress bar on a terminal, silence elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Self, TextIO

import click

if TYPE_CHECKING:
    from types import TracebackType

STAGES = ("fetching", "reading", "curves", "sheets", "evaluating", "judging", "writing")


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody may be looking at a stream, which may also be missing or closed."""
    return stream is not None and not stream.closed and stream.isatty()


class StageBar:
    """One line that says which stage of a build is running; nothing when stderr is no terminal, or when not enabled."""

    def __init__(self, *, enabled: bool) -> None:
        self._bar: Any = None  # click's ProgressBar, whose class is not public
        self._enabled = enabled and is_terminal(sys.stderr)
        self._done = 0

    def __enter__(self) -> Self:
        """Draw the bar."""
        if self._enabled:
            self._bar = click.progressbar(length=len(STAGES), file=sys.stderr, item_show_func=lambda text: text or "")
            self._bar.__enter__()
        return self

    def step(self, text: str) -> None:
        """Show a stage, named by the words before the colon; a stage that comes again only changes the text."""
        if self._bar is None:
            return
        number = STAGES.index(text.partition(":")[0]) + 1
        self._bar.update(number - self._done, current_item=text)
        self._done = number

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the line."""
        if self._bar is not None:
            self._bar.__exit__(kind, error, trace)
