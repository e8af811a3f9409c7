"""The method: which curves and comparisons there are, and the reference for everything that cells say of them."""
