"""Vendored files are what the manifest says, and templates stay within the strict Content-Security-Policy."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parents[2]
VENDORS = [ROOT / "static" / "vendor", ROOT / "tests" / "browser" / "vendor"]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
OWN_CSS = sorted((ROOT / "static" / "css").glob("*.css"))
SPRITE = set(re.findall(r'<symbol id="([^"]+)"', (VENDORS[0] / "icons" / "icons.svg").read_text()))


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda path: path.parent.name)
def test_vendored_files_match_the_manifest(vendor: Path) -> None:
    rows = json.loads((vendor / "MANIFEST.json").read_text())
    found = {str(path.relative_to(vendor)) for path in vendor.rglob("*") if path.is_file()} - {"MANIFEST.json"}
    assert {row["file"] for row in rows} == found
    for row in rows:
        content = (vendor / row["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"], row["file"]
        assert b"sourceMappingURL=" not in content, row["file"]
        assert row["licence"] and row["version"] and row["package"]


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda path: path.parent.name)
def test_each_vendored_package_comes_with_its_licence(vendor: Path) -> None:
    for folder in vendor.iterdir():
        if folder.is_dir():
            assert (folder / "LICENSE").is_file(), folder.name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_hold_nothing_that_the_policy_refuses(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"\sstyle\s*=", source), "style attribute"
    assert not re.search(r"<style\b", source), "style element"
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", source), "event handler attribute"
    assert not re.search(r"hx-on\b|hx-vals=[\"']js:", source), "htmx that needs eval"
    assert not re.search(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)", source), "inline script"
    assert not re.search(r"(?:src|href|action)=[\"'](?:https?:)?//", source), "another host"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_compile_and_their_icons_exist(path: Path) -> None:
    get_template(str(path.relative_to(ROOT / "templates")))
    for name in re.findall(r"{% icon [\"']([^\"']+)[\"']", path.read_text()):
        assert name in SPRITE, name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_leave_dates_to_the_viewers_formats(path: Path) -> None:
    assert not re.search(r"\|(date|time)\b", path.read_text()), "use moment, day, short_day or clock"


def test_colours_stand_in_the_tokens_only() -> None:
    allowed = {"#184da9", "#8f1c13", "#fff"}  # hover of the solid buttons, paper white under a QR code
    for path in OWN_CSS:
        if path.name != "tokens.css":
            text = re.sub(r"url\([^)]*\)", "", path.read_text())
            assert set(re.findall(r"#[0-9a-f]{3,8}\b(?=[;\s,)])", text)) <= allowed, path.name


def test_each_light_colour_has_a_dark_twin() -> None:
    tokens = (ROOT / "static" / "css" / "tokens.css").read_text().split("/* Tabler's own")[0]
    light, dark = tokens.split('[data-bs-theme="dark"]')
    names = re.compile(r"(--ops-[a-z-]+):")
    assert set(names.findall(light)) == set(names.findall(dark))


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "500", "503"])
def test_error_pages_render_without_any_context(code: str) -> None:
    html = get_template(f"{code}.html").render({})
    assert "Inventory Ops" in html
    assert "Reference number" not in html


def test_error_page_shows_the_reference_number() -> None:
    assert "<code>7f3a-19c2</code>" in get_template("500.html").render({"request_id": "7f3a-19c2"})


def test_icons_of_menu_and_lists_exist() -> None:
    from inventory_ops.kit.reports import registry
    from inventory_ops.registries import menu

    used = {entry.icon for group in menu.GROUPS for entry in menu.entries(group)}
    used |= {icon for report in registry for icon in (report.icon, *(link.icon for link in report.links)) if icon}
    assert used and used <= SPRITE, used - SPRITE
