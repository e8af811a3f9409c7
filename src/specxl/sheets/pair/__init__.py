"""The sheets of one model on one hardware."""
