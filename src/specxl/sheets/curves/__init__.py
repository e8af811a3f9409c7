"""The Curves sheet: the curves by id, their knots with live tangents, and the points beside them."""
