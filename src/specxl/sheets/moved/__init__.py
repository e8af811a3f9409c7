"""How a comparison moved: both sides at the Summary's speed on every run date that the inputs hold."""
