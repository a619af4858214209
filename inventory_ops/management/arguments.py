"""Types of arguments of the commands."""

from __future__ import annotations

from argparse import ArgumentTypeError


def text(value: str) -> str:
    """A text as it stands. Bytes that are no UTF-8 arrive as halves of characters, which nothing here can hold."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ArgumentTypeError("this is not a text in UTF-8.") from None
    return value
