"""Pages are named, not spelt out: an address stands once, in a urls module (or as the path of a report)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import Resolver404, get_resolver, resolve

APPS = ("inventory_ops", "trackers", "lost_damaged", "user_audit")
SOURCES = [
    path
    for app in APPS
    for path in sorted(Path(app).rglob("*.py"))
    if "migrations" not in path.parts and path.name != "urls.py"
]
# what a page of an error shows must work when nothing else does
TEMPLATES = [path for path in sorted(Path("templates").rglob("*.html")) if path.name != "error_base.html"]
KEYS = ("1", "8b6c4d0e-1111-4222-8333-444455556666", "text")


def _spelt_out(text: str) -> bool:
    """Does `text`, with something put into its gaps, lead to a page?"""
    for key in KEYS:
        try:
            resolve(text.split("?", maxsplit=1)[0].replace("\0", key))
        except Resolver404:
            continue
        return True
    return False


def _texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Texts of a module, a gap of an f-string as NUL; without the `path` of reports and without docstrings."""
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            declares = isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "path"
            if declares or isinstance(node, ast.Expr | ast.JoinedStr):
                continue
            if isinstance(child, ast.Constant) and isinstance(child.value, str):
                yield child.lineno, child.value
            elif isinstance(child, ast.JoinedStr):
                yield (
                    child.lineno,
                    "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in child.values),
                )


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_python_names_its_pages(path: Path) -> None:
    spelt = [
        (line, text)
        for line, text in _texts(ast.parse(path.read_text()))
        if re.match(r"/[a-z]", text) and _spelt_out(text)
    ]
    assert not spelt, f"{path}: use reverse() or redirect() with the page's name"


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_templates_name_their_pages(path: Path) -> None:
    spelt = re.findall(r'(?:href|action|hx-\w+)="/[^"]*"|="{{ [\w.]+ }}\w+/', path.read_text())
    assert not spelt, f"{path}: use {{% url %}}"


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_pages_that_templates_name_exist(path: Path) -> None:
    known = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    named = set(re.findall(r"""{% url ["']([\w-]+)["']""", path.read_text()))
    # pages of sign-in that an installation may leave out are asked for `as` a variable
    optional = set(re.findall(r"""{% url ["']([\w-]+)["'] as """, path.read_text()))
    assert named - optional <= known
