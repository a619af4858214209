"""Pages of the user audit. For administrators alone."""
