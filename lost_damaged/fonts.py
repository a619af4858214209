"""Fonts for letters that those of the pages do not have: the ones that the system has installed.

Debian keeps them in fonts-dejavu-core and fonts-droid-fallback, which the image has, and in fonts-noto-core and
fonts-noto-cjk, which are ten times as large.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont

FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/share/fonts-droid-fallback"),
    Path("/usr/local/share/fonts"),
    Path("/Library/Fonts"),
)
# the first that has a letter is used; a collection gives its first font
NAMES = (
    "NotoSans-Regular.ttf",
    "DejaVuSans.ttf",
    "NotoSansArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "NotoSansBengali-Regular.ttf",
    "NotoSansTamil-Regular.ttf",
    "NotoSansThai-Regular.ttf",
    "NotoSansGeorgian-Regular.ttf",
    "NotoSansArmenian-Regular.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSansSymbols2-Regular.ttf",
    "DroidSansFallback.ttf",
)


@cache
def installed() -> dict[str, Path]:
    """The known fonts of this system, by name, in their order."""
    found = {path.name: path for folder in FOLDERS if folder.is_dir() for path in folder.rglob("*.tt[fc]")}
    return {name: found[name] for name in NAMES if name in found}


@cache
def letters(path: Path) -> frozenset[int]:
    """The code points that a font has."""
    with TTFont(path, fontNumber=0, lazy=True) as font:
        return frozenset(font.getBestCmap())


def covering(text: str, *, besides: Sequence[Path]) -> tuple[list[Path], str]:
    """Fonts of the system for what `besides` does not have of a text, and the letters that none has."""
    missing = {ord(each) for each in text if each.isprintable()}
    for path in besides:
        missing -= letters(path)
    chosen = []
    for path in installed().values():
        if not missing:
            break
        if has := missing & letters(path):
            chosen.append(path)
            missing -= has
    return chosen, "".join(sorted(map(chr, missing)))
