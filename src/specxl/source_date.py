"""SOURCE_DATE_EPOCH, by which a build that is repeated later carries the same date (reproducible-builds.org)."""

from __future__ import annotations

import datetime as dt
import os
from contextlib import suppress

from specxl.errors import OptionError
from specxl.labels import clean_label

VARIABLE = "SOURCE_DATE_EPOCH"


def source_date() -> str | None:
    """Return the moment that the variable names, as ISO text in UTC; None where it is unset.

    Raises:
        OptionError: it is not whole seconds since 1970, or empty. Libraries read it too, and fail with a traceback.
    """
    epoch = os.environ.get(VARIABLE)
    if epoch is None:
        return None
    with suppress(ValueError, OverflowError, OSError):
        if epoch.isascii() and epoch.isdigit():
            return dt.datetime.fromtimestamp(int(epoch), tz=dt.UTC).replace(tzinfo=None).isoformat()
    shown = clean_label(epoch, limit=40)
    msg = f"{VARIABLE} is {shown!r}; allowed: whole seconds since 1970. Correct it, or unset it"
    raise OptionError(msg)
