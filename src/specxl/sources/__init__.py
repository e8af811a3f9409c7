"""Readers: one module per format. `registry` finds the reader, `record` is the interface for plug-ins."""

from __future__ import annotations

from specxl.sources.content import Content
from specxl.sources.frames import TidyRows
from specxl.sources.record import INTERFACE_VERSION, Reading, Record, Source

__all__ = ["INTERFACE_VERSION", "Content", "Reading", "Record", "Source", "TidyRows"]
