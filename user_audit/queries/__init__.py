"""Reads of the user audit."""
