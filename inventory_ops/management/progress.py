"""A bar of bytes for commands that copy much: on a terminal; nothing elsewhere, where lines say how far it is."""

from __future__ import annotations

from rich.console import Console
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TimeElapsedColumn, TransferSpeedColumn


class BytesMoved:
    """`with BytesMoved() as bar: …; bar.add(bytes)`. How many there will be, nobody knows before."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            SpinnerColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> BytesMoved:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def add(self, count: int) -> None:
        self._bar.advance(self._task, count)
