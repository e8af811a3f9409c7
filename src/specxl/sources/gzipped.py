"""Gzip as a stream: members one after the other, in bounded memory and in time that grows with the file."""

from __future__ import annotations

import io
import zlib
from typing import IO, TYPE_CHECKING, Any

from specxl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

MAGIC = b"\x1f\x8b"
_READ = 1 << 16
_FIRST_STEP = 256


class GzipStream(io.RawIOBase):
    """What a gzip file inflates to. Bytes behind its last member, which are not packed, are left out and reported."""

    def __init__(self, packed: IO[bytes], name: str, limit: int, on_rest: Callable[[], None]) -> None:
        """Inflate `packed`; more than `limit` bytes are an error. `on_rest` is called when there are bytes left out."""
        super().__init__()
        self._packed, self._name, self._limit, self._on_rest = packed, name, limit, on_rest
        self._held, self._at, self._step = b"", 0, _FIRST_STEP
        self._inflater: zlib._Decompress | None = None
        self._given = self._members = 0
        self._is_over = False

    def readable(self) -> bool:
        """A stream to read from."""
        return True

    def readinto(self, target: Any, /) -> int:  # noqa: ANN401 - any writable buffer
        """Inflate as much as fits; 0 at the end. Raises `InputError` when the file is broken, cut off or too dense."""
        view = memoryview(target).cast("B")
        while not self._is_over and len(view):
            if self._inflater is None and not self._begin_member():
                break
            piece = self._inflate(len(view))
            if piece:
                view[: len(piece)] = piece
                return len(piece)
        return 0

    def close(self) -> None:
        """Close what is read from as well."""
        self._packed.close()
        super().close()

    def _begin_member(self) -> bool:
        """Begin the next member, if there is one; zeros between members are padding."""
        while self._fill() and self._held[self._at] == 0:
            self._at = len(self._held) - len(self._held[self._at :].lstrip(b"\0"))
        self._fill(at_least=len(MAGIC))
        following = self._held[self._at : self._at + len(MAGIC)]
        if following == MAGIC or (following and not self._members):
            self._inflater, self._step = zlib.decompressobj(wbits=31), _FIRST_STEP
            return True
        if following:
            self._on_rest()
        self._is_over = True
        return False

    def _inflate(self, most: int) -> bytes:
        """Inflate one step of the current member."""
        inflater = self._inflater
        if inflater is None or not self._fill():
            raise InputError("the gzip file is cut off", file=self._name, next_step="Fetch or copy it again")
        step = memoryview(self._held)[self._at : self._at + self._step]
        try:
            piece = inflater.decompress(step, most)
        except zlib.error as error:
            raise InputError(f"the gzip file is broken ({error})", file=self._name) from error
        # a member may be tiny: what is left of a step is copied, so steps begin small
        self._at += len(step) - len(inflater.unused_data if inflater.eof else inflater.unconsumed_tail)
        self._step = min(2 * self._step, _READ)
        if inflater.eof:
            self._inflater, self._members = None, self._members + 1
        self._given += len(piece)
        if self._given > self._limit:
            raise InputError(f"the gzip file inflates to more than {self._limit} bytes", file=self._name)
        return piece

    def _fill(self, at_least: int = 1) -> bool:
        """Have bytes at hand; False at the end of the packed file."""
        while len(self._held) - self._at < at_least:
            more = self._packed.read(_READ)
            if not more:
                return self._at < len(self._held)
            self._held, self._at = self._held[self._at :] + more, 0
        return True
