"""The catalogues of `inventory_ops/locale`: each text of the product with its translations.

    uv run -m tests.languages.catalogues

brings them up to date after texts were changed, compiles them, and says how many translations each one lacks.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize
from django.utils.translation.trans_real import to_locale

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("config", "inventory_ops", "lost_damaged", "trackers", "user_audit")
KEYWORDS: Any = DEFAULT_KEYWORDS | {"gettext_lazy": None, "ngettext_lazy": (1, 2)}
SINCE = datetime(2026, 11, 28, tzinfo=UTC)  # of every catalogue: a date that changes is a difference that says nothing


def texts() -> Catalog:
    """Every text that the product shows, without translations."""
    found = Catalog(project="Inventory Ops", creation_date=SINCE, revision_date=SINCE, charset="utf-8")
    for _line, message, comments, context in [*_of_code(), *_of_templates(), *_of_registries()]:
        found.add(message, context=context, auto_comments=comments)
    return found


def languages() -> list[str]:
    """Those that texts are translated into."""
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def folder(language: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / to_locale(language) / "LC_MESSAGES"


def catalogue(language: str) -> Catalog:
    """What is translated into a language."""
    with (folder(language) / "django.po").open("rb") as file:
        return read_po(file, locale=to_locale(language))


def compiled(found: Catalog) -> bytes:
    file = io.BytesIO()
    write_mo(file, found)
    return file.getvalue()


def save(language: str, found: Catalog) -> None:
    """Write a catalogue, and what Django reads of it."""
    folder(language).mkdir(parents=True, exist_ok=True)
    with (folder(language) / "django.po").open("wb") as file:
        write_po(file, found, width=110, no_location=True, sort_output=True, ignore_obsolete=True)
    (folder(language) / "django.mo").write_bytes(compiled(catalogue(language)))


def update(language: str) -> int:
    """Bring a catalogue up to date; answers how many texts have no translation."""
    known = folder(language) / "django.po"
    now = catalogue(language) if known.exists() else Catalog(locale=to_locale(language))
    now.update(texts(), no_fuzzy_matching=True)
    now.revision_date = SINCE
    save(language, now)
    return sum(not translated(message.string) for message in now if message.id)


def translated(string: Any) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def _of_code() -> Iterator[Any]:
    for place in PLACES:
        for path in sorted((ROOT / place).rglob("*.py")):
            if "migrations" not in path.parts:
                with path.open("rb") as file:
                    yield from extract("python", file, KEYWORDS, options={"encoding": "utf-8"})


def _of_templates() -> Iterator[Any]:
    for path in sorted((ROOT / "templates").rglob("*.*")):
        if path.suffix in (".html", ".txt"):
            # as code of which only the calls of gettext are left; no line of it is an indented block
            code = "\n".join(line.lstrip() for line in templatize(path.read_text(), origin=str(path)).splitlines())
            yield from extract("python", io.BytesIO(code.encode()), KEYWORDS, options={"encoding": "utf-8"})


def _of_registries() -> Iterator[Any]:
    """Headers of columns, which exports write as they are and pages translate; titles and purposes of import kinds."""
    from inventory_ops.kit import imports
    from inventory_ops.kit.reports import registry

    for report in registry:
        for column in report.columns:
            if not column.label:
                yield 0, column.header, [], None
    for spec in imports.registry:
        yield from ((0, str(text), [], None) for text in (spec.title, spec.purpose))


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    lacking = {language: update(language) for language in languages()}
    for language, number in lacking.items():
        sys.stdout.write(f"{language}: {number:,} texts without a translation\n")
    sys.exit(any(lacking.values()))


if __name__ == "__main__":
    main()
