"""What of an error's text may leave the installation."""

from __future__ import annotations

import re

MAIL = re.compile(r"[^\s@=('\"<]+@[^\s@)'\">,;]+")


def without_mails(text: str) -> str:
    """For errors that are sent: of what they say, the rest is ours."""
    return MAIL.sub("[e-mail]", text)


def short_error(error: str) -> str:
    """The first line of an error: what follows in one of the database are the values of the row."""
    return without_mails(error.partition("\n")[0])
