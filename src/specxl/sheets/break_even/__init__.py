"""The Break-even sheet: where both sides cost the same, at which price the verdict turns, from which load an API is beaten."""
