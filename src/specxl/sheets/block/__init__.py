"""The comparison block: one row of cells in which two curves meet at a speed."""
