"""Writes of the user audit."""
