"""Templates stay readable: short lines, and no logic beyond what a template is for."""

import re
from pathlib import Path

import pytest

TEMPLATES = sorted(Path("templates").rglob("*.html"))
LONGEST_LINE = 120
LONGEST_AVERAGE = 60
TAG = re.compile(r"{%\s*(\w+)")
# deciding, looping, including, translating and what the components need; what computes belongs into Python
ALLOWED = frozenset(
    re.findall(
        r"\w+",
        "if elif else endif for empty endfor include extends block endblock load comment endcomment with endwith"
        " firstof url static csrf_token translate blocktranslate plural endblocktranslate get_current_language"
        " get_current_language_bidi slot endslot autoescape endautoescape htmx_script icon badge ago delta crumb kept",
    )
)


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_no_line_is_too_long(path: Path) -> None:
    long = [n for n, line in enumerate(path.read_text().splitlines(), 1) if len(line) > LONGEST_LINE]
    assert not long, f"{path} lines {long} are over {LONGEST_LINE} characters"


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_a_template_computes_nothing(path: Path) -> None:
    assert set(TAG.findall(path.read_text())) <= ALLOWED


def test_numbers_are_written_as_the_reader_wants_them() -> None:
    """Django's filters know the language alone, and not what somebody chose on their profile."""
    theirs = re.compile(r"\|(floatformat|date|time|localize)\b")
    assert [str(path) for path in TEMPLATES if theirs.search(path.read_text())] == []


def test_lines_are_short_on_average() -> None:
    lines = [line for path in TEMPLATES for line in path.read_text().splitlines()]
    assert sum(map(len, lines)) / len(lines) <= LONGEST_AVERAGE
