"""Reusable machinery that imports no domain code."""
