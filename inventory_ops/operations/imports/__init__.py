"""Writes of the import kinds, one file a kind: `check_…` adds errors to staged rows, `apply_…` writes the good ones."""
