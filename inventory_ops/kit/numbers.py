"""Whole numbers that a request brings along as text."""

from __future__ import annotations

LARGEST = 10**17  # everything below is a bigint


def whole(text: object, *, low: int = 0, high: int = LARGEST) -> int | None:
    """The number that `text` writes in the digits 0 to 9; None for anything else, and outside `low` to `high`.

    Digits of other scripts, which `str.isdigit` and `int` disagree about, are none; nor is a text of thousands of them.
    """
    digits = str(text or "")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        return None
    number = int(digits)
    return number if low <= number <= high else None
