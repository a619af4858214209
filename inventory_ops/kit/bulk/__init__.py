"""Acting on many rows of a list: what can be done (action), which rows were chosen (selection)."""
