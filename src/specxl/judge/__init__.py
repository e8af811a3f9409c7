"""The judge of a build: the evaluated workbook against the reference."""
