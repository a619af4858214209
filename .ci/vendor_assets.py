"""Fill static/vendor and tests/browser/vendor from npm packages. Run by a maintainer, never at install.

    python .ci/vendor_assets.py

Every file is copied unmodified, but for `sourceMappingURL` comments: they name files that are
not shipped, and hashed static names refuse such links. MANIFEST.json beside the files says for
each one where it came from and its sha256; tests/ui/test_assets.py checks it.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import cast

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static" / "vendor"
BROWSER_TESTS = ROOT / "tests" / "browser" / "vendor"
SOURCE_MAP = re.compile(rb"\s*(?:/\*[#@]\s*sourceMappingURL=[^*]*\*/|//[#@]\s*sourceMappingURL=\S+)")
SVG = "http://www.w3.org/2000/svg"
NPM = shutil.which("npm") or "npm"


@dataclass(frozen=True)
class Package:
    """One pinned npm package: member of the archive → name under `target/folder`."""

    name: str
    version: str
    licence: str
    folder: str
    files: dict[str, str]
    target: Path = STATIC


PACKAGES = (
    Package(
        "@tabler/core",
        "1.6.1",
        "MIT",
        "tabler",
        {"dist/css/tabler.min.css": "tabler.min.css", "dist/js/tabler.min.js": "tabler.min.js"},
    ),
    Package(
        "tom-select",
        "2.6.2",
        "Apache-2.0",
        "tom-select",
        {
            "dist/js/tom-select.complete.min.js": "tom-select.complete.min.js",
            "dist/css/tom-select.bootstrap5.min.css": "tom-select.bootstrap5.min.css",
            "LICENSE": "LICENSE",
        },
    ),
    Package(
        "uplot",
        "1.6.32",
        "MIT",
        "uplot",
        {
            "dist/uPlot.iife.min.js": "uPlot.iife.min.js",
            "dist/uPlot.min.css": "uPlot.min.css",
            "LICENSE": "LICENSE",
        },
    ),
    Package(
        "@fontsource-variable/inter",
        "5.3.0",
        "OFL-1.1",
        "inter",
        {
            "files/inter-latin-wght-normal.woff2": "inter-latin-wght-normal.woff2",
            "files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext-wght-normal.woff2",
            "LICENSE": "LICENSE",
        },
    ),
    Package("@tabler/icons", "3.51.0", "MIT", "icons", {"LICENSE": "LICENSE"}),
    Package(
        "axe-core",
        "4.14.1",
        "MPL-2.0",
        "axe-core",
        {
            "axe.min.js": "axe.min.js",
            "LICENSE": "LICENSE",
            "LICENSE-3RD-PARTY.txt": "LICENSE-3RD-PARTY.txt",
        },
        BROWSER_TESTS,
    ),
)

# @tabler/core ships the licence of Tabler only in its repository; @tabler/icons has the same text
# and holder, so that file serves both.
TABLER_LICENCE_FROM = ("@tabler/icons", "LICENSE", "tabler/LICENSE")

ICONS = """
activity adjustments-horizontal alert-circle alert-triangle api archive arrow-back-up arrow-down
arrow-left arrow-right arrow-up arrows-exchange arrows-sort ban bell bolt book box building-store
building-warehouse calendar calendar-event chart-line check checklist chevron-down chevron-left
chevron-right chevron-up circle-check circle-x clipboard-list clipboard-text clock coin columns copy
database device-desktop device-desktop-analytics device-floppy dots-vertical download edit
external-link eye eye-check eye-off file-alert file-description file-dollar file-import
file-spreadsheet file-text file-upload filter flag help-circle history home hourglass info-circle
inbox key keyboard layout-columns layout-dashboard layout-sidebar link list list-check lock login logout mail
menu-2 message minus moon moon-stars note notes package package-off packages paperclip pencil
percentage player-pause player-play player-stop plug plug-connected plus printer qrcode receipt
receipt-dollar refresh report-money rotate-clockwise scale search selector send settings shield
shield-check shopping-cart shopping-cart-x square square-check stack-2 star star-filled sun switch-horizontal
table table-export tag trash trending-down trending-up truck truck-delivery truck-off upload user
user-check user-off user-plus user-search users users-group wallet world x
"""


def unpack(package: Package, into: Path) -> Path:
    """Download one package with npm's own client; return the folder with its files."""
    packed = subprocess.run(
        [NPM, "pack", "--silent", f"{package.name}@{package.version}"],
        cwd=into,
        check=True,
        capture_output=True,
        text=True,
    )
    folder = into / packed.stdout.strip().removesuffix(".tgz")
    with tarfile.open(into / packed.stdout.strip()) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def sprite(icons: Path) -> bytes:
    """All icons of ICONS as one SVG with a <symbol id="NAME"> each."""
    ET.register_namespace("", SVG)
    root = ET.Element(f"{{{SVG}}}svg")
    for name in sorted(set(ICONS.split())):
        style, stem = ("filled", name.removesuffix("-filled")) if name.endswith("-filled") else ("outline", name)
        drawing = ET.parse(icons / "icons" / style / f"{stem}.svg").getroot()  # noqa: S314 - a pinned package
        symbol = ET.SubElement(root, f"{{{SVG}}}symbol", id=name, viewBox=drawing.attrib["viewBox"])
        if style == "filled":
            symbol.attrib["fill"] = "currentColor"
            symbol.attrib["stroke"] = "none"
        for shape in drawing:
            if shape.attrib.get("stroke") != "none":  # the invisible 24 × 24 frame of every icon
                shape.tail = None
                symbol.append(shape)
        symbol.tail = "\n"
    return cast(bytes, ET.tostring(root, encoding="utf-8")) + b"\n"


def write(target: Path, name: str, content: bytes, package: Package, manifest: list[dict[str, str]]) -> None:
    path = target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    manifest.append(
        {
            "file": name,
            "package": package.name,
            "version": package.version,
            "licence": package.licence,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    )


def main() -> None:
    manifests: dict[Path, list[dict[str, str]]] = {STATIC: [], BROWSER_TESTS: []}
    by_name = {package.name: package for package in PACKAGES}
    with tempfile.TemporaryDirectory() as scratch:
        for package in PACKAGES:
            source = unpack(package, Path(scratch))
            rows = manifests[package.target]
            for member, name in package.files.items():
                content = (source / member).read_bytes()
                if name.endswith((".js", ".css")):
                    content = SOURCE_MAP.sub(b"", content)
                write(package.target, f"{package.folder}/{name}", content, package, rows)
            if package.name == "@tabler/icons":
                write(package.target, "icons/icons.svg", sprite(source), package, rows)
            if package.name == TABLER_LICENCE_FROM[0]:
                text = (source / TABLER_LICENCE_FROM[1]).read_bytes()
                write(STATIC, TABLER_LICENCE_FROM[2], text, by_name["@tabler/core"], rows)
    for target, rows in manifests.items():
        rows.sort(key=lambda row: row["file"])
        (target / "MANIFEST.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
