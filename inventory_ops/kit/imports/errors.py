"""What is said of rows and files that cannot be taken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing wrong with one row; line 1 is the first of the file, line 0 the file as a whole."""

    line: int
    column: str
    value: str
    code: str
    message: str
    file: str = ""  # where several are read together


class FileRefused(Exception):
    """The file as a whole cannot be taken; holds every reason."""

    def __init__(self, *errors: RowError) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = list(errors)


def refused(message: str, *, line: int = 0, column: str = "", value: str = "", code: str = "file") -> FileRefused:
    return FileRefused(RowError(line=line, column=column, value=value, code=code, message=message))
