"""One workbook per group of a data set, made side by side, and an index workbook that leads to them."""

from specxl.splitting.build import SplitResult, build_split
from specxl.splitting.parts import SPLITS

__all__ = ["SPLITS", "SplitResult", "build_split"]
