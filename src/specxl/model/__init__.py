"""The plain sheet model: cells, references, formulas and the manifest, without any spreadsheet library."""
