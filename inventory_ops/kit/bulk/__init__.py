"""Acting on many rows of a list: what can be done."""
