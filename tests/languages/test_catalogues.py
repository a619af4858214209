"""Each language has each text, whole: nothing is missing, out of date, or lost on the way."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from functools import cache

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.numbers import get_decimal_symbol, get_group_symbol
from django.conf import settings
from django.utils.translation.trans_real import to_locale

from inventory_ops.kit import showing
from tests.languages import catalogues

LANGUAGES = catalogues.languages()
# what a translation has to keep: values that are put in, marks of HTML and of code
KEPT = re.compile(r"%\([a-z_]+\)[sd]|%%|</?[a-z]+[^>]*>|\{[a-z_]*\}|OPS_[A-Z_]+|[a-z]+\.py|https?://[a-z0-9./-]+")


@cache
def texts() -> Catalog:
    return catalogues.texts()


@cache
def catalogue(language: str) -> Catalog:
    return catalogues.catalogue(language)


def pairs(language: str) -> list[tuple[str, str]]:
    """Texts with their translations, each plural form against the text's plural."""
    found = []
    for message in catalogue(language):
        if isinstance(message.id, str) and message.id:
            found.append((message.id, str(message.string)))
        elif message.id:
            found += [(message.id[1], each) for each in message.string]
    return found


def test_the_texts_of_code_templates_and_columns_are_found() -> None:
    found = {message.id if isinstance(message.id, str) else message.id[0] for message in texts()}
    assert {"Item SKU", "%(n)d day", "Change the e-mail", "Skip to content"} <= found


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_is_translated_and_nothing_else_is_kept(language: str) -> None:
    known = {(message.id, message.context) for message in catalogue(language)}
    wanted = {(message.id, message.context) for message in texts()}
    assert known == wanted, "run `uv run -m tests.languages.catalogues`, then translate what it says"
    lacking = [m.id for m in catalogue(language) if m.id and not catalogues.translated(m.string)]
    assert lacking == []
    assert not [m.id for m in catalogue(language) if m.id and m.fuzzy]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_values_and_marks(language: str) -> None:
    changed = [
        (text, string)
        for text, string in pairs(language)
        # of one thing, its number may be a word
        if Counter(KEPT.findall(text)) != Counter(KEPT.findall(string))
        and not (set(KEPT.findall(text)) - set(KEPT.findall(string)) <= {"%(n)d", "%(n)s", "%(count)s", "%(count)d"})
    ]
    assert changed == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_begins_and_ends_like_its_text(language: str) -> None:
    def ends(text: str) -> tuple[str, str]:
        return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]

    assert [(text, string) for text, string in pairs(language) if ends(text) != ends(string)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_django_reads_is_what_translators_write(language: str) -> None:
    compiled = (catalogues.folder(language) / "django.mo").read_bytes()
    assert compiled == catalogues.compiled(catalogue(language)), "run `uv run -m tests.languages.catalogues`"


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_numbers_and_days_are_written_as_the_language_does(language: str) -> None:
    locale = Locale.parse(to_locale(language))
    formats = showing.OF_LANGUAGES.get(language, showing.PLAIN)
    assert showing.NUMBERS[formats.number] == (get_group_symbol(locale), get_decimal_symbol(locale))
    if language != "en":  # 31 Jan 2026, which nobody reads as another day
        ours = re.findall("[dmY]", showing.DATES[formats.date][0])
        theirs = re.findall("([dMy])+", str(locale.date_formats["short"].pattern))
        assert [{"m": "M", "Y": "y"}.get(letter, letter) for letter in ours] == theirs


def test_the_image_keeps_the_languages_that_are_offered() -> None:
    kept = re.findall(r"! -name (\w+)", (catalogues.ROOT / "Dockerfile").read_text())
    assert set(kept) == {to_locale(code) for code, _name in settings.LANGUAGES} | {"__pycache__"}


AT_START = """
import django, sys
from django.utils import translation
early = []
for name in ("gettext", "ngettext", "pgettext", "npgettext"):
    def early_one(*args, _was=getattr(translation, name)):
        caller = sys._getframe(1)
        if caller.f_globals["__name__"].split(".")[0] in {places}:
            early.append(f"{{caller.f_globals['__name__']}}: {{args[0]}}")
        return _was(*args)
    setattr(translation, name, early_one)
django.setup()
import config.urls
print("\\n".join(early))
"""


def test_no_text_is_looked_up_before_it_is_known_who_reads_it() -> None:
    code = AT_START.format(places=set(catalogues.PLACES))
    done = subprocess.run([sys.executable, "-c", code], cwd=catalogues.ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "", "use gettext_lazy"
