"""Make the README's pictures from a real build: `python docs/make_pictures.py` (needs LibreOffice and pdftoppm)."""

import subprocess
import tempfile
from pathlib import Path

import specxl

DPI = 110
# picture, page of the default workbook's PDF, and the part of the page: left, top, width, height in inches
PICTURES = (
    ("summary", 1, (0.3, 0.4, 11.1, 5.6)),
    ("pair", 3, (0.3, 0.4, 9.9, 5.9)),
)


def main() -> None:
    """Build the default workbook, print it to PDF and cut the pictures out of its pages."""
    images = Path(__file__).resolve().parent / "images"
    images.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        book = Path(work) / "default.xlsx"
        specxl.build(output=book)
        profile = f"-env:UserInstallation=file://{work}/profile"
        subprocess.run(
            ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", work, str(book)], check=True
        )
        for name, page, inches in PICTURES:
            left, top, width, height = (str(round(inch * DPI)) for inch in inches)
            cut = ["-x", left, "-y", top, "-W", width, "-H", height]
            pages = ["-png", "-r", str(DPI), "-f", str(page), "-l", str(page), "-singlefile"]
            subprocess.run(["pdftoppm", *pages, *cut, str(book.with_suffix(".pdf")), str(images / name)], check=True)


if __name__ == "__main__":
    main()
