"""The upload of import files, and the questions that they leave open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.imports import ImportSpec, registry
from inventory_ops.kit.imports.files import ENDINGS
from inventory_ops.operations.imports.planning import Asked

MOST_FILES = 20


class Files(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or several files; `clean` answers a list."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        given = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(each, initial) for each in given or [None]]


class UploadForm(forms.Form):
    """Files, and what they are if somebody says so. `cleaned_data["kind"]` is the ImportSpec, or None."""

    kind = forms.ChoiceField(required=False)
    file = FilesField(
        label=_("File"),
        max_length=255,
        widget=Files(attrs={"accept": ",".join((*ENDINGS, ".gz")), "multiple": True}),
        error_messages={"empty": _("The file is empty. A line of it must name the columns.")},
    )
    empty = forms.ChoiceField(
        label=_("Empty cells of known rows"),
        choices=[("clear", _("clear what is there")), ("keep", _("keep what is there"))],
        required=False,
    )
    all_or_nothing = forms.BooleanField(label=_("Import nothing if any row has an error"), required=False)

    def __init__(self, *args: Any, kinds: Sequence[ImportSpec], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kinds = {spec.name: spec for spec in kinds}
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = [("", ""), *((spec.name, spec.title) for spec in kinds)]
        self.fields["file"].help_text = _(
            "CSV, TSV or TXT in any delimiter, or XLSX, also .gz or .zip, up to %(size)s MB and %(rows)s rows. Files"
            " that belong together, like products and their stock, are chosen together."
        ) % {"size": settings.IMPORT_MAX_BYTES // 1024**2, "rows": f"{settings.IMPORT_MAX_ROWS:,}"}

    def clean_kind(self) -> ImportSpec | None:
        return self._kinds.get(self.cleaned_data["kind"])

    def clean_file(self) -> list[UploadedFile[bytes]]:
        files: list[UploadedFile[bytes]] = self.cleaned_data["file"]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(_("Choose at most %(n)s files, or a .zip.") % {"n": MOST_FILES})
        for file in files:
            if not str(file.name).lower().endswith((*ENDINGS, ".gz")):
                raise forms.ValidationError(_("Choose files that end in %(e)s.") % {"e": ", ".join(ENDINGS)})
        return files


class QuestionsForm(forms.Form):
    """All open questions of one file as fields; `answers` are what was said, as `--answers` takes it."""

    def __init__(self, asked: Sequence[Asked], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = list(asked)
        self._words: dict[str, tuple[str, str]] = {}
        for each in self.asked:
            if each.key == "columns":
                self._add_columns(each)
            elif each.is_map:
                for n, word in enumerate(each.values):
                    self._words[f"{each.key}-{n}"] = (each.key, word)
                    self.fields[f"{each.key}-{n}"] = forms.CharField(
                        label=word, required=False, max_length=200, initial=word if each.key == "locations" else ""
                    )
            else:
                self.fields[each.key] = self._field(each)

    def _field(self, asked: Asked) -> forms.Field:
        samples = _("Samples: %(s)s") % {"s": " · ".join(asked.samples)} if asked.samples else ""
        if asked.values:
            choices = [(value, NAMES.get((asked.key, value), value)) for value in asked.values]
            if not asked.guess:
                choices = [("", _("Choose")), *choices]
            return forms.ChoiceField(label=asked.text, choices=choices, initial=asked.guess, help_text=samples)
        return forms.CharField(
            label=asked.text, required=asked.required, max_length=200, help_text=samples, initial=asked.guess
        )

    def _add_columns(self, asked: Asked) -> None:
        """A choice of our columns for each of the file's, with the best guess and what its cells look like."""
        names = dict.fromkeys(column.name for spec in registry for column in spec.columns)
        choices = [("", _("leave out")), *((name, name) for name in names)]
        self.fields["kind"] = forms.ChoiceField(
            label=_("What are the rows?"),
            choices=[("", _("find out from the columns")), *((spec.name, spec.title) for spec in registry)],
            required=False,
        )
        for n, header in enumerate(asked.values):
            self._words[f"columns-{n}"] = ("columns", header)
            self.fields[f"columns-{n}"] = forms.ChoiceField(
                label=header or _("(no name)"),
                choices=choices,
                required=False,
                initial=(asked.guess or {}).get(header, ""),
                widget=forms.Select(attrs={"class": "form-select"}),
                help_text=asked.samples[n].partition(": ")[2],
            )

    @property
    def answers(self) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            if name in self._words:
                key, word = self._words[name]
                if value or key == "columns":
                    found.setdefault(key, {})[word] = value
            elif value:
                found[name] = value
        return found

    @property
    def shared(self) -> Mapping[str, Any]:
        """Answers that hold for all files of the call."""
        keys = {asked.key for asked in self.asked if asked.is_shared}
        return {key: value for key, value in self.answers.items() if key in keys}


NAMES = {
    ("decimal", "."): _("point: 1234.50"),
    ("decimal", ","): _("comma: 1234,50"),
    ("date_order", "dmy"): _("day, month, year"),
    ("date_order", "mdy"): _("month, day, year"),
    ("date_order", "ymd"): _("year, month, day"),
}
