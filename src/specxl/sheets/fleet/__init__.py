"""The Fleet sheet: how many GPUs a volume, a number of users or a power comes to, and what both sides cost a month."""
