"""From files to one data set of canonical rows: what was read, what is the same thing, what contradicts itself."""
