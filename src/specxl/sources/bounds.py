"""How much one reading may take: every bound in one place, so that whatever is read stays below 1 GB of memory.

`docs/formats.md` lists them for users. What a file unfolds to is bounded, not only its size: 200 KB can hold 80 MB of
JSON, and 5 KB of a workbook can claim a million rows.
"""

from __future__ import annotations

from specxl.schema import MAX_MEASUREMENTS

MIB = 1 << 20
MAX_FILE_BYTES = 256 * MIB
"""Largest file, member of an archive, or text once it is unpacked and decoded."""
MAX_PIPED_BYTES = 128 * MIB
"""Most that standard input may bring: it cannot be read again, so its bytes stay beside what is made of them."""
MAX_FILES = 20_000
"""Most files that all inputs together may hold."""
MAX_TOTAL_BYTES = 4096 * MIB
"""Most bytes that the files of all inputs may have on disk."""
MAX_WALKED = 200_000
"""Most names that are looked at in folders and for a pattern."""

MAX_ARCHIVE_ENTRIES = 10_000
MAX_ARCHIVE_BYTES = 1024 * MIB
"""Most bytes that all members of one archive may have once unpacked; they are unpacked one after the other."""
MAX_DIRECTORY_BYTES = 4 * MIB
"""Largest directory of an archive: it is read whole, before any entry can be counted."""
MAX_ARCHIVE_RATIO = 400
"""Highest ratio of inflated to stored bytes; JSON of benchmark rows stays below 60."""
RATIO_FREE_BYTES = MIB
"""Contents up to this size may have any ratio: a small file of blanks harms nobody."""
MAX_LAYERS = 3
"""How often a file may be packed with gzip inside gzip."""

MAX_ROWS = MAX_MEASUREMENTS
"""Most rows of one file."""
MAX_COLUMNS = 16_384
"""Most columns of a table: those of a sheet."""
MAX_CELLS = 6_000_000
"""Most cells of a table, whether delimited text, workbook or Parquet."""
MAX_FIELD_CHARS = MIB
"""Longest field of a table."""
MAX_JSON_MEMORY = 600 * MIB
"""Most memory that the values of one JSON file may take, by count: about 130,000 rows of the InferenceX API."""
