"""Texts in files that people open in a spreadsheet (kit/db/expressions.PlainText does the same inside SQL)."""

from __future__ import annotations

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def plain(text: str) -> str:
    """A text that no spreadsheet runs: a dangerous first character gets an apostrophe in front."""
    return "'" + text if text.startswith(DANGEROUS) else text


def as_written(text: str) -> str:
    """Takes back what `plain` did, so that our own files can be uploaded again."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(DANGEROUS) else text
