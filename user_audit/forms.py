"""Shapes of the inputs."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.imports import FileRefused
from inventory_ops.kit.imports.opening import table_of
from inventory_ops.models import User
from user_audit.models import CertificationPlan, Review
from user_audit.models.actions import Action
from user_audit.queries.decisions import LIMIT

if TYPE_CHECKING:
    CertificationPlanForm = forms.ModelForm[CertificationPlan]
else:  # Django's own class takes no type arguments
    CertificationPlanForm = forms.ModelForm
LARGEST_FILE = 1024 * 1024
EMAIL_HEADERS = ("email", "email address")


class ReviewForm(forms.Form):
    verdict = forms.ChoiceField(label=_("Verdict"), choices=Review.Verdict.choices)
    note = forms.CharField(label=_("Note"), required=False, max_length=500)
    until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty: until somebody says otherwise."),
    )


class RequestForm(forms.Form):
    """Why users are acted on, and the typed confirmation; whether that is right is judged by operations/jobs.py."""

    reason = forms.CharField(label=_("Why"), max_length=500, help_text=_("Kept in the log beside each user."))
    typed = forms.CharField(
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"})
    )

    def __init__(self, *args: Any, phrase: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["typed"].label = gettext("Type “%(phrase)s” to confirm") % {"phrase": phrase}


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
        if file.size > LARGEST_FILE:
            raise ValidationError(_("The file is larger than 1 MB."))
        try:
            table, _dialect = table_of(file, lambda cells: float(any(c.lower() in EMAIL_HEADERS for c in cells)))
            column = next((n for n, name in enumerate(table.header) if name.lower() in EMAIL_HEADERS), None)
            if column is None:
                raise ValidationError(_("The file has no column “email”."))
            return [row[column].strip() for _lines, rows in table.batches() for row in rows]
        except FileRefused as error:
            first = error.errors[0]
            raise ValidationError(
                _("Line %(line)d: %(error)s") % {"line": first.line, "error": first.message}
            ) from None


class ConfirmForm(forms.Form):
    note = forms.CharField(label=_("Note"), required=False, max_length=500)


class RefuseForm(forms.Form):
    note = forms.CharField(label=_("Why"), max_length=500, help_text=_("The administrators see it."))


class PlanForm(CertificationPlanForm):
    class Meta:
        model = CertificationPlan
        fields = ("months", "days", "remind_every", "next_on")
        widgets = {"next_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def clean_next_on(self) -> Any:
        day = self.cleaned_data["next_on"]
        if day and not timezone.now().date() <= day <= timezone.now().date() + timedelta(days=5 * 366):
            raise ValidationError(_("Give a day from today on, within five years."))
        return day


class ManagerForm(forms.Form):
    """Who confirms an account; the value is a user or None."""

    manager = forms.CharField(
        label=_("E-mail of the manager"),
        required=False,
        max_length=254,
        help_text=_("Empty: administrators confirm the account."),
    )

    def clean_manager(self) -> User | None:
        email = self.cleaned_data["manager"].strip()
        people = User.objects.filter(is_active=True, is_service=False).exclude(role="")
        found = people.filter(email__iexact=email).first() if email else None
        if email and found is None:
            raise ValidationError(_("There is no active person with this e-mail address and a role."))
        return found
