"""Files that comments and documents name are there."""

from __future__ import annotations

import re
from pathlib import Path

from config.embedded.paths import CHECKOUT

NAMED = re.compile(
    r"(?<![\w./])(?:\.ci|config|deploy|docs|inventory_ops|lost_damaged|static|templates|tests|trackers|user_audit)"
    r"/[\w/.-]+\.(?:css|html|js|md|py|sh|sql|svg|toml|yaml|yml)\b"
)
# How to add something: the files are those that a reader is to write; and what the tests of that write.
EXAMPLES = ("docs/adding-a", "tests/house/")
MADE_LATER = {"config/pg1.yml", "config/pg2.yml", "config/pg3.yml"}  # by deploy/cluster/configure.sh
READ = {".md", ".py", ".sql", ".toml", ".yml", ".yaml", ".html", ".sh"}
LEFT_OUT = {".git", ".venv", "node_modules", "staticfiles", "vendor"}


def missing(root: Path) -> list[str]:
    """Names of files that are neither there nor the end of one's path (templates are named from their folder on)."""
    paths = [path.relative_to(root) for path in root.rglob("*.*")]
    ours = sorted(path for path in paths if not LEFT_OUT & set(path.parts))
    known = "\n".join(f"/{path}" for path in paths if path.parts[0] != ".venv") + "\n"
    return [
        f"{path}: {named}"
        for path in ours
        if path.suffix in READ and not str(path).startswith(EXAMPLES)
        for named in NAMED.findall((root / path).read_text(errors="replace"))
        if named not in MADE_LATER and f"/{named}\n" not in known
    ]


def test_the_files_that_are_named_exist() -> None:
    assert missing(CHECKOUT) == []


def test_a_file_that_is_not_there_is_found(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("See `tests/reports/gone.py`, docs/a.md and other/docs/b.md.")
    assert missing(tmp_path) == ["docs/a.md: tests/reports/gone.py"]
