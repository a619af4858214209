"""The forms that ask what a bulk action on findings needs to know."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.kit import showing
from inventory_ops.kit.reports.scope import LAST_YEAR
from inventory_ops.models import User
from inventory_ops.registries.permissions import ADMIN, OPERATIONS


class AssignForm(forms.Form):
    assignee = forms.ModelChoiceField(
        queryset=User.objects.none(),
        label=gettext_lazy("Owner"),
        required=False,
        empty_label=gettext_lazy("Nobody"),
        help_text=gettext_lazy("Who takes care of it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["assignee"]
        choice.queryset = User.objects.filter(is_active=True, role__in=[OPERATIONS, ADMIN]).order_by("name", "email")


class DateForm(forms.Form):
    until = forms.DateField(
        label=gettext_lazy("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].initial = showing.today() + timedelta(days=14)

    def clean_until(self) -> Any:
        day = self.cleaned_data["until"]
        if day and day <= showing.today():
            raise ValidationError(_("Choose a day that lies ahead."))
        return day


class AcknowledgeForm(DateForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        help_text=gettext_lazy("Why this is known and accepted, for example “flash sale approved by pricing”."),
    )
    field_order = ["reason", "until"]


class SnoozeForm(DateForm):
    until_worse = forms.BooleanField(
        label=gettext_lazy("Wake it earlier when it gets worse"), required=False, initial=True
    )


class CommentForm(forms.Form):
    text = forms.CharField(label=gettext_lazy("Comment"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


class DueForm(forms.Form):
    due_on = forms.DateField(
        label=gettext_lazy("Due"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("By when it has to be done. Empty: on no certain day."),
    )

    def clean_due_on(self) -> Any:
        day = self.cleaned_data["due_on"]
        if day and not showing.today() <= day <= date(LAST_YEAR, 12, 31):
            raise ValidationError(_("Choose today or a day that lies ahead."))
        return day
