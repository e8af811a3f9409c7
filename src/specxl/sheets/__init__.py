"""The sheets of the workbook: one module per kind, and the order in which they are laid out."""
