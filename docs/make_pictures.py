"""Make the pictures of the docs from a real build (needs LibreOffice and poppler): `python docs/make_pictures.py benchmarks.json`.

The input is an InferenceX answer about DeepSeek R1, such as `specxl fetch dsr1 -o benchmarks.json` saves.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import specxl

DPI = 100
RATES = "2026-04"
# Picture, sheet, and the part of the sheet's first printed page: left, top, width, height in inches.
PICTURES = (
    ("summary", "Summary", (0.36, 0.36, 10.98, 3.52)),
    ("pair", "DeepSeek R1 B300", (0.36, 0.36, 10.98, 6.8)),
    ("prices", "Prices", (0.36, 0.36, 10.98, 4.08)),
)


def print_book(book: Path, folder: Path) -> Path:
    """Print a workbook to PDF with LibreOffice."""
    profile = f"-env:UserInstallation=file://{folder}/profile"
    convert = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(book)]
    subprocess.run(convert, check=True, stdout=subprocess.DEVNULL)
    return folder / f"{book.stem}.pdf"


def page_texts(pdf: Path) -> list[str]:
    """Return the text of every page; its footer names the sheet: "Prices, page 4 of 56"."""
    text = subprocess.run(["pdftotext", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    return text.split("\f")


def main() -> None:
    """Build a workbook, print it to PDF and cut the pictures out of its pages."""
    images = Path(__file__).resolve().parent / "images"
    images.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        book = Path(work) / "release.xlsx"
        specxl.build([sys.argv[1]], book, specxl.BuildOptions(rates=RATES))
        pdf = print_book(book, Path(work))
        pages = page_texts(pdf)
        for name, sheet, inches in PICTURES:
            page = next(number for number, text in enumerate(pages, start=1) if f"{sheet}, page {number} of" in text)
            cut = zip(("-x", "-y", "-W", "-H"), (str(round(inch * DPI)) for inch in inches), strict=True)
            only = ["-png", "-r", str(DPI), "-f", str(page), "-l", str(page), "-singlefile"]
            place = [word for pair in cut for word in pair]
            subprocess.run(["pdftoppm", *only, *place, str(pdf), str(images / name)], check=True)


if __name__ == "__main__":
    main()
