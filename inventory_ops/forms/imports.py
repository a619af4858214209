"""The upload of an import file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.imports import ImportSpec


class UploadForm(forms.Form):
    """Kind and file. `cleaned_data["kind"]` is the ImportSpec."""

    kind = forms.ChoiceField(error_messages={"required": _("Say what to import.")})
    file = forms.FileField(
        label=_("File"),
        max_length=255,
        widget=forms.FileInput(attrs={"accept": ".csv,.gz,text/csv,application/gzip"}),
        error_messages={"empty": _("The file is empty. Its first line must name the columns.")},
    )
    all_or_nothing = forms.BooleanField(label=_("Import nothing if any row has an error"), required=False)

    def __init__(self, *args: Any, kinds: Sequence[ImportSpec], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kinds = {spec.name: spec for spec in kinds}
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = [(spec.name, spec.title) for spec in kinds]
        self.fields["file"].help_text = _("CSV in UTF-8, plain or .gz, up to %(size)s MB and %(rows)s rows") % {
            "size": settings.IMPORT_MAX_BYTES // 1024**2,
            "rows": f"{settings.IMPORT_MAX_ROWS:,}",
        }

    def clean_kind(self) -> ImportSpec:
        return self._kinds[self.cleaned_data["kind"]]

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if not str(file.name).lower().endswith((".csv", ".csv.gz", ".gz", ".txt")):
            raise forms.ValidationError(_("Choose a .csv or .csv.gz file. From a spreadsheet, save as “CSV UTF-8”."))
        return file
