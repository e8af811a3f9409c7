"""The Budget sheet: how fast each side serves a user within a cost per million tokens."""
