"""Shapes of the inputs."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from user_audit.models import Review
from user_audit.models.actions import Action
from user_audit.queries.decisions import LIMIT

LARGEST_FILE = 1024 * 1024


class ReviewForm(forms.Form):
    verdict = forms.ChoiceField(label=_("Verdict"), choices=Review.Verdict.choices)
    note = forms.CharField(label=_("Note"), required=False, max_length=500)
    until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty: until somebody says otherwise."),
    )


class EmailsForm(forms.Form):
    """E-mail addresses as text or as a CSV file, and what to do with them."""

    action = forms.ChoiceField(label=_("Action"), choices=Action.choices)
    emails = forms.CharField(
        label=_("E-mail addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        max_length=LARGEST_FILE,
        help_text=_("One a line."),
    )
    file = forms.FileField(
        label=_("CSV file"), required=False, help_text=_("UTF-8 with a header that has a column “email”.")
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        text = cleaned.get("emails") or ""
        found = [line.strip() for line in text.splitlines()]
        if cleaned.get("file"):
            found += self._from_file(cleaned["file"])
        addresses = list(dict.fromkeys(each.lower() for each in found if each))
        if not addresses:
            raise ValidationError(_("Give at least one e-mail address."))
        if len(addresses) > LIMIT:
            raise ValidationError(_("At most %(limit)d addresses at once.") % {"limit": LIMIT})
        bad = [each for each in addresses if not re.fullmatch(r"[^@\s\x00]+@[^@\s\x00]+|[\w+=,.@-]{1,64}", each)]
        if bad:
            raise ValidationError(_("Not an e-mail address or IAM user name: %(bad)s") % {"bad": ", ".join(bad[:5])})
        cleaned["addresses"] = addresses
        return cleaned

    def _from_file(self, file: Any) -> list[str]:
        import csv
        import io

        if file.size > LARGEST_FILE:
            raise ValidationError(_("The file is larger than 1 MB."))
        try:
            text = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ValidationError(_("The file is not UTF-8. Save it as CSV UTF-8.")) from None
        if "\x00" in text:
            raise ValidationError(_("The file contains a NUL character. Save it as CSV UTF-8."))
        reader = csv.DictReader(io.StringIO(text))
        names = reader.fieldnames or ()
        column = next((name for name in names if name.strip().lower() in ("email", "email address")), "")
        if not column:
            raise ValidationError(_("The file has no column “email”."))
        try:
            return [(row.get(column) or "").strip() for row in reader]
        except csv.Error as error:
            raise ValidationError(_("Line %(line)d: %(error)s") % {"line": reader.line_num, "error": error}) from None
